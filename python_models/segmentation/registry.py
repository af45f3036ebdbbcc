"""What the segment fits learned, as rows of one long table; and which fits are due.

Nothing is pickled: a version is its rows, which SQL scores from. Its sections are

========== ============== ============ ===============================================
section    item           feature_name value
========== ============== ============ ===============================================
version    status         -            promoted; rejected, where the gate refused a
                                       challenger; fallback, where rules score instead
version    method         -            kmeans, density or rules
version    reason         -            why the fit was made
version    failure        -            why it was rejected, or fell back
version    structure      -            groups, density clusters or partition
version    n_customers, n_sampled      customers there were, and that were read
version    random_seed, library        what the fit can be made again with
feature    transform      the feature  none or log
feature    null_reference the feature  what a null counts as, raw units
feature    location, scale, weight     how the transformed feature is scaled
feature    mean, stddev   the feature  of the transformed feature
feature    unavailable    the feature  why it was left out
center     segment id     the feature  centre in scaled units, unweighted
segment    segment id     -            its name if it is no persona's, and how many
                                       customers were nearest
jaccard    segment id     -            how well resamples find it again
rule       whale_net_amount            net revenue from which a customer is a whale
rule       whale_segment  -            the segment that whales are put in, if any
curve      its name       -            a diagnostic of n_clusters clusters
metric     its name       -            a diagnostic of the fit
gate       the criterion  -            what was measured, and the verdict in words
component  component_1..2 the feature  loading; without feature the variance explained
component  center         the feature  where the components cross
========== ============== ============ ===============================================

Two more sections are no part of a fit. `promotion` activates a version from its
as_of_date on, by the gate or by hand; `request` asks for a refit.
"""

import datetime
import hashlib
import json

import numpy as np
import pyarrow as pa

