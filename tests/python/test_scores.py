"""The choice of a score: the simplest that is not beaten, judged on later days."""

import datetime
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation import candidates, evaluation, score_registry, scores, training
from segmentation.errors import CannotFit

ROOT = Path(__file__).resolve().parents[2]
REPURCHASE = scores.Target("repurchase", 90, False)
VALUE = scores.Target("value", 90, True)
FIRST = datetime.date(2024, 1, 1)
SETTINGS = {"random_seed": 1, "min_customers": 100, "n_draws": 200}


def days_on(n_days):
    return FIRST + datetime.timedelta(days=n_days)


def make_slices(days=(0, 30, 90), n=500, seed=1, signal=1.0, **columns):
    """Slices of the same customers; `x` tells who buys, `noise` nothing."""
    rng = np.random.default_rng(seed)
    n_rows = len(days) * n
    ids = [f"c{i}" for i in range(n)] * len(days)
    x = rng.normal(size=n_rows)
    tenure = rng.uniform(50, 400, n_rows).round()
    n_days = 1.0 + rng.poisson(2, n_rows)
    recency = np.where(n_days > 1, (tenure * rng.uniform(size=n_rows)).round(), tenure)
    outcome = (rng.uniform(size=n_rows) < 1 / (1 + np.exp(-signal * x))) * 1.0
    table = {
        "x": x,
        "noise": rng.normal(size=n_rows),
        "n_orders": n_days,
        "n_order_days": n_days,
        "recency_days": recency,
        "tenure_days": tenure,
        "net_amount": n_days * 20,
        "net_amount_90d": np.where(recency < 90, 20.0, 0.0),
        # what a leak would give away
        "future": outcome,
        **columns,
    }
    dates = np.repeat([days_on(day) for day in days], n)
    return training.Slices(table, outcome, dates, training.fold_of(ids))


def fit(slices, target=REPURCHASE, features=("x", "noise"), champion=None, **settings):
    """Status, and registry rows without their keys."""
    newest = slices.where(slices.dates == slices.dates.max()).table
    return scores.fit_version(
        slices,
        newest,
        target,
        [(name, "none", True) for name in features],
        champion,
        {**SETTINGS, **settings},
    )


def said(parts, item, section="version"):
    found = [
        part["text_value"] if part["text_value"] is not None else part["numeric_value"]
        for part in parts
        if (part["section"], part["item"]) == (section, item)
    ]
    return found[0] if found else None


def measured(parts, item="auc"):
    """{candidate: value} of a measure on the test slice."""
    return {
        part["candidate"]: part["numeric_value"]
        for part in parts
        if (part["section"], part["item"]) == ("measure", item)
    }


def three_standard_errors(outcome):
    """Of the AUC of a score that says nothing (Mann & Whitney 1947)."""
    n_events = outcome.sum()
    n_others = len(outcome) - n_events
    return 3 * math.sqrt((len(outcome) + 1) / (12 * n_events * n_others))


# -- the simplest that is not beaten ----------------------------------------


