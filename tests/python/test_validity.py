"""Diagnostics: what is planted is found, and what is not is not."""

import numpy as np
import pytest
from segmentation.segments import clustering
from segmentation.statistics import validity
from sklearn.metrics import silhouette_score

CENTERS = np.array([[0.0, 0.0, 0.0], [8.0, 6.0, -7.0], [-6.0, 9.0, 8.0]])


@pytest.fixture
def blobs():
    rng = np.random.default_rng(4)
    labels = np.repeat([0, 1, 2], [200, 150, 100])
    return rng.normal(CENTERS[labels], 1.0), labels


def curve(values, numbers=(2, 3, 4), n_resamples=10):
    return validity.fit_curve(
        values, clustering.kmeans_centers, numbers, n_resamples, 1
    )


def test_planted_clusters_are_chosen_and_stand_out_from_both_nulls(blobs):
    points = curve(blobs[0])
    assert validity.choose_k(points) == 3
    chosen = points[1]
    assert chosen.is_stable
    assert chosen.excess > 0.2
    assert chosen.silhouette == pytest.approx(
        silhouette_score(blobs[0], validity.nearest_centers(blobs[0], CENTERS))
    )


def test_attributes_drawn_at_random_do_not_stand_out_from_the_shuffled_null():
    # lumps of single features alone lift the silhouette far above a Gaussian's
    rng = np.random.default_rng(5)
    lumps = np.column_stack(
        [rng.integers(1, 5, 1500), rng.random(1500) < 0.3, rng.exponential(1, 1500)]
    ).astype(float)
    lumps = (lumps - lumps.mean(axis=0)) / lumps.std(axis=0)
    for point in curve(lumps, (4, 6), n_resamples=2):
        assert point.silhouette - point.null_silhouette > 0.1
        assert abs(point.excess) < 0.05


def test_inertia_falls_with_the_number_of_clusters(blobs):
    inertias = [point.inertia for point in curve(blobs[0], n_resamples=1)]
    assert inertias == sorted(inertias, reverse=True)


def test_more_clusters_than_distinct_rows_are_not_tried():
    values = np.repeat([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], 10, axis=0)
    points = curve(values, (2, 3, 4), n_resamples=1)
    assert [point.n_clusters for point in points] == [2]
    assert validity.choose_k([]) is None


def test_a_tiny_cluster_is_not_chosen_for_its_silhouette():
    rng = np.random.default_rng(6)
    continuum = rng.normal(size=(2000, 2))
    whales = rng.normal(60.0, 0.1, size=(5, 2))
    points = curve(np.concatenate([continuum, whales]), (2, 4), n_resamples=5)
    assert points[0].silhouette > 0.9
    assert points[0].smallest_share < 0.01
    assert validity.choose_k(points) != 2 or points[1].smallest_share < 0.01


def test_labels_that_are_a_binning_are_found_out():
    rng = np.random.default_rng(7)
    values = np.column_stack([rng.integers(1, 12, 800), rng.normal(size=800)])
    binnings = validity.simple_binnings(values, ("n_orders", "net_amount"))
    name, index, information = validity.triviality(
        np.minimum(values[:, 0], 6).astype(int), binnings
    )
    assert (name, index, information) == ("n_orders up to 6", 1.0, pytest.approx(1.0))
    random = validity.triviality(rng.integers(0, 6, 800), binnings)
    assert abs(random[1]) < 0.05


def test_a_cluster_that_is_never_found_again_has_a_low_jaccard():
    labels = np.repeat([0, 1, 2], [50, 50, 50])
    kept = labels.copy()
    rng = np.random.default_rng(8)
    lost = np.where(labels == 0, 0, 1 + rng.integers(0, 2, 150))
    stability = validity.jaccard_stability(labels, [kept, lost], 3)
    assert stability[0] == 1.0
    assert (stability[1:] < 0.75).all()


def test_agreement_of_the_same_labels_under_other_names_is_one():
    labels = np.array([0, 0, 1, 1, 2, 2])
    assert validity.agreement(labels, [2 - labels, labels]) == (1.0, 1.0)
    assert np.isnan(validity.agreement(labels, [])).all()


def test_refits_are_the_same_whatever_the_number_of_workers(blobs, monkeypatch):
    def refit(n_workers):
        monkeypatch.setattr("os.cpu_count", lambda: n_workers)
        return validity.bootstrap_labels(
            blobs[0], clustering.kmeans_centers, [2, 3], 6, 1
        )

    one, four = refit(1), refit(4)
    assert [len(labels) for labels in one.values()] == [6, 6]
    np.testing.assert_array_equal(one[2], four[2])
    np.testing.assert_array_equal(one[3], four[3])


def test_a_curve_can_be_fitted_to_some_of_the_rows_and_judged_on_all(blobs):
    values, _ = blobs
    seen = []

    def first_half(rows):
        seen.append(len(rows))
        return rows[: len(rows) // 2]

    (point,) = validity.fit_curve(
        values, clustering.kmeans_centers, [3], 2, 1, select_rows=first_half
    )
    centers = clustering.kmeans_centers(values[: len(values) // 2], 3, 1)
    labels = validity.nearest_centers(values, centers)
    assert point.inertia == pytest.approx(((values - centers[labels]) ** 2).sum())
    assert [len(labels) for labels in point.resampled] == [len(values)] * 2
    # the values, two resamples of them and the draws of two nulls
    assert len(seen) == 1 + 2 + 2 * validity.N_NULL_DRAWS


def test_density_validity_tells_clusters_from_a_continuum(blobs):
    values, labels = blobs
    assert validity.density_validity(values, labels, 1) > 0.3
    halves = (values[:, 0] > np.median(values[:, 0])).astype(int)
    rng = np.random.default_rng(9)
    assert validity.density_validity(rng.normal(size=(450, 2)), halves, 1) < 0
    assert np.isnan(validity.density_validity(values, np.zeros(450, dtype=int), 1))


def test_components_are_those_of_the_singular_value_decomposition(blobs):
    center, loadings, explained = validity.principal_components(blobs[0])
    _, sizes, vectors = np.linalg.svd(blobs[0] - center, full_matrices=False)
    np.testing.assert_allclose(np.abs(loadings), np.abs(vectors[:2]), atol=1e-9)
    np.testing.assert_allclose(explained, (sizes**2 / (sizes**2).sum())[:2])
