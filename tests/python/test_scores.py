"""The choice of a score: the simplest that is not beaten, judged on later days."""

import datetime
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.errors import CannotFit
from segmentation.registry import versions
from segmentation.scores import candidates, fits, levels, origins, registry, training
from segmentation.statistics import evaluation

ROOT = Path(__file__).resolve().parents[2]
REPURCHASE = fits.Target("repurchase", 90, False)
VALUE = fits.Target("value", 90, True)
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
    days = set(slices.dates)
    snapshot = max(days) + datetime.timedelta(days=target.horizon_days)
    return fits.fit_version(
        slices,
        newest,
        origins.make_plan(days, snapshot, target.horizon_days, 15, 8, 4),
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
        # as timid as its noise makes it
        link = 2 * (truth + noise * rng.normal(size=n)) / (1 + noise**2)
        predicted[kind] = 1 / (1 + np.exp(-link))
    return outcome, predicted


def test_among_equals_the_simplest_is_chosen():
    outcome, _ = predictions()
    alike = {kind: np.full(1000, 0.5) for kind in fits.PROBABILITY_KINDS}
    chosen, beaten = fits.choose(outcome, alike, REPURCHASE, 200, 1)
    assert (chosen, beaten) == ("constant", {})
    words = fits.verdict(chosen, beaten, REPURCHASE)
    assert words.startswith("nothing beats the constant")


def test_a_candidate_that_is_clearly_better_is_chosen():
    outcome, predicted = predictions(recency=1.5, logistic=1.5, xgboost=0.1)
    chosen, beaten = fits.choose(outcome, predicted, REPURCHASE, 200, 1)
    assert chosen == "xgboost"
    assert list(beaten) == ["constant", "recency", "logistic"]
    words = fits.verdict(chosen, beaten, REPURCHASE)
    assert words.startswith("xgboost is the simplest candidate that no more complex")
    assert re.search(
        r"xgboost beats logistic by 0\.\d+ \[0\.\d+, 0\.\d+\] log_loss$", words
    )


def test_a_candidate_that_is_better_by_noise_is_seldom_chosen():
    n_chosen = 0
    for seed in range(20):
        outcome, predicted = predictions(seed=seed, recency=0.5)
        rng = np.random.default_rng(1000 + seed)
        for kind in ("logistic", "xgboost", "blend"):
            jitter = rng.normal(0, 0.02, 1000)
            predicted[kind] = np.clip(predicted["recency"] + jitter, 0, 1)
        chosen = fits.choose(outcome, predicted, REPURCHASE, 200, 1)[0]
        n_chosen += chosen != "recency"
    # each of three is better by chance in one of forty
    assert n_chosen <= 4


def test_nothing_is_published_that_does_not_beat_the_constant():
    # of so few customers, a weak candidate is not surely worse than the best one
    rng = np.random.default_rng(12)
    outcome = (rng.uniform(size=150) < 0.4) * 1.0
    noise = rng.normal(0, 0.14, size=(2, 150))
    predicted = {
        "constant": np.full(150, 0.4),
        "recency": np.clip(0.38 + noise[0] + 0.04 * outcome, 0.05, 0.95),
        "logistic": np.clip(0.36 + noise[0] + 0.1 * outcome, 0.05, 0.95),
    }

    def gain(better, worse):
        losses = [
            evaluation.row_losses(outcome, predicted[kind], "log_loss")
            for kind in (worse, better)
        ]
        return evaluation.mean_of_customers(losses[0] - losses[1], None, 200, 1)

    assert gain("recency", "constant").low < 0
    assert gain("logistic", "constant").low > 0
    assert fits.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "logistic"


def test_a_candidate_that_ranks_worse_is_not_chosen_for_its_level():
    outcome, predicted = predictions(recency=0.1, logistic=0.1)
    # the same order but for some, and a level that is far off
    predicted["recency"] = predicted["recency"] ** 1.5
    assert fits.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "logistic"
    rng = np.random.default_rng(2)
    spoilt = rng.permutation(1000)[:100]
    predicted["logistic"][spoilt] = outcome.mean()
    assert fits.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "recency"


def test_days_of_one_customer_are_no_new_customers():
    # the same customers on four days: four times the rows, and no more certainty
    outcome, predicted = predictions(n=200, recency=3.0, logistic=2.5)
    again = {kind: np.tile(own, 4) for kind, own in predicted.items()}
    losses = {
        kind: evaluation.row_losses(np.tile(outcome, 4), own, "log_loss")
        for kind, own in again.items()
    }
    gap = losses["recency"] - losses["logistic"]
    customers = np.tile(np.arange(200), 4)
    rows = evaluation.mean_of_customers(gap, None, 500, 1)
    clusters = evaluation.mean_of_customers(gap, customers, 500, 1)
    once = evaluation.mean_of_customers(gap[:200], None, 500, 1)
    assert rows.value == pytest.approx(clusters.value)
    assert (clusters.low, clusters.high) == pytest.approx((once.low, once.high))
    assert rows.high - rows.low < 0.6 * (clusters.high - clusters.low)


def test_a_simple_candidate_that_is_better_than_complex_ones_is_chosen():
    outcome, predicted = predictions(recency=0.1, logistic=1.0, blend=2.0)
    assert fits.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "recency"


def test_a_candidate_worse_than_the_constant_is_not_chosen():
    outcome, predicted = predictions(recency=0.1)
    predicted["recency"] = 1 - predicted["recency"]
    assert fits.choose(outcome, predicted, REPURCHASE, 200, 1)[0] == "constant"


def test_for_amounts_the_smaller_error_wins():
    rng = np.random.default_rng(1)
    outcome = rng.gamma(1, 50, 800)
    predicted = {
        "constant": np.full(800, 50.0),
        "linear": outcome + rng.normal(0, 10, 800),
        "xgboost": outcome + rng.normal(0, 20, 800),
    }
    chosen, beaten = fits.choose(outcome, predicted, VALUE, 200, 1)
    assert chosen == "linear"
    words = fits.verdict(chosen, beaten, VALUE)
    assert re.search(r"linear beats constant by \d+(\.\d+)? \[.*\] mae$", words)


def test_without_candidates_there_is_no_choice():
    with pytest.raises(CannotFit, match="no candidate could be fitted"):
        fits.choose(np.ones(3), {}, REPURCHASE, 10, 1)


# -- what is there to find, and what is not ---------------------------------


def test_what_tells_buyers_is_found_and_its_measures_are_written_down():
    status, parts = fit(make_slices(signal=2.0))
    assert status == "promoted"
    assert said(parts, "kind") == "logistic"
    assert said(parts, "test_date") == str(days_on(90))
    # judged by what one slice told, and fitted to all that have closed by then
    assert said(parts, "n_origins") == 1.0
    assert said(parts, "n_train_slices") == 3.0
    auc = measured(parts)
    assert set(auc) == set(fits.PROBABILITY_KINDS)
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
    predicted = fits.read_calibrated(rows).predict(slices.table)
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
        guesses = {
            kind: 0.4 + rng.normal(0, 0.02, 400) for kind in fits.PROBABILITY_KINDS
        }
        guesses["constant"] = np.full(400, 0.4)
        chosen, _ = fits.choose(outcome, guesses, REPURCHASE, 100, 1)
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
    n_judged=st.integers(1, 6),
)
def test_no_window_to_learn_from_reaches_the_day_that_learns(
    days, snapshot, horizon, interval, n_slices, n_judged
):
    try:
        plan = origins.make_plan(days, snapshot, horizon, interval, n_slices, n_judged)
    except CannotFit:
        closed = [day for day in days if (snapshot - day).days >= horizon]
        assert not closed or (max(closed) - min(closed)).days < horizon
        return
    window = datetime.timedelta(days=horizon)
    for origin in (plan.final, *plan.judged):
        assert 1 <= len(origin.train) <= n_slices
        assert list(origin.train) == sorted(origin.train)
        assert all(day + window <= origin.day for day in origin.train)
        assert all(day + window <= origin.day for day in origin.season or ())
    # the newest whose outcome is known comes first, and none is judged before its time
    judged = [origin.day for origin in plan.judged]
    assert 1 <= len(judged) <= n_judged
    closed = [day for day in days if day + window <= snapshot]
    assert judged[0] == max(closed)
    assert judged == sorted(judged, reverse=True)
    assert set(plan.days) <= set(closed)
    assert plan.final.day == snapshot


