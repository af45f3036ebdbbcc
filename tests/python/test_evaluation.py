"""Measures of predictions: right by a second library, by hand, and under ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from segmentation.statistics import evaluation
from segmentation.statistics.evaluation import Measured
from sklearn import linear_model, metrics

EXACT = dict(rel=1e-9, abs=1e-12)


def binary_case(n=600, seed=1, decimals=None):
    rng = np.random.default_rng(seed)
    probability = rng.beta(1.0, 2.0, n)
    outcome = (rng.random(n) < probability).astype(float)
    return outcome, probability if decimals is None else probability.round(decimals)


def value_case(n=1200, seed=2, decimals=None):
    rng = np.random.default_rng(seed)
    level = rng.lognormal(4.0, 1.0, n)
    outcome = np.where(rng.random(n) < 0.4, 0.0, level * rng.lognormal(0.0, 0.7, n))
    prediction = level * 0.8
    return outcome, prediction if decimals is None else prediction.round(decimals)


def values(measured):
    return {name: figure.value for name, figure in measured.items()}


def is_undefined(figure):
    return np.isnan([figure.value, figure.low, figure.high]).all()


def resampled_rows(n, n_draws, seed):
    """Row numbers of the resamples that the weights stand for."""
    for weights in evaluation._resamples(n, n_draws, seed):
        for row in weights:
            yield np.repeat(np.arange(n), row.astype(int))


# --- measures of an event -------------------------------------------------------------


@pytest.mark.parametrize("decimals", [None, 2, 1])
def test_binary_measures_are_those_of_scikit_learn(decimals):
    outcome, probability = binary_case(decimals=decimals)
    found = values(evaluation.binary_measures(outcome, probability, 0.3, n_draws=0))
    clipped = np.clip(probability, 1e-15, 1 - 1e-15)
    assert found["base_rate"] == pytest.approx(outcome.mean(), **EXACT)
    assert found["mean_difference"] == pytest.approx(
        probability.mean() - outcome.mean(), **EXACT
    )
    for name, expected in {
        "auc": metrics.roc_auc_score(outcome, probability),
        "pr_auc": metrics.average_precision_score(outcome, probability),
        "brier": metrics.brier_score_loss(outcome, probability),
        "log_loss": metrics.log_loss(outcome, clipped),
        "f1": metrics.f1_score(outcome, probability >= 0.3),
    }.items():
        assert found[name] == pytest.approx(expected, **EXACT), name


@pytest.mark.parametrize("decimals", [None, 1])
def test_intervals_are_those_of_measuring_the_resampled_rows(decimals):
    outcome, probability = binary_case(300, decimals=decimals)
    found = evaluation.binary_measures(outcome, probability, 0.3, n_draws=60, seed=9)
    for name, score in {
        "auc": metrics.roc_auc_score,
        "pr_auc": metrics.average_precision_score,
        "brier": metrics.brier_score_loss,
        "f1": lambda y, p: metrics.f1_score(y, p >= 0.3),
        "top_decile_lift": lambda y, p: (
            evaluation.ranking_measures(y, p, 0)["top_decile_lift"].value
        ),
    }.items():
        draws = [
            score(outcome[rows], probability[rows])
            for rows in resampled_rows(300, 60, 9)
        ]
        assert (found[name].low, found[name].high) == pytest.approx(
            tuple(np.percentile(draws, [2.5, 97.5])), **EXACT
        ), name


def test_lift_and_its_maximum_by_hand():
    outcome = np.zeros(20)
    outcome[[0, 1, 7, 12]] = 1.0
    score = -np.arange(20.0)
    found = values(evaluation.ranking_measures(outcome, score, n_draws=0))
    # both of the first two of twenty, where a fifth of all have the event
    assert found["top_decile_lift"] == pytest.approx(5.0)
    assert found["top_decile_lift_maximum"] == pytest.approx(5.0)
    # three of fifteen in part: the first whole, the second by half
    found = values(evaluation.ranking_measures(outcome[:15], score[:15], n_draws=0))
    assert found["top_decile_lift"] == pytest.approx((1.5 / 1.5) / (4 / 15))
    rare = np.zeros(100)
    rare[3] = 1.0
    found = values(evaluation.ranking_measures(rare, -np.arange(100.0), n_draws=0))
    assert found["top_decile_lift_maximum"] == 10.0
    assert found["top_decile_lift"] == pytest.approx(10.0)


def test_ties_at_the_decile_count_by_their_mean_over_orders():
    # one customer of ten is first; three share the first place, two with the event
    outcome = np.array([1, 1, 0, 0, 0, 1, 0, 0, 0, 0])
    score = np.array([9, 9, 9, 1, 1, 1, 1, 1, 1, 1])
    found = values(evaluation.ranking_measures(outcome, score, n_draws=0))
    assert found["top_decile_lift"] == pytest.approx((2 / 3) / 0.3)
    assert values(evaluation.value_measures(outcome, score, n_draws=0))[
        "capture_20"
    ] == pytest.approx(2 * (2 / 3) / 3)


@pytest.mark.parametrize("n", [10, 37, 1234])
def test_a_constant_score_says_nothing(n):
    outcome = np.arange(n) % 3 == 0
    found = evaluation.binary_measures(outcome, np.full(n, 0.25), n_draws=50)
    assert found["auc"] == Measured(0.5, 0.5, 0.5)
    for name in ("value", "low", "high"):
        assert getattr(found["top_decile_lift"], name) == pytest.approx(1.0, **EXACT)
    assert found["pr_auc"].value == pytest.approx(outcome.mean(), **EXACT)
    assert found["ece"].value == pytest.approx(abs(0.25 - outcome.mean()), **EXACT)
    assert is_undefined(found["calibration_slope"])
    spent = evaluation.value_measures(np.arange(n), np.full(n, 3.0), n_draws=50)
    assert spent["gini"].value == pytest.approx(0.0, abs=1e-12)
    for share in (10, 20):
        captured = spent[f"capture_{share}"]
        assert captured.value == pytest.approx(share / 100, **EXACT)
        assert captured.high == pytest.approx(share / 100, **EXACT)


@pytest.mark.parametrize("only", [0.0, 1.0])
def test_with_one_kind_of_outcome_what_compares_the_two_is_undefined(only):
    probability = np.linspace(0.1, 0.9, 40)
    found = evaluation.binary_measures(np.full(40, only), probability, 0.5, n_draws=20)
    for name in ("auc", "calibration_slope", "calibration_intercept"):
        assert is_undefined(found[name]), name
    assert found["brier"].value == pytest.approx(((probability - only) ** 2).mean())
    assert is_undefined(found["pr_auc"]) == (only == 0.0)
    assert is_undefined(found["top_decile_lift"]) == (only == 0.0)
    assert found["f1"].value == (0.0 if only == 0.0 else pytest.approx(2 * 20 / 60))


def test_resamples_without_the_event_are_left_out_of_the_interval():
    outcome = np.zeros(30)
    outcome[0] = 1.0
    score = -np.arange(30.0)
    figure = evaluation.ranking_measures(outcome, score, n_draws=200)["auc"]
    assert figure == Measured(1.0, 1.0, 1.0)


def test_without_customers_all_is_undefined():
    for measured in (
        evaluation.binary_measures([], [], 0.5),
        evaluation.ranking_measures([], []),
        evaluation.value_measures([], []),
        evaluation.accuracy_measures([], []),
    ):
        assert measured
        assert all(is_undefined(figure) for figure in measured.values())
    for measure in evaluation.PAIRED_MEASURES:
        assert is_undefined(evaluation.paired_difference([], [], [], measure))
    assert evaluation.calibration_deciles([], []) == []
    assert np.isnan(evaluation.best_f1_threshold([], []))
    assert np.isnan(evaluation.population_stability_index([], [1.0]))
    assert np.isnan(evaluation.population_stability_index([1.0], []))


def test_one_customer_is_measured_as_far_as_one_can_be():
    found = evaluation.value_measures([5.0], [3.0], n_draws=5)
    assert found["mae"] == Measured(2.0, 2.0, 2.0)
    assert is_undefined(found["r2"])
    assert is_undefined(found["r2_trimmed"])
    assert is_undefined(found["gini"])
    assert found["capture_10"].value == pytest.approx(0.1)


def test_expected_calibration_error_by_hand():
    # ten groups of two; in the first, .05 is said and 1 of 2 comes
    probability = np.repeat(np.arange(10) / 10 + 0.05, 2) + np.tile([0.0, 0.01], 10)
    outcome = np.tile([1.0, 0.0], 10)
    expected = np.abs(np.arange(10) / 10 + 0.055 - 0.5).mean()
    found = evaluation.binary_measures(outcome, probability, n_draws=0)
    assert found["ece"].value == pytest.approx(expected)


def test_the_best_threshold_is_the_best_of_all():
    for decimals in (None, 1):
        outcome, probability = binary_case(200, decimals=decimals)
        threshold = evaluation.best_f1_threshold(outcome, probability)
        scores = {
            t: metrics.f1_score(outcome, probability >= t)
            for t in np.unique(probability)
        }
        assert scores[threshold] == max(scores.values())
        found = evaluation.binary_measures(outcome, probability, threshold, n_draws=0)
        assert found["f1"].value == pytest.approx(scores[threshold])
    assert np.isnan(evaluation.best_f1_threshold([0, 0], [0.1, 0.2]))
    assert evaluation.best_f1_threshold([1, 1, 0], [0.5, 0.5, 0.5]) == 0.5
    assert np.isnan(evaluation.binary_measures([0, 1], [0.1, 0.9])["f1"].value)


# --- calibration ----------------------------------------------------------------------


def test_slope_is_one_if_calibrated_and_half_if_log_odds_are_doubled():
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-0.5, 1.0, 20_000)
    outcome = rng.random(20_000) < 1 / (1 + np.exp(-log_odds))
    slope, intercept = evaluation.calibration_line(outcome, 1 / (1 + np.exp(-log_odds)))
    assert slope.low < 1.0 < slope.high
    assert intercept.low < 0.0 < intercept.high
    assert slope.high - slope.low < 0.1
    doubled, _ = evaluation.calibration_line(outcome, 1 / (1 + np.exp(-2 * log_odds)))
    assert doubled.value == pytest.approx(slope.value / 2)
    assert doubled.low < 0.5 < doubled.high


def test_the_calibration_line_is_the_unpenalised_logistic_regression():
    outcome, probability = binary_case(400)
    log_odds = np.log(probability / (1 - probability))
    fit = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        log_odds[:, None], outcome
    )
    slope, intercept = evaluation.calibration_line(outcome, probability)
    assert slope.value == pytest.approx(fit.coef_[0, 0], rel=1e-5)
    assert intercept.value == pytest.approx(fit.intercept_[0], rel=1e-5, abs=1e-5)


def test_wald_intervals_of_the_line_cover_the_truth():
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(300):
        probability = rng.beta(2, 3, 250)
        slope, intercept = evaluation.calibration_line(
            rng.random(250) < probability, probability
        )
        covered.append((slope.low < 1 < slope.high, intercept.low < 0 < intercept.high))
    assert np.all(np.abs(np.mean(covered, axis=0) - 0.95) < 0.04)


@pytest.mark.parametrize(
    "outcome, probability",
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.8]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.7, 0.8]),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.8]),
    ],
)
def test_where_a_probability_separates_the_outcomes_no_line_fits_best(
    outcome, probability
):
    assert all(map(is_undefined, evaluation.calibration_line(outcome, probability)))


def test_probabilities_of_zero_and_one_stay_finite():
    outcome = np.array([0, 1, 0, 1, 1, 0])
    probability = np.array([0.0, 1.0, 1.0, 0.0, 0.6, 0.4])
    found = evaluation.binary_measures(outcome, probability, n_draws=0)
    assert found["log_loss"].value == pytest.approx(
        metrics.log_loss(outcome, np.clip(probability, 1e-15, 1 - 1e-15))
    )
    assert np.isfinite(found["calibration_slope"].value)


def test_deciles_of_an_event_have_wilsons_interval():
    outcome, probability = binary_case(1000)
    rows = evaluation.calibration_deciles(outcome, probability)
    assert [row["decile"] for row in rows] == list(range(1, 11))
    assert {row["n"] for row in rows} == {100}
    assert sum(row["mean_outcome"] * row["n"] for row in rows) == pytest.approx(
        outcome.sum()
    )
    predicted = [row["mean_prediction"] for row in rows]
    assert predicted == sorted(predicted)
    # 1 of 10: Wilson's interval as Newcombe (1998) writes it out, .0179 to .4042
    (row,) = evaluation.calibration_deciles([1] + [0] * 9, np.full(10, 0.3))
    assert (row["low"], row["high"]) == pytest.approx((0.0179, 0.4042), abs=1e-4)
    (row,) = evaluation.calibration_deciles([0] * 5, np.full(5, 0.3))
    assert row["low"] == 0.0
    assert 0.4 < row["high"] < 0.5


def test_deciles_of_amounts_are_bootstrapped_and_keep_to_the_outcomes():
    outcome, prediction = value_case(2000)
    rows = evaluation.calibration_deciles(outcome, prediction, n_draws=300)
    for row in rows:
        assert 0.0 <= row["low"] < row["mean_outcome"] < row["high"]
    error = outcome[np.argsort(prediction)[-200:]].std() / np.sqrt(200)
    width = rows[-1]["high"] - rows[-1]["low"]
    # wider than a normal mean's, and by how much the heavy tail asks for
    assert 2 * 1.96 * error < width < 2 * 2 * 1.96 * error


def few_hold_the_most(rng, n):
    """Amounts of which most are nothing and a few are huge, and what was expected."""
    quality = rng.normal(size=n)
    amount = np.exp(4 + 0.5 * quality + 1.8 * rng.normal(size=n))
    outcome = np.where(rng.random(n) < 0.6, amount, 0.0)
    return outcome, np.exp(4 + 0.5 * quality)


def test_intervals_cover_where_a_few_customers_hold_the_most():
    outcome, prediction = few_hold_the_most(np.random.default_rng(7), 2_000_000)
    truths = {
        "mae": np.abs(prediction - outcome).mean(),
        "mean_difference": (prediction - outcome).mean(),
    }
    n_samples, n_customers, n_draws = 200, 500, 250
    rng = np.random.default_rng(8)
    hits = {name: 0 for name in (*truths, "percentiles of mae")}
    for seed in range(n_samples):
        outcome, prediction = few_hold_the_most(rng, n_customers)
        measured = evaluation.value_measures(outcome, prediction, n_draws, seed)
        for name, truth in truths.items():
            hits[name] += measured[name].low <= truth <= measured[name].high
        errors = np.abs(prediction - outcome)
        rows = rng.integers(0, n_customers, (n_draws, n_customers))
        low, high = np.percentile(errors[rows].mean(axis=1), [2.5, 97.5])
        hits["percentiles of mae"] += low <= truths["mae"] <= high
    assert hits["mae"] >= 0.92 * n_samples
    assert hits["mean_difference"] >= 0.92 * n_samples
    # the ordinary interval would not do
    assert hits["percentiles of mae"] < 0.92 * n_samples


def test_what_no_interval_covers_has_none():
    values = evaluation.value_measures(*value_case(500), 100)
    assert {name for name, found in values.items() if np.isnan(found.low)} == {
        "rmse",
        "r2",
    }
    events = np.arange(200) % 3 == 0
    binary = evaluation.binary_measures(events, np.linspace(0.1, 0.6, 200), 0.4, 100)
    assert {name for name, found in binary.items() if np.isnan(found.low)} == {"ece"}


def test_amounts_that_happen_to_be_nothing_can_be_named_amounts():
    rows = evaluation.calibration_deciles([0, 0, 0], [1, 1, 1], is_binary=False)
    assert (rows[0]["low"], rows[0]["high"]) == (0.0, 0.0)
    with pytest.raises(ValueError, match="1 of 3 outcomes are neither 0 nor 1"):
        evaluation.calibration_deciles([0, 7, 0], [1, 1, 1], is_binary=True)


def test_equal_predictions_stay_in_one_group():
    prediction = np.repeat([0.1, 0.2, 0.3], [500, 300, 200])
    rows = evaluation.calibration_deciles(prediction > 0.2, prediction)
    assert [(row["decile"], row["n"]) for row in rows] == [(1, 500), (2, 300), (3, 200)]
    half = np.concatenate([np.zeros(50), np.arange(1, 51)])
    np.testing.assert_array_equal(
        np.bincount(evaluation.equal_mass_groups(half)), [50, 10, 10, 10, 10, 10]
    )
    with pytest.raises(ValueError, match="0 groups"):
        evaluation.equal_mass_groups(half, 0)


# --- measures of an amount ------------------------------------------------------------


@pytest.mark.parametrize("decimals", [None, -1, -2])
def test_value_measures_are_those_of_scikit_learn(decimals):
    outcome, prediction = value_case(decimals=decimals)
    found = values(evaluation.value_measures(outcome, prediction, n_draws=0))
    error = metrics.mean_absolute_error(outcome, prediction)
    kept = np.argsort(outcome)[:-2]
    for name, expected in {
        "mae": error,
        "wape": error / outcome.mean(),
        "rmse": metrics.root_mean_squared_error(outcome, prediction),
        "r2": metrics.r2_score(outcome, prediction),
        "r2_trimmed": metrics.r2_score(outcome[kept], prediction[kept]),
        "mean_difference": prediction.mean() - outcome.mean(),
    }.items():
        assert found[name] == pytest.approx(expected, **EXACT), name


def test_intervals_of_amounts_are_those_of_measuring_the_resampled_rows():
    outcome, prediction = value_case(300, decimals=-1)
    found = evaluation.value_measures(outcome, prediction, n_draws=40, seed=5)
    rows_of = list(resampled_rows(300, 40, 5))
    draws = [
        values(evaluation.value_measures(outcome[rows], prediction[rows], n_draws=0))
        for rows in rows_of
    ]
    for name in ("r2_trimmed", "gini", "capture_10", "capture_20"):
        bounds = np.percentile([draw[name] for draw in draws], [2.5, 97.5])
        measured = (found[name].low, found[name].high)
        assert measured == pytest.approx(tuple(bounds), **EXACT), name

    def error_of(name, rows):
        gaps = (prediction - outcome)[rows]
        sizes, amounts = np.abs(gaps), np.abs(outcome[rows])
        ratio = sizes.mean() / amounts.mean()
        terms = {
            "mae": sizes,
            "mean_difference": gaps,
            "wape": (sizes - ratio * amounts) / amounts.mean(),
        }[name]
        return terms.std() / np.sqrt(len(rows))

    everyone = np.arange(300)
    for name, scale in (("mae", np.log), ("wape", np.log), ("mean_difference", None)):
        value, figure = found[name].value, found[name]
        moved = scale or (lambda x: x)
        unit = 1.0 if scale is None else value
        distances = [
            (moved(draw[name]) - moved(value))
            / (error_of(name, rows) / (1.0 if scale is None else draw[name]))
            for draw, rows in zip(draws, rows_of, strict=True)
        ]
        reach = np.percentile(distances, [99.5, 0.5]) * error_of(name, everyone) / unit
        bounds = value - reach if scale is None else value * np.exp(-reach)
        measured = (figure.low, figure.high)
        assert measured == pytest.approx(tuple(bounds), rel=1e-9), name


def test_gini_and_capture_by_hand():
    outcome = np.array([50.0, 30.0, 20.0, 0.0, 0.0])
    # cumulative shares by outcome .5 .8 1 1 1: 4.3 - 3 = 1.3; by this ranking
    # .3 .8 .8 1 1: 3.9 - 3 = .9
    prediction = np.array([4.0, 5.0, 2.0, 3.0, 1.0])
    found = values(evaluation.value_measures(outcome, prediction, n_draws=0))
    assert found["gini"] == pytest.approx(0.9 / 1.3)
    assert found["capture_10"] == pytest.approx(0.5 * 0.3)
    assert found["capture_20"] == pytest.approx(0.3)
    perfect = values(evaluation.value_measures(outcome, outcome, n_draws=0))
    assert perfect["gini"] == pytest.approx(1.0)
    assert perfect["capture_20"] == pytest.approx(0.5)
    worst = values(evaluation.value_measures(outcome, -outcome, n_draws=0))
    # the two without any are first, in either order
    assert worst["gini"] == pytest.approx(-1.0)
    assert worst["capture_20"] == 0.0


def test_gini_of_ties_is_the_mean_over_their_orders():
    rng = np.random.default_rng(6)
    outcome, prediction = rng.exponential(1.0, 30), rng.integers(0, 4, 30).astype(float)
    found = evaluation.value_measures(outcome, prediction, n_draws=0)
    orders = [
        values(
            evaluation.value_measures(
                outcome, prediction + 1e-6 * rng.permutation(30), n_draws=0
            )
        )
        for _ in range(3000)
    ]
    for name in ("gini", "capture_10", "capture_20"):
        drawn = [order[name] for order in orders]
        error = np.std(drawn) / np.sqrt(len(drawn))
        assert abs(np.mean(drawn) - found[name].value) < 4 * error + 1e-12, name


def test_gini_of_an_event_is_twice_the_auc_less_one():
    outcome, probability = binary_case(decimals=1)
    gini = evaluation.value_measures(outcome, probability, n_draws=0)["gini"].value
    auc = evaluation.ranking_measures(outcome, probability, n_draws=0)["auc"].value
    assert gini == pytest.approx(2 * auc - 1)


def test_one_whale_decides_r2_but_not_the_trimmed_one():
    outcome, prediction = value_case(1000)
    outcome[0], prediction[0] = 1e6, 0.9e6
    found = values(evaluation.value_measures(outcome, prediction, n_draws=0))
    assert found["r2"] > 0.95
    assert found["r2_trimmed"] < 0.7


def test_of_equal_largest_outcomes_each_is_left_out_in_part():
    outcome = np.array([9.0, 9.0, 1.0, 2.0])
    prediction = np.array([9.0, 5.0, 1.0, 2.0])
    kept = np.array([0.5, 0.5, 1.0, 1.0])
    assert evaluation.value_measures(outcome, prediction, n_draws=0)[
        "r2_trimmed"
    ].value == pytest.approx(metrics.r2_score(outcome, prediction, sample_weight=kept))


def test_without_spend_shares_of_it_are_undefined():
    found = evaluation.value_measures(np.zeros(20), np.arange(20.0), n_draws=20)
    for name in ("wape", "r2", "r2_trimmed", "gini", "capture_10", "capture_20"):
        assert is_undefined(found[name]), name
    assert found["mae"].value == pytest.approx(9.5)
    returned = evaluation.value_measures([-5.0, 1.0, 2.0], [1.0, 2.0, 3.0], n_draws=0)
    for name in ("gini", "capture_10", "capture_20"):
        assert is_undefined(returned[name]), name
    assert returned["wape"].value == pytest.approx(8 / 8)
    same = evaluation.value_measures(np.full(20, 0.1), np.arange(20.0), n_draws=20)
    for name in ("r2", "r2_trimmed", "gini"):
        assert is_undefined(same[name]), name
    assert same["capture_10"].value == pytest.approx(0.1)


# sizes of which some round the variance of equal outcomes to above 0
@pytest.mark.parametrize("n", [7, 11, 13, 19, 23])
def test_resamples_of_nothing_but_zeros_are_left_out(n):
    outcome = np.zeros(n)
    outcome[0] = 0.3
    found = evaluation.value_measures(outcome, outcome * 0.5 + 0.01, n_draws=300)
    assert found["gini"].low == pytest.approx(1.0)


# --- measures of a class --------------------------------------------------------------


@pytest.mark.parametrize("names", [np.array(["a", "b", "c", "d"]), np.arange(4)])
def test_accuracy_measures_are_those_of_scikit_learn(names):
    rng = np.random.default_rng(7)
    actual = rng.choice(3, 400, p=[0.5, 0.3, 0.2])
    named = np.where(rng.random(400) < 0.6, actual, rng.integers(0, 3, 400))
    # in a third of the resamples this class does not occur
    actual[0] = 3
    outcome, predicted = names[actual], names[named]
    found = evaluation.accuracy_measures(outcome, predicted, n_draws=50, seed=3)
    majority = metrics.accuracy_score(outcome, np.full(400, names[0]))
    accuracy = metrics.accuracy_score(outcome, predicted)
    assert found["accuracy"].value == pytest.approx(accuracy)
    assert found["majority_accuracy"].value == pytest.approx(majority)
    assert found["accuracy_gain"].value == pytest.approx(accuracy - majority)
    f1 = metrics.f1_score(outcome, predicted, average="macro")
    assert found["macro_f1"].value == pytest.approx(f1)
    draws = [
        metrics.f1_score(outcome[rows], predicted[rows], average="macro")
        for rows in resampled_rows(400, 50, 3)
    ]
    assert found["macro_f1"].high == pytest.approx(np.percentile(draws, 97.5))


def test_labels_may_be_lists_objects_or_one_class():
    found = evaluation.accuracy_measures(
        np.array(["a", "a"], dtype=object), ["a", "a"], n_draws=5
    )
    assert found["accuracy"] == Measured(1.0, 1.0, 1.0)
    assert found["macro_f1"].value == 1.0
    for nulls in ([1.0, np.nan], ["a", None], np.ma.array([1, 2], mask=[False, True])):
        with pytest.raises(ValueError, match="1 of 2 outcome labels are null"):
            evaluation.accuracy_measures(nulls, nulls)
    with pytest.raises(ValueError, match="of different kinds"):
        evaluation.accuracy_measures([1, 2], ["1", "2"])
    with pytest.raises(ValueError, match=r"\(2,\) and predictions of shape \(3,\)"):
        evaluation.accuracy_measures([1, 2], [1, 2, 3])


# --- the bootstrap --------------------------------------------------------------------


def test_bootstrap_intervals_cover_the_truth():
    # P(normal(1) > normal(0)) = Phi(1 / sqrt 2)
    truth = {"auc": 0.7602499389}
    rng = np.random.default_rng(8)
    covered = []
    for trial in range(200):
        outcome = rng.random(250) < 0.4
        score = rng.normal(outcome.astype(float), 1.0)
        figure = evaluation.ranking_measures(outcome, score, 200, trial)["auc"]
        covered.append(figure.low <= truth["auc"] <= figure.high)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_resamples_follow_from_the_seed_and_not_from_what_fits_in_memory(monkeypatch):
    outcome, probability = binary_case(200)
    arguments = dict(outcome=outcome, probability=probability, n_draws=30)
    once = evaluation.binary_measures(**arguments, seed=1)
    assert once != evaluation.binary_measures(**arguments, seed=2)
    monkeypatch.setattr(evaluation, "_CHUNK_CELLS", 700)
    again = evaluation.binary_measures(**arguments, seed=1)
    for name in set(once) - {"f1", "ece"}:
        assert again[name].low == pytest.approx(once[name].low, rel=1e-12), name


def test_the_order_of_customers_does_not_change_a_figure():
    outcome, prediction = value_case(500, decimals=-1)
    order = np.random.default_rng(1).permutation(500)
    there = values(evaluation.value_measures(outcome, prediction, n_draws=0))
    back = values(
        evaluation.value_measures(outcome[order], prediction[order], n_draws=0)
    )
    assert there == pytest.approx(back, rel=1e-9)


@pytest.mark.parametrize("measure", ["auc", "brier", "log_loss"])
def test_a_paired_difference_is_narrower_than_an_unpaired_one(measure):
    outcome, probability = binary_case(800)
    rng = np.random.default_rng(9)
    noisy = np.clip(probability + rng.normal(0.0, 0.05, 800), 0.01, 0.99)
    probability = np.clip(probability, 0.01, 0.99)
    paired = evaluation.paired_difference(outcome, probability, noisy, measure)
    one = evaluation.binary_measures(outcome, probability)[measure]
    other = evaluation.binary_measures(outcome, noisy, seed=1)[measure]
    assert paired.value == pytest.approx(one.value - other.value)
    assert paired.low <= paired.value <= paired.high
    unpaired = np.hypot(one.high - one.low, other.high - other.low)
    assert paired.high - paired.low < 0.6 * unpaired


@pytest.mark.parametrize("measure", evaluation.PAIRED_MEASURES)
def test_each_measure_can_be_paired_and_none_differs_from_itself(measure):
    outcome, probability = binary_case(150)
    prediction = (
        (probability > 0.4) if "acc" in measure or "f1" in measure else probability
    )
    same = evaluation.paired_difference(outcome, prediction, prediction, measure, 20)
    assert same == Measured(0.0, 0.0, 0.0)
    other = evaluation.paired_difference(
        outcome, prediction, 1 - prediction, measure, 20
    )
    mirrored = evaluation.paired_difference(
        outcome, 1 - prediction, prediction, measure, 20
    )
    assert other.value == pytest.approx(-mirrored.value)
    assert (other.low, other.high) == pytest.approx((-mirrored.high, -mirrored.low))


def test_pairing_amounts_agrees_with_measuring_each():
    outcome, prediction = value_case(500)
    for measure in ("mae", "gini", "capture_10", "r2_trimmed"):
        difference = evaluation.paired_difference(
            outcome, prediction, np.sqrt(prediction), measure, 20
        )
        each = [
            evaluation.value_measures(outcome, candidate, n_draws=0)[measure].value
            for candidate in (prediction, np.sqrt(prediction))
        ]
        assert difference.value == pytest.approx(each[0] - each[1], abs=1e-12)


# --- drift ----------------------------------------------------------------------------


def test_stability_index_of_the_same_and_of_shifted_data():
    rng = np.random.default_rng(10)
    then = rng.normal(size=5000)
    assert evaluation.population_stability_index(then, then) == 0.0
    assert evaluation.population_stability_index(then, rng.normal(size=5000)) < 0.02
    assert evaluation.population_stability_index(then, then + 1.0) > 0.25
    # halves of .5 each become .8 and .2
    halves, moved = np.repeat([0.0, 1.0], [50, 50]), np.repeat([0.0, 1.0], [80, 20])
    assert evaluation.population_stability_index(halves, moved) == pytest.approx(
        0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5)
    )


def test_nulls_are_a_bin_of_their_own():
    then = np.arange(1000.0)
    now = then.copy()
    now[::5] = np.nan
    missed = evaluation.population_stability_index(then, now)
    assert missed > 0.25
    # without its floor, a bin that was empty would drift without bound
    assert missed == pytest.approx(
        (0.2 - 1e-4) * np.log(0.2 / 1e-4) - 0.2 * np.log(0.8), rel=1e-3
    )
    assert evaluation.population_stability_index(now, now) == 0.0
    masked = np.ma.array(then, mask=np.isnan(now))
    assert evaluation.population_stability_index(then, masked) == missed
    nothing = np.full(10, np.nan)
    assert evaluation.population_stability_index(nothing, nothing) == 0.0
    assert evaluation.population_stability_index(nothing, then) > 0.25


@pytest.mark.parametrize("now", [[0.0], [2.0]])
def test_leaving_a_single_value_is_seen_in_either_direction(now):
    then = np.ones(100)
    assert evaluation.population_stability_index(then, then) == 0.0
    assert evaluation.population_stability_index(then, now) > 0.25


@pytest.mark.parametrize("rare", [0.0, 1.0])
def test_a_rare_value_of_a_flag_is_a_bin_whichever_it_is(rare):
    then = np.full(1000, 1.0 - rare)
    then[:50] = rare
    now = np.full(1000, 1.0 - rare)
    now[:400] = rare
    assert evaluation.population_stability_index(then, now) > 0.25


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    "measure",
    [
        evaluation.binary_measures,
        evaluation.ranking_measures,
        evaluation.value_measures,
        evaluation.best_f1_threshold,
        evaluation.calibration_line,
        evaluation.calibration_deciles,
        lambda y, p: evaluation.paired_difference(y, p, [0.1, 0.2, 0.3], "auc"),
        lambda y, p: evaluation.paired_difference(y, [0.1, 0.2, 0.3], p, "mae"),
    ],
)
def test_lengths_that_differ_and_nulls_are_refused(measure):
    with pytest.raises(ValueError, match=r"\(3,\) and predictions of shape \(2,\)"):
        measure([0, 1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="1 of 3 predictions are null or infinite"):
        measure([0, 1, 1], [0.1, np.nan, 0.2])
    with pytest.raises(ValueError, match="1 of 3 predictions are null or infinite"):
        measure([0, 1, 1], np.ma.array([0.1, 0.2, 0.3], mask=[True, False, False]))
    with pytest.raises(ValueError, match="2 of 3 outcomes are null or infinite"):
        measure([np.nan, 1, np.inf], [0.1, 0.2, 0.3])


def test_what_is_no_event_no_probability_or_no_measure_is_refused():
    with pytest.raises(ValueError, match="1 of 2 outcomes are neither 0 nor 1.* 3"):
        evaluation.binary_measures([1, 3], [0.1, 0.2])
    with pytest.raises(ValueError, match="1 of 2 probabilities are outside .* 1.5;"):
        evaluation.binary_measures([1, 0], [0.1, 1.5])
    with pytest.raises(ValueError, match="1 of 2 probabilities are outside"):
        evaluation.paired_difference([1, 0], [0.1, 0.2], [0.1, -1.0], "brier")
    with pytest.raises(ValueError, match="1 of 2 probabilities are outside"):
        evaluation.calibration_line([1, 0], [0.1, 1.5])
    with pytest.raises(ValueError, match="threshold 7 is outside"):
        evaluation.binary_measures([1, 0], [0.1, 0.5], 7)
    with pytest.raises(ValueError, match="unknown measure 'acu'; use one of auc"):
        evaluation.paired_difference([1, 0], [0.1, 0.5], [0.1, 0.5], "acu")
    with pytest.raises(ValueError, match="-1 resamples"):
        evaluation.value_measures([1, 0], [0.1, 0.5], n_draws=-1)


def test_nothing_that_is_given_is_changed():
    outcome, prediction = value_case(100)
    before = outcome.copy(), prediction.copy()
    evaluation.value_measures(outcome, prediction, n_draws=5)
    evaluation.paired_difference(outcome, prediction, prediction, "gini", 5)
    evaluation.population_stability_index(outcome, prediction)
    np.testing.assert_array_equal(outcome, before[0])
    np.testing.assert_array_equal(prediction, before[1])


# --- what always holds ----------------------------------------------------------------

COUNTS = st.integers(1, 60)
# few distinct values, so that ties are common
SCORES = hnp.arrays(np.int64, COUNTS, elements=st.integers(0, 6))


@given(SCORES, st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_measures_of_an_event_keep_to_their_ranges(score, seed):
    outcome = np.random.default_rng(seed).integers(0, 2, len(score))
    found = evaluation.binary_measures(outcome, score / 6, 0.5, n_draws=5, seed=seed)
    if outcome.any():
        lift = found["top_decile_lift"].value
        assert -1e-9 <= lift <= found["top_decile_lift_maximum"].value + 1e-9
    if outcome.any() and not outcome.all():
        assert found["auc"].value == pytest.approx(
            metrics.roc_auc_score(outcome, score), abs=1e-12
        )
        mirrored = evaluation.ranking_measures(outcome, -score, 0)["auc"].value
        assert found["auc"].value + mirrored == pytest.approx(1.0)
    for name in ("auc", "pr_auc", "brier", "ece", "f1"):
        figure = found[name]
        if not np.isnan(figure.value):
            for bound in (figure.value, figure.low, figure.high):
                assert np.isnan(bound) or -1e-12 <= bound <= 1 + 1e-12, name


@given(
    SCORES,
    st.sampled_from(["zeros", "amounts", "returns"]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_no_ranking_is_better_than_that_of_the_outcomes_themselves(score, kind, seed):
    rng = np.random.default_rng(seed)
    outcome = rng.lognormal(3.0, 1.0, len(score))
    if kind != "amounts":
        outcome *= rng.integers(-1 if kind == "returns" else 0, 2, len(score))
    found = evaluation.value_measures(outcome, score, n_draws=5, seed=seed)
    best = evaluation.value_measures(outcome, outcome, n_draws=0)
    assert best["mae"].value == 0.0
    for name in ("gini", "capture_10", "capture_20"):
        value = found[name].value
        if not np.isnan(value):
            # rounding weighs more where returns all but cancel the total
            limit = 1.0 if name == "gini" else best[name].value
            assert value <= limit + 1e-6 * (1 + abs(limit)), name
    if not np.isnan(found["r2"].value):
        assert found["r2"].value <= 1.0
    assert found["rmse"].value >= found["mae"].value - 1e-9


@given(
    hnp.arrays(
        np.float64,
        st.integers(1, 80),
        elements=st.one_of(st.just(np.nan), st.integers(-3, 3).map(float)),
    ),
    hnp.arrays(np.float64, st.integers(1, 80), elements=st.floats(-4, 4)),
    st.integers(1, 12),
)
@settings(max_examples=150, deadline=None)
def test_stability_is_never_negative_and_alike_both_ways_in_the_same_bins(
    then, now, n_bins
):
    assert evaluation.population_stability_index(then, now, n_bins) >= 0.0
    assert evaluation.population_stability_index(then, then[::-1], n_bins) == 0.0


@given(SCORES, st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_groups_follow_the_values_without_gaps(score, n_groups):
    groups = evaluation.equal_mass_groups(score, n_groups)
    assert set(groups) == set(range(groups.max() + 1))
    assert groups.max() < n_groups
    order = np.argsort(score, kind="stable")
    assert (np.diff(groups[order]) >= 0).all()
    for value in np.unique(score):
        assert len(np.unique(groups[score == value])) == 1
