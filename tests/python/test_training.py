"""Fits of score models: they are scikit-learn's and XGBoost's own, and repeatable."""

import datetime

import numpy as np
import pytest
from segmentation.errors import CannotFit
from segmentation.scores import candidates, training
from sklearn.linear_model import LogisticRegression, TweedieRegressor

NAMES = ["discount_share", "net_amount", "recency_days"]
TRANSFORMS = ["none", "log", "log"]
FEATURES = [(*pair, True) for pair in zip(NAMES, TRANSFORMS, strict=True)]
DAYS = [datetime.date(2024, 1, 1), datetime.date(2024, 4, 1)]
SETTINGS = {
    "max_depth": 3,
    "learning_rate": 0.1,
    "n_rounds": 30,
    "min_child_weight": 5.0,
    "subsample": 0.6,
    "colsample_bytree": 0.6,
    "is_value": False,
}


def make_slices(n=600, is_value=False, seed=1, **columns):
    """Two slices of the same customers; who bought often and lately buys again."""
    rng = np.random.default_rng(seed)
    ids = [f"c{i}" for i in range(n)] * 2
    tenure = rng.uniform(10, 400, 2 * n).round()
    n_days = 1.0 + rng.poisson(tenure / 150)
    recency = np.where(n_days > 1, (tenure * rng.uniform(size=2 * n)).round(), tenure)
    table = {
        "discount_share": np.where(
            rng.uniform(size=2 * n) < 0.2, np.nan, rng.beta(1, 4, 2 * n)
        ),
        "n_order_days": n_days,
        "n_orders": n_days,
        "net_amount": n_days * rng.gamma(2, 30, 2 * n),
        "net_amount_90d": np.where(recency < 90, 40.0, 0.0),
        "recency_days": recency,
        "tenure_days": tenure,
        **columns,
    }
    link = 1.0 + np.log(n_days) - 0.5 * np.log1p(recency)
    outcome = (rng.uniform(size=2 * n) < 1 / (1 + np.exp(-link))) * 1.0
    if is_value:
        outcome *= rng.gamma(2, 30, 2 * n)
    return training.Slices(table, outcome, np.repeat(DAYS, n), training.fold_of(ids))


def standardised(slices):
    """Filled, transformed and standardised by hand, shape (n, 3)."""
    columns = []
    for name, transform, _ in FEATURES:
        values = slices.table[name]
        values = np.where(np.isnan(values), np.nanmedian(values), values)
        values = np.log1p(values) if transform == "log" else values
        columns.append((values - values.mean()) / values.std())
    return np.column_stack(columns)


# -- linear -----------------------------------------------------------------


def test_the_logistic_fit_is_that_of_scikit_learn():
    slices = make_slices()
    fitted = training.fit_linear(slices, NAMES, TRANSFORMS, "logit", 1)
    scaled, wanted = standardised(slices), slices.outcome.astype(int)
    differences = [
        np.abs(
            LogisticRegression(C=ridge, max_iter=2000)
            .fit(scaled, wanted)
            .predict_proba(scaled)[:, 1]
            - fitted.predict(slices.table)
        ).max()
        for ridge in (0.01, 0.1, 1.0)
    ]
    assert min(differences) < 1e-9
    # it is one of them, and not the others
    assert sorted(differences)[1] > 1e-4


def test_the_amount_fit_is_that_of_scikit_learn():
    slices = make_slices(is_value=True)
    fitted = training.fit_linear(slices, NAMES, TRANSFORMS, "log", 1)
    scaled, unit = standardised(slices), slices.outcome.mean()
    differences = [
        np.abs(
            TweedieRegressor(
                power=1.5,
                link="log",
                alpha=1 / (ridge * len(slices)),
                max_iter=2000,
            )
            .fit(scaled, slices.outcome / unit)
            .predict(scaled)
            - fitted.predict(slices.table) / unit
        ).max()
        for ridge in (0.01, 0.1, 1.0)
    ]
    assert min(differences) < 1e-9
    assert sorted(differences)[1] > 1e-4


def test_the_unit_of_money_does_not_matter():
    slices = make_slices(is_value=True)
    fitted = training.fit_linear(slices, NAMES, TRANSFORMS, "log", 1)
    cents = training.Slices(
        slices.table, 100 * slices.outcome, slices.dates, slices.folds
    )
    np.testing.assert_allclose(
        training.fit_linear(cents, NAMES, TRANSFORMS, "log", 1).predict(slices.table),
        100 * fitted.predict(slices.table),
        rtol=1e-9,
    )


