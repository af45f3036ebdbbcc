"""Purchase and spend models: published values, and what is planted is found."""

import duckdb
import numpy as np
import pytest
from segmentation.errors import CannotFit
from segmentation.scores import buy_till_you_die
from segmentation.statistics import evaluation


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


def test_pareto_nbd_on_cdnow_gives_the_published_parameters(cdnow):
    # Fader, Hardie & Lee (2005), table 2
    fit = buy_till_you_die.fit_purchases(*cdnow[:3], kind="pareto_nbd")
    assert (round(fit.r, 3), round(fit.s, 3)) == (0.553, 0.606)
    assert fit.alpha == pytest.approx(10.578, abs=0.002)
    assert fit.beta == pytest.approx(11.669, abs=0.005)
    assert fit.log_likelihood == pytest.approx(-9595.0, abs=0.05)
    assert not fit.is_at_boundary


def test_the_cases_of_pareto_nbd_are_the_integrals_they_stand_for():
    from scipy.integrate import quad

    x, t_x, observed = 3.0, 20.0, 52.0
    for r, alpha, s, beta in ((0.6, 12.0, 0.5, 9.0), (0.6, 5.0, 1.7, 30.0)):
        model = buy_till_you_die.ParetoModel("pareto_nbd", r, alpha, s, beta, 0, False)

        # rates integrated out of the density of stopping at `end`
        def stops(end, r=r, alpha=alpha, s=s, beta=beta):
            return s / (beta + end) ** (s + 1) / (alpha + end) ** (r + x)

        stopped = quad(stops, t_x, observed)[0]
        alive = 1.0 / (beta + observed) ** s / (alpha + observed) ** (r + x)
        assert model.p_alive([x], [t_x], [observed])[0] == pytest.approx(
            alive / (alive + stopped), rel=1e-9
        )


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


def test_planted_parameters_of_pareto_nbd_are_found():
    rng = np.random.default_rng(4)
    n_customers = 20_000
    rates = rng.gamma(0.8, 1 / 10.0, n_customers)
    ends = np.minimum(rng.exponential(1 / rng.gamma(1.3, 1 / 40.0, n_customers)), 52.0)
    x = rng.poisson(rates * ends).astype(float)
    # the last of x purchases at even times
    t_x = np.where(x > 0, ends * rng.beta(np.maximum(x, 1.0), 1.0), 0.0)
    fit = buy_till_you_die.fit_purchases(
        x, t_x, np.full(n_customers, 52.0), kind="pareto_nbd"
    )
    np.testing.assert_allclose(
        [fit.r, fit.alpha, fit.s, fit.beta], [0.8, 10.0, 1.3, 40.0], rtol=0.15
    )
    assert not fit.is_at_boundary


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


@pytest.mark.parametrize("kind", buy_till_you_die.MODELS)
@pytest.mark.parametrize("a", [6e-6, 0.5, 1.0, 1.0 + 1e-9, 2.0, 1e5])
@pytest.mark.parametrize("b", [6e-6, 1.0, 1e5])
@pytest.mark.parametrize("r", [0.01, 400.0])
def test_every_customer_is_expected_to_buy_so_and_so_often(kind, a, b, r):
    # daily buyers, those long gone, those seen today; and parameters at the edge
    # where a fit could run to; a customer buys every 80 days or less often
    alpha = 80.0 * max(r, 0.4)
    if kind == "pareto_nbd":
        # a rate of time, as alpha
        b *= 80.0
    model = buy_till_you_die.MODELS[kind](kind, r, alpha, a, b, 0.0, True)
    x = np.array([0.0, 0.0, 1.0, 1.0, 50.0, 5000.0, 5000.0])
    t_x = np.array([0.0, 0.0, 1.0, 4000.0, 90.0, 5000.0, 4999.0])
    observed = np.array([0.0, 5000.0, 5000.0, 5000.0, 5000.0, 5000.0, 5000.0])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        expected = model.expected_purchases(x, t_x, observed, 365.0)
        alive = model.p_alive(x, t_x, observed)
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()
    assert ((alive >= 0) & (alive <= 1)).all()


def test_the_expectation_is_continuous_where_the_formula_has_a_gap():
    at, near = (
        buy_till_you_die.PurchaseModel("bg_nbd", 0.25, 34.0, a, 2.16, 0.0, False)
        for a in (1.0, 1.001)
    )
    for x, t_x in ((0.0, 0.0), (3.0, 300.0)):
        assert at.expected_purchases([x], [t_x], [400.0], 90.0)[0] == pytest.approx(
            near.expected_purchases([x], [t_x], [400.0], 90.0)[0], rel=1e-3
        )


