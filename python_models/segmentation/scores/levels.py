"""How high a score is on the whole: set right by the past, and how sure that is.

Candidates rank customers; whether their sum comes is another question, which a season
decides more than a customer does. A level is judged on several days of the past: what
sets it right is used only where it did there, and the spread of what was left says how
far the next sum may be off.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from segmentation.statistics import evaluation

# What a level can be set right by, from simple to complex: by nothing; by the latest
# complete outcomes, shrunk by half or not; by what the same weeks of last year added to
# the weeks before them, likewise; by the share that the probabilities themselves hint
# at (Saerens, Latinne & Decaestecker 2002).
ADJUSTMENTS = (
    "none",
    "latest_half",
    "latest",
    "season_half",
    "season",
    "prior_shift",
)
_SHARES = {"latest_half": (0.5, 0.0), "latest": (1.0, 0.0),
           "season_half": (1.0, 0.5), "season": (1.0, 1.0)}  # fmt: skip
# No past moves a level by more, in log odds or as a logarithm of the factor.
MAX_SHIFT = 1.5
# An adjustment is tried on so many days at least; of what it gained on some of them, it
# may have lost this share on others.
MIN_DAYS = 2
MAX_HARM = 0.25
# How far sums may be off on the mean of the days, as a share of them, and still be
# published: beyond, the order of customers is all that the score says.
MAX_SUM_ERROR = 0.2
# Days that an interval of the day after them is made of.
MIN_DAYS_TO_CHECK = 2
N_TENTHS = 10


@dataclass(frozen=True)
class Judged:
    """What was said on one day of the past, and what came; n customers.

    Attributes
    ----------
    day : date
    outcome, predicted, constant : ndarray of shape (n,)
        Constant: the mean of the past for everybody, as it was known on the day.
    """

    day: object
    outcome: np.ndarray
    predicted: np.ndarray
    constant: np.ndarray

    def error(self, is_value):
        """What came beyond what was said: of a share, or as a share of the sum."""
        said, came = float(self.predicted.mean()), float(self.outcome.mean())
        if not is_value:
            return came - said
        return came / said - 1.0 if said > 0 else np.nan


def log_odds(probability):
    """Log odds; probabilities of 0 and 1 are taken as 1e-12 away from there."""
    clipped = np.clip(probability, 1e-12, 1.0 - 1e-12)
    return np.log(clipped / (1.0 - clipped))


def estimate_prior(probability, prior, n_steps=100):
    """Share of events among customers whose outcome is not known.

    Parameters
    ----------
    probability : ndarray of shape (n,)
        As calibrated for the past.
    prior : float
        Share of events in the past.
    n_steps : int

    Returns
    -------
    float

    Notes
    -----
    Saerens, Latinne & Decaestecker (2002), Adjusting the outputs of a classifier to new
    a priori probabilities. It holds where only the share changes, and not what buyers
    look like; the days of the past say whether it does.
    """
    odds = np.exp(log_odds(probability))
    share = prior
    for _ in range(n_steps):
        moved = odds * (share / (1.0 - share)) / (prior / (1.0 - prior))
        share = float(np.clip((moved / (1.0 + moved)).mean(), 1e-4, 1.0 - 1e-4))
    return share


def adjusted(adjustment, model, train, table, season, is_value):
    """A model whose level is set right.

    Parameters
    ----------
    adjustment : str
        One of ADJUSTMENTS.
    model : fits.Calibrated
    train : training.Slices
        What the model was fitted to.
    table : dict of str to ndarray of shape (m,)
        The customers that it is for.
    season : tuple of float, or None
        Mean outcome one window before the same weeks of last year, and in these weeks.
    is_value : bool

    Returns
    -------
    fits.Calibrated or None
        None where the past does not tell.
    """
    if adjustment == "none":
        return model
    if adjustment == "prior_shift":
        prior = float(train.outcome.mean())
        if is_value or not 0.0 < prior < 1.0:
            return None
        share = estimate_prior(model.predict(table), prior)
        return _moved(model, float(log_odds(share) - log_odds(prior)), is_value)
    of_latest, of_season = _SHARES[adjustment]
    newest = train.where(train.dates == train.dates.max())
    shift = _shift_to_mean(
        model.predict(newest.table), float(newest.outcome.mean()), is_value
    )
    if shift is None:
        return None
    shift *= of_latest
    if of_season:
        if season is None or min(season) <= 0 or (not is_value and max(season) >= 1):
            return None
        before, weeks = np.log(season) if is_value else log_odds(np.array(season))
        shift += of_season * float(weeks - before)
    return _moved(model, shift, is_value)


def _shift_to_mean(predicted, wanted, is_value):
    """What moves the mean prediction to another: log odds, or a factor's logarithm."""
    from scipy.optimize import brentq

    said = float(predicted.mean())
    if is_value:
        return float(np.log(wanted / said)) if wanted > 0 and said > 0 else None
    if not 0.0 < wanted < 1.0:
        return None
    odds = log_odds(predicted)

    def gap(shift):
        return float((1.0 / (1.0 + np.exp(-(odds + shift)))).mean()) - wanted

    if gap(-MAX_SHIFT) > 0 or gap(MAX_SHIFT) < 0:
        return -MAX_SHIFT if gap(-MAX_SHIFT) > 0 else MAX_SHIFT
    return float(brentq(gap, -MAX_SHIFT, MAX_SHIFT, xtol=1e-9))


