"""Experiments: published intervals, oracles, nulls, planted effects, spoilt splits."""

import datetime
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
from scipy import stats
from segmentation.experiments import comparisons, tables
from segmentation.experiments import design as experiment_design
from segmentation.experiments.effects import (
    ALL,
    ALL_TREATMENTS,
    EFFECTS_SCHEMA,
    as_table,
    read_experiment,
    shrink,
)

# Newcombe (1998), Stat. Med. 17, table II, method 10: x1, n1, x2, n2, lower, upper
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


def people(n_successes, n_customers):
    return np.repeat([1.0, 0.0], [n_successes, n_customers - n_successes])


def make_members(rng, n, arms=("control", "treatment"), lift=None, n_strata=8):
    """An experiment of n customers with orders before and after; lift by stratum."""
    stratum = rng.integers(0, n_strata, n)
    arm = rng.choice(np.array(arms, dtype=object), n)
    before = rng.poisson(0.2 + stratum / n_strata)
    rate = 0.05 + 0.15 * stratum / n_strata + 0.05 * before
    if lift is not None:
        rate = rate + np.where(arm == "control", 0, np.asarray(lift)[stratum])
    orders = rng.poisson(rate)
    amount = orders * rng.lognormal(3, 1, n)
    return {
        "arm": arm,
        "segment_id": np.full(n, None, dtype=object),
        "rfm_group": np.array([f"s{s}" for s in stratum], dtype=object),
        "has_ordered": (orders > 0).astype(float),
        "n_orders": orders.astype(float),
        "net_amount": amount,
        "margin_amount": np.full(n, np.nan),
        "has_visited": np.zeros(n),
        "has_clicked": np.zeros(n),
        "n_orders_before": before.astype(float),
        "net_amount_before": before * 20.0,
        "n_sessions_before": np.zeros(n),
    }


def read(members, share=0.5, n_resamples=10):
    return read_experiment("e", members, share, None, n_resamples, 1)


def pick(rows, **wanted):
    return [row for row in rows if all(row[key] == wanted[key] for key in wanted)]


@pytest.mark.parametrize("case", NEWCOMBE)
def test_newcombes_published_intervals_are_found(case):
    x1, n1, x2, n2, lower, upper = case
    found = comparisons.compare_rates(people(x1, n1), people(x2, n2))
    assert [found.ci_low, found.ci_high] == pytest.approx([lower, upper], abs=6e-5)


def test_the_score_test_of_rates_is_pearsons_chi_square():
    found = comparisons.compare_rates(people(56, 70), people(48, 80))
    table = [[56, 14], [48, 32]]
    assert found.p_value == pytest.approx(
        stats.chi2_contingency(table, correction=False).pvalue, rel=1e-12
    )


def test_means_agree_with_scipys_welch():
    rng = np.random.default_rng(1)
    treatment, control = rng.lognormal(0, 1, 80), rng.lognormal(0, 2, 300)
    found = comparisons.compare_means(treatment, control)
    oracle = stats.ttest_ind(treatment, control, equal_var=False)
    interval = oracle.confidence_interval(0.95)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-10)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(interval), rel=1e-10)


def test_the_bootstrap_agrees_with_welch_where_both_hold():
    rng = np.random.default_rng(2)
    treatment, control = rng.poisson(1.2, 4000), rng.poisson(1.0, 4000)
    found = comparisons.bootstrap_means(treatment, control, 2000, 3)
    welch = comparisons.compare_means(treatment, control)
    assert found.effect == pytest.approx(welch.effect)
    assert found.standard_error == pytest.approx(welch.standard_error, rel=0.06)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (welch.ci_low, welch.ci_high), abs=0.15 * welch.standard_error
    )


