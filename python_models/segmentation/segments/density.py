"""Fit density cores with HDBSCAN, and say whether there is density structure at all."""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit
from segmentation.imports import import_hdbscan, import_scikit_learn
from segmentation.segments import clustering
from segmentation.statistics import validity

# Density structure: a validity index that noise alone never reaches, with at most half
# of the customers left out as noise.
MIN_DENSITY_VALIDITY = 0.30
MAX_NOISE_SHARE = 0.50

# Smallest cluster as shares of the customers, tried from large to small.
_STRUCTURE_SHARES = (0.05, 0.03, 0.02, 0.01)
_MIN_CLUSTER_SIZE = 5
# Neighbours that HDBSCAN measures a density by.
_MIN_SAMPLES = 15
# Without structure, the cores are made of this share of the customers, the densest by
# the distance to as many neighbours as this share of them: a continuum has no fine
# structure, and finer densities find another middle in every resample.
_DENSE_SHARE = 0.8
_NEIGHBOR_SHARE = 0.05
# Rows that distances are measured to; more tell nothing new of so smooth a density.
_MAX_REFERENCES = 4000


@dataclass(frozen=True)
class DensityFit:
    """Cores of density and how they were found; k cores, n customers.

    Attributes
    ----------
    centers : ndarray of shape (k, p)
        Mean of each core, in standardised and weighted units, by rising first
        coordinate, then second, and so on.
    core_labels : ndarray of int, shape (n,)
        The core that each row belongs to, -1 for noise.
    has_structure : bool
        Whether the cores are dense regions apart from one another, found by HDBSCAN. If
        not, they are parts of one continuum without its sparse edges.
    density_validity : float
        True DBCV of HDBSCAN's best clusters, -1 to 1; NaN if it found fewer than two.
    noise_share : float
        Share of the rows in no cluster of these, 0 to 1.
    agreement : float
        Share of the rows that HDBSCAN predicts a cluster for whose nearest core is that
        cluster's, 0 to 1; NaN without structure.
    min_cluster_size : int
        HDBSCAN's setting that gave them.
    """

    centers: np.ndarray
    core_labels: np.ndarray
    has_structure: bool
    density_validity: float
    noise_share: float
    agreement: float
    min_cluster_size: int


def break_ties(values, tie_widths):
    """Spread whole numbers over the interval that they stand for.

    HDBSCAN takes a thousand customers with one order each for an infinitely dense
    cluster; the tie is the unit of counting, not behaviour. The spread is even rather
    than random, so that it makes no lumps of its own and no seed can move a customer.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Raw features; NaN stays NaN.
    tie_widths : sequence of float, length p
        Width of the interval around a value, in raw units; 0 for continuous features.

    Returns
    -------
    ndarray of shape (n, p)
        Rows in their order; the same values in any row order are spread alike.

    Notes
    -----
    Halton (1960), On the efficiency of certain quasi-random sequences of points.
    """
    from scipy.stats import qmc

    order = np.lexsort(values.T[::-1])
    # the first point lies on the edge, and a value half a unit off is another value
    sequence = qmc.Halton(values.shape[1], scramble=False).fast_forward(1)
    even = np.empty(values.shape)
    even[order] = sequence.random(len(values)) - 0.5
    # equal real numbers are told apart by a hair
    hair = 1e-6 * np.nanstd(values, axis=0)
    return values + even * np.maximum(np.asarray(tie_widths, dtype=float), hair)