def _moved(model, shift, is_value):
    """A model moved by so much, within MAX_SHIFT."""
    shift = float(np.clip(shift, -MAX_SHIFT, MAX_SHIFT))
    if is_value:
        return replace(model, scale=model.scale * float(np.exp(shift)))
    return replace(model, offset=model.offset + shift)


def choose_adjustment(days, customers, measure, n_draws, seed):
    """The adjustment that the past speaks for, else none.

    Parameters
    ----------
    days : list of dict
        Of each day: `outcome`, and `predictions`, of each adjustment that could be made
        there; ndarrays of shape (n,).
    customers : list of ndarray of int, shape (n,), or of None
        Of each day, see training.Slices.
    measure : str
        What candidates are compared by; less is better.
    n_draws, seed : int

    Returns
    -------
    str
        Of those that were surely better than none on all of at least MIN_DAYS days
        together, and did little harm on any, the one with the largest gain.
    """
    best, best_gain = "none", 0.0
    for adjustment in ADJUSTMENTS[1:]:
        own = [i for i, day in enumerate(days) if adjustment in day["predictions"]]
        if len(own) < MIN_DAYS:
            continue
        gains = [
            evaluation.row_losses(
                days[i]["outcome"], days[i]["predictions"]["none"], measure
            )
            - evaluation.row_losses(
                days[i]["outcome"], days[i]["predictions"][adjustment], measure
            )
            for i in own
        ]
        if does_harm(gains):
            continue
        gain = evaluation.mean_of_customers(
            np.concatenate(gains),
            None
            if customers[0] is None
            else np.concatenate([customers[i] for i in own]),
            n_draws,
            seed,
        )
        if is_sure(gain, len(ADJUSTMENTS) - 1) and gain.value > best_gain:
            best, best_gain = adjustment, gain.value
    return best


def does_harm(gains):
    """Whether more than MAX_HARM of what is gained on some days is lost on others.

    Parameters
    ----------
    gains : list of ndarray of shape (n,)
        Of each day, what each customer's loss is smaller by.

    Returns
    -------
    bool
    """
    means = np.array([gain.mean() for gain in gains])
    return bool(-means[means < 0].sum() > MAX_HARM * means[means > 0].sum())


