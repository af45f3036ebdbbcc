"""What the fits of early segments learned, as rows; and which fits are due.

Nothing is pickled. The table is that of score_registry.SCHEMA; sections of a version:

=========== ====================== ===================== ==============================
section     item                   candidate, feature    value
=========== ====================== ===================== ==============================
version     status                 -                     promoted, rejected, not_scored
version     scheme                 -                     what customers are segmented by
version     kind, verdict          -                     candidate published, and why
version     reason, failure        -                     why fitted; why not active
version     n_train, ...           -                     what it was fitted to
measure     accuracy, ...          candidate             on later customers, interval
gain        accuracy               candidate             published minus it, paired
gate        champion_gain          -                     champion minus challenger
failure     candidate              candidate             why it could not be fitted
share       segment                -                     of the majority class
edge, cell  fifth, fifth|segment   feature               of the one-feature rule
scale       transform, ...         feature               of the multinomial model
intercept   segment                -                     of the multinomial model
coefficient segment                feature               of the multinomial model
booster     booster, ...           -                     XGBoost's JSON; its columns
calibration slope                  -                     of the logs of probabilities
promotion   its number             -                     activates a version
request     its number             -                     asks for a refit
=========== ====================== ===================== ==============================
"""

import pyarrow as pa

from segmentation import early_segments, score_registry
from segmentation.errors import CannotFit
from segmentation.registry import config_hash, settings_of_a_fit
from segmentation.scores import part

MODEL_SECTIONS = (
    "share",
    "edge",
    "cell",
    "scale",
    "intercept",
    "coefficient",
    "booster",
    "calibration",
)


def fit_due_versions(schedule, stored, settings, read):
    """Fit every version that is due, oldest snapshot first.

    Parameters
    ----------
    schedule : list of dict
        `score_name`, `horizon_days`, `as_of_date` and `scheme_in_force`.
    stored : list of dict
        The registry's rows so far, keys as in SCHEMA.
    settings : dict
        `refit_after_days`, `min_customers`, `sample_size`, `random_seed`, `n_draws` and
        `early_days`.
    read : callable
        Row of the schedule to early_segments.Labelled of the customers whose segment
        had been seen by then.

    Returns
    -------
    pyarrow.Table
        The new rows only, in score_registry.SCHEMA; none if no fit is due.
    """
    new_rows = []
    for name in sorted({row["score_name"] for row in schedule}):
        days = sorted(
            (row for row in schedule if row["score_name"] == name),
            key=lambda row: row["as_of_date"],
        )
        current_hash = config_hash(
            {
                "score": [name, days[0]["horizon_days"]],
                "features": list(map(list, early_segments.FEATURES)),
                "settings": settings_of_a_fit(settings),
            }
        )
        rows = [row for row in stored if row["score_name"] == name]
        for day in days:
            latest = latest_version(rows)
            reason = due_reason(
                day,
                day is days[-1],
                latest,
                current_hash,
                settings["refit_after_days"],
            )
            if reason is None:
                continue
            status, parts = _make_version(rows, day, settings, read)
            made = _rows(rows, day, current_hash, reason, status, parts)
            new = latest_version(made)
            if status == "not_scored" and all(
                (latest or {}).get(key) == new[key]
                for key in ("status", "config_hash", "scheme", "failure")
            ):
                # as little as before: nothing new to record
                continue
            rows += made
            new_rows += made
    return pa.Table.from_pylist(new_rows, schema=score_registry.SCHEMA)


def due_reason(day, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    day : dict
        Row of the schedule.
    is_last : bool
    latest : dict or None
        See latest_version.
    current_hash : str
    refit_after_days : int

    Returns
    -------
    str or None
        Segments of another scheme have other ids: a change of it makes a fit due, in
        the past as well as now. For all else see score_registry.due_reason.
    """
    if latest is not None and latest["scheme"] != day["scheme_in_force"]:
        is_later = day["as_of_date"] > latest["as_of_date"]
        if is_later or (is_last and day["as_of_date"] == latest["as_of_date"]):
            return f"customers are segmented by {day['scheme_in_force']} now"
    return score_registry.due_reason(
        day["as_of_date"], is_last, latest, current_hash, refit_after_days
    )


def latest_version(rows):
    """`model_version`, `as_of_date`, `config_hash`, `status`, `scheme`, `failure`;
    `is_requested`, whether a refit was asked for since.

    Parameters
    ----------
    rows : list of dict
        Of one score; keys as in score_registry.SCHEMA.

    Returns
    -------
    dict or None
        Of the newest version.
    """
    own = [row for row in rows if row["section"] == "version"]
    if not own:
        return None
    newest = max(row["version_number"] for row in own)
    own = [row for row in own if row["version_number"] == newest]
    items = {row["item"]: row["text_value"] for row in own}
    return {
        **{key: own[0][key] for key in ("model_version", "as_of_date", "config_hash")},
        **{key: items.get(key) for key in ("status", "scheme", "failure")},
        "is_requested": any(
            row["section"] == "request" and row["version_number"] == newest
            for row in rows
        ),
    }


def champion_of(rows, scheme):
    """The model promoted last under a scheme, and the day of its fit, or None.

    Parameters
    ----------
    rows : list of dict
        Of one score; keys as in score_registry.SCHEMA.
    scheme : str

    Returns
    -------
    (model, date) or None
    """
    own = {
        row["model_version"]
        for row in rows
        if row["item"] == "scheme" and row["text_value"] == scheme
    }
    promotions = [
        row
        for row in rows
        if row["section"] == "promotion" and row["model_version"] in own
    ]
    if not promotions:
        return None
    last = max(promotions, key=lambda row: row["numeric_value"])["model_version"]
    # one that is promoted by hand was fitted before
    fitted_on = next(
        row["as_of_date"]
        for row in rows
        if row["section"] == "version" and row["model_version"] == last
    )
    return read_version(rows, last), fitted_on


def read_version(rows, model_version):
    """The model that a version predicts with.

    Parameters
    ----------
    rows : list of dict
        Keys as in score_registry.SCHEMA.
    model_version : str

    Returns
    -------
    One of the models of early_segments.py
    """
    return early_segments.read_model(
        (
            row["section"],
            row["item"],
            row["feature_name"],
            row["numeric_value"],
            row["text_value"],
        )
        for row in rows
        if row["model_version"] == model_version and row["section"] in MODEL_SECTIONS
    )


def _make_version(rows, day, settings, read):
    """Status and parts of one version."""
    champion = champion_of(rows, day["scheme_in_force"])
    try:
        return early_segments.fit_version(
            read(day), day["horizon_days"], champion, settings
        )
    except CannotFit as error:
        status = "not_scored" if champion is None else "rejected"
        return status, [
            part("version", "failure", text=str(error)),
            part("version", "horizon_days", value=float(day["horizon_days"])),
        ]


def _rows(rows, day, current_hash, reason, status, parts):
    """Registry rows of a version, and its promotion."""
    number = 1 + max((row["version_number"] for row in rows), default=0)
    version = f"{day['score_name']}-v{number}"
    parts = [
        part("version", "status", text=status),
        part("version", "scheme", text=day["scheme_in_force"]),
        part("version", "reason", text=reason),
        *parts,
    ]
    if status == "promoted":
        nth = 1 + sum(row["section"] == "promotion" for row in rows)
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
            "score_name": day["score_name"],
            "as_of_date": day["as_of_date"],
            "config_hash": current_hash,
            **row,
        }
        for row in parts
    ]