def predictions(n=1000, seed=1, **noises):
    """Outcomes, and per kind a probability that errs by so much noise."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    outcome = (rng.uniform(size=n) < 1 / (1 + np.exp(-2 * truth))) * 1.0
    predicted = {"constant": np.full(n, outcome.mean())}
    for kind, noise in noises.items():
        link = truth + noise * rng.normal(size=n)
        predicted[kind] = 1 / (1 + np.exp(-link))
    return outcome, predicted


def test_among_equals_the_simplest_is_chosen():
    outcome, _ = predictions()
    alike = {kind: np.full(1000, 0.5) for kind in scores.PROBABILITY_KINDS}
    chosen, beaten = scores.choose(outcome, alike, REPURCHASE, 200, 1)
    assert (chosen, beaten) == ("constant", {})
    words = scores.verdict(chosen, beaten, REPURCHASE)
    assert words.startswith("nothing beats the constant")


def test_a_candidate_that_is_clearly_better_is_chosen():
    outcome, predicted = predictions(recency=3.0, logistic=3.0, xgboost=0.1)
    chosen, beaten = scores.choose(outcome, predicted, REPURCHASE, 200, 1)
    assert chosen == "xgboost"
    assert list(beaten) == ["constant", "recency", "logistic"]
    words = scores.verdict(chosen, beaten, REPURCHASE)
    assert words.startswith("xgboost is the simplest candidate that no more complex")
    assert re.search(r"xgboost beats logistic by 0\.\d+ \[0\.\d+, 0\.\d+\] auc$", words)


def test_a_candidate_that_is_better_by_noise_is_seldom_chosen():
    n_chosen = 0
    for seed in range(20):
        outcome, predicted = predictions(seed=seed, recency=0.5)
        rng = np.random.default_rng(1000 + seed)
        for kind in ("logistic", "xgboost", "blend"):
            jitter = rng.normal(0, 0.02, 1000)
            predicted[kind] = np.clip(predicted["recency"] + jitter, 0, 1)
        chosen = scores.choose(outcome, predicted, REPURCHASE, 200, 1)[0]
        n_chosen += chosen != "recency"
    # each of three is better by chance in one of forty
    assert n_chosen <= 4


def test_nothing_is_published_that_does_not_beat_the_constant():
    # of so few customers, a weak candidate is not surely worse than the best one
    rng = np.random.default_rng(12)
    outcome = (rng.uniform(size=150) < 0.4) * 1.0
    predicted = {
        "constant": np.full(150, 0.4),
        "recency": rng.uniform(size=150) + 0.1 * outcome,
        "logistic": rng.uniform(size=150) + 0.15 * outcome,
    }

    def gain(better, worse):
        pair = (predicted[better], predicted[worse])
        return evaluation.paired_difference(outcome, *pair, "auc", n_draws=200, seed=1)

    assert gain("logistic", "recency").low < 0
    assert gain("recency", "constant").low < 0
    assert gain("logistic", "constant").low > 0
    assert scores.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "logistic"


def test_a_simple_candidate_that_is_better_than_complex_ones_is_chosen():
    outcome, predicted = predictions(recency=0.1, logistic=1.0, blend=2.0)
    assert scores.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "recency"


def test_a_candidate_worse_than_the_constant_is_not_chosen():
    outcome, predicted = predictions(recency=0.1)
    predicted["recency"] = 1 - predicted["recency"]
    assert scores.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "constant"


def test_for_amounts_the_smaller_error_wins():
    rng = np.random.default_rng(1)
    outcome = rng.gamma(1, 50, 800)
    predicted = {
        "constant": np.full(800, 50.0),
        "linear": outcome + rng.normal(0, 10, 800),
        "xgboost": outcome + rng.normal(0, 20, 800),
    }
    chosen, beaten = scores.choose(outcome, predicted, VALUE, 200, 1)
    assert chosen == "linear"
    words = scores.verdict(chosen, beaten, VALUE)
    assert re.search(r"linear beats constant by \d+(\.\d+)? \[.*\] mae$", words)


def test_without_candidates_there_is_no_choice():
    with pytest.raises(CannotFit, match="no candidate could be fitted"):
        scores.choose(np.ones(3), {}, REPURCHASE, 10, 1)


# -- what is there to find, and what is not ---------------------------------


def test_what_tells_buyers_is_found_and_its_measures_are_written_down():
    status, parts = fit(make_slices(signal=2.0))
    assert status == "promoted"
    assert said(parts, "kind") == "logistic"
    assert said(parts, "test_date") == str(days_on(90))
    assert said(parts, "n_train_slices") == 1.0
    auc = measured(parts)
    assert set(auc) == set(scores.PROBABILITY_KINDS)
    assert auc["constant"] == 0.5
    assert 0.75 < auc["logistic"] < 0.9
    deciles = [part for part in parts if part["section"] == "decile"]
    assert [part["item"] for part in deciles] == [str(i) for i in range(1, 11)]
    assert sum(part["n_customers"] for part in deciles) == 500
    importance = {
        part["feature_name"]: part["predicted_value"]
        for part in parts
        if part["item"] == "mean_absolute_contribution"
    }
    assert importance["x"] > 0.9
    assert sum(importance.values()) == pytest.approx(1)


def test_rows_of_a_version_read_back_score_as_the_version():
    slices = make_slices(signal=2.0)
    _, parts = fit(slices)
    rows = [
        tuple(
            part[key]
            for key in (
                "section",
                "item",
                "feature_name",
                "numeric_value",
                "text_value",
            )
        )
        for part in parts
        if part["section"] in ("parameter", "coefficient", "booster", "calibration")
    ]
    predicted = scores.read_calibrated(rows).predict(slices.table)
    buyers = slices.outcome == 1
    assert predicted.mean() == pytest.approx(slices.outcome.mean(), abs=0.02)
    assert predicted[buyers].mean() > predicted[~buyers].mean() + 0.2


@pytest.mark.parametrize("seed", range(6))
def test_permuted_outcomes_tell_nothing(seed):
    """Each candidate's AUC is within three standard errors of a half, all of them.

    Each of seven is tested against the constant at 2.5 % on one side, so that of shops
    where nothing tells what comes 13 % get a score that is not the constant: 8 of 60
    permuted shops of 500 customers, 95 % interval 7 to 24 %.
    """
    slices = make_slices(seed=seed, signal=2.0)
    rng = np.random.default_rng(100 + seed)
    permuted = training.Slices(
        slices.table, rng.permutation(slices.outcome), slices.dates, slices.folds
    )
    _, parts = fit(permuted)
    test = permuted.outcome[permuted.dates == days_on(90)]
    for kind, auc in measured(parts).items():
        assert abs(auc - 0.5) < three_standard_errors(test), kind


def test_the_check_of_permuted_outcomes_can_fail():
    slices = make_slices(seed=0, signal=2.0)
    _, parts = fit(slices)
    test = slices.outcome[slices.dates == days_on(90)]
    assert abs(measured(parts)["logistic"] - 0.5) > three_standard_errors(test)


def test_nothing_is_seldom_taken_for_something():
    # seven independent guesses, the worst case: one in 1 - .975 ** 7 = 16 % of shops
    n_taken = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        outcome = (rng.uniform(size=400) < 0.4) * 1.0
        guesses = {kind: rng.uniform(size=400) for kind in scores.PROBABILITY_KINDS}
        guesses["constant"] = np.full(400, 0.4)
        chosen, _ = scores.choose(outcome, guesses, REPURCHASE, 100, 1)
        n_taken += chosen != "constant"
    # 16 give or take three standard deviations
    assert n_taken <= 27


# -- what must not be known -------------------------------------------------


def test_a_column_that_is_the_future_would_be_found():
    slices = make_slices()
    _, honest = fit(slices)
    _, leaking = fit(slices, features=("x", "noise", "future"))
    assert max(measured(honest).values()) < 0.8
    assert measured(leaking)["logistic"] > 0.999
    assert said(leaking, "kind") != "constant"


REF = re.compile(r"""ref\(\s*['"](\w+)['"]\s*\)""")


def ancestors(model):
    """Every model that a model reads, directly or not."""
    files = {
        path.stem: path
        for folder in ("models", "python_models/intermediate", "integration_tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".sql", ".py")
    }
    found, waiting = set(), [model]
    while waiting:
        name = waiting.pop()
        if name in files:
            new = set(REF.findall(files[name].read_text())) - found
            found |= new
            waiting += new
    return found


def test_what_scores_may_read_is_made_without_outcomes_and_without_scores():
    read = ancestors("int_customer_slices__described")
    assert "int_customer_days__dated" in read
    # features count what has no date, too, and a slice must not
    assert "int_customer_days__ordered" not in read
    assert "int_slices__scheduled" in read
    forbidden = [
        name
        for name in read
        if "outcome" in name or "score" in name or name.startswith(("fct_", "rpt_"))
    ]
    assert forbidden == []


def test_the_walk_over_references_finds_outcomes_where_they_are_read():
    assert "int_customer_outcomes__observed" in ancestors(
        "int_score_models__registered"
    )
    assert "int_customer_outcomes__observed" not in ancestors(
        "int_customer_scores__calculated"
    ) - ancestors("int_score_models__registered")


dates = st.lists(st.integers(-900, 900).map(days_on), max_size=40)


@given(
    days=dates,
    snapshot=st.integers(-900, 1200).map(days_on),
    horizon=st.integers(1, 400),
    interval=st.integers(1, 60),
    n_slices=st.integers(1, 12),
)
def test_no_window_to_learn_from_reaches_the_day_to_judge_by(
    days, snapshot, horizon, interval, n_slices
):
    target = scores.Target("repurchase", horizon, False)
    settings = {"interval_days": interval, "n_slices": n_slices}
    try:
        chosen = score_registry.choose_slices(days, snapshot, target, settings)
    except CannotFit:
        closed = [day for day in days if (snapshot - day).days >= horizon]
        assert not closed or (max(closed) - min(closed)).days < horizon
        return
    *train, test = chosen
    window = datetime.timedelta(days=horizon)
    # the newest whose outcome is known, and all that it is judged by came before
    assert test + window <= snapshot
    assert not any(test < day and day + window <= snapshot for day in days)
    assert 1 <= len(train) <= n_slices
    assert all(day + window <= test for day in train)
    assert set(chosen) <= set(days)
    assert chosen == sorted(chosen)


@given(days=dates, horizon=st.integers(1, 400))
def test_slices_are_split_by_what_was_known_on_the_day_of_the_test(days, horizon):
    try:
        train, test = scores.split_slices(days, horizon)
    except CannotFit:
        assert not days or (max(days) - min(days)).days < horizon
        return
    assert test == max(days)
    known = {day for day in days if day + datetime.timedelta(days=horizon) <= test}
    assert set(train) == known


def test_the_split_says_why_a_history_is_too_short():
    with pytest.raises(CannotFit, match="no slice of the past has a window of 90 days"):
        scores.split_slices([], 90)
    with pytest.raises(
        CannotFit, match="two slices 90 days apart.*there are 2 between"
    ):
        scores.split_slices([days_on(0), days_on(89)], 90)
    assert scores.split_slices([days_on(0), days_on(90)], 90) == (
        [days_on(0)],
        days_on(90),
    )


@given(days=dates, interval=st.integers(1, 60), n_most=st.integers(0, 12))
def test_thinned_days_are_the_newest_and_far_enough_apart(days, interval, n_most):
    kept = score_registry.thin(days, interval, n_most)
    assert len(kept) <= n_most
    assert set(kept) <= set(days)
    gaps = [(b - a).days for a, b in zip(kept, kept[1:], strict=False)]
    assert all(gap >= interval for gap in gaps)
    if days and n_most:
        assert kept[-1] == max(days)
    # none is left out that there was room for
    if len(kept) < n_most:
        for day in set(days) - set(kept):
            assert any(abs((day - other).days) < interval for other in kept)


def test_thinning_leaves_days_that_are_far_enough_apart():
    days = [days_on(n) for n in (0, 7, 14, 21, 28, 35)]
    assert score_registry.thin(days, 14, 9) == [days_on(n) for n in (7, 21, 35)]
    assert score_registry.thin(days, 14, 2) == [days_on(21), days_on(35)]
    assert score_registry.thin([], 14, 2) == []


# -- another share of buyers ------------------------------------------------


def two_groups(rng, n, share, gap=2.0, shift=0.0):
    """Buyers and others, whose `x` differs by a gap: outcome and column."""
    outcome = (rng.uniform(size=n) < share) * 1.0
    return outcome, gap * outcome + rng.normal(size=n) + shift


def probability_of(x, share, gap=2.0):
    """Of buying, exactly, where this share of customers buys."""
    odds = share / (1 - share) * np.exp(gap * x - gap**2 / 2)
    return odds / (1 + odds)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_a_planted_share_of_buyers_is_found_where_only_the_share_moves(share):
    rng = np.random.default_rng(3)
    _, x = two_groups(rng, 20_000, share)
    found = scores.estimate_prior(probability_of(x, 0.4), 0.4)
    assert found == pytest.approx(share, abs=0.02)


def test_a_share_that_stays_is_left():
    _, x = two_groups(np.random.default_rng(3), 20_000, 0.4)
    assert scores.estimate_prior(probability_of(x, 0.4), 0.4) == pytest.approx(
        0.4, abs=0.01
    )


def test_certain_probabilities_overflow_nothing():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for certain in (0.0, 1.0):
            found = scores.estimate_prior(np.full(50, certain), 0.4)
            assert 0 < found < 1


def shifting_slices(later):
    """Slices 0, 30, 60 and 150 days on; `later` makes the last one's rows."""
    rng = np.random.default_rng(7)
    made = [two_groups(rng, 1500, 0.3) for _ in range(3)] + [later(rng)]
    outcome, x = (np.concatenate(columns) for columns in zip(*made, strict=True))
    ids = [f"c{i}" for i in range(1500)] * 4
    dates = np.repeat([days_on(n) for n in (0, 30, 60, 150)], 1500)
    return training.Slices({"x": x}, outcome, dates, training.fold_of(ids))


def drifted(rng):
    """Everybody's x moved, and so has who buys: its meaning is the same as before."""
    _, x = two_groups(rng, 1500, 0.3, shift=1.5)
    return (rng.uniform(size=1500) < probability_of(x, 0.3)) * 1.0, x


@pytest.mark.parametrize(
    ("later", "helps"),
    [
        (lambda rng: two_groups(rng, 1500, 0.6), True),
        (lambda rng: two_groups(rng, 1500, 0.3), False),
        (drifted, False),
        # the correction would take it for more buyers, of whom there are as many
        (lambda rng: two_groups(rng, 1500, 0.3, shift=1.0), False),
    ],
    ids=["share moves", "nothing moves", "column drifts", "column drifts alone"],
)
def test_the_correction_is_made_only_where_it_would_have_helped(later, helps):
    found = scores.prior_shift_helps(
        shifting_slices(later),
        "logistic",
        REPURCHASE,
        [("x", "none", True)],
        {},
        SETTINGS,
    )
    assert found is helps


def test_a_past_too_short_to_ask_gives_no_correction():
    slices = shifting_slices(lambda rng: two_groups(rng, 1500, 0.6))
    recent = slices.where(slices.dates > days_on(60))
    assert (
        scores.prior_shift_helps(
            recent, "logistic", REPURCHASE, [("x", "none", True)], {}, SETTINGS
        )
        is False
    )


# -- champion and challenger ------------------------------------------------


def oracle(strength):
    """A champion that reads the future, more or less."""
    return scores.Calibrated(
        candidates.Linear(
            ("future", "noise"),
            ("none", "none"),
            np.array([strength, 1.0]),
            np.zeros(2),
            0.0,
            "logit",
        )
    )


@pytest.mark.usefixtures("few_kinds")
def test_a_challenger_is_rejected_where_the_champion_is_surely_better():
    status, parts = fit(make_slices(), champion=oracle(5.0))
    assert status == "rejected"
    words = said(parts, "failure")
    assert re.match(
        r"the active version is better by 0\.\d+ \[0\.\d+, 0\.\d+\] auc", words
    )
    assert said(parts, "champion_gain", "gate") == words


@pytest.mark.usefixtures("few_kinds")
def test_a_challenger_is_promoted_over_a_champion_that_is_not_surely_better():
    for strength in (0.0, -2.0):
        status, parts = fit(make_slices(), champion=oracle(strength))
        assert status == "promoted"
        assert said(parts, "champion_gain", "gate") == "passed"


@pytest.mark.usefixtures("few_kinds")
def test_without_a_champion_the_challenger_is_promoted_unasked():
    status, parts = fit(make_slices())
    assert status == "promoted"
    assert said(parts, "champion_gain", "gate") is None


# -- versions ---------------------------------------------------------------

VERSION_SETTINGS = {
    **SETTINGS,
    "refit_after_days": 91,
    "sample_size": 10_000,
    "n_slices": 8,
    "interval_days": 15,
    "n_draws": 50,
}
FEATURES = [("noise", "none", True), ("x", "none", True)]


@pytest.fixture
def few_kinds(monkeypatch):
    """Candidates that are fitted fast, where it does not matter which there are."""
    monkeypatch.setattr(
        scores, "PROBABILITY_KINDS", ("constant", "recency", "logistic")
    )
    settings = {"max_depth": 2, "n_rounds": 1}
    monkeypatch.setattr(training, "booster_settings", lambda *_: settings)
    monkeypatch.setattr(training, "_BOOSTER_KEYS", tuple(settings))


def fit_versions(
    snapshots, days, stored=(), make=make_slices, target=REPURCHASE, **own
):
    """New registry rows, and what was read: (days, snapshot)."""
    read_days = []

    def read(target, chosen, snapshot):
        read_days.append((chosen, snapshot))
        slices = make([(day - FIRST).days for day in chosen])
        return slices, make([(snapshot - FIRST).days]).table

    table = score_registry.fit_due_versions(
        [days_on(n) for n in snapshots],
        list(stored),
        [(target, [days_on(n) for n in days])],
        FEATURES,
        {**VERSION_SETTINGS, **own},
        read,
    )
    assert table.schema == score_registry.SCHEMA
    return table.to_pylist(), read_days


def statuses(rows):
    return [row["text_value"] for row in rows if row["item"] == "status"]


def failures(rows):
    return [
        row["text_value"]
        for row in rows
        if (row["section"], row["item"]) == ("version", "failure")
    ]


@pytest.mark.usefixtures("few_kinds")
def test_a_version_is_read_from_its_registry_rows_and_is_in_force_from_its_day():
    rows, read = fit_versions([180], [0, 30, 90, 180])
    # that of 30 days on had closed by the snapshot, but not by the day of the test
    assert read == [([days_on(0), days_on(90)], days_on(180))]
    assert statuses(rows) == ["promoted"]
    assert score_registry.version_in_force(rows, days_on(180)) == "repurchase-v1"
    assert score_registry.version_in_force(rows, days_on(179)) is None
    model = score_registry.read_version(rows, "repurchase-v1")
    assert isinstance(model, scores.Calibrated)
    ids = [row["registry_row_id"] for row in rows]
    assert len(set(ids)) == len(ids)


@pytest.mark.usefixtures("few_kinds")
def test_without_a_due_fit_there_are_no_rows_and_nothing_is_read():
    stored, _ = fit_versions([180], [0, 90, 180])
    rows, read = fit_versions([180, 187, 270], [0, 90, 180], stored)
    assert (rows, read) == ([], [])


@pytest.mark.usefixtures("few_kinds")
def test_the_same_data_give_the_same_rows():
    one, _ = fit_versions([180, 280], [0, 90, 180, 190])
    again, _ = fit_versions([280, 180], [190, 0, 180, 90])
    assert one == again


@pytest.mark.usefixtures("few_kinds")
def test_versions_of_two_builds_are_those_of_one():
    both, _ = fit_versions([180, 280], [0, 90, 180, 190])
    first, _ = fit_versions([180], [0, 90, 180, 190])
    second, _ = fit_versions([180, 280], [0, 90, 180, 190], first)
    assert first + second == both
    assert {row["version_number"] for row in both} == {1, 2}


@pytest.mark.usefixtures("few_kinds")
def test_a_champion_is_judged_on_days_that_it_did_not_learn_from():
    # fitted on day 180; at day 280 the newest closed slice is that of day 190
    rows, _ = fit_versions([180, 280], [0, 90, 180, 190])
    gates = [row for row in rows if row["section"] == "gate"]
    assert [row["version_number"] for row in gates] == [2]
    assert gates[0]["numeric_value"] is not None


@pytest.mark.usefixtures("few_kinds")
def test_a_champion_that_learned_from_the_test_slice_is_not_compared():
    # at day 280 the newest closed slice is still that of day 90, which the champion
    # was fitted to: beside it every challenger would look worse than it is
    rows, read = fit_versions([180, 280], [0, 90])
    assert [chosen[-1] for chosen, _ in read] == [days_on(90), days_on(90)]
    gates = [row for row in rows if row["section"] == "gate"]
    assert [row["numeric_value"] for row in gates] == [None]
    assert gates[0]["text_value"].startswith("not compared: the active version was")
    assert statuses(rows) == ["promoted", "promoted"]


def alike(bought):
    def make(days):
        slices = make_slices(days)
        return training.Slices(
            slices.table, np.full(len(slices), bought), slices.dates, slices.folds
        )

    return make


@pytest.mark.parametrize(
    ("days", "make", "words"),
    [
        ([], make_slices, "no slice of the past has a window of 90 days"),
        ([179], make_slices, "no slice of the past has a window of 90 days"),
        ([60, 90], make_slices, "the history is too short: a model needs two slices"),
        (
            [0, 90],
            lambda days: make_slices(days, n=99),
            "99 customers in the training slices are fewer than the 100",
        ),
        (
            [0, 90],
            lambda days: make_slices(days, n=0),
            "no slice of the past has a window",
        ),
        ([0, 90], alike(1.0), "500 of 500 customers in the training slices bought"),
        ([0, 90], alike(0.0), "0 of 500 customers in the training slices bought"),
    ],
    ids=[
        "no slices", "none closed", "too short", "too few", "nobody", "all", "none",
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_not_and_the_registry_says_why(days, make, words):
    rows, _ = fit_versions([180], days, make=make)
    assert statuses(rows) == ["not_scored"]
    assert failures(rows)[0].startswith(words)
    assert score_registry.version_in_force(rows, days_on(180)) is None
    assert score_registry.read_version(rows, "repurchase-v1") is None
    # no wiser a week later, and nothing new to say
    again, _ = fit_versions([180, 187], days if days != [179] else [], rows, make)
    assert again == []


@pytest.mark.usefixtures("few_kinds")
def test_a_shop_that_was_too_small_is_scored_once_it_is_not():
    rows, _ = fit_versions([180], [60, 90])
    later, _ = fit_versions([180, 187], [0, 90], rows)
    assert statuses(later) == ["promoted"]
    reason = [row["text_value"] for row in later if row["item"] == "reason"]
    assert reason == ["earlier there was too little to learn from"]


@pytest.mark.usefixtures("few_kinds")
def test_a_champion_stays_where_its_successor_cannot_be_fitted():
    rows, _ = fit_versions([180], [0, 90])
    later, _ = fit_versions([180, 300], [0, 90], rows, make=alike(0.0))
    assert statuses(later) == ["rejected"]
    assert score_registry.version_in_force(rows + later, days_on(300)) == (
        "repurchase-v1"
    )


def test_there_are_no_versions_without_snapshots_or_targets():
    assert fit_versions([], [0, 90]) == ([], [])
    table = score_registry.fit_due_versions([FIRST], [], [], [], VERSION_SETTINGS, None)
    assert table.num_rows == 0


def due(days, is_last=True, config_hash="a", status="promoted"):
    latest = {"as_of_date": FIRST, "config_hash": config_hash, "status": status}
    return score_registry.due_reason(days_on(days), is_last, latest, "a", 91)


@pytest.mark.parametrize(
    ("days", "is_last", "config_hash", "status", "expected"),
    [
        (-1, True, "a", "promoted", None),
        (-1, True, "b", "promoted", None),
        (0, True, "a", "promoted", None),
        (0, True, "b", "promoted", "configuration changed"),
        (0, False, "b", "promoted", None),
        (0, True, "a", "not_scored", None),
        (1, True, "a", "promoted", None),
        (1, True, "b", "promoted", "configuration changed"),
        (1, False, "b", "promoted", None),
        (700, False, "b", "promoted", None),
        (90, True, "a", "promoted", None),
        (91, True, "a", "promoted", "91 days after the last fit"),
        (91, False, "a", "promoted", "91 days after the last fit"),
        (91, True, "a", "rejected", "91 days after the last fit"),
        (90, True, "a", "rejected", None),
        (1, True, "a", "not_scored", "earlier there was too little to learn from"),
        (1, False, "a", "not_scored", "earlier there was too little to learn from"),
    ],
)
def test_when_a_fit_is_due(days, is_last, config_hash, status, expected):
    assert due(days, is_last, config_hash, status) == expected


def test_the_first_fit_is_due_at_once():
    for is_last in (True, False):
        assert score_registry.due_reason(FIRST, is_last, None, "a", 91) == "first fit"


# -- odd shops --------------------------------------------------------------


def test_customers_that_differ_in_nothing_get_the_constant():
    n_rows = 1500
    same = {
        name: np.full(n_rows, 7.0)
        for name in (
            "x", "noise", "n_orders", "n_order_days", "recency_days", "tenure_days",
            "net_amount", "net_amount_90d",
        )
    }  # fmt: skip
    status, parts = fit(make_slices(**same))
    assert status == "promoted"
    assert said(parts, "kind") == "constant"
    assert said(parts, "verdict").startswith("nothing beats the constant")
    assert "no column differs" in said(parts, "xgboost", "failure")


@pytest.mark.usefixtures("few_kinds")
def test_a_column_without_values_is_left_out():
    status, parts = fit(
        make_slices(noise=np.full(1500, np.nan)), features=("x", "noise")
    )
    assert status == "promoted"
    references = {
        part["feature_name"] for part in parts if part["section"] == "reference"
    }
    assert references == {"x", "score"}


@pytest.mark.parametrize("target", [REPURCHASE, VALUE], ids=["repurchase", "value"])
def test_huge_values_are_scored(target):
    slices = make_slices(n=300)
    huge = {
        name: np.where(np.arange(900) % 50 == 0, 1e15, slices.table[name])
        for name in ("x", "net_amount", "net_amount_90d")
    }
    outcome = slices.outcome * (1e12 if target.is_value else 1.0)
    slices = training.Slices(
        {**slices.table, **huge}, outcome, slices.dates, slices.folds
    )
    status, parts = fit(slices, target)
    assert status == "promoted"
    for part in parts:
        for key in ("numeric_value", "low_value", "high_value", "predicted_value"):
            assert part[key] is None or math.isfinite(part[key]), part


def test_a_horizon_that_no_column_carries_forward_leaves_that_candidate_out():
    slices = make_slices((0, 200))
    status, parts = fit(slices, scores.Target("value", 200, True))
    assert status == "promoted"
    assert "200 days" in said(parts, "carry_forward", "failure")


@pytest.mark.usefixtures("few_kinds")
def test_arguments_are_left_as_they_were():
    slices = make_slices()
    before = {name: values.copy() for name, values in slices.table.items()}
    settings = dict(SETTINGS)
    newest = slices.where(slices.dates == days_on(90)).table
    scores.fit_version(slices, newest, REPURCHASE, FEATURES, None, settings)
    assert settings == SETTINGS
    for name, values in before.items():
        np.testing.assert_array_equal(slices.table[name], values)
