"""Segment the demo shop's customers with pandas and scikit-learn alone.

What the benchmark compares the project with: a competent, plain script for one as-of
date, which reads raw tables, cleans them, builds features, clusters and tags. No
history, no checks, no reconciliation. Made and called by benchmarks/run.py:

    python benchmarks/naive_segmentation.py FOLDER 2024-12-30 tags.csv

FOLDER holds customers, orders, order_lines, products, web_events and email_events as
Parquet files. Prints one line of JSON: seconds by stage and peak memory.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
WINDOWS = (30, 60, 90, 180, 365)
SEED = 20240101
FITTED = (
    "recency_days",
    "n_orders",
    "average_order_amount",
    "discount_share",
    "return_rate",
    "engagement_score",
)
LOGGED = ("recency_days", "n_orders", "average_order_amount")
TAGS = (
    "champions",
    "loyal_potential",
    "big_spenders",
    "discount_hunters",
    "at_risk",
    "hibernating",
)


def read_tables(folder, as_of_date):
    """Read the columns that are needed, of events only the last 90 days.

    Parameters
    ----------
    folder : Path
    as_of_date : pandas.Timestamp

    Returns
    -------
    dict of str to DataFrame
    """
    window = [
        ("occurred_at", ">=", as_of_date - pd.Timedelta(days=89)),
        ("occurred_at", "<", as_of_date + pd.Timedelta(days=1)),
    ]
    columns = {
        "customers": ["customer_id", "first_seen_at", "is_test_account", "erased_at"],
        "orders": [
            "order_id",
            "customer_id",
            "ordered_at",
            "status",
            "currency",
            "discount_amount",
            "coupon_code",
            "cancelled_at",
        ],
        "order_lines": [
            "order_line_id",
            "order_id",
            "product_id",
            "quantity",
            "unit_price",
            "list_price",
            "returned_quantity",
            "returned_at",
        ],
        "products": ["product_id", "category"],
        "web_events": [
            "web_event_id",
            "customer_id",
            "session_id",
            "event_type",
            "occurred_at",
        ],
        "email_events": [
            "email_event_id",
            "customer_id",
            "message_id",
            "event_type",
            "occurred_at",
        ],
    }
    return {
        name: pd.read_parquet(
            folder / f"{name}.parquet",
            columns=names,
            filters=window if "occurred_at" in names else None,
        )
        for name, names in columns.items()
    }


def clean(tables, as_of_date, extracted_at):
    """Drop what is wrong and convert money to US dollars.

    Parameters
    ----------
    tables : dict of str to DataFrame
        As read_tables gives them.
    as_of_date, extracted_at : pandas.Timestamp

    Returns
    -------
    dict of str to DataFrame
        The same tables; orders and order lines of the as-of date and before.
    """
    end = as_of_date + pd.Timedelta(days=1)

    customers = tables["customers"].drop_duplicates("customer_id")
    erased = customers["erased_at"] <= extracted_at
    customers = customers[~customers["is_test_account"].astype(bool) & ~erased]
    known = customers["customer_id"]

    statuses = pd.read_csv(SEEDS / "segmentation_order_statuses.csv")
    statuses = statuses.set_index("status")["treatment"]
    orders = tables["orders"].drop_duplicates("order_id")
    orders = orders[orders["customer_id"].isin(known) & (orders["ordered_at"] < end)]
    orders = orders.assign(
        treatment=orders["status"].str.strip().str.lower().map(statuses),
        ordered_on=orders["ordered_at"].dt.normalize(),
    )
    orders = orders[orders["treatment"].isin(["counted", "cancelled"])]
    # an order cancelled later than the as-of date still stood on that day
    voided_at = orders["cancelled_at"].fillna(orders["ordered_at"])
    orders = orders[(orders["treatment"] == "counted") | (voided_at >= end)]
    orders = convert(orders)

    lines = tables["order_lines"].drop_duplicates("order_line_id")
    lines = lines[(lines["unit_price"] >= 0) & (lines["quantity"] > 0)]
    lines = lines.merge(
        orders[["order_id", "customer_id", "ordered_on", "rate", "discount_amount"]],
        on="order_id",
    )
    for name in ("quantity", "unit_price", "list_price", "returned_quantity"):
        lines[name] = lines[name].astype(float)
    lines["gross"] = lines["quantity"] * lines["unit_price"] * lines["rate"]
    lines["markdown"] = (
        lines["quantity"]
        * (lines["list_price"] - lines["unit_price"]).clip(lower=0)
        * lines["rate"]
    )
    # a voucher on the order is shared out among its lines
    order_gross = lines.groupby("order_id")["gross"].transform("sum")
    voucher = np.minimum(lines["discount_amount"].astype(float), order_gross)
    lines["discount"] = voucher * lines["gross"] / order_gross.where(order_gross > 0, 1)
    returned = lines["returned_at"].notna() & (lines["returned_at"] < end)
    lines["returned"] = np.where(
        returned,
        (lines["gross"] - lines["discount"])
        * lines["returned_quantity"].clip(upper=lines["quantity"])
        / lines["quantity"],
        0.0,
    )
    lines["returned_on"] = lines["returned_at"].dt.normalize()

    events = {}
    for name, key in (
        ("web_events", "web_event_id"),
        ("email_events", "email_event_id"),
    ):
        rows = tables[name].drop_duplicates(key)
        rows = rows[rows["customer_id"].isin(known)]
        events[name] = rows.assign(occurred_on=rows["occurred_at"].dt.normalize())

    return {
        "customers": customers,
        "orders": orders,
        "order_lines": lines,
        "products": tables["products"].drop_duplicates("product_id"),
        **events,
    }


def convert(orders):
    """Give each order its rate, drop unknown currencies and convert its voucher."""
    rates = pd.read_csv(
        SEEDS / "segmentation_exchange_rates.csv", parse_dates=["valid_from"]
    )
    unit = orders["ordered_on"].dtype
    rates["valid_from"] = rates["valid_from"].astype(unit)
    rates["usd_per_unit"] = rates["usd_per_unit"].astype(float)
    orders = pd.merge_asof(
        orders.sort_values("ordered_on"),
        rates.sort_values("valid_from"),
        left_on="ordered_on",
        right_on="valid_from",
        by="currency",
    )
    orders = orders[orders["usd_per_unit"].notna()].rename(
        columns={"usd_per_unit": "rate"}
    )
    voucher = orders["discount_amount"].astype(float).clip(lower=0) * orders["rate"]
    return orders.assign(discount_amount=voucher)


def build_features(tables, as_of_date):
    """Describe every customer as of the date.

    Parameters
    ----------
    tables : dict of str to DataFrame
        As clean gives them.
    as_of_date : pandas.Timestamp

    Returns
    -------
    DataFrame
        One row per known customer, by customer_id.
    """
    orders, lines = tables["orders"], tables["order_lines"]
    # an order without a good line is none
    sums = lines.groupby("order_id")[
        ["gross", "markdown", "discount", "returned"]
    ].sum()
    orders = orders.merge(sums, left_on="order_id", right_index=True)
    orders["paid"] = orders["gross"] - orders["discount"]
    orders["days_ago"] = (as_of_date - orders["ordered_on"]).dt.days
    orders["has_coupon"] = orders["coupon_code"].notna()

    by_customer = orders.groupby("customer_id")
    ordered = by_customer.agg(
        recency_days=("days_ago", "min"),
        tenure_days=("days_ago", "max"),
        n_orders=("order_id", "size"),
        gross_amount=("gross", "sum"),
        markdown_amount=("markdown", "sum"),
        discount_amount=("discount", "sum"),
        returned_amount=("returned", "sum"),
        average_order_amount=("paid", "mean"),
        order_amount_stddev=("paid", "std"),
        coupon_order_share=("has_coupon", "mean"),
    )
    paid = ordered["gross_amount"] - ordered["discount_amount"]
    ordered["net_amount"] = paid - ordered["returned_amount"]
    ordered["discount_share"] = (
        ordered["discount_amount"] + ordered["markdown_amount"]
    ) / (ordered["gross_amount"] + ordered["markdown_amount"])
    ordered["return_rate"] = ordered["returned_amount"] / paid.where(paid != 0)

    returns = lines[lines["returned"] > 0]
    returned_ago = (as_of_date - returns["returned_on"]).dt.days
    for window in WINDOWS:
        recent = orders[orders["days_ago"] < window].groupby("customer_id")["paid"]
        given_back = returns[returned_ago < window].groupby("customer_id")["returned"]
        ordered[f"n_orders_{window}d"] = recent.size()
        ordered[f"net_amount_{window}d"] = recent.sum().sub(
            given_back.sum(), fill_value=0
        )
        names = [f"n_orders_{window}d", f"net_amount_{window}d"]
        ordered[names] = ordered[names].fillna(0)

    days = orders[["customer_id", "ordered_on"]].drop_duplicates()
    days = days.sort_values(["customer_id", "ordered_on"])
    days["gap_days"] = days.groupby("customer_id")["ordered_on"].diff().dt.days
    ordered["median_gap_days"] = days.groupby("customer_id")["gap_days"].median()
    ordered["gap_ratio"] = ordered["recency_days"] / ordered["median_gap_days"].clip(
        lower=1
    )

    bought = lines.merge(tables["products"], on="product_id")
    bought = bought.assign(paid=bought["gross"] - bought["discount"])
    bought = bought.groupby(["customer_id", "category"], as_index=False)["paid"].sum()
    bought = bought.sort_values(["paid", "category"], ascending=[False, True])
    spent = bought.groupby("customer_id")["paid"].agg(["sum", "max", "size"])
    ordered["top_category"] = bought.groupby("customer_id")["category"].first()
    ordered["top_category_share"] = spent["max"] / spent["sum"]
    ordered["n_categories"] = spent["size"]

    customers = tables["customers"].set_index("customer_id")
    is_known = (
        customers["first_seen_at"] < as_of_date + pd.Timedelta(days=1)
    ) | customers.index.isin(ordered.index)
    features = customers.loc[is_known, []].join(ordered)
    features = features.join(count_visits(tables["web_events"]))
    features = features.join(count_mails(tables["email_events"]))
    counts = [name for name in features if name.startswith("n_")]
    features[counts] = features[counts].fillna(0)
    cart_sessions = features.pop("n_cart_sessions_90d")
    features["cart_abandonment_rate_90d"] = features.pop(
        "n_abandoned_sessions_90d"
    ) / cart_sessions.where(cart_sessions > 0)
    sent = features["n_emails_sent_90d"].where(features["n_emails_sent_90d"] > 0)
    features["open_rate_90d"] = features["n_emails_opened_90d"] / sent
    features["click_rate_90d"] = features["n_emails_clicked_90d"] / sent

    weights = pd.read_csv(SEEDS / "segmentation_engagement_weights.csv")
    features["engagement_score"] = sum(
        100 * row.weight * (features[row.component] / row.ceiling).clip(upper=1)
        for row in weights.itertuples()
    )
    return features


def count_visits(events):
    """Sessions, views, carts and carts left behind, per customer."""
    kind = events["event_type"]
    events = events.assign(
        is_view=kind == "view", is_cart=kind == "cart", is_purchase=kind == "purchase"
    )
    # a session that passes midnight counts on both days
    visits = events.groupby(
        ["customer_id", "session_id", "occurred_on"], as_index=False, sort=False
    ).agg(
        n_views=("is_view", "sum"),
        n_carts=("is_cart", "sum"),
        has_purchase=("is_purchase", "max"),
    )
    visits["has_cart"] = visits["n_carts"] > 0
    visits["is_abandoned"] = visits["has_cart"] & ~visits["has_purchase"]
    return visits.groupby("customer_id").agg(
        n_sessions_90d=("session_id", "size"),
        n_views_90d=("n_views", "sum"),
        n_carts_90d=("n_carts", "sum"),
        n_cart_sessions_90d=("has_cart", "sum"),
        n_abandoned_sessions_90d=("is_abandoned", "sum"),
    )


def count_mails(events):
    """Messages sent, opened and clicked, each once, per customer."""
    names = {
        "sent": "n_emails_sent_90d",
        "open": "n_emails_opened_90d",
        "click": "n_emails_clicked_90d",
    }
    first = events[events["event_type"].isin(names)].drop_duplicates(
        ["customer_id", "message_id", "event_type"]
    )
    counts = first.groupby(["customer_id", "event_type"]).size().unstack()
    return counts.rename(columns=names).reindex(columns=list(names.values()))


def cluster(features):
    """Choose among k = 2 to 8 by silhouette, and label with k = 6.

    Parameters
    ----------
    features : DataFrame
        Customers with an order.

    Returns
    -------
    labels : ndarray of shape (n,)
    silhouettes : dict of int to float
    """
    values = features[list(FITTED)].astype(float)
    values = values.fillna(values.median())
    values[list(LOGGED)] = np.log1p(values[list(LOGGED)].clip(lower=0))
    scaled = StandardScaler().fit_transform(values)
    labels, silhouettes = {}, {}
    for k in range(2, 9):
        labels[k] = KMeans(k, n_init=10, random_state=SEED).fit_predict(scaled)
        # A sample, for the silhouette compares every pair of customers: at a million
        # that is 10**12 distances, which no machine would finish.
        silhouettes[k] = silhouette_score(
            scaled,
            labels[k],
            sample_size=min(10_000, len(scaled)),
            random_state=SEED,
        )
    return labels[6], silhouettes


def write_tags(features, has_ordered, labels, path):
    """Name clusters by their mean spending and write one tag per customer."""
    tags = pd.Series("segment:prospects", index=features.index, name="tag")
    spending = features.loc[has_ordered, "net_amount"].groupby(labels).mean()
    ranks = spending.rank(ascending=False, method="first").astype(int) - 1
    tags[has_ordered] = ["segment:" + TAGS[ranks[label]] for label in labels]
    tags.rename_axis("customer_id").to_csv(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="raw tables as Parquet files")
    parser.add_argument("as_of_date", type=pd.Timestamp, help="the day that is now")
    parser.add_argument("output", type=Path, help="CSV file for the tags")
    arguments = parser.parse_args()
    extracted_at = pd.Timestamp.now("UTC").tz_localize(None)

    seconds, started = {}, time.perf_counter()

    def lap(stage):
        seconds[stage] = round(time.perf_counter() - started - sum(seconds.values()), 3)

    tables = read_tables(arguments.folder, arguments.as_of_date)
    lap("read")
    tables = clean(tables, arguments.as_of_date, extracted_at)
    lap("clean")
    features = build_features(tables, arguments.as_of_date)
    lap("features")
    has_ordered = features["n_orders"] > 0
    labels, silhouettes = cluster(features[has_ordered])
    lap("cluster")
    write_tags(features, has_ordered, labels, arguments.output)
    lap("write")

    # kilobytes on Linux, bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak_gb": round(peak / 1e9, 3),
                "n_customers": len(features),
                "n_ordering": int(has_ordered.sum()),
                "net_amount": round(float(features["net_amount"].sum()), 2),
                "silhouettes": {k: round(float(s), 4) for k, s in silhouettes.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
