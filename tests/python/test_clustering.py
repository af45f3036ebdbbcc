"""K-Means: planted clusters are found, and the same ones whatever the row order."""

import numpy as np
import pytest
from segmentation.segments import clustering
from sklearn.metrics import silhouette_score

PLANTED = np.array([[-4.0, 0.0], [0.0, 5.0], [3.0, -3.0], [6.0, 4.0]])
SIZES = np.array([300, 100, 50, 150])


@pytest.fixture
def values():
    rng = np.random.default_rng(5)
    return np.concatenate(
        [
            rng.normal(center, 0.5, size=(size, 2))
            for center, size in zip(PLANTED, SIZES, strict=True)
        ]
    )


def test_planted_clusters_are_found(values):
    fit = clustering.fit_kmeans(values, 4, random_seed=1)
    # the mean of 50 draws of standard deviation 0.5 is within 0.3 of its centre
    np.testing.assert_allclose(fit.centers, PLANTED, atol=0.3)
    np.testing.assert_array_equal(fit.sizes, SIZES)
    assert fit.has_converged


def test_row_order_does_not_matter(values):
    fit = clustering.fit_kmeans(values, 4, random_seed=1)
    shuffled = np.random.default_rng(9).permutation(values)
    again = clustering.fit_kmeans(shuffled, 4, random_seed=1)
    np.testing.assert_array_equal(again.centers, fit.centers)
    np.testing.assert_array_equal(again.sizes, fit.sizes)
    assert (again.inertia, again.silhouette) == (fit.inertia, fit.silhouette)


def test_row_order_does_not_matter_where_there_are_no_clusters():
    noise = np.random.default_rng(2).normal(size=(400, 3))
    fit = clustering.fit_kmeans(noise, 6, random_seed=1)
    again = clustering.fit_kmeans(noise[::-1], 6, random_seed=1)
    np.testing.assert_array_equal(again.centers, fit.centers)


def test_the_seed_alone_decides():
    noise = np.random.default_rng(2).normal(size=(400, 3))
    fit = clustering.fit_kmeans(noise, 6, random_seed=1)
    np.random.seed(99)  # noqa: NPY002 - the global state must not matter
    again = clustering.fit_kmeans(noise, 6, random_seed=1)
    np.testing.assert_array_equal(again.centers, fit.centers)


def test_clear_clusters_are_found_from_any_seed(values):
    fits = [clustering.fit_kmeans(values, 4, random_seed=seed) for seed in (0, 7, 42)]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.centers, fits[0].centers, rtol=1e-9)


def test_centres_come_by_rising_first_coordinate(values):
    fit = clustering.fit_kmeans(values, 4, random_seed=1)
    assert (np.diff(fit.centers[:, 0]) > 0).all()


def test_measures_are_those_of_the_centres_given(values):
    fit = clustering.fit_kmeans(values, 4, random_seed=1)
    distances = np.linalg.norm(values[:, None] - fit.centers[None], axis=2)
    labels = distances.argmin(axis=1)
    np.testing.assert_array_equal(np.bincount(labels), fit.sizes)
    np.testing.assert_allclose((distances.min(axis=1) ** 2).sum(), fit.inertia)
    np.testing.assert_allclose(silhouette_score(values, labels), fit.silhouette)


def test_too_few_different_customers_is_an_error_with_the_numbers():
    values = np.repeat([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], 20, axis=0)
    with pytest.raises(ValueError, match="60 customers, 3 of them different") as raised:
        clustering.fit_kmeans(values, 4, random_seed=1)
    assert "cannot form 4 clusters" in str(raised.value)
    assert "segmentation_recipe: rfm_rules" in str(raised.value)


def test_as_many_different_customers_as_clusters_can_be_fitted():
    values = np.repeat([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], 20, axis=0)
    fit = clustering.fit_kmeans(values, 3, random_seed=1)
    np.testing.assert_array_equal(fit.sizes, [20, 20, 20])
    assert fit.inertia == 0


def test_arguments_are_left_as_they_were(values):
    before = values.copy()
    clustering.fit_kmeans(values, 4, random_seed=1)
    np.testing.assert_array_equal(values, before)
