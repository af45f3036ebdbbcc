"""Connectors: what each has, how they are put together, and what comes of it."""

import json
import os
import re
import shutil
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from conftest import LANDED_SHOP, LANDING, NO_TESTS, ROOT
from same_shop import (
    assert_same_features,
    assert_same_money,
    assert_same_segments,
    opened,
)
from segmentation.commands.init import read_contract
from segmentation.commands.variables import read_connectors

STAGING = ROOT / "models" / "staging"
ENTITIES = list(read_contract())
ENTITIES.remove("customer_summaries")


def read_table():
    """The table of connectors, {name: {'kind', 'staged_as', 'entities'}}."""
    found = []
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
        (ROOT / "macros" / "inputs" / "connector.sql").read_text(),
        globals={"return": found.append},
    )
    template.module.connectors()
    return found[0]


def entities_of(name):
    """The entities that there is a model for under a name."""
    found = {path.stem.split("__")[1] for path in (STAGING / name).glob("stg_*.sql")}
    return found & set(ENTITIES)


# -- one table, one contract -------------------------------------------------


def test_the_table_of_connectors_is_that_of_the_folders():
    table = read_table()
    assert list(table) == list(read_connectors())
    staged = {entry.get("staged_as", name) for name, entry in table.items()}
    folders = {folder.name for folder in STAGING.iterdir() if folder.is_dir()}
    assert set(table) | staged == folders
    for name, entry in table.items():
        assert entry["kind"] in ("shop", "mail", "site")
        assert set(entry["entities"]) == entities_of(entry.get("staged_as", name)), name


def columns_of(path, prefix):
    """Columns that a YAML file describes, {entity: [column]}."""
    return {
        model["name"].removeprefix(prefix): {
            column["name"] for column in model["columns"]
        }
        for model in yaml.safe_load(path.read_text())["models"]
        if model["name"].startswith(prefix)
    }


@pytest.mark.parametrize(
    "name",
    sorted({table.get("staged_as", name) for name, table in read_table().items()}),
)
def test_a_connector_has_the_columns_of_the_staging_contract(name):
    folder = ROOT / "models" / "intermediate" / "inputs"
    contract = {
        entity.removesuffix("__united"): columns
        for entity, columns in columns_of(
            folder / "_int_inputs__models.yml", "int_"
        ).items()
    }
    assert set(contract) == set(ENTITIES)
    found = columns_of(STAGING / name / f"_stg_{name}__models.yml", f"stg_{name}__")
    assert entities_of(name) <= set(found)
    for entity in entities_of(name):
        # what a table of one's own had mended is counted beside
        assert found[entity] - {"mended_values"} == contract[entity], entity


def test_what_is_united_has_the_types_of_the_input_contract(demo_database):
    types = {
        "id": "VARCHAR", "string": "VARCHAR", "word": "VARCHAR", "integer": "INTEGER",
        "money": "DECIMAL", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
        "timestamp": "TIMESTAMP",
    }  # fmt: skip
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name, data_type from"
            " information_schema.columns where table_name like 'int_%__united'"
        ).fetchall()
    actual = {(table, column): data_type for table, column, data_type in found}
    n_compared = 0
    for entity in ENTITIES:
        for column, properties in read_contract()[entity].items():
            name = properties.get("staged_as", column)
            data_type = actual[f"int_{entity}__united", name]
            assert data_type.startswith(types[properties["type"]]), (entity, name)
            n_compared += 1
    assert n_compared > 60


def test_both_landings_of_shopify_are_described_by_the_same_columns():
    fivetran, airbyte = (
        {
            model["name"].split("__")[1]: model["columns"]
            for model in yaml.safe_load(path.read_text())["models"]
        }
        for path in (
            STAGING / name / "base" / f"_base_{name}__models.yml"
            for name in ("shopify_fivetran", "shopify_airbyte")
        )
    )
    assert fivetran == airbyte and len(fivetran) == 16


# -- composition -------------------------------------------------------------


@pytest.fixture(scope="module")
def said_of(project, run_dbt):
    """What is said of choices of connectors, by one run of dbt."""
    choices = {
        "one": "native",
        "a list": ["native"],
        "two shops": ["native", "demo"],
        "none": [],
        "unknown": ["native", "shopware"],
        "a number": 5,
        "a mapping": {"native": "demo"},
    }
    text = f"""
        {{% set said = {{}} %}}
        {{% for name, chosen in fromjson({json.dumps(json.dumps(choices))}).items() %}}
            {{% do said.update({{name: segmentation.connector_problems(chosen)}}) %}}
        {{% endfor %}}
        {{{{ print("SAID" ~ tojson(said)) if execute }}}}
    """
    process = run_dbt(
        ["compile", "--quiet", "--inline", text]
        + ["--target-path", project / "target" / "variables"],
        project,
    )
    said = next(line for line in process.stdout.splitlines() if line[:4] == "SAID")
    return json.loads(said.removeprefix("SAID"))


