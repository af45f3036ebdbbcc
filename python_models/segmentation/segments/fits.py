"""Fit one version of the segments, judge it, and write it down as registry rows.

A part is one row of a version: (section, item, feature name, number of clusters,
numeric value, text value); registry.py says what they mean.
"""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit, LibraryMissing
from segmentation.imports import one_thread
from segmentation.segments import clustering, density, gate, personas
from segmentation.statistics import scaling, validity

CLUSTER_NUMBERS = tuple(range(2, 9))
MAX_CLUSTERS = 8
# Customers that diagnostics are computed on: refits and nulls cost more than the fit.
MAX_DIAGNOSED = 10_000
# Robust z-score of log net revenue from which a customer is a whale: six in a thousand
# if it were Gaussian.
WHALE_DEVIATIONS = 2.5


@dataclass(frozen=True)
class Champion:
    """The active version, as its registry rows hold it.

    Attributes
    ----------
    segment_ids : list of str, length k
    centers : ndarray of shape (k, p)
        Scaled, unweighted.
    scaler : scaling.Scaling
    is_comparable : bool
        Whether it was fitted by the same configuration.
    """

    segment_ids: list
    centers: np.ndarray
    scaler: scaling.Scaling
    is_comparable: bool

    def assign(self, values):
        """Weighted values and index of the nearest centre; values in scaler's order."""
        scaled = self.scaler.apply(values)
        return scaled, validity.nearest_centers(
            scaled, self.centers * self.scaler.weight
        )


@dataclass(frozen=True)
class Version:
    """A fit as parts, and whether the gate let it pass.

    Attributes
    ----------
    parts : list of tuple
    failure : str or None
        Why the gate refused it.
    """

    parts: list
    failure: str | None


def whale_threshold(net_amounts):
    """Net revenue from which a customer is a whale.

    Parameters
    ----------
    net_amounts : ndarray of shape (n,)
        Of customers with an order, reporting currency; those of nothing or less do not
        count.

    Returns
    -------
    float or None
        exp(median + 2.5 * 1.4826 * MAD) of the logs; None if it cannot be known, for
        want of customers or of any spread.
    """
    logs = np.log1p(net_amounts[net_amounts > 0])
    if len(logs) < 2:
        return None
    median = np.median(logs)
    spread = 1.4826 * np.median(np.abs(logs - median))
    if spread < 1e-12:
        return None
    return float(np.expm1(median + WHALE_DEVIATIONS * spread))


def fit_version(
    values, net_amounts, facts, recipe, naming, lineage, champion, settings
):
    """Scale, fit, name, diagnose and judge.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Raw features of the sampled customers, NaN for null.
    net_amounts : ndarray of shape (n,)
    facts : dict of str to ndarray of shape (n,)
        Raw features that names make claims on, NaN for null, fitted or not.
    recipe : dict
        See registry.fit_due_versions.
    naming : personas.Naming
    lineage : personas.Lineage
        Segments of earlier fits.
    champion : Champion or None
    settings : dict
        `random_seed`, `stability_resamples`.

    Returns
    -------
    Version

    Raises
    ------
    CannotFit
        If there is nothing to fit.
    """
    with one_thread():
        return _fit_version(
            values, net_amounts, facts, recipe, naming, lineage, champion, settings
        )