def test_a_fit_predicts_the_mean_that_it_saw():
    for is_value, link in ((False, "logit"), (True, "log")):
        slices = make_slices(is_value=is_value)
        fitted = training.fit_linear(slices, NAMES, TRANSFORMS, link, 1)
        mean = fitted.predict(slices.table).mean()
        assert mean == pytest.approx(slices.outcome.mean(), rel=0.02)


def test_a_linear_fit_does_not_depend_on_the_order_of_rows():
    slices = make_slices()
    shuffled = slices.where(np.random.default_rng(4).permutation(len(slices)))
    one = training.fit_linear(slices, NAMES, TRANSFORMS, "logit", 1)
    other = training.fit_linear(shuffled, NAMES, TRANSFORMS, "logit", 1)
    np.testing.assert_allclose(
        other.predict(slices.table), one.predict(slices.table), atol=1e-5
    )


@pytest.mark.parametrize("value", [np.nan, 0.0, 7.5])
def test_columns_that_say_nothing_are_left_out(value):
    plain = make_slices()
    more = make_slices(useless=np.full(len(plain), value))
    names, transforms = [*NAMES, "useless"], [*TRANSFORMS, "none"]
    fitted = training.fit_linear(more, names, transforms, "logit", 1)
    assert fitted.names == tuple(NAMES)
    expected = training.fit_linear(plain, NAMES, TRANSFORMS, "logit", 1)
    assert fitted.predict(more.table).tobytes() == (
        expected.predict(plain.table).tobytes()
    )


def test_columns_that_all_say_nothing_cannot_be_fitted():
    nothing = make_slices(useless=np.full(1200, np.nan), same=np.ones(1200))
    with pytest.raises(CannotFit, match="null for every customer.*1"):
        training.fit_linear(nothing, ["useless", "same"], ["none"] * 2, "logit", 1)


@pytest.mark.parametrize(
    ("link", "outcome", "words"),
    [
        ("logit", 0.0, "of 1200 customers 0 bought; both kinds are needed"),
        ("logit", 1.0, "of 1200 customers 1200 bought; both kinds are needed"),
        ("log", 0.0, "none of 1200 customers spent anything"),
        ("log", -5.0, "none of 1200 customers spent anything"),
    ],
)
def test_outcomes_that_are_all_alike_cannot_be_fitted(link, outcome, words):
    slices = make_slices()
    alike = training.Slices(
        slices.table, np.full(1200, outcome), slices.dates, slices.folds
    )
    with pytest.raises(CannotFit, match=words):
        training.fit_linear(alike, NAMES, TRANSFORMS, link, 1)


def test_refunds_beyond_what_was_spent_count_as_nothing_spent():
    slices = make_slices(is_value=True)
    refunded = np.where(slices.outcome == 0, -20.0, slices.outcome)
    one, other = (
        training.fit_linear(
            training.Slices(slices.table, outcome, slices.dates, slices.folds),
            NAMES,
            TRANSFORMS,
            "log",
            1,
        )
        for outcome in (slices.outcome, refunded)
    )
    assert one.predict(slices.table).tobytes() == other.predict(slices.table).tobytes()


# -- folds ------------------------------------------------------------------


def test_a_customer_is_in_one_fold_in_every_slice_and_every_build():
    ids = [f"c{i}" for i in range(4000)]
    folds = training.fold_of(ids)
    assert set(folds) == set(range(training.N_FOLDS))
    assert (training.fold_of(ids[::-1]) == folds[::-1]).all()
    # a thousand each, give or take four standard deviations
    assert np.abs(np.bincount(folds) - 1000).max() < 4 * np.sqrt(4000 * 0.25 * 0.75)
    # written down: a change would judge fits by other customers than before
    assert training.fold_of(["c0", "c1", "c2", "ünï", ""]).tolist() == [0, 1, 2, 2, 0]


def test_settings_are_tried_on_customers_that_the_trial_did_not_see(monkeypatch):
    slices, seen = make_slices(), []
    fit = training.fit_boosted
    ids = np.array([f"c{i}" for i in range(600)] * 2)
    by_row = {
        row.tobytes(): id for row, id in zip(columns_of(slices), ids, strict=True)
    }

    def spy(rows, *arguments):
        seen.append({by_row[row.tobytes()] for row in columns_of(rows)})
        return fit(rows, *arguments)

    monkeypatch.setattr(training, "fit_boosted", spy)
    training.booster_settings(slices, NAMES, "binary:logistic", 1)
    assert len(seen) == training.N_SEARCHED
    for fitted in seen:
        assert fitted == set(ids[slices.folds != 0])


def columns_of(slices):
    return np.column_stack([slices.table[name] for name in NAMES])


