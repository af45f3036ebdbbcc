"""The demo shop through three connectors at once: WooCommerce, Klaviyo and GA4.

The same shop is landed in their tables and read again, and compared with a build of its
own tables; and public fixtures are read, of which every row is accounted for.
"""

import os
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import LANDED_SHOP, LANDING, NO_TESTS
from same_shop import (
    assert_same_features,
    assert_same_money,
    assert_same_segments,
    compare,
    opened,
)

TOOLS = {
    "segmentation_connector": ["woocommerce", "klaviyo_fivetran", "ga4"],
    "segmentation_schemas": {
        "woocommerce": "landed_woocommerce",
        "klaviyo_fivetran": "landed_klaviyo",
        "ga4": "landed_ga4",
    },
}
ENTITIES = (
    "customers", "orders", "order_lines", "products", "web_events", "email_events",
    "reviews",
)  # fmt: skip
OWN = {
    "segmentation_connector": "native",
    "segmentation_schema": "landed_shop",
    "segmentation_tables": {name: name for name in ENTITIES},
}


# -- the demo shop, landed and read again --------------------------------------


@pytest.fixture(scope="module")
def builds(landed_shop, build_shop, tmp_path_factory):
    """Databases of the shop up to its segments: from the tools' tables, `tools`, and
    from its own, `own`."""
    folder = tmp_path_factory.mktemp("landed")
    tables = shutil.copy(landed_shop, folder / "tables.duckdb")
    scripts = ["shop", *TOOLS["segmentation_connector"]]
    with duckdb.connect(str(tables)) as connection:
        for script in scripts:
            connection.execute((LANDING / f"{script}.sql").read_text())
    found = {}
    for name, shop in {"tools": TOOLS, "own": OWN}.items():
        found[name] = shutil.copy(tables, folder / f"{name}.duckdb")
        chosen = ["+dim_customer_segments", "+int_customer_consents__resolved"]
        build_shop(
            {**LANDED_SHOP, **shop}, found[name], ["build", *NO_TESTS, "-s", *chosen]
        )
    return found


@pytest.fixture
def both(builds):
    """A connection to both builds, as `landed` and `reference`."""
    with opened(builds["tools"], builds["own"]) as connection:
        yield connection


def test_all_customers_are_in_the_same_segments(both):
    assert_same_segments(both)


def test_features_are_the_same(both):
    assert_same_features(both)


def test_money_is_the_same_to_the_cent(both):
    columns = ["order_id", "customer_id", "net_amount", "discount_amount", "voided_on"]
    n_orders, differing = compare(both, "int_orders__priced", ["order_id"], columns)
    assert n_orders > 4_000 and differing == {}
    assert_same_money(both, ["net_amount", "returned_amount"])


def test_consents_and_events_are_the_same(both):
    n_rows, differing = compare(
        both, "int_customer_consents__resolved", ["customer_id"]
    )
    assert n_rows > 500 and differing == {}
    ((n_consenting,),) = both.execute(
        "select count(*) from landed.shop.int_customer_consents__resolved"
        " where email_consented_on is not null and email_refused_on is null"
    ).fetchall()
    assert n_consenting > 100
    for table, columns in {
        "int_email_events__checked": "campaign_id",
        "int_web_events__checked": "product_id",
    }.items():
        columns += ", customer_id, event_type, occurred_at, reject_reason"
        for one, two in (("landed", "reference"), ("reference", "landed")):
            ((n_rows, n_lacking),) = both.execute(
                f"select (select count(*) from {one}.shop.{table}), count(*) from ("
                f"select {columns} from {one}.shop.{table} except all"
                f" select {columns} from {two}.shop.{table})"
            ).fetchall()
            assert n_rows > 10_000 and n_lacking == 0, table


def test_the_rules_hold_on_written_examples_and_on_the_landed_shop(builds, build_shop):
    process = build_shop(
        {**LANDED_SHOP, **TOOLS}, builds["tools"], ["test", "-s", "path:models/staging"]
    )
    passed = re.search(r"PASS=(\d+) WARN=(\d+) ERROR=0", process.stdout)
    assert int(passed[1]) > 40 and passed[2] == "0"


