"""Scaling: features become comparable, and those that say nothing are left out."""

import numpy as np
import pytest
from segmentation.statistics import scaling
from sklearn.preprocessing import StandardScaler

NAMES = ("recency_days", "net_amount", "return_rate")
# tolerance against another implementation of the same formula
SAME = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture
def values():
    rng = np.random.default_rng(3)
    return np.column_stack(
        [rng.integers(0, 400, 500), rng.lognormal(4, 1, 500), rng.uniform(0, 1, 500)]
    )


def fit(values, transforms=("none", "none", "none"), weights=(1, 1, 1), names=NAMES):
    return scaling.fit_scaling(values, names, transforms, weights)


def test_scaling_without_transform_is_that_of_scikit_learn(values):
    scaler, _ = fit(values)
    expected = StandardScaler().fit_transform(values)
    np.testing.assert_allclose(scaler.apply(values), expected, **SAME)


def test_log_scaling_is_that_of_scikit_learn_on_log1p(values):
    scaler, _ = fit(values, transforms=("log", "log", "none"))
    logged = np.column_stack([np.log1p(values[:, :2]), values[:, 2]])
    expected = StandardScaler().fit_transform(logged)
    np.testing.assert_allclose(scaler.apply(values), expected, **SAME)


def test_values_not_fitted_on_are_scaled_like_those_that_were(values):
    scaler, _ = fit(values[:250])
    expected = StandardScaler().fit(values[:250]).transform(values[250:])
    np.testing.assert_allclose(scaler.apply(values[250:]), expected, **SAME)


def test_weights_stretch_the_standardised_features(values):
    plain, _ = fit(values)
    weighted, _ = fit(values, weights=(1, 1.3, 0.5))
    expected = plain.apply(values) * [1, 1.3, 0.5]
    np.testing.assert_allclose(weighted.apply(values), expected, **SAME)


def test_a_null_counts_as_the_median(values):
    values[::7, 1] = np.nan
    scaler, _ = fit(values, transforms=("none", "log", "none"))
    median = np.median(values[~np.isnan(values[:, 1]), 1])
    assert scaler.null_reference[1] == median
    filled = np.where(np.isnan(values), median, values)
    np.testing.assert_allclose(scaler.apply(values), scaler.apply(filled), **SAME)
    assert not np.isnan(scaler.apply(values)).any()


def test_the_logarithm_takes_amounts_below_zero_as_zero():
    transformed = scaling.transform(np.array([[-5.0], [0.0], [np.e - 1]]), ("log",))
    np.testing.assert_allclose(transformed, [[0], [0], [1]], **SAME)


def test_a_feature_that_is_always_null_is_left_out_with_the_reason(values):
    values[:, 1] = np.nan
    scaler, unavailable = fit(values)
    assert scaler.names == ("recency_days", "return_rate")
    assert unavailable == {
        "net_amount": "null for every customer: the shop lacks its input"
    }


def test_a_feature_that_never_differs_is_left_out_with_its_value(values):
    values[:, 2] = 0.25
    values[0, 2] = np.nan
    scaler, unavailable = fit(values, weights=(1, 2, 3))
    assert scaler.names == ("recency_days", "net_amount")
    assert list(scaler.weight) == [1, 2]
    assert unavailable == {"return_rate": "the same for every customer: 0.25"}


def test_a_feature_that_only_differs_below_zero_does_not_divide_by_zero(values):
    values[:, 1] = -np.abs(values[:, 1])
    scaler, _ = fit(values, transforms=("none", "log", "none"))
    assert scaler.scale[1] == 1
    assert (scaler.apply(values)[:, 1] == 0).all()


def test_no_feature_left_is_an_error_that_names_each(values):
    values[:, 0] = np.nan
    values[:, 1:] = 7
    with pytest.raises(ValueError, match="no feature of the recipe differs") as raised:
        fit(values)
    assert "recency_days is null for every customer" in str(raised.value)
    assert "net_amount is the same for every customer: 7" in str(raised.value)
    assert "return_rate is the same for every customer: 7" in str(raised.value)


def test_an_unknown_transform_is_an_error_that_lists_the_known(values):
    with pytest.raises(ValueError, match="unknown transform 'sqrt'.*none, log"):
        fit(values, transforms=("none", "sqrt", "log"))


def test_arguments_are_left_as_they_were(values):
    values[0, 0] = np.nan
    before = values.copy()
    scaler, _ = fit(values, transforms=("log", "log", "none"))
    scaler.apply(values)
    np.testing.assert_array_equal(values, before)
