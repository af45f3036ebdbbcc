"""Fit K-Means to standardised features."""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit
from segmentation.imports import import_scikit_learn


@dataclass(frozen=True)
class KMeansFit:
    """k centres in standardised units, shape (k, p), and how good they are.

    Attributes
    ----------
    centers : ndarray of shape (k, p)
    sizes : ndarray of shape (k,)
        Customers nearest to each centre.
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
    inertia: float
    silhouette: float
    has_converged: bool


def fit_kmeans(values, n_clusters, random_seed, n_silhouette=5000):
    """Fit K-Means; the same values in any row order give the same centres.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Standardised features.
    n_clusters : int
        Clusters to form, at least 2.
    random_seed : int
        Seed of the k-means++ starts and of the silhouette's sample.
    n_silhouette : int
        Rows that the silhouette is estimated on; its cost grows with their square.

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
    cluster, metrics = import_scikit_learn("cluster", "metrics")
    n_distinct = len(np.unique(values, axis=0))
    if n_distinct < n_clusters:
        raise CannotFit(
            f"{len(values)} customers, {n_distinct} of them different, cannot form "
            f"{n_clusters} clusters; choose a recipe with fewer, or "
            "segmentation_recipe: rfm_rules"
        )
    # k-means depends on row order, and a query's result has none of its own
    values = values[np.lexsort(values.T[::-1])]
    model = cluster.KMeans(
        n_clusters, n_init=10, max_iter=300, random_state=random_seed
    )
    model.fit(values)
    order = np.lexsort(model.cluster_centers_.T[::-1])
    silhouette = np.nan
    if n_clusters < len(values):
        silhouette = metrics.silhouette_score(
            values,
            model.labels_,
            sample_size=min(n_silhouette, len(values)),
            random_state=random_seed,
        )
    return KMeansFit(
        centers=model.cluster_centers_[order],
        sizes=np.bincount(model.labels_, minlength=n_clusters)[order],
        inertia=float(model.inertia_),
        silhouette=float(silhouette),
        has_converged=model.n_iter_ < 300,
    )
