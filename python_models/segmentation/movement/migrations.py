"""Did a period's migrations between segments differ from those before?

All functions work on counts of transitions; no customer is ever read.
"""

import numpy as np
import pyarrow as pa

from segmentation.statistics import contingency
from segmentation.statistics.multiple_testing import adjust_p_values

ALL = "all"
TOO_YOUNG = "the scheme is younger than the confirmation, or changed in the period"

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


def sum_counts(rows, axes):
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
        `grain`, `period_end_date`, `active_scheme`, `is_comparable`, `has_refit`,
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
        counts = sum_counts(
            own,
            [
                ("period_end_date", ends),
                ("from_segment_id", segments),
                ("to_segment_id", segments),
            ],
        )
        state = {
            row["period_end_date"]: (
                row["active_scheme"],
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
        verdicts = [contingency.untested(TOO_YOUNG)] * len(present)
    else:
        verdicts = [
            contingency.compare_rows(np.stack([now[i], before[i]]))
            if before[i].sum() > 0
            else contingency.untested("no earlier period to compare with")
            for i in present
        ]
    q_values = adjust_p_values([verdict.p_value for verdict in verdicts])
    found = [
        (segments[i], now[i].sum(), before[i].sum(), verdict, q_value)
        for i, verdict, q_value in zip(present, verdicts, q_values, strict=True)
    ]
    overall = contingency.combine(verdicts)
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
