"""Randomised experiments: what the arms differ by, and how sure that is.

Pure functions on arrays; no customer id is ever read. Reading is by intention to treat:
an arm is everybody assigned to it, reached or not. An effect is treatment less control.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
# customers that an arm needs before a mean is taken for normal
MINIMUM_IN_ARM = 30


@dataclass(frozen=True)
class Effect:
    """A difference between treatment and control.

    Attributes
    ----------
    control_mean, treatment_mean : float
        In the metric's unit per customer; rates 0 to 1.
    effect : float
        Treatment less control.
    standard_error : float
    ci_low, ci_high : float
        95 % interval of the effect.
    p_value : float
        Two-sided; NaN if the arms have no variance to judge by.
    variance_reduction : float
        Share of the effect's variance that the covariate took away; 0 without one.
    """

    control_mean: float
    treatment_mean: float
    effect: float
    standard_error: float
    ci_low: float
    ci_high: float
    p_value: float
    variance_reduction: float = 0.0


def _wilson(n_successes, n_customers):
    """Wilson's (1927) interval of a share, without continuity correction."""
    found = stats.binomtest(int(n_successes), int(n_customers)).proportion_ci(
        CONFIDENCE, method="wilson"
    )
    return found.low, found.high


def compare_rates(treatment, control):
    """Difference of two shares of customers.

    Parameters
    ----------
    treatment, control : array of shape (n,)
        0 or 1 of each customer; at least one each.

    Returns
    -------
    Effect
        With Newcombe's hybrid score interval and the p-value of the score test.

    Notes
    -----
    Newcombe (1998), Stat. Med. 17, 873-890, method 10: each end is as far from the
    difference as the nearer ends of both Wilson intervals together.
    """
    sums = np.array([np.sum(treatment), np.sum(control)], dtype=float)
    counts = np.array([len(treatment), len(control)], dtype=float)
    rates = sums / counts
    effect = rates[0] - rates[1]
    (low_t, high_t), (low_c, high_c) = map(_wilson, sums, counts)
    ci_low = effect - np.hypot(rates[0] - low_t, high_c - rates[1])
    ci_high = effect + np.hypot(high_t - rates[0], rates[1] - low_c)
    pooled = sums.sum() / counts.sum()
    spread = np.sqrt(pooled * (1 - pooled) * (1 / counts).sum())
    p_value = 2 * stats.norm.sf(abs(effect) / spread) if spread > 0 else np.nan
    return Effect(
        control_mean=float(rates[1]),
        treatment_mean=float(rates[0]),
        effect=float(effect),
        # that of a normal with this interval: above 0 even where nobody, or all, bought
        standard_error=float((ci_high - ci_low) / (2 * stats.norm.isf(0.025))),
        ci_low=float(ci_low),
        ci_high=float(ci_high),
        p_value=float(p_value),
    )


def compare_means(treatment, control):
    """Difference of two means by Welch (1947); variances may differ.

    Parameters
    ----------
    treatment, control : array of shape (n,)
        At least two values each.

    Returns
    -------
    Effect
        Without variance in either arm the interval has no width, and no p-value.
    """
    treatment, control = (
        np.asarray(values, dtype=float) for values in (treatment, control)
    )
    parts = np.array(
        [values.var(ddof=1) / len(values) for values in (treatment, control)]
    )
    effect = treatment.mean() - control.mean()
    standard_error = np.sqrt(parts.sum())
    margin, p_value = 0.0, np.nan
    if standard_error > 0:
        dof = (
            parts.sum() ** 2
            / (parts**2 / np.array([len(treatment) - 1, len(control) - 1])).sum()
        )
        margin = stats.t.isf((1 - CONFIDENCE) / 2, dof) * standard_error
        p_value = 2 * stats.t.sf(abs(effect) / standard_error, dof)
    return Effect(
        control_mean=float(control.mean()),
        treatment_mean=float(treatment.mean()),
        effect=float(effect),
        standard_error=float(standard_error),
        ci_low=float(effect - margin),
        ci_high=float(effect + margin),
        p_value=float(p_value),
    )


