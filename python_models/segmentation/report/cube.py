"""The customers as counts: what the filters of the dashboard go through.

No customer is in the dashboard, only groups by state, gender, category, segment and
churn band, and every total over them. A group of fewer than `floor` customers is not
shown, and neither is one that could be had by taking shown groups from a shown total.
The method is that of statistical offices: primary and complementary cell suppression
(Hundepool et al. 2012, Statistical Disclosure Control, chapter 4).
"""

import numpy as np

DIMENSIONS = ("state", "gender", "top_category", "segment_id", "churn_band")
UNKNOWN = "Unknown"
OTHER = "Other"
# values that a filter offers at the most; the rest is merged
MOST_VALUES = 12
# and those with less than this share of an equal share of the customers
LEAST_SHARES = {"state": 0.5, "gender": 0.5, "top_category": 0.5}


def merged_values(counts, floor, least_share=0.0, most=MOST_VALUES):
    """Values of a dimension that stand alone; all others are merged into one.

    A value that few customers have would be too small in most groups, and would take a
    neighbour with it, by which it could be had; so it is merged once and for all.

    Parameters
    ----------
    counts : dict of str to int
        Customers per value.
    floor : int
        Fewest customers that a value, and the merged rest, must have.
    least_share : float
        The same as a share of an equal share of the customers.
    most : int
        Most values to keep.

    Returns
    -------
    kept : list of str
        By falling number of customers, then by name.
    rest : list of str
        Those to be merged.
    """
    least = max(floor, least_share * sum(counts.values()) / max(len(counts), 1))
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    kept = [value for value in ranked if counts[value] >= least][:most]
    while kept and 0 < sum(counts.values()) - sum(counts[v] for v in kept) < least:
        kept.pop()
    return kept, [value for value in ranked if value not in kept]


def rest_name(rest):
    """What merged values are called: `male or Unknown`, `Other` for more than two."""
    return " or ".join(rest) if len(rest) <= 2 else OTHER


def with_totals(counts):
    """Counts with one more slot along every axis, which holds the sum along it."""
    for axis in range(counts.ndim):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis)
    return counts


def shown_cells(totals, floor):
    """Which cells of a table with totals may be shown.

    A cell is shown if it has at least `floor` customers, all totals that it is part of
    are shown, and along no axis the cells that are left out can be had by subtraction:
    on every line they are none, or at least two with `floor` customers together. On a
    line that breaks this, the smallest shown cell is left out as well, until none does.

    Parameters
    ----------
    totals : ndarray of int
        As with_totals makes it: the last slot of each axis is the total.
    floor : int

    Returns
    -------
    ndarray of bool, of the same shape
    """
    shown = totals >= floor
    while True:
        before = shown.sum()
        for axis in range(totals.ndim):
            lines = np.moveaxis(totals, axis, -1)
            flags = np.moveaxis(shown, axis, -1)  # a view: changes reach `shown`
            parents, children = flags[..., -1], flags[..., :-1]
            children &= parents[..., None]
            while True:
                left_out = ~children & (lines[..., :-1] > 0)
                n_left_out = left_out.sum(axis=-1)
                n_customers = (lines[..., :-1] * left_out).sum(axis=-1)
                open_lines = (
                    parents
                    & (n_left_out > 0)
                    & ((n_left_out < 2) | (n_customers < floor))
                    & children.any(axis=-1)
                )
                if not open_lines.any():
                    break
                sizes = np.where(children, lines[..., :-1], np.iinfo(totals.dtype).max)
                smallest = sizes.argmin(axis=-1)
                where = np.nonzero(open_lines)
                children[(*where, smallest[where])] = False
        if shown.sum() == before:
            return shown