@pytest.mark.parametrize("choice", ["one", "a list"])
def test_one_shop_is_right(said_of, choice):
    assert said_of[choice] == []


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("two shops", "names 2 shops, native and demo; leave one of them"),
        ("none", "names no shop, without which there is nobody to segment; add one of"),
        ("unknown", 'unknown connector "shopware" in the variable'),
        ("a number", "is 5, but must be the name of a connector or a list of names"),
        ("a mapping", "must be the name of a connector or a list of names, of demo"),
    ],
)
def test_other_choices_are_refused_in_words(said_of, choice, sentence):
    assert len(said_of[choice]) == 1
    assert sentence in said_of[choice][0]


# -- tables that are not landed -------------------------------------------------


# what reads tables that a connector cannot do without
READ_FIRST = (
    "base_shopify_fivetran__orders",
    "base_klaviyo_fivetran__exclusions",
    "base_ga4__events",
)


@pytest.fixture(scope="module")
def nothing_landed(tmp_path_factory):
    """Shop that reads a database without a table, and the database."""
    database = tmp_path_factory.mktemp("nothing") / "nothing.duckdb"
    duckdb.connect(str(database)).close()
    return {
        "segmentation_connector": ["shopify_fivetran", "klaviyo_fivetran", "ga4"]
    }, database


def test_what_is_not_landed_stops_a_build_in_words(nothing_landed, build_shop):
    process = build_shop(*nothing_landed, ("run", "-s", *READ_FIRST), check=False)
    assert process.returncode != 0
    said = " ".join(process.stdout.split())
    for connector, table in {
        "shopify_fivetran": "order",
        "klaviyo_fivetran": "global_exclusion",
        "ga4": "events",
    }.items():
        assert (
            re.search(
                rf'there is no table \S+"{table}", which connector {connector} reads',
                said,
            )
            is not None
        ), connector


def test_what_is_not_landed_stops_nobody_who_only_compiles(nothing_landed, build_shop):
    # as dbt docs generate does, for all models of the project at once
    process = build_shop(
        *nothing_landed, ("compile", "-s", "path:models/staging"), check=False
    )
    assert process.returncode == 0, process.stdout


# -- the demo shop, landed by others and read again ----------------------------

# connector: the scripts that land the demo shop, the schema that the last of them fills
LANDED = {
    "shopify_fivetran": (["shopify_fivetran"], "landed_shopify"),
    "shopify_airbyte": (
        ["shopify_fivetran", "shopify_airbyte"],
        "landed_shopify_airbyte",
    ),
}
UP_TO_SEGMENTS = ("build", *NO_TESTS, "-s", "+dim_customer_segments")


@pytest.fixture(scope="module")
def demo_tables(landed_shop, tmp_path_factory):
    """A copy of the landed shop's own tables, in a folder for others beside it."""
    return Path(shutil.copy(landed_shop, tmp_path_factory.mktemp("landed")))


@pytest.fixture(scope="module")
def reference(demo_tables, build_shop):
    """Segments of the demo's tables, as they are, without visits and mails."""
    database = demo_tables.with_name("reference.duckdb")
    shutil.copy(demo_tables, database)
    entities = ("customers", "orders", "order_lines", "products")
    shop = {
        **LANDED_SHOP,
        "segmentation_connector": "native",
        "segmentation_schema": "shop_demo",
        "segmentation_tables": {name: f"demo_{name}" for name in entities},
    }
    build_shop(shop, database, UP_TO_SEGMENTS)
    return database


def land(demo_tables, name, scripts):
    """A copy of the demo's tables with the same shop in other tables; its path."""
    database = demo_tables.with_name(f"{name}.duckdb")
    shutil.copy(demo_tables, database)
    with duckdb.connect(str(database)) as connection:
        for script in scripts:
            connection.execute((LANDING / f"{script}.sql").read_text())
    return database


