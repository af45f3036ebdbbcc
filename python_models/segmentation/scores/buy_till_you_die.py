"""How often customers buy until they stop, and what for.

BG/NBD, MBG/NBD and Pareto/NBD say how often, Gamma-Gamma says for how much.

A customer is summed up by x, the number of repeat purchases; t_x, when the last of them
was; and T, how long they have been observed: both since the first purchase, in any
one unit of time.

References
----------
Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science
24. Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models
for customer base analysis, IJRM 24. Schmittlein, Morrison & Colombo (1987), Counting
your customers: who are they and what will they do next?, Management Science 33. Fader &
Hardie (2005), A note on deriving the Pareto/NBD model and related expressions. Fader &
Hardie (2013), The Gamma-Gamma model of monetary value.
"""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit

# A shape parameter this small or large has run to the edge: the data do not bear it.
_EDGE = 1e4
# Nodes and weights of an integral, and the exponent past which nothing is added.
_LEGENDRE = np.polynomial.legendre.leggauss(12)
_NOTHING_LEFT = 40.0
# Parameters that a search begins with, in units of the longest observation.
_STARTS = {
    "bg_nbd": ((1.0, 0.2, 1.0, 1.0), (0.3, 0.05, 0.5, 3.0)),
    "mbg_nbd": ((1.0, 0.2, 1.0, 1.0), (0.3, 0.05, 0.5, 3.0)),
    # whose likelihood takes four times as long
    "pareto_nbd": ((1.0, 0.2, 1.0, 1.0),),
}
# Logarithms of parameters stay within; beyond, likelihoods are lost to rounding.
_BOUNDS = (-12.0, 12.0)


@dataclass(frozen=True)
class PurchaseModel:
    """A fitted BG/NBD or MBG/NBD.

    Attributes
    ----------
    kind : str
        `bg_nbd`, in which a customer can stop only after a repeat purchase, or
        `mbg_nbd`, in which also after the first.
    r, alpha : float
        Gamma distribution of the purchase rates: shape, and rate in units of time.
    a, b : float
        Beta distribution of the probability to stop after a purchase.
    log_likelihood : float
        Of the customers, without the penalty.
    is_at_boundary : bool
        Whether a parameter ran to the edge, so that stopping cannot be told from buying
        rarely; expected purchases still mean something, P(alive) does not.
    """

    kind: str
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    is_at_boundary: bool

    def p_alive(self, x, t_x, T):  # noqa: N803 - the literature's names
        """Probability that a customer has not stopped at T.

        Parameters
        ----------
        x, t_x, T : ndarray of shape (n,)

        Returns
        -------
        ndarray of shape (n,)
            0 to 1. Under BG/NBD it is 1 for everybody without a repeat purchase: never
            rank by it there.
        """
        return 1.0 / (1.0 + self._odds_of_having_stopped(x, t_x, T))

    def expected_purchases(self, x, t_x, T, duration):  # noqa: N803
        """Purchases to expect in (T, T + duration].

        Parameters
        ----------
        x, t_x, T : ndarray of shape (n,)
        duration : float
            In the unit of T.

        Returns
        -------
        ndarray of shape (n,)
            Fader, Hardie & Lee (2005), equation 10; its counterpart for MBG/NBD.
        """
        from scipy.special import hyp2f1

        x, t_x, T = (np.asarray(values, dtype=float) for values in (x, t_x, T))
        shift = 1.0 if self.kind == "mbg_nbd" else 0.0
        whole = self.alpha + T + duration
        # at 1 the formula is 0 / 0, and next to it rounding
        a = self.a if abs(self.a - 1.0) > 1e-6 else 1.0 + 1e-6
        series = hyp2f1(
            self.r + x,
            self.b + x + shift,
            a + self.b + x + shift - 1.0,
            duration / whole,
        )
        kept = 1.0 - ((self.alpha + T) / whole) ** (self.r + x) * series
        return (
            (a + self.b + x + shift - 1.0)
            / (a - 1.0)
            * kept
            / (1.0 + self._odds_of_having_stopped(x, t_x, T))
        )

    def _odds_of_having_stopped(self, x, t_x, T):  # noqa: N803
        x, t_x, T = (np.asarray(values, dtype=float) for values in (x, t_x, T))
        logs = (self.r + x) * (np.log(self.alpha + T) - np.log(self.alpha + t_x))
        # who has surely stopped is no surer by an overflow
        ratio = np.exp(np.minimum(logs, 700.0))
        if self.kind == "mbg_nbd":
            return self.a / (self.b + x) * ratio
        denominator = np.where(x > 0, self.b + x - 1.0, 1.0)
        return np.where(x > 0, self.a / denominator * ratio, 0.0)


