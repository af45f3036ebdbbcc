"""Choose the model of a score by what it is worth on later days, and write it down.

Candidates are fitted on several days of the past, each to what was known by then, and
judged by what came; the simplest one is published that no more complex one beats on all
days together. Its level is set right where that helped on those days, and published
where it was right on them. The model is then fitted once more, on the day of the fit.
"""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit
from segmentation.imports import one_thread
from segmentation.scores import buy_till_you_die, candidates, curves, levels, training
from segmentation.scores.rows import champion_gate, measured_part, part
from segmentation.statistics import evaluation

# From simple to complex.
PROBABILITY_KINDS = (
    "constant",
    "recency",
    "order_count",
    "bg_nbd",
    "mbg_nbd",
    "pareto_nbd",
    "logistic",
    "xgboost",
    "blend",
)
VALUE_KINDS = (
    "constant",
    "carry_forward",
    "bg_nbd",
    "mbg_nbd",
    "pareto_nbd",
    "linear",
    "xgboost",
    "two_part",
)
# What a candidate must be better by before a simpler one is given up: less than a
# thousandth of the simpler one's loss changes nobody's mind.
MIN_GAIN = 0.001
# Of both kinds of customers that a probability is judged by.
MIN_EVENTS = 30
# Kinds whose probabilities are set right on customers that the fit did not see.
_CALIBRATED = ("logistic", "xgboost", "blend")
# Kinds whose amounts are scaled to the sum of the past; baselines are left as they are.
_SCALED = (*buy_till_you_die.MODELS, "linear", "xgboost", "two_part")


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
        """What candidates are compared by; less is better."""
        return "mae" if self.is_value else "log_loss"

    def measures(self, outcome, predicted):
        """Every measure of the target, without intervals."""
        measure = (
            evaluation.value_measures if self.is_value else evaluation.binary_measures
        )
        found = measure(outcome, predicted, n_draws=0)
        return {name: figure.value for name, figure in found.items()}

    def rank(self, outcome, predicted):
        """How well customers are ranked, 1 at best; the guard beside the measure."""
        found = self.measures(outcome, predicted)
        return found["gini" if self.is_value else "auc"]


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
    curve : curves.Curve or None
        Of an amount, before it is scaled: sets each tenth right.
    """

    model: object
    slope: float = 1.0
    intercept: float = 0.0
    offset: float = 0.0
    scale: float = 1.0
    curve: object = None

    def predict(self, table):
        """Probability or amount, shape (n,)."""
        predicted = recalibrate(
            self.model.predict(table), self.slope, self.intercept, self.offset
        )
        if self.curve is not None:
            predicted = self.curve.apply(predicted)
        return self.scale * predicted

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return self.model.rows() + [
            ("calibration", "slope", None, self.slope, None),
            ("calibration", "intercept", None, self.intercept, None),
            ("calibration", "offset", None, self.offset, None),
            ("calibration", "scale", None, self.scale, None),
            *(self.curve.rows() if self.curve is not None else []),
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
    moved = intercept + offset + slope * levels.log_odds(probability)
    return 1.0 / (1.0 + np.exp(-moved))


def read_calibrated(rows):
    """A model and its calibration from their rows; see Calibrated.rows."""
    rows = list(rows)
    own = {
        item: number for section, item, _, number, _ in rows if section == "calibration"
    }
    curve = curves.read_curve(own)
    return Calibrated(candidates.read_model(rows), **own, curve=curve)


@dataclass(frozen=True)
class Fitted:
    """What was fitted on one day, and what came on it.

    Attributes
    ----------
    origin : origins.Origin
    train, test : training.Slices
        What was known by the day; the day's own slice.
    models : dict of str to Calibrated
        By kind; what could not be fitted is missing.
    predictions : dict of str to ndarray of shape (n,)
        By kind, of the test slice.
    """

    origin: object
    train: training.Slices
    test: training.Slices
    models: dict
    predictions: dict


def fit_version(slices, current, plan, target, features, champion, settings):
    """Fit, judge and choose.

    Parameters
    ----------
    slices : training.Slices
        Of the days of the plan.
    current : dict of str to ndarray of shape (m,)
        The customers to be scored on the day of the fit.
    plan : origins.Plan
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
        return _fit_version(slices, current, plan, target, features, champion, settings)


