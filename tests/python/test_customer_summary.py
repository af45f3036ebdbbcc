"""An export with one row per customer and no transactions, from end to end.

The export is made here, 300 customers with totals that need no rounding; what is
expected of it is counted from the same rows in Python. Then a second export follows a
week later, and faults are planted in others.
"""

import datetime
import re
import shutil

import duckdb
import pandas as pd
import pytest
from conftest import NO_TESTS

FIRST_DAY = datetime.date(2024, 6, 24)
SECOND_DAY = datetime.date(2024, 7, 1)
THIRD_DAY = datetime.date(2024, 7, 8)
VARS = {
    "segmentation_connector": "customer_summary",
    # not auto, which takes orders_6 here: what a recipe lacks shall be seen
    "segmentation_recipe": "personas_6",
    "segmentation_schema": "raw",
    "segmentation_tables": {"customer_summaries": "export"},
    "segmentation_columns": {
        "customer_summaries": {
            "customer_id": "Customer_ID",
            "last_ordered_at": "Last_Purchase_Date",
            "n_orders": "Total_Orders",
            "total_amount": "Total_Spend",
            "average_order_amount": "Average_Order_Value",
            "preferred_category": "Product_Category_Preference",
            "n_email_clicks": "Email_Clicks",
            "n_site_visits": "Site_Visits",
            "email": "Email",
            "has_email_consent": "Newsletter",
        }
    },
    "segmentation_extracted_at": "2024-07-15 06:00:00",
}
NO_UNIT_TESTS = ("build", "--exclude-resource-type", "unit_test")
MODELS = ("build", *NO_TESTS)
COLUMNS = [
    "Customer_ID", "Last_Purchase_Date", "Total_Orders", "Total_Spend",
    "Average_Order_Value", "Product_Category_Preference", "Email_Clicks", "Site_Visits",
    "Email", "Newsletter", "Gender", "Country", "State",
]  # fmt: skip
# rows that cannot be used, and the reason: a whole row each
FAULTY = {
    "x-no-date": ({"Last_Purchase_Date": None}, "missing_date"),
    "x-future": ({"Last_Purchase_Date": "2024-07-15 06:00:01"}, "future_date"),
    "x-negative": ({"Total_Spend": -10.0}, "negative_amount"),
    "x-no-orders": ({"Total_Orders": 0}, "amount_without_orders"),
    "x-no-money": ({"Total_Spend": None}, "missing_amount"),
    None: ({}, "missing_key"),
}
# columns of fct_customer_features that no row of an export can fill
NEEDS_HISTORY = [
    *(f"n_orders_{days}d" for days in (30, 60, 90, 180, 365)),
    *(f"net_amount_{days}d" for days in (30, 60, 90, 180, 365)),
    "tenure_days", "order_amount_stddev", "median_gap_days", "gap_ratio",
    "gross_amount", "discount_amount", "returned_amount", "discount_share",
    "return_rate", "coupon_order_share", "top_category_share", "n_categories",
    "n_sessions_30d", "n_views_90d", "n_carts_90d", "cart_abandonment_rate_90d",
    "conversion_rate_90d", "n_emails_sent_90d", "n_emails_opened_90d", "open_rate_90d",
    "click_rate_90d", "n_tickets_365d", "n_complaints_365d", "mean_rating",
    "days_since_last_visit",
]  # fmt: skip


def customers(today):
    """300 customers as an export of a day has them: every tenth has not ordered."""
    rows = []
    for i in range(300):
        group = i % 5
        n_orders = 0 if i % 10 == 9 else (12, 3, 1, 2, 6)[group] + i % 3
        average = (40, 160, 15, 55, 90)[group] + i % 7
        days = (5, 40, 200, 400, 20)[group] + i // 10
        last = today - datetime.timedelta(days=0 if i == 0 else days)
        total = float(n_orders * average)
        rows.append(
            {
                "Customer_ID": f"c{i}",
                "Last_Purchase_Date": str(last) if n_orders else None,
                "Total_Orders": n_orders,
                "Total_Spend": total,
                "Average_Order_Value": float(average) if n_orders else None,
                "Product_Category_Preference": ("Dresses", "Shoes", None)[i % 3],
                "Email_Clicks": i % 4,
                "Site_Visits": (30, 4, 2, 1, 12)[group],
                "Email": f"c{i}@shop.example",
                "Newsletter": i % 2 == 0,
                "Gender": ("F", "M")[i % 2],
                "Country": "US",
                "State": ("NY", "CA", "TX")[i % 3],
            }
        )
    return rows


