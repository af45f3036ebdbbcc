"""How good predictions are: of whether, of how much, and of which class.

Figures come with a bootstrap 95 % interval over customers. A resample is a row of
weights, how often each customer was drawn, so that each candidate is sorted once and
not once per resample. The weights follow from the number of rows and the seed alone:
candidates that are measured on the same rows with the same seed meet the same
resamples, and their differences are paired.

The interval is that of the percentiles (Efron & Tibshirani 1993, chapter 13) where that
covers. A mean of amounts, of which a few customers hold the most, it covers too seldom:
such means have the interval of the studentised resamples (chapter 12.5). Figures that
no interval was found to cover have none, see WITHOUT_INTERVAL. `docs/scores.md` says
what each covers in simulations.

Customers of equal prediction are in no order. Whatever depends on one is its mean over
the orders they could be in: a constant prediction has an AUC of 0.5, a lift of 1, and
captures 10 % of the outcome in 10 % of the customers.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

# Probabilities are kept this far from 0 and 1 where their logarithm is taken.
MIN_PROBABILITY = 1e-15
N_CALIBRATION_BINS = 10
# A tenth of the customers is what "top decile" means in lift and capture.
TOP_SHARE = 0.1
# Share of the rows with the largest outcomes that r2_trimmed leaves out.
TRIMMED_SHARE = 0.001
# Shares are floored here in the stability index: the logarithm of an empty bin is none.
MIN_BIN_SHARE = 1e-4
N_DRAWS = 500

_Z95 = NormalDist().inv_cdf(0.975)
# Weights held at a time, small enough to stay in the processor's cache.
_CHUNK_CELLS = 2**18


@dataclass(frozen=True)
class Measured:
    """A figure and its 95 % interval.

    Attributes
    ----------
    value : float
        NaN where the figure is not defined.
    low, high : float
        NaN where the figure is not defined in any resample.
    """

    value: float
    low: float
    high: float


_UNDEFINED = Measured(np.nan, np.nan, np.nan)

# Percentiles of studentised resamples that are taken for 95 %: further out, since tails
# as heavy as those of spending hide from the resamples, too.
STUDENTISED_PERCENTILES = (0.5, 99.5)
# Means that cannot be below 0 are studentised on the scale of their logarithm.
ABOVE_ZERO = ("mae", "wape")
# Squares of amounts have no spread that a sample tells, and the calibration error is
# larger in resamples than in the rows themselves.
WITHOUT_INTERVAL = ("rmse", "r2", "ece")


def binary_measures(outcome, probability, threshold=None, n_draws=N_DRAWS, seed=0):
    """Measure probabilities of an event against whether it happened.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        1 or True where it happened, else 0 or False; no null.
    probability : array-like of shape (n,)
        0 to 1; no null. Scores on another scale: `ranking_measures`.
    threshold : float or None
        Customers of at least this probability are predicted to have the event; chosen
        on other customers, see `best_f1_threshold`. None leaves f1 NaN.
    n_draws : int
        Resamples; 0 leaves the bootstrap intervals NaN.
    seed : int

    Returns
    -------
    dict of str to Measured
        base_rate : share of the customers with the event.
        auc : probability that a customer with the event is ranked above one without.
        pr_auc : average precision, without interpolation.
        top_decile_lift : share with the event among the tenth of the customers ranked
            first, over the base rate. Where n is no multiple of ten, the last of them
            counts in part.
        top_decile_lift_maximum : what a perfect ranking reaches at this base rate, the
            lesser of 1 / base rate and 10.
        brier : mean squared error of the probability.
        log_loss : mean negative log likelihood, in nats.
        ece : expected calibration error, the mean over groups of equal mass of how far
            their mean probability is from their share of events. Chance alone makes it
            positive, in resamples more so than in the rows themselves, so that it has
            no interval.
        mean_difference : mean probability minus base rate.
        calibration_slope, calibration_intercept : see `calibration_line`; the intervals
            are Wald's.
        f1 : harmonic mean of precision and recall at the threshold.

        NaN where not defined: without customers, or with one kind of outcome only what
        compares the two.

    Raises
    ------
    ValueError
        If lengths differ, a value is null or infinite, an outcome is not 0 or 1, or a
        probability or the threshold is outside 0 to 1.

    Notes
    -----
    Groups of the ECE are those of `equal_mass_groups`, the same in each resample.
    Guo et al. (2017), On calibration of modern neural networks, define the ECE with
    bins of equal width, which leaves most of them empty for rare events.
    """
    outcome, probability = _binary(outcome, probability)
    _check_probabilities(probability)
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise ValueError(f"the threshold {threshold} is outside 0 to 1")
    measured = _bootstrap(
        [
            (_RANKING, _prepare_ranking(outcome, probability)),
            (
                _PROBABILITY + ("f1",),
                _prepare_probability(outcome, probability, threshold),
            ),
        ],
        len(outcome),
        n_draws,
        seed,
    )
    slope, intercept = calibration_line(outcome, probability)
    return {**measured, "calibration_slope": slope, "calibration_intercept": intercept}


def ranking_measures(outcome, score, n_draws=N_DRAWS, seed=0):
    """Measure scores of any scale, such as days of recency, by how they rank an event.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        1 or True where it happened, else 0 or False; no null.
    score : array-like of shape (n,)
        Higher where the event is more likely; no null.
    n_draws, seed : int

    Returns
    -------
    dict of str to Measured
        base_rate, auc, pr_auc, top_decile_lift and top_decile_lift_maximum of
        `binary_measures`.

    Raises
    ------
    ValueError
        If lengths differ, a value is null or infinite, or an outcome is not 0 or 1.
    """
    outcome, score = _binary(outcome, score)
    return _bootstrap(
        [(_RANKING, _prepare_ranking(outcome, score))], len(outcome), n_draws, seed
    )


def value_measures(outcome, prediction, n_draws=N_DRAWS, seed=0):
    """Measure predictions of an amount or a count.

    Parameters
    ----------
    outcome, prediction : array-like of shape (n,)
        In one unit; no null.
    n_draws : int
        Resamples; 0 leaves the intervals NaN.
    seed : int

    Returns
    -------
    dict of str to Measured
        mae : mean absolute error, in the unit.
        wape : sum of absolute errors over the sum of absolute outcomes.
        rmse : root of the mean squared error, in the unit; without an interval.
        r2 : share of the variance explained, at most 1; below 0 is worse than the mean;
            without an interval.
        r2_trimmed : the same without the 0.1 % of the customers, rounded up, with the
            largest outcomes; of a resample, without its own.
        gini : normalised Gini: of the outcome ordered by prediction, over that of the
            outcome ordered by itself; 1 is a perfect ranking, 0 a random one.
        capture_10, capture_20 : share of the total outcome that is held by the 10 % and
            20 % of the customers with the largest predictions, the last of them in
            part; above 1 if others returned more than they bought.
        mean_difference : mean prediction minus mean outcome, in the unit.

        NaN where not defined: without customers; r2 and gini where all outcomes are the
        same; gini and capture where the outcomes do not sum to more than 0; wape where
        all are 0.

    Raises
    ------
    ValueError
        If lengths differ or a value is null or infinite.
    """
    outcome, prediction = _pair(outcome, prediction)
    return _bootstrap(
        [
            (_ERROR, _prepare_error(outcome, prediction)),
            (_CONCENTRATION, _prepare_concentration(outcome, prediction)),
        ],
        len(outcome),
        n_draws,
        seed,
    )


def accuracy_measures(outcome_labels, predicted_labels, n_draws=N_DRAWS, seed=0):
    """Measure predictions of a class, such as the segment that a customer will be in.

    Parameters
    ----------
    outcome_labels, predicted_labels : array-like of shape (n,)
        Strings or whole numbers, both of one kind; no null.
    n_draws : int
        Resamples; 0 leaves the intervals NaN.
    seed : int

    Returns
    -------
    dict of str to Measured
        accuracy : share predicted right.
        majority_accuracy : what naming the class that is the most frequent among these
            outcomes, of equally frequent ones the first, would reach. It knows the
            outcomes, so no constant prediction does better.
        accuracy_gain : accuracy minus majority_accuracy.
        macro_f1 : mean F1 of the classes that occur in outcomes or predictions.

        NaN without customers.

    Raises
    ------
    ValueError
        If lengths differ or a label is null.
    """
    outcome, predicted = _labels(outcome_labels, predicted_labels)
    return _bootstrap(
        [(_ACCURACY, _prepare_accuracy(outcome, predicted))],
        len(outcome),
        n_draws,
        seed,
    )


def paired_difference(outcome, better, worse, measure, n_draws=N_DRAWS, seed=0):
    """How much one candidate differs from another on the same customers.

    Parameters
    ----------
    outcome, better, worse : array-like of shape (n,)
        As in the function that gives the measure; the names say what is hoped for.
    measure : str
        Any of `PAIRED_MEASURES`. auc, pr_auc and top_decile_lift take scores of any
        scale, the others of `binary_measures` probabilities.
    n_draws : int
        Resamples, the same for both candidates.
    seed : int

    Returns
    -------
    Measured
        measure(better) - measure(worse). Where less is better, as for brier, log_loss,
        ece, mae, wape and rmse, below 0 is in favour of `better`.

    Raises
    ------
    ValueError
        If the measure is unknown, and as the function that gives it.
    """
    if measure not in PAIRED_MEASURES:
        raise ValueError(
            f"unknown measure {measure!r}; use one of {', '.join(PAIRED_MEASURES)}"
        )
    prepare = _PREPARATIONS[measure]
    first, second = prepare(outcome, better), prepare(outcome, worse)

    def evaluate(weights):
        return {measure: first(weights)[measure] - second(weights)[measure]}

    n_rows = len(np.asarray(outcome))
    return _bootstrap([((measure,), evaluate)], n_rows, n_draws, seed)[measure]


def row_losses(outcome, prediction, measure):
    """What each row adds to a loss that is a mean.

    Parameters
    ----------
    outcome, prediction : array-like of shape (n,)
        As in the function that gives the measure.
    measure : str
        `log_loss`, `brier` or `mae`.

    Returns
    -------
    ndarray of shape (n,)
    """
    if measure == "mae":
        outcome, prediction = _pair(outcome, prediction)
        return np.abs(prediction - outcome)
    outcome, prediction = _binary(outcome, prediction)
    _check_probabilities(prediction)
    if measure == "brier":
        return (prediction - outcome) ** 2
    clipped = _clip(prediction)
    return -np.where(outcome == 1.0, np.log(clipped), np.log1p(-clipped))


def mean_of_customers(values, customers=None, n_draws=N_DRAWS, seed=0):
    """Mean of rows, of which a customer has any number; customers are drawn again.

    Parameters
    ----------
    values : ndarray of shape (n,)
    customers : ndarray of int, shape (n,), or None
        Rows of one number are drawn together: those of a customer on several days. None
        draws each row by itself.
    n_draws, seed : int

    Returns
    -------
    Measured
    """
    if customers is not None:
        _, rows = np.unique(customers, return_inverse=True)
        columns = np.column_stack([np.bincount(rows, values), np.bincount(rows)])
    else:
        columns = np.column_stack([values, np.ones(len(values))])

    def evaluate(weights):
        sums = weights @ columns
        return {"mean": sums[:, 0] / sums[:, 1]}

    return _bootstrap([(("mean",), evaluate)], len(columns), n_draws, seed)["mean"]


def best_f1_threshold(outcome, probability):
    """The threshold with the best F1; for use on other customers than these.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        1 or True where it happened, else 0 or False; no null.
    probability : array-like of shape (n,)
        Any scale; no null.

    Returns
    -------
    float
        One of the probabilities, to be compared by `>=`; of several as good, the
        highest, which names the fewest customers. NaN if the event never happened.

    Raises
    ------
    ValueError
        If lengths differ, a value is null or infinite, or an outcome is not 0 or 1.
    """
    outcome, probability = _binary(outcome, probability)
    if not outcome.any():
        return np.nan
    order, starts = _falling(probability)
    n_named = np.append(starts[1:], len(outcome))
    n_right = outcome[order].cumsum()[n_named - 1]
    f1 = 2.0 * n_right / (n_named + outcome.sum())
    return float(probability[order[starts[f1.argmax()]]])


def calibration_line(outcome, probability):
    """Logistic regression of the outcome on the log odds that were predicted.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        1 or True where it happened, else 0 or False; no null.
    probability : array-like of shape (n,)
        0 to 1; no null.

    Returns
    -------
    slope : Measured
        1 is well calibrated; below 1 the probabilities are too extreme, above 1 too
        timid.
    intercept : Measured
        0 is well calibrated, in log odds. It is fitted together with the slope: the log
        odds where 50 % were predicted, not calibration in the large.

        Both with Wald 95 % intervals; NaN where no finite line fits best: with one kind
        of outcome, one probability, or a probability that separates the outcomes, be it
        but for rounding.

    Raises
    ------
    ValueError
        If lengths differ, a value is null or infinite, an outcome is not 0 or 1, or a
        probability is outside 0 to 1.

    Notes
    -----
    Cox (1958), Two further applications of a model for binary regression; without a
    penalty. Probabilities of 0 and 1 are taken as 1e-15 from there.
    """
    outcome, probability = _binary(outcome, probability)
    _check_probabilities(probability)
    happened = outcome == 1.0
    if happened.all() or not happened.any():
        return _UNDEFINED, _UNDEFINED
    log_odds = _log_odds(probability)
    # on a line, the likelihood has a maximum just where the two ranges overlap
    # (Albert & Anderson 1984)
    with_event, without = log_odds[happened], log_odds[~happened]
    if with_event.min() >= without.max() or with_event.max() <= without.min():
        return _UNDEFINED, _UNDEFINED
    # standardised, so that steps and tolerance mean the same on any scale
    center, scale = log_odds.mean(), log_odds.std()
    fit = _logistic_line((log_odds - center) / scale, outcome)
    if fit is None:
        return _UNDEFINED, _UNDEFINED
    back = np.array([[1.0, -center / scale], [0.0, 1.0 / scale]])
    intercept, slope = back @ fit[0]
    errors = _Z95 * np.sqrt(np.diag(back @ fit[1] @ back.T))
    return tuple(
        Measured(float(value), float(value - error), float(value + error))
        for value, error in ((slope, errors[1]), (intercept, errors[0]))
    )


def calibration_deciles(
    outcome, prediction, is_binary=None, n_draws=N_DRAWS, seed=0, n_groups=10
):
    """What was predicted and what came, by tenths of the customers.

    Parameters
    ----------
    outcome, prediction : array-like of shape (n,)
        Of an event or of an amount; no null.
    is_binary : bool or None
        Whether outcomes are of an event; None takes them so if all are 0 or 1, which a
        few amounts can be by chance.
    n_draws, seed : int
        Of the bootstrap.
    n_groups : int
        At least 1.

    Returns
    -------
    list of dict
        One per group of `equal_mass_groups`, so fewer than ten with few distinct
        predictions: decile (1 = lowest prediction), n, mean_prediction, mean_outcome,
        and low and high, the 95 % interval of the mean outcome: Wilson's (1927) for an
        event, else of studentised resamples within the group, and not below 0 where no
        outcome is. Empty without customers.

    Raises
    ------
    ValueError
        If lengths differ, a value is null or infinite, or an outcome of an event is not
        0 or 1.
    """
    outcome, prediction = _pair(outcome, prediction)
    if is_binary is None:
        is_binary = bool(np.isin(outcome, (0.0, 1.0)).all())
    if is_binary:
        _check_events(outcome)
    groups = equal_mass_groups(prediction, n_groups)
    rows = []
    for group in np.unique(groups):
        inside = groups == group
        came = outcome[inside]
        mean = float(came.mean())
        if is_binary:
            low, high = _wilson(mean, len(came))
        else:
            low, high = _mean_interval(came, n_draws, seed)
        rows.append(
            {
                "decile": int(group) + 1,
                "n": len(came),
                "mean_prediction": float(prediction[inside].mean()),
                "mean_outcome": mean,
                "low": low,
                "high": high,
            }
        )
    return rows


def equal_mass_groups(values, n_groups=10):
    """Cut values into groups of about equally many rows; equal values stay together.

    Parameters
    ----------
    values : ndarray of shape (n,)
        No null.
    n_groups : int
        At least 1.

    Returns
    -------
    ndarray of int, shape (n,)
        0 for the lowest values, without gaps. Equal values go where the middle of their
        ranks does, so there may be fewer groups than asked for.
    """
    if n_groups < 1:
        raise ValueError(f"{n_groups} groups cannot hold anything; use 1 or more")
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    # in halves and whole numbers, so that no boundary is a matter of rounding
    twice_middle = 2 * counts.cumsum() - counts
    cut = twice_middle * n_groups // (2 * max(len(values), 1))
    _, group = np.unique(cut, return_inverse=True)
    return group[place]


def population_stability_index(expected, actual, n_bins=10):
    """How far a feature or a score has drifted from where it was.

    Parameters
    ----------
    expected : array-like of shape (n,)
        Then, such as when a model was fitted; NaN for null.
    actual : array-like of shape (m,)
        Now; NaN for null.
    n_bins : int
        At most so many bins besides that of the nulls.

    Returns
    -------
    float
        0 or more: below .10 little has changed, from .10 somewhat, above .25 much. NaN
        if either has no rows.

    Notes
    -----
    Siddiqi (2006), Credit Risk Scorecards; the sum over bins of (a - e) ln(a / e), with
    a and e the shares of actual and expected, each at least 1e-4. Bins are the
    `equal_mass_groups` of expected, open at both ends; nulls are a bin of their own.
    Where expected is a single value, all below and all above it are bins too. What
    grows with the calendar alone, such as tenure, drifts by construction.
    """
    expected, actual = _floats(expected), _floats(actual)
    if not len(expected) or not len(actual):
        return np.nan
    known = expected[~np.isnan(expected)]
    groups = equal_mass_groups(known, n_bins)
    uppers = [known[groups == group].max() for group in np.unique(groups)]
    edges = np.array(uppers[:-1])
    if len(known) and known.min() == known.max():
        edges = np.array([np.nextafter(known[0], -np.inf), known[0]])

    def shares(values):
        bins = np.searchsorted(edges, values, "left")
        # NaN sorts after all edges, so it is told apart by name
        bins = np.where(np.isnan(values), len(edges) + 1, bins)
        counts = np.bincount(bins, minlength=len(edges) + 2)
        return np.maximum(counts / len(values), MIN_BIN_SHARE)

    then, now = shares(expected), shares(actual)
    return float(((now - then) * np.log(now / then)).sum())


# Each preparation sorts or sums what it can once, and returns a function of weights,
# ndarray of shape (draws, n), to a dict of measures, each ndarray of shape (draws,).

_RANKING = (
    "base_rate",
    "auc",
    "pr_auc",
    "top_decile_lift",
    "top_decile_lift_maximum",
)
_PROBABILITY = ("brier", "log_loss", "ece", "mean_difference")
_ERROR = ("mae", "wape", "rmse", "r2", "r2_trimmed", "mean_difference")
_CONCENTRATION = ("gini", "capture_10", "capture_20")
_ACCURACY = ("accuracy", "majority_accuracy", "accuracy_gain", "macro_f1")


def _prepare_ranking(outcome, score):
    ranking = _falling(score)

    def evaluate(weights):
        held, events = _grouped(weights, outcome, ranking)
        reached, found = held.cumsum(axis=1), events.cumsum(axis=1)
        n, n_events = reached[:, -1], found[:, -1]
        # mean rank of the events, less that of the events among themselves
        above = _summed_ranks(held, events, reached) - n_events**2 / 2.0
        precision = found / np.maximum(reached, 1.0)
        base_rate = n_events / n
        top = _held_by_top(held, events, reached, found, TOP_SHARE)
        return {
            "base_rate": base_rate,
            "auc": 1.0 - _ratio(above, n_events * (n - n_events)),
            "pr_auc": _ratio(np.einsum("bg,bg->b", events, precision), n_events),
            "top_decile_lift": _ratio(top / TOP_SHARE, n_events),
            "top_decile_lift_maximum": np.minimum(
                _ratio(np.ones_like(base_rate), base_rate), 1.0 / TOP_SHARE
            ),
        }

    return evaluate


def _prepare_probability(outcome, probability, threshold=None):
    clipped = _clip(probability)
    losses = -np.where(outcome == 1.0, np.log(clipped), np.log1p(-clipped))
    named = probability >= (np.inf if threshold is None else threshold)
    gaps = probability - outcome
    groups = equal_mass_groups(probability, N_CALIBRATION_BINS)
    in_group = groups[:, None] == np.arange(groups.max(initial=-1) + 1)
    columns = np.column_stack(
        [gaps**2, losses, gaps, outcome + named, outcome * named]
        + [in_group * gaps[:, None]]
    )

    def evaluate(weights):
        n = weights.sum(axis=1)
        sums = weights @ columns
        f1 = _ratio(2.0 * sums[:, 4], sums[:, 3])
        return {
            "brier": sums[:, 0] / n,
            "log_loss": sums[:, 1] / n,
            "ece": np.abs(sums[:, 5:]).sum(axis=1) / n,
            "mean_difference": sums[:, 2] / n,
            "f1": f1 if threshold is not None else np.full(len(n), np.nan),
        }

    return evaluate


def _prepare_error(outcome, prediction):
    # around a value in their midst, sums of squares lose no digits
    constant = len(outcome) == 0 or outcome.min() == outcome.max()
    centered = np.zeros(len(outcome)) if constant else outcome - outcome.mean()
    errors = prediction - outcome
    sizes, amounts = np.abs(errors), np.abs(outcome)
    columns = np.column_stack(
        [errors**2, centered, centered**2, sizes, amounts, errors]
        + [sizes * amounts, amounts**2]
    )
    largest = _falling(outcome)

    def r_squared(n, sums):
        squares = sums[:, 2] - _ratio(sums[:, 1] ** 2, n)
        # a resample of equal outcomes has a variance of rounding errors
        squares = np.where(squares > 1e-12 * sums[:, 2], squares, 0.0)
        return 1.0 - _ratio(sums[:, 0], squares)

    def evaluate(weights):
        n = weights.sum(axis=1)
        sums = weights @ columns
        trimmed = _without_top(weights, largest, int(np.ceil(TRIMMED_SHARE * n[0])))
        mae, difference = sums[:, 3] / n, sums[:, 5] / n
        wape = _ratio(sums[:, 3], sums[:, 4])
        # of a ratio of means, by its linearisation
        residual = sums[:, 0] - 2.0 * wape * sums[:, 6] + wape**2 * sums[:, 7]
        return {
            "mae_error": _standard_error(n, sums[:, 0] / n - mae**2),
            "wape_error": _ratio(_standard_error(n, residual / n), sums[:, 4] / n),
            "mean_difference_error": _standard_error(n, sums[:, 0] / n - difference**2),
            "mae": mae,
            "wape": wape,
            "rmse": np.sqrt(sums[:, 0] / n),
            "r2": r_squared(n, sums),
            "r2_trimmed": r_squared(trimmed.sum(axis=1), trimmed @ columns),
            "mean_difference": difference,
        }

    return evaluate


def _prepare_concentration(outcome, prediction):
    by_prediction, by_outcome = _falling(prediction), _falling(outcome)

    def evaluate(weights):
        held, amounts = _grouped(weights, outcome, by_prediction)
        reached, found = held.cumsum(axis=1), amounts.cumsum(axis=1)
        n, total = reached[:, -1], found[:, -1]
        # a curve that rises by shares has its area from the mean rank of what it sums
        area = n * total / 2.0 - _summed_ranks(held, amounts, reached)
        best_held, best_amounts = _grouped(weights, outcome, by_outcome)
        best = n * total / 2.0 - _summed_ranks(
            best_held, best_amounts, best_held.cumsum(axis=1)
        )
        return {
            "gini": _ratio(area, np.where(total > 0, best, 0.0)),
            **{
                f"capture_{round(100 * share)}": _ratio(
                    _held_by_top(held, amounts, reached, found, share), total
                )
                for share in (TOP_SHARE, 2 * TOP_SHARE)
            },
        }

    return evaluate


def _prepare_accuracy(outcome, predicted):
    classes, codes = np.unique(np.append(outcome, predicted), return_inverse=True)
    actual, named = codes[: len(outcome)], codes[len(outcome) :]
    one_hot = np.eye(len(classes))
    right = (actual == named).astype(float)
    columns = np.hstack(
        [one_hot[actual], one_hot[named], one_hot[actual] * right[:, None]]
    )
    n_classes = len(classes)
    majority = np.bincount(actual, minlength=max(n_classes, 1)).argmax()

    def evaluate(weights):
        n = weights.sum(axis=1)
        was, said, hit = np.split(weights @ columns, 3, axis=1)
        accuracy = hit.sum(axis=1) / n
        f1 = _ratio(2.0 * hit, was + said)
        occurs = was + said > 0
        return {
            "accuracy": accuracy,
            "majority_accuracy": was[:, majority] / n,
            "accuracy_gain": accuracy - was[:, majority] / n,
            "macro_f1": np.where(occurs, f1, 0.0).sum(axis=1) / occurs.sum(axis=1),
        }

    return evaluate


def _ranking_of_any(outcome, score):
    return _prepare_ranking(*_binary(outcome, score))


def _probability_of_any(outcome, probability):
    outcome, probability = _binary(outcome, probability)
    _check_probabilities(probability)
    return _prepare_probability(outcome, probability)


_PREPARATIONS = {
    "auc": _ranking_of_any,
    "pr_auc": _ranking_of_any,
    "top_decile_lift": _ranking_of_any,
    "brier": _probability_of_any,
    "log_loss": _probability_of_any,
    "ece": _probability_of_any,
    **dict.fromkeys(_ERROR, lambda y, p: _prepare_error(*_pair(y, p))),
    **dict.fromkeys(_CONCENTRATION, lambda y, p: _prepare_concentration(*_pair(y, p))),
    "accuracy": lambda y, p: _prepare_accuracy(*_labels(y, p)),
    "macro_f1": lambda y, p: _prepare_accuracy(*_labels(y, p)),
}
PAIRED_MEASURES = tuple(
    measure for measure in _PREPARATIONS if measure not in WITHOUT_INTERVAL
)


def _bootstrap(evaluations, n_rows, n_draws, seed):
    """Evaluate on the rows themselves and on resamples.

    Parameters
    ----------
    evaluations : list of (tuple of str, callable)
        Names, and weights to a dict with at least these. Where it has `<name>_error`,
        the standard error of a resample, the figure's interval is studentised.
    n_rows, n_draws, seed : int

    Returns
    -------
    dict of str to Measured
    """
    if n_draws < 0:
        raise ValueError(f"{n_draws} resamples cannot be drawn; use 0 or more")
    if n_rows == 0:
        return {name: _UNDEFINED for names, _ in evaluations for name in names}

    def evaluate(weights):
        figures = {}
        for names, evaluation in evaluations:
            found = evaluation(weights)
            for name in names:
                for key in (name, f"{name}_error"):
                    if key in found:
                        figures[key] = found[key]
        return figures

    points = evaluate(np.ones((1, n_rows)))
    draws = [evaluate(weights) for weights in _resamples(n_rows, n_draws, seed)]
    measured = {}
    for name in (name for names, _ in evaluations for name in names):
        value, error = float(points[name][0]), f"{name}_error"
        drawn = _joined([draw[name] for draw in draws])
        if np.isnan(value):
            measured[name] = _UNDEFINED
        elif name in WITHOUT_INTERVAL:
            measured[name] = Measured(value, np.nan, np.nan)
        elif error in points:
            errors = _joined([draw[error] for draw in draws])
            bounds = _studentised(
                value, float(points[error][0]), drawn, errors, name in ABOVE_ZERO
            )
            measured[name] = Measured(value, *bounds)
        else:
            measured[name] = Measured(value, *_interval(drawn))
    return measured


def _resamples(n_rows, n_draws, seed):
    """Yield how often each row is drawn, ndarray of shape (some draws, n_rows)."""
    rng = np.random.default_rng(seed)
    size = max(1, _CHUNK_CELLS // max(n_rows, 1))
    for start in range(0, n_draws, size):
        yield np.array(
            [
                np.bincount(rng.integers(0, n_rows, n_rows), minlength=n_rows)
                for _ in range(min(size, n_draws - start))
            ],
            dtype=float,
        )


def _mean_interval(values, n_draws, seed):
    """Interval of the mean of amounts; within the range of what the mean can be."""
    n = len(values)
    columns = np.column_stack([values, values**2])
    sums = np.concatenate(
        [weights @ columns / n for weights in _resamples(n, n_draws, seed)]
        or [np.empty((0, 2))]
    )
    low, high = _studentised(
        float(values.mean()),
        float(_standard_error(n, values.var())),
        sums[:, 0],
        _standard_error(n, sums[:, 1] - sums[:, 0] ** 2),
        is_above_zero=False,
    )
    return (max(low, 0.0) if values.min() >= 0.0 else low), high


def _joined(draws):
    """One array of those of several chunks of resamples."""
    return np.concatenate(draws) if draws else np.empty(0)


def _interval(drawn):
    """The 2.5th and 97.5th percentile of those draws that are defined."""
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return np.nan, np.nan
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _studentised(value, error, drawn, errors, is_above_zero):
    """Bounds by the resamples' distances in standard errors of their own.

    On the scale of the logarithm where the value is above 0 by its nature, so that the
    lower bound is, too. Without any spread both bounds are the value.
    """
    if not len(drawn):
        return np.nan, np.nan
    if error <= 0.0:
        return value, value
    known = (errors > 0.0) & ((drawn > 0.0) | (not is_above_zero))
    drawn, errors = drawn[known], errors[known]
    if not len(drawn):
        return np.nan, np.nan
    if is_above_zero:
        distances = (np.log(drawn) - np.log(value)) / (errors / drawn)
    else:
        distances = (drawn - value) / errors
    near, far = np.percentile(distances, STUDENTISED_PERCENTILES)
    if is_above_zero:
        share = error / value
        # of a handful of rows resamples may tell nothing: no bound is then too far
        with np.errstate(over="ignore"):
            bounds = value * np.exp([-far * share, -near * share])
    else:
        bounds = value - np.array([far, near]) * error
    if not np.isfinite(bounds).all():
        return np.nan, np.nan
    return float(bounds[0]), float(bounds[1])


def _standard_error(n, variance):
    """Of a mean of n; variances that rounding puts below 0 are 0."""
    return np.sqrt(np.maximum(variance, 0.0) / n)


def _logistic_line(feature, outcome, max_steps=100):
    """Intercept and slope of a logistic regression by Newton, and their covariance.

    None if it does not converge; on one standardised feature whose ranges overlap, full
    steps from zero do.
    """
    from scipy.special import expit

    design = np.column_stack([np.ones_like(feature), feature])
    line = np.zeros(2)
    for _ in range(max_steps):
        fitted = expit(design @ line)
        information = design.T @ (design * (fitted * (1.0 - fitted))[:, None])
        if not np.linalg.cond(information) < 1e14:
            return None
        gradient = design.T @ (outcome - fitted)
        step = np.linalg.solve(information, gradient)
        # what is left to gain, in nats
        if gradient @ step < 1e-12:
            return line, np.linalg.inv(information)
        line = line + step
    return None


def _wilson(share, n):
    """Wilson's (1927) 95 % interval of a share."""
    middle = share + _Z95**2 / (2 * n)
    reach = _Z95 * np.sqrt(share * (1 - share) / n + _Z95**2 / (4 * n**2))
    bottom = 1 + _Z95**2 / n
    # at 0 and 1 the bound is the share, but for rounding
    low, high = (middle - reach) / bottom, (middle + reach) / bottom
    return float(min(max(low, 0.0), share)), float(max(min(high, 1.0), share))


