"""What is made of events is made again for the days whose rows have changed alone."""

import shutil

import duckdb
import pytest
from conftest import NO_TESTS, compare_builds

VARIABLES = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_extracted_at": "2024-12-31 12:00:00",
    "segmentation_tables": {
        name: name
        for name in ("customers", "orders", "order_lines", "web_events", "email_events")
    },
}
# every third day of two years: three visits of a view and a cart, and four messages,
# which are opened twice
TABLES = {
    "customers": "select 'c' || i as customer_id, null::timestamp as erased_at"
    " from range(6) as numbers(i)",
    "orders": "select 'o' || i as order_id, 'c' || i as customer_id,"
    " timestamp '2023-01-02 12:00' as ordered_at from range(6) as numbers(i)",
    "order_lines": "select order_id || '-1' as order_line_id, order_id,"
    " 1 as quantity, 20 as unit_price from raw.orders",
    "web_events": """
        select
            'w' || day || '-' || visit || '-' || kind as web_event_id,
            'c' || (day + visit) % 6 as customer_id,
            's' || day || '-' || visit as session_id,
            kind as event_type,
            timestamp '2023-01-01 10:00' + to_days(cast(3 * day as integer))
                as occurred_at
        from range(240) as days(day), range(3) as visits(visit),
            (values ('view'), ('cart')) as kinds(kind)
    """,
    "email_events": """
        select
            'e' || day || '-' || customer || '-' || step as email_event_id,
            'c' || customer as customer_id,
            'm' || day || '-' || customer as message_id,
            case when step = 0 then 'sent' else 'open' end as event_type,
            timestamp '2023-01-01 08:00' + to_days(cast(3 * day + step as integer))
                as occurred_at
        from range(240) as days(day), range(4) as customers(customer),
            range(3) as steps(step)
    """,
}
KEPT_BY_DAY = (
    "int_web_events__checked",
    "int_email_events__checked",
    "int_sessions__daily",
    "int_customer_days__engaged",
)
CHANGES = {
    "a row of last year is corrected": """
        update raw.web_events set event_type = 'cart' where web_event_id = 'w20-1-view'
    """,
    "rows of last year come late": """
        insert into raw.web_events
        select * replace ('late' || web_event_id as web_event_id)
        from raw.web_events where web_event_id like 'w30-%'
    """,
    "a day is gone": """
        delete from raw.web_events where cast(occurred_at as date) = date '2023-01-10'
    """,
    "an earlier row has the key of a later one": """
        insert into raw.web_events
        select * replace (occurred_at - interval 300 day as occurred_at)
        from raw.web_events where web_event_id = 'w150-0-view'
    """,
    "the first of two copies is gone": """
        delete from raw.web_events
        where web_event_id = 'copied' and occurred_at < timestamp '2024-01-01'
    """,
    "every row that is there twice becomes another": """
        update raw.web_events set event_type = 'purchase' where session_id = 'twice'
    """,
    "rows without a day or a key": """
        insert into raw.web_events
        select * replace (null as occurred_at, 'undated' as web_event_id)
        from raw.web_events where web_event_id = 'w1-1-view'
        union all
        select * replace (null as web_event_id)
        from raw.web_events where web_event_id like 'w2-%'
    """,
    "a message turns out to have been opened before": """
        insert into raw.email_events
        select * replace ('early' as email_event_id,
            occurred_at - interval 1 day as occurred_at)
        from raw.email_events where email_event_id = 'e100-1-1'
    """,
    "a customer is erased": """
        update raw.customers set erased_at = timestamp '2024-12-30 00:00'
        where customer_id = 'c5'
    """,
}
BEFORE = """
    insert into raw.web_events
    select * replace ('copied' as web_event_id)
    from raw.web_events where web_event_id in ('w50-0-view', 'w200-0-view');
    insert into raw.web_events
    select * replace ('twice' as session_id, 'view' as event_type)
    from raw.web_events where web_event_id = 'w60-0-view';
    insert into raw.web_events select * from raw.web_events where session_id = 'twice'
"""


@pytest.fixture(scope="module")
def build(build_shop):
    """Function that builds what is kept by day in a database, which it returns."""

    def run(database, *args):
        chosen = [f"+{model}" for model in KEPT_BY_DAY]
        build_shop(VARIABLES, database, ("build", *NO_TESTS, "-s", *chosen, *args))
        return database

    return run


@pytest.fixture(scope="module")
def built(build, write_shop, tmp_path_factory):
    """The shop as it was at first; to be copied by whoever changes it."""
    database = tmp_path_factory.mktemp("changed_days") / "own_shop.duckdb"
    write_shop(database, TABLES)
    change(database, BEFORE)
    return build(database)


def change(database, sql):
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql)


def differences(one, other):
    return compare_builds.compare(one, other, "shop", "|".join(KEPT_BY_DAY))


def test_changes_of_any_kind_give_what_a_full_refresh_gives(built, build, tmp_path):
    database, refreshed = tmp_path / "own_shop.duckdb", tmp_path / "refreshed.duckdb"
    shutil.copy(built, database)
    for sql in CHANGES.values():
        change(database, sql)
    shutil.copy(database, refreshed)
    before = shutil.copy(built, tmp_path / "before.duckdb")
    build(database)
    build(refreshed, "--full-refresh")
    assert differences(database, refreshed) == []
    assert len(differences(before, database)) > len(KEPT_BY_DAY)


def test_a_row_of_last_year_arrives_and_other_days_are_left_alone(
    built, build, query, tmp_path
):
    database = shutil.copy(built, tmp_path / "own_shop.duckdb")
    change(database, CHANGES["a row of last year is corrected"])
    # what no build would write: it stays on the days that are not made again
    change(database, "update shop.int_customer_days__engaged set n_carts = 77")
    build(database)
    days = query(
        database,
        "select activity_on, min(n_carts) = 77 from shop.int_customer_days__engaged"
        " group by all order by all",
    )
    assert [str(day) for day, is_left in days if not is_left] == ["2023-03-02"]
    assert len(days) > 400
    corrected = query(
        database,
        "select n_views, n_carts from shop.int_customer_days__engaged"
        " where activity_on = date '2023-03-02' and customer_id = 'c3'",
    )
    assert corrected == [(0, 2)]


def test_a_week_without_changes_makes_no_day_again(built, build, query, tmp_path):
    database = shutil.copy(built, tmp_path / "own_shop.duckdb")
    mark = "update shop.int_web_events__checked set session_id = 'left alone'"
    change(database, mark)
    build(database)
    remade = query(
        database,
        "select count(*) from shop.int_web_events__checked"
        " where session_id != 'left alone'",
    )
    assert remade == [(0,)]