# -- public fixtures ------------------------------------------------------------

# the folder integration_tests/seeds of github.com/fivetran/dbt_klaviyo
KLAVIYO_FIXTURES = "SEGMENTATION_TEST_KLAVIYO_SEEDS"
# a folder of GA4's events as BigQuery extracts tables: newline-delimited JSON
GA4_FIXTURES = "SEGMENTATION_TEST_GA4_EVENTS"


def fixtures_in(variable, what):
    if not os.environ.get(variable):
        pytest.skip(f"{variable} names no folder of {what}")
    return Path(os.environ[variable])


def test_every_row_of_klaviyos_public_fixtures_is_accounted_for(
    build_shop, write_shop, query, tmp_path
):
    folder = fixtures_in(KLAVIYO_FIXTURES, "seeds of fivetran/dbt_klaviyo")
    database = tmp_path / "fixtures.duckdb"
    write_shop(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema klaviyo")
        for name in ("person", "event", "metric"):
            connection.execute(
                f"create table klaviyo.{name} as"
                f" from read_csv('{folder / name}.csv', all_varchar = true)"
            )
        # the fixtures have no suppressions
        connection.execute("create table klaviyo.global_exclusion (person_id varchar)")
    build_shop(
        {
            "segmentation_connector": ["native", "klaviyo_fivetran"],
            "segmentation_schema": "raw",
            "segmentation_schemas": {"klaviyo_fivetran": "klaviyo"},
        },
        database,
        (
            "build",
            *NO_TESTS,
            "-s",
            "+int_email_events__checked",
            "+int_refusals__collected",
        ),
    )
    one, other = (
        "select count(*) from klaviyo.person",
        "select count(*) from klaviyo.event where type in"
        " ('Received Email', 'Opened Email', 'Clicked Email')",
    )
    ((n_persons,),), ((n_mails,),) = query(database, one), query(database, other)
    assert n_persons > 0 and n_mails > 0
    # each profile once per channel, and each mail in one row with its verdict
    ((n_consents,),) = query(database, "select count(*) from shop.int_consents__united")
    assert n_consents == 2 * n_persons
    ((n_checked, n_judged),) = query(
        database,
        "select count(*), count(reject_reason) from shop.int_email_events__checked",
    )
    # nobody there is a customer of the smallest shop
    assert n_checked == n_judged == n_mails


def test_every_row_of_a_public_extract_of_ga4_is_accounted_for(
    build_shop, write_shop, query, tmp_path
):
    folder = fixtures_in(GA4_FIXTURES, "events of GA4 in newline-delimited JSON")
    database = tmp_path / "fixtures.duckdb"
    shapes = {
        "nested": "event_params",
        "json": "cast(to_json(event_params) as varchar)",
    }
    write_shop(database)
    with duckdb.connect(str(database)) as connection:
        for schema, params in shapes.items():
            connection.execute(f"create schema landed_{schema}")
            connection.execute(
                f"create table landed_{schema}.events as select * replace"
                f" ({params} as event_params) from read_ndjson('{folder}/*json*')"
            )
    found = {}
    for schema in shapes:
        build_shop(
            {
                "segmentation_connector": ["native", "ga4"],
                "segmentation_schema": "raw",
                "segmentation_schemas": {"ga4": f"landed_{schema}"},
            },
            database,
            ("run", "-s", "path:models/staging/ga4"),
        )
        found[schema] = query(database, "from shop.base_ga4__events order by all")
    ((n_landed,),) = query(database, "select count(*) from landed_nested.events")
    assert len(found["nested"]) == n_landed > 0
    # both shapes tell the same, and all of them have a session
    assert found["nested"] == found["json"]
    ((n_sessions,),) = query(
        database, "select count(ga_session_id) from shop.base_ga4__events"
    )
    assert n_sessions == n_landed
