"""Numbers that nobody can mean, in every column of numbers that the inputs have."""

import math
import re
from types import SimpleNamespace

import duckdb
import pytest

VARS = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 2,
    "segmentation_extracted_at": "2024-08-01 00:00:00",
    "segmentation_tables": {
        name: name
        for name in (
            "customers", "orders", "order_lines", "refunds", "campaign_members",
            "reviews",
        )
    },
}  # fmt: skip
BUILD = (
    "build", "--exclude-resource-type", "test", "unit_test",
    "--select", "+fct_customer_features", "+fct_rejected_rows",
)  # fmt: skip
LARGEST = 9999999999.9999
EXTREMES = [
    math.nan, math.inf, -math.inf, 1e308, -1e308, 99999999999999.0, 1e13, 1e10,
    LARGEST, 1e6, 0.0,
]  # fmt: skip
ORDERED, LINED = (
    ("shipping_amount", "tax_amount", "discount_amount"),
    (
        "quantity", "unit_price", "list_price", "discount_amount", "unit_cost",
        "returned_quantity", "tax_amount",
    ),
)  # fmt: skip


def reason_of_amount(value):
    return None if math.isnan(value) or abs(value) <= LARGEST else "implausible_amount"


def reason_of_line(column, value):
    if column in ("quantity", "unit_price"):
        if math.isnan(value):
            return "missing_amount"
        # of a price of 2, and of 1 piece
        total = 2 * value if column == "quantity" else value
        if column == "quantity" and value == 0:
            return "zero_quantity"
        return reason_of_amount(total)
    return reason_of_amount(value)


def plant(connection):
    """A shop of 300 orders; each extreme in a row of its own. Returns the reasons."""
    orders, lines, reasons = [], [], {}
    planted = iter(
        [("orders", column, value) for column in ORDERED for value in EXTREMES]
        + [("order_lines", column, value) for column in LINED for value in EXTREMES]
    )
    for number in range(300):
        order = {"shipping_amount": 1.0, "tax_amount": 1.0, "discount_amount": 0.1}
        line = {
            "quantity": 1.0, "unit_price": 2.0, "list_price": 2.5, "unit_cost": 1.0,
            "discount_amount": None, "returned_quantity": 0.5, "tax_amount": 0.1,
        }  # fmt: skip
        # ordinary ones, so that the sign of the column is beyond doubt
        if number >= 200:
            order["discount_amount"], line["discount_amount"] = None, 0.1
        entity, column, value = next(planted, (None, None, None))
        if entity == "orders":
            order[column] = value
            reasons[entity, f"o{number}", column, value] = reason_of_amount(value)
        elif entity:
            # a discount on the order, too, would have to agree
            if column == "discount_amount":
                order["discount_amount"] = None
            line[column] = value
            key = (entity, f"l{number}", column, value)
            reasons[key] = reason_of_line(column, value)
        orders.append((f"o{number}", f"c{number % 60}", number % 200, *order.values()))
        lines.append((f"l{number}", f"o{number}", *line.values()))
    connection.execute(
        "create table raw.orders (order_id varchar, customer_id varchar, day integer, "
        + ", ".join(f"{name} double" for name in order)
        + ", ordered_at timestamp)"
    )
    connection.executemany(
        "insert into raw.orders select $1, $2, $3, $4, $5, $6, "
        "timestamp '2024-01-01 12:00' + to_days(cast($3 as integer))",
        orders,
    )
    connection.execute(
        "create table raw.order_lines (order_line_id varchar, order_id varchar, "
        + ", ".join(f"{name} double" for name in line)
        + ")"
    )
    connection.executemany(
        "insert into raw.order_lines values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", lines
    )
    return reasons


AGES = [
    (math.nan, None), (math.inf, None), (130.0, None), (-1.0, None), (1e13, None),
    (0.0, 0), (120.0, 120),
]  # fmt: skip
BIRTHS = [("1850-01-01", None), ("2099-01-01", None), ("1980-05-01", "1980-05-01")]
RATINGS = [
    (math.nan, "missing_rating"), (5.0, None), (1.0, None),
    *((value, "implausible_rating") for value in
      (math.inf, -math.inf, 1e308, -5.0, 0.0, 11.0, 5.5)),
]  # fmt: skip
REFUNDS = [
    (math.nan, "missing_amount"), (math.inf, "implausible_amount"),
    (1e308, "implausible_amount"), (1e10, "implausible_amount"), (1.0, None),
]  # fmt: skip
COSTS = [(math.nan, None), (math.inf, None), (-3.0, None), (1e13, None), (3.0, 3)]


