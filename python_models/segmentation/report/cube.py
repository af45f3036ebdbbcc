"""The customers as counts: what the filters of the dashboard go through.

No customer is in the dashboard, only groups by state, gender, category and segment. A
group of fewer than `floor` customers is not shown, and cannot be worked out either. A
table over some of the filters is shown whole, or not at all; within it, segments are
left out whole, and never one alone. So on every line of every table the groups that are
left out are none, or several that only their sum is known of, and the sum is large
enough. The same holds for each statistic and the customers it is taken over: a mean of
eight known ages is not shown, though the group has fifty customers. (Leaving out single
cells and their complements, as in Hundepool et al. 2012, Statistical Disclosure
Control, chapter 4, would show more; but where tables share cells some can be worked out
all the same, which takes a linear program to find.)
"""

from itertools import combinations

import numpy as np

from segmentation.identifiers import literal, quoted
from segmentation.report import marts

FILTERS = ("state", "gender", "top_category")
DIMENSIONS = (*FILTERS, "segment_id", "churn_band")
UNKNOWN = "Unknown"
NO_ORDER = "No order"
OTHER = "Other"
SUMMED = (
    "expected_margin_amount",
    "expected_margin_low_amount",
    "expected_margin_high_amount",
    "spend_amount",
    "margin_after_cost_amount",
)
# values that a filter offers at the most; the rest is merged
MOST_VALUES = 12
# a value needs that many floors of customers per segment, so that two filters together
# leave something; else it is merged
ROOM = 3


def merged_values(counts, floor, most=MOST_VALUES):
    """Values of a filter that stand alone; all others are merged into one.

    Parameters
    ----------
    counts : dict of str to sequence of int
        Customers per value, by segment.
    floor : int
        Fewest customers of a value in a segment, but for none; the same of the merged
        values together.
    most : int
        Most values to keep.

    Returns
    -------
    kept : list of str
        By falling number of customers, then by name.
    rest : list of str
        Those to be merged.
    """
    by_segment = {value: np.asarray(row) for value, row in counts.items()}

    def is_enough(some):
        row = sum(by_segment[value] for value in some)
        is_large = not ((row > 0) & (row < floor)).any()
        return is_large and row.sum() >= ROOM * floor * (row > 0).sum()

    ranked = sorted(by_segment, key=lambda value: (-by_segment[value].sum(), value))
    kept = [value for value in ranked if is_enough([value])][:most]
    rest = [value for value in ranked if value not in kept]
    while kept and rest and not is_enough(rest):
        # the smallest that makes it enough, or else the smallest
        fitting = [value for value in reversed(kept) if is_enough([value, *rest])]
        taken = (fitting or kept[::-1])[0]
        kept.remove(taken)
        rest.insert(0, taken)
    return kept, rest


def rest_name(rest):
    """What merged values are called: `male or Unknown`, `Other` for more than two."""
    return " or ".join(rest) if len(rest) <= 2 else OTHER


def hidden_segments(counts, floor):
    """Which tables may be shown, and which segments each has to leave out.

    Parameters
    ----------
    counts : ndarray of int
        Customers by filters and, on the last axis, segment.
    floor : int

    Returns
    -------
    dict of tuple of int to set of int
        For each set of filters' axes whose table may be shown, the segments that it
        leaves out. A table that is not a key may not be shown at all.
    """
    n_filters = counts.ndim - 1
    hidden = {}
    for size in range(n_filters + 1):
        for axes in combinations(range(n_filters), size):
            parents = [tuple(a for a in axes if a != left) for left in axes]
            if any(parent not in hidden for parent in parents):
                continue
            table = counts.sum(tuple(a for a in range(n_filters) if a not in axes))
            total = table.sum(axis=-1)
            if ((total > 0) & (total < floor)).any():
                continue
            slices = table.reshape(-1, table.shape[-1])
            left_out = set().union(*(hidden[parent] for parent in parents))
            left_out |= {
                int(at)
                for at in np.nonzero(((slices > 0) & (slices < floor)).any(axis=0))[0]
            }
            by_size = [int(at) for at in slices.sum(axis=0).argsort(kind="stable")]
            while left_out:
                rest = slices[:, sorted(left_out)].sum(axis=1)
                nonzero = [at for at in left_out if slices[:, at].any()]
                if len(nonzero) != 1 and not ((rest > 0) & (rest < floor)).any():
                    break
                more = [
                    at for at in by_size if at not in left_out and slices[:, at].any()
                ]
                if not more:
                    break
                left_out.add(more[0])
            hidden[axes] = left_out
    return hidden


def shown_bands(counts, floor):
    """Which churn bands of one segment may be shown beside its total.

    Parameters
    ----------
    counts : sequence of int
        Customers by band.
    floor : int

    Returns
    -------
    list of bool
        Bands that are left out are none, or at least two with `floor` customers.
    """
    shown = [n == 0 or n >= floor for n in counts]
    while True:
        left_out = [n for n, may in zip(counts, shown, strict=True) if not may]
        if not left_out or (len(left_out) > 1 and sum(left_out) >= floor):
            return shown
        more = [at for at, n in enumerate(counts) if shown[at] and n > 0]
        if not more:
            return shown
        shown[min(more, key=lambda at: counts[at])] = False


