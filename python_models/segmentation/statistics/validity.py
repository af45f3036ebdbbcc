"""How good a partition is: curves over k, nulls, stability, triviality.

Every figure stands beside what it would be without structure, for silhouettes of RFM
look alike whether or not there are groups in it.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from segmentation.imports import (
    import_hdbscan,
    import_scikit_learn,
    limit_calling_thread,
)

# Rows that a silhouette, whose cost grows with their square, is estimated on.
MAX_SILHOUETTE_ROWS = 5000
# Draws of each null, and rows that each is judged on.
N_NULL_DRAWS = 3
MAX_NULL_ROWS = 2500
# A partition that resamples do not find again is the sample's, not the customers'.
MIN_STABILITY_MEAN = 0.85
MIN_STABILITY_P5 = 0.70


@dataclass(frozen=True)
class CurvePoint:
    """What a number of clusters gives.

    Attributes
    ----------
    n_clusters : int
    inertia : float
        Sum of squared distances to the nearest centre (the elbow curve).
    silhouette : float
        Mean silhouette width, -1 to 1 (Rousseeuw 1987).
    null_silhouette : float
        The same for Gaussian data of the same covariance, which has no clusters.
    shuffled_silhouette : float
        The same after shuffling each feature by itself: the lumps of single features,
        such as whole numbers of orders, stay; what features have to do with one another
        goes.
    davies_bouldin : float
        Davies & Bouldin (1979); lower is better.
    calinski_harabasz : float
        Calinski & Harabasz (1974); higher is better.
    stability_mean, stability_p5 : float
        Adjusted Rand index between bootstrap refits and the fit, over all rows: mean
        and 5th percentile.
    smallest_share : float
        Share of the rows in the smallest cluster.
    resampled : list of ndarray of int, shape (n,)
        Labels of the rows by each bootstrap refit.
    """

    n_clusters: int
    inertia: float
    silhouette: float
    null_silhouette: float
    shuffled_silhouette: float
    davies_bouldin: float
    calinski_harabasz: float
    stability_mean: float
    stability_p5: float
    smallest_share: float
    resampled: list

    @property
    def excess(self):
        """Silhouette above that of the better null."""
        return self.silhouette - max(self.null_silhouette, self.shuffled_silhouette)

    @property
    def is_stable(self):
        """Whether refits on resamples find the same clusters again."""
        return (
            self.stability_mean >= MIN_STABILITY_MEAN
            and self.stability_p5 >= MIN_STABILITY_P5
        )


def fit_curve(
    values, fit_centers, cluster_numbers, n_resamples, random_seed, select_rows=None
):
    """Judge each number of clusters.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Standardised and weighted.
    fit_centers : callable
        Rows, number of clusters and seed to centres.
    cluster_numbers : sequence of int
        Those above the number of distinct rows are left out.
    n_resamples : int
    random_seed : int
    select_rows : callable, optional
        Rows to those of them that centres are fitted to; without it, to all.

    Returns
    -------
    list of CurvePoint
    """
    (metrics,) = import_scikit_learn("metrics")
    select_rows = select_rows or _all_rows
    n_distinct = len(np.unique(values, axis=0))
    cluster_numbers = [k for k in cluster_numbers if k < n_distinct]
    resampled = bootstrap_labels(
        values, fit_centers, cluster_numbers, n_resamples, random_seed, select_rows
    )
    fitted = select_rows(values)
    # rows without structure, and those of them that centres are fitted to
    nulls = {
        make: [
            (draw, select_rows(draw))
            for draw in (make(values, random_seed + d) for d in range(N_NULL_DRAWS))
        ]
        for make in (gaussian_null, shuffled_null)
    }

    def without_structure(make, n_clusters):
        widths = []
        for draw, chosen in nulls[make]:
            centers = fit_centers(chosen, n_clusters, random_seed)
            labels = nearest_centers(draw, centers)
            widths.append(silhouette(draw, labels, random_seed, MAX_NULL_ROWS))
        return float(np.mean(widths))

    points = []
    for k in cluster_numbers:
        centers = fit_centers(fitted, k, random_seed)
        labels = nearest_centers(values, centers)
        mean, p5 = agreement(labels, resampled[k])
        points.append(
            CurvePoint(
                n_clusters=k,
                inertia=float(((values - centers[labels]) ** 2).sum()),
                silhouette=silhouette(values, labels, random_seed),
                null_silhouette=without_structure(gaussian_null, k),
                shuffled_silhouette=without_structure(shuffled_null, k),
                davies_bouldin=float(metrics.davies_bouldin_score(values, labels)),
                calinski_harabasz=float(
                    metrics.calinski_harabasz_score(values, labels)
                ),
                stability_mean=mean,
                stability_p5=p5,
                smallest_share=float(np.bincount(labels, minlength=k).min())
                / len(values),
                resampled=resampled[k],
            )
        )
    return points


def _all_rows(values):
    """The rows as they are."""
    return values


def choose_k(curve, min_share=0.01):
    """The number of clusters with the most structure among those that are stable.

    Parameters
    ----------
    curve : list of CurvePoint
    min_share : float
        Smaller clusters are outliers by another name: raw spend "scores" .896 at k = 2
        by setting 26 customers apart.

    Returns
    -------
    int or None
        Of several alike, the smallest; the most stable if none is stable; None for an
        empty curve.
    """
    sound = [point for point in curve if point.smallest_share >= min_share] or curve
    stable = [point for point in sound if point.is_stable]
    if stable:
        return max(stable, key=lambda p: (p.excess, -p.n_clusters)).n_clusters
    if sound:
        return max(sound, key=lambda p: (p.stability_mean, -p.n_clusters)).n_clusters
    return None


def silhouette(values, labels, random_seed, max_rows=MAX_SILHOUETTE_ROWS):
    """Mean silhouette width of a sample; NaN if there are not 2 to n - 1 clusters.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    labels : ndarray of shape (n,)
    random_seed : int
    max_rows : int

    Returns
    -------
    float
    """
    (metrics,) = import_scikit_learn("metrics")
    chosen = sample_rows(len(values), max_rows, random_seed)
    n_labels = len(np.unique(labels[chosen]))
    if not 2 <= n_labels < len(chosen):
        return np.nan
    return float(metrics.silhouette_score(values[chosen], labels[chosen]))


def sample_rows(n_rows, max_rows, random_seed):
    """Sorted indices of at most max_rows rows, drawn without replacement."""
    if n_rows <= max_rows:
        return np.arange(n_rows)
    rng = np.random.default_rng(random_seed)
    return np.sort(rng.choice(n_rows, size=max_rows, replace=False))


def nearest_centers(values, centers):
    """Index of the nearest centre per row; of two equally near, the first.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    centers : ndarray of shape (k, p)

    Returns
    -------
    ndarray of int, shape (n,)
    """
    distances = np.stack([((values - c) ** 2).sum(axis=1) for c in centers], axis=1)
    return distances.argmin(axis=1)


def bootstrap_labels(
    values, fit_centers, cluster_numbers, n_resamples, random_seed, select_rows=None
):
    """Refit on resamples of the rows and label all rows by each refit.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    fit_centers : callable
        Rows, number of clusters and a seed to centres, ndarray of shape (k, p).
    cluster_numbers : sequence of int
    n_resamples : int
    random_seed : int
    select_rows : callable, optional
        Rows to those of them that centres are fitted to; without it, to all.

    Returns
    -------
    dict of int to list of ndarray of int, shape (n,)
        By number of clusters, one labelling per resample.
    """
    select_rows = select_rows or _all_rows
    rng = np.random.default_rng(random_seed)
    samples = [
        np.sort(rng.integers(0, len(values), size=len(values)))
        for _ in range(n_resamples)
    ]

    def relabel(b):
        rows = select_rows(values[samples[b]])
        return [
            nearest_centers(values, fit_centers(rows, k, random_seed + b + 1))
            for k in cluster_numbers
        ]

    # OpenMP counts threads by the thread that asks: a limit set outside does not hold
    with ThreadPoolExecutor(
        os.cpu_count() or 1, initializer=limit_calling_thread
    ) as pool:
        by_resample = list(pool.map(relabel, range(n_resamples)))
    return {
        k: [labels[i] for labels in by_resample] for i, k in enumerate(cluster_numbers)
    }


def agreement(labels, resampled):
    """Adjusted Rand indices of resampled labellings with the labels: mean and p5.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    resampled : list of ndarray of int, shape (n,)

    Returns
    -------
    tuple of float
        Mean and 5th percentile; NaN without resamples. Hubert & Arabie (1985).
    """
    (metrics,) = import_scikit_learn("metrics")
    if not resampled:
        return np.nan, np.nan
    indices = [metrics.adjusted_rand_score(labels, other) for other in resampled]
    return float(np.mean(indices)), float(np.percentile(indices, 5))


def jaccard_stability(labels, resampled, n_clusters):
    """How well each cluster is found again: mean over resamples of its best Jaccard.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    resampled : list of ndarray of int, shape (n,)
    n_clusters : int

    Returns
    -------
    ndarray of shape (n_clusters,)
        0 to 1; over .75 is stable, under .5 dissolved. Hennig (2007), Cluster-wise
        assessment of cluster stability.
    """
    best = np.full((len(resampled), n_clusters), np.nan)
    for b, other in enumerate(resampled):
        k_other = int(other.max()) + 1
        counts = np.zeros((n_clusters, k_other))
        np.add.at(counts, (labels, other), 1)
        union = counts.sum(axis=1)[:, None] + counts.sum(axis=0)[None, :] - counts
        best[b] = (counts / np.maximum(union, 1)).max(axis=1)
    return best.mean(axis=0) if len(resampled) else np.full(n_clusters, np.nan)


def gaussian_null(values, random_seed):
    """Rows of a Gaussian with the mean and covariance of the values: no clusters.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    random_seed : int

    Returns
    -------
    ndarray of shape (n, p)
    """
    rng = np.random.default_rng(random_seed)
    covariance = np.atleast_2d(np.cov(values, rowvar=False))
    return rng.multivariate_normal(
        values.mean(axis=0), covariance, size=len(values), method="eigh"
    )


def shuffled_null(values, random_seed):
    """Each column in an order of its own: the same features, nothing between them.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    random_seed : int

    Returns
    -------
    ndarray of shape (n, p)
    """
    rng = np.random.default_rng(random_seed)
    return np.column_stack([rng.permutation(column) for column in values.T])


def simple_binnings(values, names):
    """Ways to bin customers that need no fit; a segmentation must say more.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Raw features; NaN for null.
    names : sequence of str, length p

    Returns
    -------
    dict of str to ndarray of int, shape (n,)
        `orders up to 6` where orders are among the features, and quintiles of each.
    """
    binnings = {}
    for j, name in enumerate(names):
        column = np.where(np.isnan(values[:, j]), -1.0, values[:, j])
        if name.startswith("n_orders"):
            binnings[f"{name} up to 6"] = np.minimum(column, 6).astype(int)
        edges = np.unique(np.quantile(column, [0.2, 0.4, 0.6, 0.8]))
        binnings[f"quintiles of {name}"] = np.searchsorted(edges, column, "right")
    return binnings


def triviality(labels, binnings):
    """The simple binning that comes nearest to the labels.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    binnings : dict of str to ndarray of int, shape (n,)

    Returns
    -------
    tuple of (str, float, float)
        Its name, adjusted Rand index and normalised mutual information; (None, NaN,
        NaN) without binnings.
    """
    (metrics,) = import_scikit_learn("metrics")
    found = (None, np.nan, np.nan)
    for name, binned in sorted(binnings.items()):
        index = float(metrics.adjusted_rand_score(labels, binned))
        if found[0] is None or index > found[1]:
            information = metrics.normalized_mutual_info_score(labels, binned)
            found = (name, index, float(information))
    return found


def density_validity(values, labels, random_seed, max_rows=4000):
    """Density-based validity of the labelled rows; noise, label -1, counts against it.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Without ties, or densities are infinite.
    labels : ndarray of int, shape (n,)
    random_seed : int
    max_rows : int
        Its cost grows with the square of a cluster's rows.

    Returns
    -------
    float
        -1 to 1; NaN with fewer than two clusters. Moulavi et al. (2014), Density-based
        clustering validation.
    """
    import_hdbscan()
    from hdbscan.validity import validity_index

    chosen = sample_rows(len(values), max_rows, random_seed)
    kept = labels[chosen]
    # a cluster of one or two sampled rows has no density
    for label in np.unique(kept[kept >= 0]):
        if (kept == label).sum() < 3:
            kept = np.where(kept == label, -1, kept)
    names = np.unique(kept[kept >= 0])
    if len(names) < 2:
        return np.nan
    compact = np.where(kept < 0, -1, np.searchsorted(names, kept))
    with np.errstate(all="ignore"):
        index = validity_index(values[chosen].astype(np.float64), compact)
    return float(index) if np.isfinite(index) else np.nan


def principal_components(values, n_components=2):
    """Directions in which the standardised features vary most.

    Parameters
    ----------
    values : ndarray of shape (n, p)
    n_components : int
        At most p are returned.

    Returns
    -------
    center : ndarray of shape (p,)
    loadings : ndarray of shape (m, p)
        Unit vectors; the entry of the largest size is positive.
    explained : ndarray of shape (m,)
        Share of the variance.
    """
    center = values.mean(axis=0)
    covariance = np.atleast_2d(np.cov(values, rowvar=False))
    variances, vectors = np.linalg.eigh(covariance)
    order = np.argsort(variances)[::-1][:n_components]
    loadings = vectors[:, order].T
    signs = np.sign(loadings[np.arange(len(order)), np.abs(loadings).argmax(axis=1)])
    total = max(variances.sum(), 1e-300)
    return center, loadings * signs[:, None], variances[order] / total