@dataclass(frozen=True)
class ParetoModel:
    """A fitted Pareto/NBD: a customer can stop at any time, bought or not.

    Attributes
    ----------
    kind : str
        `pareto_nbd`.
    r, alpha : float
        Gamma distribution of the purchase rates: shape, and rate in units of time.
    s, beta : float
        Gamma distribution of the rates at which customers stop: shape, and rate in
        units of time.
    log_likelihood : float
        Of the customers, without the penalty.
    is_at_boundary : bool
        As in PurchaseModel.
    """

    kind: str
    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float
    is_at_boundary: bool

    def p_alive(self, x, t_x, T):  # noqa: N803
        """Probability that a customer has not stopped at T.

        Parameters
        ----------
        x, t_x, T : ndarray of shape (n,)

        Returns
        -------
        ndarray of shape (n,)
            0 to 1; Schmittlein, Morrison & Colombo (1987).
        """
        from scipy.special import expit

        x, t_x, T = (np.asarray(values, dtype=float) for values in (x, t_x, T))
        parameters = (self.r, self.alpha, self.s, self.beta)
        alive, stopped = _pareto_cases(parameters, x, t_x, T)
        return expit(alive - stopped)

    def expected_purchases(self, x, t_x, T, duration):  # noqa: N803
        """Purchases to expect in (T, T + duration].

        Parameters
        ----------
        x, t_x, T : ndarray of shape (n,)
        duration : float
            In the unit of T.

        Returns
        -------
        ndarray of shape (n,)
            The conditional expectation of Fader & Hardie (2005), A note on deriving the
            Pareto/NBD model.
        """
        from scipy.special import exprel

        x, t_x, T = (np.asarray(values, dtype=float) for values in (x, t_x, T))
        rate = (self.r + x) / (self.alpha + T)
        # (1 - exp(-(s - 1) * span)) / (s - 1), which is span where s is 1
        span = np.log1p(duration / (self.beta + T))
        lived = (self.beta + T) * span * exprel(-(self.s - 1.0) * span)
        return rate * lived * self.p_alive(x, t_x, T)


# {kind: class}
MODELS = {"bg_nbd": PurchaseModel, "mbg_nbd": PurchaseModel, "pareto_nbd": ParetoModel}


@dataclass(frozen=True)
class SpendModel:
    """A fitted Gamma-Gamma: what a purchase of a customer is worth.

    Attributes
    ----------
    p, q, v : float
        Shape of the spend within customers; shape and scale between them.
    log_likelihood : float
    """

    p: float
    q: float
    v: float
    log_likelihood: float

    def expected_spend(self, x, mean_spend):
        """Mean value of a purchase to expect of each customer.

        Parameters
        ----------
        x : ndarray of shape (n,)
            Purchases that the mean is of; 0 gives the mean of all customers.
        mean_spend : ndarray of shape (n,)
            Not read where x is 0.

        Returns
        -------
        ndarray of shape (n,)
            Fader & Hardie (2013), equation 5; NaN for all if q is 1 or less, where the
            mean does not exist.
        """
        x = np.asarray(x, dtype=float)
        spent = np.where(x > 0, x * np.asarray(mean_spend, dtype=float), 0.0)
        if self.q <= 1.0:
            return np.full(x.shape, np.nan)
        return self.p * (self.v + spent) / (self.p * x + self.q - 1.0)