from segmentation import fits, personas, scaling
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
        ("n_clusters", pa.int64()),
        ("numeric_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)

# Settings that say when a fit is made, and not what comes of it.
TIMING = ("refit_after_days",)


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


def settings_of_a_fit(settings):
    """The settings that shape a fit: all but those that only say when one is due.

    Parameters
    ----------
    settings : dict
        As a model hands them over.

    Returns
    -------
    dict
        What belongs into the fingerprint of the fit's configuration. A setting that is
        added belongs there too unless it is excepted here.
    """
    return {name: value for name, value in settings.items() if name not in TIMING}


def due_reason(snapshot, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    snapshot : date
    is_last : bool
        Whether it is the newest snapshot: a changed configuration, or a request, counts
        from now on, not for the past.
    latest : dict or None
        `as_of_date`, `config_hash`, `status`, `method`, `is_judged` and `is_requested`
        of the newest version, as latest_version gives them.
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
    if latest["is_requested"] and is_last:
        return "asked for"
    if snapshot == latest["as_of_date"]:
        return None
    if latest["status"] == "fallback" and not latest["is_judged"]:
        return "earlier fit fell back to rules"
    age = (snapshot - latest["as_of_date"]).days
    if age >= refit_after_days:
        return f"{age} days after the last fit"
    return None


def fit_due_versions(
    snapshots, stored, recipe, naming, settings, count_customers, read_values
):
    """Fit every version that is due, oldest snapshot first.

    Parameters
    ----------
    snapshots : sequence of date
        All snapshot dates scheduled.
    stored : list of dict
        The registry's rows so far, keys as in SCHEMA.
    recipe : dict
        `recipe`, `method` (kmeans, density or rules), `scaling`, `n_clusters` (None to
        choose it), `segment_prefix`, `whale_segment` (or None), and `features`: list of
        (name, transform, weight, tie width).
    naming : personas.Naming
    settings : dict
        `refit_after_days`, `min_customers`, `sample_size`, `random_seed`,
        `stability_resamples`.
    count_customers : callable
        Snapshot date to the number of customers with an order.
    read_values : callable
        Snapshot date and sample size to an ndarray (n, p) of raw features, NaN for
        null, an ndarray (n,) of net revenue, and a dict of further raw features, which
        the claims of names are on, to ndarrays (n,).

    Returns
    -------
    pyarrow.Table
        The new rows only, in SCHEMA; none if no fit is due.
    """
    current_hash = config_hash(
        {
            "recipe": recipe,
            # words are left out: another language makes no other fit
            "targets": sorted(map(repr, naming.targets)),
            "claims": sorted(map(repr, naming.claims)),
            "settings": settings_of_a_fit(settings),
        }
    )
    snapshots = sorted(snapshots)
    rows, new_rows = list(stored), []
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
            rows,
            snapshot,
            reason,
            current_hash,
            recipe,
            naming,
            settings,
            count_customers,
            read_values,
        )
        is_as_before = (
            latest is not None
            and latest["status"] == status == "fallback"
            and latest["config_hash"] == current_hash
            and not any(part[0] == "gate" for part in parts)
        )
        if is_as_before and reason == "earlier fit fell back to rules":
            # as small as before: nothing new to record
            continue
        number = 1 + max((row["version_number"] for row in rows), default=0)
        made = version_rows(
            f"{recipe['recipe']}-v{number}",
            number,
            snapshot,
            recipe["recipe"],
            current_hash,
            parts,
        )
        if status != "rejected":
            made.append(promotion_row(rows, made[0], snapshot, reason))
        rows += made
        new_rows += made
    return pa.Table.from_pylist(new_rows, schema=SCHEMA)


def version_rows(version, number, snapshot, recipe, current_hash, parts):
    """Registry rows of a version's parts."""
    return [
        {
            "registry_row_id": "|".join(
                [version, section, item, feature or "", str(k or "")]
            ),
            "model_version": version,
            "version_number": number,
            "as_of_date": snapshot,
            "recipe": recipe,
            "config_hash": current_hash,
            "section": section,
            "item": item,
            "feature_name": feature,
            "n_clusters": k,
            "numeric_value": numeric,
            "text_value": text,
        }
        for section, item, feature, k, numeric, text in parts
    ]


def promotion_row(rows, version_row, effective_from, reason):
    """The row that activates a version.

    Parameters
    ----------
    rows : list of dict
        The registry so far; promotions are numbered through.
    version_row : dict
        Any row of the version.
    effective_from : date
    reason : str

    Returns
    -------
    dict
    """
    number = 1 + sum(row["section"] == "promotion" for row in rows)
    return version_row | {
        "registry_row_id": f"promotion|{number}",
        "as_of_date": effective_from,
        "section": "promotion",
        "item": str(number),
        "feature_name": None,
        "n_clusters": None,
        "numeric_value": float(number),
        "text_value": reason,
    }


def _make_version(
    rows,
    snapshot,
    reason,
    current_hash,
    recipe,
    naming,
    settings,
    count_customers,
    read_values,
):
    """One version's status and parts."""
    n_customers = count_customers(snapshot)
    parts = [
        ("version", "n_customers", None, None, float(n_customers), None),
        ("version", "reason", None, None, None, reason),
    ]
    if recipe["method"] == "rules":
        return "promoted", parts + _verdict("promoted", "rules", None)
    in_force = version_in_force(rows, snapshot)
    champion = None
    if in_force is not None:
        champion = read_champion(rows, in_force, current_hash)
    try:
        if n_customers < settings["min_customers"]:
            raise CannotFit(
                f"{n_customers} ordering customers are fewer than the "
                f"{settings['min_customers']} of segmentation_min_customers_to_fit"
            )
        version = fits.fit_version(
            *read_values(snapshot, settings["sample_size"]),
            recipe,
            naming,
            read_lineage(rows, recipe["recipe"]),
            champion,
            settings,
        )
    except CannotFit as error:
        if champion is not None:
            return "rejected", parts + _verdict(
                "rejected", recipe["method"], str(error)
            )
        return "fallback", parts + _verdict("fallback", "rules", str(error))
    parts = parts + version.parts
    if version.failure is None:
        return "promoted", parts + _verdict("promoted", recipe["method"], None)
    if champion is not None:
        return "rejected", parts + _verdict(
            "rejected", recipe["method"], version.failure
        )
    return "fallback", parts + _verdict("fallback", "rules", version.failure)


def _verdict(status, method, failure):
    """Parts that say what became of a fit."""
    parts = [
        ("version", "status", None, None, None, status),
        ("version", "method", None, None, None, method),
    ]
    if failure is not None:
        parts.append(("version", "failure", None, None, None, failure))
    return parts


def latest_version(rows):
    """The newest version, whatever became of it.

    Parameters
    ----------
    rows : list of dict

    Returns
    -------
    dict or None
        `as_of_date`, `config_hash`, `status`, `method`; `is_judged`, whether it came as
        far as the gate; `is_requested`, whether a refit was asked for since.
    """
    own_rows = [row for row in rows if row["section"] == "version"]
    if not own_rows:
        return None
    number = max(row["version_number"] for row in own_rows)
    own = [row for row in own_rows if row["version_number"] == number]
    texts = {row["item"]: row["text_value"] for row in own}
    return {
        "as_of_date": _as_date(own[0]["as_of_date"]),
        "config_hash": own[0]["config_hash"],
        "status": texts["status"],
        "method": texts["method"],
        "is_judged": any(
            row["section"] == "gate" and row["version_number"] == number for row in rows
        ),
        "is_requested": any(
            row["section"] == "request" and row["version_number"] == number
            for row in rows
        ),
    }


def version_in_force(rows, snapshot):
    """Name of the version that was promoted last, on the snapshot's day or before."""
    promotions = [
        row
        for row in rows
        if row["section"] == "promotion" and _as_date(row["as_of_date"]) <= snapshot
    ]
    if not promotions:
        return None
    return max(promotions, key=lambda row: row["numeric_value"])["model_version"]


def read_champion(rows, model_version, current_hash):
    """A fitted version to hold a challenger against; None if it is one of rules.

    Parameters
    ----------
    rows : list of dict
    model_version : str
    current_hash : str

    Returns
    -------
    fits.Champion or None
    """
    own = [row for row in rows if row["model_version"] == model_version]
    texts = {
        row["item"]: row["text_value"] for row in own if row["section"] == "version"
    }
    if texts.get("method") == "rules":
        return None
    at = {
        (row["section"], row["item"], row["feature_name"]): row
        for row in own
        if row["section"] in ("feature", "center")
    }
    names = tuple(
        sorted(
            name
            for section, item, name in at
            if section == "feature" and item == "transform"
        )
    )
    segment_ids = sorted({item for section, item, _ in at if section == "center"})

    def numbers(item):
        return np.array([at["feature", item, name]["numeric_value"] for name in names])

    return fits.Champion(
        segment_ids=segment_ids,
        centers=np.array(
            [
                [at["center", segment, name]["numeric_value"] for name in names]
                for segment in segment_ids
            ]
        ),
        scaler=scaling.Scaling(
            names=names,
            transforms=tuple(
                at["feature", "transform", name]["text_value"] for name in names
            ),
            null_reference=numbers("null_reference"),
            location=numbers("location"),
            scale=numbers("scale"),
            weight=numbers("weight"),
            mean=numbers("mean"),
            stddev=numbers("stddev"),
        ),
        is_comparable=own[0]["config_hash"] == current_hash,
    )


def read_lineage(rows, recipe):
    """What a new fit's segments are aligned to: the last promoted fit of its recipe.

    Parameters
    ----------
    rows : list of dict
    recipe : str

    Returns
    -------
    personas.Lineage
    """
    used_ids = {row["item"] for row in rows if row["section"] == "segment"}
    promotions = [
        row for row in rows if row["section"] == "promotion" and row["recipe"] == recipe
    ]
    by_newness = sorted(promotions, key=lambda row: -row["numeric_value"])
    for promotion in by_newness:
        champion = read_champion(rows, promotion["model_version"], None)
        if champion is not None:
            break
    else:
        return personas.Lineage(used_ids=used_ids)
    scaler = champion.scaler
    natural = champion.centers * scaler.scale + scaler.location
    return personas.Lineage(
        centers={
            segment_id: {
                name: (scaler.transforms[j], float(natural[i, j]))
                for j, name in enumerate(scaler.names)
            }
            for i, segment_id in enumerate(champion.segment_ids)
        },
        names={
            row["item"]: row["text_value"]
            for row in rows
            if row["model_version"] == promotion["model_version"]
            and row["section"] == "segment"
            and row["text_value"]
        },
        used_ids=used_ids,
    )


def _as_date(value):
    """A date from a date or a datetime."""
    return value.date() if isinstance(value, datetime.datetime) else value
