"""What a person does with the segment models, in one shop and week after week.

The tests follow one another: each step is a command, and what is asserted is how it
left the database. The shop has three kinds of customers that a fit finds again at once.
"""

import json
import re
from types import SimpleNamespace

import duckdb
import pytest

VARS = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_recipe": "value_3",
    "segmentation_history_snapshots": 2,
    "segmentation_stability_resamples": 5,
}
SEGMENTS = (
    "build",
    "--exclude-resource-type",
    "test",
    "unit_test",
    "--select",
    "+dim_customer_segments",
    "+dim_segment_model_versions",
)
# 80 customers each: regulars, hunters of discounts, and who stayed away since January
SHOP = {
    "customers": "select 'c' || i as customer_id from range(240) as numbers(i)",
    "orders": """
        select
            'o' || i || '-' || n as order_id,
            'c' || i as customer_id,
            timestamp '2024-01-03 12:00' + to_days(
                cast(
                    case i % 3
                        when 0 then 2 + 14 * n + i % 11
                        when 1 then 17 + (14 + i % 8 * 9) * n + i % 13
                        else i % 17 + 6 * n
                    end as integer
                )
            ) as ordered_at
        from range(240) as numbers(i)
        cross join range(26) as further(n)
        where i % 3 < 2 or n <= i % 4
    """,
    "order_lines": """
        select
            'l' || i || '-' || n as order_line_id,
            'o' || i || '-' || n as order_id,
            1 as quantity,
            case i % 3 when 0 then 60 when 1 then 50 else 20 end + i % 7 as unit_price,
            case when i % 3 = 1 then 20 else 0 end as discount_amount
        from range(240) as numbers(i)
        cross join range(26) as further(n)
        where i % 3 < 2 or n <= i % 4
    """,
}
LAST_DAYS = {0: "2024-07-07", 1: "2024-07-14", 2: "2024-07-21"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory, write_shop, build_shop, query):
    """The shop and what can be done with it."""
    database = tmp_path_factory.mktemp("operations") / "weekly.duckdb"
    write_shop(database, SHOP)

    def change(statement):
        with duckdb.connect(str(database)) as connection:
            connection.execute(statement)

    def arrive(week):
        change(
            "create or replace table raw.orders as select * from raw.all_orders"
            f" where ordered_at < date '{LAST_DAYS[week]}' + 1"
        )
        change(
            "create or replace table raw.order_lines as select all_lines.*"
            " from raw.all_lines as all_lines semi join raw.orders using (order_id)"
        )

    def operate(name, check=True, **arguments):
        process = build_shop(
            VARS,
            database,
            ("run-operation", name, "--args", json.dumps(arguments)),
            check=check,
        )
        assert (process.returncode == 0) == check
        return re.sub(r"\s+", " ", process.stdout)

    def build():
        return re.sub(r"\s+", " ", build_shop(VARS, database, SEGMENTS).stdout)

    def versions():
        return {
            version: (status, stage, is_active, reason)
            for version, status, stage, is_active, reason in query(
                database,
                "select model_version, status, stage, is_active, promotion_reason"
                " from shop.dim_segment_model_versions",
            )
        }

    def active():
        """Version of each snapshot: scheduled, and that customers were scored by."""
        rows = query(
            database,
            """
            select versions.model_version, confirmed.model_version
            from shop.int_segment_versions__effective as versions
            left join shop.int_customer_segments__confirmed as confirmed
                using (as_of_date)
            group by versions.as_of_date, versions.model_version,
                confirmed.model_version
            order by versions.as_of_date
            """,
        )
        assert all(scheduled == scored for scheduled, scored in rows)
        return [scored for _, scored in rows]

    def registry():
        return query(
            database,
            "select * from shop.int_segment_models__registered order by all",
        )

    change("create table raw.all_orders as select * from raw.orders")
    change("create table raw.all_lines as select * from raw.order_lines")
    return SimpleNamespace(
        database=database, change=change, arrive=arrive, operate=operate, build=build,
        versions=versions, active=active, registry=registry,
        query=lambda sql: query(database, sql),
    )  # fmt: skip


@pytest.fixture(scope="module")
def first(shop):
    shop.arrive(0)
    said = shop.build()
    return said, shop.registry(), shop.active(), shop.versions()


def test_the_first_build_fits_one_version_for_all_snapshots(first):
    said, _, active, versions = first
    assert versions == {"value_3-v1": ("promoted", "champion", True, "first fit")}
    assert active == ["value_3-v1"] * 2
    assert "was refused" not in said


def test_an_unknown_version_is_refused_with_those_there_are(shop, first):
    said = shop.operate(
        "promote_segment_model", check=False, model_version="value_3-v'9"
    )
    assert 'there is no version "value_3-v\'9" of the segment model' in said
    assert "choose one of value_3-v1" in said


