"""Transitions: planted chains are found again, tests agree with scipy, rows add up."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from segmentation.movement import chain as markov
from segmentation.movement import migrations
from segmentation.statistics import contingency, multiple_testing

PLANTED = np.array([[0.90, 0.08, 0.02], [0.05, 0.85, 0.10], [0.01, 0.09, 0.90]])
# before, now, next: where a customer came from decides what comes next
WITH_MEMORY = np.array(
    [
        [[0.9, 0.1], [0.3, 0.7]],
        [[0.6, 0.4], [0.1, 0.9]],
    ]
)
NAMES = ["a", "b", "c"]
DAY = datetime.date(2024, 1, 1)
counts_strategy = st.integers(1, 6).flatmap(
    lambda k: hnp.arrays(np.int64, (k, k), elements=st.integers(0, 50))
)


def simulate(matrix, n_customers, n_steps, seed):
    """States of shape (n_customers, n_steps + 1) of a chain of order 1."""
    rng = np.random.default_rng(seed)
    k = len(matrix)
    states = [rng.integers(0, k, n_customers)]
    for _ in range(n_steps):
        draw = rng.random(n_customers)
        states.append((draw[:, None] > matrix[states[-1]].cumsum(axis=1)).sum(axis=1))
    return np.column_stack(states)


def count_pairs(states, k):
    """Transitions of each step, shape (t, k, k)."""
    found = np.zeros((states.shape[1] - 1, k, k))
    for t in range(states.shape[1] - 1):
        np.add.at(found[t], (states[:, t], states[:, t + 1]), 1)
    return found


def count_triples(states, k):
    found = np.zeros((k, k, k))
    for t in range(states.shape[1] - 2):
        np.add.at(found, (states[:, t], states[:, t + 1], states[:, t + 2]), 1)
    return found


def week_rows(counts, names=NAMES, **more):
    """Rows as the counting model gives them, of an array (t, k, k)."""
    return [
        {
            "period_end_date": DAY + datetime.timedelta(7 * int(t)),
            "from_segment_id": names[i],
            "to_segment_id": names[j],
            "n_customers": int(counts[t, i, j]),
            **more,
        }
        for t, i, j in np.argwhere(counts > 0)
    ]


def group_rows(counts, amounts, names=NAMES):
    """Rows by group of customers, of arrays (g, k, k)."""
    return [
        {
            "customer_group": int(g),
            "from_segment_id": names[i],
            "to_segment_id": names[j],
            "n_customers": int(counts[g, i, j]),
            "n_valued_customers": int(counts[g, i, j]),
            "period_net_amount": float(amounts[g, i, j]),
        }
        for g, i, j in np.argwhere(counts > 0)
    ]


def values(table, **keys):
    """{item or (keys, item): value} of the rows of a chain that have these keys."""
    return {
        row["item"]: row["text_value"]
        if row["numeric_value"] is None
        else row["numeric_value"]
        for row in table.to_pylist()
        if all(row[key] == value for key, value in keys.items())
    }


@pytest.fixture(scope="module")
def states():
    return simulate(PLANTED, 4000, 20, seed=1)


@pytest.fixture(scope="module")
def chain(states):
    """The planted chain, fitted; customers of segments a, b, c spend 1, 5 and 20."""
    weeks = count_pairs(states, 3)
    groups = np.array([count_pairs(states[g::40], 3).sum(axis=0) for g in range(40)])
    amounts = groups * np.array([1.0, 5.0, 20.0])[None, :, None]
    return markov.fit_chain(
        week_rows(weeks), group_rows(groups, amounts), [], 7, random_seed=1
    )


# -- the matrix ---------------------------------------------------------------------


def test_a_planted_chain_is_found_again(states):
    matrix = markov.transition_matrix(count_pairs(states, 3).sum(axis=0))
    np.testing.assert_allclose(matrix, PLANTED, atol=0.01)


@given(counts_strategy)
def test_rows_of_a_matrix_add_up_to_1(counts):
    matrix = markov.transition_matrix(counts)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-12)
    assert ((matrix >= 0) & (matrix <= 1)).all()


@settings(deadline=None)
@given(counts_strategy, st.integers(1, 364))
def test_weeks_ahead_add_up_to_52(counts, n_steps):
    weeks = markov.expected_weeks(markov.transition_matrix(counts), n_steps)
    np.testing.assert_allclose(weeks.sum(axis=1), 52, rtol=1e-9)
    assert (weeks >= 0).all()


@settings(deadline=None)
@given(counts_strategy)
def test_long_run_shares_add_up_to_1_and_stay(counts):
    matrix = markov.transition_matrix(counts)
    shares = markov.long_run_shares(matrix)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(shares @ matrix, shares, atol=1e-9)


def test_a_segment_that_nobody_was_seen_to_leave_from_keeps_its_customers():
    matrix = markov.transition_matrix([[3, 1], [0, 0]])
    np.testing.assert_array_equal(matrix, [[0.75, 0.25], [0, 1]])
    np.testing.assert_allclose(
        markov.long_run_shares(matrix), [[0, 1], [0, 1]], atol=1e-12
    )


def test_the_first_week_is_spent_where_one_starts():
    np.testing.assert_array_equal(
        markov.expected_weeks(PLANTED, 1, n_weeks=1), np.eye(3)
    )
    # two weeks: the first at home, the second where the matrix says
    np.testing.assert_allclose(
        markov.expected_weeks(PLANTED, 2, n_weeks=2), np.eye(3) + PLANTED
    )


def test_weeks_before_absorption_are_those_of_the_fundamental_matrix():
    # Kemeny & Snell: (I - Q)^-1; one leaves with probability 0.1 a week, so stays 10
    weeks = markov.expected_weeks(np.array([[0.9, 0.1], [0, 1]]), 2000, 2000)
    assert weeks[0, 0] == pytest.approx(10)


def test_land_of_oz_has_its_published_long_run_shares():
    # Kemeny, Snell & Thompson: rain, nice, snow; 0.4, 0.2, 0.4
    oz = np.array([[0.5, 0.25, 0.25], [0.5, 0, 0.5], [0.25, 0.25, 0.5]])
    np.testing.assert_allclose(
        markov.long_run_shares(oz), [[0.4, 0.2, 0.4]] * 3, rtol=1e-12
    )


def test_long_run_shares_are_the_left_eigenvector():
    roots, vectors = np.linalg.eig(PLANTED.T)
    stationary = np.real(vectors[:, np.argmin(abs(roots - 1))])
    stationary /= stationary.sum()
    np.testing.assert_allclose(
        markov.long_run_shares(PLANTED), [stationary] * 3, rtol=1e-9
    )


def test_long_run_shares_of_a_chain_with_a_period_or_two_ends():
    np.testing.assert_allclose(
        markov.long_run_shares(np.array([[0.0, 1], [1, 0]])), np.full((2, 2), 0.5)
    )
    two_ends = np.array([[0.5, 0.1, 0.4], [0, 1, 0], [0, 0, 1]])
    np.testing.assert_allclose(
        markov.long_run_shares(two_ends),
        [[0, 0.2, 0.8], [0, 1, 0], [0, 0, 1]],
        atol=1e-12,
    )


def test_counts_that_are_none_are_errors():
    with pytest.raises(ValueError, match="not below 0"):
        markov.transition_matrix([[1, -1], [0, 1]])
    with pytest.raises(ValueError, match="finite"):
        contingency.pool_sparse([[1, np.nan], [0, 1]])
    with pytest.raises(ValueError, match="3 axes, not 2"):
        markov.transition_matrix(np.zeros((1, 2, 2)))
    with pytest.raises(ValueError, match="0 steps ahead"):
        markov.expected_weeks(PLANTED, 0)


# -- revenue ------------------------------------------------------------------------


def test_expected_revenue_is_weeks_times_weekly_revenue():
    step_amounts = np.array([1.0, 5.0, -2.0])
    np.testing.assert_allclose(
        markov.expected_amounts(PLANTED, step_amounts, 52),
        markov.expected_weeks(PLANTED) @ step_amounts,
    )


def test_a_segment_without_weeks_has_the_mean_of_all():
    means = markov.mean_step_amounts([10.0, 0.0, -4.0], [2, 0, 1])
    np.testing.assert_array_equal(means, [5, 2, -4])
    np.testing.assert_array_equal(markov.mean_step_amounts([0.0], [0]), [0])


def test_intervals_cover_the_planted_value_as_often_as_they_say():
    k, n_steps, n_groups = 2, 12, 40
    matrix = np.array([[0.9, 0.1], [0.2, 0.8]])
    truth = markov.expected_amounts(matrix, np.array([1.0, 3.0]), n_steps)
    covered = 0
    for seed in range(60):
        states = simulate(matrix, 800, 6, seed)
        # what a customer spends has a level of its own: weeks are not independent
        rng = np.random.default_rng(1000 + seed)
        level = rng.gamma(4, 0.25, len(states))
        groups = np.zeros((n_groups, k, k))
        amounts = np.zeros((n_groups, k))
        for t in range(states.shape[1] - 1):
            group = np.arange(len(states)) % n_groups
            np.add.at(groups, (group, states[:, t], states[:, t + 1]), 1)
            spent = level * np.where(states[:, t] == 0, 1.0, 3.0)
            np.add.at(amounts, (group, states[:, t]), spent)
        lower, upper = markov.bootstrap_amounts(
            groups, amounts, groups.sum(axis=2), n_steps, seed, n_draws=300
        )
        covered += ((lower <= truth) & (truth <= upper)).mean()
    assert 0.88 <= covered / 60 <= 1


def test_the_seed_alone_decides_the_interval(states):
    groups = np.array([count_pairs(states[g::40], 3).sum(axis=0) for g in range(40)])
    arguments = (groups, groups.sum(axis=2) * 2.0, groups.sum(axis=2), 52)
    first = markov.bootstrap_amounts(*arguments, random_seed=5)
    np.random.seed(99)  # noqa: NPY002 - the global state must not matter
    np.testing.assert_array_equal(
        markov.bootstrap_amounts(*arguments, random_seed=5), first
    )


def test_too_few_groups_or_groups_all_alike_have_no_interval():
    groups = np.zeros((40, 3, 3))
    groups[:9, 0, 0] = 1
    groups[:, 1, 1] = 1
    groups[:, 2, 2] = 1
    amounts = groups.sum(axis=2)
    amounts[:, 2] = np.arange(40)
    lower, upper = markov.bootstrap_amounts(
        groups, amounts, groups.sum(axis=2), 4, random_seed=1
    )
    np.testing.assert_array_equal(np.isnan([lower, upper]), [[True, True, False]] * 2)
    # 4 steps of 19.5 each on average
    assert lower[2] < 4 * 19.5 < upper[2]


# -- tests of homogeneity -----------------------------------------------------------


def test_two_rows_agree_with_the_textbook_and_with_scipy():
    table = [[30, 70], [50, 50]]
    found = contingency.compare_rows(table)
    # (ad - bc)^2 n / (row and column totals)
    expected = (30 * 50 - 70 * 50) ** 2 * 200 / (100 * 100 * 80 * 120)
    assert found.statistic == pytest.approx(expected)
    assert (found.dof, found.reason) == (1, None)
    assert found.p_value == pytest.approx(stats.chi2.sf(expected, 1))


def test_the_likelihood_ratio_agrees_with_its_formula():
    table = np.array([[30.0, 70, 20], [50, 50, 40]])
    expected = stats.contingency.expected_freq(table)
    found = contingency.compare_rows(table, likelihood_ratio=True)
    assert found.statistic == pytest.approx(
        2 * (table * np.log(table / expected)).sum()
    )
    assert found.dof == 2


def test_sparse_outcomes_are_pooled_until_5_are_expected():
    pooled = contingency.pool_sparse([[90, 6, 3, 1], [180, 12, 6, 2]])
    # 4 and 3 merge into 4, which expect 4 and 8, and then join the 18
    np.testing.assert_array_equal(pooled, [[90, 10], [180, 20]])
    untouched = [[90, 5], [90, 5]]
    np.testing.assert_array_equal(contingency.pool_sparse(untouched), untouched)


def test_sparse_rows_are_pooled_only_where_that_is_allowed():
    table = [[50, 50], [60, 40], [2, 1]]
    np.testing.assert_array_equal(
        contingency.pool_sparse(table, pool_rows=True), [[52, 51], [60, 40]]
    )
    assert contingency.compare_rows(table).reason == contingency.TOO_FEW
    assert contingency.compare_rows(table, pool_rows=True).dof == 1


@settings(deadline=None)
@given(
    hnp.arrays(
        np.int64,
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
        elements=st.integers(0, 60),
    ),
    st.booleans(),
)
def test_pooling_loses_nobody_and_leaves_enough(table, pool_rows):
    pooled = contingency.pool_sparse(table, pool_rows)
    assert pooled.sum() == table.sum()
    if min(pooled.shape) >= 2:
        assert stats.contingency.expected_freq(pooled).min() >= 5


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([[100, 4], [100, 4]], contingency.TOO_FEW),
        ([[100, 0], [90, 0]], contingency.ONE_OUTCOME),
        ([[0, 0], [90, 9]], contingency.TOO_FEW),
        (np.zeros((2, 0)), contingency.TOO_FEW),
    ],
)
def test_what_cannot_be_tested_says_why(table, reason):
    found = contingency.compare_rows(table)
    assert found.reason == reason
    assert np.isnan(found.statistic) and np.isnan(found.p_value) and found.dof == 0


def test_tests_add_up_to_one():
    one = contingency.compare_rows([[30, 70], [50, 50]])
    none = contingency.compare_rows([[1, 1], [1, 1]])
    both = contingency.combine([one, none, one])
    assert both.statistic == pytest.approx(2 * one.statistic)
    assert both.dof == 2
    assert both.p_value == pytest.approx(stats.chi2.sf(2 * one.statistic, 2))
    assert contingency.combine([none, none]).reason == contingency.TOO_FEW
    assert contingency.combine([]).reason == contingency.TOO_FEW


def test_q_values_are_those_of_benjamini_and_hochberg():
    # p * m / rank, made monotone from the top; the missing one does not count
    found = multiple_testing.adjust_p_values([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(found, [0.03, np.nan, 0.04, 0.04])
    assert multiple_testing.adjust_p_values([]).shape == (0,)
    assert np.isnan(multiple_testing.adjust_p_values([np.nan])).all()


# -- periods compared ---------------------------------------------------------------


def tests_of(counts, comparable=None, schemes=None, refits=None):
    rows = []
    for t, row in enumerate(np.asarray(counts)):
        rows += [
            {
                **found,
                "period_end_date": DAY + datetime.timedelta(7 * int(t)),
                "grain": "week",
                "is_comparable": comparable is None or comparable[t],
                "has_refit": refits is not None and refits[t],
                "active_scheme": "r" if schemes is None else schemes[t],
            }
            for found in week_rows(np.asarray(row)[None])
        ]
    return {
        (row["period_end_date"].day, row["from_segment_id"]): row
        for row in migrations.compare_migrations(rows).to_pylist()
    }


tests_of.__test__ = False
USUAL = [[900, 90, 10], [50, 900, 50], [5, 95, 900]]
UNUSUAL = [[800, 190, 10], [50, 900, 50], [5, 95, 900]]


def test_a_week_like_those_before_has_not_changed_and_another_has():
    found = tests_of([USUAL, USUAL, UNUSUAL])
    assert found[1, "a"]["untested_reason"] == "no earlier period to compare with"
    assert found[1, "all"]["untested_reason"] == "no earlier period to compare with"
    assert found[8, "a"]["p_value"] == pytest.approx(1)
    assert found[15, "a"]["q_value"] < 1e-9
    assert found[15, "b"]["q_value"] == pytest.approx(1)
    assert found[15, "a"]["n_from"] == 1000
    assert found[15, "a"]["n_from_earlier"] == 2000
    expected = stats.chi2_contingency(
        [[800, 190, 10], [1800, 180, 20]], correction=False
    )
    assert found[15, "a"]["statistic"] == pytest.approx(expected.statistic)
    assert found[15, "a"]["dof"] == 2
    assert found[15, "all"]["dof"] == 6
    assert found[15, "all"]["q_value"] == found[15, "all"]["p_value"] < 1e-9


def test_periods_of_another_scheme_or_too_early_are_not_compared():
    found = tests_of(
        [UNUSUAL, UNUSUAL, USUAL, USUAL],
        comparable=[False, True, True, True],
        schemes=["r", "rules", "r", "r"],
    )
    assert found[1, "a"]["untested_reason"] == migrations.TOO_YOUNG
    assert "no earlier" in found[8, "a"]["untested_reason"]
    assert "no earlier" in found[15, "a"]["untested_reason"]
    assert found[22, "a"]["n_from_earlier"] == 1000
    assert found[22, "a"]["p_value"] == pytest.approx(1)


def test_a_refit_is_compared_but_is_no_yardstick():
    found = tests_of([USUAL, UNUSUAL, USUAL], refits=[False, True, False])
    assert found[8, "a"]["q_value"] < 1e-6
    assert found[15, "a"]["n_from_earlier"] == 1000
    assert found[15, "a"]["p_value"] == pytest.approx(1)


def test_false_alarms_are_as_rare_as_they_should_be():
    states = simulate(PLANTED, 3000, 60, seed=3)
    found = [
        row["p_value"]
        for row in migrations.compare_migrations(
            week_rows(
                count_pairs(states, 3),
                grain="week",
                is_comparable=True,
                has_refit=False,
                active_scheme="r",
            )
        ).to_pylist()
        if row["p_value"] is not None and row["from_segment_id"] != "all"
    ]
    assert len(found) == 3 * 59
    # three standard errors about 5 %
    assert abs((np.array(found) < 0.05).mean() - 0.05) < 3 * np.sqrt(
        0.0475 / len(found)
    )


def test_no_transitions_make_no_tests():
    table = migrations.compare_migrations([])
    assert table.num_rows == 0
    assert table.schema == migrations.TESTS_SCHEMA


# -- assumptions checked ------------------------------------------------------------


def test_a_chain_of_order_1_passes_its_checks_and_order_0_does_not(states):
    assert markov.check_order_0(count_pairs(states, 3).sum(axis=0)).p_value < 1e-9
    order_2 = markov.check_order_2(count_triples(states, 3))
    assert order_2.p_value > 0.05
    # 4 for each of the three segments, less where outcomes were too rare to stand alone
    assert 6 <= order_2.dof <= 12
    assert markov.check_stationarity(count_pairs(states, 3)).p_value > 0.05


def test_draws_without_memory_pass_as_order_0():
    rng = np.random.default_rng(4)
    states = rng.choice(3, p=[0.5, 0.3, 0.2], size=(2000, 6))
    found = markov.check_order_0(count_pairs(states, 3).sum(axis=0))
    assert found.p_value > 0.05
    assert found.dof == 4


def test_memory_is_noticed():
    rng = np.random.default_rng(5)
    states = [rng.integers(0, 2, 3000), rng.integers(0, 2, 3000)]
    for _ in range(4):
        p_first = WITH_MEMORY[states[-2], states[-1], 0]
        states.append((rng.random(3000) > p_first).astype(int))
    triples = count_triples(np.column_stack(states), 2)
    assert markov.check_order_2(triples).p_value < 1e-9


def test_rates_that_change_halfway_are_noticed():
    early = count_pairs(simulate(PLANTED, 1500, 8, seed=6), 3)
    late = count_pairs(simulate(PLANTED[::-1, ::-1], 1500, 8, seed=7), 3)
    assert markov.check_stationarity(np.concatenate([early, late])).p_value < 1e-9


def test_order_checks_reject_true_hypotheses_as_often_as_they_say():
    p_values = []
    for seed in range(200):
        made = simulate(PLANTED, 400, 5, seed=100 + seed)
        p_values.append(
            (
                markov.check_order_2(count_triples(made, 3)).p_value,
                markov.check_stationarity(count_pairs(made, 3)).p_value,
            )
        )
    rejected = (np.array(p_values) < 0.05).mean(axis=0)
    assert (rejected < 0.05 + 4 * np.sqrt(0.0475 / 200)).all()


def test_degrees_of_freedom_count_what_can_occur():
    # b is never followed by c, and a never reached from b
    counts = np.zeros((3, 3, 3))
    counts[:, 0, :] = 20
    counts[:, 1, :2] = 20
    counts[:2, 2, :] = 20
    found = markov.check_order_2(counts)
    assert found.dof == 4 + 2 + 2
    assert found.statistic == pytest.approx(0, abs=1e-9)


def test_one_period_cannot_show_a_change_over_time(states):
    found = markov.check_stationarity(count_pairs(states[:, :2], 3))
    assert found.reason == "1 periods: at least 2 are needed"


# -- the fitted table ---------------------------------------------------------------


def test_the_fitted_table_holds_the_planted_chain(chain):
    assert chain.schema == markov.CHAIN_SCHEMA
    ids = chain.column("chain_value_id").to_pylist()
    assert len(ids) == len(set(ids))
    weeks = markov.expected_weeks(PLANTED)
    for i, start in enumerate(NAMES):
        of_start = values(chain, part="segment", from_segment_id=start)
        assert of_start["mean_weekly_net_amount"] == pytest.approx([1, 5, 20][i])
        assert of_start["expected_net_amount"] == pytest.approx(
            weeks[i] @ [1, 5, 20], rel=0.05
        )
        assert (
            of_start["expected_net_amount_lower"]
            < of_start["expected_net_amount"]
            < of_start["expected_net_amount_upper"]
        )
        for j, other in enumerate(NAMES):
            of_pair = values(
                chain, part="transition", from_segment_id=start, to_segment_id=other
            )
            assert of_pair["p_transition"] == pytest.approx(PLANTED[i, j], abs=0.01)
            assert of_pair["expected_weeks"] == pytest.approx(weeks[i, j], abs=1.5)


def test_the_fitted_table_says_what_the_checks_found(chain):
    order_1 = values(chain, check_name="order_1_against_order_0")
    assert order_1["verdict"].startswith("order 1 is needed")
    assert order_1["untested_reason"] is None
    order_2 = values(chain, check_name="order_2_against_order_1")
    assert order_2["verdict"] == "withheld"
    assert "stride" in order_2["untested_reason"]
    stationarity = values(chain, check_name="stationarity")
    assert stationarity["verdict"].startswith("stationary")
    assert stationarity["n_transitions"] == 4000 * 20


def test_memory_is_said_in_words():
    strides = [
        {
            "before_segment_id": NAMES[h],
            "from_segment_id": NAMES[i],
            "to_segment_id": NAMES[j],
            "n_customers": int(1000 * WITH_MEMORY[h, i, j]),
        }
        for h, i, j in np.ndindex(2, 2, 2)
    ]
    table = markov.fit_chain([], [], strides, 7, random_seed=1)
    found = values(table, check_name="order_2_against_order_1")
    assert (
        found["verdict"]
        == "order 1 is not enough: where a customer came from matters too"
    )


def test_nothing_to_fit_leaves_the_checks_withheld():
    table = markov.fit_chain([], [], [], 7, random_seed=1)
    assert set(table.column("part").to_pylist()) == {"check"}
    for name in markov.CHECKS:
        found = values(table, check_name=name)
        assert found["verdict"] == "withheld"
        assert found["untested_reason"]
        assert found["statistic"] is None


def test_one_customer_in_one_segment_is_a_chain():
    counts = np.ones((1, 1, 1))
    table = markov.fit_chain(
        week_rows(counts), group_rows(counts, counts * 3), [], 7, random_seed=1
    )
    pair = values(table, part="transition", from_segment_id="a", to_segment_id="a")
    assert pair["p_transition"] == pair["stationary_share"] == 1
    assert pair["expected_weeks"] == pytest.approx(52)
    start = values(table, part="segment", from_segment_id="a")
    assert start["expected_net_amount"] == pytest.approx(52 * 3)
    assert start["expected_net_amount_lower"] is None


@pytest.mark.parametrize("interval_days", [1, 14, 28])
def test_other_intervals_give_weekly_revenue_over_the_same_year(interval_days):
    counts = np.ones((1, 1, 1))
    table = markov.fit_chain(
        week_rows(counts),
        group_rows(counts, counts * interval_days),
        [],
        interval_days,
        random_seed=1,
    )
    start = values(table, part="segment", from_segment_id="a")
    assert start["mean_weekly_net_amount"] == pytest.approx(7)
    assert start["expected_net_amount"] == pytest.approx(364)


def test_an_interval_longer_than_the_year_is_an_error_with_the_variable():
    with pytest.raises(ValueError, match="segmentation_snapshot_interval_days"):
        markov.fit_chain([], [], [], 365, random_seed=1)


def test_row_order_does_not_matter(states, chain):
    weeks = week_rows(count_pairs(states, 3))
    groups = np.array([count_pairs(states[g::40], 3).sum(axis=0) for g in range(40)])
    amounts = groups * np.array([1.0, 5.0, 20.0])[None, :, None]
    again = markov.fit_chain(
        weeks[::-1], group_rows(groups, amounts)[::-1], [], 7, random_seed=1
    )
    for row, other in zip(again.to_pylist(), chain.to_pylist(), strict=True):
        assert row == other or row["numeric_value"] == pytest.approx(
            other["numeric_value"], rel=1e-12
        )


def test_arguments_are_left_as_they_were(states):
    counts = count_pairs(states, 3)
    before = counts.copy()
    markov.check_stationarity(counts)
    markov.check_order_0(counts[0])
    markov.transition_matrix(counts[0])
    contingency.pool_sparse(counts[0], pool_rows=True)
    np.testing.assert_array_equal(counts, before)