def first_export():
    """The customers, a row that comes twice, an average that is off, and faults."""
    rows = customers(FIRST_DAY)
    rows[1]["Average_Order_Value"] += 0.02
    older = {**rows[2], "Last_Purchase_Date": "2020-01-01", "Total_Spend": 1.0}
    faulty = [{**rows[3], "Customer_ID": k, **v[0]} for k, v in FAULTY.items()]
    return [*rows, older, *faulty]


def second_export():
    """A week later: some ordered again, one is gone, one is new."""
    rows = customers(FIRST_DAY)
    for i in (1, 101, 201):
        rows[i] |= {"Last_Purchase_Date": str(SECOND_DAY)}
        rows[i]["Total_Orders"] += 30
        rows[i]["Total_Spend"] += 30 * rows[i]["Average_Order_Value"]
    new = {**rows[4], "Customer_ID": "new", "Email": "new@shop.example"}
    return [*rows[:7], *rows[8:], new]


def load(database, rows, columns=COLUMNS, text_dates=False):
    """Put an export in place of the one there is; the rest of the file stays."""
    frame = pd.DataFrame(rows, columns=columns)
    if "Last_Purchase_Date" in frame and not text_dates:
        frame["Last_Purchase_Date"] = pd.to_datetime(
            frame["Last_Purchase_Date"], format="ISO8601"
        )
    if "Total_Orders" in frame:
        frame["Total_Orders"] = frame["Total_Orders"].astype("Int64")
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists raw")
        connection.register("frame", frame)
        connection.execute("create or replace table raw.export as from frame")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crm")


@pytest.fixture(scope="module")
def build(folder, build_shop):
    """The whole build of the first export, data tests included."""
    load(folder / "crm.duckdb", first_export())
    # its unit tests are among those that `make unit` runs
    process = build_shop(VARS, folder / "crm.duckdb", NO_UNIT_TESTS)
    shutil.copy(folder / "crm.duckdb", folder / "first.duckdb")
    return process


@pytest.fixture(scope="module")
def ask(build, folder, query):
    """Function that returns the rows of a query on what the first build made."""

    def rows(sql):
        return query(folder / "first.duckdb", sql)

    return rows


@pytest.fixture(scope="module")
def second(build, folder, build_shop):
    """The file after the second export was built on top of the first."""
    load(folder / "crm.duckdb", second_export())
    build_shop(VARS, folder / "crm.duckdb", NO_UNIT_TESTS)
    return folder / "crm.duckdb"


@pytest.fixture(scope="module")
def refuse(folder, build_shop):
    """Function that builds an export that must be refused; returns what is said."""

    def run(rows, vars=None, database=None, **options):
        if database is None:
            database = folder / "refused.duckdb"
            database.unlink(missing_ok=True)
            load(database, rows, **options)
        process = build_shop(
            {**VARS, **(vars or {})},
            database,
            (*NO_UNIT_TESTS, "test", "--select", "+int_snapshots__scheduled"),
            check=False,
        )
        said = re.sub(r"\s+", " ", process.stdout)
        assert process.returncode != 0, f"not refused: {said}"
        return said

    return run


# -- one export -------------------------------------------------------------


def test_the_build_passes_and_warns_of_what_there_is_to_see(build):
    assert "WARN=2 ERROR=0 SKIP=0" in build.stdout
    assert "the_average_that_a_customer_summary_states_agrees" in build.stdout
    # a group that matches no persona has no strategy before somebody looked at it
    assert "a_strategy_reaches_one_in_a_hundred_of_its_segment" in build.stdout