def _fit_version(
    values, net_amounts, facts, recipe, naming, lineage, champion, settings
):
    """As fit_version, on one thread per fit."""
    import sklearn

    seed = settings["random_seed"]
    # fits and samples depend on row order, and a query's result has none of its own
    order = np.lexsort(np.column_stack([values, net_amounts]).T[::-1])
    names, transforms, weights, tie_widths = zip(*recipe["features"], strict=True)
    facts = {**facts, **dict(zip(names, values.T, strict=True))}
    facts = {name: known[order] for name, known in facts.items()}
    values, net_amounts = values[order], net_amounts[order]
    threshold = whale_threshold(net_amounts)
    if recipe["whale_segment"] and threshold is not None:
        is_fitted = net_amounts < threshold
        values = values[is_fitted]
        facts = {name: known[is_fitted] for name, known in facts.items()}
    is_density = recipe["method"] == "density"
    if is_density:
        values = density.break_ties(values, tie_widths)
    scaler, unavailable = scaling.fit_scaling(
        values, names, transforms, weights, recipe["scaling"]
    )
    kept = values[:, [names.index(name) for name in scaler.names]]
    scaled = scaler.apply(kept)
    sampled = validity.sample_rows(len(scaled), MAX_DIAGNOSED, seed)
    select_rows = density.dense_rows if is_density else None

    parts = [
        ("version", "random_seed", None, None, float(seed), None),
        ("version", "library", None, None, None, f"scikit-learn {sklearn.__version__}"),
        ("version", "n_sampled", None, None, float(len(values)), None),
    ]
    if threshold is not None:
        parts.append(("rule", "whale_net_amount", None, None, threshold, None))
        if recipe["whale_segment"]:
            parts.append(
                ("rule", "whale_segment", None, None, None, recipe["whale_segment"])
            )
    parts += _scaling_parts(scaler, unavailable)

    curve = []
    if settings["stability_resamples"] > 0:
        curve = validity.fit_curve(
            scaled[sampled],
            clustering.kmeans_centers,
            CLUSTER_NUMBERS,
            settings["stability_resamples"],
            seed,
            select_rows,
        )
    parts += _curve_parts(curve)
    n_clusters = _number_of_clusters(recipe, curve, is_density)

    metrics = {}
    if is_density:
        fit = density.fit_density(scaled, n_clusters, seed, MAX_CLUSTERS)
        weighted = fit.centers
        metrics |= {
            "cluster_density_validity": fit.density_validity,
            "cluster_noise_share": fit.noise_share,
            "prediction_agreement": fit.agreement,
            "min_cluster_size": float(fit.min_cluster_size),
        }
        core_share = float((fit.core_labels >= 0).mean())
        metrics["unassigned_share"] = 1.0 - core_share
    else:
        fit = clustering.fit_kmeans(scaled, n_clusters, seed)
        weighted = fit.centers
        metrics["has_converged"] = float(fit.has_converged)
    labels = validity.nearest_centers(scaled, weighted)
    centers = weighted / scaler.weight
    parts += _component_parts(scaled[sampled] / scaler.weight, scaler)

    metrics["inertia"] = float(((scaled - weighted[labels]) ** 2).sum())
    metrics |= _diagnose(
        scaled[sampled],
        kept[sampled],
        labels[sampled],
        scaler,
        len(weighted),
        curve,
        select_rows,
        settings,
    )
    jaccard = metrics.pop("jaccard")
    sizes = np.bincount(labels, minlength=len(weighted))
    metrics["smallest_share"] = sizes.min() / len(labels)

    named = personas.name_clusters(
        scaler.standard_scores(centers),
        scaler.names,
        naming,
        personas.Members(
            medians=[_medians(facts, labels == i) for i in range(len(centers))],
            typical=_medians(facts, np.full(len(labels), True)),
        ),
        lineage.seen_through(scaler),
        lineage.used_ids,
        recipe["segment_prefix"],
        lineage.names,
    )
    segment_ids = [segment_id for segment_id, _ in named]
    if champion is not None and champion.is_comparable:
        metrics |= _compare(champion, scaler, kept, segment_ids, labels, seed)

    excess = metrics["silhouette"] - max(
        metrics.get("null_silhouette", np.nan),
        metrics.get("shuffled_silhouette", np.nan),
    )
    has_structure = is_density and fit.has_structure
    called = gate.structure(excess, is_density, has_structure)
    parts.append(("version", "structure", None, None, None, called))
    # cores of a continuum come in the number asked for, with their stability beside
    is_asked_for = is_density and not has_structure and recipe["n_clusters"] is not None
    findings = gate.judge(metrics, must_be_stable=not is_asked_for)
    parts += [("gate", f.criterion, None, None, f.measured, f.words) for f in findings]
    binning = metrics.pop("triviality_binning", None)
    for item, value in metrics.items():
        text = binning if item == "triviality_ari" else None
        parts.append(("metric", item, None, None, _number(value), text))

    for i, (segment_id, name) in enumerate(named):
        parts += [
            ("segment", segment_id, None, None, float(sizes[i]), name),
            ("jaccard", segment_id, None, None, _number(jaccard[i]), None),
        ]
        parts += [
            ("center", segment_id, feature, None, float(centers[i, j]), None)
            for j, feature in enumerate(scaler.names)
        ]
    return Version(parts=parts, failure=gate.failure(findings))


def _number_of_clusters(recipe, curve, is_density):
    """The recipe's number; for `auto` what the curve says.

    Density cores have no silhouette to be chosen by: as many as resamples find again.
    """
    wanted = recipe["n_clusters"]
    if wanted is not None:
        return wanted
    if is_density:
        stable = [point.n_clusters for point in curve if point.is_stable]
        return max(stable, default=MAX_CLUSTERS)
    chosen = validity.choose_k(curve)
    if chosen is None:
        raise CannotFit(
            "no number of clusters can be chosen: there are fewer than three different "
            "customers, or segmentation_stability_resamples is 0; name a number in "
            "segmentation_n_clusters"
        )
    return chosen