def _falling(values):
    """Order of falling values, and where in it each distinct value starts."""
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    is_start = np.ones(len(values), dtype=bool)
    is_start[1:] = ordered[1:] != ordered[:-1]
    return order, np.flatnonzero(is_start)


def _grouped(weights, values, ranking):
    """Weights and weighted values summed over equal ranks, each (draws, groups)."""
    order, starts = ranking
    held = weights[:, order]
    summed = held * values[order]
    if len(starts) < len(order):
        held = np.add.reduceat(held, starts, axis=1)
        summed = np.add.reduceat(summed, starts, axis=1)
    return held, summed


def _summed_ranks(held, summed, reached):
    """Sum of values times their rank, from 0, in the middle of their group."""
    return np.einsum("bg,bg->b", summed, reached) - (
        np.einsum("bg,bg->b", summed, held) / 2.0
    )


def _held_by_top(held, summed, reached, found, share):
    """Sum of values over the first share of the weights; of the last group, a part."""
    wanted = share * reached[:, -1]
    last = (reached >= wanted[:, None]).argmax(axis=1)
    at = np.arange(len(held)), last
    part = (wanted - reached[at] + held[at]) / held[at]
    return found[at] - summed[at] * (1.0 - part)


def _without_top(weights, ranking, n_dropped):
    """Weights less the first n_dropped of each draw; of equal ranks, a part of each."""
    order, starts = ranking
    ends = np.append(starts[1:], len(order))
    n_groups = np.searchsorted(ends, n_dropped) + 1
    # resamples may need to look further down, but seldom by much
    while (
        n_groups < len(starts)
        and (weights[:, order[: ends[n_groups - 1]]].sum(axis=1) < n_dropped).any()
    ):
        n_groups = min(2 * n_groups, len(starts))
    top = order[: ends[n_groups - 1]]
    held = np.add.reduceat(weights[:, top], starts[:n_groups], axis=1)
    before = held.cumsum(axis=1) - held
    dropped = np.clip(n_dropped - before, 0.0, held) / np.maximum(held, 1.0)
    sizes = (ends - starts)[:n_groups]
    kept = weights.copy()
    kept[:, top] *= 1.0 - np.repeat(dropped, sizes, axis=1)
    return kept


