"""Which action for whom: effects that differ by customer, and whether choosing by them
earns more than the one best action for all.

On decisions whose odds are known: experiments, and what was explored. Effects are extra
orders; they are learned as what they are worth, at the value that an order of the
customer's is expected to have, because an order of 200 matters more to the choice than
ten of 5.
"""

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from scipy import stats

# the mean of all comes first: of two that predict alike the simpler is taken
LEARNERS = ("mean", "two_models", "x_learner", "doubly_robust")
N_FOLDS = 5
N_INNER_FOLDS = 3
CONFIDENCE = 0.95
# a standardised feature beyond this counts as this: one whale bends no curve
LIMIT = 3.0
DO_NOTHING = "do_nothing"
PENALTIES = np.logspace(-4, 3, 29)
# of the odds of an explored choice: what is drawn by what pays, and what by lot
LOT_SHARE = 0.2
N_DRAWS = 32


@dataclass(frozen=True)
class Price:
    """What an action costs: of the order's value, an order, and a contact."""

    offer_rate: float = 0.0
    offer_amount: float = 0.0
    contact_cost_amount: float = 0.0


@dataclass(frozen=True)
class Trials:
    """Decisions by lot about an action, n of them: it, nothing, or anything else.

    Attributes
    ----------
    actions : ndarray of str of shape (n,)
        What was tried.
    customers : ndarray of shape (n,)
        Whom on; one customer may be in several.
    sources : ndarray of shape (n,)
        The experiment; what was explored is one.
    is_treated, is_control : ndarray of bool of shape (n,)
        Who was given the action, and who nothing. Neither: another action, which says
        nothing of this one, but belongs to those whom it is about.
    odds_treated, odds_control : ndarray of shape (n,)
        Probabilities of the two, above 0.
    outcomes : ndarray of shape (n,)
        Orders within the window.
    features : ndarray of shape (n, p)
        Known before the decision, NaN where unknown.
    segments : ndarray of object of shape (n,)
        Segment at the time, None where unknown.
    order_amounts, order_margins : ndarray of shape (n,)
        Expected value of an order of the customer's, above 0, and its margin.
    """

    actions: np.ndarray
    customers: np.ndarray
    sources: np.ndarray
    is_treated: np.ndarray
    is_control: np.ndarray
    odds_treated: np.ndarray
    odds_control: np.ndarray
    outcomes: np.ndarray
    features: np.ndarray
    segments: np.ndarray
    order_amounts: np.ndarray
    order_margins: np.ndarray

    def of(self, selected):
        """Those that a mask or an index selects."""
        return replace(
            self, **{name: values[selected] for name, values in vars(self).items()}
        )


@dataclass(frozen=True)
class Basis:
    """Features, their squares and products, standardised; and segments.

    Attributes
    ----------
    names : tuple of str, length p
    centers, scales : ndarray of shape (p,)
    segments : tuple of str
    """

    names: tuple
    centers: np.ndarray
    scales: np.ndarray
    segments: tuple

    @property
    def pairs(self):
        """Indices of the features of each product."""
        return list(combinations_with_replacement(range(len(self.names)), 2))

    @property
    def terms(self):
        """Pairs of names, the second None for a feature alone and a segment."""
        return [
            *((name, None) for name in self.names),
            *((self.names[i], self.names[j]) for i, j in self.pairs),
            *((segment, None) for segment in self.segments),
        ]

    def design(self, features, segments):
        """Values of the terms, shape (n, q); what is unknown counts as the mean."""
        scores = (np.asarray(features, dtype=float) - self.centers) / self.scales
        scores = np.clip(np.nan_to_num(scores, nan=0.0), -LIMIT, LIMIT)
        products = [scores[:, i] * scores[:, j] for i, j in self.pairs]
        members = [(segments == segment).astype(float) for segment in self.segments]
        return np.column_stack([scores, *products, *members])


