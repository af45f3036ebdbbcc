"""Models of scores: written down as rows and read back, they say the same."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from segmentation.scores import fits, training
from segmentation.scores import registry as score_registry
from segmentation.scores.buy_till_you_die import MODELS, SpendModel
from segmentation.scores.candidates import (
    Blend,
    CarryForward,
    Constant,
    Linear,
    Purchases,
    read_model,
)
from segmentation.scores.rows import part as make_part

# in the order of the registry, which is that of the alphabet
NAMES = ("discount_share", "n_orders", "net_amount", "recency_days")
TRANSFORMS = ("none", "log", "log", "log")
SETTINGS = {
    "max_depth": 3,
    "learning_rate": 0.1,
    "n_rounds": 20,
    "min_child_weight": 1.0,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}


def make_table(n=400, seed=1):
    """Customers with histories that can be; one in ten without a discount share."""
    rng = np.random.default_rng(seed)
    n_days = 1.0 + rng.poisson(2, n)
    tenure = rng.uniform(30, 700, n).round()
    recency = np.where(n_days > 1, (tenure * rng.uniform(0, 1, n)).round(), tenure)
    amount = n_days * rng.gamma(2, 30, n)
    return {
        "discount_share": np.where(
            rng.uniform(size=n) < 0.1, np.nan, rng.beta(1, 4, n)
        ),
        "n_orders": n_days + rng.poisson(0.2, n),
        "n_order_days": n_days,
        "net_amount": amount,
        "net_amount_90d": np.where(recency < 90, amount / 2, np.nan),
        "recency_days": recency,
        "tenure_days": tenure,
    }


def make_slices(is_value=False):
    """Customers who bought often and lately buy again, and spend."""
    table = make_table(800)
    rng = np.random.default_rng(2)
    link = 1.5 * np.log1p(table["n_orders"]) - 0.5 * np.log1p(table["recency_days"])
    bought = rng.uniform(size=800) < 1 / (1 + np.exp(-link))
    outcome = bought * (rng.gamma(2, 40, 800) if is_value else 1.0)
    ids = [f"c{i}" for i in range(800)]
    return training.Slices(
        table, outcome, np.full(800, "2024-01-01"), training.fold_of(ids)
    )


def linear(link):
    return Linear(
        names=NAMES,
        transforms=TRANSFORMS,
        coefficients=np.array([0.1 + 1 / 3, -1 / 7, math.pi / 20, -1e-3]),
        null_references=np.array([0.2, 1.0, 1e-17, 100 / 3]),
        intercept=0.1 + 0.2,
        link=link,
    )


def purchases(kind, is_value):
    link = Linear(
        ("expected_purchases",), ("log",), np.array([2.1]), np.zeros(1), -1.3, "logit"
    )
    return Purchases(
        MODELS[kind](kind, 0.243, 30.9, 0.793, 2.426, -9582.43, False),
        SpendModel(6.25, 3.74, 15.44, -4058.9) if is_value else None,
        90,
        None if is_value else link,
    )


@pytest.fixture(scope="module")
def models():
    """Every model that a score can come from."""
    slices, amounts = make_slices(), make_slices(is_value=True)

    def boost(rows, objective, item="booster"):
        return training.fit_boosted(rows, NAMES, objective, SETTINGS, 5, item)

    value_settings = {**SETTINGS, "is_value": True}
    features = [(*pair, True) for pair in zip(NAMES, TRANSFORMS, strict=True)]
    two_part = training.fit_candidate(
        "two_part", amounts, features, 90, value_settings, 5
    )
    boosted = boost(slices, "binary:logistic")
    return {
        "constant": Constant(1 / 3),
        "carry_forward": CarryForward("net_amount_90d"),
        "linear logit": linear("logit"),
        "linear log": linear("log"),
        **{kind: purchases(kind, False) for kind in MODELS},
        **{f"{kind} with spend": purchases(kind, True) for kind in MODELS},
        "boosted": boosted,
        "boosted amount": boost(amounts, "reg:tweedie"),
        "two_part": two_part,
        "blend": Blend(linear("logit"), boosted),
    }


KINDS = (
    "constant",
    "carry_forward",
    "linear logit",
    "linear log",
    *MODELS,
    *(f"{kind} with spend" for kind in MODELS),
    "boosted",
    "boosted amount",
    "two_part",
    "blend",
)


def as_registry_rows(rows):
    """What the registry makes of rows: dicts that went through Arrow and JSON."""
    parts = [
        {
            **make_part(section, item, feature=feature, value=number, text=text),
            "model_version": "v1",
        }
        for section, item, feature, number, text in rows
    ]
    stored = pa.Table.from_pylist(parts, schema=score_registry.SCHEMA).to_pylist()
    return json.loads(json.dumps(stored))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_read_back_predicts_the_same_bytes(models, kind):
    model, table = models[kind], make_table(seed=9)
    expected = model.predict(table)
    assert expected.shape == (400,)
    assert np.isfinite(expected).all()
    shuffled = np.random.default_rng(3).permutation(len(model.rows()))
    rows = [model.rows()[i] for i in shuffled]
    assert read_model(rows).predict(table).tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_survives_the_registry(models, kind):
    model = fits.Calibrated(models[kind])
    table = make_table(seed=9)
    rows = as_registry_rows(model.rows())
    back = score_registry.read_version(rows, "v1")
    assert back.predict(table).tobytes() == model.predict(table).tobytes()
    assert score_registry.read_version(rows, "v2") is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_prediction_does_not_depend_on_who_else_is_scored(models, kind):
    # customers are scored in batches, whose borders must not show
    table = make_table(seed=9)
    one = {name: values[7:8] for name, values in table.items()}
    assert models[kind].predict(one) == models[kind].predict(table)[7:8]


def test_a_calibration_is_read_back_with_its_model(models):
    table = make_table(seed=9)
    model = fits.Calibrated(models["boosted"], 0.9, 0.1 + 0.2, -1 / 3)
    back = fits.read_calibrated(model.rows())
    assert back.predict(table).tobytes() == model.predict(table).tobytes()
    assert not np.allclose(back.predict(table), models["boosted"].predict(table))


def test_a_calibration_moves_probabilities_along_their_log_odds():
    probability = np.array([0.0, 1e-9, 0.25, 0.5, 0.9, 1.0])
    moved = fits.recalibrate(probability, 2.0, 0.5, -0.2)
    odds = np.log(probability[1:5] / (1 - probability[1:5]))
    inside = moved[1:5]
    np.testing.assert_allclose(np.log(inside / (1 - inside)), 0.3 + 2 * odds)
    assert np.isfinite(moved).all()
    assert ((0 <= moved) & (moved <= 1)).all()
    assert (np.diff(moved) >= 0).all()


def test_no_calibration_leaves_amounts_as_they_are():
    amounts = np.array([0.0, 0.5, 1234.5])
    assert fits.recalibrate(amounts, 1.0, 0.0, 0.0) is amounts


@pytest.mark.parametrize("link", ["logit", "log"])
def test_contributions_of_a_linear_model_sum_to_the_score_on_its_link(link):
    model, table = linear(link), make_table(seed=9)
    predicted = model.predict(table)
    odds = np.log(predicted / (1 - predicted)) if link == "logit" else np.log(predicted)
    total = model.contributions(table).sum(axis=1) + model.intercept
    np.testing.assert_allclose(total, odds, atol=1e-9)


@pytest.mark.parametrize("kind", ["boosted", "boosted amount"])
def test_contributions_of_a_booster_sum_to_the_score_on_its_link(models, kind):
    model, table = models[kind], make_table(seed=9)
    predicted = model.predict(table)
    is_amount = kind == "boosted amount"
    odds = np.log(predicted if is_amount else predicted / (1 - predicted))
    base = odds - model.contributions(table).sum(axis=1)
    # what is left is the same for every customer; boosters compute in 32 bits
    np.testing.assert_allclose(base, base[0], atol=1e-4)


def test_contributions_of_two_parts_sum_to_the_logarithm_of_the_amount(models):
    model, table = models["two_part"], make_table(seed=9)
    bought = model.buys.predict(table)
    links = np.log(bought / (1 - bought)) + np.log(model.amount.predict(table))
    base = links - model.contributions(table).sum(axis=1)
    np.testing.assert_allclose(base, base[0], atol=1e-4)


def test_contributions_of_a_blend_are_the_mean_of_both(models):
    model, table = models["blend"], make_table(seed=9)
    assert model.linear.names == model.boosted.names == model.names
    own = model.linear.contributions(table)
    expected = (own + model.boosted.contributions(table)) / 2
    np.testing.assert_allclose(model.contributions(table), expected, atol=1e-12)
    assert model.names == NAMES


def test_a_null_counts_as_its_reference_in_a_linear_model():
    model, table = linear("logit"), make_table(seed=9)
    nulls = np.isnan(table["discount_share"])
    assert nulls.any()
    filled = {**table, "discount_share": np.where(nulls, 0.2, table["discount_share"])}
    assert model.predict(table).tobytes() == model.predict(filled).tobytes()


def test_a_table_of_nulls_is_scored_by_models_that_know_nulls(models):
    table = dict.fromkeys(NAMES, np.full(3, np.nan))
    table["net_amount_90d"] = np.full(3, np.nan)
    for kind in ("constant", "carry_forward", "linear log", "boosted", "blend"):
        predicted = models[kind].predict(table)
        assert np.isfinite(predicted).all(), kind
        assert len(set(predicted)) == 1, kind
    assert models["carry_forward"].predict(table)[0] == 0.0


@pytest.mark.filterwarnings("ignore:.*Empty dataset")
@pytest.mark.parametrize("kind", KINDS)
def test_no_customers_get_no_prediction(models, kind):
    nobody = {name: values[:0] for name, values in make_table().items()}
    assert models[kind].predict(nobody).shape == (0,)


def test_huge_values_overflow_nothing():
    table = {name: np.array([1e308, -1e308, 0.0]) for name in NAMES}
    with np.errstate(over="raise", invalid="raise"):
        for link in ("logit", "log"):
            assert np.isfinite(linear(link).predict(table)).all()


def test_a_refund_is_not_carried_forward():
    carried = CarryForward("net_amount_90d").predict(
        {"net_amount_90d": np.array([-5.0, np.nan, 7.0])}
    )
    assert carried.tolist() == [0.0, 0.0, 7.0]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("parameter", "r", None, 0.2, None)],
        [("calibration", "slope", None, 1.0, None)],
        [("coefficient", "coefficient", "n_orders", 1.0, None)],
    ],
)
def test_rows_of_no_model_are_refused_in_words(rows):
    with pytest.raises(ValueError, match="no model is written in these rows"):
        read_model(rows)


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("linear logit", "intercept"),
        ("linear logit", "null_reference"),
        ("bg_nbd", "alpha"),
        ("bg_nbd with spend", "spend_q"),
        ("boosted", "booster_columns"),
        ("two_part", "amount"),
        ("two_part", "buys"),
    ],
)
def test_a_model_that_lost_a_row_is_refused_in_words(models, kind, lost):
    rows = [row for row in models[kind].rows() if row[1] != lost]
    with pytest.raises(ValueError, match=f"{lost}.*as the fits wrote it"):
        read_model(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_hold_numbers_and_texts_and_nothing_pickled(models, kind):
    for section, item, feature, number, text in models[kind].rows():
        assert isinstance(section, str) and isinstance(item, str)
        assert feature is None or isinstance(feature, str)
        assert (number is None) != (text is None)
        assert number is None or isinstance(number, float)
        assert text is None or isinstance(text, str)
        if item in ("booster", "buys", "amount"):
            assert "learner" in json.loads(text)