def test_the_snapshot_is_the_day_of_the_last_purchase(ask):
    assert ask("from shop.int_snapshots__scheduled") == [(FIRST_DAY,)]


def test_rfm_is_what_the_export_says(ask):
    expected = [
        (
            row["Customer_ID"],
            (FIRST_DAY - datetime.date.fromisoformat(row["Last_Purchase_Date"])).days
            if row["Total_Orders"]
            else None,
            row["Total_Orders"],
            row["Total_Spend"],
        )
        for row in customers(FIRST_DAY)
    ]
    built = ask(
        "select customer_id, recency_days, frequency,"
        " cast(monetary_amount as double) from shop.fct_customer_rfm"
    )
    assert sorted(built) == sorted(expected)


def test_the_average_order_is_made_of_total_and_orders(ask):
    built = ask(
        "select customer_id, average_order_amount from shop.fct_customer_features"
    )
    expected = {
        row["Customer_ID"]: row["Total_Spend"] / row["Total_Orders"]
        if row["Total_Orders"]
        else None
        for row in customers(FIRST_DAY)
    }
    assert dict(built) == expected


def test_who_has_not_ordered_is_a_prospect_and_nobody_else(ask):
    rows = ask("select customer_id, segment_id from shop.dim_customer_segments")
    expected = {r["Customer_ID"] for r in customers(FIRST_DAY) if not r["Total_Orders"]}
    assert len(rows) == 300
    assert {
        customer for customer, segment in rows if segment == "prospects"
    } == expected


def test_what_needs_a_history_is_null_and_never_zero(ask):
    counts = ", ".join(f"count({name})" for name in NEEDS_HISTORY)
    known = ask(f"select {counts} from shop.fct_customer_features")[0]
    assert dict(zip(NEEDS_HISTORY, known, strict=True)) == dict.fromkeys(
        NEEDS_HISTORY, 0
    )


def test_visits_clicks_and_preferred_category_are_used(ask):
    assert ask(
        "select n_sessions_90d, n_emails_clicked_90d, top_category,"
        " engagement_score > 0 from shop.fct_customer_features"
        " where customer_id in ('c0', 'c1') order by customer_id"
    ) == [(30, 0, "Dresses", True), (4, 1, "Shoes", True)]


def test_every_feature_is_known_or_says_why_not(ask):
    features = {
        name
        for (name,) in ask(
            "select column_name from information_schema.columns"
            " where table_name = 'fct_customer_features'"
        )
    } - {"as_of_date", "customer_id", "has_ordered"}
    rows = ask(
        "select feature_name, n_customers, n_customers_known, unavailable_reason"
        " from shop.fct_feature_availability"
    )
    assert {name for name, *_ in rows} == features
    reasons = {name: reason for name, *_, reason in rows if reason}
    assert set(reasons) == {*NEEDS_HISTORY, "age_group"}
    assert (
        reasons["n_orders_30d"]
        == reasons["gap_ratio"]
        == ("the export has no transactions: windows, gaps and trends cannot be known")
    )
    assert reasons["tenure_days"] == "the export has no first order dates"
    assert reasons["age_group"] == "no customer has a birth date or an age"
    known = {name: (n, n_known) for name, n, n_known, _ in rows}
    assert known["recency_days"] == (300, 270)
    assert known["top_category"] == (300, 200)


def test_the_fit_leaves_out_what_cannot_be_known_and_says_so(ask):
    assert ask("select status, n_customers from shop.dim_segment_model_versions") == [
        ("promoted", 270)
    ]
    assert ask(
        "select feature_name, text_value from shop.int_segment_models__registered"
        " where section = 'feature' and item = 'unavailable' order by feature_name"
    ) == [
        ("discount_share", "null for every customer: the shop lacks its input"),
        ("return_rate", "null for every customer: the shop lacks its input"),
    ]


