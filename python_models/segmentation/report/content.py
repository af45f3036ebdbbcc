"""All that the report shows, read once: the charts' rows, the cube, the customers."""

import numpy as np

from segmentation.identifiers import qualified, quoted
from segmentation.report import cube, marts

FLOOR = 10
SEGMENT_IDS = ("segment_id", "from_segment_id", "to_segment_id")
TRAJECTORY_MEASURES = (
    "expected_weeks",
    "expected_net_amount",
    "expected_net_amount_lower",
    "expected_net_amount_upper",
)
EXPERIMENT_MEASURES = (
    "control_mean",
    "treatment_mean",
    "effect",
    "ci_low",
    "ci_high",
    "p_adjusted",
)
PROFILE_MEASURES = (
    "segment_mean",
    "segment_median",
    "standardised_mean",
    "relative_importance",
)
TREND_MEASURES = (
    "n_customers",
    "customer_share",
    "lower_bound",
    "upper_bound",
    "net_amount_share",
)


def report_data(connection, schema="shop", floor=FLOOR):
    """Everything that charts are drawn from, without any single customer.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        May be read-only; temporary tables are made.
    schema : str
        Where the marts are.
    floor : int
        Fewest customers of a group that is shown.

    Returns
    -------
    dict
        rows : {query: list of dict}; missing : {query: why it has no rows};
        cube : see cube.counted.

    Raises
    ------
    ValueError
        The floor is under 2, or the schema has no segments.
    """
    if floor < 2:
        raise ValueError(
            f"a floor of {floor} would show single customers; use 2 or more, better 10"
        )
    tables = marts.existing_marts(connection, schema)
    rows, missing = {}, {}
    for name in marts.CHART_QUERIES:
        rows[name], why = marts.fetch(connection, schema, name, tables)
        if why:
            missing[name] = why
    rows["map"], why = map_groups(connection, schema, tables, floor)
    if why:
        missing["map"] = why
    rows["migrations"] = merged_migrations(rows["migrations"], floor)
    rows["actions"] = cube.merged_rare(
        rows["actions"], floor, ("action_id", "evidence")
    )
    rows["budget_allocations"] = cube.merged_rare(
        rows["budget_allocations"], floor, ("budget",)
    )
    rows["budget_curves"] = thinned_curves(rows["budget_curves"], floor)
    for row in rows["trajectories"]:
        if row["n_customer_weeks"] < floor:
            row.update(dict.fromkeys(TRAJECTORY_MEASURES))
        if (
            row["n_transitions"] < floor
            and row["from_segment_id"] != row["to_segment_id"]
        ):
            row["n_transitions"] = row["p_transition"] = None
    blank_small_profiles(rows["profiles"], floor)
    for row in rows["experiments"]:
        if min(row["n_treatment"] or 0, row["n_control"] or 0) < floor:
            row.update(dict.fromkeys(EXPERIMENT_MEASURES))
    small = {
        row["score_name"] for row in rows["calibration"] if row["n_customers"] < floor
    }
    if small:
        rows["calibration"] = [
            row for row in rows["calibration"] if row["score_name"] not in small
        ]
        missing.setdefault(
            "calibration",
            f"Fewer than {floor} customers a tenth were held out: too few to show.",
        )
    features = profile_features(connection, schema, tables, rows["profiles"])
    gather_customers(connection, schema, tables, features)
    counted = cube.counted(connection, floor, features)
    for row in rows["trends"]:
        if row["n_customers"] < floor:
            row.update(dict.fromkeys(TREND_MEASURES))
    # a segment of few customers is nowhere, nor one that would give it away
    hidden = set(counted["hidden"])
    for name, found in rows.items():
        rows[name] = [
            row for row in found if not hidden & set(map(row.get, SEGMENT_IDS))
        ]
    changes = changes_of_the_week(rows["trends"])
    for row in rows["segments"]:
        row["n_customers_change"] = changes.get(row["segment_id"])
    return {
        "rows": rows,
        "missing": missing,
        "cube": counted,
        "answers": answers(rows, counted),
    }


def answers(rows, counted):
    """What changed, who matters, what to do and what it is worth: a sentence each.

    Parameters
    ----------
    rows : dict
        Rows of the charts, after what may not be shown is taken out.
    counted : dict
        As cube.counted makes it.

    Returns
    -------
    list of dict
        `text` and `basis`; what the marts do not know is left out.
    """
    found = [
        what_changed(rows["trends"], rows["segments"]),
        who_matters(rows["segments"], counted, rows["currency"]),
        what_to_do(rows["actions"]),
        what_it_is_worth(rows["actions"], rows["currency"]),
    ]
    return [one for one in found if one]