def test_cuped_is_the_analysis_of_covariance():
    # the coefficient of the arm in y ~ arm + before is the same estimate
    rng = np.random.default_rng(4)
    before = rng.normal(size=500)
    is_treatment = rng.random(500) < 0.4
    values = 2 * before + 0.3 * is_treatment + rng.normal(size=500)
    found = comparisons.adjust_for_covariate(
        values[is_treatment],
        values[~is_treatment],
        before[is_treatment],
        before[~is_treatment],
    )
    design = np.column_stack([np.ones(500), is_treatment, before])
    oracle = np.linalg.lstsq(design, values, rcond=None)[0][1]
    assert found.effect == pytest.approx(oracle, rel=1e-9)
    # the population's share of explained variance: 4 / (4 + 1)
    assert found.variance_reduction == pytest.approx(0.8, abs=0.05)


def test_a_constant_covariate_changes_nothing():
    rng = np.random.default_rng(5)
    treatment, control = rng.poisson(1, 50), rng.poisson(1, 60)
    found = comparisons.adjust_for_covariate(
        treatment, control, np.ones(50), np.ones(60)
    )
    assert found == comparisons.compare_means(treatment, control)


def test_sample_ratio_by_hand():
    expected, p_value = experiment_design.check_sample_ratio([5300, 4700], [1, 1])
    assert expected.tolist() == [5000, 5000]
    # chi-square = 2 * 300^2 / 5000 = 36 with one degree of freedom: 6 sigma
    assert p_value == pytest.approx(2 * stats.norm.sf(6), rel=1e-9)


def test_errors_say_what_to_change():
    with pytest.raises(ValueError, match="correct treatment_share"):
        experiment_design.check_sample_ratio([10, 10], [1.0, 0.0])
    with pytest.raises(ValueError, match="two arms or more"):
        experiment_design.check_sample_ratio([10], [1.0])


def test_arms_divide_what_is_not_the_control():
    shares = experiment_design.planned_shares(["a", "b", "control"], 0.8)
    assert shares == pytest.approx([0.4, 0.4, 0.2])


def test_sample_size_as_published():
    # R's power.prop.test(p1 = .50, p2 = .75, power = .80) gives 57.67344 per arm
    assert experiment_design.required_customers(0.5, 0.25, 0.5) == pytest.approx(
        2 * 57.67344, rel=1e-5
    )


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_detectable_effect_is_detected_four_times_in_five(share):
    rng = np.random.default_rng(6)
    n, base = 4000, 0.12
    effect = experiment_design.minimum_detectable_effect(base, n, share)
    assert experiment_design.required_customers(base, effect, share) == pytest.approx(n)
    n_t, n_c = round(n * share), round(n * (1 - share))
    x_t = rng.binomial(n_t, base + effect, 4000)
    x_c = rng.binomial(n_c, base, 4000)
    pooled = (x_t + x_c) / n
    z = (x_t / n_t - x_c / n_c) / np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
    assert np.mean(z > stats.norm.isf(0.025)) == pytest.approx(0.80, abs=0.025)


@pytest.mark.parametrize("base", [0.0, 1.0])
def test_nothing_can_be_planned_where_nobody_or_everybody_orders(base):
    assert np.isnan(experiment_design.minimum_detectable_effect(base, 1000, 0.5))
    assert np.isnan(experiment_design.required_customers(base, 0.02, 0.5))


def test_too_few_customers_can_detect_nothing():
    assert np.isnan(experiment_design.minimum_detectable_effect(0.1, 2, 0.5))


def test_shrinkage_by_hand():
    # equal variances 1, effects 0 to 8: Q = 40 - excess over 4 = 36, tau^2 = 9
    effects = np.array([0.0, 2.0, 4.0, 6.0, 8.0])
    shrunk, errors = shrink(effects, np.ones(5), 4.0, 0.0)
    pull = (2 / 4) * 1 / (1 + 9)
    assert shrunk == pytest.approx(4 + (1 - pull) * (effects - 4))
    assert errors**2 == pytest.approx(1 - pull + (pull * (effects - 4)) ** 2)


def test_strata_that_do_not_differ_go_to_the_overall_effect():
    shrunk, _ = shrink(np.full(20, 0.5), np.ones(20), 0.1, 0.2)
    assert shrunk == pytest.approx(0.1 + 0.4 * 2 / 19)


