"""Which recipe does `segmentation_recipe: auto` take, and what is it worth?

    python benchmarks/recipes.py --data shared/data --demo demo.duckdb

Features are counted here, from the published files, and the library fits and judges
them; for a demo shop they are read from a build of `+fct_customer_features`.

1. Six shops: the recipe chosen, and why.
2. Online Retail and CDNOW: share of the variance of later log spend (90 days) that
   segments explain, K-Means with six clusters of log recency, orders and spend with
   other weights and with the rhythm beside. Variants were to be chosen by the first
   dates and are reported on the last ones.

Prints Markdown.
"""

import argparse
import csv
import datetime
from pathlib import Path

import duckdb
import numpy as np
from segmentation.segments import clustering, personas, registry
from segmentation.statistics import validity
from shops import ROOT

RECIPES = ("personas_6", "orders_6")
SETTINGS = {
    "refit_after_days": 28, "min_customers": 300, "sample_size": 50_000,
    "random_seed": 20240101, "stability_resamples": 20,
}  # fmt: skip
# day by day and customer, from the published files
ORDERS = {
    "Online Retail": """
        select CustomerID as customer, cast(InvoiceDate as date) as day,
            sum(Quantity * UnitPrice) as amount
        from (select distinct * from '{data}/online_retail/online_retail.parquet')
        where CustomerID is not null and Quantity > 0 and UnitPrice > 0
        group by all""",
    "CDNOW": """
        select customer_id as customer, date as day, sum(dollar_value) as amount
        from '{data}/cdnow/cdnow_master.parquet' where dollar_value > 0 group by all""",
    "TheLook": """
        select user_id as customer, cast(created_at as date) as day,
            60.0 * sum(num_of_item) as amount
        from '{data}/thelook/orders.parquet' group by all""",
}
FEATURES = """
    select
        customer,
        date_diff('day', max(day), date '{day}') as recency_days,
        count(*) as n_orders,
        date_diff('day', min(day), date '{day}') as tenure_days,
        sum(amount) as net_amount,
        sum(amount) / count(*) as average_order_amount,
        date_diff('day', min(day), max(day)) / nullif(count(*) - 1.0, 0)
            as median_gap_days
    from ({orders}) where day <= date '{day}' group by customer
    order by md5(cast(customer as varchar))"""
LATER = """
    select customer, sum(amount) from ({orders})
    where day > date '{day}' and day <= date '{day}' + 90 group by customer"""
DATES = {
    "choosing": (
        ("Online Retail", "2011-05-29"), ("Online Retail", "2011-06-26"),
        ("Online Retail", "2011-07-24"), ("CDNOW", "1997-06-30"),
        ("CDNOW", "1997-09-30"),
    ),
    "reporting": (
        ("Online Retail", "2011-08-14"), ("Online Retail", "2011-09-10"),
        ("CDNOW", "1997-12-31"), ("CDNOW", "1998-03-31"),
    ),
}  # fmt: skip
LOG_RFM = {"recency_days": 1.0, "n_orders": 1.0, "net_amount": 1.0}
VARIANTS = {
    "log RFM, which is `orders_6`": LOG_RFM,
    "recency at weight 0.7": {**LOG_RFM, "recency_days": 0.7},
    "recency at 0.7, days between orders at 0.3": {
        **LOG_RFM, "recency_days": 0.7, "median_gap_days": 0.3,
    },
    "recency at 0.7, days between orders at 0.5": {
        **LOG_RFM, "recency_days": 0.7, "median_gap_days": 0.5,
    },
    "order value in place of spend, as in `personas_6`": {
        "recency_days": 1.0, "n_orders": 1.0, "average_order_amount": 1.3,
    },
}  # fmt: skip


