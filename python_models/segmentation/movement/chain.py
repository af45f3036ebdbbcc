"""How customers move between segments in time: a Markov chain, and its checks.

All functions work on counts of transitions; no customer is ever read. A step is one
snapshot interval; counts[i, j] are the customers that a step found in segment i at its
start and in segment j at its end.
"""

import numpy as np
import pyarrow as pa

from segmentation.movement.migrations import sum_counts
from segmentation.statistics import contingency

SIGNIFICANCE = 0.05
N_WEEKS = 52
# a block of time has at least so many steps, so that its rates can be told
STEPS_PER_BLOCK = 4
N_DRAWS = 1000
# fewer groups of customers than this say nothing of how groups differ
MINIMUM_GROUPS = 10

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
    counts = contingency.check_counts(counts, 2)
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
    group_counts = contingency.check_counts(group_counts, 3)
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
    contingency.Verdict
        Likelihood-ratio test; degrees of freedom of the rows and columns that occur.

    Notes
    -----
    Anderson & Goodman (1957), Ann. Math. Stat. 28, 89-110, section 4.
    """
    return contingency.compare_rows(counts, pool_rows=True, likelihood_ratio=True)


def check_order_2(counts):
    """Order 2 against order 1: does it matter where a customer came from?

    Parameters
    ----------
    counts : array of shape (k, k, k)
        Customers by segment before, now and next.

    Returns
    -------
    contingency.Verdict
        Likelihood-ratio tests of before against next, summed over the segments now;
        degrees of freedom of the rows and columns that occur in each.

    Notes
    -----
    Anderson & Goodman (1957), section 4.
    """
    counts = contingency.check_counts(counts, 3)
    return contingency.combine(
        [
            contingency.compare_rows(
                counts[:, j], pool_rows=True, likelihood_ratio=True
            )
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
    contingency.Verdict
        Likelihood-ratio tests of block against next segment, summed over the segments.

    Notes
    -----
    Anderson & Goodman (1957), section 3.
    """
    counts = contingency.check_counts(counts, 3)
    if len(counts) < 2:
        return contingency.untested(f"{len(counts)} periods: at least 2 are needed")
    n_blocks = max(len(counts) // STEPS_PER_BLOCK, 2)
    blocks = np.array([block.sum(axis=0) for block in np.array_split(counts, n_blocks)])
    return contingency.combine(
        [
            contingency.compare_rows(
                blocks[:, i], pool_rows=True, likelihood_ratio=True
            )
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
    counts = sum_counts(weeks, [("period_end_date", ends), *pair])
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
    triples = sum_counts(
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
        verdict = check(table) if table.sum() > 0 else contingency.untested(reason)
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
            "numeric_value": None
            if number is None or np.isnan(number)
            else float(number),
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
    group_counts = sum_counts(groups, [*by_group, pair[1]])
    group_amounts, group_n_valued = (
        sum_counts(
            [{**row, "n_customers": float(row[key])} for row in groups], by_group
        )
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