def test_three_strata_are_left_alone():
    shrunk, errors = shrink([0.0, 5.0, 9.0], [1.0, 2.0, 3.0], 4.0, 0.5)
    assert (shrunk.tolist(), errors.tolist()) == ([0, 5, 9], [1, 2, 3])


def test_shrinkage_is_nearer_to_the_truth_and_its_intervals_cover():
    rng = np.random.default_rng(7)
    raw, shrunk, covered = [], [], []
    for _ in range(400):
        truth = rng.normal(0.05, 0.02, 10)
        errors = rng.uniform(0.01, 0.06, 10)
        seen = rng.normal(truth, errors)
        found, spread = shrink(seen, errors, 0.05, 0.005)
        raw.append(np.mean((seen - truth) ** 2))
        shrunk.append(np.mean((found - truth) ** 2))
        covered.append(np.abs(found - truth) < 1.96 * spread)
    assert np.mean(shrunk) < 0.6 * np.mean(raw)
    assert 0.93 < np.mean(covered) < 0.99


def test_intervals_cover_the_truth_at_the_nominal_rate():
    rng = np.random.default_rng(8)
    n_runs, covered = 1500, {"rates": 0, "means": 0, "cuped": 0}
    for _ in range(n_runs):
        before = rng.poisson(1.0, (2, 400))
        orders = rng.poisson(0.05 + 0.1 * before + [[0.05], [0.0]])
        effect = comparisons.adjust_for_covariate(*orders, *before)
        covered["cuped"] += effect.ci_low <= 0.05 <= effect.ci_high
        effect = comparisons.compare_means(*orders)
        covered["means"] += effect.ci_low <= 0.05 <= effect.ci_high
        effect = comparisons.compare_rates(
            rng.random(300) < 0.09, rng.random(500) < 0.04
        )
        covered["rates"] += effect.ci_low <= 0.05 <= effect.ci_high
    shares = {name: n / n_runs for name, n in covered.items()}
    # three standard errors of a share of .95 in 1,500 runs
    assert all(abs(share - 0.95) < 0.017 for share in shares.values()), shares


def test_an_experiment_in_which_nothing_happened_is_left_alone():
    rng = np.random.default_rng(9)
    n_false, n_told_apart, n_naive = 0, 0, 0
    for _ in range(300):
        rows = read(make_members(rng, 2000))
        family = pick(
            rows, metric="n_orders", stratum_type="rfm_group", estimator="difference"
        )
        n_false += any(row["p_adjusted"] < 0.05 for row in family)
        n_naive += any(row["p_value"] < 0.05 for row in family)
        overall = pick(rows, metric="n_orders", stratum_id=ALL, estimator="difference")
        n_told_apart += overall[0]["effect_verdict"] != "not told apart"
    # without any effect the false discovery rate is the rate of any discovery
    assert n_false / 300 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert abs(n_told_apart / 300 - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300)
    # and eight strata looked at without adjusting would cry wolf in one of three
    assert n_naive / 300 > 0.2


def test_discoveries_are_false_as_rarely_as_is_said_when_some_are_true():
    rng = np.random.default_rng(10)
    lift = np.array([0.15, 0.15, 0.15, 0, 0, 0, 0, 0])
    shares = []
    for _ in range(150):
        rows = pick(
            read(make_members(rng, 6000, lift=lift)),
            metric="n_orders",
            stratum_type="rfm_group",
            estimator="cuped",
        )
        called = [row["stratum_id"] for row in rows if row["p_adjusted"] < 0.05]
        is_false = [name not in ("s0", "s1", "s2") for name in called]
        shares.append(np.mean(is_false) if called else 0.0)
    assert np.mean(shares) < 0.05