def read_seed(name):
    with (ROOT / "seeds" / f"segmentation_{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text else None


def read_candidates(shop):
    """The recipes of auto as the library reads them, on one shop's features."""
    known = {row["recipe"]: row for row in read_seed("recipes")}
    size = len(shop["n_orders"])

    def column(name):
        return shop.get(name, np.full(size, np.nan))

    for name in RECIPES:
        features = sorted(
            (
                row["feature_name"], row["transform"], float(row["weight"]),
                float(row["tie_width"]),
            )
            for row in read_seed("recipe_features")
            if row["recipe"] == name
        )  # fmt: skip
        own = {
            row["segment_id"] for row in read_seed("personas") if row["recipe"] == name
        }
        naming = personas.Naming(
            targets=tuple(
                personas.Target(
                    row["segment_id"], row["feature_name"],
                    *(number(row[key]) for key in ("target", "minimum", "maximum")),
                )
                for row in read_seed("persona_targets")
                if row["segment_id"] in own
            ),
            claims=tuple(
                personas.Claim(
                    row["segment_id"], row["feature_name"],
                    number(row["median_minimum"]), number(row["median_maximum"]),
                )
                for row in read_seed("claims")
                if row["segment_id"] in own and row["claim"] == "name"
            ),
        )  # fmt: skip
        claimed = {claim.feature_name for claim in naming.claims}
        claimed -= {feature[0] for feature in features}

        def read(snapshot, sample_size, features=features, claimed=claimed):
            values = np.column_stack([column(feature[0]) for feature in features])
            facts = {name: column(name)[:sample_size] for name in claimed}
            return values[:sample_size], column("net_amount")[:sample_size], facts

        yield registry.Candidate(
            {
                "recipe": name, "method": known[name]["method"],
                "scaling": known[name]["scaling"],
                "n_clusters": int(known[name]["n_clusters"]),
                "segment_prefix": known[name]["segment_prefix"],
                "whale_segment": None, "features": features,
            },
            naming, read,
        )  # fmt: skip


def as_arrays(rows):
    return {
        name: np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
        for name, values in rows.items()
        if name != "customer"
    }


def read_orders(shop, day, data):
    orders = ORDERS[shop].format(data=data)
    return duckdb.sql(FEATURES.format(orders=orders, day=day)).fetchnumpy()


def print_choices(data, demo):
    """The recipe chosen for each of six shops, and why."""
    shops = {}
    if demo is not None:
        with duckdb.connect(str(demo), read_only=True) as connection:
            shops["demo"] = as_arrays(
                connection.execute(
                    "select recency_days, n_orders, tenure_days, net_amount,"
                    " average_order_amount, discount_share, return_rate,"
                    " engagement_score from shop.fct_customer_features"
                    " where n_orders > 0 order by md5(customer_id)"
                ).fetchnumpy()
            )
    for name, day in (
        ("Online Retail", "2011-12-08"), ("CDNOW", "1998-06-30"),
        ("TheLook", "2026-06-28"),
    ):  # fmt: skip
        shops[name] = as_arrays(read_orders(name, day, data))
    # totals of a customer management tool: what each bought in all, and no more
    shops["customer summary"] = {
        key: shops["Online Retail"][key]
        for key in ("recency_days", "n_orders", "net_amount", "average_order_amount")
    }
    rng = np.random.default_rng(1)
    days = rng.integers(1, 365, 3000).astype(float)
    amounts = rng.lognormal(3, 1, 3000)
    shops["one order each"] = {
        "recency_days": days, "tenure_days": days, "n_orders": np.ones(3000),
        "net_amount": amounts, "average_order_amount": amounts,
    }  # fmt: skip
    print("| shop | customers | ordered once | segments by | why |")
    print("|---|---:|---:|---|---|")
    for name, shop in shops.items():
        rows = registry.fit_due_versions(
            [datetime.date(2024, 1, 7)], [], list(read_candidates(shop)), SETTINGS,
            lambda _, shop=shop: len(shop["n_orders"]),
        ).to_pylist()  # fmt: skip
        texts = {row["item"]: row["text_value"] for row in rows}
        by = rows[0]["recipe"] if texts["status"] == "promoted" else "rules"
        why = texts.get("recipe_reason") or texts["failure"]
        once = (shop["n_orders"] == 1).mean()
        print(
            f"| {name} | {len(shop['n_orders']):,} | {100 * once:.0f} % | {by} |"
            f" {why} |"
        )
    print()


def explained(shop, weights, later):
    """Share of the variance of later log spend between six clusters."""
    columns = []
    for name, weight in weights.items():
        logs = np.log1p(shop[name])
        logs = np.where(np.isnan(logs), np.nanmedian(logs), logs)
        columns.append(weight * (logs - logs.mean()) / logs.std())
    scaled = np.column_stack(columns)
    fit = clustering.fit_kmeans(scaled, 6, SETTINGS["random_seed"])
    labels = validity.nearest_centers(scaled, fit.centers)
    spend = np.log1p(later)
    counts = np.maximum(np.bincount(labels), 1)
    means = np.bincount(labels, spend) / counts
    return 1 - np.var(spend - means[labels]) / np.var(spend)


def print_explained(data):
    """Tables of both kinds of dates."""
    for kind, dates in DATES.items():
        print(f"| {kind} dates | {' | '.join(f'{s} {d}' for s, d in dates)} | mean |")
        print("|---|" + "---:|" * (len(dates) + 1))
        shops = []
        for name, day in dates:
            found = read_orders(name, day, data)
            orders = ORDERS[name].format(data=data)
            spent = dict(duckdb.sql(LATER.format(orders=orders, day=day)).fetchall())
            later = np.array([float(spent.get(who, 0)) for who in found["customer"]])
            shops.append((as_arrays(found), later))
        for label, weights in VARIANTS.items():
            shares = [explained(shop, weights, later) for shop, later in shops]
            cells = " | ".join(f"{share:.3f}" for share in [*shares, np.mean(shares)])
            print(f"| {label} | {cells} |", flush=True)
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="published data sets")
    parser.add_argument("--demo", type=Path, help="a demo shop built before")
    arguments = parser.parse_args()
    print_choices(arguments.data, arguments.demo)
    print_explained(arguments.data)


if __name__ == "__main__":
    main()
