"""What the fits of early segments learned, as rows; and which fits are due.

Nothing is pickled. The table is that of SCHEMA; sections of a version:

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

from functools import partial

import pyarrow as pa

from segmentation.errors import CannotFit
from segmentation.registry import versions
from segmentation.scores import early_segments, registry
from segmentation.scores.rows import SCHEMA, fit_due, part

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
        `score_name`, `horizon_days`, `as_of_date` and `active_scheme`.
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
        The new rows only, in SCHEMA; none if no fit is due.
    """
    new_rows = []
    for name in sorted({row["score_name"] for row in schedule}):
        days = sorted(
            (row for row in schedule if row["score_name"] == name),
            key=lambda row: row["as_of_date"],
        )
        current_hash = versions.config_hash(
            {
                "score": [name, days[0]["horizon_days"]],
                "features": list(map(list, early_segments.FEATURES)),
                "settings": versions.settings_of_a_fit(settings),
            }
        )
        rows = [row for row in stored if row["score_name"] == name]
        new_rows += fit_due(
            rows,
            name,
            [(day["as_of_date"], day) for day in days],
            current_hash,
            due=partial(
                due_reason,
                current_hash=current_hash,
                refit_after_days=settings["refit_after_days"],
            ),
            make=partial(_make_version, settings=settings, read=read),
            same=("status", "config_hash", "scheme", "failure"),
        )
    return pa.Table.from_pylist(new_rows, schema=SCHEMA)


def due_reason(day, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    day : dict
        Row of the schedule.
    is_last : bool
    latest : dict or None
        See versions.latest_version.
    current_hash : str
    refit_after_days : int

    Returns
    -------
    str or None
        Segments of another scheme have other ids: a change of it makes a fit due, in
        the past as well as now. For all else see registry.due_reason.
    """
    if latest is not None and latest["scheme"] != day["active_scheme"]:
        is_later = day["as_of_date"] > latest["as_of_date"]
        if is_later or (is_last and day["as_of_date"] == latest["as_of_date"]):
            return f"customers are segmented by {day['active_scheme']} now"
    return registry.due_reason(
        day["as_of_date"], is_last, latest, current_hash, refit_after_days
    )


def champion_of(rows, scheme):
    """The model promoted last under a scheme, and the day of its fit, or None.

    Parameters
    ----------
    rows : list of dict
        Of one score; keys as in SCHEMA.
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
        Keys as in SCHEMA.
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
    champion = champion_of(rows, day["active_scheme"])
    try:
        status, parts = early_segments.fit_version(
            read(day), day["horizon_days"], champion, settings
        )
    except CannotFit as error:
        status = "not_scored" if champion is None else "rejected"
        parts = [
            part("version", "failure", text=str(error)),
            part("version", "horizon_days", value=float(day["horizon_days"])),
        ]
    return status, [part("version", "scheme", text=day["active_scheme"]), *parts]
