"""Randomised experiments: how many customers they take, and whether the arms are sound.

Pure functions of counts and rates; no customer is ever read.
"""

import numpy as np
from scipy import optimize, stats

from segmentation.experiments.comparisons import SIGNIFICANCE

POWER = 0.80
# Fabijan et al. (2019), KDD, section 5: below it the split is broken, not unlucky
SRM_SIGNIFICANCE = 0.0005


def check_sample_ratio(n_observed, shares):
    """Test whether the arms have the sizes that were planned.

    Parameters
    ----------
    n_observed : array of shape (a,)
        Customers in each arm, 0 or more.
    shares : array of shape (a,)
        Planned shares, above 0; they need not sum to 1.

    Returns
    -------
    n_expected : ndarray of shape (a,)
    p_value : float
        Pearson's chi-square; 1 without customers. Below SRM_SIGNIFICANCE nothing may be
        read: whatever moved customers between the arms may have chosen them.

    Raises
    ------
    ValueError
        If there are not two arms, a share is not above 0 or a count is below 0.
    """
    n_observed = np.asarray(n_observed, dtype=float)
    shares = np.asarray(shares, dtype=float)
    if len(n_observed) < 2 or n_observed.shape != shares.shape:
        raise ValueError(
            f"{len(n_observed)} arms with {len(shares)} planned shares: an experiment "
            "has two arms or more, and a share for each"
        )
    if not (shares > 0).all() or (n_observed < 0).any():
        raise ValueError(
            f"planned shares {shares.tolist()} of {n_observed.tolist()} customers: "
            "shares must be above 0 and counts not below; correct treatment_share in "
            "segmentation_experiments"
        )
    n_expected = n_observed.sum() * shares / shares.sum()
    if n_observed.sum() == 0:
        return n_expected, 1.0
    return n_expected, float(stats.chisquare(n_observed, n_expected).pvalue)


def planned_shares(arms, treatment_share):
    """Planned share of each arm.

    Parameters
    ----------
    arms : sequence of str
        One of them `control`.
    treatment_share : float
        Share of all arms but the control together, which divide it evenly.

    Returns
    -------
    ndarray of shape (len(arms),)
    """
    n_treatments = max(len(arms) - 1, 1)
    return np.array(
        [
            1 - treatment_share if arm == "control" else treatment_share / n_treatments
            for arm in arms
        ]
    )


def required_customers(base_rate, effect, treatment_share):
    """Customers, of all arms together, that an effect on a rate takes to be found.

    Parameters
    ----------
    base_rate : float
        Rate without treatment, 0 to 1.
    effect : float
        Difference to find, not 0.
    treatment_share : float
        Above 0 and below 1.

    Returns
    -------
    float
        For power POWER at two-sided SIGNIFICANCE; NaN if either rate is not inside
        (0, 1), where nothing can be planned.

    Notes
    -----
    Fleiss, Levin & Paik (2003), Statistical methods for rates and proportions, eq. 4.14
    (4.19 for unequal arms), without continuity correction.
    """
    rate = base_rate + effect
    if not (0 < base_rate < 1 and 0 < rate < 1) or effect == 0:
        return np.nan
    share = treatment_share
    mean = share * rate + (1 - share) * base_rate
    null = np.sqrt(mean * (1 - mean) / (share * (1 - share)))
    alternative = np.sqrt(
        rate * (1 - rate) / share + base_rate * (1 - base_rate) / (1 - share)
    )
    z_null, z_power = stats.norm.isf(SIGNIFICANCE / 2), stats.norm.ppf(POWER)
    return float(((z_null * null + z_power * alternative) / effect) ** 2)


def minimum_detectable_effect(base_rate, n_customers, treatment_share):
    """Smallest rise of a rate that so many customers can be expected to show.

    Parameters
    ----------
    base_rate : float
        Rate without treatment, 0 to 1.
    n_customers : int
        Of all arms together.
    treatment_share : float
        Above 0 and below 1.

    Returns
    -------
    float
        The effect that required_customers asks `n_customers` for; NaN if there is none.
    """
    highest = 1 - base_rate - 1e-9
    if not 0 < base_rate < 1 or highest <= 1e-9:
        return np.nan

    def lacking(effect):
        return required_customers(base_rate, effect, treatment_share) - n_customers

    if lacking(highest) > 0:
        return np.nan
    return float(optimize.brentq(lacking, 1e-9, highest, xtol=1e-12))
