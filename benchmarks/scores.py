"""Time the scoring of a million customers for all scores, beside the naive way.

    python benchmarks/scores.py
    python benchmarks/scores.py --customers 200000

1. Build the demo shop in a temporary folder up to the scores.
2. Put a million customers, drawn from the shop's with replacement, in place of those of
   its last snapshot, and let dbt score them: formulas in SQL, boosters in batches.
3. Score the same customers the naive way: read the table into one DataFrame, predict,
   write it back.

Each way runs in a process of its own, which says its seconds and its peak memory; dbt's
own start is measured and left out. Prints Markdown; takes about three minutes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
SCORED = (
    "int_customer_scores__calculated",
    "int_customer_scores__boosted",
    "int_customer_scores__united",
)


def dbt(database, *arguments):
    """Run dbt on a database, in a process of its own; its seconds and peak bytes."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", *arguments,
         "--target-path", str(database.parent / "target")],
        cwd=ROOT,
        env={**os.environ, "SEGMENTATION_DUCKDB_PATH": str(database),
             "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
    )  # fmt: skip
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"dbt {' '.join(arguments)} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


def grow(database, n_customers):
    """Draw the customers of the last snapshot with replacement, and nobody else."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"""
            create table shop.grown as
            with last as (
                select * from shop.int_customer_slices__described
                where as_of_date = (
                    select max(as_of_date) from shop.int_score_versions__effective
                )
            ), numbered as (
                select *, row_number() over (order by customer_id) - 1 as place
                from last
            ), drawn as (
                select i, hash(i) % (select count(*) from last) as place
                from range({n_customers}) as customers(i)
            )
            select numbered.* exclude (place) replace ('G' || drawn.i as customer_id)
            from drawn inner join numbered using (place)
        """)
        connection.execute("drop table shop.int_customer_slices__described")
        connection.execute(
            "alter table shop.grown rename to int_customer_slices__described"
        )
        for name in SCORED:
            connection.execute(f"drop table shop.{name}")


def score_naively(database):
    """One DataFrame in, one DataFrame out; prints its seconds and peak bytes."""
    import numpy as np
    import pandas as pd
    from segmentation.scores import registry

    start = time.perf_counter()
    connection = duckdb.connect(str(database))
    rows = connection.table("shop.int_score_models__registered").df()
    rows = rows.astype(object).where(rows.notna(), None).to_dict("records")
    versions = connection.table("shop.int_score_versions__effective").df()
    frame = connection.table("shop.int_customer_slices__described").df()
    table = {
        name: frame[name].to_numpy(dtype=float)
        for name in frame.columns
        if name not in ("as_of_date", "customer_id")
    }
    scored = []
    for row in versions[versions.as_of_date == versions.as_of_date.max()].itertuples():
        model = registry.read_version(rows, row.model_version)
        scored.append(
            pd.DataFrame(
                {
                    "customer_id": frame["customer_id"],
                    "score_name": row.score_name,
                    "score": np.asarray(model.predict(table)),
                }
            )
        )
    naive = pd.concat(scored)  # noqa: F841 - DuckDB reads it by its name
    connection.execute("create table shop.naive as select * from naive")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps([seconds, peak]))


def main():
    """Build, grow, score both ways, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--naive", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.naive:
        score_naively(arguments.naive)
        return
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "scores.duckdb"
        no_tests = ("--exclude-resource-type", "test", "--exclude-resource-type",
                    "unit_test")  # fmt: skip
        dbt(database, "build", *no_tests, "--select", f"+{SCORED[-1]}")
        grow(database, arguments.customers)
        idle, _ = dbt(database, "run", "--select", "int_score_features__listed")
        seconds, peak = dbt(database, "run", "--select", *SCORED)
        seconds -= idle
        with duckdb.connect(str(database), read_only=True) as connection:
            kinds = connection.execute(
                "select score_name, kind from shop.int_score_versions__effective"
                " where as_of_date = (select max(as_of_date)"
                " from shop.int_score_versions__effective) order by 1"
            ).fetchall()
        told = subprocess.run(
            [sys.executable, __file__, "--naive", str(database)],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        naive_seconds, naive_peak = json.loads(told.splitlines()[-1])
        with duckdb.connect(str(database), read_only=True) as connection:
            (n_scores, largest) = connection.execute(
                "select count(*), max(abs(naive.score - united.score))"
                " from shop.naive inner join shop.int_customer_scores__united as united"
                " using (customer_id, score_name)"
            ).fetchone()
    print(f"{n_scores:,} scores of {arguments.customers:,} customers: "
          + ", ".join(f"{name} by {kind}" for name, kind in kinds)
          + f"; the two ways differ by {largest:.2g} at the most\n")  # fmt: skip
    print("| | seconds | peak memory, GB |\n|---|---:|---:|")
    print(f"| dbt, in batches | {seconds:.1f} | {peak / 1e9:.2f} |")
    print(f"| one DataFrame | {naive_seconds:.1f} | {naive_peak / 1e9:.2f} |")


if __name__ == "__main__":
    main()
