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
version    recipe_reason  -            why this recipe, where there were several
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

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from segmentation.errors import CannotFit
from segmentation.registry import versions
from segmentation.segments import fits, personas
from segmentation.statistics import scaling

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


# What a refit is refused for beside the active version alone: no fault of the recipe's.
RELATIVE_CRITERIA = {"silhouette_loss", "kept_share"}
# A recipe stands on its features of this weight and more, where it is one of several.
MIN_BEARING_WEIGHT = 1.0
# Where more customers than this have ordered once, clusters would be of one number.
MAX_ONE_TIME_SHARE = 0.80


@dataclass(frozen=True)
class Candidate:
    """A recipe that may be fitted.

    Attributes
    ----------
    recipe : dict
        `recipe`, `method` (kmeans, density or rules), `scaling`, `n_clusters` (None to
        choose it), `segment_prefix`, `whale_segment` (or None), and `features`: list of
        (name, transform, weight, tie width).
    naming : personas.Naming
    read_values : callable
        Snapshot date and sample size to an ndarray (n, p) of raw features, NaN for
        null, an ndarray (n,) of net revenue, and a dict of further raw features, which
        the claims of names are on, to ndarrays (n,).
    """

    recipe: dict
    naming: personas.Naming
    read_values: object

    @property
    def name(self):
        return self.recipe["recipe"]

    def hash(self, settings):
        """Fingerprint of all that shapes its fit, but for the data."""
        return versions.config_hash(
            {
                "recipe": self.recipe,
                # words are left out: another language makes no other fit
                "targets": sorted(map(repr, self.naming.targets)),
                "claims": sorted(map(repr, self.naming.claims)),
                "settings": versions.settings_of_a_fit(settings),
            }
        )


def fit_due_versions(snapshots, stored, candidates, settings, count_customers):
    """Fit every version that is due, oldest snapshot first.

    Parameters
    ----------
    snapshots : sequence of date
        All snapshot dates scheduled.
    stored : list of dict
        The registry's rows so far, keys as in SCHEMA.
    candidates : sequence of Candidate
        The recipe to be preferred first. Of several the active one is fitted again as
        long as it is not refused by itself; then the next ones are tried in order.
    settings : dict
        `refit_after_days`, `min_customers`, `sample_size`, `random_seed`,
        `stability_resamples`.
    count_customers : callable
        Snapshot date to the number of customers with an order.

    Returns
    -------
    pyarrow.Table
        The new rows only, in SCHEMA; none if no fit is due.
    """
    hashes = {candidate.name: candidate.hash(settings) for candidate in candidates}
    snapshots = sorted(snapshots)
    rows, new_rows = list(stored), []
    for snapshot in snapshots:
        latest = latest_version(rows)
        before = latest["recipe"] if latest is not None else None
        reason = due_reason(
            snapshot,
            snapshot == snapshots[-1],
            latest,
            hashes.get(before, hashes[candidates[0].name]),
            settings["refit_after_days"],
        )
        if reason is None:
            continue
        chosen, status, parts = _make_version(
            rows, snapshot, reason, hashes, candidates, settings, count_customers
        )
        is_as_before = (
            latest is not None
            and latest["status"] == status == "fallback"
            and latest["config_hash"] == hashes[chosen.name]
            and not any(part[0] == "gate" for part in parts)
        )
        if is_as_before and reason == "earlier fit fell back to rules":
            # as small as before: nothing new to record
            continue
        number = versions.next_number(rows)
        made = version_rows(
            f"{chosen.name}-v{number}",
            number,
            snapshot,
            chosen.name,
            hashes[chosen.name],
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
    number = versions.next_promotion(rows)
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
    rows, snapshot, reason, hashes, candidates, settings, count_customers
):
    """The candidate that a version is made of, the version's status, and its parts."""
    active = versions.active_version(rows, snapshot)
    active_recipe = next(
        (row["recipe"] for row in rows if row["model_version"] == active), None
    )
    champion = None
    if active is not None:
        champion = read_champion(rows, active, hashes.get(active_recipe))
    if champion is not None:
        # the sort is stable: the others stay in their order
        candidates = sorted(
            candidates, key=lambda candidate: candidate.name != active_recipe
        )
    n_customers = count_customers(snapshot)
    refused = {}
    for candidate in candidates:
        method = candidate.recipe["method"]
        failure, found = None, []
        if method != "rules":
            failure, found = _try_candidate(
                candidate,
                len(candidates) > 1,
                rows,
                snapshot,
                champion,
                n_customers,
                settings,
            )
        made = [
            ("version", "n_customers", None, None, float(n_customers), None),
            ("version", "reason", None, None, None, reason),
            *found,
        ]
        if failure is None:
            made += _verdict("promoted", method, None)
            if len(candidates) > 1:
                made.append(_choice(candidate, candidates, refused, active_recipe))
            return candidate, "promoted", made
        refused[candidate.name] = failure, made
        failed = {
            part[1] for part in found if part[0] == "gate" and part[5] != "passed"
        }
        if failed and failed <= RELATIVE_CRITERIA:
            break
    # said of the first, which is the active one or the one to be preferred
    first = candidates[0]
    failure, made = refused[first.name]
    if len(set(words for words, _ in refused.values())) > 1:
        failure = "; ".join(f"{name}: {words}" for name, (words, _) in refused.items())
    if champion is not None:
        made += _verdict("rejected", first.recipe["method"], failure)
        return first, "rejected", made
    return first, "fallback", made + _verdict("fallback", "rules", failure)