def _fit_version(slices, current, plan, target, features, champion, settings):
    """As fit_version, on one thread."""
    seed, n_draws = settings["random_seed"], settings["n_draws"]
    judged, boosting, failures = _fit_on_days(slices, plan, target, features, settings)
    newest = judged[0]
    (chosen, beaten), level, why_not = _choose_with_level(
        slices, judged, target, n_draws, seed
    )
    said = level.said

    parts = [
        part("version", "test_date", text=str(newest.origin.day)),
        part("version", "n_origins", value=float(len(judged))),
        part("version", "n_train_slices", value=float(len(plan.final.train))),
        part("version", "n_train", value=float(len(newest.train))),
        part("version", "n_test", value=float(len(newest.test))),
        part("version", "horizon_days", value=float(target.horizon_days)),
        part("version", "kind", text=chosen),
        part(
            "version",
            "verdict",
            text=verdict(chosen, beaten, target, why_not, level.carried),
        ),
        part("version", "booster_settings", text=str(boosting)),
    ]
    parts += [
        part("failure", kind, candidate=kind, text=why)
        for kind, why in failures.items()
    ]
    parts += _measure_parts(judged, said, chosen, target, n_draws, seed)
    parts += _level_parts(level, why_not, target)

    train = slices.where(np.isin(slices.dates, plan.final.train))
    final = _refit(train, target, features, boosting, chosen, seed)
    final = (
        levels.adjusted(
            level.adjustment,
            final,
            train,
            current,
            _season_means(slices, plan.final),
            target.is_value,
        )
        or final
    )
    if level.curve is not None:
        final = curves.curved(final, level.curve, train)
    status, comparison = _compare(champion, newest.test, said[0], target, settings)
    parts += comparison
    for section, item, feature, number, text in final.rows():
        parts.append(part(section, item, feature=feature, value=number, text=text))
    names = [name for name, _, _ in features if varies(train.table[name])]
    parts += _importance_parts(final.model, newest.test.table, names)
    parts += _reference_parts(current, names, final)
    return status, parts


def _fit_on_days(slices, plan, target, features, settings):
    """Candidates of each day, newest first; settings of boosters; and failures.

    Of the newest day there must be enough customers; older ones with too few are left
    out. A candidate is judged on all days or on none. Boosters' settings are searched
    on what the oldest day knew, so that no day knows more than it could.
    """
    seed = settings["random_seed"]
    days = []
    for origin in plan.judged:
        train = slices.where(np.isin(slices.dates, origin.train))
        test = slices.where(slices.dates == origin.day)
        try:
            _check_size(train, test, target, settings["min_customers"])
        except CannotFit:
            if not days:
                raise
            continue
        days.append((origin, train, test))
    oldest = days[-1][1]
    objective = "reg:tweedie" if target.is_value else "binary:logistic"
    tree_names = [
        name
        for name, _, is_for_trees in features
        if is_for_trees and varies(oldest.table[name])
    ]
    boosting = training.booster_settings(oldest, tree_names, objective, seed)
    judged, failures = [], {}
    for origin, train, test in days:
        own = [feature for feature in features if varies(train.table[feature[0]])]
        models, failed = _fit_candidates(train, target, own, boosting, seed)
        failures = {**failed, **failures}
        predictions = {
            kind: model.predict(test.table) for kind, model in models.items()
        }
        judged.append(Fitted(origin, train, test, models, predictions))
    return judged, boosting, failures


def _pooled(judged):
    """Outcomes, customers and predictions of all days together, the newest first."""
    kinds = set.intersection(*(set(own.predictions) for own in judged))
    customers = [own.test.customers for own in judged]
    return (
        np.concatenate([own.test.outcome for own in judged]),
        None if customers[0] is None else np.concatenate(customers),
        {
            kind: np.concatenate([own.predictions[kind] for own in judged])
            for kind in judged[0].predictions
            if kind in kinds
        },
    )