def test_with_one_version_there_is_nothing_to_roll_back_to(shop, first):
    said = shop.operate("roll_back_segment_model", check=False)
    assert "there is no version to roll back to: value_3-v1 is the only one" in said
    assert shop.registry() == first[1]


@pytest.fixture(scope="module")
def refitted(shop, first):
    shop.operate("refit_segment_model", reason="the boss's wish")
    request = shop.query(
        "select text_value from shop.int_segment_models__registered"
        " where section = 'request'"
    )
    before = shop.versions(), shop.active()
    shop.build()
    return request, before, shop.versions(), shop.active()


def test_a_request_alone_changes_nothing_that_is_published(refitted):
    request, (versions, active), *_ = refitted
    assert request == [("the boss's wish",)]
    assert list(versions) == ["value_3-v1"]
    assert active == ["value_3-v1"] * 2


def test_a_refit_that_passes_comes_into_force_from_the_last_snapshot_on(refitted):
    *_, versions, active = refitted
    assert versions == {
        "value_3-v1": ("promoted", "archived", False, "first fit"),
        "value_3-v2": ("promoted", "champion", True, "asked for"),
    }
    assert active == ["value_3-v1", "value_3-v2"]


@pytest.fixture(scope="module")
def rolled_back(shop, refitted):
    """A roll back, and the build of the next week."""
    said = shop.operate("roll_back_segment_model", reason="O'Brien's \"odd\" names")
    registry = shop.registry()
    shop.arrive(1)
    shop.build()
    return said, shop.versions(), shop.active(), registry, shop.registry()


def test_a_roll_back_makes_the_version_before_active_again(rolled_back):
    said, versions, active, *_ = rolled_back
    assert "value_3-v1 is active from the last snapshot on" in said
    assert "in place of value_3-v2" in said
    assert versions == {
        "value_3-v1": ("promoted", "champion", True, "O'Brien's \"odd\" names"),
        "value_3-v2": ("promoted", "archived", False, "asked for"),
    }
    # the operation counts from the last snapshot on, which is made again
    assert active == ["value_3-v1"] * 3


def test_a_week_without_a_due_fit_adds_nothing_to_the_registry(rolled_back):
    *_, before, after = rolled_back
    assert after == before


@pytest.fixture(scope="module")
def refused(shop, rolled_back):
    """A week whose export mixed up who ordered what; a fit to it was asked for."""
    shop.arrive(2)
    shop.change(
        """
        update raw.orders set customer_id = 'c' || (hash(order_id) % 240)::integer;
        update raw.order_lines set
            unit_price = 20 + (hash(order_line_id) % 40)::integer,
            discount_amount = (hash(order_line_id || 'd') % 20)::integer
        """
    )
    shop.operate("refit_segment_model")
    said = shop.build()
    return said, shop.versions(), shop.active()


def test_a_challenger_that_fails_its_gate_leaves_the_champion_active(refused):
    _, versions, active = refused
    assert versions["value_3-v3"] == ("rejected", "rejected", False, None)
    assert versions["value_3-v1"][:3] == ("promoted", "champion", True)
    assert active == ["value_3-v1"] * 4


def test_the_log_of_the_build_warns_why_the_challenger_was_refused(shop, refused):
    said, *_ = refused
    ((failure,),) = shop.query(
        "select failure from shop.dim_segment_model_versions"
        " where model_version = 'value_3-v3'"
    )
    assert (
        "segmentation: value_3-v3, fitted as of 2024-07-20, was refused, and the "
        f"active version stays: {failure}"
    ) in said
    assert "stability_mean 0." in failure and "kept_share 0." in failure


@pytest.fixture(scope="module")
def promoted_by_hand(shop, refused):
    shop.operate("promote_segment_model", model_version="value_3-v3")
    return shop.build(), shop.versions(), shop.active()


def test_a_person_may_promote_what_the_gate_refused(promoted_by_hand):
    said, versions, active = promoted_by_hand
    assert versions["value_3-v3"] == ("rejected", "champion", True, "promoted by hand")
    assert active == ["value_3-v1"] * 3 + ["value_3-v3"]
    # and is not told any more that it was refused
    assert "was refused" not in said


def test_an_active_version_is_not_promoted_again(shop, promoted_by_hand):
    before = shop.registry()
    said = shop.operate("promote_segment_model", model_version="value_3-v3")
    assert "value_3-v3 is active already; nothing to do" in said
    assert shop.registry() == before


def test_a_version_without_centres_is_refused(shop, promoted_by_hand):
    shop.change(
        "delete from shop.int_segment_models__registered"
        " where model_version = 'value_3-v2' and section = 'center'"
    )
    before = shop.registry()
    said = shop.operate(
        "promote_segment_model", check=False, model_version="value_3-v2"
    )
    assert 'version "value_3-v2" has no centres to score by' in said
    assert shop.registry() == before
