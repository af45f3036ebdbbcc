"""What of the inputs is thrown away is told, and too much of it stops the build."""

import re

import pytest

VARS = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 2,
    "segmentation_tables": {
        name: name
        for name in (
            "customers", "orders", "order_lines", "refunds", "products", "web_events",
            "email_events", "campaign_members", "tickets", "reviews",
        )
    },
}  # fmt: skip
BUILD = (
    "build", "--exclude-resource-type", "test", "unit_test", "--select",
    "+int_snapshots__scheduled", "+fct_input_rejections", "+fct_input_conventions",
    "+fct_rejected_rows",
)  # fmt: skip
NONE = {
    "products": "select 'p1' as product_id",
    "refunds": """
        select 'r' as refund_id, '' as order_id, 1.0 as amount,
            timestamp '2024-02-01' as refunded_at
        where false
    """,
    "web_events": """
        select 'w' as web_event_id, 'c1' as customer_id, 'view' as event_type,
            timestamp '2024-02-01' as occurred_at
        where false
    """,
    "email_events": """
        select 'm' as email_event_id, 'c1' as customer_id, 'open' as event_type,
            timestamp '2024-02-01' as occurred_at
        where false
    """,
    "campaign_members": """
        select 'a' as campaign_id, 'c1' as customer_id, 'control' as arm,
            timestamp '2024-02-01' as assigned_at
        where false
    """,
    "tickets": """
        select 't' as ticket_id, 'c1' as customer_id,
            timestamp '2024-02-01' as opened_at
        where false
    """,
    "reviews": """
        select 'v' as review_id, 'c1' as customer_id, 5 as rating,
            timestamp '2024-02-01' as reviewed_at
        where false
    """,
}


@pytest.fixture(scope="module")
def attempt(tmp_path_factory, write_shop, build_shop):
    """Function that writes tables, if given, and builds; returns what came of it."""
    database = tmp_path_factory.mktemp("rejections") / "inputs.duckdb"

    def run(tables=None, **vars):
        if tables is not None:
            write_shop(database, {**NONE, **tables})
        process = build_shop({**VARS, **vars}, database, BUILD, check=False)
        process.said = re.sub(r"\s+", " ", process.stdout)
        process.database = database
        return process

    return run


def tables_of(query, database):
    return {
        name
        for (name,) in query(
            database,
            "select table_name from information_schema.tables "
            "where table_schema = 'shop'",
        )
    }


# -- too much is lost -------------------------------------------------------


@pytest.fixture(scope="module")
def lossy(attempt, query):
    """A shop that loses 120 of 200 orders by case, and most refunds by their key."""
    stopped = attempt(
        {
            "orders": """
                select * replace (
                    case when cast(substr(order_id, 2) as integer) < 120
                        then upper(customer_id) else customer_id end as customer_id
                )
                from smallest
            """,
            # numbered within their orders
            "refunds": """
                select n as refund_id, 'o' || (150 + i) as order_id, 0.5 as amount,
                    timestamp '2024-07-18 20:00' as refunded_at
                from range(20) as orders(i), range(2) as numbers(n)
            """,
        }
    )
    stopped.tables = tables_of(query, stopped.database)
    stopped.rejections = query(
        stopped.database,
        "select entity, reject_reason, n_rejected, n_received, hint "
        "from shop.fct_input_rejections order by 1, 2",
    )
    return stopped, attempt(segmentation_max_rejected_share=1)


def test_more_than_half_of_the_orders_lost_stops_the_build_in_words(lossy):
    stopped, _ = lossy
    assert stopped.returncode != 0
    assert re.search(
        r"120 of 200 rows of orders, with \d\d\.\d % of the money, are rejected: "
        r"120 unknown_customer, 2 of them C0 ",
        stopped.said,
    )
    assert "(120 differ from an id that there is by case only)" in stopped.said
    assert "more than segmentation_max_rejected_share, 0.5" in stopped.said


def test_a_key_that_is_one_within_its_order_only_is_said_to_be(lossy):
    stopped, _ = lossy
    assert (
        "38 of 40 rows of refunds, with 95.0 % of the money, are rejected: "
        "38 duplicate_key"
    ) in stopped.said
    assert (
        "2 of 2 keys that repeat stand with more than one order: is it unique within "
        "its order only?"
    ) in stopped.said


def test_what_does_not_depend_on_the_rows_is_built_and_told_all_the_same(lossy):
    stopped, _ = lossy
    assert "int_snapshots__scheduled" not in stopped.tables
    assert {"fct_input_rejections", "fct_rejected_rows"} <= stopped.tables
    assert ("orders", "unknown_customer", 120, 200) in [
        row[:4] for row in stopped.rejections
    ]
    assert re.search(r"orders unknown_customer 120 60\.0 %", stopped.said)


def test_rows_that_are_meant_to_be_left_out_are_let_pass_by_the_variable(lossy, query):
    _, allowed = lossy
    assert allowed.returncode == 0
    assert "int_snapshots__scheduled" in tables_of(query, allowed.database)
    # said, and no stop
    assert "120 of 200 rows of orders" in allowed.said


# -- what is no loss --------------------------------------------------------