def test_a_broken_split_is_not_read():
    rng = np.random.default_rng(11)
    members = make_members(rng, 4000, lift=np.full(8, 0.2))
    assert pick(read(members), stratum_id=ALL)[0]["effect_verdict"] == "better"
    # what a redirect that fails for some does: treated customers who did not order
    # are lost
    is_lost = (
        (members["arm"] != "control")
        & (members["n_orders"] == 0)
        & (rng.random(4000) < 0.3)
    )
    spoilt = {name: values[~is_lost] for name, values in members.items()}
    rows = read(spoilt)
    assert {row["effect_verdict"] for row in rows} == {"srm_failed"}
    assert not any("effect" in row for row in rows)
    # nobody planned shares: nothing to test
    assert "effect" in read(spoilt, share=None)[0]


def test_several_arms_are_one_family_and_can_be_taken_together():
    rng = np.random.default_rng(12)
    arms = ("a", "b", "c", "control")
    rows = read(make_members(rng, 8000, arms), share=0.75)
    family = pick(rows, metric="n_orders", stratum_id=ALL, estimator="difference")
    by_arm = {row["arm"]: row for row in family}
    assert sorted(by_arm) == ["a", ALL_TREATMENTS, "b", "c"]
    own = [by_arm[arm]["p_value"] for arm in "abc"]
    assert [by_arm[arm]["p_adjusted"] for arm in "abc"] == pytest.approx(
        stats.false_discovery_control(own, method="bh").tolist()
    )
    assert by_arm[ALL_TREATMENTS]["n_treatment"] == sum(
        by_arm[arm]["n_treatment"] for arm in "abc"
    )


@pytest.mark.parametrize("n_treated", [0, 1, 29])
def test_an_arm_with_too_few_customers_is_withheld(n_treated):
    rng = np.random.default_rng(13)
    members = make_members(rng, 200)
    members["arm"][:] = "control"
    members["arm"][:n_treated] = "treatment"
    rows = read(members, share=None)
    assert {row["effect_verdict"] for row in rows} <= {"withheld"}


def test_nobody_who_orders_gives_no_test_and_no_crash():
    rng = np.random.default_rng(14)
    members = make_members(rng, 400)
    for name in ("has_ordered", "n_orders", "net_amount"):
        members[name] = np.zeros(400)
    rows = pick(read(members), stratum_id=ALL)
    assert {row["effect_verdict"] for row in rows} == {"not told apart"}
    table = as_table(read(members), EFFECTS_SCHEMA)
    assert table["p_value"].null_count == len(table)


def test_metrics_that_the_shop_does_not_tell_are_left_out():
    rows = read(make_members(np.random.default_rng(15), 400))
    assert {row["metric"] for row in rows} == {"has_ordered", "n_orders", "net_amount"}


def test_a_stratum_without_orders_does_not_rule_the_others():
    # its variance of 0 would give it all the weight
    rng = np.random.default_rng(16)
    members = make_members(rng, 4000, lift=np.array([0.2] * 7 + [0.0]))
    is_idle = members["rfm_group"] == "s7"
    for name in ("has_ordered", "n_orders", "net_amount"):
        members[name][is_idle] = 0
    rows = pick(
        read(members),
        metric="n_orders",
        stratum_type="rfm_group",
        estimator="difference",
    )
    others = [row for row in rows if row["stratum_id"] != "s7"]
    assert np.mean([row["shrunk_effect"] for row in others]) > 0.15
    # nor is it a certainty itself
    (idle,) = [row for row in rows if row["stratum_id"] == "s7"]
    assert idle["effect"] == 0
    assert idle["ci_high"] > 0.001
    assert idle["shrunk_ci_high"] > 0.001


def test_intervals_cover_where_hardly_anybody_orders():
    rng = np.random.default_rng(17)
    plain, steady = [], []
    for _ in range(2000):
        treatment, control = rng.poisson(0.008, 150), rng.poisson(0.002, 150)
        found = comparisons.compare_means(treatment, control)
        plain.append(found.ci_low <= 0.006 <= found.ci_high)
        found = comparisons.steady_effect(found, 0.25, 150, 150)
        steady.append(found.ci_low <= 0.006 <= found.ci_high)
    # where nobody ordered Welch's interval is empty
    assert np.mean(plain) < 0.85
    assert np.mean(steady) > 0.95


