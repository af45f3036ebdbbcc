"""How much work it is to read a shop through connector shopify_fivetran, beside native.

    python benchmarks/connectors.py --customers 125000

Makes a demo shop (8 orders per customer) and lands it in Shopify's tables as Fivetran
has them: once with the demo's keys, which are texts, and once with whole numbers, as
Shopify has them. Both connectors read the same orders. Measured are the seconds of one
processor that it takes to make tables of all that staging gives: customers, orders,
order lines, refunds and products, and the tables that a connector keeps on the way.
Prints Markdown.
"""

import argparse
import tempfile
import time
from pathlib import Path

import duckdb
from shops import ROOT, build_shop

ENTITIES = ("customers", "orders", "order_lines", "refunds", "products")
# what native reads: the same returns as refunds, typed as a warehouse has them
OWN_TABLES = """
    create schema own_text;
    create table own_text.customers as from shop_demo.demo_customers;
    create table own_text.orders as from shop_demo.demo_orders;
    create table own_text.order_lines as
        select * exclude (returned_quantity, returned_at)
        from shop_demo.demo_order_lines;
    create table own_text.refunds as
        select
            'R' || order_line_id as refund_id,
            order_id,
            order_line_id,
            unit_price * quantity as amount,
            returned_quantity as quantity,
            returned_at as refunded_at
        from shop_demo.demo_order_lines
        where returned_quantity > 0;
    create table own_text.products as from shop_demo.demo_products;
"""
# kind of keys: {connector: schema}
SCHEMAS = {
    "text": {"native": "own_text", "shopify_fivetran": "landed_shopify"},
    "whole": {"native": "own_whole", "shopify_fivetran": "landed_shopify_whole"},
}


def with_whole_keys(connection, schema, new_schema):
    """Copy a schema's tables, with whole numbers of 15 digits for keys of texts."""
    connection.execute(f"create schema {new_schema}")
    columns = {}
    for table, column, data_type in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where schema_name = ?",
        [schema],
    ).fetchall():
        if data_type == "VARCHAR" and (column == "id" or column.endswith("_id")):
            columns.setdefault(table, []).append(column)
        else:
            columns.setdefault(table, [])
    for table, keys in columns.items():
        replaced = ", ".join(
            f"cast(hash({key}) % 1000000000000000 as bigint) as {key}" for key in keys
        )
        replaced = f" replace ({replaced})" if keys else ""
        connection.execute(
            f'create table {new_schema}."{table}" as'
            f' select *{replaced} from {schema}."{table}"'
        )


def variables_of(connector, schema):
    """The dbt variables that read a schema through a connector."""
    tables = {name: name for name in ENTITIES} if connector == "native" else {}
    return {
        "segmentation_connector": connector,
        "segmentation_schema": schema,
        "segmentation_tables": tables,
    }


def read_staging(database, target):
    """Seconds of a processor to make tables of all that staging gives.

    Parameters
    ----------
    database : Path
        DuckDB file in which staging is built.
    target : Path
        dbt's folder, with the compiled SQL of what staging keeps in tables; those are
        made again, in the order in which they were built, and counted.
    """
    with duckdb.connect(str(database)) as connection:
        kept = connection.execute(
            "select table_name from duckdb_tables()"
            " where schema_name = 'shop' and starts_with(table_name, 'base_')"
            " order by table_oid"
        ).fetchall()
        queries = [
            (name, next(target.rglob(f"compiled/**/{name}.sql")).read_text())
            for (name,) in kept
        ]
        connection.execute("set threads = 1")
        start = time.process_time()
        for name, query in queries:
            connection.execute(f"create or replace table shop.{name} as {query}")
        for entity in ENTITIES:
            connection.execute(
                f"create or replace temp table read_{entity} as"
                f" from shop.int_{entity}__united"
            )
        return time.process_time() - start


def measure(database, turns):
    """Seconds of a processor, {kind of keys: {connector: [seconds of each turn]}}."""
    seconds = {kind: {name: [] for name in named} for kind, named in SCHEMAS.items()}
    for kind, named in SCHEMAS.items():
        for connector, schema in named.items():
            target = database.parent / "target"
            with duckdb.connect(str(database)) as connection:
                connection.execute("drop schema if exists shop cascade")
            chosen = ["path:models/staging"]
            chosen += [f"int_{entity}__united" for entity in ENTITIES]
            build_shop(database, chosen, variables_of(connector, schema))
            seconds[kind][connector] = [
                read_staging(database, target) for _ in range(turns)
            ]
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, default=125_000)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "orders.duckdb"
        demo = {"segmentation_demo_customers": arguments.customers}
        build_shop(database, ["+path:models/demo"], demo)
        with duckdb.connect(str(database)) as connection:
            connection.execute(OWN_TABLES)
            connection.execute(
                (ROOT / "integration_tests/landing/shopify_fivetran.sql").read_text()
            )
            for connector, schema in SCHEMAS["text"].items():
                with_whole_keys(connection, schema, SCHEMAS["whole"][connector])
            ((n_orders,),) = connection.execute(
                "select count(*) from shop_demo.demo_orders"
            ).fetchall()
        seconds = measure(database, arguments.turns)
    print(f"{n_orders:,} orders, seconds of a processor, least of {arguments.turns}")
    print()
    print("| keys are | `native` | `shopify_fivetran` | ratio |")
    print("|---|---|---|---|")
    for kind, taken in seconds.items():
        native, shopify = (min(taken[name]) for name in SCHEMAS[kind])
        title = {"text": "texts", "whole": "whole numbers"}[kind]
        print(f"| {title} | {native:.1f} | {shopify:.1f} | {shopify / native:.2f} |")


if __name__ == "__main__":
    main()