def is_sure(gain, n_tests):
    """Whether a gain's interval, widened for so many tests, leaves out 0.

    Bonferroni's correction, the error taken as normal; 95 % for all tests together.
    """
    error = (gain.high - gain.low) / (2 * NormalDist().inv_cdf(0.975))
    return gain.value > NormalDist().inv_cdf(1 - 0.025 / max(n_tests, 1)) * error


def prediction_interval(errors):
    """Where the error of the next day lies, in 95 % of cases.

    Parameters
    ----------
    errors : sequence of float
        Of days of the past, taken as normal and independent.

    Returns
    -------
    low, high : float
        NaN of fewer than two days.
    """
    errors = np.asarray(errors, dtype=float)
    if len(errors) < 2 or not np.isfinite(errors).all():
        return np.nan, np.nan
    reach = reach_of(len(errors)) * errors.std(ddof=1)
    return float(errors.mean() - reach), float(errors.mean() + reach)


def reach_of(n_days):
    """Standard deviations of n days within which the next lies in 95 % of cases."""
    from scipy.stats import t

    if n_days < 2:
        return np.nan
    return float(t.ppf(0.975, n_days - 1) * np.sqrt(1.0 + 1.0 / n_days))


def fault(judged, is_value, n_draws, seed):
    """Why a level is not published, or None.

    Parameters
    ----------
    judged : list of Judged
        Newest first.
    is_value : bool
    n_draws, seed : int

    Returns
    -------
    str or None
        The newest day lies outside the interval that the days before it give; or sums
        were off by more than MAX_SUM_ERROR on the mean of the days; or, of
        probabilities, the mean of the past for everybody surely had the smaller Brier
        score on a day.
    """
    errors = [own.error(is_value) for own in judged]
    shares = np.array([own.error(is_value=True) for own in judged])
    if not np.isfinite(shares).all():
        return "nothing was said where something came"
    if len(errors) > MIN_DAYS_TO_CHECK:
        low, high = prediction_interval(errors[1:])
        if not low <= errors[0] <= high:
            return (
                f"on {judged[0].day} the level was off by {errors[0]:+.3f}, outside "
                f"the interval [{low:+.3f}, {high:+.3f}] of the days before"
            )
    size = float(np.abs(shares).mean())
    if size > MAX_SUM_ERROR:
        return (
            f"sums were off by {size:.0%} on the mean of {len(errors)} past days, more "
            f"than {MAX_SUM_ERROR:.0%}"
        )
    if is_value:
        return None
    for own in judged:
        worse = evaluation.mean_of_customers(
            evaluation.row_losses(own.outcome, own.predicted, "brier")
            - evaluation.row_losses(own.outcome, own.constant, "brier"),
            None,
            n_draws,
            seed,
        )
        if worse.low > 0:
            return (
                f"on {own.day} the share of the past for everybody had the smaller "
                f"Brier score, by {worse.value:.3g} [{worse.low:.3g}, {worse.high:.3g}]"
            )
    return None


def tenths(own, is_value):
    """What was said and what came by tenths of a day's customers.

    Parameters
    ----------
    own : Judged
    is_value : bool

    Returns
    -------
    list of (int, int, float, float)
        Tenth from the lowest score up, customers, mean error, and mean square of what
        customers differ by beyond it; amounts in units of the day's mean prediction.
    """
    unit = float(own.predicted.mean()) if is_value else 1.0
    if unit <= 0:
        return []
    n = len(own.predicted)
    place = np.empty(n, dtype=int)
    place[np.argsort(own.predicted, kind="stable")] = np.arange(n)
    # as ntile cuts them: the first ones have one more
    cut = np.array_split(np.arange(n), N_TENTHS)
    rows = []
    for tenth, inside in enumerate(cut, start=1):
        if not len(inside):
            continue
        chosen = (place >= inside[0]) & (place <= inside[-1])
        gaps = (own.outcome[chosen] - own.predicted[chosen]) / unit
        rows.append((tenth, len(gaps), float(gaps.mean()), float(gaps.var())))
    return rows
