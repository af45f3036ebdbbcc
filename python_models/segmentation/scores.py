"""Choose the model of a score by what it is worth on a later slice, and write it down.

Candidates are fitted to slices whose outcome was known by the day of the test slice,
and judged on it; the simplest one is published that no more complex one beats.
The published model is then fitted again to all slices, the test slice included.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from segmentation import candidates, evaluation, training
from segmentation.errors import CannotFit
from segmentation.imports import one_thread

# From simple to complex.
PROBABILITY_KINDS = (
    "constant",
    "recency",
    "order_count",
    "bg_nbd",
    "mbg_nbd",
    "logistic",
    "xgboost",
    "blend",
)
VALUE_KINDS = (
    "constant",
    "carry_forward",
    "bg_nbd",
    "mbg_nbd",
    "linear",
    "xgboost",
    "two_part",
)
# What a candidate must be better by before a simpler one is given up: less than a
# thousandth, of AUC or of the simpler one's error, changes nobody's mind.
MIN_GAIN = 0.001
# Of both kinds of customers that a probability is judged by.
MIN_EVENTS = 30
# Kinds whose probabilities are set right on customers that the fit did not see.
_CALIBRATED = ("logistic", "xgboost", "blend")
# Kinds whose amounts are scaled to the sum of the past; baselines are left as they are.
_SCALED = ("bg_nbd", "mbg_nbd", "linear", "xgboost", "two_part")


@dataclass(frozen=True)
class Target:
    """What a score says.

    Attributes
    ----------
    name : str
        `repurchase` or `value`.
    horizon_days : int
    is_value : bool
        Whether the outcome is an amount.
    """

    name: str
    horizon_days: int
    is_value: bool

    @property
    def kinds(self):
        """Candidates from simple to complex."""
        return VALUE_KINDS if self.is_value else PROBABILITY_KINDS

    @property
    def measure(self):
        """What candidates are compared by; more is better for auc, less for mae."""
        return "mae" if self.is_value else "auc"


@dataclass(frozen=True)
class Calibrated:
    """A model and what its log odds are set right by.

    Attributes
    ----------
    model : one of the models of candidates.py
    slope, intercept : float
        Of the log odds (Platt 1999); 1 and 0 leave them.
    offset : float
        Log odds added for another share of buyers than in the past.
    scale : float
        Of an amount: what came in the past over what was predicted, so that amounts
        can be summed.
    """

    model: object
    slope: float = 1.0
    intercept: float = 0.0
    offset: float = 0.0
    scale: float = 1.0

    def predict(self, table):
        """Probability or amount, shape (n,)."""
        return self.scale * recalibrate(
            self.model.predict(table), self.slope, self.intercept, self.offset
        )

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return self.model.rows() + [
            ("calibration", "slope", None, self.slope, None),
            ("calibration", "intercept", None, self.intercept, None),
            ("calibration", "offset", None, self.offset, None),
            ("calibration", "scale", None, self.scale, None),
        ]


def recalibrate(probability, slope, intercept, offset):
    """Move probabilities along their log odds; amounts stay, with slope 1 and no rest.

    Parameters
    ----------
    probability : ndarray of shape (n,)
    slope, intercept, offset : float

    Returns
    -------
    ndarray of shape (n,)
    """
    if (slope, intercept, offset) == (1.0, 0.0, 0.0):
        return probability
    moved = intercept + offset + slope * _log_odds(probability)
    return 1.0 / (1.0 + np.exp(-moved))


def read_calibrated(rows):
    """A model and its calibration from their rows; see Calibrated.rows."""
    rows = list(rows)
    own = {
        item: number for section, item, _, number, _ in rows if section == "calibration"
    }
    return Calibrated(candidates.read_model(rows), **own)


def split_slices(dates, horizon_days):
    """The test slice, and the slices whose outcome was known by its day.

    Parameters
    ----------
    dates : sequence of date
        Slices whose window has closed.
    horizon_days : int

    Returns
    -------
    train : list of date
    test : date

    Raises
    ------
    CannotFit
        If the history is too short.
    """
    dates = sorted(set(dates))
    if not dates:
        raise CannotFit(
            f"no slice of the past has a window of {horizon_days} days that has closed"
        )
    test = dates[-1]
    train = [date for date in dates if (test - date).days >= horizon_days]
    if not train:
        raise CannotFit(
            f"the history is too short: a model needs two slices {horizon_days} days "
            f"apart whose windows have closed, and there are {len(dates)} between "
            f"{dates[0]} and {test}"
        )
    return train, test


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
    look like; `prior_shift_helps` asks the past whether it does.
    """
    odds = np.exp(_log_odds(probability))
    share = prior
    for _ in range(n_steps):
        moved = odds * (share / (1.0 - share)) / (prior / (1.0 - prior))
        share = float(np.clip((moved / (1.0 + moved)).mean(), 1e-4, 1.0 - 1e-4))
    return share


