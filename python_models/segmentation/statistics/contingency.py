"""Chi-square tests of tables of counts, with sparse outcomes pooled first."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

# below this the chi-square distribution is a poor guide (Cochran 1954, Biometrics 10)
MINIMUM_EXPECTED = 5.0
ONE_OUTCOME = "all customers went the same way, then and before"
TOO_FEW = "too few customers: no two outcomes with 5 expected in each row"


@dataclass(frozen=True)
class Verdict:
    """What a chi-square test found, or why there was none.

    Attributes
    ----------
    statistic : float
        Chi-square, 0 or more; NaN if there was no test.
    dof : int
        Degrees of freedom; 0 if there was no test.
    p_value : float
        0 to 1; NaN if there was no test.
    reason : str or None
        Why there was no test; None if there was one.
    """

    statistic: float
    dof: int
    p_value: float
    reason: str | None = None


def untested(reason):
    """The verdict of a test that was not made, and why."""
    return Verdict(np.nan, 0, np.nan, reason)


def check_counts(counts, n_axes):
    """Counts as floats, or a ValueError that says what they are not."""
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != n_axes:
        raise ValueError(f"counts have {counts.ndim} axes, not {n_axes}")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError("counts must be finite and not below 0")
    return counts


def _merge_smallest(table, axis):
    """Add the row or column with the smallest sum to that with the second smallest."""
    table = np.moveaxis(table, axis, 0)
    order = np.argsort(table.sum(axis=1), kind="stable")
    table = table.copy()
    table[order[1]] += table[order[0]]
    return np.moveaxis(np.delete(table, order[0], axis=0), 0, axis)


def pool_sparse(table, pool_rows=False, minimum_expected=MINIMUM_EXPECTED):
    """Merge small columns, and rows, until all expected counts are large enough.

    Parameters
    ----------
    table : array of shape (r, c)
        Counts, 0 or more; rows are compared, columns are outcomes.
    pool_rows : bool
        Whether rows may be merged too.
    minimum_expected : float

    Returns
    -------
    ndarray of shape (r', c')
        Without empty rows and columns; fewer than two rows or columns if there is
        nothing to compare, or if merging left too little.

    Raises
    ------
    ValueError
        If counts are negative or not finite.
    """
    table = check_counts(table, 2)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    while min(table.shape) >= 2:
        expected = stats.contingency.expected_freq(table)
        if expected.min() >= minimum_expected:
            break
        smallest = [table.sum(axis=1 - axis).min() for axis in (0, 1)]
        can_pool_rows = pool_rows and table.shape[0] > 2
        by_rows = can_pool_rows and (table.shape[1] == 2 or smallest[0] < smallest[1])
        table = _merge_smallest(table, 0 if by_rows else 1)
    return table


def compare_rows(table, pool_rows=False, likelihood_ratio=False):
    """Chi-square test of whether all rows have the same distribution over the columns.

    Parameters
    ----------
    table : array of shape (r, c)
        Counts; pooled by pool_sparse first.
    pool_rows : bool
        Whether sparse rows may be merged too.
    likelihood_ratio : bool
        G instead of Pearson's statistic.

    Returns
    -------
    Verdict
    """
    table = check_counts(table, 2)
    if (table.sum(axis=1) > 0).sum() >= 2 and (table.sum(axis=0) > 0).sum() < 2:
        return untested(ONE_OUTCOME)
    pooled = pool_sparse(table, pool_rows)
    if min(pooled.shape) < 2:
        return untested(TOO_FEW)
    found = stats.chi2_contingency(
        pooled,
        correction=False,
        lambda_="log-likelihood" if likelihood_ratio else "pearson",
    )
    # identical rows give a G of 0 but for rounding
    statistic = max(float(found.statistic), 0.0)
    return Verdict(statistic, int(found.dof), float(found.pvalue))


def combine(verdicts):
    """Sum independent chi-square tests into one; those without a test do not count.

    Parameters
    ----------
    verdicts : sequence of Verdict

    Returns
    -------
    Verdict
        With the commonest reason, first by alphabet, if none of them is a test.
    """
    tested = [verdict for verdict in verdicts if verdict.reason is None]
    if not tested:
        reasons = sorted({verdict.reason for verdict in verdicts}) or [TOO_FEW]
        return untested(
            max(reasons, key=[verdict.reason for verdict in verdicts].count)
        )
    statistic = float(sum(verdict.statistic for verdict in tested))
    dof = sum(verdict.dof for verdict in tested)
    return Verdict(statistic, dof, float(stats.chi2.sf(statistic, dof)))