def _choose_with_level(slices, judged, target, n_draws, seed):
    """The candidate whose loss and level stand, else the first as a ranking alone.

    Returns
    -------
    choice : (str, dict)
        See choose.
    level : Level
    why_not : str or None
        Why the level is not published.
    """
    outcome, customers, predictions = _pooled(judged)
    refused = {}
    while True:
        choice = choose(outcome, predictions, target, n_draws, seed, customers)
        chosen = choice[0]
        if refused and chosen == "constant":
            # a ranking without a level says more than a level without a ranking; the
            # last period carried forward ranks those without an order alike
            return next(
                (own for kind, own in refused.items() if kind != "carry_forward"),
                next(iter(refused.values())),
            )
        level = _set_level(slices, judged, chosen, target, n_draws, seed)
        why_not = levels.fault(
            level.said, target.is_value, n_draws, seed
        ) or _bar_missed(level.carried, target)
        found = choice, level, why_not
        if why_not is None or chosen == "constant":
            return found
        refused[chosen] = found
        predictions = {k: own for k, own in predictions.items() if k != chosen}


@dataclass(frozen=True)
class Level:
    """What a candidate's level is set right by, and what it then said in the past.

    Attributes
    ----------
    adjustment : str
        One of levels.ADJUSTMENTS.
    curve : curves.Curve or None
        Of amounts, that sets each tenth right.
    curve_gain : evaluation.Measured or None
        Deviance that the curve saves.
    said : list of levels.Judged
        Newest first.
    carried : evaluation.Measured or None
        What a model of amounts gains on the last period carried forward.
    """

    adjustment: str
    curve: object
    curve_gain: object
    said: list
    carried: object


def _set_level(slices, judged, kind, target, n_draws, seed):
    """The adjustment and the curve that helped this candidate, see Level."""
    days, models = [], []
    for own in judged:
        adjusted = {}
        for adjustment in levels.ADJUSTMENTS:
            if adjustment == "prior_shift" and kind not in _CALIBRATED:
                continue
            model = levels.adjusted(
                adjustment,
                own.models[kind],
                own.train,
                own.test.table,
                _season_means(slices, own.origin),
                target.is_value,
            )
            if model is not None:
                adjusted[adjustment] = model
        models.append(adjusted)
        predicted = {name: m.predict(own.test.table) for name, m in adjusted.items()}
        days.append({"outcome": own.test.outcome, "predictions": predicted})
    adjustment = levels.choose_adjustment(
        days,
        [own.test.customers for own in judged],
        target.measure,
        n_draws,
        seed,
    )
    said = [
        day["predictions"].get(adjustment, day["predictions"]["none"]) for day in days
    ]
    curve, gain = None, None
    if target.is_value and kind in _SCALED:
        level = [own.get(adjustment, own["none"]) for own in models]
        curve, gain, said = curves.choose_curve(judged, level, n_draws, seed) or (
            None,
            None,
            said,
        )
    carried = _gain_on_carried(judged, said, kind, target, n_draws, seed)
    said = [
        levels.Judged(
            own.origin.day, own.test.outcome, predicted, own.predictions["constant"]
        )
        for own, predicted in zip(judged, said, strict=True)
    ]
    return Level(adjustment, curve, gain, said, carried)


def _gain_on_carried(judged, said, kind, target, n_draws, seed):
    """What a model gains on the last period carried forward; None of baselines."""
    if kind not in _SCALED or not target.is_value:
        return None
    if not all("carry_forward" in own.predictions for own in judged):
        return None
    outcome, customers, predictions = _pooled(judged)
    return evaluation.mean_of_customers(
        evaluation.row_losses(outcome, predictions["carry_forward"], target.measure)
        - evaluation.row_losses(outcome, np.concatenate(said), target.measure),
        customers,
        n_draws,
        seed,
    )


