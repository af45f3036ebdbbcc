"""Uplift curves: by hand, honest where nothing differs, right where it does."""

import duckdb
import numpy as np
import pytest
from segmentation.experiments import uplift


def make_shop(rng, n, lift):
    strata = rng.integers(0, len(lift), n)
    is_treatment = rng.random(n) < 0.5
    rate = 0.15 + np.asarray(lift)[strata] * is_treatment
    names = np.array([f"s{s}" for s in range(len(lift))])[strata]
    return rng.poisson(rate), is_treatment, names


def test_the_curve_by_hand():
    # a: 2 of 4 treated and 0 of 4 others order; b: 1 of 4 and 1 of 4
    shares, extras = uplift.qini_curve(
        expected=[0.1, 0.4],
        n_customers=[[4, 4], [4, 4]],
        totals=[[1, 1], [0, 2]],
    )
    assert shares.tolist() == [0, 0.5, 1]
    assert extras == pytest.approx([0, 0.5 * 0.5, 3 / 8 - 1 / 8])
    # above the line by 0.125 in the middle: a triangle with base 1
    assert uplift.qini_coefficient(shares, extras) == pytest.approx(0.125 / 2)


def test_cells_expected_to_be_alike_are_contacted_together():
    shares, _ = uplift.qini_curve(
        [0.2, 0.2, 0.1], [[1, 1]] * 3, [[0, 1], [0, 0], [0, 0]]
    )
    assert shares == pytest.approx([0, 2 / 3, 1])


def test_a_customers_own_outcome_does_not_rank_him():
    n = np.full((2, 5, 2), 50.0)
    totals = np.full((2, 5, 2), 10.0)
    before = uplift.predict_effects(n, totals, totals)
    totals = totals.copy()
    # the first half's outcomes change: only the second half's ranks may
    totals[0, 3, 1] = 40.0
    after = uplift.predict_effects(n, totals, totals)
    assert (before[0] == after[0]).all()
    assert (before[1] != after[1]).any()


def test_ranking_at_random_gains_nothing_and_says_so():
    rng = np.random.default_rng(1)
    found = [
        uplift.measure_uplift(*make_shop(rng, 3000, [0.05] * 6), 60, 7)[1]
        for _ in range(60)
    ]
    coefficients, lows, _ = np.array(found).T
    error = coefficients.std() / np.sqrt(len(coefficients))
    assert abs(coefficients.mean()) < 3 * error
    assert np.mean(lows > 0) < 0.1


def test_ranking_by_what_differs_gains_and_says_so():
    rng = np.random.default_rng(2)
    lift = [0.3, 0.0, 0.0, 0.0, 0.0]
    extras, coefficient = uplift.measure_uplift(*make_shop(rng, 20000, lift), 200, 7)
    # one customer in five has all of the effect: a kink at (0.2, 0.06)
    assert coefficient[0] == pytest.approx(0.5 * 0.06 * (1 - 0.2), abs=0.005)
    assert coefficient[1] > 0
    assert extras[0, 2] == pytest.approx(0.06, abs=0.01)
    assert (extras[1] <= extras[2]).all()


def test_two_runs_give_the_same():
    shop = make_shop(np.random.default_rng(3), 500, [0.1, 0.0])
    first, second = (uplift.measure_uplift(*shop, 20, 7) for _ in range(2))
    assert (first[0] == second[0]).all()
    assert (first[1] == second[1]).all()


def test_a_stratum_in_one_arm_only_does_no_harm():
    outcomes = np.tile([0, 1, 0, 2], 50)
    is_treatment = np.tile([True, False], 100)
    strata = np.where(np.arange(200) < 3, "rare", "common")
    strata[0], strata[1], strata[2] = "rare", "common", "rare"
    extras, coefficient = uplift.measure_uplift(outcomes, is_treatment, strata, 20, 7)
    assert np.isfinite(extras).all()
    assert np.isfinite(coefficient).all()


def test_hillstroms_women_are_worth_choosing(test_data):
    path = test_data("hillstrom") / "hillstrom.parquet"
    found = duckdb.sql(
        "select visit, segment = 'Womens E-Mail' as is_treatment,"
        " 'w' || womens || 'm' || mens || left(history_segment, 1) as stratum"
        f" from '{path}' where segment != 'Mens E-Mail'"
    ).fetchnumpy()
    _, coefficient = uplift.measure_uplift(
        found["visit"], found["is_treatment"], found["stratum"], 200, 7
    )
    # the women's e-mail works on those who bought women's goods
    assert coefficient[1] > 0
