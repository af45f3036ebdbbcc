"""What the score fits learned, as rows of one long table; and which fits are due.

Nothing is pickled. Sections of a version are

=========== =================== ===================== ================================
section     item                candidate, feature    value
=========== =================== ===================== ================================
version     status              -                     promoted, rejected or not_scored
version     kind, verdict       -                     candidate published, and why
version     reason, failure     -                     why it was fitted; why rejected
version     test_date, ...      -                     what it was fitted to
measure     its name            candidate             on the test slice, with interval
gain        auc or mae          candidate             published minus candidate, paired
threshold   f1                  candidate             chosen on the training slices
decile      1 to 10             candidate             predicted, and what came
prior_shift ...                 -                     share of buyers, corrected or not
gate        champion_gain       -                     champion minus challenger, paired
failure     candidate           candidate             why it could not be fitted
parameter   ...                 -                     numbers of the published model
coefficient ...                 feature               of a linear model
booster     ...                 -                     XGBoost's JSON, and its columns
calibration slope, ...          -                     applied to the log odds
importance  ...                 feature               mean absolute contribution
reference   0 to 9, null_share  feature               tenths on the day of the fit
promotion   its number          -                     activates a version
request     its number          -                     asks for a refit
=========== =================== ===================== ================================
"""

import pyarrow as pa

from segmentation import scores
from segmentation.errors import CannotFit
from segmentation.registry import config_hash, settings_of_a_fit, version_in_force

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