def adjust_for_covariate(treatment, control, treatment_before, control_before):
    """Difference of two means with less noise: CUPED.

    Parameters
    ----------
    treatment, control : array of shape (n,)
        Outcome of each customer.
    treatment_before, control_before : array of shape (n,)
        A covariate known before the assignment, such as the outcome of the period
        before.

    Returns
    -------
    Effect
        Of the adjusted outcomes, by Welch; so are the means, at the level of all
        customers together. A covariate that is constant changes nothing.

    Notes
    -----
    Deng, Xu, Kohavi & Walker (2013), WSDM, eq. 4: theta = cov(Y, X) / var(X), here
    pooled within the arms, so that the effect itself does not enter theta.
    """
    arms = [
        (np.asarray(values, dtype=float), np.asarray(before, dtype=float))
        for values, before in (
            (treatment, treatment_before),
            (control, control_before),
        )
    ]
    squares = sum(((before - before.mean()) ** 2).sum() for _, before in arms)
    products = sum(
        ((values - values.mean()) * (before - before.mean())).sum()
        for values, before in arms
    )
    theta = products / squares if squares > 0 else 0.0
    level = np.concatenate([before for _, before in arms]).mean()
    adjusted = compare_means(
        *(values - theta * (before - level) for values, before in arms)
    )
    plain = compare_means(treatment, control)
    reduction = 0.0
    if plain.standard_error > 0:
        reduction = 1 - (adjusted.standard_error / plain.standard_error) ** 2
    return replace(adjusted, variance_reduction=float(reduction))


def steady_effect(found, variance, n_treatment, n_control):
    """Effect in a stratum, as if each arm had one more customer of average variance.

    Parameters
    ----------
    found : Effect
        A difference of means.
    variance : float
        Of the metric among all customers of the experiment, 0 or more.
    n_treatment, n_control : int
        Customers of the stratum.

    Returns
    -------
    Effect
        With a wider interval, by the normal distribution. A stratum in which nobody
        happened to order has no variance of its own, and is no certainty for that.
    """
    standard_error = np.sqrt(
        found.standard_error**2 + variance * (n_treatment**-2.0 + n_control**-2.0)
    )
    if standard_error == 0:
        return found
    margin = stats.norm.isf((1 - CONFIDENCE) / 2) * standard_error
    return replace(
        found,
        standard_error=float(standard_error),
        ci_low=float(found.effect - margin),
        ci_high=float(found.effect + margin),
        p_value=float(2 * stats.norm.sf(abs(found.effect) / standard_error)),
    )


def bootstrap_means(treatment, control, n_resamples, random_seed):
    """Difference of two means with a percentile interval of the bootstrap.

    Parameters
    ----------
    treatment, control : array of shape (n,)
        At least one value each.
    n_resamples : int
    random_seed : int

    Returns
    -------
    Effect
        Without a p-value.

    Notes
    -----
    Efron (1979), Ann. Stat. 7, 1-26. Customers with the same value are drawn together:
    the multinomial of distinct values is the same bootstrap, and short where most
    customers bought nothing.
    """
    rng = np.random.default_rng(random_seed)
    drawn = [
        _draw_means(np.asarray(values, dtype=float), n_resamples, rng)
        for values in (treatment, control)
    ]
    differences = drawn[0] - drawn[1]
    ci_low, ci_high = np.quantile(differences, [0.025, 0.975])
    return Effect(
        control_mean=float(np.mean(control)),
        treatment_mean=float(np.mean(treatment)),
        effect=float(np.mean(treatment) - np.mean(control)),
        standard_error=float(differences.std(ddof=1)),
        ci_low=float(ci_low),
        ci_high=float(ci_high),
        p_value=np.nan,
    )


def _draw_means(values, n_resamples, rng):
    """Means of resamples, a few million counts at a time."""
    distinct, counts = np.unique(values, return_counts=True)
    n_at_once = max(2_000_000 // len(distinct), 1)
    return np.concatenate(
        [
            rng.multinomial(
                len(values),
                counts / len(values),
                min(n_at_once, n_resamples - start),
            )
            @ distinct
            / len(values)
            for start in range(0, n_resamples, n_at_once)
        ]
    )