def fit_version(slices, current, target, features, champion, settings):
    """Fit, judge and choose.

    Parameters
    ----------
    slices : training.Slices
        Slices whose window has closed.
    current : dict of str to ndarray of shape (m,)
        The customers to be scored on the day of the fit.
    target : Target
    features : list of (str, str, bool)
        Columns that models may read, their transforms, and whether trees read them.
    champion : Calibrated or None
        The active model.
    settings : dict
        `random_seed`, `min_customers`, `n_draws`.

    Returns
    -------
    status : str
        `promoted`, or `rejected` where the champion is better.
    parts : list of dict
        Registry rows without their keys.

    Raises
    ------
    CannotFit
        If there are too few customers, or too short a history.
    """
    with one_thread():
        return _fit_version(slices, current, target, features, champion, settings)


def _fit_version(slices, current, target, features, champion, settings):
    """As fit_version, on one thread."""
    train_dates, test_date = split_slices(slices.dates, target.horizon_days)
    train = slices.where(np.isin(slices.dates, train_dates))
    test = slices.where(slices.dates == test_date)
    _check_size(train, test, target, settings["min_customers"])
    features = [feature for feature in features if varies(train.table[feature[0]])]
    seed, n_draws = settings["random_seed"], settings["n_draws"]
    objective = "reg:tweedie" if target.is_value else "binary:logistic"
    names = [name for name, _, _ in features]
    tree_names = [name for name, _, is_for_trees in features if is_for_trees]
    boosting = training.booster_settings(train, tree_names, objective, seed)

    fitted, failures = _fit_candidates(train, target, features, boosting, seed)
    predictions = {kind: model.predict(test.table) for kind, model in fitted.items()}
    chosen, beaten = choose(test.outcome, predictions, target, n_draws, seed)

    is_shifted = (
        not target.is_value
        and chosen in _CALIBRATED
        and prior_shift_helps(train, chosen, target, features, boosting, settings)
    )
    parts = [
        part("version", "test_date", text=str(test_date)),
        part("version", "n_train_slices", value=float(len(train_dates))),
        part("version", "n_train", value=float(len(train))),
        part("version", "n_test", value=float(len(test))),
        part("version", "horizon_days", value=float(target.horizon_days)),
        part("version", "kind", text=chosen),
        part("version", "verdict", text=verdict(chosen, beaten, target)),
        part("version", "booster_settings", text=str(boosting)),
    ]
    parts += [
        part("failure", kind, candidate=kind, text=why)
        for kind, why in failures.items()
    ]
    parts += _measure_parts(
        train, test, fitted, predictions, chosen, target, n_draws, seed
    )
    parts += _shift_parts(train, test, fitted, predictions, target, chosen, is_shifted)

    final = _refit(
        slices, current, target, features, boosting, chosen, is_shifted, seed
    )
    status, comparison = _compare(champion, test, predictions, chosen, target, settings)
    parts += comparison
    for section, item, feature, number, text in final.rows():
        parts.append(part(section, item, feature=feature, value=number, text=text))
    parts += _importance_parts(final.model, test.table, names)
    parts += _reference_parts(current, names, final)
    return status, parts


def part(
    section,
    item,
    candidate=None,
    feature=None,
    n=None,
    predicted=None,
    value=None,
    low=None,
    high=None,
    text=None,
):
    """A registry row without its keys; NaN becomes null."""

    def number(x):
        return None if x is None or np.isnan(x) else float(x)

    return {
        "section": section,
        "item": item,
        "candidate": candidate,
        "feature_name": feature,
        "n_customers": None if n is None else int(n),
        "predicted_value": number(predicted),
        "numeric_value": number(value),
        "low_value": number(low),
        "high_value": number(high),
        "text_value": text,
    }


def measured_part(section, item, found, n, candidate=None):
    """The registry row of a figure with its interval, an evaluation.Measured."""
    return part(
        section,
        item,
        candidate=candidate,
        n=n,
        value=found.value,
        low=found.low,
        high=found.high,
    )