def due_reason(snapshot, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    snapshot : date
    is_last : bool
        A changed configuration counts from now on, not for the past.
    latest : dict or None
        `as_of_date`, `config_hash` and `status` of the target's newest version, and
        `is_requested`, whether a refit was asked for since.
    current_hash : str
    refit_after_days : int

    Returns
    -------
    str or None
    """
    if latest is None:
        return "first fit"
    if snapshot <= latest["as_of_date"]:
        if snapshot < latest["as_of_date"] or not is_last:
            return None
        if latest["config_hash"] != current_hash:
            return "configuration changed"
        return "asked for" if latest.get("is_requested") else None
    if latest["config_hash"] != current_hash:
        return "configuration changed" if is_last else None
    if latest.get("is_requested") and is_last:
        return "asked for"
    if latest["status"] == "not_scored":
        return "earlier there was too little to learn from"
    age = (snapshot - latest["as_of_date"]).days
    return f"{age} days after the last fit" if age >= refit_after_days else None


def fit_due_versions(snapshots, stored, targets, features, settings, read):
    """Fit every version that is due, oldest snapshot first.

    Parameters
    ----------
    snapshots : sequence of date
        Published snapshots.
    stored : list of dict
        The registry's rows so far, keys as in SCHEMA.
    targets : list of (scores.Target, list of date)
        Each target with the days of all its slices.
    features : list of (str, str, bool)
        Columns that models may read, their transforms, and whether trees read them.
    settings : dict
        `refit_after_days`, `min_customers`, `sample_size`, `random_seed`, `n_slices`,
        `interval_days` and `n_draws`.
    read : callable
        Target, list of slice days, the snapshot's day, to training.Slices of those days
        and the table of the snapshot.

    Returns
    -------
    pyarrow.Table
        The new rows only, in SCHEMA; none if no fit is due.
    """
    snapshots = sorted(snapshots)
    new_rows = []
    for target, days in targets:
        current_hash = config_hash(
            {
                "score": [target.name, target.horizon_days],
                "features": list(map(list, features)),
                "settings": settings_of_a_fit(settings),
            }
        )
        rows = [row for row in stored if row["score_name"] == target.name]
        for snapshot in snapshots:
            latest = latest_version(rows)
            reason = due_reason(
                snapshot,
                snapshot == snapshots[-1],
                latest,
                current_hash,
                settings["refit_after_days"],
            )
            if reason is None:
                continue
            status, parts = _make_version(
                rows, snapshot, target, days, features, settings, read
            )
            if (
                status == "not_scored"
                and latest is not None
                and latest["status"] == status
                and latest["config_hash"] == current_hash
            ):
                # as little as before: nothing new to record
                continue
            made = _rows(rows, snapshot, target, current_hash, reason, status, parts)
            rows += made
            new_rows += made
    return pa.Table.from_pylist(new_rows, schema=SCHEMA)


def latest_version(rows):
    """What due_reason reads of the newest version, or None."""
    statuses = [
        row for row in rows if row["section"] == "version" and row["item"] == "status"
    ]
    if not statuses:
        return None
    newest = max(statuses, key=lambda row: row["version_number"])
    return {
        "as_of_date": newest["as_of_date"],
        "config_hash": newest["config_hash"],
        "status": newest["text_value"],
        "is_requested": any(
            row["section"] == "request"
            and row["version_number"] == newest["version_number"]
            for row in rows
        ),
    }


def read_version(rows, model_version):
    """The model that a version scores with.

    Parameters
    ----------
    rows : list of dict
        Keys as in SCHEMA.
    model_version : str

    Returns
    -------
    scores.Calibrated or None
        None for a version that does not score.
    """
    own = [
        (
            row["section"],
            row["item"],
            row["feature_name"],
            row["numeric_value"],
            row["text_value"],
        )
        for row in rows
        if row["model_version"] == model_version
        and row["section"] in ("parameter", "coefficient", "booster", "calibration")
    ]
    return scores.read_calibrated(own) if own else None


def thin(days, interval_days, n_most):
    """The newest days, at least so far apart, and no more than so many.

    Parameters
    ----------
    days : sequence of date
    interval_days, n_most : int

    Returns
    -------
    list of date
        Oldest first.
    """
    kept = []
    for day in sorted(days, reverse=True):
        if len(kept) < n_most and (not kept or (kept[-1] - day).days >= interval_days):
            kept.append(day)
    return kept[::-1]


def choose_slices(days, snapshot, target, settings):
    """Slices to learn from and to judge by, as of a snapshot.

    Parameters
    ----------
    days : sequence of date
        Of all slices.
    snapshot : date
    target : scores.Target
    settings : dict
        `interval_days` and `n_slices`.

    Returns
    -------
    list of date
        The newest whose window closed by the snapshot, and those whose windows closed
        by the newest's own day.

    Raises
    ------
    CannotFit
        If the history is too short.
    """
    closed = [day for day in days if (snapshot - day).days >= target.horizon_days]
    train, test = scores.split_slices(closed, target.horizon_days)
    return [*thin(train, settings["interval_days"], settings["n_slices"]), test]


def _made_on(rows, model_version):
    """Day that a version was fitted on: it knows no outcome after that."""
    return next(
        row["as_of_date"] for row in rows if row["model_version"] == model_version
    )


def _make_version(rows, snapshot, target, days, features, settings, read):
    """Status and parts of one version."""
    in_force = version_in_force(rows, snapshot)
    champion = None if in_force is None else read_version(rows, in_force)
    try:
        chosen = choose_slices(days, snapshot, target, settings)
        slices, current = read(target, chosen, snapshot)
        is_blind = champion is None or _made_on(rows, in_force) <= chosen[-1]
        status, parts = scores.fit_version(
            slices, current, target, features, champion if is_blind else None, settings
        )
        if not is_blind:
            parts.append(
                scores.part(
                    "gate",
                    "champion_gain",
                    text="not compared: the active version was fitted to outcomes "
                    f"after {chosen[-1]}, the day of the test slice",
                )
            )
    except CannotFit as error:
        status = "not_scored" if champion is None else "rejected"
        parts = [
            scores.part("version", "failure", text=str(error)),
            scores.part("version", "horizon_days", value=float(target.horizon_days)),
        ]
    return status, parts


def _rows(rows, snapshot, target, current_hash, reason, status, parts):
    """Registry rows of a version, and its promotion."""
    number = 1 + max((row["version_number"] for row in rows), default=0)
    version = f"{target.name}-v{number}"
    common = {
        "model_version": version,
        "version_number": number,
        "score_name": target.name,
        "as_of_date": snapshot,
        "config_hash": current_hash,
    }
    parts = [
        scores.part("version", "status", text=status),
        scores.part("version", "reason", text=reason),
        *parts,
    ]
    if status == "promoted":
        n_promotions = 1 + sum(row["section"] == "promotion" for row in rows)
        parts.append(
            scores.part(
                "promotion", str(n_promotions), value=float(n_promotions), text=reason
            )
        )
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
            **common,
            **row,
        }
        for row in parts
    ]