def test_days_to_judge_by_lie_a_season_apart_or_as_far_as_the_history_reaches():
    def judged(n_days, n_judged=4):
        days = [days_on(n) for n in range(0, n_days + 1, 30)]
        snapshot = days[-1] + datetime.timedelta(days=90)
        plan = origins.make_plan(days, snapshot, 90, 30, 8, n_judged)
        return [(days[-1] - origin.day).days for origin in plan.judged]

    assert judged(90) == [0]
    assert judged(120) == [0, 30]
    assert judged(180) == [0, 30, 60, 90]
    assert judged(360) == [0, 90, 180, 270]
    assert judged(3000) == [0, 90, 180, 270]
    assert judged(360, n_judged=1) == [0]
    assert judged(360, n_judged=3) == [0, 90, 180]


def test_the_same_weeks_of_last_year_are_found_within_a_fortnight():
    days = [days_on(n) for n in range(0, 541, 30)]
    plan = origins.make_plan(days, days_on(630), 90, 30, 8, 4)
    assert plan.final.season == (days_on(180), days_on(270))
    assert [origin.season for origin in plan.judged] == [
        (days_on(90), days_on(180)),
        (days_on(0), days_on(90)),
        None,
        None,
    ]
    # a window of more than half a year has no season
    plan = origins.make_plan(days, days_on(740), 200, 30, 8, 4)
    assert plan.final.season is None