def fit_purchases(x, t_x, T, kind="bg_nbd", penalty=0.0):  # noqa: N803
    """Fit BG/NBD, MBG/NBD or Pareto/NBD by maximum likelihood.

    Parameters
    ----------
    x, t_x, T : ndarray of shape (n,)
        x at least 0, 0 <= t_x <= T, and t_x is 0 where x is.
    kind : str
        One of MODELS.
    penalty : float
        Times the sum of squares of the parameters, per customer; holds a fit back from
        the boundary.

    Returns
    -------
    PurchaseModel or ParetoModel

    Raises
    ------
    ValueError
        If the kind is unknown, or a customer impossible.
    CannotFit
        If there are fewer than ten customers, or none bought again.
    """

    from scipy.optimize import minimize

    if kind not in MODELS:
        raise ValueError(f"unknown kind {kind!r}; use one of {', '.join(MODELS)}")
    x, t_x, T = (np.asarray(values, dtype=float) for values in (x, t_x, T))
    wrong = (x < 0) | (t_x < 0) | (t_x > T) | ((x == 0) & (t_x != 0))
    if wrong.any():
        raise ValueError(
            f"{wrong.sum()} of {len(x)} customers have a last purchase after they were "
            "last observed, or none and a date of it; check x, t_x and T"
        )
    if len(x) < 10 or not (x > 0).any():
        raise CannotFit(
            f"{len(x)} customers, {(x > 0).sum()} of them with a repeat purchase, are "
            "too few to tell how often customers buy"
        )
    # many customers are alike: each distinct one is computed once
    distinct, counts = np.unique(
        np.column_stack([x, t_x, T]), axis=0, return_counts=True
    )
    # in units of the longest observation, so that one start suits every unit of time
    unit = distinct[:, 2].max()
    own_x, own_t_x, own_T = distinct[:, 0], distinct[:, 1] / unit, distinct[:, 2] / unit

    def loss(logs):
        parameters = np.exp(logs)
        values = _log_likelihoods(kind, parameters, own_x, own_t_x, own_T)
        mean = (counts * values).sum() / counts.sum()
        return -mean + penalty * (parameters**2).sum()

    fits = [
        minimize(
            loss,
            np.log(start),
            method="L-BFGS-B",
            bounds=[_BOUNDS] * 4,
            options={"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-9},
        )
        for start in _STARTS[kind]
    ]
    best = min(fits, key=lambda fit: fit.fun)
    # L-BFGS stops short on flat ground; a simplex finishes
    best = minimize(
        loss,
        best.x,
        method="Nelder-Mead",
        bounds=[_BOUNDS] * 4,
        # ten times what a fit needs that does not run to the edge
        options={"maxfev": 4000, "xatol": 1e-9, "fatol": 1e-13},
    )
    found = np.exp(best.x)
    values = _log_likelihoods(kind, found, own_x, own_t_x, own_T)
    # the density of x purchases at given times scales with the unit to the power x
    total = (counts * (values - own_x * np.log(unit))).sum()
    is_rate = [False, True, False, kind == "pareto_nbd"]
    shapes = found[[0, 2, 3]]
    return MODELS[kind](
        kind,
        *(float(value) for value in np.where(is_rate, found * unit, found)),
        log_likelihood=float(total),
        is_at_boundary=bool((shapes > _EDGE).any() or (shapes < 1 / _EDGE).any()),
    )


def _log_likelihoods(kind, parameters, x, t_x, T):  # noqa: N803
    """Log-likelihood of each customer, x in ascending order.

    Equation 3 of Fader, Hardie & Lee (2005), and its counterparts.
    """
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters
    # the functions that take longest are functions of x alone
    is_first = np.append(True, x[1:] != x[:-1])
    n_bought, own = x[is_first], np.cumsum(is_first) - 1
    bought = (gammaln(r + n_bought) - gammaln(r))[own] + r * np.log(alpha)
    if kind == "pareto_nbd":
        alive, stopped = _pareto_cases(parameters, x, t_x, T)
        return bought + a * np.log(b) + np.logaddexp(alive, stopped)
    alive = -(r + x) * np.log(alpha + T)
    stopped = -(r + x) * np.log(alpha + t_x)
    if kind == "mbg_nbd":
        alive = alive + betaln(a, b + n_bought + 1.0)[own] - betaln(a, b)
        stopped = stopped + betaln(a + 1.0, b + n_bought)[own] - betaln(a, b)
        return bought + np.logaddexp(alive, stopped)
    alive = alive + betaln(a, b + n_bought)[own] - betaln(a, b)
    again = np.maximum(n_bought, 1.0)
    stopped = stopped + betaln(a + 1.0, b + again - 1.0)[own] - betaln(a, b)
    return bought + np.where(x > 0, np.logaddexp(alive, stopped), alive)


def _pareto_cases(parameters, x, t_x, T):  # noqa: N803
    """Logarithms of the two cases of Pareto/NBD, up to what they have in common.

    Parameters
    ----------
    parameters : tuple of float
        r, alpha, s and beta.
    x, t_x, T : ndarray of shape (n,)

    Returns
    -------
    alive, stopped : ndarray of shape (n,)
        The customer lives at T, or stopped between t_x and T: the two terms of the
        likelihood in Fader & Hardie (2005), A note on deriving the Pareto/NBD model.
        The integral is taken by Gauss's rule on a logarithmic scale, and as far as it
        adds anything: their hypergeometric function overflows, or has no value in
        SciPy, for customers who bought thousands of times or at the edge of the
        parameters.
    """
    r, alpha, s, beta = parameters
    # exponents of the times past the smaller and past the larger rate
    exponents = (r + x, s) if alpha <= beta else (s, r + x)
    smaller, larger = min(alpha, beta), max(alpha, beta)
    start, start_of_larger = np.log(smaller + t_x), np.log(larger + t_x)
    # how fast being alive loses likelihood, which is slowest at the start
    slope = exponents[0] + exponents[1] * (smaller + t_x) / (larger + t_x)
    width = np.minimum(np.log(smaller + T) - start, _NOTHING_LEFT / slope)
    total = np.zeros(x.shape)
    for node, weight in zip(*_LEGENDRE, strict=True):
        passed = (node + 1.0) / 2.0 * width
        since = np.exp(start + passed)
        since_larger = since + (larger - smaller)
        lost = exponents[0] * passed
        lost += exponents[1] * (np.log(since_larger) - start_of_larger)
        steps = since / since_larger if alpha <= beta else 1.0
        total += weight * np.exp(-lost) * steps
    early = -exponents[0] * start - exponents[1] * start_of_larger
    alive = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    # nobody has stopped who was last seen at T
    with np.errstate(divide="ignore"):
        return alive, np.log(s * width / 2.0 * total) + early


def fit_spend(x, mean_spend, penalty=0.0):
    """Fit Gamma-Gamma by maximum likelihood.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Purchases that the mean is of; customers with 0 are left out.
    mean_spend : ndarray of shape (n,)
        Mean value of a purchase; customers with nothing or less are left out.
    penalty : float
        As in fit_purchases.

    Returns
    -------
    SpendModel

    Raises
    ------
    CannotFit
        If fewer than ten customers are left.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    x, mean_spend = (np.asarray(values, dtype=float) for values in (x, mean_spend))
    kept = (x > 0) & (mean_spend > 0)
    if kept.sum() < 10:
        raise CannotFit(
            f"{kept.sum()} customers with a purchase of some value are too few to tell "
            "what a purchase is worth"
        )
    x, unit = x[kept], float(np.median(mean_spend[kept]))
    spend = mean_spend[kept] / unit

    def log_likelihood(logs):
        p, q, v = np.exp(logs)
        return (
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(v)
            + (p * x - 1.0) * np.log(spend)
            + p * x * np.log(x)
            - (p * x + q) * np.log(x * spend + v)
        )

    def loss(logs):
        return -log_likelihood(logs).mean() + penalty * (np.exp(logs) ** 2).sum()

    best = minimize(
        loss,
        np.log([2.0, 3.0, 2.0]),
        method="L-BFGS-B",
        bounds=[_BOUNDS] * 3,
        options={"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-9},
    )
    best = minimize(
        loss,
        best.x,
        method="Nelder-Mead",
        bounds=[_BOUNDS] * 3,
        options={"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-13},
    )
    p, q, v = np.exp(best.x)
    total = (log_likelihood(best.x) - np.log(unit)).sum()
    return SpendModel(float(p), float(q), float(v * unit), float(total))