def counted(connection, floor, profile_features):
    """The cube of the customers in the temporary table `report_customers`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With `report_customers`: one row per customer, columns DIMENSIONS (null
        allowed), recency_days (days), frequency (orders), monetary_amount, p_churn
        (0 to 1), expected_revenue, revenue_at_risk (currency), and `mean_<feature>`,
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
        positions of the values joined by commas, `*` for all; `bands`: {the same key:
        customers by churn band, null where merged}; `n_merged`: customers in no shown
        group of the finest kind.
    """
    values, axes = {}, []
    for name in DIMENSIONS:
        counts = dict(
            connection.execute(
                f"select coalesce({name}, '{UNKNOWN}'), count(*)"
                f" from report_customers group by 1"
            ).fetchall()
        )
        kept, rest = merged_values(counts, floor, LEAST_SHARES.get(name, 0.0))
        values[name] = kept + [rest_name(rest)] * bool(rest)
        connection.execute(
            f"create or replace temporary table values_of_{name} as"
            " select unnest(?::varchar[]) as kept_value,"
            " unnest(range(?)) as position",
            [kept or [""], max(len(kept), 1)],
        )
        axes.append(
            f"coalesce((select position from values_of_{name} where kept_value ="
            f" coalesce(customers.{name}, '{UNKNOWN}')), {len(kept)})"
            f" as {name}_position"
        )
    connection.execute(
        "create or replace temporary table placed_customers as"
        f" select customers.*, {', '.join(axes)} from report_customers as customers"
    )
    positions = [f"{name}_position" for name in DIMENSIONS]
    counts = np.zeros([len(values[name]) for name in DIMENSIONS], dtype=np.int64)
    for *where, n_customers in connection.execute(
        f"select {', '.join(positions)}, count(*) from placed_customers group by all"
    ).fetchall():
        counts[tuple(where)] = n_customers
    totals = with_totals(counts)
    shown = shown_cells(totals, floor)

    quantiles = "[0.1, 0.25, 0.5, 0.75, 0.9]"
    measures = ["net_amount", "n_scored", "p_churn", "expected_revenue",
                "revenue_at_risk", "recency_days", "frequency", "monetary_amount",
                *(f"mean_{name}" for name in profile_features)]  # fmt: skip
    averages = "".join(f', avg("mean_{name}")' for name in profile_features)
    four = positions[:4]
    cells = {}
    for row in connection.execute(
        f"select {', '.join(four)}, count(*), sum(monetary_amount), count(p_churn),"
        " avg(p_churn), sum(expected_revenue), sum(revenue_at_risk),"
        f" quantile_cont(recency_days, {quantiles}),"
        f" quantile_cont(frequency, {quantiles}) filter (where frequency > 0),"
        f" quantile_cont(monetary_amount, {quantiles}) filter (where frequency > 0)"
        f"{averages} from placed_customers group by cube ({', '.join(four)})"
    ).fetchall():
        key = tuple(-1 if where is None else where for where in row[:4])
        if shown[(*key, -1)]:
            cells[_text(key)] = [_short(value) for value in row[4:]]
    bands = {}
    for key in np.argwhere(shown[..., -1]):
        key = tuple(
            -1 if at == size - 1 else int(at)
            for at, size in zip(key, totals.shape[:4], strict=True)
        )
        flags, sizes = shown[key][:-1], totals[key][:-1]
        bands[_text(key)] = [
            int(n) if may or n == 0 and flags.all() else None
            for may, n in zip(flags, sizes, strict=True)
        ]
    finest = totals[:-1, :-1, :-1, :-1, -1]
    return {
        "dimensions": [{"name": name, "values": values[name]} for name in DIMENSIONS],
        "measures": measures,
        "cells": dict(sorted(cells.items())),
        "bands": dict(sorted(bands.items())),
        "n_merged": int(finest[~shown[:-1, :-1, :-1, :-1, -1]].sum()),
        "floor": floor,
    }


def _text(key):
    return ",".join("*" if at == -1 else str(at) for at in key)


def _short(value):
    """A number to seven digits, which nobody can tell from it on a screen."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    if value is None or isinstance(value, int):
        return value
    value = float(f"{float(value):.7g}")
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


def merged_actions(rows, floor):
    """Recommended actions by segment, the rare ones under segment `other`.

    Parameters
    ----------
    rows : list of dict
        segment_id, action_id, n_customers and sums beside them.
    floor : int

    Returns
    -------
    list of dict
        A group that is too small even so is left out.
    """
    kept = [row for row in rows if row["n_customers"] >= floor]
    rare = {}
    for row in rows:
        if row["n_customers"] < floor:
            key = row["action_id"]
            if key not in rare:
                rare[key] = {**row, "segment_id": "other"}
                continue
            for name, value in row.items():
                if name.startswith(("n_customers", "expected_margin")):
                    rare[key][name] = (rare[key][name] or 0) + (value or 0)
    return kept + [row for row in rare.values() if row["n_customers"] >= floor]