def _bar_missed(gain, target):
    """Why an amount is not published that anybody could have carried forward, or None.

    Whoever knows what came in the last period has a forecast without any model. A model
    that is not surely better than that has no amounts, whatever else it beats.

    Parameters
    ----------
    gain : evaluation.Measured or None
        See Level.carried.
    target : Target

    Returns
    -------
    str or None
    """
    if gain is None or gain.low > 0:
        return None
    return (
        f"the last {target.horizon_days} days carried forward are not surely worse, by "
        f"{gain.value:.3g} [{gain.low:.3g}, {gain.high:.3g}] {target.measure}"
    )


def _season_means(slices, origin):
    """Mean outcomes of the slices of last year, or None."""
    if origin.season is None:
        return None
    means = [slices.outcome[slices.dates == day] for day in origin.season]
    return tuple(float(own.mean()) for own in means) if all(map(len, means)) else None


def choose(outcome, predictions, target, n_draws, seed, customers=None):
    """The simplest that no more complex one beats; it is, or beats, the constant.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
    predictions : dict of str to ndarray of shape (n,)
        By kind; candidates that could not be fitted are missing, the constant is not.
    target : Target
    n_draws, seed : int
    customers : ndarray of int, shape (n,), or None
        Who is drawn again with all rows.

    Returns
    -------
    chosen : str
    beaten : dict of str to (str, evaluation.Measured)
        For each simpler candidate, the one that beats it and by how much: by more than
        MIN_GAIN, with a 95 % interval of the paired bootstrap that leaves out 0, and
        without ranking worse by more than it.
    """
    kinds = [kind for kind in target.kinds if kind in predictions]
    if not kinds:
        raise CannotFit("no candidate could be fitted")

    losses = {
        kind: evaluation.row_losses(outcome, predictions[kind], target.measure)
        for kind in kinds
    }
    rankings = {kind: target.rank(outcome, predictions[kind]) for kind in kinds}

    def gain_over(kind, other):
        gain = evaluation.mean_of_customers(
            losses[kind] - losses[other], customers, n_draws, seed
        )
        is_more = gain.low > 0 and gain.value > MIN_GAIN * losses[kind].mean()
        ranks_worse = rankings[other] < rankings[kind] - MIN_GAIN
        return gain if is_more and not ranks_worse else None

    # what does not beat the mean of the past is no score, whatever it beats besides; so
    # many try that one would beat it by chance, and each must by more
    worthy, beaten = [], {}
    for kind in kinds[1:]:
        gain = gain_over(kinds[0], kind)
        if gain is not None and levels.is_sure(gain, len(kinds) - 1):
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


def verdict(chosen, beaten, target, why_not=None, carried=None):
    """In words, why this candidate is published, and why its level is not.

    Parameters
    ----------
    chosen : str
    beaten : dict of str to (str, evaluation.Measured)
        See choose.
    target : Target
    why_not : str or None
    carried : evaluation.Measured or None
        What its amounts gain on the last period carried forward.

    Returns
    -------
    str
    """
    if chosen == "constant":
        words = (
            "nothing beats the constant: everybody gets the mean of the past, since "
            "nothing that is known of a customer tells what comes"
        )
    else:
        words = f"{chosen} is the simplest candidate that no more complex one beats"
        if beaten:
            last, (other, gain) = list(beaten.items())[-1]
            words += (
                f"; {other} beats {last} by {gain.value:.3g} "
                f"[{gain.low:.3g}, {gain.high:.3g}] {target.measure}"
            )
    if why_not is not None:
        return f"{words}; published as a ranking: {why_not}"
    if carried is not None:
        words += (
            f"; its amounts beat the last {target.horizon_days} days carried forward "
            f"by {carried.value:.3g} [{carried.low:.3g}, {carried.high:.3g}] "
            f"{target.measure}"
        )
    return words


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