def test_rows_that_cannot_be_used_are_reported_with_the_reason(ask):
    expected = [(key, reason) for key, (_, reason) in FAULTY.items()]
    expected.append(("c2", "duplicate_key"))
    rows = ask("select row_key, reject_reason from shop.fct_rejected_rows")
    assert sorted(rows, key=str) == sorted(expected, key=str)
    assert ask(
        "select n_received, n_accepted, n_rejected from shop.fct_input_reconciliations"
        " where entity = 'customers'"
    ) == [(307, 300, 7)]
    assert ask(
        "select count(*) from shop.fct_input_reconciliations where is_available"
    ) == [(1,)]


def test_an_average_that_its_totals_contradict_is_reported(ask):
    assert ask(
        "select customer_id from shop.int_customer_summaries__priced"
        " where has_contradictory_average"
    ) == [("c1",)]


def test_no_money_is_lost_between_export_and_segments(ask):
    total = sum(row["Total_Spend"] for row in customers(FIRST_DAY))
    assert ask(
        "select sum(monetary_amount), (select sum(net_amount) from"
        " shop.fct_segment_summaries) from shop.dim_customer_segments"
    ) == [(total, total)]


def test_tags_go_to_those_who_consent_and_carry_no_address(ask):
    rows = ask(
        "select is_syncable, suppress_reason, count(*), count(tags_to_add)"
        " from shop.rpt_esp_profiles group by all order by all"
    )
    assert rows == [(False, "no_consent", 150, 150), (True, None, 150, 150)]


# -- the next exports -------------------------------------------------------


def test_the_same_export_again_changes_nothing(
    build, second_build_of_first, fingerprints, folder
):
    assert fingerprints(second_build_of_first) == fingerprints(folder / "first.duckdb")


@pytest.fixture(scope="module")
def second_build_of_first(build, folder, build_shop):
    """A copy of the first build, built again; in a file of the same name."""
    (folder / "again").mkdir()
    database = shutil.copy(folder / "first.duckdb", folder / "again" / "crm.duckdb")
    build_shop(VARS, database, MODELS)
    return database


def test_a_later_export_appends_a_snapshot_and_leaves_the_first(second, query, ask):
    days = query(second, "from shop.int_snapshots__scheduled order by 1")
    assert days == [(FIRST_DAY,), (SECOND_DAY,)]
    for mart in ("rfm", "features", "engagement"):
        sql = (
            f"from shop.fct_customer_{mart} where as_of_date = '{FIRST_DAY}'"
            " order by customer_id"
        )
        assert query(second, sql) == ask(sql), mart


def test_the_later_snapshot_is_that_of_the_later_export(second, query):
    rows = query(
        second,
        "select customer_id, recency_days, frequency from shop.fct_customer_rfm"
        f" where as_of_date = '{SECOND_DAY}'",
    )
    found = {customer: tuple(rest) for customer, *rest in rows}
    assert len(found) == 300
    assert "c7" not in found and "new" in found
    orders = {row["Customer_ID"]: row["Total_Orders"] for row in customers(FIRST_DAY)}
    assert found["c1"] == (0, orders["c1"] + 30)
    assert found["c0"] == (7, orders["c0"])


def test_from_the_second_export_on_a_move_has_to_be_confirmed(second, query):
    moved = query(
        second,
        "select customer_id, segment_id = scored_segment_id, segment_since"
        " from shop.int_customer_segments__confirmed"
        f" where as_of_date = '{SECOND_DAY}' and customer_id in ('c1', 'new')"
        " order by customer_id",
    )
    # c1 orders 35 times what it did and waits; nobody waits who was not there before
    assert moved == [("c1", False, FIRST_DAY), ("new", True, SECOND_DAY)]


def test_who_is_gone_from_the_export_is_deleted_from_the_tools(second, query):
    assert query(
        second,
        "select customer_id, operation from shop.rpt_esp_profiles"
        " where operation != 'upsert'",
    ) == [("c7", "delete")]