def choose(outcome, predictions, target, n_draws, seed):
    """The simplest that no more complex one beats; it is, or beats, the constant.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
    predictions : dict of str to ndarray of shape (n,)
        By kind; candidates that could not be fitted are missing, the constant is not.
    target : Target
    n_draws, seed : int

    Returns
    -------
    chosen : str
    beaten : dict of str to (str, evaluation.Measured)
        For each simpler candidate, the one that beats it and by how much: by more than
        MIN_GAIN, and with a 95 % interval of the paired bootstrap that leaves out 0.
    """
    kinds = [kind for kind in target.kinds if kind in predictions]
    if not kinds:
        raise CannotFit("no candidate could be fitted")

    def gain_over(kind, other):
        gain = _gain(outcome, predictions, other, kind, target, n_draws, seed)
        least = _least_gain(outcome, predictions[kind], target)
        return gain if gain.low > 0 and gain.value > least else None

    # what does not beat the mean of the past is no score, whatever it beats besides; so
    # many try that one would beat it by chance, and each must by more
    worthy, beaten = [], {}
    for kind in kinds[1:]:
        gain = gain_over(kinds[0], kind)
        if gain is not None and _is_sure(gain, len(kinds) - 1):
            worthy.append(kind)
            beaten.setdefault(kinds[0], (kind, gain))
    for i, kind in enumerate(worthy):
        for other in worthy[i + 1 :]:
            gain = gain_over(kind, other)
            if gain is not None:
                beaten[kind] = (other, gain)
                break
        else:
            return kind, beaten
    return kinds[0], beaten


def _least_gain(outcome, predicted, target):
    """MIN_GAIN in the unit of the target's measure."""
    error = np.abs(outcome - predicted).mean() if target.is_value else 1.0
    return MIN_GAIN * error


def _is_sure(gain, n_tests):
    """Whether a gain's interval, widened for so many tests, leaves out 0.

    Bonferroni's correction, the error taken as normal; 95 % for all tests together.
    """
    error = (gain.high - gain.low) / (2 * NormalDist().inv_cdf(0.975))
    return gain.value > NormalDist().inv_cdf(1 - 0.025 / max(n_tests, 1)) * error


def _gain(outcome, predictions, other, kind, target, n_draws, seed):
    """How much better `other` is, more being better for every target."""
    pair = (predictions[other], predictions[kind])
    if target.is_value:
        # less error is more gain
        pair = pair[::-1]
    return evaluation.paired_difference(
        outcome, *pair, target.measure, n_draws=n_draws, seed=seed
    )


def verdict(chosen, beaten, target):
    """In words, why this candidate is published."""
    if chosen == "constant":
        return (
            "nothing beats the constant: everybody gets the mean of the past, since "
            "nothing that is known of a customer tells what comes"
        )
    other, gain = list(beaten.values())[-1] if beaten else (chosen, None)
    words = f"{chosen} is the simplest candidate that no more complex one beats"
    if gain is None:
        return words
    last = list(beaten)[-1]
    return (
        f"{words}; {other} beats {last} by {gain.value:.3g} "
        f"[{gain.low:.3g}, {gain.high:.3g}] {target.measure}"
    )


def prior_shift_helps(train, kind, target, features, boosting, settings):
    """Whether correcting the share of buyers would have helped on a past slice.

    Parameters
    ----------
    train : training.Slices
    kind : str
    target : Target
    features : list of (str, str, bool)
    boosting, settings : dict

    Returns
    -------
    bool
        False if the past is too short to ask it.
    """
    newest = train.dates.max()
    known = [
        date
        for date in np.unique(train.dates)
        if (newest - date).days >= target.horizon_days
    ]
    earlier = train.where(np.isin(train.dates, known))
    later = train.where(train.dates == newest)
    if (
        not known
        or min(earlier.outcome.sum(), (1 - earlier.outcome).sum()) < MIN_EVENTS
    ):
        return False
    fitted, _ = _fit_candidates(
        earlier, target, features, boosting, settings["random_seed"], (kind,)
    )
    if kind not in fitted:
        return False
    plain = fitted[kind].predict(later.table)
    prior = float(earlier.outcome.mean())
    shifted = recalibrate(plain, 1.0, 0.0, _offset(plain, prior))
    gain = evaluation.paired_difference(
        later.outcome,
        plain,
        shifted,
        "brier",
        n_draws=settings["n_draws"],
        seed=settings["random_seed"],
    )
    return bool(gain.low > 0)


def varies(values):
    """Whether a column says anything: two different values that are no null."""
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool((known != known[0]).any())