def counted(connection, floor, profile_features):
    """The cube of the customers in the temporary table `report_customers`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With `report_customers`: one row per customer, columns DIMENSIONS (null
        allowed), recency_days (days), frequency (orders), monetary_amount, p_churn
        (0 to 1), p_churn_active (the same, null for whom the horizon has passed),
        expected_revenue, revenue_at_risk (currency), and `mean_<feature>`,
        the value of each profile feature.
    floor : int
        Fewest customers of a group that is shown.
    profile_features : list of str
        Columns whose mean each group gets.

    Returns
    -------
    dict
        `dimensions`: for each of DIMENSIONS its name and values; `measures`: names of
        what follows the count; `cells`: {key: [n_customers, ...]}, where a key is the
        positions of the values joined by commas, `*` for all, and a measure is null
        where it is taken over too few customers; `bands`: {the same key:
        customers by churn band, null where left out}; `hidden`: segments that are shown
        nowhere; `floor`.
    """
    places = {name: f"coalesce({name}, {literal(UNKNOWN)})" for name in DIMENSIONS}
    # nobody has a category before the first order
    places["top_category"] = (
        "coalesce(top_category, case when frequency > 0"
        f" then {literal(UNKNOWN)} else {literal(NO_ORDER)} end)"
    )
    values = {
        name: [
            value
            for (value,) in connection.execute(
                f"select {places[name]} as value from report_customers"
                " group by 1 order by count(*) desc, value"
            ).fetchall()
        ]
        for name in ("segment_id", "churn_band")
    }
    segments = values["segment_id"]
    positions = []
    for name in DIMENSIONS:
        kept = values.get(name)
        if kept is None:
            counts = {}
            for value, segment_id, n_customers in connection.execute(
                f"select {places[name]}, segment_id, count(*) from report_customers"
                " group by 1, 2"
            ).fetchall():
                row = counts.setdefault(value, [0] * len(segments))
                row[segments.index(segment_id)] = n_customers
            kept, rest = merged_values(counts, floor)
            values[name] = kept + [rest_name(rest)] * bool(rest)
        connection.execute(
            f"create or replace temporary table values_of_{name} as"
            " select unnest(?::varchar[]) as kept_value,"
            " unnest(range(?)) as position",
            [kept or [""], max(len(kept), 1)],
        )
        positions.append(
            f"coalesce((select position from values_of_{name}"
            f" where kept_value = {places[name]}), {len(kept)}) as {name}_position"
        )
    connection.execute(
        "create or replace temporary table placed_customers as"
        f" select customers.*, {', '.join(positions)}"
        " from report_customers as customers"
    )
    at = [f"{name}_position" for name in DIMENSIONS]
    # what each measure is taken over; customers without an order add nothing to revenue
    taken_over = {
        **dict.fromkeys(
            ("net_amount", "recency_days", "frequency", "monetary_amount"),
            "nullif(frequency, 0)",
        ),
        **dict.fromkeys(("n_scored", "p_churn"), "p_churn"),
        "p_churn_active": "p_churn_active",
        "expected_revenue": "expected_revenue",
        "revenue_at_risk": "revenue_at_risk",
        **{f"mean_{name}": quoted(f"mean_{name}") for name in profile_features},
    }
    bases = sorted(set(taken_over.values()))
    shape = [len(values[name]) for name in DIMENSIONS]
    counts = np.zeros(shape, dtype=np.int64)
    known = np.zeros((len(bases), *shape), dtype=np.int64)
    for row in connection.execute(
        f"select {', '.join(at)}, count(*), {', '.join(map('count({})'.format, bases))}"
        " from placed_customers group by all"
    ).fetchall():
        where = row[: len(at)]
        counts[where] = row[len(at)]
        known[(slice(None), *where)] = row[len(at) + 1 :]
    hidden = hidden_segments(counts.sum(axis=-1), floor)
    hidden_of = {
        base: hidden_segments(known[j].sum(axis=-1), floor)
        for j, base in enumerate(bases)
    }

    quantiles = "[0.1, 0.25, 0.5, 0.75, 0.9]"
    statistics = {
        "net_amount": "sum(monetary_amount)",
        "n_scored": "count(p_churn)",
        "p_churn": "avg(p_churn)",
        "p_churn_active": "avg(p_churn_active)",
        "expected_revenue": "sum(expected_revenue)",
        "revenue_at_risk": "sum(revenue_at_risk)",
        "recency_days": f"quantile_cont(recency_days, {quantiles})",
        **{
            name: f"quantile_cont({name}, {quantiles}) filter (where frequency > 0)"
            for name in ("frequency", "monetary_amount")
        },
        **{
            f"mean_{name}": f"avg({quoted(f'mean_{name}')})"
            for name in profile_features
        },
    }
    four = at[:4]
    cells = {}
    for row in connection.execute(
        f"select {', '.join(four)}, count(*), {', '.join(statistics.values())}"
        f" from placed_customers group by cube ({', '.join(four)})"
    ).fetchall():
        axes = tuple(j for j in range(3) if row[j] is not None)
        segment = row[3]
        if axes not in hidden or segment in hidden[axes]:
            continue
        cells[_text(row[:4])] = [row[4]] + [
            _short(value)
            if segment not in hidden_of[taken_over[name]].get(axes, {segment})
            else None
            for name, value in zip(statistics, row[5:], strict=True)
        ]
    return {
        "dimensions": [{"name": name, "values": values[name]} for name in DIMENSIONS],
        "measures": list(statistics),
        "cells": dict(sorted(cells.items())),
        "bands": _bands(counts, hidden, floor),
        "hidden": sorted(segments[position] for position in hidden.get((), ())),
        "floor": floor,
    }


