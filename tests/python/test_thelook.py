"""TheLook from end to end: rows, statuses and money against pandas on the raw files.

The expectations are counted in the files, so that an extract of any size will do. Money
is whole cents, so that every comparison is exact.
"""

import numpy as np
import pandas as pd
import pytest
from conftest import DEFAULT_RESAMPLES

# when the files were made; they hold events of the days after it
EXTRACTED_AT = pd.Timestamp("2026-07-03 00:40:00")
TREATMENTS = {
    "Complete": "counted",
    "Shipped": "counted",
    "Processing": "counted",
    "Returned": "returned",
    "Cancelled": "cancelled",
}


@pytest.fixture(scope="module")
def folder(test_data):
    return test_data("thelook")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return tmp_path_factory.mktemp("thelook") / "clothes.duckdb"


@pytest.fixture(scope="module")
def build(folder, database, build_shop):
    """The whole build, data tests included, as of the last whole day."""
    variables = {
        "segmentation_connector": "thelook",
        "segmentation_parquet_folder": str(folder),
        "segmentation_extracted_at": str(EXTRACTED_AT),
        "segmentation_history_snapshots": 3,
        **DEFAULT_RESAMPLES,
    }
    # its unit tests are among those that `make unit` runs
    return build_shop(
        variables, database, ("build", "--exclude-resource-type", "unit_test")
    )


@pytest.fixture(scope="module")
def ask(build, database, query):
    """Function that returns the rows of a query on what was built."""

    def rows(sql):
        return query(database, sql)

    return rows


@pytest.fixture(scope="module")
def files(folder):
    """The raw files as data frames."""
    names = ["users", "orders", "order_items", "products", "events"]
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}


@pytest.fixture(scope="module")
def as_of(files):
    """The last whole day of the orders."""
    return files["orders"]["created_at"].max().normalize() - pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def expected(files, as_of):
    """Per user with an order: RFM of the orders placed by the day and not cancelled."""
    night = as_of + pd.Timedelta(days=1)
    orders = files["orders"].rename(columns={"created_at": "ordered_at"})
    orders = orders[(orders["status"] != "Cancelled") & (orders["ordered_at"] < night)]
    cents = np.rint(files["order_items"]["sale_price"] * 100).astype("int64")
    items = files["order_items"][["order_id", "returned_at"]].assign(cents=cents)
    items = items.merge(orders[["order_id", "user_id", "ordered_at"]], on="order_id")
    returned = items[items["returned_at"] < night]
    found = pd.DataFrame(
        {
            "recency": (
                as_of - orders.groupby("user_id")["ordered_at"].max().dt.normalize()
            ).dt.days,
            "frequency": orders.groupby("user_id").size(),
            "gross": items.groupby("user_id")["cents"].sum(),
        }
    )
    back = returned.groupby("user_id")["cents"].sum()
    found["returned"] = back.reindex(found.index, fill_value=0)
    found["net"] = found["gross"] - found["returned"]
    return found.sort_index()


def test_the_build_has_neither_errors_nor_warnings(build):
    assert "WARN=0 ERROR=0 SKIP=0" in build.stdout


def test_every_row_of_the_files_is_accepted_or_rejected(ask, files):
    rows = ask(
        "select entity, n_received, n_accepted + n_rejected"
        " from shop.fct_input_reconciliations"
    )
    names = {
        "customers": "users",
        "orders": "orders",
        "order_lines": "order_items",
        "products": "products",
        "web_events": "events",
    }
    assert {entity: (received, told) for entity, received, told in rows} == {
        **{entity: (len(files[name]),) * 2 for entity, name in names.items()},
        **dict.fromkeys(
            ["refunds", "email_events", "campaign_members", "tickets", "reviews"],
            (0, 0),
        ),
    }


def test_anonymous_events_are_rejected_as_guests_and_later_ones_as_future(ask, files):
    events = files["events"]
    is_guest = events["user_id"].isna()
    is_future = ~is_guest & (events["created_at"] > EXTRACTED_AT)
    assert is_guest.sum() > 0
    rows = ask(
        "select entity, reject_reason, count(*) from shop.fct_rejected_rows"
        " group by all order by all"
    )
    assert rows == [
        ("web_events", "future_date", is_future.sum()),
        ("web_events", "guest", is_guest.sum()),
    ]


