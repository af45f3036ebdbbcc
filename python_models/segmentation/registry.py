"""What the segment fits learned, as rows of one long table; and which fits are due.

Nothing is pickled: a version is its rows, which SQL scores from. The sections of a
version are

========== ============ ============= ================================================
section    item         feature_name  value
========== ============ ============= ================================================
version    status       -             promoted, or fallback (rules score instead)
version    method       -             kmeans or rules
version    reason       -             why the fit was made, or why it fell back
version    n_customers  -             customers there were; n_sampled: that were read
version    random_seed  -             seed; library: its name and version
feature    transform    the feature   none or log
feature    mean, scale, the feature   of the transformed feature; null_reference in raw
           weight, ...                units stands in for a null
feature    unavailable  the feature   why it was left out
center     segment id   the feature   centre in standardised units
segment    segment id   -             its name if it is no persona's, and how many
                                      customers were nearest
metric     its name     -             inertia, silhouette
========== ============ ============= ================================================
"""

import datetime
import hashlib
import json

import numpy as np
import pyarrow as pa

from segmentation import clustering, personas, scaling
from segmentation.errors import CannotFit

SCHEMA = pa.schema(
    [
        ("registry_row_id", pa.string()),
        ("model_version", pa.string()),
        ("version_number", pa.int64()),
        ("as_of_date", pa.date32()),
        ("recipe", pa.string()),
        ("config_hash", pa.string()),
        ("section", pa.string()),
        ("item", pa.string()),
        ("feature_name", pa.string()),
        ("numeric_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)


def config_hash(configuration):
    """Fingerprint of all that shapes a fit, but for the data.

    Parameters
    ----------
    configuration : dict
        JSON-able; the order of its keys does not matter.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    text = json.dumps(configuration, sort_keys=True, default=str)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def due_reason(snapshot, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    snapshot : date
    is_last : bool
        Whether it is the newest snapshot: a changed configuration counts from now on,
        not for the past.
    latest : dict or None
        `as_of_date`, `config_hash`, `status` and `method` of the newest version.
    current_hash : str
    refit_after_days : int

    Returns
    -------
    str or None
    """
    if latest is None:
        return "first fit"
    if snapshot < latest["as_of_date"]:
        return None
    if latest["config_hash"] != current_hash:
        return "configuration changed" if is_last else None
    if latest["method"] == "rules" and latest["status"] == "promoted":
        return None
    if snapshot == latest["as_of_date"]:
        return None
    if latest["status"] == "fallback":
        return "earlier fit fell back to rules"
    age = (snapshot - latest["as_of_date"]).days
    if age >= refit_after_days:
        return f"{age} days after the last fit"
    return None


def fit_due_versions(
    snapshots, stored, recipe, targets, settings, count_customers, read_values
):
    """Fit every version that is due, oldest snapshot first.

    Parameters
    ----------
    snapshots : sequence of date
        All snapshot dates scheduled.
    stored : list of dict
        The registry's rows so far, keys as in SCHEMA.
    recipe : dict
        `recipe`, `method` (kmeans or rules), `n_clusters`, `segment_prefix`, and
        `features`: list of (name, transform, weight).
    targets : list of personas.Target
    settings : dict
        `refit_after_days`, `min_customers`, `sample_size`, `random_seed`.
    count_customers : callable
        Snapshot date to the number of customers with an order.
    read_values : callable
        Snapshot date and sample size to an ndarray (n, p) of raw features; NaN is null.

    Returns
    -------
    pyarrow.Table
        The new rows only, in SCHEMA; none if no fit is due.
    """
    current_hash = config_hash(
        {
            "recipe": recipe,
            "targets": sorted(map(repr, targets)),
            "min_customers": settings["min_customers"],
            "sample_size": settings["sample_size"],
            "random_seed": settings["random_seed"],
        }
    )
    snapshots = sorted(snapshots)
    rows = list(stored)
    new_rows = []
    for snapshot in snapshots:
        latest = _latest_version(rows)
        reason = due_reason(
            snapshot,
            snapshot == snapshots[-1],
            latest,
            current_hash,
            settings["refit_after_days"],
        )
        if reason is None:
            continue
        parts = _fit_version(
            rows,
            snapshot,
            reason,
            recipe,
            targets,
            settings,
            count_customers,
            read_values,
        )
        if (
            latest is not None
            and latest["status"] == "fallback"
            and latest["config_hash"] == current_hash
            and ("version", "status", None, None, "fallback") in parts
        ):
            # as small as before: nothing new to record
            continue
        number = 1 + max((row["version_number"] for row in rows), default=0)
        version = f"{recipe['recipe']}-v{number}"
        made = [
            {
                "registry_row_id": "|".join([version, section, item, feature or ""]),
                "model_version": version,
                "version_number": number,
                "as_of_date": snapshot,
                "recipe": recipe["recipe"],
                "config_hash": current_hash,
                "section": section,
                "item": item,
                "feature_name": feature,
                "numeric_value": numeric,
                "text_value": text,
            }
            for section, item, feature, numeric, text in parts
        ]
        rows += made
        new_rows += made
    return pa.Table.from_pylist(new_rows, schema=SCHEMA)


def _fit_version(
    rows, snapshot, reason, recipe, targets, settings, count_customers, read_values
):
    """One version's rows as (section, item, feature, numeric value, text value)."""
    n_customers = count_customers(snapshot)
    parts = [("version", "n_customers", None, float(n_customers), None)]
    if recipe["method"] == "rules":
        return parts + [
            ("version", "status", None, None, "promoted"),
            ("version", "method", None, None, "rules"),
            ("version", "reason", None, None, reason),
        ]
    try:
        if n_customers < settings["min_customers"]:
            raise CannotFit(
                f"{n_customers} ordering customers are fewer than the "
                f"{settings['min_customers']} of segmentation_min_customers_to_fit"
            )
        values = read_values(snapshot, settings["sample_size"])
        fitted = _fit_kmeans_version(rows, values, recipe, targets, settings)
    except CannotFit as error:
        return parts + [
            ("version", "status", None, None, "fallback"),
            ("version", "method", None, None, "rules"),
            ("version", "reason", None, None, str(error)),
        ]
    return (
        parts
        + [
            ("version", "status", None, None, "promoted"),
            ("version", "method", None, None, "kmeans"),
            ("version", "reason", None, None, reason),
            ("version", "n_sampled", None, float(len(values)), None),
        ]
        + fitted
    )


def _fit_kmeans_version(rows, values, recipe, targets, settings):
    """Scale, cluster and name; rows as in _fit_version. Raises CannotFit."""
    import sklearn

    names, transforms, weights = zip(*recipe["features"], strict=True)
    scaler, unavailable = scaling.fit_scaling(values, names, transforms, weights)
    kept = [names.index(name) for name in scaler.names]
    fit = clustering.fit_kmeans(
        scaler.apply(values[:, kept]), recipe["n_clusters"], settings["random_seed"]
    )
    centers = fit.centers / scaler.weight
    predecessors, old_names, used_ids = _previous_centers(rows, recipe, scaler)
    named = personas.name_clusters(
        centers, scaler.names, targets, predecessors, used_ids, recipe["segment_prefix"]
    )
    parts = [
        ("version", "random_seed", None, float(settings["random_seed"]), None),
        ("version", "library", None, None, f"scikit-learn {sklearn.__version__}"),
        ("metric", "inertia", None, fit.inertia, None),
        (
            "metric",
            "silhouette",
            None,
            None if np.isnan(fit.silhouette) else fit.silhouette,
            None,
        ),
        ("metric", "has_converged", None, float(fit.has_converged), None),
    ]
    for name, why in unavailable.items():
        parts.append(("feature", "unavailable", name, None, why))
    for j, name in enumerate(scaler.names):
        parts += [
            ("feature", "transform", name, None, scaler.transforms[j]),
            ("feature", "null_reference", name, float(scaler.null_reference[j]), None),
            ("feature", "mean", name, float(scaler.mean[j]), None),
            ("feature", "scale", name, float(scaler.scale[j]), None),
            ("feature", "weight", name, float(scaler.weight[j]), None),
        ]
    for i, (segment_id, described) in enumerate(named):
        name = old_names.get(segment_id, described)
        parts.append(("segment", segment_id, None, float(fit.sizes[i]), name))
        parts += [
            ("center", segment_id, name, float(centers[i, j]), None)
            for j, name in enumerate(scaler.names)
        ]
    return parts


def _latest_version(rows):
    """The newest version's date, hash, status and method, or None."""
    if not rows:
        return None
    number = max(row["version_number"] for row in rows)
    own = [row for row in rows if row["version_number"] == number]
    texts = {
        row["item"]: row["text_value"] for row in own if row["section"] == "version"
    }
    return {
        "as_of_date": _as_date(own[0]["as_of_date"]),
        "config_hash": own[0]["config_hash"],
        "status": texts["status"],
        "method": texts["method"],
    }


def _previous_centers(rows, recipe, scaler):
    """The last fit of this recipe, seen through a new scaling.

    Returns
    -------
    centers : dict of str to ndarray of shape (p,)
        In the new standardised units; 0, the mean, for a feature that the last lacked.
    names : dict of str to str
        Names that the last fit described.
    used_ids : set of str
        Segment ids that any fit of any recipe gave.
    """
    used_ids = {row["item"] for row in rows if row["section"] == "segment"}
    numbers = [
        row["version_number"]
        for row in rows
        if row["recipe"] == recipe["recipe"] and row["section"] == "center"
    ]
    if not numbers:
        return {}, {}, used_ids
    own = [row for row in rows if row["version_number"] == max(numbers)]
    old = {
        (row["item"], row["feature_name"]): row
        for row in own
        if row["section"] == "feature"
    }
    at = {
        (row["item"], row["feature_name"]): row["numeric_value"]
        for row in own
        if row["section"] == "center"
    }
    centers = {}
    for segment_id in {segment for segment, _ in at}:
        center = np.zeros(len(scaler.names))
        for j, name in enumerate(scaler.names):
            same = old.get(("transform", name), {}).get("text_value")
            if (segment_id, name) in at and same == scaler.transforms[j]:
                natural = (
                    at[segment_id, name] * old["scale", name]["numeric_value"]
                    + old["mean", name]["numeric_value"]
                )
                center[j] = (natural - scaler.mean[j]) / scaler.scale[j]
        centers[segment_id] = center
    names = {
        row["item"]: row["text_value"]
        for row in own
        if row["section"] == "segment" and row["text_value"]
    }
    return centers, names, used_ids


def _as_date(value):
    """A date from a date or a datetime."""
    return value.date() if isinstance(value, datetime.datetime) else value
