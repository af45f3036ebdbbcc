"""Rows of the registries of scores and of early segments: one table, one making."""

import numpy as np
import pyarrow as pa

from segmentation.registry import versions

SCHEMA = pa.schema(
    [
        ("registry_row_id", pa.string()),
        ("model_version", pa.string()),
        ("version_number", pa.int64()),
        ("score_name", pa.string()),
        ("as_of_date", pa.date32()),
        ("config_hash", pa.string()),
        ("section", pa.string()),
        ("item", pa.string()),
        ("candidate", pa.string()),
        ("feature_name", pa.string()),
        ("n_customers", pa.int64()),
        ("predicted_value", pa.float64()),
        ("numeric_value", pa.float64()),
        ("low_value", pa.float64()),
        ("high_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)


def part(
    section,
    item,
    candidate=None,
    feature=None,
    n=None,
    predicted=None,
    value=None,
    low=None,
    high=None,
    text=None,
):
    """A registry row without its keys; NaN becomes null."""

    def number(x):
        return None if x is None or np.isnan(x) else float(x)

    return {
        "section": section,
        "item": item,
        "candidate": candidate,
        "feature_name": feature,
        "n_customers": None if n is None else int(n),
        "predicted_value": number(predicted),
        "numeric_value": number(value),
        "low_value": number(low),
        "high_value": number(high),
        "text_value": text,
    }


def measured_part(section, item, found, n, candidate=None):
    """The registry row of a figure with its interval, an evaluation.Measured."""
    return part(
        section,
        item,
        candidate=candidate,
        n=n,
        value=found.value,
        low=found.low,
        high=found.high,
    )


def version_rows(rows, score_name, snapshot, current_hash, reason, status, parts):
    """Registry rows of a new version, and its promotion.

    Parameters
    ----------
    rows : list of dict
        Of this score so far.
    score_name : str
    snapshot : date
    current_hash, reason, status : str
    parts : list of dict
        As part makes them.

    Returns
    -------
    list of dict
        Keys as in SCHEMA.
    """
    number = versions.next_number(rows)
    version = f"{score_name}-v{number}"
    parts = [
        part("version", "status", text=status),
        part("version", "reason", text=reason),
        *parts,
    ]
    if status == "promoted":
        nth = versions.next_promotion(rows)
        parts.append(part("promotion", str(nth), value=float(nth), text=reason))
    return [
        {
            "registry_row_id": "|".join(
                [
                    version,
                    row["section"],
                    row["item"],
                    row["candidate"] or "",
                    row["feature_name"] or "",
                ]
            ),
            "model_version": version,
            "version_number": number,
            "score_name": score_name,
            "as_of_date": snapshot,
            "config_hash": current_hash,
            **row,
        }
        for row in parts
    ]


def fit_due(rows, score_name, days, current_hash, due, make, same):
    """Make every version of one score that is due, oldest day first.

    Parameters
    ----------
    rows : list of dict
        Of this score so far; new ones are added to it.
    score_name : str
    days : sequence of (date, object)
        Snapshots, oldest first, and what `due` and `make` want to know of them.
    current_hash : str
    due : callable
        What is known of a day, whether it is the last, and the newest version or None,
        to why a fit is due, or None.
    make : callable
        The rows so far and what is known of the day, to status and parts of a version.
    same : sequence of str
        Of versions.latest_version: where all are as before, a version that does not
        score says nothing new, and is not recorded.

    Returns
    -------
    list of dict
        The new rows only.
    """
    new_rows = []
    for number, (snapshot, day) in enumerate(days, start=1):
        latest = versions.latest_version(rows)
        reason = due(day, number == len(days), latest)
        if reason is None:
            continue
        status, parts = make(rows, day)
        made = version_rows(
            rows, score_name, snapshot, current_hash, reason, status, parts
        )
        new = versions.latest_version(made)
        if status == "not_scored" and all(
            (latest or {}).get(key) == new.get(key) for key in same
        ):
            continue
        rows += made
        new_rows += made
    return new_rows


def champion_gate(gain, n_customers, measure, where):
    """Whether a challenger is promoted: unless the champion is surely better.

    Parameters
    ----------
    gain : evaluation.Measured
        What the champion does better.
    n_customers : int
        Customers they were compared on.
    measure, where : str
        In words: of what, and on whom.

    Returns
    -------
    (str, list of dict)
        Status and parts.
    """
    row = measured_part("gate", "champion_gain", gain, n_customers)
    if gain.low > 0:
        why = (
            f"the active version is better by {gain.value:.3g} "
            f"[{gain.low:.3g}, {gain.high:.3g}] {measure} on {where}"
        )
        return "rejected", [
            {**row, "text_value": why},
            part("version", "failure", text=why),
        ]
    return "promoted", [{**row, "text_value": "passed"}]