# -- Hillstrom's e-mail experiment -----------------------------------------------------


@pytest.fixture(scope="module")
def hillstrom(test_data):
    path = test_data("hillstrom") / "hillstrom.parquet"
    found = duckdb.sql(
        f"select segment, womens, visit, conversion, spend from '{path}'"
    ).fetchnumpy()
    arms = {
        "Mens E-Mail": "mens",
        "Womens E-Mail": "womens",
        "No E-Mail": "control",
    }
    found["arm"] = np.array([arms[name] for name in found.pop("segment")])
    return {name: np.asarray(values) for name, values in found.items()}


def compare(hillstrom, arm, metric, selected=True):
    return comparisons.compare_rates(
        hillstrom[metric][(hillstrom["arm"] == arm) & selected],
        hillstrom[metric][(hillstrom["arm"] == "control") & selected],
    )


def test_hillstroms_published_rates(hillstrom):
    for metric, scale, digits, published in (
        ("visit", 100, 3, (18.276, 15.140, 10.617)),
        ("conversion", 100, 4, (1.2531, 0.8837, 0.5726)),
        ("spend", 1, 4, (1.4226, 1.0772, 0.6528)),
    ):
        found = tuple(
            round(scale * hillstrom[metric][hillstrom["arm"] == arm].mean(), digits)
            for arm in ("mens", "womens", "control")
        )
        assert found == published


def test_hillstroms_split_is_sound_and_a_tampered_one_is_not(hillstrom):
    counts = [np.sum(hillstrom["arm"] == arm) for arm in ("mens", "womens", "control")]
    assert counts == [21307, 21387, 21306]
    assert experiment_design.check_sample_ratio(counts, [1, 1, 1])[1] > 0.5
    # one in twenty of the women's mail lost on the way
    counts[1] = round(0.95 * counts[1])
    p_value = experiment_design.check_sample_ratio(counts, [1, 1, 1])[1]
    assert p_value < experiment_design.SRM_SIGNIFICANCE


def test_hillstroms_effects_by_kind_of_customer(hillstrom):
    is_womens = hillstrom["womens"] == 1
    found = {
        arm: [
            round(100 * compare(hillstrom, arm, "visit", selected).effect, 2)
            for selected in (is_womens, ~is_womens)
        ]
        for arm in ("womens", "mens")
    }
    assert found == {"womens": [7.31, 1.11], "mens": [8.26, 6.92]}
    low, high = (
        compare(hillstrom, "womens", "visit", selected)
        for selected in (~is_womens, is_womens)
    )
    assert low.ci_high < high.ci_low


def test_hillstroms_intervals_agree_with_scipy(hillstrom):
    for arm in ("mens", "womens"):
        for metric in ("visit", "conversion", "spend"):
            groups = [
                hillstrom[metric][hillstrom["arm"] == name].astype(float)
                for name in (arm, "control")
            ]
            welch = stats.ttest_ind(*groups, equal_var=False).confidence_interval(0.95)
            means = comparisons.compare_means(*groups)
            assert (means.ci_low, means.ci_high) == pytest.approx(tuple(welch))
            if metric != "spend":
                # with thousands of customers both intervals of a rate agree
                rates = comparisons.compare_rates(*groups)
                assert (rates.ci_low, rates.ci_high) == pytest.approx(
                    tuple(welch), abs=5e-5
                )


class Stored(SimpleNamespace):
    """What dbt's `this` says of a table."""

    def __str__(self):
        return f'"{self.database}"."{self.schema}"."{self.identifier}"'