def _try_candidate(
    candidate, is_one_of_several, rows, snapshot, champion, n_customers, settings
):
    """Why a candidate's fit is refused, or None; and its parts."""
    try:
        if n_customers < settings["min_customers"]:
            raise CannotFit(
                f"{n_customers} ordering customers are fewer than the "
                f"{settings['min_customers']} of segmentation_min_customers_to_fit"
            )
        read = candidate.read_values(snapshot, settings["sample_size"])
        if is_one_of_several:
            _see_that_it_fits_the_shop(candidate.recipe, read[0])
        version = fits.fit_version(
            *read,
            candidate.recipe,
            candidate.naming,
            read_lineage(rows, candidate.name),
            champion,
            settings,
        )
    except CannotFit as error:
        return str(error), []
    return version.failure, version.parts


def _see_that_it_fits_the_shop(recipe, values):
    """Raise CannotFit where the shop does not have what a recipe stands on."""
    missing = []
    for (name, _, weight, _), column in zip(recipe["features"], values.T, strict=True):
        known = column[~np.isnan(column)]
        if weight >= MIN_BEARING_WEIGHT and len(np.unique(known)) < 2:
            missing.append(name)
        if name == "n_orders" and (known == 1).mean() > MAX_ONE_TIME_SHARE:
            raise CannotFit(
                f"{100 * (known == 1).mean():.1f} % of customers have ordered once, "
                f"more than {100 * MAX_ONE_TIME_SHARE:.0f} %: clusters would be of one "
                "number"
            )
    if missing:
        raise CannotFit(
            "not known of this shop, or the same for all: " + ", ".join(missing)
        )


def _choice(candidate, candidates, refused, active_recipe):
    """The part that says why a recipe was chosen among several."""
    if refused:
        why = "; ".join(
            f"{name} is refused: {words}" for name, (words, _) in refused.items()
        )
    elif candidate.name == active_recipe:
        why = "it is the active one, and its refit passes"
    else:
        why = "the richest, and its features are known and its fit passes"
    if active_recipe is not None and candidate.name != active_recipe and refused:
        why = f"a change from {active_recipe}: {why}"
    return ("version", "recipe_reason", None, None, None, f"{candidate.name}: {why}")


def _verdict(status, method, failure):
    """Parts that say what became of a fit."""
    parts = [
        ("version", "status", None, None, None, status),
        ("version", "method", None, None, None, method),
    ]
    if failure is not None:
        parts.append(("version", "failure", None, None, None, failure))
    return parts


def due_reason(snapshot, is_last, latest, current_hash, refit_after_days):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    snapshot : date
    is_last : bool
    latest : dict or None
        The newest version, as latest_version gives it.
    current_hash : str
    refit_after_days : int

    Returns
    -------
    str or None
        Rules that were promoted never age; a fit that found too little to learn from is
        tried again at the next snapshot. For all else see versions.due_reason.
    """
    found = latest or {}
    fell_back = found.get("status") == "fallback" and not found["is_judged"]
    return versions.due_reason(
        snapshot,
        is_last,
        latest,
        current_hash,
        refit_after_days,
        retry="earlier fit fell back to rules" if fell_back else None,
        is_final=found.get("method") == "rules" and found["status"] == "promoted",
    )


def latest_version(rows):
    """The newest version, whatever became of it.

    Parameters
    ----------
    rows : list of dict

    Returns
    -------
    dict or None
        As versions.latest_version gives it; `recipe`; and `is_judged`, whether it came
        as far as the gate.
    """
    latest = versions.latest_version(rows)
    return latest and {
        **latest,
        "recipe": next(
            row["recipe"]
            for row in rows
            if row["model_version"] == latest["model_version"]
        ),
        "is_judged": any(
            row["section"] == "gate"
            and row["version_number"] == latest["version_number"]
            for row in rows
        ),
    }


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
