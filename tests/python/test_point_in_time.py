"""No feature sees its own future: old snapshots are rebuilt from truncated inputs."""

import duckdb
import pytest

NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
SNAPSHOT = "2024-10-18"
FEATURES = ("fct_customer_rfm", "fct_customer_engagement", "fct_customer_features")
SELECTED = ("-s", *(f"+{mart}" for mart in FEATURES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("point_in_time")


def variables(end_date):
    """The demo shop as it was at the end of a day, and one snapshot of it."""
    return {
        "segmentation_demo_customers": 1500,
        "segmentation_demo_end_date": end_date,
        "segmentation_as_of_date": SNAPSHOT,
        "segmentation_history_snapshots": 1,
    }


@pytest.fixture(scope="module")
def now(folder, build_shop):
    """The snapshot made from all that the shop knows ten weeks later."""
    database = folder / "now.duckdb"
    build_shop(variables("2024-12-28"), database, (*NO_TESTS, *SELECTED))
    return database


@pytest.fixture(scope="module")
def then(folder, build_shop):
    """The snapshot made from what the shop knew ten days after it.

    Ten days is how late the demo shop's latest rows are; what happened later than the
    snapshot, an order, a return or a cancellation, is in both inputs or in one.
    """
    database = folder / "then.duckdb"
    build_shop(variables("2024-10-31"), database, (*NO_TESTS, *SELECTED))
    return database


def differences(one, other, mart):
    """Rows of a mart that are in one of the databases alone."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        columns = [
            row[0]
            for row in connection.execute(
                "select column_name from duckdb_columns() where database_name = 'one'"
                " and table_name = ? order by column_index",
                [mart],
            ).fetchall()
        ]
        # sums of squares may differ in the last digit by the order of their terms
        compared = ", ".join(
            f"round({name}, 6) as {name}" if name == "order_amount_stddev" else name
            for name in columns
        )
        rows = f"select {compared} from {{}}.shop.{mart}"
        return connection.execute(
            f"({rows.format('one')} except all {rows.format('other')}) union all "
            f"({rows.format('other')} except all {rows.format('one')})"
        ).fetchall()


@pytest.mark.parametrize("mart", FEATURES)
def test_a_snapshot_made_later_is_the_one_made_then(now, then, mart):
    assert differences(now, then, mart) == []


def test_nobody_was_erased_in_between(now, then, query):
    # an erased customer leaves every snapshot, and the quintiles of the others move
    erased = (
        "select customer_id from shop.int_customers__checked"
        " where reject_reason = 'erased_customer' order by customer_id"
    )
    assert query(now, erased) == query(then, erased)


def test_there_was_a_future_to_see(now, then, query):
    later = (
        "select count(*) filter (where ordered_on > date '2024-10-31'),"
        " count(*) filter (where voided_on between date '2024-10-19' and"
        f" date '2024-12-28' and ordered_on <= date '{SNAPSHOT}')"
        " from shop.int_orders__priced"
    )
    n_later_orders, n_later_cancellations = query(now, later)[0]
    assert n_later_orders > 100
    assert n_later_cancellations > 0
    assert query(then, later)[0][0] == 0


def test_the_comparison_finds_a_planted_leak(folder, then, copy_project, build_shop):
    leaky = copy_project()
    model = leaky / "models/intermediate/features/int_customer_snapshots__ordered.sql"
    text = model.read_text()
    guard = "snapshots.as_of_date >= days.activity_on"
    assert guard in text
    model.write_text(text.replace(guard, "days.activity_on is not null"))
    database = folder / "leaky.duckdb"
    build_shop(variables("2024-12-28"), database, (*NO_TESTS, *SELECTED), cwd=leaky)
    assert len(differences(database, then, "fct_customer_rfm")) > 100


# -- kinds of rows that the demo shop has none of ---------------------------

TODAY = "2024-07-08"
NATIVE = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_as_of_date": TODAY,
    "segmentation_history_snapshots": 1,
    "segmentation_tables": {
        name: name
        for name in ("customers", "orders", "order_lines", "web_events", "email_events")
    },
}
ORDERS = """
    select
        'o' || i as order_id,
        'c' || i % 60 as customer_id,
        timestamp '2024-01-01 12:00' + to_days(cast(i as integer)) as ordered_at,
        cast(null as timestamp) as cancelled_at
    from range(200) as numbers(i)
    union all
    -- two orders of one day, of which one is cancelled a week after the snapshot, and
    -- two of another day that are not
    select * from (values
        ('same_1', 'same', timestamp '2024-07-01 09:00', null),
        ('same_2', 'same', timestamp '2024-07-01 10:00', timestamp '2024-07-15'),
        ('same_3', 'same', timestamp '2024-06-03 09:00', null),
        ('same_4', 'same', timestamp '2024-06-03 10:00', null)
    )
    union all
    -- who is known by an order of later on alone
    select 'later', 'by_an_order', timestamp '2024-07-12', null
"""
WEB_EVENTS = """
    select * from (values
        ('w1', 'c1', 'view', timestamp '2024-06-20'),
        ('w2', 'by_a_visit', 'view', timestamp '2024-07-13'),
        ('w3', 'by_an_early_visit', 'view', timestamp '2024-07-02')
    ) as events(web_event_id, customer_id, event_type, occurred_at)
"""


def shop_until(moment):
    """Tables of a shop that dates no account, as they were at a moment."""
    orders = f"""
        select
            order_id,
            customer_id,
            ordered_at,
            case when cancelled_at <= timestamp '{moment}' then cancelled_at end
                as cancelled_at
        from ({ORDERS}) where ordered_at <= timestamp '{moment}'
    """
    events = f"select * from ({WEB_EVENTS}) where occurred_at <= timestamp '{moment}'"
    return {
        "orders": orders,
        "web_events": events,
        "email_events": "select 'e1' as email_event_id, 'c2' as customer_id,"
        " 'm1' as message_id, 'open' as event_type,"
        " timestamp '2024-06-21' as occurred_at",
        "order_lines": "select order_id || '_1' as order_line_id, order_id,"
        " 1 as quantity, case order_id when 'same_1' then 10.0 when 'same_2' then 50.0"
        f" else 7.0 + length(order_id) end as unit_price from ({orders})",
        # each customer comes with their first row, as exports of orders have them
        "customers": f"select customer_id from ({orders}) union"
        f" select customer_id from ({events})",
    }


def test_a_day_with_a_later_cancellation_and_a_later_customer_are_as_they_were_then(
    folder, write_shop, build_shop, query
):
    made = {}
    for name, moment in (
        ("native_then", f"{TODAY} 23:59"),
        ("native_now", "2024-08-01"),
    ):
        made[name] = folder / f"{name}.duckdb"
        write_shop(made[name], shop_until(moment))
        build_shop(NATIVE, made[name], (*NO_TESTS, *SELECTED))
    for mart in FEATURES:
        assert differences(made["native_now"], made["native_then"], mart) == []
    features = "select n_orders, round(order_amount_stddev, 6) from"
    assert query(
        made["native_now"],
        f"{features} shop.fct_customer_features where customer_id = 'same'",
    ) == [(4, 19.052559)]
    known = "select customer_id from shop.fct_customer_features where customer_id like"
    assert query(made["native_now"], f"{known} 'by%'") == [("by_an_early_visit",)]