def test_the_plan_says_why_a_history_is_too_short():
    def plan(*days):
        slices = [days_on(n) for n in days]
        return origins.make_plan(slices, days_on(180), 90, 15, 8, 4)

    with pytest.raises(CannotFit, match="no slice of the past has a window of 90 days"):
        plan()
    with pytest.raises(
        CannotFit, match="two slices 90 days apart.*there are 2 between"
    ):
        plan(0, 89)
    (only,) = plan(0, 90).judged
    assert (only.day, only.train) == (days_on(90), (days_on(0),))


@given(days=dates, interval=st.integers(1, 60), n_most=st.integers(0, 12))
def test_thinned_days_are_the_newest_and_far_enough_apart(days, interval, n_most):
    kept = origins.thin(days, interval, n_most)
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
    assert origins.thin(days, 14, 9) == [days_on(n) for n in (7, 21, 35)]
    assert origins.thin(days, 14, 2) == [days_on(21), days_on(35)]
    assert origins.thin([], 14, 2) == []


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
    found = levels.estimate_prior(probability_of(x, 0.4), 0.4)
    assert found == pytest.approx(share, abs=0.02)


def test_a_share_that_stays_is_left():
    _, x = two_groups(np.random.default_rng(3), 20_000, 0.4)
    assert levels.estimate_prior(probability_of(x, 0.4), 0.4) == pytest.approx(
        0.4, abs=0.01
    )


def test_certain_probabilities_overflow_nothing():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for certain in (0.0, 1.0):
            found = levels.estimate_prior(np.full(50, certain), 0.4)
            assert 0 < found < 1


