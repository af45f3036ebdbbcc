"""BG/NBD, MBG/NBD and Gamma-Gamma: published values, and what is planted is found."""

import duckdb
import numpy as np
import pytest
from segmentation import buy_till_you_die
from segmentation.errors import CannotFit


@pytest.fixture(scope="module")
def cdnow(test_data):
    """x, t_x, T in weeks and the mean spend of the 2,357 customers of the sample."""
    file = test_data("cdnow") / "cdnow_customers_summary_published.parquet"
    read = duckdb.read_parquet(str(file)).fetchnumpy()
    return [np.asarray(read[name], dtype=float) for name in ("x", "t_x", "T", "zbar")]


@pytest.fixture(scope="module")
def cdnow_fit(cdnow):
    return buy_till_you_die.fit_purchases(*cdnow[:3])


def purchases(seed, n_customers=20_000):
    """Two years of a BG/NBD with r 0.8, alpha 10, a 1.2, b 3: times by customer."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(0.8, 1 / 10.0, n_customers)
    stops = rng.beta(1.2, 3.0, n_customers)
    clock, alive = np.zeros(n_customers), np.ones(n_customers, dtype=bool)
    times = []
    while alive.any():
        clock[alive] += rng.exponential(1 / rates[alive])
        alive &= clock <= 104
        times.append(np.where(alive, clock, np.nan))
        alive &= rng.random(n_customers) >= stops
    return np.column_stack(times)


def planted(seed=1):
    """x, t_x and T of these customers after the first year."""
    times = purchases(seed)
    early = np.where(times <= 52, times, 0.0)
    return (early > 0).sum(axis=1) * 1.0, early.max(axis=1), np.full(len(times), 52.0)


def purchases_in_the_second_year(seed):
    return (purchases(seed) > 52).sum(axis=1)


def test_cdnow_gives_the_published_parameters(cdnow_fit):
    # Fader, Hardie & Lee (2005), table 2
    fit = cdnow_fit
    assert (round(fit.r, 3), round(fit.a, 3), round(fit.b, 3)) == (0.243, 0.793, 2.426)
    assert fit.alpha == pytest.approx(4.414, abs=0.0006)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert not fit.is_at_boundary


def test_a_customer_of_the_paper_is_expected_to_buy_as_often_as_it_says(cdnow_fit):
    # the worked example of the authors' note on BG/NBD in Excel
    expected = cdnow_fit.expected_purchases([2.0], [30.43], [38.86], 39.0)
    assert expected[0] == pytest.approx(1.226, abs=0.0005)


def test_gamma_gamma_on_cdnow_gives_the_published_parameters(cdnow):
    # Fader & Hardie (2013), section 5: p 6.25, q 3.74, v 15.44
    x, _, _, spend = cdnow
    fit = buy_till_you_die.fit_spend(x, spend)
    assert (round(fit.p, 2), round(fit.q, 2)) == (6.25, 3.74)
    assert fit.v == pytest.approx(15.44, abs=0.01)


def test_p_alive_says_nothing_of_one_time_buyers_under_bg_nbd_but_does_under_mbg(cdnow):
    fit = buy_till_you_die.fit_purchases(*cdnow[:3], kind="mbg_nbd")
    once = ([0.0, 0.0], [0.0, 0.0], [10.0, 38.0])
    assert (fit.p_alive(*once) < 1).all()
    assert np.diff(fit.p_alive(*once))[0] < 0
    plain = buy_till_you_die.PurchaseModel("bg_nbd", 0.2, 4.4, 0.8, 2.4, 0.0, False)
    assert (plain.p_alive(*once) == 1).all()


def test_planted_parameters_are_found():
    fit = buy_till_you_die.fit_purchases(*planted())
    np.testing.assert_allclose(
        [fit.r, fit.alpha, fit.a, fit.b], [0.8, 10.0, 1.2, 3.0], rtol=0.15
    )


def test_the_purchases_expected_are_those_that_come():
    x, t_x, weeks = planted(seed=2)
    fit = buy_till_you_die.fit_purchases(x, t_x, weeks)
    expected = fit.expected_purchases(x, t_x, weeks, 52.0)
    n_later = purchases_in_the_second_year(seed=2)
    assert expected.mean() == pytest.approx(n_later.mean(), rel=0.05)
    order = np.argsort(expected)
    for tenth in np.array_split(order, 10)[5:]:
        assert expected[tenth].mean() == pytest.approx(n_later[tenth].mean(), rel=0.25)


def test_the_unit_of_time_does_not_matter(cdnow, cdnow_fit):
    x, t_x, weeks, _ = cdnow
    days = buy_till_you_die.fit_purchases(x, 7 * t_x, 7 * weeks)
    assert days.alpha == pytest.approx(7 * cdnow_fit.alpha, rel=1e-3)
    np.testing.assert_allclose(
        days.expected_purchases(x, 7 * t_x, 7 * weeks, 273.0),
        cdnow_fit.expected_purchases(x, t_x, weeks, 39.0),
        rtol=1e-3,
    )


def test_customers_who_never_stop_run_to_the_boundary_and_it_is_said():
    rng = np.random.default_rng(3)
    rates = rng.gamma(2.0, 1 / 10.0, 3000)
    x = rng.poisson(rates * 52.0).astype(float)
    # the last of x purchases at even times
    t_x = np.where(x > 0, 52.0 * rng.beta(np.maximum(x, 1.0), 1.0), 0.0)
    fit = buy_till_you_die.fit_purchases(x, t_x, np.full(3000, 52.0))
    assert fit.is_at_boundary or fit.a / (fit.a + fit.b) < 0.01
    expected = fit.expected_purchases(x, t_x, np.full(3000, 52.0), 52.0)
    assert expected.mean() == pytest.approx((rates * 52.0).mean(), rel=0.1)


@pytest.mark.parametrize(
    ("customer", "words"),
    [
        (([1.0], [5.0], [4.0]), "1 of 1 customers have a last purchase after"),
        (([0.0], [2.0], [4.0]), "or none and a date of it"),
        (([-1.0], [0.0], [4.0]), "1 of 1 customers"),
    ],
)
def test_impossible_customers_are_refused(customer, words):
    with pytest.raises(ValueError, match=words):
        buy_till_you_die.fit_purchases(*customer)


def test_too_few_customers_cannot_be_fitted():
    with pytest.raises(CannotFit, match="9 customers, 9 of them with a repeat"):
        buy_till_you_die.fit_purchases(np.ones(9), np.ones(9), np.full(9, 2.0))
    with pytest.raises(CannotFit, match="20 customers, 0 of them with a repeat"):
        buy_till_you_die.fit_purchases(np.zeros(20), np.zeros(20), np.ones(20))
    with pytest.raises(CannotFit, match="2 customers with a purchase"):
        buy_till_you_die.fit_spend(np.ones(3), np.array([1.0, 2.0, 0.0]))
    with pytest.raises(ValueError, match="unknown kind"):
        buy_till_you_die.fit_purchases([1.0], [1.0], [2.0], kind="pareto")