def _diagnose(scaled, raw, labels, scaler, n_clusters, curve, select_rows, settings):
    """Metrics of the chosen partition, on the diagnosed sample."""
    seed = settings["random_seed"]
    metrics = {"silhouette": validity.silhouette(scaled, labels, seed)}
    point = next((p for p in curve if p.n_clusters == n_clusters), None)
    if point is not None:
        metrics |= {
            "null_silhouette": point.null_silhouette,
            "shuffled_silhouette": point.shuffled_silhouette,
            "davies_bouldin": point.davies_bouldin,
            "calinski_harabasz": point.calinski_harabasz,
        }
        resampled = point.resampled
    else:
        resampled = validity.bootstrap_labels(
            scaled,
            clustering.kmeans_centers,
            [n_clusters],
            settings["stability_resamples"],
            seed,
            select_rows,
        )[n_clusters]
    mean, p5 = validity.agreement(labels, resampled)
    binning, index, information = validity.triviality(
        labels, validity.simple_binnings(raw, scaler.names)
    )
    untied = density.break_ties(scaled, np.zeros(scaled.shape[1]))
    return metrics | {
        "stability_mean": mean,
        "stability_p5": p5,
        "triviality_ari": index,
        "triviality_nmi": information,
        "triviality_binning": binning,
        "density_validity": _density_validity_if_known(untied, labels, seed),
        "jaccard": validity.jaccard_stability(labels, resampled, n_clusters),
    }


def _density_validity_if_known(values, labels, seed):
    """Density-based validity, which only describes here; NaN without the extra."""
    try:
        return validity.density_validity(values, labels, seed)
    except LibraryMissing:
        return np.nan


def _compare(champion, scaler, kept, segment_ids, labels, seed):
    """The champion's silhouette on these customers, and how many keep their segment.

    Nothing where it was fitted on other features: distances would not compare.
    """
    if champion.scaler.names != scaler.names:
        return {}
    scaled, assigned = champion.assign(kept)
    before = np.array(champion.segment_ids)[assigned]
    return {
        "champion_silhouette": validity.silhouette(scaled, assigned, seed),
        "kept_share": float((before == np.array(segment_ids)[labels]).mean()),
    }


def _scaling_parts(scaler, unavailable):
    """How raw features become scaled ones."""
    parts = [
        ("feature", "unavailable", name, None, None, why)
        for name, why in unavailable.items()
    ]
    for j, name in enumerate(scaler.names):
        parts.append(("feature", "transform", name, None, None, scaler.transforms[j]))
        for item in (
            "null_reference",
            "location",
            "scale",
            "weight",
            "mean",
            "stddev",
        ):
            value = float(getattr(scaler, item)[j])
            parts.append(("feature", item, name, None, value, None))
    return parts


def _curve_parts(curve):
    """One part per number of clusters and measure."""
    items = (
        "inertia",
        "silhouette",
        "null_silhouette",
        "shuffled_silhouette",
        "davies_bouldin",
        "calinski_harabasz",
        "stability_mean",
        "stability_p5",
        "smallest_share",
    )
    return [
        ("curve", item, None, point.n_clusters, _number(getattr(point, item)), None)
        for point in curve
        for item in items
    ]


def _component_parts(scaled, scaler):
    """The two directions that a map of the customers is drawn in."""
    center, loadings, explained = validity.principal_components(scaled)
    parts = [
        # a mean of 1e-15 is zero, and must not differ between machines
        ("component", "center", name, None, round(float(center[j]), 12), None)
        for j, name in enumerate(scaler.names)
    ]
    for i, loading in enumerate(loadings):
        item = f"component_{i + 1}"
        parts.append(("component", item, None, None, float(explained[i]), None))
        parts += [
            ("component", item, name, None, float(loading[j]), None)
            for j, name in enumerate(scaler.names)
        ]
    return parts


def _medians(facts, are_members):
    """Median of each raw feature among some customers, None where none is known."""
    found = {}
    for name, values in facts.items():
        known = values[are_members & ~np.isnan(values)]
        found[name] = float(np.median(known)) if len(known) else None
    return found


def _number(value):
    """A float, None for NaN."""
    return None if value is None or np.isnan(value) else float(value)