@dataclass(frozen=True)
class Effect:
    """Extra orders from one action, by customer.

    Attributes
    ----------
    learner : str
        Of LEARNERS, the one that predicts best on customers whom it has not seen.
    mean, mean_error : float
        Extra orders of all customers, weighted by their order values, doubly robust;
        and the standard error.
    shrinkage : float
        What is left of the learned differences, from 0, the mean for all, to 1.
    intercept : float
    coefficients : ndarray of shape (q,)
        Of the difference in order value that one customer's effect makes; shrunk.
    difference_error : float
        Its standard error.
    base_intercept, base_coefficients
        Likewise the order value that comes without the action.
    """

    learner: str
    mean: float
    mean_error: float
    shrinkage: float
    intercept: float
    coefficients: np.ndarray
    difference_error: float
    base_intercept: float
    base_coefficients: np.ndarray

    def predict(self, design, order_amounts):
        """Extra orders, shape (n,)."""
        return self.mean + (self.intercept + design @ self.coefficients) / order_amounts

    def errors(self, order_amounts):
        """Standard errors of what is predicted, shape (n,)."""
        return np.hypot(self.mean_error, self.difference_error / order_amounts)

    def predict_base(self, design, order_amounts):
        """Orders without the action, shape (n,), 0 or more."""
        value = self.base_intercept + design @ self.base_coefficients
        return np.maximum(value, 0) / order_amounts


@dataclass(frozen=True)
class Verdict:
    """What a personal choice is worth beside the best action for all.

    Attributes
    ----------
    single_action : str
        The best for all, do_nothing if none pays.
    single_value, personal_value : float
        Margin after cost per customer.
    difference, ci_low, ci_high : float
        Personal less single, with its interval.
    is_personal : bool
        Whether the lower end is above 0: only then is the personal choice published.
    n_customers : int
    """

    single_action: str
    single_value: float
    personal_value: float
    difference: float
    ci_low: float
    ci_high: float
    is_personal: bool
    n_customers: int


def make_basis(names, trials):
    """Centres and scales of the features of trials, and the segments in them.

    Parameters
    ----------
    names : sequence of str, length p
    trials : Trials

    Returns
    -------
    Basis
    """
    known = np.isfinite(trials.features)
    filled = np.where(known, trials.features, 0.0)
    counts = np.maximum(known.sum(axis=0), 1)
    centers = filled.sum(axis=0) / counts
    spread = np.where(known, trials.features - centers, 0.0)
    scales = np.sqrt((spread**2).sum(axis=0) / counts)
    return Basis(
        names=tuple(names),
        centers=centers,
        scales=np.where(scales > 1e-12, scales, 1.0),
        segments=tuple(sorted({each for each in trials.segments if each is not None})),
    )


def assign_folds(customers, n_folds, random_seed):
    """Part of each decision, all of a customer's in the same one, shape (n,)."""
    names, places = np.unique(customers, return_inverse=True)
    order = np.random.default_rng(random_seed).permutation(len(names))
    return (order % n_folds)[places]


def _ridge(design, values, weights=None):
    """Intercept and coefficients, shape (q + 1,), shrunk as far as the data say.

    Weights have the mean 1.

    Notes
    -----
    The penalty of PENALTIES, times the number of rows, with the least generalised
    cross-validation error (Golub, Heath & Wahba 1979, Technometrics 21, 215-223).
    Of the products' eigenvectors alone, so that a million rows take no longer to
    choose it than a thousand.
    """
    n_rows = len(values)
    weights = np.ones(n_rows) if weights is None else weights
    center, mean = weights @ design / n_rows, weights @ values / n_rows
    roots = np.sqrt(weights)
    values = roots * (values - mean)
    spread = (roots[:, None] * (design - center)).T
    eigenvalues, vectors = np.linalg.eigh(spread @ spread.T)
    eigenvalues = np.maximum(eigenvalues, 0.0)[:, None]
    found = (vectors.T @ (spread @ values))[:, None]
    total = (values**2).sum()
    kept = eigenvalues + n_rows * PENALTIES
    residual = total - (
        found**2 * (eigenvalues + 2 * n_rows * PENALTIES) / kept**2
    ).sum(axis=0)
    freedom = n_rows - 1 - (eigenvalues / kept).sum(axis=0)
    best = (residual / np.maximum(freedom, 1e-9) ** 2).argmin()
    coefficients = vectors @ (found[:, 0] / kept[:, best])
    return np.append(mean - center @ coefficients, coefficients)


