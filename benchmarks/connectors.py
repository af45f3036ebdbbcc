"""How long it takes to read a shop through connector shopify_fivetran, beside native.

    python benchmarks/connectors.py --customers 125000

Makes a demo shop (8 orders per customer), lands it in Shopify's tables as Fivetran has
them, and builds the staging models and the core of the same orders through both
connectors, one after the other, in turns. Staging is timed by reading it into tables:
customers, orders, order lines, refunds and products. Prints Markdown.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import duckdb
from shops import ROOT, build_shop

ENTITIES = ("customers", "orders", "order_lines", "refunds", "products")
CONNECTORS = {
    "native": {
        "segmentation_connector": "native",
        "segmentation_schema": "own_tables",
        "segmentation_tables": {name: name for name in ENTITIES},
    },
    "shopify_fivetran": {
        "segmentation_connector": "shopify_fivetran",
        "segmentation_schema": "landed_shopify",
    },
}
# what native reads: the same returns as refunds, typed as a warehouse has them
OWN_TABLES = """
    create schema own_tables;
    create table own_tables.customers as from shop_demo.demo_customers;
    create table own_tables.orders as from shop_demo.demo_orders;
    create table own_tables.order_lines as
        select * exclude (returned_quantity, returned_at)
        from shop_demo.demo_order_lines;
    create table own_tables.refunds as
        select
            'R' || order_line_id as refund_id,
            order_id,
            order_line_id,
            unit_price * quantity as amount,
            returned_quantity as quantity,
            returned_at as refunded_at
        from shop_demo.demo_order_lines
        where returned_quantity > 0;
    create table own_tables.products as from shop_demo.demo_products;
"""


def read_staging(database, target):
    """Seconds to make tables of all that staging gives.

    Parameters
    ----------
    database : Path
        DuckDB file in which staging is built.
    target : Path
        dbt's folder, with the compiled SQL of what staging keeps in tables; those are
        made again, and counted.
    """
    tables = [
        next(target.rglob(f"compiled/**/base_shopify__{name}.sql"), None)
        for name in ("accounts", "line_totals", "order_totals")
    ]
    with duckdb.connect(str(database)) as connection:
        connection.execute("set threads = 2")
        start = time.perf_counter()
        for path in filter(None, tables):
            connection.execute(
                f"create or replace table shop.{path.stem} as {path.read_text()}"
            )
        for entity in ENTITIES:
            connection.execute(
                f"create or replace temp table read_{entity} as"
                f" from shop.int_{entity}__united"
            )
        return time.perf_counter() - start


def time_models(target):
    """Seconds that the models of a build took, by dbt's account."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    return sum(
        result["execution_time"]
        for result in results
        if result["unique_id"].startswith("model.")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, default=125_000)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    demo = {"segmentation_demo_customers": arguments.customers}
    seconds = {name: {"staging": [], "core": []} for name in CONNECTORS}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "orders.duckdb"
        build_shop(database, ["+path:models/demo"], demo)
        with duckdb.connect(str(database)) as connection:
            connection.execute(OWN_TABLES)
            connection.execute(
                (ROOT / "integration_tests/landing/shopify_fivetran.sql").read_text()
            )
            ((n_orders,),) = connection.execute(
                "select count(*) from shop_demo.demo_orders"
            ).fetchall()
        for _ in range(arguments.turns):
            for name, variables in CONNECTORS.items():
                target = database.parent / "target"
                shutil.rmtree(target, ignore_errors=True)
                build_shop(database, ["tag:segmentation_inputs"], variables)
                seconds[name]["core"].append(time_models(target))
                seconds[name]["staging"].append(read_staging(database, target))
    print(f"{n_orders:,} orders, seconds, median of {arguments.turns} turns")
    print()
    print("| step | native | shopify_fivetran | ratio |")
    print("|---|---|---|---|")
    for step, title in (
        ("staging", "staging, read into tables"),
        ("core", "all models of the inputs"),
    ):
        native, shopify = (
            statistics.median(seconds[name][step]) for name in CONNECTORS
        )
        print(f"| {title} | {native:.1f} | {shopify:.1f} | {shopify / native:.2f} |")


if __name__ == "__main__":
    main()