def fit_density(values, n_cores, random_seed, max_clusters):
    """Find density clusters; where there are none, the cores of a continuum.

    Clusters by excess of mass, from large to small; the most valid by DBCV are the
    answer, however many, if they are valid enough.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Standardised, weighted, without ties.
    n_cores : int
        Cores to return if there is no density structure.
    random_seed : int
    max_clusters : int
        The most clusters that can be scored.

    Returns
    -------
    DensityFit

    Raises
    ------
    CannotFit
        If there are fewer customers than a density needs.

    Notes
    -----
    Campello, Moulavi & Sander (2013), Density-based clustering based on hierarchical
    density estimates; McInnes, Healy & Astels (2017), hdbscan.
    """
    if len(values) < 4 * _MIN_SAMPLES:
        raise CannotFit(
            f"{len(values)} customers are too few to measure a density among "
            f"{_MIN_SAMPLES} neighbours; choose a recipe with method kmeans, or "
            "segmentation_recipe: rfm_rules"
        )
    # density trees depend on row order where distances are equal
    order = np.lexsort(values.T[::-1])
    ordered = values[order]
    best = (None, np.nan, 0)
    for share in _STRUCTURE_SHARES:
        size = max(_MIN_CLUSTER_SIZE, round(len(values) * share))
        model = _hdbscan(ordered, size)
        if not 2 <= model.labels_.max() + 1 <= max_clusters:
            continue
        score = validity.density_validity(ordered, model.labels_, random_seed)
        if best[0] is None or np.nan_to_num(score, nan=-1.0) > best[1]:
            best = (model, np.nan_to_num(score, nan=-1.0), size)
    model, score, size = best
    noise = 1.0 if model is None else float((model.labels_ < 0).mean())
    has_structure = (
        model is not None and score >= MIN_DENSITY_VALIDITY and noise <= MAX_NOISE_SHARE
    )
    agreement = np.nan
    if has_structure:
        centers, labels = _sorted_cores(ordered, model.labels_)
        agreement = prediction_agreement(model, ordered, ordered)
    else:
        dense = is_dense(ordered)
        centers = clustering.fit_kmeans(ordered[dense], n_cores, random_seed).centers
        labels = np.full(len(ordered), -1)
        labels[dense] = validity.nearest_centers(ordered[dense], centers)
    core_labels = np.empty(len(labels), dtype=int)
    core_labels[order] = labels
    return DensityFit(
        centers=centers,
        core_labels=core_labels,
        has_structure=has_structure,
        density_validity=float(score),
        noise_share=noise,
        agreement=agreement,
        min_cluster_size=int(size),
    )


def is_dense(values):
    """Whether each row is in the denser middle, which outliers and edges are not.

    Parameters
    ----------
    values : ndarray of shape (n, p)

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    (neighbors,) = import_scikit_learn("neighbors")
    # every so many of the sorted rows stand for all, whatever order they came in
    step = max(1, len(values) // _MAX_REFERENCES)
    references = values[np.lexsort(values.T[::-1])][::step]
    wanted = max(_MIN_SAMPLES, round(_NEIGHBOR_SHARE * len(references)))
    search = neighbors.NearestNeighbors(
        n_neighbors=min(wanted, len(references) - 1), algorithm="brute"
    ).fit(references)
    distance = search.kneighbors(values)[0][:, -1]
    return distance <= np.quantile(distance, _DENSE_SHARE)


def dense_rows(values):
    """The rows of the denser middle, in their order.

    Parameters
    ----------
    values : ndarray of shape (n, p)

    Returns
    -------
    ndarray of shape (about 0.8 * n, p)
    """
    return values[is_dense(values)]


def prediction_agreement(model, fitted, others):
    """How often the nearest core is the cluster that HDBSCAN predicts.

    Parameters
    ----------
    model : hdbscan.HDBSCAN
        Fitted with prediction_data.
    fitted : ndarray of shape (n, p)
        The rows that it was fitted to.
    others : ndarray of shape (m, p)
        Rows to compare on.

    Returns
    -------
    float
        Share among the rows that are not predicted to be noise; NaN if all are.
    """
    predicted, _ = import_hdbscan().approximate_predict(model, others)
    is_core = predicted >= 0
    if not is_core.any():
        return np.nan
    names = np.arange(model.labels_.max() + 1)
    centers = np.array([fitted[model.labels_ == name].mean(axis=0) for name in names])
    nearest = validity.nearest_centers(others[is_core], centers)
    return float((nearest == predicted[is_core]).mean())


def _hdbscan(values, min_cluster_size):
    """The library's fit, exact and with what a prediction needs."""
    return (
        import_hdbscan()
        .HDBSCAN(
            min_cluster_size=int(min_cluster_size),
            min_samples=_MIN_SAMPLES,
            approx_min_span_tree=False,
            prediction_data=True,
            core_dist_n_jobs=1,
        )
        .fit(values)
    )


def _sorted_cores(values, labels):
    """Means of the clusters by rising coordinates, and the labels to match."""
    centers = np.array(
        [values[labels == label].mean(axis=0) for label in range(labels.max() + 1)]
    )
    by_coordinate = np.lexsort(centers.T[::-1])
    rank = np.full(len(centers) + 1, -1)
    rank[by_coordinate] = np.arange(len(centers))
    return centers[by_coordinate], rank[labels]
