"""Time a fit with all its diagnostics, and scoring in SQL, on made-up customers.

    python benchmarks/segments.py
    python benchmarks/segments.py --recipe density_7 --customers 200000

1. Fit the recipe to a sample of the customers (segmentation_fit_sample_size), and then
   to all of them, with every diagnostic: curve, both nulls, thirty bootstrap refits
   for each number of clusters, triviality, density validity, personas.
2. Build a small demo shop in a temporary folder up to int_customer_segments__fitted;
   put a million made-up rows in place of its features; run the SQL that dbt compiled,
   in DuckDB on two threads.

The features are drawn about six planted groups, with whole numbers of days and orders
and lumps at zero. Prints Markdown; takes about five minutes.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
from segmentation.segments import fits, personas

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {"random_seed": 20240101, "stability_resamples": 30}
SAMPLE_SIZE = 50_000
N_SCORED = 1_000_000
# recency in days, orders, order value, visits: medians of the six groups
GROUPS = np.array(
    [
        [10, 14, 120, 20],
        [25, 8, 45, 12],
        [60, 2, 300, 5],
        [40, 4, 35, 8],
        [150, 6, 90, 1],
        [240, 1, 40, 1],
    ],
    dtype=float,
)


def read_seed(name):
    """Rows of a seed."""
    with (ROOT / "seeds" / f"segmentation_{name}.csv").open() as file:
        return list(csv.DictReader(file))


def read_recipe(name):
    """The recipe and what names it, as fits.fit_version takes them."""
    row = next(row for row in read_seed("recipes") if row["recipe"] == name)
    ids = {
        row["segment_id"]: row["assigned_by"]
        for row in read_seed("personas")
        if row["recipe"] == name
    }
    whales = [segment for segment, rule in ids.items() if rule == "whale"]
    recipe = {
        "method": row["method"],
        "scaling": row["scaling"],
        "n_clusters": int(row["n_clusters"]),
        "segment_prefix": row["segment_prefix"],
        "whale_segment": whales[0] if whales else None,
        "features": sorted(
            (f["feature_name"], f["transform"], float(f["weight"]),
             float(f["tie_width"]))
            for f in read_seed("recipe_features")
            if f["recipe"] == name
        ),
    }  # fmt: skip
    targets = tuple(
        personas.Target(
            row["segment_id"],
            row["feature_name"],
            float(row["target"]),
            *(float(row[end]) if row[end] else None for end in ("minimum", "maximum")),
        )
        for row in read_seed("persona_targets")
        if row["segment_id"] in ids
    )
    return recipe, personas.Naming(targets=targets)


def draw_features(n_customers, seed=1):
    """Made-up features of customers with an order.

    Parameters
    ----------
    n_customers : int
    seed : int

    Returns
    -------
    dict of str to ndarray of shape (n,)
    """
    rng = np.random.default_rng(seed)
    drawn = GROUPS[rng.integers(0, len(GROUPS), n_customers)]
    drawn = drawn * rng.lognormal(0.0, 0.5, drawn.shape)
    orders = np.maximum(1.0, np.round(drawn[:, 1]))
    return {
        "recency_days": np.minimum(np.round(drawn[:, 0]), 700.0),
        "n_orders": orders,
        "average_order_amount": drawn[:, 2],
        "net_amount": orders * drawn[:, 2],
        "n_sessions_90d": np.round(drawn[:, 3]),
        "discount_share": np.maximum(0.0, rng.normal(0.1, 0.2, n_customers)),
        "return_rate": rng.beta(1.0, 8.0, n_customers) * (orders > 2),
        "engagement_score": 100.0 * rng.beta(2.0, 4.0, n_customers),
        "cart_abandonment_rate_90d": rng.choice([0.0, 0.5, 1.0], n_customers),
    }


def time_fit(name, n_customers, sample_size):
    """Time one fit, and say what became of it.

    Parameters
    ----------
    name : str
        Recipe.
    n_customers, sample_size : int

    Returns
    -------
    tuple of (float, float, str)
        Wall seconds, processor seconds, verdict.
    """
    recipe, naming = read_recipe(name)
    drawn = draw_features(n_customers)
    names = [feature[0] for feature in recipe["features"]]
    values = np.column_stack([drawn[name] for name in names])[:sample_size]
    started, used = time.perf_counter(), time.process_time()
    version = fits.fit_version(
        values,
        drawn["net_amount"][:sample_size],
        {},
        recipe,
        naming,
        personas.Lineage(),
        None,
        SETTINGS,
    )
    return (
        time.perf_counter() - started,
        time.process_time() - used,
        version.failure or "passed",
    )


def time_scoring(name, n_customers):
    """Seconds that the compiled SQL of int_customer_segments__fitted takes.

    Parameters
    ----------
    name : str
        Recipe.
    n_customers : int

    Returns
    -------
    tuple of (float, int)
        Seconds of the best of three runs, and segments found.
    """
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "scoring.duckdb"
        variables = (
            f"{{segmentation_recipe: {name}, segmentation_demo_customers: 600,"
            " segmentation_history_snapshots: 1, segmentation_stability_resamples: 0}"
        )
        for command in (
            ["build", "-s", "path:models/demo", "path:seeds/demo"],
            ["build", "-s", "+int_customer_segments__fitted"]
            + ["--exclude", "path:models/demo", "path:seeds/demo"],
        ):
            subprocess.run(
                [sys.executable, "-m", "dbt.cli.main", "--quiet", *command]
                + ["--exclude-resource-type", "test", "unit_test"]
                + ["--vars", variables, "--target-path", folder, "--log-path", folder],
                cwd=ROOT,
                env={**os.environ, "SEGMENTATION_DUCKDB_PATH": str(database)},
                check=True,
            )
        (compiled,) = Path(folder).glob(
            "compiled/**/models/**/int_customer_segments__fitted.sql"
        )
        return run_scoring(database, compiled.read_text(), n_customers)


def run_scoring(database, sql, n_customers):
    """Put made-up rows in place of the features and time the SQL; see time_scoring."""
    drawn = draw_features(n_customers, seed=2)
    features = "shop.fct_customer_features"
    with duckdb.connect(str(database), config={"threads": 2}) as connection:
        ((as_of_date,),) = connection.execute(
            f"select max(as_of_date) from {features}"
        ).fetchall()
        columns = [
            row[0] for row in connection.execute(f"describe {features}").fetchall()
        ]
        connection.register("drawn", {name: drawn[name] for name in drawn})
        others = [name for name in columns if name not in drawn]
        known = {
            "customer_id": "cast(row_number() over () as varchar)",
            "as_of_date": f"date '{as_of_date}'",
            "has_ordered": "true",
        }
        selected = [f"{name}" for name in drawn] + [
            f"{known.get(name, 'null')} as {name}" for name in others
        ]
        connection.execute(
            f"create table made_up as select {', '.join(selected)} from drawn"
        )
        connection.execute(f"drop table {features}")
        connection.execute(f"create table {features} as from made_up")
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            connection.execute(f"create or replace table scored as {sql}")
            seconds.append(time.perf_counter() - started)
        ((n_scored, n_segments),) = connection.execute(
            "select count(*), count(distinct segment_id) from scored"
        ).fetchall()
    assert n_scored == n_customers, (n_scored, n_customers)
    return min(seconds), n_segments


def main():
    """Print the timings as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="personas_6")
    parser.add_argument("--customers", type=int, default=200_000)
    options = parser.parse_args()
    print(f"{options.recipe}, {os.cpu_count()} cores\n")
    print("| | seconds | processor seconds | |\n|---|---:|---:|---|")
    for sample_size in (min(SAMPLE_SIZE, options.customers), options.customers):
        seconds, used, verdict = time_fit(
            options.recipe, options.customers, sample_size
        )
        print(
            f"| fit with all diagnostics, {options.customers:,} customers,"
            f" {sample_size:,} read | {seconds:.0f} | {used:.0f} | {verdict} |",
            flush=True,
        )
    seconds, n_segments = time_scoring(options.recipe, N_SCORED)
    print(
        f"| scored in SQL, {N_SCORED:,} customers | {seconds:.1f} | |"
        f" {n_segments} segments |"
    )


if __name__ == "__main__":
    main()
