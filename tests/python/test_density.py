"""Density: clusters where there are some, cores of a continuum where there are none."""

import sys
import tomllib

import hdbscan
import numpy as np
import pytest
from conftest import ROOT
from segmentation.errors import CannotFit, LibraryMissing
from segmentation.segments import density
from segmentation.statistics import validity
from sklearn.metrics import adjusted_rand_score


def control(n_rows=3000, seed=0):
    """Six dense regions apart from one another, with a little noise between them."""
    rng = np.random.default_rng(seed)
    corners = np.array([[a, b, c] for a in (-3, 3) for b in (-3, 3) for c in (-3, 3)])
    labels = rng.integers(0, 6, n_rows)
    return rng.normal(corners[labels], 0.5), labels


def test_real_density_structure_is_found_and_said_to_be_there():
    values, labels = control()
    fit = density.fit_density(values, 4, random_seed=1, max_clusters=8)
    assert fit.has_structure
    assert len(fit.centers) == 6
    nearest = validity.nearest_centers(values, fit.centers)
    assert adjusted_rand_score(labels, nearest) > 0.9
    assert fit.density_validity > 0.3
    assert fit.agreement > 0.99


def test_the_rule_agrees_with_the_library_on_customers_that_were_not_fitted():
    values, _ = control()
    others, _ = control(seed=1)
    model = hdbscan.HDBSCAN(
        min_cluster_size=60, min_samples=15, prediction_data=True
    ).fit(values)
    assert density.prediction_agreement(model, values, others) > 0.99


def test_a_continuum_has_no_structure_and_gets_as_many_cores_as_asked_for():
    values = np.random.default_rng(2).normal(size=(2000, 3))
    fit = density.fit_density(values, 5, random_seed=1, max_clusters=8)
    assert not fit.has_structure
    assert len(fit.centers) == 5
    assert (fit.core_labels < 0).mean() == pytest.approx(0.2, abs=0.01)
    assert np.isnan(fit.agreement)


def test_row_order_does_not_matter():
    values = np.random.default_rng(3).normal(size=(800, 2))
    shuffled = np.random.default_rng(4).permutation(len(values))
    fit = density.fit_density(values, 4, random_seed=1, max_clusters=8)
    again = density.fit_density(values[shuffled], 4, random_seed=1, max_clusters=8)
    np.testing.assert_array_equal(fit.centers, again.centers)
    np.testing.assert_array_equal(fit.core_labels[shuffled], again.core_labels)


def test_outliers_do_not_pull_at_the_cores():
    values = np.random.default_rng(5).normal(size=(1000, 2))
    whales = np.full((20, 2), 50.0) + np.random.default_rng(6).normal(size=(20, 2)) * 9
    dense = density.dense_rows(np.concatenate([values, whales]))
    assert len(dense) == pytest.approx(0.8 * 1020, abs=1)
    assert np.abs(dense).max() < 3


def test_ties_are_broken_within_their_width_alike_in_any_order():
    counts = np.repeat([1.0, 2.0, 5.0], 100)[:, None]
    spread = density.break_ties(counts, [1.0])
    assert len(np.unique(spread)) == 300
    np.testing.assert_array_equal(np.round(spread), counts)
    reversed_rows = density.break_ties(counts[::-1], [1.0])
    np.testing.assert_allclose(np.sort(spread, axis=0), np.sort(reversed_rows, axis=0))


def test_ties_are_spread_evenly_so_that_no_seed_can_move_a_customer():
    counts = np.column_stack([np.ones(400), np.repeat([1.0, 2.0], 200)])
    spread = density.break_ties(counts, [1.0, 0.0])[:, 0]
    # each quarter of the interval holds a quarter of the customers
    held = np.histogram(spread, np.linspace(0.5, 1.5, 5))[0]
    np.testing.assert_allclose(held, 100, atol=2)


def test_equal_real_numbers_are_told_apart_by_a_hair_and_nulls_stay():
    values = np.array([[1.0], [1.0], [3.0], [np.nan]])
    spread = density.break_ties(values, [0.0])
    np.testing.assert_allclose(spread[:3], values[:3], atol=1e-5)
    assert spread[0] != spread[1]
    assert np.isnan(spread[3])


def test_too_few_customers_say_so_with_the_number():
    with pytest.raises(CannotFit, match="59 customers are too few"):
        density.fit_density(np.random.default_rng(7).normal(size=(59, 2)), 3, 1, 8)


def test_without_hdbscan_a_recipe_of_density_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hdbscan", None)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (requirement,) = project["optional-dependencies"]["density"]
    with pytest.raises(LibraryMissing) as error:
        density.fit_density(control()[0], 5, random_seed=1, max_clusters=8)
    assert f'Install it with pip install "{requirement}"' in str(error.value)
    assert "or choose another segmentation_recipe" in str(error.value)
