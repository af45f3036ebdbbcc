"""Fit K-Means to standardised features."""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit
from segmentation.imports import import_scikit_learn
from segmentation.statistics import validity

_MAX_ITERATIONS = 300


@dataclass(frozen=True)
class KMeansFit:
    """k centres in standardised units, shape (k, p), and how good they are.

    Attributes
    ----------
    centers : ndarray of shape (k, p)
    sizes : ndarray of shape (k,)
        Customers nearest to each centre.
    labels : ndarray of int, shape (n,)
        Index of the centre that each row is nearest to.
    inertia : float
        Sum of squared distances to the nearest centre.
    silhouette : float
        Mean silhouette width of a sample, -1 to 1 (Rousseeuw 1987); NaN, for undefined,
        if every customer is a cluster.
    has_converged : bool
        Whether the centres stopped moving before the iterations ran out.
    """

    centers: np.ndarray
    sizes: np.ndarray
    labels: np.ndarray
    inertia: float
    silhouette: float
    has_converged: bool


def fit_kmeans(values, n_clusters, random_seed, n_init=20):
    """Fit K-Means; the same values in any row order give the same centres.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Standardised features.
    n_clusters : int
        Clusters to form, at least 2.
    random_seed : int
        Seed of the k-means++ starts and of the silhouette's sample.
    n_init : int
        Starts, of which the best is kept; with fewer, refits of the same data differ.

    Returns
    -------
    KMeansFit
        Centres by rising first coordinate, then second, and so on.

    Raises
    ------
    CannotFit
        If there are fewer distinct customers than clusters.

    Notes
    -----
    Arthur & Vassilvitskii (2007), k-means++: the advantages of careful seeding.
    """
    n_distinct = len(np.unique(values, axis=0))
    if n_distinct < n_clusters:
        raise CannotFit(
            f"{len(values)} customers, {n_distinct} of them different, cannot form "
            f"{n_clusters} clusters; choose a recipe with fewer, or "
            "segmentation_recipe: rfm_rules"
        )
    # k-means depends on row order, and a query's result has none of its own
    ordered = values[np.lexsort(values.T[::-1])]
    model = _kmeans(ordered, n_clusters, random_seed, n_init)
    centers = model.cluster_centers_[np.lexsort(model.cluster_centers_.T[::-1])]
    labels = validity.nearest_centers(values, centers)
    ordered_labels = validity.nearest_centers(ordered, centers)
    return KMeansFit(
        centers=centers,
        sizes=np.bincount(labels, minlength=n_clusters),
        labels=labels,
        inertia=float(model.inertia_),
        silhouette=validity.silhouette(ordered, ordered_labels, random_seed),
        has_converged=model.n_iter_ < _MAX_ITERATIONS,
    )


def kmeans_centers(values, n_clusters, random_seed, n_init=10):
    """Centres alone, for refits on resamples; as many as there are distinct rows.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    n_clusters : int
    random_seed : int
    n_init : int

    Returns
    -------
    ndarray of shape (at most n_clusters, p)
    """
    n_clusters = min(n_clusters, len(np.unique(values, axis=0)))
    return _kmeans(values, n_clusters, random_seed, n_init).cluster_centers_


def _kmeans(values, n_clusters, random_seed, n_init):
    """scikit-learn's fit."""
    (cluster,) = import_scikit_learn("cluster")
    return cluster.KMeans(
        n_clusters, n_init=n_init, max_iter=_MAX_ITERATIONS, random_state=random_seed
    ).fit(values)
