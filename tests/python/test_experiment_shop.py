"""Experiments of a shop with tables of its own: from the assignment to the verdict."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

VARIABLES = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_recipe": "rfm_rules",
    "segmentation_history_snapshots": 2,
    "segmentation_score_resamples": 100,
    "segmentation_holdout_share": 0.2,
    "segmentation_tables": {
        "customers": "customers",
        "orders": "orders",
        "order_lines": "order_lines",
        "campaign_members": "campaign_members",
    },
}
# 900 customers with an order each in January; from the 1st of March on, within 14 days,
# 10 % of the control order again, 40 % of arm a and 10 % of arm b
TABLES = {
    "customers": "select 'c' || i as customer_id from range(900) as numbers(i)",
    "orders": """
        select
            'o' || i as order_id,
            'c' || i as customer_id,
            timestamp '2024-01-02 12:00' + to_days(cast(i % 28 as integer))
                as ordered_at
        from range(900) as numbers(i)
        union all
        select
            'p' || i,
            'c' || i,
            timestamp '2024-03-02 12:00' + to_days(cast(i % 10 as integer))
        from range(900) as numbers(i)
        where i % 30 < case when i // 30 % 3 = 0 then 12 else 3 end
        union all
        select 'last' || i, 'c0', timestamp '2024-03-18 12:00' + to_days(i)
        from range(2) as numbers(i)
    """,
    "order_lines": """
        select
            order_id || '-1' as order_line_id, order_id, 1 as quantity, 20 as unit_price
        from raw.orders
    """,
    "campaign_members": """
        select
            'spring' as campaign_id,
            'c' || i as customer_id,
            ['a', 'b', 'control'][1 + i // 30 % 3] as arm,
            timestamp '2024-03-01 09:00' as assigned_at,
            'email' as channel,
            0.1 as cost
        from range(900) as numbers(i)
    """,
}
SEED = """experiment_id,connector,action_id,campaign_id,segment_id,starts_on,ends_on,\
outcome_days,treatment_share,salt,minimum_effect,hypothesis
spring,native,sale,spring,,2024-03-01,2024-03-01,14,0.66667,,0.05,it sells
ours,native,sale,,,2024-03-01,2024-12-31,14,0.5,{salt},0.05,ours sells
later,native,sale,,,2024-06-01,2024-12-31,14,0.5,,0.05,later sells
elsewhere,demo,sale,,,2024-03-01,2024-12-31,14,0.5,,0.05,no matter
programme,native,,global_holdout,,2024-03-12,2024-03-12,5,0.8,,0.05,all of it sells
"""
MARTS = (
    "fct_experiment_results",
    "fct_experiment_arms",
    "dim_experiments",
    "int_action_effects__estimated",
)
ARMS = "select customer_id, arm from shop.int_experiment_members__assigned order by 1"


@pytest.fixture(scope="module")
def build(build_shop, copy_project):
    """Function that builds the marts of experiments into a database.

    Arguments: `database`; `salt`, of our own experiment; `since`, the models from which
    on to build, all by default; `vars`, further variables.
    """
    folder = copy_project()

    def run(database, salt="x", since=(), vars=None):
        seed = folder / "seeds" / "segmentation_experiments.csv"
        seed.write_text(SEED.format(salt=salt))
        chosen = [f"{first}+,+{mart}" for first in since for mart in MARTS]
        chosen = chosen or [f"+{mart}" for mart in MARTS]
        args = ["build", "--full-refresh", "-s", *chosen]
        args += ["--exclude-resource-type", "test", "unit_test"]
        return build_shop({**VARIABLES, **(vars or {})}, database, args, cwd=folder)

    return run


@pytest.fixture(scope="module")
def built(build, write_shop, tmp_path_factory):
    """The shop, built once; to be copied by whoever changes it."""
    database = tmp_path_factory.mktemp("built") / "own_shop.duckdb"
    write_shop(database, TABLES)
    build(database)
    return database


@pytest.fixture
def shop(built, tmp_path):
    """A copy of the built shop."""
    return Path(shutil.copy(built, tmp_path / "own_shop.duckdb"))


def test_a_campaign_is_read_and_our_own_experiment_runs(built, query):
    statuses = dict(
        query(
            built,
            "select experiment_id, experiment_status from shop.dim_experiments",
        )
    )
    assert statuses == {
        "spring": "read",
        "ours": "running",
        "later": "planned",
        "programme": "read",
    }
    verdicts = query(
        built,
        "select arm, round(effect, 4), effect_verdict from shop.fct_experiment_results"
        " where metric = 'has_ordered' and stratum_type = 'all'"
        " and estimator = 'difference' and experiment_id = 'spring' order by arm",
    )
    assert verdicts == [
        ("a", 0.3, "better"),
        ("all_treatments", 0.15, "better"),
        ("b", 0.0, "not told apart"),
    ]
    # both treatments together are what the action is worth, in the one row of all
    assert query(
        built,
        "select action_id, round(effect, 2), n_customers, n_experiments"
        " from shop.int_action_effects__estimated where stratum_type = 'all'",
    ) == [("sale", 0.15, 900, 1)]
    # nobody held out is in an experiment of ours; nothing of it is shown yet
    (n_held_out, n_reachable, n_members, n_shown) = query(
        built,
        "select count(*) filter (where holdout_group = 'holdout'),"
        " count(*) filter (where holdout_group = 'reachable'),"
        " count(members.customer_id),"
        " (select count(order_rate) from shop.fct_experiment_arms"
        "  where experiment_id = 'ours')"
        " from shop.int_customer_holdouts__assigned as holdouts"
        " left join shop.int_experiment_members__assigned as members"
        " on holdouts.customer_id = members.customer_id",
    )[0]
    assert n_held_out > 100
    assert n_members == n_reachable
    assert n_shown == 0


def test_the_global_holdout_says_what_everything_brings(build, shop, query):
    effects = (
        "select arm, metric, round(effect, 6), effect_verdict"
        " from shop.fct_experiment_results where experiment_id = 'programme'"
        " and metric in ('has_ordered', 'n_orders')"
        " and stratum_type = 'all' and estimator = 'difference' order by metric"
    )
    # nobody has done anything yet
    assert query(shop, effects) == [
        ("treatment", "has_ordered", 0.0, "not told apart"),
        ("treatment", "n_orders", 0.0, "not told apart"),
    ]
    with duckdb.connect(str(shop)) as connection:
        # every second of those who were not left alone orders, every tenth of those who
        # were; what comes after the window does not count
        connection.execute(
            """
            insert into raw.orders
            select
                'w' || row_number() over (order by customer_id),
                customer_id,
                timestamp '2024-03-14 12:00'
                    + to_days(case when is_counted then 0 else 5 end)
            from (
                select
                    customer_id,
                    row_number() over (partition by holdout_group order by customer_id)
                    % case when holdout_group = 'holdout' then 10 else 2 end = 0
                        as is_counted
                from shop.int_customer_holdouts__assigned
            )
            """
        )
        connection.execute(
            "insert into raw.order_lines select order_id || '-1', order_id, 1, 20"
            " from raw.orders where order_id like 'w%'"
        )
        sizes = dict(
            connection.execute(
                "select case when holdout_group = 'holdout' then 'control'"
                " else 'treatment' end, count(*)"
                " from shop.int_customer_holdouts__assigned group by 1"
            ).fetchall()
        )
    build(shop)
    arms = query(
        shop,
        "select arm, n_customers, order_rate from shop.fct_experiment_arms"
        " where experiment_id = 'programme' order by arm",
    )
    rates = {
        arm: n // step / n
        for (arm, n), step in zip(sorted(sizes.items()), (10, 2), strict=True)
    }
    assert arms == [(arm, sizes[arm], pytest.approx(rates[arm])) for arm in rates]
    gain = pytest.approx(rates["treatment"] - rates["control"], abs=1e-6)
    assert query(shop, effects) == [
        ("treatment", "has_ordered", gain, "better"),
        ("treatment", "n_orders", gain, "better"),
    ]
    # it is no action's effect, and its members are in no experiment of ours for it
    assert query(
        shop, "select distinct action_id from shop.int_action_effects__estimated"
    ) == [("sale",)]


def test_a_new_salt_moves_nobody(build, shop, query):
    before = query(shop, ARMS)
    build(shop, salt="y", since=["segmentation_experiments"])
    assert query(shop, ARMS) == before
    # unless the history is to start anew
    reset = {"segmentation_reset_history": True}
    process = build(
        shop, salt="y", since=["int_experiment_candidates__found"], vars=reset
    )
    assert query(shop, ARMS) != before
    # which is told with the number of rows
    said = re.sub(r"\s+", " ", process.stdout)
    assert (
        f'history is erased: {len(before)} rows of "own_shop"."shop"'
        '."int_experiment_members__assigned"'
    ) in said


def test_lost_customers_stop_the_reading(build, shop, query):
    # half of those of arm a who did not order again never reached the shop's table
    with duckdb.connect(str(shop)) as connection:
        connection.execute(
            "delete from raw.campaign_members where arm = 'a'"
            " and cast(substr(customer_id, 2) as integer) % 30 >= 12"
            " and cast(substr(customer_id, 2) as integer) % 2 = 0"
        )
    build(shop, since=["int_campaign_members__checked"])
    assert query(
        shop,
        "select experiment_status from shop.dim_experiments"
        " where experiment_id = 'spring'",
    ) == [("srm_failed",)]
    assert query(
        shop,
        "select distinct effect_verdict, effect from shop.fct_experiment_results"
        " where experiment_id = 'spring'",
    ) == [("srm_failed", None)]
    assert query(shop, "select * from shop.int_action_effects__estimated") == []
