"""Alerts: how many are false where no pace ever changes; shops with little to tell."""

import datetime

import numpy as np
import pytest
from conftest import NO_TESTS

N_CUSTOMERS = 4_000
N_DAYS = 700
RAISED = "int_customer_alerts__raised"
BUILD = ("build", *NO_TESTS, "-s", f"+{RAISED}")
NATIVE = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 1,
}


@pytest.fixture(scope="module")
def steady_orders(tmp_path_factory):
    """A file of orders at random times, of customers with rates of their own.

    Once in 7 to 120 days, since 200 to 700 days ago; every customer is still there.
    """
    draw = np.random.default_rng(7)
    rates = 1 / np.exp(draw.uniform(np.log(7), np.log(120), N_CUSTOMERS))
    starts = draw.uniform(0, N_DAYS - 200, N_CUSTOMERS)
    file = tmp_path_factory.mktemp("steady") / "orders.csv"
    begin = datetime.datetime(2023, 1, 1)
    with file.open("w") as out:
        out.write("order_id,customer_id,ordered_at\n")
        for customer, (rate, day) in enumerate(zip(rates, starts, strict=True)):
            number = 0
            while day < N_DAYS:
                moment = begin + datetime.timedelta(days=day)
                out.write(f"o{customer}-{number},c{customer},{moment:%Y-%m-%d %H:%M}\n")
                day += draw.exponential(1 / rate)
                number += 1
    return file


@pytest.fixture(scope="module")
def steady(steady_orders, write_shop, build_shop, tmp_path_factory):
    """Function that raises the alerts of that shop under further variables."""
    database = tmp_path_factory.mktemp("steady") / "alerts.duckdb"
    write_shop(
        database,
        {
            "customers": f"""
                select 'c' || i as customer_id from range({N_CUSTOMERS}) as numbers(i)
            """,
            "orders": f"select * from read_csv('{steady_orders}')",
            "order_lines": f"""
                select 'l' || order_id as order_line_id, order_id, 1 as quantity,
                    9.5 as unit_price
                from read_csv('{steady_orders}')
            """,
        },
    )

    def build(**more):
        build_shop({**NATIVE, **more}, database, BUILD)
        return database

    return build


def share_raised(query, database, alert_type, eligible):
    [(n_raised, n_eligible)] = query(
        database,
        f"""
        select
            count(case when alerts.alert_type is not null then 1 end),
            count(*)
        from shop.int_customer_paces__measured as paces
        left join shop.{RAISED} as alerts
            on paces.customer_id = alerts.customer_id
            and alerts.alert_type = '{alert_type}'
        where {eligible}
        """,
    )
    return n_raised / n_eligible, 3 * (0.1 * 0.9 / n_eligible) ** 0.5


def test_false_alarms_are_as_many_as_was_said(steady, query):
    database = steady()
    slowing, margin = share_raised(query, database, "slowing", "n_gaps >= 2")
    assert 0.005 < slowing < 0.1 + margin
    drops, margin = share_raised(
        query, database, "frequency_drop", "baseline_days >= 90"
    )
    assert 0.005 < drops < 0.1 + margin


def test_without_expiry_the_rate_of_false_silences_is_exact(steady, query):
    database = steady(segmentation_alert_days=5_000, segmentation_slowing_gap_ratio=0)
    slowing, margin = share_raised(query, database, "slowing", "n_gaps >= 2")
    assert abs(slowing - 0.1) < margin


def test_a_shop_without_visits_or_tickets_has_alerts_of_orders_alone(steady, query):
    found = query(steady(), f"select distinct alert_type from shop.{RAISED} order by 1")
    assert found == [("frequency_drop",), ("slowing",)]


def test_one_customer_with_one_order_is_no_cause_for_alarm(
    write_shop, build_shop, query, tmp_path
):
    database = tmp_path / "one.duckdb"
    write_shop(
        database,
        {
            "customers": "select 'only' as customer_id",
            "orders": "select 'o' as order_id, 'only' as customer_id,"
            " timestamp '2024-01-01 12:00' as ordered_at",
            "order_lines": "select 'l' as order_line_id, 'o' as order_id,"
            " 1 as quantity, 2.5 as unit_price",
        },
    )
    build_shop({**NATIVE, "segmentation_as_of_date": "2024-06-30"}, database, BUILD)
    assert query(database, f"select count(*) from shop.{RAISED}") == [(0,)]
    assert query(
        database,
        "select n_gaps, silent_days, baseline_days, n_recent, n_before"
        " from shop.int_customer_paces__measured",
    ) == [(0, 181, 91, 0, 0)]