def changes_of_the_week(trends):
    """Customers more or fewer than at the snapshot before, of what may be shown.

    Returns
    -------
    dict of str to int
        By segment; empty where one snapshot is known.
    """
    days = sorted({row["as_of_date"] for row in trends})[-2:]
    before, now = (
        {
            row["segment_id"]: row["n_customers"]
            for row in trends
            if row["as_of_date"] == day and row["n_customers"] is not None
        }
        for day in (days[0] if days else None, days[-1] if len(days) > 1 else None)
    )
    return {one: now[one] - before[one] for one in now if one in before}


def what_changed(trends, segments):
    """Which segments grew and shrank most since the snapshot before."""
    names = {row["segment_id"]: row["segment_name"] for row in segments}
    sizes = {row["segment_id"]: row["n_customers"] for row in segments}
    days = sorted({row["as_of_date"] for row in trends})[-2:]
    changes = sorted(
        (change, one)
        for one, change in changes_of_the_week(trends).items()
        if one in names
    )
    if not changes:
        return None
    parts = [
        f"{names[one]} {verb} by {abs(change):,} to {sizes[one]:,}"
        for change, one, verb in (
            (*changes[-1], "grew"),
            (*changes[0], "shrank"),
        )
        if (change > 0) == (verb == "grew") and change
    ]
    told = " and ".join(parts) if parts else "no segment grew or shrank"
    return {
        "text": f"What changed: since {days[0]}, {told}.",
        "basis": f"measured, {days[1]}",
    }


def unit(currency):
    """The reporting currency, to stand before an amount."""
    row = currency[0] if currency else {}
    return f"{row['reporting_currency']} " if row.get("reporting_currency") else ""


def who_matters(segments, counted, currency):
    """Who brings most, and where most of it is at risk."""
    known = [row for row in segments if row["net_amount_share"] is not None]
    if not known:
        return None
    best = max(known, key=lambda row: row["net_amount_share"])
    text = (
        f"Who matters: {best['segment_name']} are"
        f" {100 * best['customer_share']:.0f} % of the customers and bring"
        f" {100 * best['net_amount_share']:.0f} % of the revenue"
    )
    ids = counted["dimensions"][3]["values"]
    place = 1 + counted["measures"].index("revenue_at_risk")
    at_risk = []
    for row in segments:
        cell = counted["cells"].get(
            f"*,*,*,{ids.index(row['segment_id'])}" if row["segment_id"] in ids else ""
        )
        if cell and cell[place] is not None:
            at_risk.append((cell[place], row["segment_name"]))
    if at_risk:
        amount, name = max(at_risk)
        text += (
            f"; most revenue at risk lies with {name}, {unit(currency)}{amount:,.0f}"
        )
    return {"text": text + ".", "basis": "measured; risk estimated"}


def what_to_do(actions):
    """What is recommended to most, and how many addresses are to rest."""
    n_by_action = {}
    for row in actions:
        if row["n_customers"] and row["action_name"]:
            named = (row["action_name"], row["channel"])
            n_by_action[named] = n_by_action.get(named, 0) + row["n_customers"]
    sent = {
        named: n
        for named, n in n_by_action.items()
        if named[1] not in ("none", "task", None)
    }
    if not sent:
        return None
    first = sorted(sent.items(), key=lambda one: (-one[1], one[0]))[:2]
    told = " and ".join(
        f"\u201c{name}\u201d by {channel} to {n:,}" for (name, channel), n in first
    )
    rested = sum(n for (_, channel), n in n_by_action.items() if channel == "none")
    return {
        "text": f"What to do: {told} customers"
        + (f"; let {rested:,} addresses rest" if rested else "")
        + ".",
        "basis": "recommended this week",
    }


def what_it_is_worth(actions, currency):
    """What all recommended actions together are said to add, and how surely."""
    priced = [row for row in actions if row["expected_margin_amount"] is not None]
    if not priced:
        return None
    total, low, high = (
        sum(row[f"expected_margin{part}_amount"] or 0 for row in priced)
        for part in ("", "_low", "_high")
    )
    measured = sum(
        row["expected_margin_amount"]
        for row in priced
        if row["evidence"] not in ("assumed", "none")
    )
    money = unit(currency)
    return {
        "text": f"What it is worth: all of it together {money}{total:,.0f} of margin"
        f" after cost, between {money}{low:,.0f} and {money}{high:,.0f};"
        f" {money}{measured:,.0f} of it rests on experiments, the rest on assumptions.",
        "basis": "estimated",
    }