def _predict(line, design):
    return line[0] + design @ line[1:]


def _pseudo_outcomes(trials, base, treated):
    """Doubly robust effect of each decision, whose mean is that of all.

    Notes
    -----
    Robins, Rotnitzky & Zhao (1994), JASA 89, 846-866: unbiased for known odds whatever
    the two predictions are worth.
    """
    return (
        treated
        - base
        + trials.is_treated * (trials.outcomes - treated) / trials.odds_treated
        - trials.is_control * (trials.outcomes - base) / trials.odds_control
    )


def _weigh(pseudo, sources):
    """How much each decision says, of mean 1: by the spread of its experiment's.

    Odds are small where much is explored, and outcomes divided by them are noise. A
    weight for all of an experiment keeps whom it is about.
    """
    _, places = np.unique(sources, return_inverse=True)
    counts = np.bincount(places)
    means = np.bincount(places, pseudo) / counts
    variances = np.bincount(places, (pseudo - means[places]) ** 2) / counts
    weights = 1 / np.maximum(variances, 1e-9 * max(variances.max(), 1e-300))
    return weights[places] / weights[places].mean()


def _fit_learners(design, trials):
    """Lines of base, treated, and of the effects by the learners that need no more."""
    arms = trials.is_control, trials.is_treated
    base, treated = (_ridge(design[arm], trials.outcomes[arm]) for arm in arms)
    lines = {"two_models": treated - base}
    # Kuenzel et al. (2019), PNAS 116, 4156-4165: each arm's outcomes less what the
    # other arm's model expects of them, weighted by the odds
    gained = _ridge(
        design[arms[1]],
        trials.outcomes[arms[1]] - _predict(base, design[arms[1]]),
    )
    missed = _ridge(
        design[arms[0]],
        _predict(treated, design[arms[0]]) - trials.outcomes[arms[0]],
    )
    share = arms[1].sum() / (arms[0].sum() + arms[1].sum())
    lines["x_learner"] = share * missed + (1 - share) * gained
    return base, treated, lines


def learn_effect(design, trials, random_seed):
    """Effect of one action by customer, shrunk to its mean as far as it must be.

    Parameters
    ----------
    design : ndarray of shape (n, q)
        See Basis.design.
    trials : Trials
        Of the action alone.
    random_seed : int

    Returns
    -------
    Effect

    Notes
    -----
    Every learner predicts customers that it has not seen; the one with the least
    squared difference to the doubly robust outcomes is taken: that of two models, the
    X-learner, or those outcomes' own regression (Kennedy 2023, Electron. J. Statist.
    17, 3008-3049). Its differences from the
    mean are multiplied by the slope with which those outcomes follow them (Chernozhukov
    et al. 2018, NBER 24678, best linear predictor), no more than 1, less what chance
    makes of a slope (positive-part James-Stein): differences that are not found again
    are gone.
    """
    amounts = trials.order_amounts
    trials = replace(trials, outcomes=trials.outcomes * amounts)
    folds = assign_folds(trials.customers, N_INNER_FOLDS, random_seed)
    base, treated = np.empty((2, len(folds)))
    predicted = {name: np.empty(len(folds)) for name in LEARNERS[1:]}
    for fold in range(N_INNER_FOLDS):
        own, others = folds == fold, folds != fold
        lines = _fit_learners(design[others], trials.of(others))
        base[own] = _predict(lines[0], design[own])
        treated[own] = _predict(lines[1], design[own])
        for name, line in lines[2].items():
            predicted[name][own] = _predict(line, design[own])
    pseudo = _pseudo_outcomes(trials, base, treated)
    n_rows = len(pseudo)
    weights = _weigh(pseudo, trials.sources)
    total = weights @ amounts
    mean = weights @ pseudo / total
    # what a customer's effect is worth beside the mean's
    differences = pseudo - mean * amounts
    mean_error = np.sqrt(((weights * differences) ** 2).sum()) / total
    for fold in range(N_INNER_FOLDS):
        own, others = folds == fold, folds != fold
        scale = weights[others] / weights[others].mean()
        line = _ridge(design[others], differences[others], scale)
        predicted["doubly_robust"][own] = _predict(line, design[own])
    for name in LEARNERS[1:3]:
        predicted[name] -= mean * amounts
    losses = {
        name: weights @ (differences - values) ** 2
        for name, values in predicted.items()
    }
    # also where none is better than the mean, the best says how unsure that is
    best = min(losses, key=losses.get)
    deviations = predicted[best] - weights @ predicted[best] / n_rows
    shrinkage, slope_error = 0.0, 0.0
    spread = np.sqrt(weights @ deviations**2 / n_rows)
    if spread > 0:
        slope = weights @ (deviations * differences) / (n_rows * spread**2)
        left = differences - slope * deviations
        slope_error = np.sqrt(((weights * deviations * left) ** 2).sum()) / (
            n_rows * spread**2
        )
        if slope > 0 and losses[best] < weights @ differences**2:
            shrinkage = min(slope, 1.0) * max(1 - (slope_error / slope) ** 2, 0.0)
    base_line, _, lines = _fit_learners(design, trials)
    if best == "doubly_robust":
        line = _ridge(design, differences, weights)
    else:
        # the mean for all is a line of its own in the order value
        line = lines[best] - _ridge(design, mean * amounts)
    coefficients = shrinkage * line[1:]
    return Effect(
        learner=best if shrinkage > 0 else "mean",
        mean=float(mean),
        mean_error=float(mean_error),
        shrinkage=float(shrinkage),
        intercept=float(-(weights @ design / n_rows) @ coefficients),
        coefficients=coefficients,
        difference_error=float(slope_error * spread),
        base_intercept=float(base_line[0]),
        base_coefficients=base_line[1:],
    )