# -- on the weeks after the fit ---------------------------------------------


def read_holdout(folder, name):
    """x, t_x, T in weeks at the end of September 1997, and purchases 39 weeks later."""
    if name == "sample":
        query = (
            "select x, t_x, T, x_star as later from"
            f" '{folder}/cdnow_sample_summary_holdout.parquet' order by ID"
        )
    else:
        query = f"""
            with bought as (
                -- a day with a purchase is one purchase
                select distinct customer_id, date, date <= date '1997-09-30' as is_early
                from '{folder}/cdnow_master.parquet'
            )
            select
                count(*) filter (where is_early) - 1 as x,
                (max(date) filter (where is_early) - min(date)) / 7.0 as t_x,
                (date '1997-09-30' - min(date)) / 7.0 as T,
                count(*) filter (where not is_early) as later
            from bought group by customer_id order by customer_id
        """
    read = duckdb.sql(query).fetchnumpy()
    return [np.asarray(read[name], dtype=float) for name in ("x", "t_x", "T", "later")]


@pytest.fixture(scope="module", params=["sample", "master"])
def holdout(request, test_data):
    """Which customers, and {predictor: (AUC of buying again, mean absolute error)}."""
    x, t_x, weeks, later = read_holdout(test_data("cdnow"), request.param)
    predictors = {
        "mean of the first 39 weeks": np.full(len(x), x.mean()),
        "first 39 weeks carried forward": x,
        "recency": t_x - weeks,
    }
    for kind in buy_till_you_die.MODELS:
        fit = buy_till_you_die.fit_purchases(x, t_x, weeks, kind=kind)
        predictors[f"{kind} P(alive)"] = fit.p_alive(x, t_x, weeks)
        predictors[f"{kind} expected purchases"] = fit.expected_purchases(
            x, t_x, weeks, 39.0
        )
    figures = {}
    print(
        f"\nCDNOW {request.param}, {len(x):,} customers, {(later > 0).mean():.1%} buy"
    )
    print("| predictor | AUC [95 %] | MAE | expected / bought |\n|---|---|---|---|")
    for name, predicted in predictors.items():
        auc = evaluation.ranking_measures(later > 0, predicted, n_draws=200)["auc"]
        error = np.abs(predicted - later).mean()
        is_amount = name != "recency" and "alive" not in name
        tail = f"{error:.3f} | {predicted.sum():,.0f} / {later.sum():,.0f}"
        print(
            f"| {name} | {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}] "
            f"| {tail if is_amount else '- | -'} |"
        )
        figures[name] = (auc.value, error)
    return request.param, figures


def test_p_alive_of_bg_nbd_ranks_worse_than_chance_and_that_of_mbg_nbd_better(holdout):
    which, figures = holdout
    expected = {"master": (0.320, 0.700), "sample": (0.316, 0.687)}[which]
    found = [figures[f"{kind} P(alive)"][0] for kind in ("bg_nbd", "mbg_nbd")]
    assert found == pytest.approx(expected, abs=0.001)


def test_expected_purchases_rank_better_than_p_alive_and_the_plain_counts(holdout):
    which, figures = holdout
    plain = max(
        figures[name][0]
        for name in (
            "first 39 weeks carried forward",
            "mbg_nbd P(alive)",
            "pareto_nbd P(alive)",
        )
    )
    for kind in buy_till_you_die.MODELS:
        assert figures[f"{kind} expected purchases"][0] > plain
    # written down: a change of the models must not go unseen
    assert figures["mbg_nbd expected purchases"][0] == pytest.approx(
        {"master": 0.765, "sample": 0.773}[which], abs=0.001
    )


def test_expected_purchases_err_less_than_the_mean_and_the_carried_forward(holdout):
    which, figures = holdout
    errors = {name: error for name, (_, error) in figures.items()}
    carried = errors["first 39 weeks carried forward"]
    assert carried < errors["mean of the first 39 weeks"]
    for kind in buy_till_you_die.MODELS:
        assert errors[f"{kind} expected purchases"] < 0.91 * carried
    assert errors["mbg_nbd expected purchases"] == pytest.approx(
        {"master": 0.795, "sample": 0.765}[which], abs=0.001
    )


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
        buy_till_you_die.fit_purchases([1.0], [1.0], [2.0], kind="weibull")