def test_cancelled_orders_are_not_counted_and_all_others_are(ask, files):
    counts = files["orders"]["status"].map(TREATMENTS).value_counts(dropna=False)
    rows = ask(
        "select treatment, count(*) from shop.int_orders__checked"
        " where reject_reason is null group by treatment"
    )
    assert dict(rows) == counts.to_dict()
    assert set(dict(rows)) == {"counted", "returned", "cancelled"}


def test_the_as_of_date_is_the_last_whole_day_of_the_orders(ask, as_of):
    assert ask("select max(as_of_date) from shop.int_snapshots__scheduled") == [
        (as_of.date(),)
    ]


def test_rfm_equals_the_raw_files_customer_by_customer(ask, expected, as_of):
    rows = ask(
        "select cast(customer_id as bigint), recency_days, frequency,"
        " cast(gross_amount * 100 as bigint), cast(returned_amount * 100 as bigint),"
        " cast(monetary_amount * 100 as bigint) from shop.fct_customer_rfm"
        f" where as_of_date = '{as_of.date()}' and has_ordered order by 1"
    )
    names = ["recency", "frequency", "gross", "returned", "net"]
    built = pd.DataFrame(rows, columns=["user_id", *names]).set_index("user_id")
    pd.testing.assert_frame_equal(built, expected, check_dtype=False)


def test_the_totals_of_the_marts_are_those_of_the_raw_files(ask, expected, as_of):
    totals = ask(
        "select sum(gross_amount), sum(returned_amount), sum(monetary_amount),"
        " (select sum(net_amount) from shop.fct_segment_summaries)"
        f" from shop.fct_customer_rfm where as_of_date = '{as_of.date()}'"
    )
    gross, returned, net = expected[["gross", "returned", "net"]].sum()
    assert [int(amount * 100) for amount in totals[0]] == [gross, returned, net, net]


def test_what_comes_back_after_the_day_is_not_netted_yet(files, expected, as_of):
    # that is why net revenue is above that of all items neither cancelled nor returned
    items = files["order_items"]
    assert (items["returned_at"] >= as_of + pd.Timedelta(days=1)).sum() > 0
    kept = items[~items["status"].isin(["Cancelled", "Returned"])]
    assert expected["net"].sum() != np.rint(kept["sale_price"] * 100).sum()


def test_every_customer_is_in_exactly_one_segment(ask, files, as_of):
    rows = ask(
        "select cast(customer_id as bigint), count(*) from shop.dim_customer_segments"
        " where segment_id is not null group by customer_id"
    )
    users = files["users"]
    known = users[users["created_at"] < as_of + pd.Timedelta(days=1)]
    assert all(n == 1 for _, n in rows)
    assert {customer for customer, _ in rows} == set(known["id"])


def test_users_without_an_order_are_prospects_and_nobody_else(ask, files, expected):
    rows = ask(
        "select cast(customer_id as bigint), segment_id from shop.dim_customer_segments"
    )
    prospects = {customer for customer, segment in rows if segment == "prospects"}
    assert set(files["users"]["id"]) - set(files["orders"]["user_id"]) <= prospects
    # those whose every order was cancelled are prospects too
    assert prospects == {customer for customer, _ in rows} - set(expected.index)


def test_a_recipe_without_discounts_is_taken_where_there_are_none(ask):
    ((recipe, reason, *fit),) = ask(
        "select recipe, recipe_reason, status, n_customers > 0,"
        " silhouette between 0.2 and 0.4"
        " from shop.dim_segment_model_versions where is_active"
    )
    assert fit == ["promoted", True, True]
    assert recipe == "orders_6"
    assert reason.endswith(
        "not known of this shop, or the same for all: discount_share"
    )


def test_customers_drawn_at_random_are_called_a_partition(ask):
    metrics = dict(
        ask(
            "select item, numeric_value from shop.int_segment_models__registered"
            " where section = 'metric' and item like '%silhouette'"
        )
    )
    print("\n", {name: round(value, 3) for name, value in sorted(metrics.items())})
    assert ask(
        "select structure from shop.dim_segment_model_versions where is_active"
    ) == [("partition",)]
    # well above a Gaussian, but hardly above the same features without any relation
    assert metrics["silhouette"] - metrics["null_silhouette"] > 0.05
    assert metrics["silhouette"] - metrics["shuffled_silhouette"] < 0.08