def _check_size(train, test, target, min_customers):
    """Raise CannotFit if nothing could be told from so few."""
    for slices, name in ((train, "training"), (test, "test")):
        if len(slices) < min_customers:
            raise CannotFit(
                f"{len(slices)} customers in the {name} slices are fewer than the "
                f"{min_customers} of segmentation_min_customers_to_fit"
            )
        events = int((slices.outcome > 0).sum())
        if min(events, len(slices) - events) < MIN_EVENTS:
            raise CannotFit(
                f"{events} of {len(slices)} customers in the {name} slices bought "
                f"within {target.horizon_days} days; at least {MIN_EVENTS} who did and "
                f"{MIN_EVENTS} who did not are needed"
            )


def _fit_candidates(slices, target, features, boosting, seed, kinds=None):
    """Calibrated models by kind, and why others could not be fitted."""
    settings = {**boosting, "is_value": target.is_value}
    fitted, failures, held_out = {}, {}, {}

    def fit(kind, rows):
        return training.fit_candidate(
            kind, rows, features, target.horizon_days, settings, seed
        )

    wanted = kinds or target.kinds
    for kind in wanted:
        try:
            if kind == "blend" and {"logistic", "xgboost"} <= fitted.keys():
                # both halves are there already
                model = candidates.Blend(
                    fitted["logistic"].model, fitted["xgboost"].model
                )
                held_out[kind] = (held_out["logistic"] + held_out["xgboost"]) / 2.0
            else:
                model = fit(kind, slices)
                if kind in _CALIBRATED and not target.is_value:
                    held_out[kind] = _held_out_predictions(
                        slices, lambda rows, kind=kind: fit(kind, rows)
                    )
        except CannotFit as error:
            failures[kind] = str(error)
            continue
        if kind in held_out:
            slope, intercept = _platt(slices.outcome, held_out[kind])
            fitted[kind] = Calibrated(model, slope, intercept)
        elif target.is_value and kind in _SCALED:
            fitted[kind] = Calibrated(
                model, scale=_scale(slices.outcome, model.predict(slices.table))
            )
        else:
            fitted[kind] = Calibrated(model)
    return fitted, failures


def _held_out_predictions(slices, fit):
    """Each customer by a model that saw none of their slices, shape (n,)."""
    predicted = np.full(len(slices), float(slices.outcome.mean()))
    for fold in np.unique(slices.folds):
        own = slices.folds == fold
        if own.all() or len(np.unique(slices.outcome[~own])) < 2:
            continue
        model = fit(slices.where(~own))
        predicted[own] = model.predict(slices.where(own).table)
    return predicted


def _platt(outcome, probability):
    """Slope and intercept of the log odds; 1 and 0 if they cannot be told."""
    slope, intercept = evaluation.calibration_line(outcome, probability)
    if not np.isfinite([slope.value, intercept.value]).all() or slope.value <= 0:
        return 1.0, 0.0
    return slope.value, intercept.value


def _scale(outcome, predicted):
    """What came over what was predicted; 1 if either is nothing."""
    came, said = float(outcome.sum()), float(predicted.sum())
    return came / said if came > 0 and said > 0 else 1.0


def _offset(probability, prior):
    """Log odds to add, by the share of buyers that the probabilities speak of."""
    share = estimate_prior(probability, prior)
    return float(_log_odds(np.array(share)) - _log_odds(np.array(prior)))


def _measure_parts(train, test, fitted, predictions, chosen, target, n_draws, seed):
    """Every measure of every candidate on the test slice, and deciles of the chosen."""
    parts = []
    for kind, predicted in predictions.items():
        if target.is_value:
            measures = evaluation.value_measures(
                test.outcome, predicted, n_draws=n_draws, seed=seed
            )
        else:
            threshold = evaluation.best_f1_threshold(
                train.outcome, fitted[kind].predict(train.table)
            )
            parts.append(part("threshold", "f1", candidate=kind, value=threshold))
            measures = evaluation.binary_measures(
                test.outcome, predicted, threshold, n_draws=n_draws, seed=seed
            )
        parts += [
            measured_part("measure", name, measured, len(test), kind)
            for name, measured in measures.items()
        ]
        if kind != chosen:
            gain = _gain(test.outcome, predictions, chosen, kind, target, n_draws, seed)
            parts.append(measured_part("gain", target.measure, gain, len(test), kind))
    deciles = evaluation.calibration_deciles(
        test.outcome,
        predictions[chosen],
        is_binary=not target.is_value,
        n_draws=n_draws,
        seed=seed,
    )
    for row in deciles:
        parts.append(
            part(
                "decile",
                str(row["decile"]),
                candidate=chosen,
                n=row["n"],
                predicted=row["mean_prediction"],
                value=row["mean_outcome"],
                low=row["low"],
                high=row["high"],
            )
        )
    return parts


