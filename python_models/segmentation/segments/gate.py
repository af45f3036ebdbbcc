"""The gate between a fit and publication: what must hold, and why it does not."""

from dataclasses import dataclass

import numpy as np

from segmentation.statistics.validity import MIN_STABILITY_MEAN, MIN_STABILITY_P5

# A segmentation that a simple binning reproduces is the binning.
MAX_TRIVIALITY = 0.90
# Smaller segments are outliers by another name.
MIN_SMALLEST_SHARE = 0.005
# How much less distinct than the champion a challenger may be, on the same customers.
MAX_SILHOUETTE_LOSS = 0.03
# A refit of the same recipe that keeps fewer in their segment has changed its meaning.
MIN_KEPT_SHARE = 0.50
# Silhouette above the better null from which one may speak of groups.
MIN_STRUCTURE_EXCESS = 0.10


@dataclass(frozen=True)
class Finding:
    """One criterion: what was measured, whether it passed, and why not.

    `is_binding` says whether failing it refuses the fit, or is only published.
    """

    criterion: str
    measured: float
    has_passed: bool
    words: str
    is_binding: bool = True


def judge(metrics, must_be_stable=True):
    """Hold a fit against the criteria.

    Parameters
    ----------
    metrics : dict
        `stability_mean`, `stability_p5`, `triviality_ari`, `triviality_binning`,
        `smallest_share`; beside a champion on the same snapshot `silhouette`,
        `champion_silhouette` and `kept_share`. What is absent or NaN is not judged.
    must_be_stable : bool
        False publishes, with the words, segments that resamples do not find again: for
        a partition that is asked for in so many parts and never called more than one.

    Returns
    -------
    list of Finding
    """
    findings = []

    def at_least(criterion, measured, bound, why, is_binding=True):
        has_passed = measured >= bound
        _compare(
            findings, criterion, measured, has_passed, bound, "under", why, is_binding
        )

    at_least(
        "stability_mean",
        metrics.get("stability_mean", np.nan),
        MIN_STABILITY_MEAN,
        "refits on resamples of the customers find other segments",
        must_be_stable,
    )
    at_least(
        "stability_p5",
        metrics.get("stability_p5", np.nan),
        MIN_STABILITY_P5,
        "one refit in twenty finds quite other segments",
        must_be_stable,
    )
    at_least(
        "smallest_share",
        metrics.get("smallest_share", np.nan),
        MIN_SMALLEST_SHARE,
        "the smallest segment is a handful of outliers",
    )
    triviality = metrics.get("triviality_ari", np.nan)
    _compare(
        findings,
        "triviality_ari",
        triviality,
        triviality < MAX_TRIVIALITY,
        MAX_TRIVIALITY,
        "not under",
        f"the segments are nothing but {metrics.get('triviality_binning')}",
    )
    loss = metrics.get("champion_silhouette", np.nan) - metrics.get(
        "silhouette", np.nan
    )
    _compare(
        findings,
        "silhouette_loss",
        loss,
        loss <= MAX_SILHOUETTE_LOSS,
        MAX_SILHOUETTE_LOSS,
        "over",
        "the active version tells these customers apart better",
    )
    at_least(
        "kept_share",
        metrics.get("kept_share", np.nan),
        MIN_KEPT_SHARE,
        "most customers would change their segment without having changed",
    )
    return findings


def _compare(
    findings, criterion, measured, has_passed, bound, relation, why, is_binding=True
):
    """Add a finding unless there is nothing to judge."""
    if measured is None or np.isnan(measured):
        return
    words = "passed" if has_passed else f"{measured:.3f} is {relation} {bound:g}: {why}"
    if not (has_passed or is_binding):
        words += "; published all the same, as a partition in the number asked for"
    findings.append(
        Finding(criterion, float(measured), bool(has_passed), words, is_binding)
    )


def failure(findings):
    """The reasons of all binding criteria that failed, or None if all passed.

    Parameters
    ----------
    findings : list of Finding

    Returns
    -------
    str or None
    """
    failed = [
        f"{f.criterion} {f.words}"
        for f in findings
        if f.is_binding and not f.has_passed
    ]
    return "; ".join(failed) or None


def structure(excess, is_density, has_density_structure):
    """What the segments may be called.

    Parameters
    ----------
    excess : float
        Silhouette above the better null; NaN if unknown.
    is_density, has_density_structure : bool
        Whether the method is density, and whether it found valid clusters.

    Returns
    -------
    str
        `density clusters`, `groups`, or `partition`: a useful division of customers
        that has no gaps in it.
    """
    if is_density:
        return "density clusters" if has_density_structure else "partition"
    return "groups" if excess >= MIN_STRUCTURE_EXCESS else "partition"
