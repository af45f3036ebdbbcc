"""How customers move between segments: did a period differ, and what lies ahead.

All functions work on counts of transitions; no customer is ever read. A step is one
snapshot interval; counts[i, j] are the customers that a step found in segment i at its
start and in segment j at its end.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import stats

# below this the chi-square distribution is a poor guide (Cochran 1954, Biometrics 10)
MINIMUM_EXPECTED = 5.0
SIGNIFICANCE = 0.05
N_WEEKS = 52
# a block of time has at least so many steps, so that its rates can be told
STEPS_PER_BLOCK = 4
N_DRAWS = 1000
# fewer groups of customers than this say nothing of how groups differ
MINIMUM_GROUPS = 10
ALL = "all"

ONE_OUTCOME = "all customers went the same way, then and before"
TOO_YOUNG = "the scheme is younger than the confirmation, or changed in the period"
TOO_FEW = "too few customers: no two outcomes with 5 expected in each row"

TESTS_SCHEMA = pa.schema(
    [
        ("segment_migration_test_id", pa.string()),
        ("grain", pa.string()),
        ("from_segment_id", pa.string()),
        ("n_from", pa.int64()),
        ("n_from_earlier", pa.int64()),
        ("statistic", pa.float64()),
        ("dof", pa.int64()),
        ("p_value", pa.float64()),
        ("q_value", pa.float64()),
        ("untested_reason", pa.string()),
        ("period_end_date", pa.date32()),
    ]
)
CHAIN_SCHEMA = pa.schema(
    [
        ("chain_value_id", pa.string()),
        ("part", pa.string()),
        ("check_name", pa.string()),
        ("from_segment_id", pa.string()),
        ("to_segment_id", pa.string()),
        ("item", pa.string()),
        ("numeric_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)


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


def _untested(reason):
    return Verdict(np.nan, 0, np.nan, reason)


def _check_counts(counts, n_axes):
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
    table = _check_counts(table, 2)
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
    table = _check_counts(table, 2)
    if (table.sum(axis=1) > 0).sum() >= 2 and (table.sum(axis=0) > 0).sum() < 2:
        return _untested(ONE_OUTCOME)
    pooled = pool_sparse(table, pool_rows)
    if min(pooled.shape) < 2:
        return _untested(TOO_FEW)
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
        return _untested(
            max(reasons, key=[verdict.reason for verdict in verdicts].count)
        )
    statistic = float(sum(verdict.statistic for verdict in tested))
    dof = sum(verdict.dof for verdict in tested)
    return Verdict(statistic, dof, float(stats.chi2.sf(statistic, dof)))


def adjust_p_values(p_values):
    """q-values of Benjamini & Hochberg (1995); NaN stays NaN and does not count.

    Parameters
    ----------
    p_values : array of shape (m,)
        0 to 1, or NaN.

    Returns
    -------
    ndarray of shape (m,)
    """
    p_values = np.asarray(p_values, dtype=float)
    q_values = np.full(p_values.shape, np.nan)
    tested = ~np.isnan(p_values)
    if tested.any():
        q_values[tested] = stats.false_discovery_control(p_values[tested], method="bh")
    return q_values


def transition_matrix(counts):
    """Maximum-likelihood transition probabilities.

    Parameters
    ----------
    counts : array of shape (k, k)

    Returns
    -------
    ndarray of shape (k, k)
        Rows sum to 1. A segment that nobody was ever seen to leave from keeps its
        customers.
    """
    counts = _check_counts(counts, 2)
    return _as_probabilities(counts)


def _as_probabilities(counts):
    """As transition_matrix, for counts or weights of shape (..., k, k)."""
    totals = counts.sum(axis=-1, keepdims=True)
    stay = np.broadcast_to(np.eye(counts.shape[-1]), counts.shape)
    return np.where(totals > 0, counts / np.where(totals > 0, totals, 1), stay)


def expected_weeks(matrix, n_steps=N_WEEKS, n_weeks=N_WEEKS):
    """Weeks that a customer is expected to spend in each segment.

    Parameters
    ----------
    matrix : ndarray of shape (k, k)
        Transition probabilities of one step.
    n_steps : int
        Steps ahead, at least 1; together they are `n_weeks` long.
    n_weeks : float

    Returns
    -------
    ndarray of shape (k, k)
        Weeks in segment j of one who starts in i; rows sum to `n_weeks`. A step counts
        for the segment that it begins in, the first for the starting segment.

    Notes
    -----
    Kemeny & Snell (1960), Finite Markov chains: the sum of the powers 0 to n - 1.
    """
    if n_steps < 1:
        raise ValueError(f"{n_steps} steps ahead: at least 1 is needed")
    power = np.eye(len(matrix))
    visits = power.copy()
    for _ in range(n_steps - 1):
        power = power @ matrix
        visits += power
    return visits * (n_weeks / n_steps)


def long_run_shares(matrix):
    """Share of time in each segment in the long run, by starting segment.

    Parameters
    ----------
    matrix : ndarray of shape (k, k)
        Transition probabilities of one step.

    Returns
    -------
    ndarray of shape (k, k)
        Rows sum to 1, and are equal if every segment leads to the same lasting ones:
        then they are the stationary distribution.

    Notes
    -----
    (P + I) / 2 has the same long-run shares as P and no periods, so its powers
    converge; sixty squarings are 2^60 steps.
    """
    power = (np.asarray(matrix, dtype=float) + np.eye(len(matrix))) / 2
    for _ in range(60):
        power = power @ power
        power /= power.sum(axis=1, keepdims=True)
    return power


def mean_step_amounts(amounts, n_valued):
    """Mean net revenue of a customer in a step, by the segment that it begins in.

    Parameters
    ----------
    amounts : array of shape (..., k)
        Net revenue of the steps, in the reporting currency; may be negative.
    n_valued : array of shape (..., k)
        Steps (customers times periods) that the amounts are of, or their weights.

    Returns
    -------
    ndarray of shape (..., k)
        A segment without steps has the mean of all.
    """
    amounts = np.asarray(amounts, dtype=float)
    n_valued = np.asarray(n_valued, dtype=float)
    totals = n_valued.sum(axis=-1, keepdims=True)
    overall = amounts.sum(axis=-1, keepdims=True) / np.where(totals > 0, totals, 1)
    own = amounts / np.where(n_valued > 0, n_valued, 1)
    return np.where(n_valued > 0, own, overall)


def expected_amounts(matrix, step_amounts, n_steps):
    """Net revenue expected over the steps ahead, by starting segment.

    Parameters
    ----------
    matrix : ndarray of shape (..., k, k)
    step_amounts : ndarray of shape (..., k)
        Mean net revenue of a step, by the segment that it begins in.
    n_steps : int

    Returns
    -------
    ndarray of shape (..., k)

    Notes
    -----
    Howard (1960), Dynamic programming and Markov processes: v(n) = r + P v(n - 1).
    """
    values = step_amounts
    for _ in range(n_steps - 1):
        values = step_amounts + np.einsum("...ij,...j->...i", matrix, values)
    return values


def bootstrap_amounts(
    group_counts, group_amounts, group_n_valued, n_steps, random_seed, n_draws=N_DRAWS
):
    """95 % interval of expected_amounts, by the Bayesian bootstrap over groups.

    Parameters
    ----------
    group_counts : array of shape (g, k, k)
        Transitions of each of g random groups of customers.
    group_amounts, group_n_valued : array of shape (g, k)
        See mean_step_amounts.
    n_steps : int
    random_seed : int
    n_draws : int

    Returns
    -------
    lower, upper : ndarray of shape (k,)
        NaN for a starting segment that fewer than MINIMUM_GROUPS groups were seen in,
        or whose groups do not differ: that nothing was seen says not how rare it is.

    Notes
    -----
    Rubin (1981), Ann. Stat. 9, 130-134. Groups, not transitions, are drawn, since a
    customer's weeks are not independent of one another; weights, not whole groups, so
    that no draw lacks a segment.
    """
    group_counts = _check_counts(group_counts, 3)
    n_groups, k, _ = group_counts.shape
    bounds = np.full((2, k), np.nan)
    n_seen = (group_counts.sum(axis=2) > 0).sum(axis=0)
    if n_groups == 0 or not (n_seen >= MINIMUM_GROUPS).any():
        return bounds[0], bounds[1]
    weights = np.random.default_rng(random_seed).dirichlet(np.ones(n_groups), n_draws)
    counts = np.einsum("dg,gij->dij", weights, group_counts)
    amounts = np.einsum("dg,gi->di", weights, np.asarray(group_amounts, dtype=float))
    n_valued = np.einsum("dg,gi->di", weights, np.asarray(group_n_valued, dtype=float))
    values = expected_amounts(
        _as_probabilities(counts), mean_step_amounts(amounts, n_valued), n_steps
    )
    drawn = np.quantile(values, [0.025, 0.975], axis=0)
    has_interval = (n_seen >= MINIMUM_GROUPS) & ~np.isclose(*drawn, rtol=1e-9, atol=0)
    bounds[:, has_interval] = drawn[:, has_interval]
    return bounds[0], bounds[1]


def check_order_0(counts):
    """Order 1 against order 0: does the next segment depend on the present one?

    Parameters
    ----------
    counts : array of shape (k, k)

    Returns
    -------
    Verdict
        Likelihood-ratio test; degrees of freedom of the rows and columns that occur.

    Notes
    -----
    Anderson & Goodman (1957), Ann. Math. Stat. 28, 89-110, section 4.
    """
    return compare_rows(counts, pool_rows=True, likelihood_ratio=True)


def check_order_2(counts):
    """Order 2 against order 1: does it matter where a customer came from?

    Parameters
    ----------
    counts : array of shape (k, k, k)
        Customers by segment before, now and next.

    Returns
    -------
    Verdict
        Likelihood-ratio tests of before against next, summed over the segments now;
        degrees of freedom of the rows and columns that occur in each.

    Notes
    -----
    Anderson & Goodman (1957), section 4.
    """
    counts = _check_counts(counts, 3)
    return combine(
        [
            compare_rows(counts[:, j], pool_rows=True, likelihood_ratio=True)
            for j in range(counts.shape[1])
        ]
    )


def check_stationarity(counts):
    """Did the transition probabilities stay the same over time?

    Parameters
    ----------
    counts : array of shape (t, k, k)
        Transitions of each step, oldest first; summed to blocks of at least
        STEPS_PER_BLOCK steps, two blocks if there are fewer steps.

    Returns
    -------
    Verdict
        Likelihood-ratio tests of block against next segment, summed over the segments.

    Notes
    -----
    Anderson & Goodman (1957), section 3.
    """
    counts = _check_counts(counts, 3)
    if len(counts) < 2:
        return _untested(f"{len(counts)} periods: at least 2 are needed")
    n_blocks = max(len(counts) // STEPS_PER_BLOCK, 2)
    blocks = np.array([block.sum(axis=0) for block in np.array_split(counts, n_blocks)])
    return combine(
        [
            compare_rows(blocks[:, i], pool_rows=True, likelihood_ratio=True)
            for i in range(blocks.shape[1])
        ]
    )


CHECKS = {
    "order_1_against_order_0": (
        "order 0 is enough: the segment a customer is in says nothing of the next",
        "order 1 is needed: the next segment depends on the one a customer is in",
    ),
    "order_2_against_order_1": (
        "order 1 is enough: where a customer came from adds nothing that shows",
        "order 1 is not enough: where a customer came from matters too",
    ),
    "stationarity": (
        "stationary: no change of the transition rates over time shows",
        "not stationary: the transition rates changed over time",
    ),
}
WITHHELD = "withheld"


def _tensor(rows, axes):
    """Sum `n_customers` of rows by the values of their keys.

    Parameters
    ----------
    rows : list of dict
    axes : sequence of (str, list)
        Key and its sorted values, one per axis.

    Returns
    -------
    ndarray
        Of one axis per key.
    """
    places = [{value: n for n, value in enumerate(values)} for _, values in axes]
    found = np.zeros([len(values) for _, values in axes])
    for row in rows:
        at = tuple(
            place[row[key]] for place, (key, _) in zip(places, axes, strict=True)
        )
        found[at] += row["n_customers"]
    return found


def compare_migrations(rows):
    """Compare each period's outflows with those of the earlier periods.

    Parameters
    ----------
    rows : list of dict
        `grain`, `period_end_date`, `scheme_in_force`, `is_comparable`, `has_refit`,
        `from_segment_id`, `to_segment_id` and `n_customers`.

    Returns
    -------
    pyarrow.Table
        In TESTS_SCHEMA, one row per grain, period and from-segment, and one for all:
        the sum of the tests of its segments. The earlier periods are the comparable
        ones of the same grain and scheme in which no refit moved customers. q-values
        are over a period's segments; that of the one test of all is its p-value.
    """
    made = []
    for grain in sorted({row["grain"] for row in rows}):
        own = [row for row in rows if row["grain"] == grain]
        ends = sorted({row["period_end_date"] for row in own})
        segments = sorted(
            {row["from_segment_id"] for row in own}
            | {row["to_segment_id"] for row in own}
        )
        counts = _tensor(
            own,
            [
                ("period_end_date", ends),
                ("from_segment_id", segments),
                ("to_segment_id", segments),
            ],
        )
        state = {
            row["period_end_date"]: (
                row["scheme_in_force"],
                row["is_comparable"],
                row["has_refit"],
            )
            for row in own
        }
        earlier = {}
        for t, end in enumerate(ends):
            scheme, is_comparable, has_refit = state[end]
            before = earlier.get(scheme, np.zeros_like(counts[t]))
            made += _compare_period(
                grain, end, is_comparable, segments, counts[t], before
            )
            if is_comparable and not has_refit:
                earlier[scheme] = before + counts[t]
    return pa.Table.from_pylist(made, schema=TESTS_SCHEMA)


def _compare_period(grain, end, is_comparable, segments, now, before):
    """Rows of one period, see compare_migrations."""
    present = [i for i in range(len(segments)) if now[i].sum() > 0]
    if not is_comparable:
        verdicts = [_untested(TOO_YOUNG)] * len(present)
    else:
        verdicts = [
            compare_rows(np.stack([now[i], before[i]]))
            if before[i].sum() > 0
            else _untested("no earlier period to compare with")
            for i in present
        ]
    q_values = adjust_p_values([verdict.p_value for verdict in verdicts])
    found = [
        (segments[i], now[i].sum(), before[i].sum(), verdict, q_value)
        for i, verdict, q_value in zip(present, verdicts, q_values, strict=True)
    ]
    overall = combine(verdicts)
    found.append((ALL, now.sum(), before.sum(), overall, overall.p_value))
    return [
        {
            "segment_migration_test_id": f"{grain}|{end.isoformat()}|{segment}",
            "grain": grain,
            "from_segment_id": segment,
            "n_from": int(n_now),
            "n_from_earlier": int(n_before),
            "statistic": _or_none(verdict.statistic),
            "dof": verdict.dof if verdict.reason is None else None,
            "p_value": _or_none(verdict.p_value),
            "q_value": _or_none(q_value),
            "untested_reason": verdict.reason,
            "period_end_date": end,
        }
        for segment, n_now, n_before, verdict, q_value in found
    ]


def _or_none(value):
    return None if np.isnan(value) else float(value)


def fit_chain(weeks, groups, strides, interval_days, random_seed):
    """Fit a Markov chain to a shop's weekly transitions and check its assumptions.

    Parameters
    ----------
    weeks : list of dict
        `period_end_date`, `from_segment_id`, `to_segment_id`, `n_customers`.
    groups : list of dict
        The same transitions over all periods: `customer_group`, `from_segment_id`,
        `to_segment_id`, `n_customers`, `n_valued_customers` and `period_net_amount`, in
        the reporting currency.
    strides : list of dict
        `before_segment_id`, `from_segment_id`, `to_segment_id` and `n_customers`.
    interval_days : int
        Length of a step.
    random_seed : int

    Returns
    -------
    pyarrow.Table
        In CHAIN_SCHEMA. Part `transition` has a row per pair of segments and item,
        part `segment` per starting segment and item, part `check` per check and item.
        Without transitions there are only the checks, withheld.

    Raises
    ------
    ValueError
        If the interval is not 1 to 364 days.
    """
    if not 1 <= interval_days <= 7 * N_WEEKS:
        raise ValueError(
            f"{interval_days} days between snapshots; 1 to {7 * N_WEEKS} can be "
            "projected over a year: change segmentation_snapshot_interval_days"
        )
    n_steps = max(round(7 * N_WEEKS / interval_days), 1)
    ends = sorted({row["period_end_date"] for row in weeks})
    segments = sorted(
        {row["from_segment_id"] for row in weeks}
        | {row["to_segment_id"] for row in weeks}
    )
    pair = [("from_segment_id", segments), ("to_segment_id", segments)]
    counts = _tensor(weeks, [("period_end_date", ends), *pair])
    parts = []
    if ends:
        parts += _trajectory_parts(
            segments,
            counts.sum(axis=0),
            groups,
            pair,
            n_steps,
            interval_days,
            random_seed,
        )
    # strides may know segments that no comparable week had
    names = sorted(
        {row[key] for row in strides for key in row if key.endswith("_segment_id")}
    )
    triples = _tensor(
        strides,
        [
            (key, names)
            for key in ("before_segment_id", "from_segment_id", "to_segment_id")
        ],
    )
    no_transition = "no comparable period under the active scheme"
    no_triple = "no customer seen at three snapshots a stride apart"
    verdicts = {
        "order_1_against_order_0": (counts.sum(axis=0), check_order_0, no_transition),
        "order_2_against_order_1": (triples, check_order_2, no_triple),
        "stationarity": (counts, check_stationarity, no_transition),
    }
    for name, (table, check, reason) in verdicts.items():
        verdict = check(table) if table.sum() > 0 else _untested(reason)
        parts += _check_parts(name, table, verdict)
    rows = [
        {
            "chain_value_id": "|".join(
                [part, check or "", from_id or "", to_id or "", item]
            ),
            "part": part,
            "check_name": check,
            "from_segment_id": from_id,
            "to_segment_id": to_id,
            "item": item,
            "numeric_value": None if number is None else _or_none(number),
            "text_value": text,
        }
        for part, check, from_id, to_id, item, number, text in parts
    ]
    return pa.Table.from_pylist(rows, schema=CHAIN_SCHEMA)


def _trajectory_parts(
    segments, counts, groups, pair, n_steps, interval_days, random_seed
):
    """Parts `transition` and `segment` of fit_chain."""
    group_ids = sorted({row["customer_group"] for row in groups})
    by_group = [("customer_group", group_ids), pair[0]]
    group_counts = _tensor(groups, [*by_group, pair[1]])
    group_amounts, group_n_valued = (
        _tensor([{**row, "n_customers": float(row[key])} for row in groups], by_group)
        for key in ("period_net_amount", "n_valued_customers")
    )
    matrix = transition_matrix(counts)
    weeks = expected_weeks(matrix, n_steps)
    shares = long_run_shares(matrix)
    step_amounts = mean_step_amounts(
        group_amounts.sum(axis=0), group_n_valued.sum(axis=0)
    )
    amounts = expected_amounts(matrix, step_amounts, n_steps)
    lower, upper = bootstrap_amounts(
        group_counts, group_amounts, group_n_valued, n_steps, random_seed
    )
    parts = []
    for i, start in enumerate(segments):
        parts += [
            ("segment", None, start, None, item, value, None)
            for item, value in (
                ("n_customer_weeks", counts[i].sum()),
                ("mean_weekly_net_amount", step_amounts[i] * 7 / interval_days),
                ("expected_net_amount", amounts[i]),
                ("expected_net_amount_lower", lower[i]),
                ("expected_net_amount_upper", upper[i]),
            )
        ]
        for j, other in enumerate(segments):
            parts += [
                ("transition", None, start, other, item, value, None)
                for item, value in (
                    ("n_transitions", counts[i, j]),
                    ("p_transition", matrix[i, j]),
                    ("expected_weeks", weeks[i, j]),
                    ("stationary_share", shares[i, j]),
                )
            ]
    return parts


def _check_parts(name, table, verdict):
    """Part `check` of fit_chain for one check."""
    is_rejected = verdict.p_value < SIGNIFICANCE
    words = CHECKS[name][int(is_rejected)] if verdict.reason is None else WITHHELD
    dof = verdict.dof if verdict.reason is None else None
    return [
        ("check", name, None, None, item, number, text)
        for item, number, text in (
            ("n_transitions", table.sum(), None),
            ("statistic", verdict.statistic, None),
            ("dof", dof, None),
            ("p_value", verdict.p_value, None),
            ("verdict", None, words),
            ("untested_reason", None, verdict.reason),
        )
    ]