def test_an_older_export_is_refused(second, refuse, folder):
    (folder / "older").mkdir()
    database = shutil.copy(second, folder / "older" / "crm.duckdb")
    load(database, first_export())
    said = refuse(None, database=database)
    assert (
        f"the customer summary is as of {FIRST_DAY}, which lies before the last "
        f"snapshot built, {SECOND_DAY}"
    ) in said


def test_exports_that_are_gone_outlive_an_interruption_and_a_full_refresh(
    build, folder, build_shop, query, ask
):
    (folder / "later").mkdir()
    database = shutil.copy(folder / "first.duckdb", folder / "later" / "crm.duckdb")
    load(database, second_export())
    build_shop(VARS, database, ("run", "--select", "+int_snapshots__scheduled"))
    third = [{**row} for row in second_export()]
    third[0]["Last_Purchase_Date"] = str(THIRD_DAY)
    load(database, third)
    kept = ("+fct_customer_rfm", "+int_customer_segments__confirmed")
    build_shop(VARS, database, (*MODELS, "--full-refresh", "-s", *kept))
    days = query(
        database,
        "select as_of_date, count(*) from shop.fct_customer_rfm"
        " group by all order by all",
    )
    assert days == [(FIRST_DAY, 300), (SECOND_DAY, 300), (THIRD_DAY, 300)]
    sql = f"""
        select customer_id, segment_id from shop.int_customer_segments__confirmed
        where as_of_date = '{FIRST_DAY}' order by customer_id
    """
    assert query(database, sql) == ask(sql)
    sql = f"""
        select * from shop.fct_customer_rfm
        where as_of_date = '{FIRST_DAY}' order by customer_id
    """
    assert query(database, sql) == ask(sql)


# -- other ways to segment, other shops -------------------------------------


def test_rules_segment_an_export_too(folder, build_shop, query):
    database = folder / "rules.duckdb"
    load(database, customers(FIRST_DAY))
    by_rules = {**VARS, "segmentation_recipe": "rfm_rules"}
    build_shop(by_rules, database, (*NO_UNIT_TESTS, "-s", "+dim_customer_segments"))
    rows = query(
        database,
        "select segment_id, count(*) from shop.dim_customer_segments group by all",
    )
    assert sum(n for _, n in rows) == 300
    assert dict(rows)["prospects"] == 30
    assert all(name == "prospects" or name.startswith("rfm_") for name, _ in rows)


def test_totals_give_the_rfm_that_the_orders_behind_them_give(
    folder, build_shop, query, tmp_path
):
    # a shop with all its orders, and an export of it as a CRM system would make it
    orders = folder / "orders.duckdb"
    build_shop(
        {"segmentation_demo_customers": 300, "segmentation_history_snapshots": 1},
        orders,
        (*NO_UNIT_TESTS, "test", "--select", "+fct_customer_rfm"),
    )
    names = (
        "customer_id, recency_days, frequency, monetary_amount, recency_score,"
        " frequency_score, monetary_score, rfm_cell, shopify_rfm_group,"
        " klaviyo_rfm_group"
    )
    sql = f"select {names} from shop.fct_customer_rfm order by customer_id"
    wanted = query(orders, sql)
    (as_of_date,) = query(orders, "from shop.int_snapshots__scheduled")[0]
    # returns can outweigh orders; an export has no customers below nothing
    rows = query(
        orders,
        "select customer_id, last_ordered_on, frequency,"
        " cast(monetary_amount as double) from shop.fct_customer_rfm",
    )
    assert min(amount for *_, amount in rows) >= 0
    export = folder / "totals.duckdb"
    load(
        export,
        [
            dict(zip(COLUMNS, (customer, day and str(day), n, amount), strict=False))
            for customer, day, n, amount in rows
        ],
    )
    build_shop(
        {
            **VARS,
            "segmentation_as_of_date": str(as_of_date),
            "segmentation_extracted_at": None,
        },
        export,
        (*NO_UNIT_TESTS, "test", "--select", "+fct_customer_rfm"),
    )
    assert (
        query(export, f"select {names} from shop.fct_customer_rfm order by 1") == wanted
    )