def thinned_curves(rows, floor):
    """Points of profit curves that are `floor` customers or more apart.

    The difference of two points is what the customers between them are worth.
    """
    kept, last = [], {}
    for row in rows:
        before = last.get(row["scenario"], 0)
        if row["n_contacted"] == 0 or row["n_contacted"] - before >= floor:
            kept.append(row)
            last[row["scenario"]] = row["n_contacted"]
    return kept


def blank_small_profiles(rows, floor):
    """Blank the statistics of a feature that few members of a segment have.

    With them go those of another segment, or the mean of all would give them away.
    """
    by_feature = {}
    for row in rows:
        by_feature.setdefault(row["feature_name"], []).append(row)
    for found in by_feature.values():
        shown = cube.shown_bands([row["n_customers"] for row in found], floor)
        for row, may in zip(found, shown, strict=True):
            if not may:
                row.update(dict.fromkeys(PROFILE_MEASURES))


def merged_migrations(rows, floor):
    """One row with the flows of all weeks together, the rare ones merged."""
    if not rows:
        return []
    flows, n_left_out = cube.merged_flows(rows, floor)
    return [
        {
            "start_date": min(row["start_date"] for row in rows),
            "end_date": max(row["end_date"] for row in rows),
            "flows": flows,
            "n_left_out": n_left_out,
        }
    ]


def map_groups(connection, schema, tables, floor):
    """Neighbouring customers of the map in groups; see cube.gathered."""
    rows, why = marts.fetch(connection, schema, "map", tables)
    groups = []
    for segment_id in dict.fromkeys(row["segment_id"] for row in rows):
        points = np.array(
            [
                [row["component_1"], row["component_2"]]
                for row in rows
                if row["segment_id"] == segment_id
            ]
        )
        groups += [
            {
                "segment_id": segment_id,
                "component_1": across,
                "component_2": up,
                "n_customers": n_customers,
            }
            for across, up, n_customers in cube.gathered(points, floor)
        ]
    return groups, why


def profile_features(connection, schema, tables, profiles):
    """Features of the profiles that the feature mart has, in order."""
    named = dict.fromkeys(row["feature_name"] for row in profiles)
    if "fct_customer_features" not in tables:
        return []
    has = {
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = ? and table_name = 'fct_customer_features'",
            [schema],
        ).fetchall()
    }
    return [name for name in named if name in has]


def gather_customers(connection, schema, tables, features):
    """Make the temporary table `report_customers`, one row per customer.

    A mart that is missing leaves its columns null.
    """
    place = qualified(connection, schema)
    attributes = "dim_customer_attributes" in tables
    churn = {"fct_customer_churn_segments", "fct_customer_scores"} <= set(tables)
    actions = "fct_customer_actions" in tables
    listed = "".join(
        f", features.{quoted(name)} as {quoted(f'mean_{name}')}" for name in features
    )
    connection.execute(
        "create or replace temporary table report_customers as"
        " select segments.customer_id, segments.segment_id,"
        + (
            " coalesce(attributes.state, attributes.country) as state,"
            " attributes.gender, attributes.top_category,"
            if attributes
            else " null::varchar as state, null::varchar as gender,"
            " null::varchar as top_category,"
        )
        + (
            " churn.churn_band, churn.p_churn,"
            # of the long gone it would only say that they are gone
            " case when segments.recency_days < coalesce((select"
            f" max(churn_horizon_days) from {place}.fct_customer_scores), 90)"
            " then churn.p_churn end as p_churn_active,"
            " churn.expected_revenue, churn.revenue_at_risk,"
            if churn
            else " null::varchar as churn_band, null::double as p_churn,"
            " null::double as p_churn_active, null::double as expected_revenue,"
            " null::double as revenue_at_risk,"
        )
        + (
            " actions.action_name, actions.channel,"
            if actions
            else " null::varchar as action_name, null::varchar as channel,"
        )
        + " segments.recency_days, segments.frequency, segments.monetary_amount"
        + listed
        + f" from {place}.dim_customer_segments as segments"
        + (
            f" left join {place}.dim_customer_attributes as attributes"
            " on segments.customer_id = attributes.customer_id"
            if attributes
            else ""
        )
        + (
            f" left join {place}.fct_customer_churn_segments as churn"
            " on segments.customer_id = churn.customer_id"
            if churn
            else ""
        )
        + (
            f" left join {place}.fct_customer_actions as actions"
            " on segments.customer_id = actions.customer_id"
            " and actions.is_recommended"
            if actions
            else ""
        )
        + (
            f" left join {place}.fct_customer_features as features"
            " on segments.customer_id = features.customer_id"
            " and segments.as_of_date = features.as_of_date"
            if features
            else ""
        )
    )