def learn_effects(basis, trials, random_seed):
    """Effect of each action tried, {action: Effect}; see learn_effect."""
    found = {}
    for action in sorted(set(trials.actions)):
        own = trials.of(trials.actions == action)
        design = basis.design(own.features, own.segments)
        found[action] = learn_effect(design, own, random_seed)
    return found


def price_effects(effects, prices, design, order_amounts, order_margins):
    """Margin after cost that each action is expected to add, shape (n, k).

    Parameters
    ----------
    effects, prices : dict of str to Effect, and to Price
    design : ndarray of shape (n, q)
    order_amounts, order_margins : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n, k)
        In the order of `effects`.
    """
    columns = []
    for action, effect in effects.items():
        price = prices[action]
        offer = price.offer_rate * order_amounts + price.offer_amount
        extra = effect.predict(design, order_amounts)
        expected = np.maximum(effect.predict_base(design, order_amounts) + extra, 0)
        columns.append(
            extra * order_margins - expected * offer - price.contact_cost_amount
        )
    return np.column_stack(columns)


def choose(margins, actions):
    """The action that adds the most to each customer, do_nothing where none adds any.

    Parameters
    ----------
    margins : ndarray of shape (n, k)
    actions : sequence of str, length k

    Returns
    -------
    ndarray of object of shape (n,)
    """
    best = np.asarray(margins).argmax(axis=1)
    pays = np.asarray(margins).max(axis=1) > 0
    return np.where(pays, np.array(actions, dtype=object)[best], DO_NOTHING)


def _gains(trials, prices):
    """What each decision brought after cost, treated or not, shape (n,)."""
    offers, contacts = np.zeros((2, len(trials.actions)))
    for action, price in prices.items():
        own = (trials.actions == action) & trials.is_treated
        offers[own] = price.offer_rate * trials.order_amounts[own] + price.offer_amount
        contacts[own] = price.contact_cost_amount
    return trials.outcomes * (trials.order_margins - offers) - contacts