# -- purchase models --------------------------------------------------------


def test_purchases_are_fitted_to_the_newest_slice_alone():
    slices = make_slices()
    newest = slices.where(slices.dates == DAYS[1])
    both, alone = (
        training.fit_purchases(rows, "mbg_nbd", 90, False, 1).model
        for rows in (slices, newest)
    )
    assert both == alone


def test_a_purchase_model_gives_probabilities_or_amounts():
    slices = make_slices()
    chance = training.fit_purchases(slices, "bg_nbd", 90, False, 1)
    predicted = chance.predict(slices.table)
    assert ((predicted > 0) & (predicted < 1)).all()
    assert predicted.mean() == pytest.approx(slices.outcome.mean(), rel=0.05)
    # the link keeps the order of the model's own expectation
    expected = chance.expected_purchases(slices.table)
    assert (np.diff(predicted[np.argsort(expected)]) >= 0).all()
    amount = training.fit_purchases(slices, "bg_nbd", 90, True, 1)
    assert amount.link is None
    assert (amount.predict(slices.table) > 0).all()


def never_stopping(n=1500):
    """Customers who all buy at one steady rate and never stop."""
    rng = np.random.default_rng(3)
    x = rng.poisson(4.0, n).astype(float)
    last = np.where(x > 0, (364 * rng.beta(np.maximum(x, 1), 1)).round(), 0.0)
    x = np.where(last > 0, x, 0.0)
    return training.Slices(
        {
            "n_order_days": x + 1,
            "recency_days": 364.0 - last,
            "tenure_days": np.full(n, 364.0),
            "net_amount": (x + 1) * rng.gamma(3, 20, n),
        },
        (rng.uniform(size=n) < 1 - np.exp(-4 * 90 / 364)) * 1.0,
        np.full(n, DAYS[0]),
        training.fold_of([f"c{i}" for i in range(n)]),
    )


def test_a_purchase_model_at_the_boundary_says_so_and_still_predicts():
    slices = never_stopping()
    fitted = training.fit_purchases(slices, "bg_nbd", 90, False, 1)
    assert fitted.model.is_at_boundary
    assert ("parameter", "is_at_boundary", None, 1.0, None) in fitted.rows()
    # held back from the edge where all customers would be of one kind
    assert fitted.model.r < 100
    expected = fitted.expected_purchases(slices.table)
    assert np.isfinite(expected).all()
    assert expected.mean() == pytest.approx(4.0 * 90 / 364, rel=0.15)


def stopping(n=1500):
    """Customers of a BG/NBD with a 1 and b 2: a third stop after each purchase."""
    rng = np.random.default_rng(5)
    rates, stops = rng.gamma(1.0, 1 / 40, n), rng.beta(1.0, 2.0, n)
    clock, last, x = np.zeros(n), np.zeros(n), np.zeros(n)
    alive = np.ones(n, dtype=bool)
    while alive.any():
        clock[alive] += 1 + rng.exponential(1 / rates[alive]).round()
        alive &= clock <= 364
        last[alive], x[alive] = clock[alive], x[alive] + 1
        alive &= rng.random(n) >= stops
    table = {
        "n_order_days": x + 1,
        "recency_days": 364.0 - last,
        "tenure_days": np.full(n, 364.0),
    }
    bought = (rng.uniform(size=n) < 0.1 + 0.4 * (last > 250)) * 1.0
    ids = [f"c{i}" for i in range(n)]
    return training.Slices(table, bought, np.full(n, DAYS[0]), training.fold_of(ids))


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_a_purchase_model_within_bounds_says_so(kind):
    fitted = training.fit_purchases(stopping(), kind, 90, False, 1)
    assert not fitted.model.is_at_boundary
    assert ("parameter", "is_at_boundary", None, 0.0, None) in fitted.rows()


def test_customers_who_bought_once_bear_no_purchase_model():
    slices = make_slices(n_order_days=np.ones(1200))
    with pytest.raises(CannotFit, match="600 customers, 0 of them with a repeat"):
        training.fit_purchases(slices, "bg_nbd", 90, False, 1)


def test_spend_without_a_mean_bears_no_purchase_model():
    # one in fifty spends a million times as much as others
    slices = make_slices(is_value=True)
    uneven = np.where(np.arange(1200) % 50 == 0, 1e9, slices.table["net_amount"])
    slices = make_slices(is_value=True, net_amount=uneven)
    with pytest.raises(CannotFit, match="so uneven .q 0.* that it has no mean"):
        training.fit_purchases(slices, "bg_nbd", 90, True, 1)


