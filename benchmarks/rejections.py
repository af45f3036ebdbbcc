"""What is rejected of three public data sets: rows and money, by reason.

    python benchmarks/rejections.py

UCI Online Retail and TheLook by their connectors, CDNOW (Fader and Hardie) by the
connector native, of tables as a shop would have them. Builds the models of the inputs
alone. Prints Markdown; takes about two minutes.
"""

import argparse
import os
import tempfile
from pathlib import Path

import duckdb
from shops import ROOT, build_shop

SETS = {
    "Online Retail": (
        "online_retail",
        {"segmentation_connector": "online_retail", "segmentation_currency": "GBP"},
    ),
    "TheLook": ("thelook", {"segmentation_connector": "thelook"}),
    "CDNOW": (
        "cdnow",
        {"segmentation_connector": "native", "segmentation_schema": "raw"},
    ),
}
QUERY = """
    select entity, reject_reason, loss, n_rejected, n_received, rejected_row_share,
        rejected_amount_share
    from shop.fct_input_rejections
    order by entity, n_rejected desc, reject_reason
"""


def write_cdnow(file, database):
    """Tables of customers, orders and lines of the one that CDNOW is.

    Parameters
    ----------
    file : Path
        cdnow_master.parquet: one row per purchase.
    database : Path
        DuckDB file to write to, schema raw.
    """
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create temporary table purchases as select *, row_number() over ("
            "order by customer_id, date, number_of_cds, dollar_value) as purchase_id "
            "from read_parquet(?)",
            [str(file)],
        )
        for query in (
            "customers as select distinct customer_id from purchases",
            "orders as select purchase_id as order_id, customer_id, "
            "date as ordered_at from purchases",
            "order_lines as select purchase_id as order_line_id, "
            "purchase_id as order_id, number_of_cds as quantity, "
            "dollar_value / nullif(number_of_cds, 0) as unit_price from purchases",
        ):
            connection.execute(f"create table raw.{query}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("SEGMENTATION_TEST_DATA", ROOT.parent / "shared/data"),
        help="folder of the data sets, one folder each",
    )
    data = parser.parse_args().data
    print("| data set | input | reason | loss | rows | of rows | of money |")
    print("|---|---|---|---|---|---|---|")
    for title, (name, variables) in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / f"{name}.duckdb"
            if name == "cdnow":
                write_cdnow(data / name / "cdnow_master.parquet", database)
            else:
                variables = {
                    **variables,
                    "segmentation_parquet_folder": str(data / name),
                }
            build_shop(database, ["tag:segmentation_inputs"], variables)
            with duckdb.connect(str(database), read_only=True) as connection:
                rows = connection.execute(QUERY).fetchall()
                (n_all,) = connection.execute(
                    "select sum(n_received) from shop.fct_input_reconciliations"
                ).fetchone()
        for entity, reason, loss, n_rejected, n_received, row_share, amount_share in (
            rows or [("all", "none", "-", 0, n_all, 0, 0)]
        ):
            money = "-" if amount_share is None else f"{amount_share:.2%}"
            print(
                f"| {title} | {entity} | {reason} | {loss} | {n_rejected:,} of "
                f"{n_received:,} | {row_share:.2%} | {money} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