def judge_policy(names, trials, prices, random_seed):
    """Whether a personal choice earns more than the best action for all.

    Parameters
    ----------
    names : sequence of str, length p
        Of the features.
    trials : Trials
    prices : dict of str to Price
        Of each action tried.
    random_seed : int

    Returns
    -------
    Verdict

    Notes
    -----
    No customer's choice is learned from an outcome of their own: a fifth of the
    customers at a time is chosen for by what the others showed. What a policy is worth
    is the sum over actions of the doubly robust margin of those whom it would give
    them (Dudik, Langford & Li 2011, ICML, eq. 3), each by the action's own trials. The
    action for all is the best in all data, which favours it. Errors are by customer,
    who may be in the trials of several actions.
    """
    actions = sorted(set(trials.actions))
    folds = assign_folds(trials.customers, N_FOLDS, random_seed)
    chosen = np.empty(len(folds), dtype=object)
    scores = np.empty(len(folds))
    gains = replace(trials, outcomes=_gains(trials, prices))
    for fold in range(N_FOLDS):
        own, others = folds == fold, folds != fold
        known = trials.of(others)
        basis = make_basis(names, known)
        effects = learn_effects(basis, known, random_seed)
        unseen = trials.of(own)
        design = basis.design(unseen.features, unseen.segments)
        margins = price_effects(
            effects, prices, design, unseen.order_amounts, unseen.order_margins
        )
        chosen[own] = choose(margins, actions)
        # both arms as the other customers let expect them
        base, treated = np.zeros((2, own.sum()))
        for action in actions:
            at = unseen.actions == action
            price = prices[action]
            amounts = unseen.order_amounts[at]
            expected = effects[action].predict_base(design[at], amounts)
            extra = effects[action].predict(design[at], amounts)
            offer = price.offer_rate * amounts + price.offer_amount
            base[at] = expected * unseen.order_margins[at]
            treated[at] = (expected + extra) * (
                unseen.order_margins[at] - offer
            ) - price.contact_cost_amount
        scores[own] = _pseudo_outcomes(gains.of(own), base, treated)
    by_action = {action: trials.actions == action for action in actions}
    weights = np.empty(len(folds))
    for at in by_action.values():
        weights[at] = _weigh(scores[at], trials.sources[at])
    values = {
        action: (weights[at] * scores[at]).mean() for action, at in by_action.items()
    }
    single = max(actions, key=values.get)
    if values[single] <= 0:
        single = DO_NOTHING
    personal, difference = 0.0, 0.0
    names_of, places = np.unique(trials.customers, return_inverse=True)
    influence = np.zeros(len(names_of))
    for action, at in by_action.items():
        is_given = (chosen[at] == action).astype(float)
        personal += (weights[at] * is_given * scores[at]).mean()
        contrast = (is_given - (action == single)) * scores[at]
        mean = (weights[at] * contrast).mean()
        difference += mean
        share = weights[at] * (contrast - mean) / at.sum()
        np.add.at(influence, places[at], share)
    error = np.sqrt((influence**2).sum())
    margin = stats.norm.isf((1 - CONFIDENCE) / 2) * error
    return Verdict(
        single_action=single,
        single_value=float(values.get(single, 0.0)),
        personal_value=float(personal),
        difference=float(difference),
        ci_low=float(difference - margin),
        ci_high=float(difference + margin),
        is_personal=bool(difference - margin > 0),
        n_customers=len(names_of),
    )


def explore(margins, errors, random_seed):
    """Choices that teach: what may pay the most, by odds that are known.

    Parameters
    ----------
    margins : ndarray of shape (n, k)
        Expected margin of each option, doing nothing with 0 among them.
    errors : ndarray of shape (n, k)
        Their standard errors.
    random_seed : int

    Returns
    -------
    chosen : ndarray of int of shape (n,)
        Column of the option.
    odds : ndarray of shape (n, k)
        Probability of each option; every one above 0.

    Notes
    -----
    Thompson (1933), Biometrika 25, 285-294: as often as an option is the best in
    N_DRAWS draws of what is believed. LOT_SHARE of the odds are equal for all options,
    so that doing nothing and what is out of favour is tried, too.
    """
    rng = np.random.default_rng(random_seed)
    n_customers, n_options = margins.shape
    counts = np.zeros(margins.shape)
    for _ in range(N_DRAWS):
        drawn = margins + errors * rng.standard_normal(margins.shape)
        counts[np.arange(n_customers), drawn.argmax(axis=1)] += 1
    odds = (1 - LOT_SHARE) * counts / N_DRAWS + LOT_SHARE / n_options
    draws = rng.random((n_customers, 1))
    chosen = np.minimum((odds.cumsum(axis=1) < draws).sum(axis=1), n_options - 1)
    return chosen, odds
