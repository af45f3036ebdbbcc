"""Run each SQL model on Spark over DuckDB's tables, and compare what comes of it.

    dbt compile --select resource_type:model --target spark
    python benchmarks/compare_engines.py BUILD.duckdb target/manifest.json sc://localhost

Each model reads what DuckDB made of the models before it, so that a difference is the
model's own. Texts, dates, decimals and whole numbers count exactly, doubles to nine
significant digits. The order of rows does not count, nor do hashes that each engine
makes in its own way and compares with its own. An incremental model is compiled for its
first build. Of one with snapshots the last is compared, since what older ones were made
of may be gone; of another, Spark's rows must be found among DuckDB's.
Prints a line for each model that differs and how many are equal; exits with 1 if any
differs.
"""

import argparse
import collections
import datetime
import decimal
import json
import math
import re
import sys
import tempfile
from pathlib import Path

import duckdb

DIGITS = 9
# fingerprint_of_rows, which is compared with what the same engine made of it before
OWN_COLUMNS = {"source_fingerprint"}


def as_cell(value):
    """A value as one that is equal where the engines' values count as the same."""
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        # + 0.0: minus zero is zero
        return float(f"{value + 0.0:.{DIGITS - 1}e}")
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value


def count_rows(table, columns):
    """Rows of a pyarrow.Table, {tuple of cells: how often}."""
    cells = [[as_cell(value) for value in table[name].to_pylist()] for name in columns]
    return collections.Counter(zip(*cells, strict=True))


def compare(ours, theirs, is_part=False):
    """What differs between two tables, in words; empty if nothing does.

    Parameters
    ----------
    ours, theirs : pyarrow.Table
        Of DuckDB and of the other engine.
    is_part : bool
        Whether rows that only ours has are no difference.
    """
    if sorted(ours.column_names) != sorted(theirs.column_names):
        return f"columns {sorted({*ours.column_names} ^ {*theirs.column_names})}"
    columns = sorted({*ours.column_names} - OWN_COLUMNS)
    left, right = (count_rows(table, columns) for table in (ours, theirs))
    missing, extra = left - right, right - left
    if not extra and (is_part or not missing):
        return ""
    differing = [
        name
        for name in columns
        if count_rows(ours, [name]) != count_rows(theirs, [name])
    ]
    found = [
        f"{missing.total():,} rows of DuckDB's {left.total():,} and {extra.total():,}"
        f" of {right.total():,} alone; columns {', '.join(differing) or 'as a whole'}"
    ]
    for name, rows in (("DuckDB", missing), ("other", extra)):
        for row in sorted(rows, key=str)[:2]:
            shown = dict(zip(columns, row, strict=True))
            kept = [key for key in columns if key in differing or key.endswith("_id")]
            found.append(f"    {name}: { {key: shown[key] for key in kept} }")
    return "\n".join(found)


def list_models(manifest, pattern):
    """SQL models that were compiled and whose whole name fits, sorted by name."""
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["language"] == "sql"
        and node.get("compiled_code")
        and re.fullmatch(pattern, node["name"])
    ]
    return sorted(nodes, key=lambda node: node["name"])


def names_in(node):
    """What may be the name of a table in a model's SQL, {(schema, table)}."""
    return {*re.findall(r"(\w+)`?\.`?(\w+)", node["compiled_code"])}


def list_tables(connection):
    """Tables and views of a build, {(schema, table)}."""
    return {
        *connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = current_database()"
        ).fetchall()
    }


def load(connection, spark, folder, schema, table):
    """Put a table or a view of a build into Spark, in a schema of the same name."""
    file = folder / f"{schema}.{table}.parquet"
    connection.execute(f'copy "{schema}"."{table}" to \'{file}\' (format parquet)')
    spark.sql(f"create database if not exists `{schema}`")
    spark.sql(f"drop table if exists `{schema}`.`{table}`")
    spark.sql(f"create table `{schema}`.`{table}` using parquet location '{file}'")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=Path, help="a DuckDB file")
    parser.add_argument("manifest", type=Path, help="of dbt compile for Spark")
    parser.add_argument("remote", help="Spark Connect, such as sc://localhost")
    parser.add_argument("--models", default=".*", help="pattern of whole names")
    arguments = parser.parse_args()

    from pyspark.sql import SparkSession

    spark = SparkSession.builder.remote(arguments.remote).getOrCreate()
    manifest = json.loads(arguments.manifest.read_text())
    n_equal, n_part, n_different = 0, 0, 0
    with (
        duckdb.connect(str(arguments.build), read_only=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        connection.execute("set TimeZone = 'UTC'")
        there, loaded = list_tables(connection), set()
        for node in list_models(manifest, arguments.models):
            if (node["schema"], node["alias"]) not in there:
                continue
            needed = (names_in(node) & there) - loaded
            for schema, table in sorted(needed):
                load(connection, spark, Path(folder), schema, table)
            loaded |= needed
            is_part = node["config"]["materialized"] == "incremental"
            try:
                frame = spark.sql(node["compiled_code"])
                relation = connection.table(f'"{node["schema"]}"."{node["alias"]}"')
                if is_part and "as_of_date" in relation.columns:
                    ((day,),) = relation.aggregate("max(as_of_date)").fetchall()
                    last = f"as_of_date = date '{day}'" if day else "false"
                    frame, relation = frame.filter(last), relation.filter(last)
                found = compare(
                    relation.to_arrow_table(),
                    frame.toArrow(),
                    is_part and "as_of_date" not in relation.columns,
                )
            except Exception as error:  # each model is tried
                found = f"error: {str(error)[:300]}"
            if found:
                n_different += 1
                print(f"{node['name']}: {found}", flush=True)
            else:
                n_equal += not is_part
                n_part += is_part
    print(
        f"{n_equal} models are equal in every cell, {n_part} incremental ones as far as"
        f" they can be, {n_different} differ"
    )
    sys.exit(bool(n_different))


if __name__ == "__main__":
    main()
