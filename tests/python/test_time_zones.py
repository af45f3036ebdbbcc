"""Days are the shop's, whatever the session's zone and however times are written."""

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
import pytest

VARS = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 3,
    "segmentation_extracted_at": "2024-08-01 00:00:00",
    "segmentation_tables": {
        name: name
        for name in ("customers", "orders", "order_lines", "web_events", "reviews")
    },
}
BUILD = (
    "build", "--exclude-resource-type", "test", "unit_test", "--select",
    "+fct_customer_features", "+fct_rejected_rows", "+int_customer_consents__resolved",
)  # fmt: skip
N_ORDERS = 300
FIRST = dt.datetime(2024, 1, 1, 0, 30, tzinfo=dt.UTC)


def moment(number):
    """When an order was placed: at all hours, so that many lie near a midnight."""
    return FIRST + dt.timedelta(hours=17 * number, minutes=7 * (number % 5))


def written(number):
    """The same in one of the ways in which shops write it, as text."""
    at = moment(number)
    return (
        at.isoformat(),
        at.astimezone(ZoneInfo("America/New_York")).isoformat(),
        at.strftime("%Y-%m-%d %H:%M:%S"),
        at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d %H:%M:%S Asia/Tokyo"),
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )[number % 5]


@pytest.fixture(scope="module")
def zoned(tmp_path_factory, build_shop, project):
    """Function that builds the shop in a session's zone; returns the database."""
    folder = tmp_path_factory.mktemp("zones")

    def build(session, **vars):
        database = folder / f"shop_{session.replace('/', '_')}_{len(vars)}.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("create schema raw")
            connection.execute(
                "create table raw.customers as select 'c' || i as customer_id, "
                "'c' || i || '@example.com' as email, true as has_email_consent, "
                # a type with a zone, read on another day in half of the zones
                "timestamptz '2023-12-31 23:30:00+00' as email_consent_at, "
                "timestamptz '1980-02-01 23:00:00+00' as birth_date "
                "from range(40) as numbers(i)"
            )
            connection.execute(
                "create table raw.orders (order_id varchar, customer_id varchar, "
                "ordered_at varchar)"
            )
            connection.executemany(
                "insert into raw.orders values ($1, $2, $3)",
                [(f"o{i}", f"c{i % 40}", written(i)) for i in range(N_ORDERS)],
            )
            connection.execute(
                "create table raw.order_lines as select 'l' || i as order_line_id, "
                "'o' || i as order_id, 1 as quantity, 3.5 as unit_price "
                f"from range({N_ORDERS}) as numbers(i)"
            )
            for table, key, extra in (
                ("web_events", "web_event_id", ", 'view' as event_type"),
                ("reviews", "review_id", ", 4 as rating"),
            ):
                time = "occurred_at" if table == "web_events" else "reviewed_at"
                connection.execute(
                    f"create table raw.{table} as select i as {key}, "
                    f"'c' || i % 40 as customer_id{extra}, "
                    "timestamptz '2024-05-01 00:30:00+00' + to_hours(cast(i * 7 as "
                    f"integer)) as {time} from range(200) as numbers(i)"
                )
        profiles = folder / session.replace("/", "_")
        profiles.mkdir(exist_ok=True)
        text = (project / "profiles.yml").read_text()
        assert text.count("TimeZone: UTC") == 1
        (profiles / "profiles.yml").write_text(
            text.replace("TimeZone: UTC", f"TimeZone: {session}")
        )
        build_shop(
            {**VARS, **vars}, database, (*BUILD, "--profiles-dir", str(profiles))
        )
        return database

    return build


@pytest.fixture(scope="module")
def utc(zoned):
    return zoned("UTC")


@pytest.mark.parametrize("session", ["America/St_Johns", "Pacific/Auckland"])
def test_the_zone_of_the_session_changes_nothing(session, utc, zoned, fingerprints):
    # a day of the session's is not read anywhere: every mart is the same to the row
    assert fingerprints(zoned(session)) == fingerprints(utc)


def test_days_are_those_of_the_moments_however_they_are_written(utc, query):
    found = query(utc, "select order_id, ordered_on from shop.int_orders__checked")
    assert dict(found) == {f"o{i}": moment(i).date() for i in range(N_ORDERS)}
    assert query(utc, "select count(*) from shop.fct_rejected_rows") == [(0,)]


@pytest.mark.parametrize(
    ("zone", "session"),
    [("Europe/Berlin", "UTC"), ("America/Los_Angeles", "Asia/Kolkata")],
)
def test_days_and_snapshots_are_of_the_zone_of_the_shop(zone, session, zoned, query):
    database = zoned(session, segmentation_time_zone=zone)

    def local(number):
        return moment(number).astimezone(ZoneInfo(zone)).date()

    found = dict(
        query(database, "select order_id, ordered_on from shop.int_orders__checked")
    )
    assert found == {f"o{i}": local(i) for i in range(N_ORDERS)}
    # the last whole day of the shop, and weeks back from it
    last = local(N_ORDERS - 1) - dt.timedelta(days=1)
    assert query(
        database,
        "select distinct as_of_date from shop.fct_customer_features order by 1 desc",
    ) == [(last - dt.timedelta(weeks=week),) for week in range(3)]
    # what was bought by the end of a day of the shop
    for week in range(3):
        day = last - dt.timedelta(weeks=week)
        ((n_orders,),) = query(
            database,
            "select sum(n_orders) from shop.fct_customer_features "
            f"where as_of_date = date '{day}'",
        )
        assert n_orders == sum(local(i) <= day for i in range(N_ORDERS))