def days_that_move(shares, n=1500, seed=7, gap=1.0, is_told=True):
    """Slices a season apart, of so large shares of buyers.

    `x` tells who buys, and how many do unless it is centred on each day.
    """
    rng = np.random.default_rng(seed)
    made = [
        two_groups(rng, n, share, gap, shift=0.0 if is_told else -gap * share)
        for share in shares
    ]
    outcome, x = (np.concatenate(columns) for columns in zip(*made, strict=True))
    ids = [f"c{i}" for i in range(n)] * len(shares)
    dates = np.repeat([days_on(90 * i) for i in range(len(shares))], n)
    return training.Slices({"x": x}, outcome, dates, training.fold_of(ids))


def fit_level(slices, kind="logistic", **settings):
    """What the level of one kind is set right by; and the registry rows."""
    target = fits.Target("repurchase", 90, False)
    days = sorted(set(slices.dates))
    snapshot = days[-1] + datetime.timedelta(days=90)
    plan = origins.make_plan(days, snapshot, 90, 30, 8, 4)
    newest = slices.where(slices.dates == days[-1]).table
    features = [("x", "none", True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fits, "PROBABILITY_KINDS", ("constant", kind))
        patch.setattr(training, "booster_settings", lambda *_: {})
        _, parts = fits.fit_version(
            slices, newest, plan, target, features, None, {**SETTINGS, **settings}
        )
    return said(parts, "adjustment", "level"), parts


@pytest.mark.parametrize(
    ("shares", "adjustments"),
    [
        # nothing moves, and nothing is set right
        ([0.4] * 8, {"none"}),
        # a share that jumped, and stays: the latest outcomes say where it is
        ([0.3, 0.3, 0.3, 0.6, 0.6, 0.6, 0.6, 0.6], {"none", "latest", "latest_half"}),
        # a winter that comes every year
        ([0.3, 0.5, 0.7, 0.5] * 3, {"season", "season_half", "prior_shift"}),
    ],
    ids=["nothing moves", "a jump", "a season"],
)
def test_a_level_is_set_right_by_what_helped_in_the_past(shares, adjustments):
    adjustment, _ = fit_level(days_that_move(shares))
    assert adjustment in adjustments


def test_a_season_is_told_from_last_year_alone():
    # what tells buyers from others does not tell how many there are
    slices = days_that_move([0.3, 0.5, 0.7, 0.5] * 3, is_told=False)
    adjustment, parts = fit_level(slices)
    assert adjustment == "season"
    shares = [
        part["numeric_value"]
        for part in parts
        if (part["section"], part["item"]) == ("level", "error")
    ]
    assert abs(shares[0]) < 0.03


def test_what_helped_on_one_day_and_hurt_on_another_is_not_used():
    rng = np.random.default_rng(1)
    days = []
    for share in (0.7, 0.2, 0.7, 0.2):
        outcome = (rng.uniform(size=800) < share) * 1.0
        plain, moved = np.full(800, 0.5), np.full(800, 0.6)
        days.append(
            {"outcome": outcome, "predictions": {"none": plain, "latest": moved}}
        )
    customers = [None] * 4

    def chosen(own):
        return levels.choose_adjustment(own, customers, "log_loss", 200, 1)

    assert chosen(days) == "none"
    assert chosen(days[::2]) == "latest"
    # once is not often
    assert chosen(days[:1]) == "none"


def test_intervals_of_the_next_level_cover():
    # of ten thousand times five days with the same spread, the fifth by the first four
    rng = np.random.default_rng(5)
    errors = rng.normal(0.02, 0.05, size=(10_000, 5))
    reach = levels.reach_of(4)
    middle, spread = errors[:, :4].mean(axis=1), errors[:, :4].std(axis=1, ddof=1)
    inside = np.abs(errors[:, 4] - middle) <= reach * spread
    assert inside.mean() == pytest.approx(0.95, abs=0.01)
    low, high = levels.prediction_interval(errors[0, :4])
    assert (low + high) / 2 == pytest.approx(middle[0])
    assert (high - low) / 2 == pytest.approx(reach * spread[0])
    assert np.isnan(levels.prediction_interval([0.1])).all()
    assert np.isnan(levels.reach_of(1))


def judged_days(errors, is_value, n=2000, seed=3):
    """Days of which each was off by so much, the newest first."""
    rng = np.random.default_rng(seed)
    made = []
    for i, error in enumerate(errors):
        if is_value:
            predicted = rng.gamma(1, 50, n)
            outcome = predicted * (1 + error)
            constant = np.full(n, 50.0)
        else:
            predicted = rng.uniform(0.2, 0.6, n)
            outcome = (rng.uniform(size=n) < predicted + error) * 1.0
            constant = np.full(n, 0.4)
        made.append(levels.Judged(days_on(-i), outcome, predicted, constant))
    return made


@pytest.mark.parametrize(
    ("errors", "is_value", "words"),
    [
        ((0.0, 0.01, -0.01, 0.01), False, None),
        ((0.3, 0.01, -0.01, 0.01), False, "outside the interval"),
        ((0.15, 0.1, -0.15, 0.1), False, "sums were off by"),
        ((0.1, -0.1, 0.15, 0.05), True, None),
        ((0.3, -0.2, 0.15, 0.35), True, "sums were off by 25%"),
        ((0.19, 0.01, 0.011, 0.012), True, "outside the interval"),
        # one day is no interval, and says how far sums were off
        ((0.19,), True, None),
        ((0.21,), True, "sums were off by 21%"),
    ],
)
def test_a_level_that_was_not_right_in_the_past_is_not_published(
    errors, is_value, words
):
    found = levels.fault(judged_days(errors, is_value), is_value, 200, 1)
    assert (found or "").find(words or "") >= 0
    assert (found is None) == (words is None)


def test_a_level_that_everybody_s_mean_beats_is_not_published():
    rng = np.random.default_rng(1)
    days = judged_days((0.0, 0.0, 0.0, 0.0), False)
    assert levels.fault(days, False, 200, 1) is None
    # the level of all is right, and that of each is noise
    noise = levels.Judged(
        days_on(-9), (rng.uniform(size=2000) < 0.4) * 1.0,
        rng.uniform(0.1, 0.7, 2000), np.full(2000, 0.4),
    )  # fmt: skip
    assert "smaller Brier score" in levels.fault([*days, noise], False, 200, 1)


def test_tenths_add_up_to_the_level():
    for is_value in (False, True):
        (own,) = judged_days((0.1,), is_value, n=1003)
        rows = levels.tenths(own, is_value)
        assert [tenth for tenth, *_ in rows] == list(range(1, 11))
        assert [n for _, n, *_ in rows] == [101, 101, 101] + [100] * 7
        total = sum(n * error for _, n, error, _ in rows) / 1003
        assert total == pytest.approx(own.error(is_value))


def test_a_score_whose_level_fails_is_a_ranking_and_says_why():
    # a share that never stood still
    slices = days_that_move(
        [0.5, 0.5, 0.5, 0.5, 0.2, 0.5, 0.85, 0.2], 600, is_told=False
    )
    _, parts = fit_level(slices)
    assert said(parts, "is_ranking_only") == 1.0
    assert "; published as a ranking: " in said(parts, "verdict")


@pytest.mark.parametrize(("error", "is_worse"), [(40.0, True), (20.0, False)])
def test_amounts_that_anybody_could_carry_forward_are_not_published(error, is_worse):
    rng = np.random.default_rng(4)
    days = []
    for own in judged_days((0.0, 0.0, 0.0, 0.0), True, n=300):
        test = training.Slices({}, own.outcome, None, None, np.arange(300))
        carried = own.outcome + rng.normal(0, error, 300)
        linear = own.outcome + rng.normal(0, 20.0, 300)
        days.append(
            fits.Fitted(
                origins.Origin(own.day, (), None),
                test,
                test,
                {},
                {"carry_forward": carried, "linear": linear},
            )
        )
    said_then = [own.predictions["linear"] for own in days]
    gain = fits._gain_on_carried(days, said_then, "linear", VALUE, 200, 1)
    why_not = fits._bar_missed(gain, VALUE)
    words = fits.verdict("linear", {}, VALUE, why_not, gain)
    if is_worse:
        assert why_not is None
        assert "amounts beat the last 90 days carried forward by " in words
    else:
        assert "published as a ranking: the last 90 days carried forward" in words
    # baselines need not beat themselves
    for kind in ("constant", "carry_forward"):
        gain = fits._gain_on_carried(days, said_then, kind, VALUE, 200, 1)
        assert fits._bar_missed(gain, VALUE) is None


# -- champion and challenger ------------------------------------------------


def oracle(strength):
    """A champion that reads the future, more or less."""
    return fits.Calibrated(
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
        r"the active version is better by 0\.\d+ \[0\.\d+, 0\.\d+\] log_loss", words
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
    "n_judged": 4,
    "interval_days": 15,
    "n_draws": 50,
}
FEATURES = [("noise", "none", True), ("x", "none", True)]


@pytest.fixture
def few_kinds(monkeypatch):
    """Candidates that are fitted fast, where it does not matter which there are."""
    monkeypatch.setattr(fits, "PROBABILITY_KINDS", ("constant", "recency", "logistic"))
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

    table = registry.fit_due_versions(
        [days_on(n) for n in snapshots],
        list(stored),
        [(target, [days_on(n) for n in days])],
        FEATURES,
        {**VERSION_SETTINGS, **own},
        read,
    )
    assert table.schema == registry.SCHEMA
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
def test_a_version_is_read_from_its_registry_rows_and_is_active_from_its_day():
    rows, read = fit_versions([180], [0, 30, 90, 180])
    # that of 30 days on had closed by the snapshot, and not by the day of the test
    assert read == [([days_on(0), days_on(30), days_on(90)], days_on(180))]
    counts = {
        row["item"]: row["numeric_value"] for row in rows if row["section"] == "version"
    }
    assert (counts["n_train"], counts["n_train_slices"]) == (500, 3)
    assert statuses(rows) == ["promoted"]
    assert versions.active_version(rows, days_on(180)) == "repurchase-v1"
    assert versions.active_version(rows, days_on(179)) is None
    model = registry.read_version(rows, "repurchase-v1")
    assert isinstance(model, fits.Calibrated)
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
            "0 customers in the training slices are fewer than",
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
    assert versions.active_version(rows, days_on(180)) is None
    assert registry.read_version(rows, "repurchase-v1") is None
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
    assert versions.active_version(rows + later, days_on(300)) == ("repurchase-v1")


def test_there_are_no_versions_without_snapshots_or_targets():
    assert fit_versions([], [0, 90]) == ([], [])
    table = registry.fit_due_versions([FIRST], [], [], [], VERSION_SETTINGS, None)
    assert table.num_rows == 0


def due(days, is_last=True, config_hash="a", status="promoted"):
    latest = {
        "as_of_date": FIRST,
        "config_hash": config_hash,
        "status": status,
        "is_requested": False,
    }
    return registry.due_reason(days_on(days), is_last, latest, "a", 91)


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
        assert registry.due_reason(FIRST, is_last, None, "a", 91) == "first fit"


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
    status, parts = fit(slices, fits.Target("value", 200, True))
    assert status == "promoted"
    assert "200 days" in said(parts, "carry_forward", "failure")


@pytest.mark.usefixtures("few_kinds")
def test_arguments_are_left_as_they_were():
    slices = make_slices()
    before = {name: values.copy() for name, values in slices.table.items()}
    settings = dict(SETTINGS)
    newest = slices.where(slices.dates == days_on(90)).table
    plan = origins.make_plan(set(slices.dates), days_on(180), 90, 15, 8, 4)
    fits.fit_version(slices, newest, plan, REPURCHASE, FEATURES, None, settings)
    assert settings == SETTINGS
    for name, values in before.items():
        np.testing.assert_array_equal(slices.table[name], values)