def test_a_shop_with_orders_has_reasons_of_its_own(
    folder, write_shop, build_shop, query
):
    database = folder / "orders_only.duckdb"
    write_shop(
        database,
        {
            "web_events": """
                select 'e' || i as web_event_id, 'nobody' as customer_id,
                    'view' as event_type, timestamp '2024-06-01' as occurred_at
                from range(3) as numbers(i)
            """
        },
    )
    tables = ("customers", "orders", "order_lines", "web_events")
    build_shop(
        {
            "segmentation_connector": "native",
            "segmentation_schema": "raw",
            "segmentation_tables": {name: name for name in tables},
            "segmentation_history_snapshots": 1,
        },
        database,
        (*NO_UNIT_TESTS, "test", "--select", "+fct_feature_availability"),
    )
    reasons = dict(
        query(
            database,
            "select feature_name, unavailable_reason from"
            " shop.fct_feature_availability where feature_name in ('n_orders_30d',"
            " 'open_rate_90d', 'n_sessions_90d', 'top_category', 'location_tier')",
        )
    )
    assert reasons == {
        "n_orders_30d": None,
        "open_rate_90d": "the shop has no e-mail events",
        "n_sessions_90d": "every row of its input was rejected: see fct_rejected_rows",
        "top_category": "the shop has no products, and so no categories",
        "location_tier": "no customer has a country or a state",
    }


def test_shopping_trends_has_no_dates_and_is_refused_in_words(
    test_data, folder, refuse
):
    # one row per customer, but no day of purchase: nothing here can stand in for it
    file = test_data("shopping_trends") / "shopping_trends.parquet"
    database = folder / "trends.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        connection.execute(f"create table raw.export as from '{file}'")
    said = refuse(
        None,
        {
            "segmentation_columns": {
                "customer_summaries": {
                    "customer_id": "Customer ID",
                    "n_orders": "Previous Purchases",
                    "total_amount": "Purchase Amount (USD)",
                }
            }
        },
        database,
    )
    assert (
        "has no column last_ordered_at, which every shop's customer_summaries" in said
    )


# -- faults -----------------------------------------------------------------


def test_faults_of_the_table_are_named_at_once(refuse):
    rows = customers(FIRST_DAY)
    rows[0]["Last_Purchase_Date"] = rows[1]["Last_Purchase_Date"] = "last week"
    columns = [name for name in COLUMNS if name != "Total_Spend"]
    said = refuse(rows, columns=columns, text_dates=True)
    assert "there are 2 things to correct" in said
    assert (
        'table "refused"."raw"."export" has no column Total_Spend, which the variable '
        "segmentation_columns names as the total_amount of customer_summaries"
    ) in said
    assert (
        'column Last_Purchase_Date of table "refused"."raw"."export" must hold a time '
        "such as 2024-12-31 23:59:59, but 2 of 300 rows cannot be read as one"
    ) in said


def test_an_empty_table_is_refused(refuse):
    said = refuse([])
    assert 'table "refused"."raw"."export" (customer_summaries) has 0 rows' in said


def test_a_missing_table_is_refused(refuse, tmp_path):
    database = tmp_path / "empty.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
    said = refuse(None, database=database)
    assert 'there is no table "empty"."raw"."export" to read customer_sum' in said


def test_an_entity_of_another_connector_is_refused(refuse):
    said = refuse([], {"segmentation_columns": {"orders": {"ordered_at": "day"}}})
    assert (
        'names "orders", which is no input of connector customer_summary; the inputs '
        "are customer_summaries"
    ) in said


def test_rows_that_are_all_rejected_are_counted_by_reason(refuse):
    rows = customers(FIRST_DAY)
    for row in rows:
        row["Last_Purchase_Date"] = None
    said = refuse(rows)
    assert "none of the 300 rows of the customer summary is a customer with" in said
    assert "270 missing_date, 30 have no orders" in said