def _shift_parts(train, test, fitted, predictions, target, chosen, is_shifted):
    """What correcting the share of buyers would have given on the test slice."""
    if target.is_value or chosen not in _CALIBRATED:
        return []
    plain = predictions[chosen]
    shifted = recalibrate(plain, 1.0, 0.0, _offset(plain, float(train.outcome.mean())))
    rate = float(test.outcome.mean())
    return [
        part("prior_shift", "is_applied", value=float(is_shifted)),
        part("prior_shift", "train_rate", value=float(train.outcome.mean())),
        part("prior_shift", "test_rate", value=rate),
        part("prior_shift", "mean_without", value=float(plain.mean())),
        part("prior_shift", "mean_with", value=float(shifted.mean())),
        part(
            "prior_shift", "brier_without", value=((plain - test.outcome) ** 2).mean()
        ),
        part("prior_shift", "brier_with", value=((shifted - test.outcome) ** 2).mean()),
    ]


def _refit(slices, current, target, features, boosting, chosen, is_shifted, seed):
    """The chosen candidate fitted to every slice, as it will score."""
    fitted, failures = _fit_candidates(
        slices, target, features, boosting, seed, (chosen,)
    )
    if chosen not in fitted:
        raise CannotFit(failures[chosen])
    final = fitted[chosen]
    if not is_shifted:
        return final
    offset = _offset(final.predict(current), float(slices.outcome.mean()))
    return Calibrated(final.model, final.slope, final.intercept, offset)


def _compare(champion, test, predictions, chosen, target, settings):
    """Whether the challenger is promoted: unless the champion is surely better."""
    if champion is None:
        return "promoted", []
    beside = {**predictions, "champion": champion.predict(test.table)}
    gain = _gain(
        test.outcome,
        beside,
        "champion",
        chosen,
        target,
        settings["n_draws"],
        settings["random_seed"],
    )
    row = measured_part("gate", "champion_gain", gain, len(test))
    if gain.low > 0:
        why = (
            f"the active version is better by {gain.value:.3g} "
            f"[{gain.low:.3g}, {gain.high:.3g}] {target.measure} on the test slice"
        )
        return "rejected", [
            {**row, "text_value": why},
            part("version", "failure", text=why),
        ]
    return "promoted", [{**row, "text_value": "passed"}]


def _importance_parts(model, table, names):
    """Mean absolute contribution of each column, and its mean, on the test slice."""
    if not hasattr(model, "contributions"):
        return []
    shares = model.contributions(table)
    columns = getattr(model, "names", names)
    parts = []
    centered = shares - shares.mean(axis=0)
    total = max(float(np.abs(centered).mean(axis=0).sum()), 1e-300)
    for j, name in enumerate(columns):
        size = float(np.abs(centered[:, j]).mean())
        parts += [
            part(
                "importance",
                "mean_absolute_contribution",
                feature=name,
                predicted=size / total,
                value=size,
            ),
            part(
                "importance",
                "mean_contribution",
                feature=name,
                value=float(shares[:, j].mean()),
            ),
        ]
    return parts


def _reference_parts(current, names, final):
    """Tenths of each column and of the score on the day of the fit, to see drift."""
    parts = []
    columns = {name: current[name] for name in names}
    columns["score"] = final.predict(current)
    for name, values in columns.items():
        known = values[~np.isnan(values)]
        parts.append(
            part(
                "reference",
                "null_share",
                feature=name,
                n=len(values),
                value=1.0 - len(known) / max(len(values), 1),
            )
        )
        if not len(known):
            continue
        edges = np.unique(np.quantile(known, np.linspace(0.1, 0.9, 9)))
        inside = np.searchsorted(edges, known, side="left")
        shares = np.bincount(inside, minlength=len(edges) + 1) / len(values)
        for i, share in enumerate(shares):
            edge = edges[i] if i < len(edges) else None
            parts.append(
                part("reference", str(i), feature=name, predicted=share, value=edge)
            )
    return parts


def _log_odds(probability):
    """Log odds; probabilities of 0 and 1 are taken as 1e-12 away from there."""
    clipped = np.clip(probability, 1e-12, 1.0 - 1e-12)
    return np.log(clipped / (1.0 - clipped))