# -- boosters ---------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes():
    slices = make_slices()
    one, again, other = (
        training.fit_boosted(slices, NAMES, "binary:logistic", _own(), seed)
        for seed in (1, 1, 2)
    )
    assert one.document == again.document
    assert one.document != other.document


def _own():
    return {name: value for name, value in SETTINGS.items() if name != "is_value"}


def test_settings_are_the_same_for_the_same_seed_and_left_as_they_were():
    slices = make_slices()
    settings = training.booster_settings(slices, NAMES, "binary:logistic", 1)
    assert settings == training.booster_settings(slices, NAMES, "binary:logistic", 1)
    before = dict(settings)
    training.fit_boosted(slices, NAMES, "binary:logistic", settings, 1)
    assert settings == before


def test_a_booster_does_not_depend_on_the_order_of_rows_but_for_what_it_draws():
    slices = make_slices()
    shuffled = slices.where(np.random.default_rng(4).permutation(len(slices)))
    settings = {**_own(), "subsample": 1.0, "colsample_bytree": 1.0}
    one, other = (
        training.fit_boosted(rows, NAMES, "binary:logistic", settings, 1)
        for rows in (slices, shuffled)
    )
    np.testing.assert_allclose(
        other.predict(slices.table), one.predict(slices.table), atol=1e-4
    )


def test_a_booster_is_that_of_xgboost():
    import xgboost

    slices = make_slices()
    fitted = training.fit_boosted(slices, NAMES, "binary:logistic", _own(), 1)
    own = xgboost.XGBClassifier(
        n_estimators=30,
        max_depth=3,
        learning_rate=0.1,
        min_child_weight=5.0,
        subsample=0.6,
        colsample_bytree=0.6,
        random_state=1,
        n_jobs=1,
        tree_method="hist",
    ).fit(columns_of(slices).astype(np.float32), slices.outcome)
    np.testing.assert_allclose(
        own.predict_proba(columns_of(slices).astype(np.float32))[:, 1],
        fitted.predict(slices.table),
        atol=1e-9,
    )


def test_amounts_are_boosted_to_their_mean():
    slices = make_slices(is_value=True)
    settings = {**SETTINGS, "is_value": True}
    for kind in ("xgboost", "two_part"):
        fitted = training.fit_candidate(kind, slices, FEATURES, 90, settings, 1)
        predicted = fitted.predict(slices.table)
        assert (predicted > 0).all()
        assert predicted.mean() == pytest.approx(slices.outcome.mean(), rel=0.1)


# -- candidates -------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "is_value", "made"),
    [
        ("constant", False, candidates.Constant),
        ("recency", False, candidates.Linear),
        ("order_count", False, candidates.Linear),
        ("bg_nbd", False, candidates.Purchases),
        ("mbg_nbd", True, candidates.Purchases),
        ("pareto_nbd", True, candidates.Purchases),
        ("carry_forward", True, candidates.CarryForward),
        ("logistic", False, candidates.Linear),
        ("linear", True, candidates.Linear),
        ("xgboost", False, candidates.Boosted),
        ("xgboost", True, candidates.Boosted),
        ("blend", False, candidates.Blend),
        ("two_part", True, candidates.TwoPart),
    ],
)
def test_every_kind_is_fitted(kind, is_value, made):
    slices = make_slices(is_value=is_value)
    settings = {**SETTINGS, "is_value": is_value}
    fitted = training.fit_candidate(kind, slices, FEATURES, 90, settings, 1)
    assert isinstance(fitted, made)
    predicted = fitted.predict(slices.table)
    assert np.isfinite(predicted).all()
    if kind == "constant":
        assert predicted[0] == slices.outcome.mean()
    elif is_value:
        assert np.corrcoef(predicted, slices.outcome)[0, 1] > 0.05
    else:
        buyers = slices.outcome == 1
        assert predicted[buyers].mean() > predicted[~buyers].mean()


def test_too_few_who_spent_cannot_be_split_in_two_parts():
    slices = make_slices(is_value=True)
    spent = np.zeros(1200)
    spent[:9] = 5.0
    few = training.Slices(slices.table, spent, slices.dates, slices.folds)
    with pytest.raises(CannotFit, match="9 customers spent something: too few"):
        training.fit_candidate(
            "two_part", few, FEATURES, 90, {**SETTINGS, "is_value": True}, 1
        )


def test_boosters_without_a_column_cannot_be_fitted():
    # a shop whose customers differ in nothing still gets a constant
    slices = make_slices()
    with pytest.raises(CannotFit, match="no column differs between customers"):
        training.fit_candidate("xgboost", slices, [], 90, SETTINGS, 1)
    assert training.booster_settings(slices, [], "binary:logistic", 1)