def _bands(counts, hidden, floor):
    """Churn bands of each segment that is shown; with a filter whole or not at all."""
    bands = {}
    for axes, left_out in hidden.items():
        table = counts.sum(tuple(a for a in range(3) if a not in axes))
        for segment in range(counts.shape[3]):
            part = table[..., segment, :]
            if segment in left_out:
                continue
            if axes and ((part > 0) & (part < floor)).any():
                continue
            for where in np.ndindex(part.shape[:-1]):
                row = [int(n) for n in part[where]]
                if not any(row):
                    continue
                key = [None, None, None, segment]
                for axis, position in zip(axes, where, strict=True):
                    key[axis] = position
                shown = [True] * len(row) if axes else shown_bands(row, floor)
                bands[_text(key)] = [
                    n if may else None for n, may in zip(row, shown, strict=True)
                ]
    return dict(sorted(bands.items()))


def _text(key):
    return ",".join("*" if at is None else str(at) for at in key)


def _short(value):
    """A number to seven digits, which nobody can tell from it on a screen."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    if value is None or isinstance(value, int):
        return value
    value = marts.steady(float(value), digits=7)
    return int(value) if value.is_integer() else value


def gathered(points, floor):
    """Points of a map in groups of neighbours, so that no point is one customer.

    The widest axis is cut at the median for as long as both halves have `floor` points
    (Friedman, Bentley and Finkel 1977: a k-d tree).

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    floor : int

    Returns
    -------
    list of [float, float, int]
        Mean of each group and its number of points; none if all are fewer than
        `floor`.
    """
    if len(points) < floor:
        return []
    if len(points) < 2 * floor:
        return [[*(round(float(v), 3) for v in points.mean(axis=0)), len(points)]]
    axis = int(np.argmax(np.ptp(points, axis=0)))
    order = np.argsort(points[:, axis], kind="stable")
    half = len(points) // 2
    return gathered(points[order[:half]], floor) + gathered(points[order[half:]], floor)


def merged_flows(rows, floor):
    """Moves between segments with the rare ones merged.

    Parameters
    ----------
    rows : list of dict
        from_segment_id, to_segment_id, n_moves.
    floor : int

    Returns
    -------
    flows : list of [str, str, int]
        Destination `other` stands for several, origin `other` for those whose own rare
        moves are still too few.
    n_left_out : int
        Moves that are fewer than `floor` even together.
    """
    flows, rare = [], {}
    for row in rows:
        pair = (row["from_segment_id"], row["to_segment_id"])
        if row["n_moves"] >= floor:
            flows.append([*pair, row["n_moves"]])
        else:
            rare[pair[0]] = rare.get(pair[0], 0) + row["n_moves"]
    for origin, n_moves in sorted(rare.items()):
        if n_moves >= floor:
            flows.append([origin, "other", n_moves])
    n_rest = sum(n for n in rare.values() if n < floor)
    if n_rest >= floor:
        return [*flows, ["other", "other", n_rest]], 0
    return flows, n_rest


def merged_rare(rows, floor, keys):
    """Sums by segment, those of few customers under segment `other`.

    Parameters
    ----------
    rows : list of dict
        segment_id, the keys, n_customers, and sums named `..._amount` beside them.
    floor : int
    keys : tuple of str
        What is summed apart, even if it is rare.

    Returns
    -------
    list of dict
        A group that is too small even so is left out.
    """
    kept = [row for row in rows if row["n_customers"] >= floor]
    rare = {}
    for row in rows:
        if row["n_customers"] >= floor:
            continue
        one = rare.setdefault(tuple(map(row.get, keys)), {})
        for name, value in row.items():
            if name == "n_customers" or name in SUMMED:
                one[name] = (one.get(name) or 0) + (value or 0)
            else:
                one.setdefault(name, value)
        one["segment_id"] = "other"
    return kept + [row for row in rare.values() if row["n_customers"] >= floor]