@pytest.fixture(scope="module")
def extreme(tmp_path_factory, build_shop, query):
    """The shop, built: `expected` reasons, and those `found`."""
    database = tmp_path_factory.mktemp("values") / "extreme.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        expected = plant(connection)
        connection.execute(
            "create table raw.customers as select 'c' || i as customer_id, "
            "cast(null as double) as age, cast(null as varchar) as birth_date "
            "from range(60) as numbers(i)"
        )
        for number, (age, _) in enumerate(AGES):
            connection.execute(
                "update raw.customers set age = $1 where customer_id = $2",
                (age, f"c{number}"),
            )
        for number, (birth, _) in enumerate(BIRTHS):
            connection.execute(
                "update raw.customers set birth_date = $1 where customer_id = $2",
                (birth, f"c{10 + number}"),
            )
        # ordinary rows beside them
        connection.execute(
            "create table raw.reviews as select 'v' || i as review_id, "
            "'c1' as customer_id, cast(4 as double) as rating, "
            "timestamp '2024-02-01' as reviewed_at from range(30) as numbers(i)"
        )
        for number, (rating, _) in enumerate(RATINGS):
            connection.execute(
                "update raw.reviews set rating = $1 where review_id = $2",
                (rating, f"v{number}"),
            )
        connection.execute(
            "create table raw.refunds as select 'r' || i as refund_id, "
            "'o' || (200 + i) as order_id, cast(0.5 as double) as amount, "
            "timestamp '2024-07-30' as refunded_at from range(15) as numbers(i)"
        )
        for number, (amount, _) in enumerate(REFUNDS):
            connection.execute(
                "update raw.refunds set amount = $1 where refund_id = $2",
                (amount, f"r{number}"),
            )
        connection.execute(
            "create table raw.campaign_members as select 'spring' as campaign_id, "
            "'c' || i as customer_id, 'control' as arm, cast(1 as double) as cost, "
            "timestamp '2024-02-01' as assigned_at from range(5) as numbers(i)"
        )
        for number, (cost, _) in enumerate(COSTS):
            connection.execute(
                "update raw.campaign_members set cost = $1 where customer_id = $2",
                (cost, f"c{number}"),
            )
    build_shop(VARS, database, BUILD)
    found = {
        (entity, key): reason
        for entity, key, reason in query(
            database,
            "select entity, row_key, reject_reason from shop.fct_rejected_rows "
            "where reject_reason not like 'order!_%' escape '!'"
            " and reject_reason != 'no_accepted_lines'",
        )
    }
    return SimpleNamespace(database=database, expected=expected, found=found)


def test_amounts_that_nobody_means_are_rejected_and_others_are_not(extreme):
    wrong = {
        key: (reason, extreme.found.get(key[:2]))
        for key, reason in extreme.expected.items()
        if extreme.found.get(key[:2]) != reason
    }
    assert len(extreme.expected) == 110
    assert wrong == {}


def test_the_amount_at_fault_is_named_with_its_column(extreme, query):
    named = dict(
        query(
            extreme.database,
            "select row_key, offending_value from shop.fct_rejected_rows "
            "where reject_reason = 'implausible_amount'",
        )
    )
    at_fault = [
        (key, column)
        for (_, key, column, _), reason in extreme.expected.items()
        if reason == "implausible_amount"
    ]
    assert len(at_fault) > 60
    for key, column in at_fault:
        assert column in named[key], (key, column, named[key])


def test_ratings_and_refunds_out_of_range_are_rejected(extreme):
    for prefix, entity, cases in (
        ("v", "reviews", RATINGS),
        ("r", "refunds", REFUNDS),
    ):
        for number, (value, reason) in enumerate(cases):
            assert extreme.found.get((entity, f"{prefix}{number}")) == reason, value


def test_ages_births_and_costs_out_of_range_are_unknown(extreme, query):
    ages = dict(
        query(
            extreme.database, "select customer_id, age from shop.int_customers__checked"
        )
    )
    assert [ages[f"c{number}"] for number in range(len(AGES))] == [a for _, a in AGES]
    births = dict(
        query(
            extreme.database,
            "select customer_id, cast(birth_date as varchar) "
            "from shop.int_customers__checked",
        )
    )
    assert [births[f"c{10 + number}"] for number in range(len(BIRTHS))] == [
        birth for _, birth in BIRTHS
    ]
    costs = dict(
        query(
            extreme.database,
            "select customer_id, cost from shop.int_campaign_members__checked",
        )
    )
    found = [costs[f"c{number}"] for number in range(len(COSTS))]
    assert found == [cost for _, cost in COSTS]


def test_the_features_of_such_a_shop_are_numbers(extreme, query):
    ((n_rows, n_finite),) = query(
        extreme.database,
        "select count(*), count(*) filter (isfinite(net_amount) and "
        "coalesce(isfinite(mean_rating), true)) from shop.fct_customer_features",
    )
    assert n_rows == n_finite > 0


def test_many_amounts_near_the_limit_are_refused_in_plain_words(
    tmp_path, write_shop, build_shop
):
    database = tmp_path / "sums.duckdb"
    write_shop(
        database,
        {
            # the sum of one order alone is more than a column of money holds
            "order_lines": """
                select 'l' || i as order_line_id, 'o1' as order_id, 1 as quantity,
                    9e9 as unit_price
                from range(12000) as numbers(i)
            """
        },
    )
    three = {name: name for name in ("customers", "orders", "order_lines")}
    process = build_shop(
        {**VARS, "segmentation_tables": three}, database, BUILD, check=False
    )
    said = re.sub(r"\s+", " ", process.stdout)
    assert process.returncode != 0
    assert re.search(
        r"column line_amount of \S+ adds up to 108,000,000,000,000 USD over 12000 rows",
        said,
    )
    assert "Conversion Error" not in said and "Overflow" not in said