@pytest.fixture(scope="module", params=LANDED)
def landed(request, demo_tables, build_shop):
    """Connector, its variables, and segments of the shop built through it."""
    scripts, schema = LANDED[request.param]
    database = land(demo_tables, request.param, scripts)
    shop = {
        **LANDED_SHOP,
        "segmentation_connector": request.param,
        "segmentation_schema": schema,
    }
    build_shop(shop, database, UP_TO_SEGMENTS)
    return request.param, shop, database


@pytest.fixture
def both(landed, reference):
    """A connection with the segments of both, as `landed` and `reference`."""
    with opened(landed[2], reference) as connection:
        yield connection


def test_the_same_customers_are_in_the_same_segments(both):
    assert_same_segments(both)


def test_money_is_the_same_to_the_cent(both):
    assert_same_money(both, ["net_amount", "gross_amount - discount_amount"])


def test_features_are_the_same(both):
    # nobody's age is known there, and a markdown is a discount, so that both differ
    assert_same_features(
        both,
        left_out=("age_group", "gross_amount", "discount_amount"),
        instead=("{row}.gross_amount - {row}.discount_amount",),
    )


def test_rules_hold_on_written_examples_and_on_the_landed_shop(landed, build_shop):
    name, shop, database = landed
    chosen = ["test", "-s", "staging", "path:models/intermediate/inputs"]
    process = build_shop(shop, database, chosen)
    n_passed = int(re.search(r"PASS=(\d+) WARN=0 ERROR=0", process.stdout)[1])
    assert n_passed > (30 if name == "shopify_fivetran" else 15)


def test_both_interfaces_of_shopify_tell_the_same(landed, demo_tables, build_shop):
    name, shop, database = landed
    if name != "shopify_fivetran":
        pytest.skip("about Fivetran's tables alone")
    other = land(demo_tables, "graphql", ["shopify_fivetran", "shopify_graphql"])
    shop = {**shop, "segmentation_schema": "landed_shopify_graphql"}
    build_shop(shop, other, ("run", "-s", "staging"))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as rest (read_only)")
        connection.execute(f"attach '{other}' as graphql (read_only)")
        for entity in read_table()[name]["entities"]:
            # states are in upper case there
            one, two = (
                f"select lower(cast(staged as varchar)) from {shape}.shop"
                f".stg_shopify__{entity} as staged"
                for shape in ("rest", "graphql")
            )
            for first, second in ((one, two), (two, one)):
                ((n_lacking,),) = connection.execute(
                    f"select count(*) from ({first} except all {second})"
                ).fetchall()
                assert n_lacking == 0, entity


# -- public fixtures ----------------------------------------------------------

# the folder integration_tests/seeds of github.com/fivetran/dbt_shopify
FIXTURES = "SEGMENTATION_TEST_SHOPIFY_SEEDS"


@pytest.mark.parametrize("prefix", ["shopify_", "shopify_gql_"])
def test_every_row_of_the_public_fixtures_is_accounted_for(
    prefix, build_shop, query, tmp_path
):
    if not os.environ.get(FIXTURES):
        pytest.skip(f"{FIXTURES} names no folder of seeds of fivetran/dbt_shopify")
    database = tmp_path / "fixtures.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema shopify")
        for path in Path(os.environ[FIXTURES]).glob(f"{prefix}*_data.csv"):
            table = path.stem.removeprefix(prefix).removesuffix("_data")
            if prefix == "shopify_" and table.startswith("gql_"):
                continue
            connection.execute(
                f'create table shopify."{table}" as'
                f" from read_csv('{path}', all_varchar = true)"
            )
    shop = {
        "segmentation_connector": "shopify_fivetran",
        "segmentation_schema": "shopify",
    }
    build_shop(shop, database, ("build", *NO_TESTS, "-s", "tag:segmentation_inputs"))
    found = {
        entity: counts
        for entity, *counts in query(
            database,
            "select entity, n_received, n_accepted, n_rejected"
            " from shop.fct_input_reconciliations",
        )
    }
    landed = {
        "customers": "customer", "orders": "order", "order_lines": "order_line",
        "products": "product", "web_events": "abandoned_checkout",
    }  # fmt: skip
    for entity, table in landed.items():
        n_received, n_accepted, n_rejected = found[entity]
        assert n_received == n_accepted + n_rejected, entity
        ((n_landed,),) = query(database, f'select count(*) from shopify."{table}"')
        ((n_deleted,),) = query(
            database,
            "select count(*) from shop.base_shopify_fivetran__checkouts"
            " where is_deleted",
        )
        n_left_out = n_deleted if entity == "web_events" else 0
        assert n_received == n_landed - n_left_out > 0, entity