@pytest.fixture
def shop():
    """A connection with two closed experiments of 400 customers each."""
    connection = duckdb.connect()
    connection.execute(
        "create table dated as from (values ('one', 'closed', .5, date '2024-02-01'),"
        " ('two', 'closed', .5, date '2024-03-01'))"
        " as rows(experiment_id, enrolment_status, treatment_share, measured_on)"
    )
    connection.execute(
        "create table members as select"
        " experiment_id || '|' || i as experiment_member_id, experiment_id,"
        " if(i % 2 = 0, 'control', 'treatment') as arm, 's' as segment_id,"
        " 'g' || i % 3 as rfm_group, i % 5 = 0 as has_ordered_within,"
        " cast(i % 5 = 0 as integer) as n_orders_within,"
        " if(i % 5 = 0, i, 0) as net_amount_within, 0 as margin_amount_within,"
        " false as has_visited_within, false as has_clicked_within,"
        " i % 4 as n_orders_before, i % 7 as net_amount_before, 0 as n_sessions_before"
        " from range(400) as numbers(i),"
        " (values ('one'), ('two')) as experiments(experiment_id)"
    )
    return connection


def estimate(connection, monkeypatch, **settings):
    """Estimate effects and curves as the models do; what was estimated anew."""
    read = {"effects": [], "curves": 0}
    measure = tables.uplift.measure_uplift

    def read_noted(experiment_id, *others, **options):
        read["effects"].append(experiment_id)
        return read_experiment(experiment_id, *others, **options)

    def measure_noted(*arguments, **options):
        read["curves"] += 1
        return measure(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(tables.uplift, "measure_uplift", measure_noted)
        patch.setattr(tables.experiment_effects, "read_experiment", read_noted)
        for name, first in (("effects", "dated"), ("curves", "effects")):
            estimator = {
                "effects": tables.estimate_effects,
                "curves": tables.estimate_uplift_curves,
            }[name]
            table = estimator(
                connection,
                Stored(database="memory", schema="main", identifier=name),
                connection.table(first),
                connection.table("members"),
                {"n_resamples": 20, "random_seed": 1, **settings},
            ).to_arrow_table()
            connection.register("estimated", table)
            connection.execute(f"create or replace table {name} as from estimated")
            connection.unregister("estimated")
    return read


def rows_of(connection):
    return [
        connection.execute(
            f"select * exclude (input_hash) from {name} order by all"
        ).fetchall()
        for name in ("effects", "curves")
    ]


def test_what_nothing_has_changed_of_is_not_estimated_again(shop, monkeypatch):
    assert estimate(shop, monkeypatch) == {"effects": ["one", "two"], "curves": 2}
    before = rows_of(shop)
    assert all(before)
    assert estimate(shop, monkeypatch) == {"effects": [], "curves": 0}
    assert rows_of(shop) == before
    # the order of rows is no change
    shop.execute("create or replace table members as from members order by random()")
    assert estimate(shop, monkeypatch) == {"effects": [], "curves": 0}
    assert rows_of(shop) == before


@pytest.mark.parametrize(
    ("change", "settings", "read"),
    [
        ("delete from members where experiment_member_id = 'two|7'", {}, ["two"]),
        (
            "update members set net_amount_within = 1"
            " where experiment_member_id = 'two|7'",
            {},
            ["two"],
        ),
        (
            "update dated set measured_on = measured_on + 1"
            " where experiment_id = 'one'",
            {},
            ["one"],
        ),
        ("create table other (i integer)", {"random_seed": 2}, ["one", "two"]),
        ("alter table effects drop input_hash", {}, ["one", "two"]),
    ],
)
def test_what_has_changed_is_estimated_again(shop, monkeypatch, change, settings, read):
    estimate(shop, monkeypatch)
    shop.execute(change)
    assert estimate(shop, monkeypatch, **settings)["effects"] == read
    found = rows_of(shop)
    shop.execute("drop table effects; drop table curves")
    estimate(shop, monkeypatch, **settings)
    assert found == rows_of(shop)


def test_an_experiment_that_is_closed_no_more_has_no_effect(shop, monkeypatch):
    estimate(shop, monkeypatch)
    shop.execute("delete from dated where experiment_id = 'one'")
    assert estimate(shop, monkeypatch) == {"effects": [], "curves": 0}
    assert {row[1] for row in rows_of(shop)[0]} == {"two"}
    assert datetime.date(2024, 3, 1) in {row[-1] for row in rows_of(shop)[0]}
