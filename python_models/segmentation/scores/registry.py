"""What the score fits learned, as rows of one long table; and which fits are due.

Nothing is pickled. Sections of a version are

=========== =================== ===================== ================================
section     item                candidate, feature    value
=========== =================== ===================== ================================
version     status              -                     promoted, rejected or not_scored
version     kind, verdict       -                     candidate published, and why
version     reason, failure     -                     why it was fitted; why rejected
version     test_date, ...      -                     what it was fitted to
measure     its name            candidate             on the newest day, with interval
origin      day|measure         candidate             on each day that was judged on
gain        log_loss or mae     candidate             candidate minus published, paired
level       adjustment, error   -                     set right by what; next error
level       reach               -                     standard deviations of that
level       curve_gain          -                     deviance that a curve saves
tenth       day|tenth           -                     error, and variance beyond it
threshold   f1                  candidate             chosen on the training slices
decile      1 to 10             candidate             predicted, and what came
gate        champion_gain       -                     challenger minus champion, paired
failure     candidate           candidate             why it could not be fitted
parameter   ...                 -                     numbers of the published model
coefficient ...                 feature               of a linear model
booster     ...                 -                     XGBoost's JSON, and its columns
calibration slope, ...          -                     applied to the log odds
calibration knot_0, slope_0 ... -                     line that sets amounts right
importance  ...                 feature               mean absolute contribution
reference   0 to 9, null_share  feature               tenths on the day of the fit
promotion   its number          -                     activates a version
request     its number          -                     asks for a refit
=========== =================== ===================== ================================
"""

from functools import partial

import pyarrow as pa

from segmentation.errors import CannotFit
from segmentation.registry import versions
from segmentation.scores import fits, levels, origins
from segmentation.scores.rows import SCHEMA, fit_due, part


def fit_due_versions(snapshots, stored, targets, features, settings, read):
    """Fit every version that is due, oldest snapshot first.

    Parameters
    ----------
    snapshots : sequence of date
        Published snapshots.
    stored : list of dict
        The registry's rows so far, keys as in SCHEMA.
    targets : list of (fits.Target, list of date)
        Each target with the days of all its slices.
    features : list of (str, str, bool)
        Columns that models may read, their transforms, and whether trees read them.
    settings : dict
        `refit_after_days`, `min_customers`, `sample_size`, `random_seed`, `n_slices`,
        `interval_days`, `n_judged` and `n_draws`.
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
        current_hash = versions.config_hash(
            {
                "score": [target.name, target.horizon_days],
                "features": list(map(list, features)),
                # another way to judge is another scheme
                "judged": [
                    target.measure,
                    *target.kinds,
                    *levels.ADJUSTMENTS,
                    *(["curve", "carried"] if target.is_value else []),
                ],
                "settings": versions.settings_of_a_fit(settings),
            }
        )
        rows = [row for row in stored if row["score_name"] == target.name]
        new_rows += fit_due(
            rows,
            target.name,
            [(snapshot, snapshot) for snapshot in snapshots],
            current_hash,
            due=partial(
                due_reason,
                current_hash=current_hash,
                refit_after_days=settings["refit_after_days"],
            ),
            make=partial(
                _make_version,
                target=target,
                days=days,
                features=features,
                settings=settings,
                read=read,
            ),
            same=("status", "config_hash"),
        )
    return pa.Table.from_pylist(new_rows, schema=SCHEMA)


def due_reason(snapshot, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    snapshot : date
    is_last : bool
    latest : dict or None
        The newest version, as versions.latest_version gives it.
    current_hash : str
    refit_after_days : int

    Returns
    -------
    str or None
        A target that had too little to learn from is tried again at the next snapshot.
        For all else see versions.due_reason.
    """
    was_too_little = latest is not None and latest["status"] == "not_scored"
    return versions.due_reason(
        snapshot,
        is_last,
        latest,
        current_hash,
        refit_after_days,
        retry="earlier there was too little to learn from" if was_too_little else None,
    )


def read_version(rows, model_version):
    """The model that a version scores with.

    Parameters
    ----------
    rows : list of dict
        Keys as in SCHEMA.
    model_version : str

    Returns
    -------
    fits.Calibrated or None
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
    return fits.read_calibrated(own) if own else None


def _made_on(rows, model_version):
    """Day that a version was fitted on: it knows no outcome after that."""
    return next(
        row["as_of_date"] for row in rows if row["model_version"] == model_version
    )


def _make_version(rows, snapshot, target, days, features, settings, read):
    """Status and parts of one version."""
    active = versions.active_version(rows, snapshot)
    champion = None if active is None else read_version(rows, active)
    try:
        plan = origins.make_plan(
            days,
            snapshot,
            target.horizon_days,
            settings["interval_days"],
            settings["n_slices"],
            settings["n_judged"],
        )
        slices, current = read(target, plan.days, snapshot)
        newest = plan.judged[0].day
        is_blind = champion is None or _made_on(rows, active) <= newest
        status, parts = fits.fit_version(
            slices,
            current,
            plan,
            target,
            features,
            champion if is_blind else None,
            settings,
        )
        if not is_blind:
            parts.append(
                part(
                    "gate",
                    "champion_gain",
                    text="not compared: the active version was fitted to outcomes "
                    f"after {newest}, the day of the test slice",
                )
            )
    except CannotFit as error:
        status = "not_scored" if champion is None else "rejected"
        parts = [
            part("version", "failure", text=str(error)),
            part("version", "horizon_days", value=float(target.horizon_days)),
        ]
    return status, parts