def _measure_parts(judged, said, chosen, target, n_draws, seed):
    """Every measure of every candidate, and deciles of what is published.

    On the newest day with intervals; on each day without; and what the published one
    gains over each other in the deciding measure, on all days together.
    """
    newest, test = judged[0], judged[0].test
    parts = []
    for kind, plain in newest.predictions.items():
        predicted = said[0].predicted if kind == chosen else plain
        if target.is_value:
            measures = evaluation.value_measures(
                test.outcome, predicted, n_draws=n_draws, seed=seed
            )
        else:
            threshold = evaluation.best_f1_threshold(
                newest.train.outcome, newest.models[kind].predict(newest.train.table)
            )
            parts.append(part("threshold", "f1", candidate=kind, value=threshold))
            measures = evaluation.binary_measures(
                test.outcome, predicted, threshold, n_draws=n_draws, seed=seed
            )
        parts += [
            measured_part("measure", name, measured, len(test), kind)
            for name, measured in measures.items()
        ]
    outcome, customers, predictions = _pooled(judged)
    published = np.concatenate([own.predicted for own in said])
    for kind, predicted in predictions.items():
        if kind != chosen:
            gain = evaluation.mean_of_customers(
                evaluation.row_losses(outcome, predicted, target.measure)
                - evaluation.row_losses(outcome, published, target.measure),
                customers,
                n_draws,
                seed,
            )
            parts.append(
                measured_part("gain", target.measure, gain, len(outcome), kind)
            )
    for own, level in zip(judged, said, strict=True):
        parts += _day_parts(own, level, predictions, chosen, target)
    deciles = evaluation.calibration_deciles(
        test.outcome,
        said[0].predicted,
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


def _day_parts(own, level, kinds, chosen, target):
    """How each candidate did on one day, without intervals."""
    outcome = own.test.outcome
    shown = ("mae", "gini") if target.is_value else ("log_loss", "brier", "auc")
    parts = []
    for kind in kinds:
        predicted = level.predicted if kind == chosen else own.predictions[kind]
        figures = target.measures(outcome, predicted)
        figures = {name: figures[name] for name in shown}
        figures["mean_prediction"] = float(predicted.mean())
        figures["mean_outcome"] = float(outcome.mean())
        parts += [
            part(
                "origin",
                f"{own.origin.day}|{name}",
                candidate=kind,
                n=len(outcome),
                value=value,
            )
            for name, value in figures.items()
        ]
    return parts


def _level_parts(level, why_not, target):
    """What the level is set right by, how far it was off, and by tenths on each day."""
    errors = [own.error(target.is_value) for own in level.said]
    low, high = levels.prediction_interval(errors)
    parts = [
        part("level", "adjustment", text=level.adjustment),
        part(
            "level",
            "error",
            n=len(errors),
            value=float(np.mean(errors)),
            low=low,
            high=high,
            text=why_not,
        ),
        part("level", "reach", value=levels.reach_of(len(errors))),
        part("version", "is_ranking_only", value=0.0 if why_not is None else 1.0),
    ]
    if level.curve is not None:
        n_customers = sum(len(own.outcome) for own in level.said)
        parts.append(
            measured_part("level", "curve_gain", level.curve_gain, n_customers)
        )
    for own in level.said:
        for tenth, n, error, variance in levels.tenths(own, target.is_value):
            parts.append(
                part(
                    "tenth",
                    f"{own.day}|{tenth}",
                    n=n,
                    predicted=variance,
                    value=error,
                )
            )
    return parts


def _refit(slices, target, features, boosting, chosen, seed):
    """The chosen candidate fitted on the day of the fit, as it will score."""
    features = [feature for feature in features if varies(slices.table[feature[0]])]
    fitted, failures = _fit_candidates(
        slices, target, features, boosting, seed, (chosen,)
    )
    if chosen not in fitted:
        raise CannotFit(failures[chosen])
    return fitted[chosen]


def _compare(champion, test, said, target, settings):
    """Whether the challenger is promoted: unless the champion is surely better."""
    if champion is None:
        return "promoted", []
    gain = evaluation.mean_of_customers(
        evaluation.row_losses(test.outcome, said.predicted, target.measure)
        - evaluation.row_losses(
            test.outcome, champion.predict(test.table), target.measure
        ),
        test.customers,
        settings["n_draws"],
        settings["random_seed"],
    )
    return champion_gate(gain, len(test), target.measure, "the test slice")


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