@pytest.fixture(scope="module")
def meant(attempt, query):
    """A shop whose orders are mostly tests and guests', its visits anonymous."""
    process = attempt(
        {
            "orders": """
                select
                    order_id,
                    case when number between 90 and 149 then null else customer_id end
                        as customer_id,
                    ordered_at,
                    number < 90 as is_test
                from (
                    select *, cast(substr(order_id, 2) as integer) as number
                    from smallest
                )
            """,
            "web_events": """
                select i as web_event_id, case when i < 90 then null else 'c1' end
                    as customer_id, 'view' as event_type,
                    timestamp '2024-02-01' as occurred_at
                from range(100) as numbers(i)
            """,
            "email_events": """
                select i as email_event_id, case when i < 9 then 'reader' else 'c1' end
                    as customer_id, 'open' as event_type,
                    timestamp '2024-02-01' as occurred_at
                from range(10) as numbers(i)
            """,
        }
    )
    process.losses = query(
        process.database,
        "select entity || ' ' || reject_reason, loss from shop.fct_input_rejections",
    )
    return process


def test_tests_guests_and_strangers_do_not_stop_a_build(meant):
    assert meant.returncode == 0
    assert dict(meant.losses) == {
        "orders test_order": "as_meant",
        "orders guest": "told",
        "order_lines order_test_order": "as_meant",
        "order_lines order_guest": "as_meant",
        "web_events guest": "as_meant",
        "email_events unknown_customer": "told",
    }


def test_of_guests_and_strangers_it_is_told_and_of_tests_it_is_not(meant):
    assert "60 of 200 rows of orders, with" in meant.said
    assert "9 of 10 rows of email_events are rejected: 9 unknown_customer" in meant.said
    assert "rows of web_events" not in meant.said
    assert "rows of order_lines" not in meant.said


# -- what means the same ----------------------------------------------------


@pytest.fixture(scope="module")
def mended(attempt, query):
    """A shop whose ids are written in three ways in every table that has them."""

    def spelt(number):
        return (
            f"case {number} % 3 when 0 then {number} || '.0' "
            f"when 1 then ' ' || {number} || ' ' else cast({number} as varchar) end"
        )

    numbered = "cast(substr({}, 2) as integer)"
    order, customer = numbered.format("order_id"), numbered.format("customer_id")
    process = attempt(
        {
            "customers": f"select {customer} as customer_id from smallest",
            "orders": f"""
                select {order} as order_id, {spelt(customer)} as customer_id,
                    ordered_at, case when {order} = 7 then '' end as status,
                    case when {order} = 8 then ' ' end as currency
                from smallest
            """,
            "order_lines": f"""
                select {spelt(numbered.format("order_line_id"))} as order_line_id,
                    {spelt(order)} as order_id, 'p1' || chr(9) as product_id,
                    quantity, unit_price
                from smallest
            """,
            "refunds": """
                select 1.0 as refund_id, 150.0 as order_id, '150.0' as order_line_id,
                    0.5 as amount, timestamp '2024-07-18 20:00' as refunded_at
            """,
            "web_events": f"""
                select i as web_event_id, {spelt("i")} as customer_id,
                    'view' as event_type, timestamp '2024-02-01' as occurred_at
                from range(6) as numbers(i)
            """,
            "email_events": f"""
                select i as email_event_id, {spelt("i")} as customer_id,
                    'open' as event_type, timestamp '2024-02-01' as occurred_at
                from range(6) as numbers(i)
            """,
            "campaign_members": f"""
                select 'spring' as campaign_id, {spelt("i")} as customer_id,
                    'control' as arm, timestamp '2024-02-01' as assigned_at
                from range(6) as numbers(i)
            """,
            # pandas: a gap makes doubles of whole numbers, and NaN of the gap
            "tickets": """
                select i as ticket_id, case when i = 5 then 'nan'::double else i end
                    as customer_id, timestamp '2024-02-01' as opened_at
                from range(6) as numbers(i)
            """,
            "reviews": f"""
                select i as review_id, {spelt("i")} as customer_id, 5 as rating,
                    timestamp '2024-02-01' as reviewed_at
                from range(6) as numbers(i)
            """,
        }
    )
    process.rejected = query(
        process.database,
        "select entity, reject_reason, row_key from shop.fct_rejected_rows",
    )
    process.conventions = query(
        process.database,
        "select input_convention_id, n_rows from shop.fct_input_conventions "
        "where convention like '%_cut' or convention = 'empty_is_null'",
    )
    return process


def test_ids_that_differ_by_a_decimal_or_blanks_belong_together(mended):
    assert mended.returncode == 0
    # and NaN in place of a customer is nobody
    assert mended.rejected == [("tickets", "guest", "5")]


def test_what_was_mended_is_counted_by_column(mended):
    found = dict(mended.conventions)
    assert found["orders.customer_id|point_zero"] == 67
    assert found["orders.customer_id|blanks"] == 67
    assert found["orders.status|empty"] == 1
    assert found["orders.currency|empty"] == 1
    assert found["order_lines.order_id|blanks"] == 67
    assert found["order_lines.product_id|blanks"] == 200
    assert found["refunds.refund_id|point_zero"] == 1
    assert found["tickets.customer_id|point_zero"] == 5
    assert found["tickets.customer_id|empty"] == 1
    for entity in ("web_events", "email_events", "campaign_members", "reviews"):
        assert found[f"{entity}.customer_id|point_zero"] == 2
        assert found[f"{entity}.customer_id|blanks"] == 2


def test_what_was_mended_is_told(mended):
    assert "ids differ by .0 only, and are read without: " in mended.said
    assert "empty texts are read as null: 1 in currency of orders, 1 in status" in (
        mended.said
    )