def _ratio(above, below):
    """Quotient; NaN where the divisor is not above 0."""
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _clip(probability):
    return np.clip(probability, MIN_PROBABILITY, 1.0 - MIN_PROBABILITY)


def _log_odds(probability):
    clipped = _clip(probability)
    return np.log(clipped) - np.log1p(-clipped)


def _floats(values):
    """As floats; NaN for null, also where a mask says so, as DuckDB's arrays do."""
    return np.ma.filled(np.ma.array(values, dtype=float), np.nan)


def _pair(outcome, prediction):
    """Both as floats, checked for length and nulls."""
    outcome, prediction = _floats(outcome), _floats(prediction)
    _check_lengths(outcome, prediction)
    for name, values in (("outcomes", outcome), ("predictions", prediction)):
        wrong = ~np.isfinite(values)
        if wrong.any():
            raise ValueError(
                f"{wrong.sum()} of {len(values)} {name} are null or infinite; leave "
                "these customers out, or fill in what is known of them"
            )
    return outcome, prediction


def _binary(outcome, score):
    outcome, score = _pair(outcome, score)
    _check_events(outcome)
    return outcome, score


def _labels(outcome, predicted):
    """Both as arrays of a type that sorts, checked for length and nulls."""
    outcome, predicted = np.ma.array(outcome), np.ma.array(predicted)
    _check_lengths(outcome, predicted)
    both = []
    for name, labels in (("outcome", outcome), ("predicted", predicted)):
        # masked values are None in a list, and NaN is unlike itself
        listed = labels.tolist()
        n_null = sum(label is None or label != label for label in listed)
        if n_null:
            raise ValueError(f"{n_null} of {len(listed)} {name} labels are null")
        both.append(np.array(listed))
    outcome, predicted = both
    if len(outcome) and (outcome.dtype.kind == "U") != (predicted.dtype.kind == "U"):
        raise ValueError(
            f"outcome labels such as {outcome[0]!r} and predicted labels such as "
            f"{predicted[0]!r} are of different kinds and never agree"
        )
    return outcome, predicted


def _check_lengths(outcome, prediction):
    if outcome.ndim != 1 or outcome.shape != prediction.shape:
        raise ValueError(
            f"outcomes of shape {outcome.shape} and predictions of shape "
            f"{prediction.shape} do not match; give one of each per customer"
        )


def _check_events(outcome):
    wrong = ~np.isin(outcome, (0.0, 1.0))
    if wrong.any():
        raise ValueError(
            f"{wrong.sum()} of {len(outcome)} outcomes are neither 0 nor 1, such as "
            f"{outcome[wrong][0]:g}"
        )


def _check_probabilities(probability):
    wrong = (probability < 0.0) | (probability > 1.0)
    if wrong.any():
        raise ValueError(
            f"{wrong.sum()} of {len(probability)} probabilities are outside 0 to 1, "
            f"such as {probability[wrong][0]:g}; rank by scores with ranking_measures"
        )
