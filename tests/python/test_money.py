"""What orders are worth: signs, credits, refunds, discounts told twice, tax, types.

One shop holds every case, beside generated orders whose net a few lines of Python
reckon anew. Its lines are numbered within their orders, and its discounts and refunds
are written below zero, as some systems do.
"""

import random
import re
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pytest

VARS = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_tables": {
        "customers": "customers",
        "orders": "orders",
        "order_lines": "order_lines",
        "refunds": "refunds",
    },
    "segmentation_history_snapshots": 3,
    "segmentation_as_of_date": "2024-06-30",
    "segmentation_extracted_at": "2024-07-01 00:00:00",
}
ORDER = (
    "order_id", "customer_id", "ordered_at", "status", "discount_amount", "tax_amount",
    "prices_include_tax", "is_test", "cancelled_at", "updated_at", "currency",
)  # fmt: skip
LINE = (
    "order_id", "order_line_id", "quantity", "unit_price", "discount_amount",
    "returned_quantity", "tax_amount", "line_type",
)  # fmt: skip
REFUND = ("refund_id", "order_id", "order_line_id", "amount", "refunded_at")
NEW, OLD = "2024-06-20 10:00", "2024-06-01 10:00"


def order(customer, *lines, refunds=(), **columns):
    """An order of one customer: its columns, its lines and its refunds."""
    return SimpleNamespace(
        customer=customer,
        columns={"ordered_at": OLD, **columns},
        lines=lines,
        refunds=refunds,
    )


def line(quantity, unit_price, **columns):
    return {"quantity": quantity, "unit_price": unit_price, **columns}


# customer: (orders, what they are worth at the last snapshot, what was wrong before)
CASES = {
    "order_discount_below_zero": (
        [order("order_discount_below_zero", line(1, 100), discount_amount=-30)], 70),
    "line_discount_below_zero": (
        [order("line_discount_below_zero", line(1, 100, discount_amount=-30))], 70),
    "discount_on_order_and_lines": (
        [order("discount_on_order_and_lines", line(1, 60, discount_amount=-10),
               line(1, 40, discount_amount=-5), discount_amount=-15)], 85),
    "status_refunded": ([order("status_refunded", line(1, 100), status="refunded")], 0),
    "status_returned": ([order("status_returned", line(1, 100), status="Returned")], 0),
    "status_voided": ([order("status_voided", line(1, 100), status="voided")], 0),
    "status_partially_refunded": (
        [order("status_partially_refunded", line(2, 50, returned_quantity=-1),
               status="partially_refunded")], 50),
    "coupon_as_a_line": ([order("coupon_as_a_line", line(1, 100), line(1, -30))], 70),
    "coupon_by_type": (
        [order("coupon_by_type", line(1, 100), line(1, 30, line_type="Coupon"))], 70),
    "return_as_a_line": ([order("return_as_a_line", line(1, 100), line(-1, 40))], 60),
    "credit_note_by_price": (
        [order("credit_note_by_price", line(1, 100)),
         order("credit_note_by_price", line(1, -40))], 60),
    "cancelled_whatever_its_status": (
        [order("cancelled_whatever_its_status", line(1, 100), status="completed",
               cancelled_at="2024-06-05 10:00")], 0),
    "test_order": (
        [order("test_order", line(1, 100), is_test=True),
         order("test_order", line(1, 7), is_test=False)], 7),
    "tax_in_prices": (
        [order("tax_in_prices", line(1, 119), tax_amount=19, prices_include_tax=True)],
        100),
    "tax_in_lines": (
        [order("tax_in_lines", line(1, 119, tax_amount=19),
               line(1, 107, tax_amount=7), prices_include_tax=True)], 200),
    "tax_on_top": (
        [order("tax_on_top", line(1, 100), tax_amount=19, prices_include_tax=False)],
        100),
    "gift_card_tip_and_shipping": (
        [order("gift_card_tip_and_shipping", line(1, 100, line_type="line_item"),
               line(1, 50, line_type="gift_card"), line(1, 5, line_type="Tip"),
               line(1, 6, line_type="shipping"), line(1, 7, line_type="service"))],
        100),
    "refund_of_a_line_and_its_return": (
        [order("refund_of_a_line_and_its_return", line(2, 50, returned_quantity=-1),
               refunds=[(1, -50, "2024-06-10 10:00")])], 50),
    "refund_of_an_order": (
        [order("refund_of_an_order", line(1, 60), line(1, 40),
               refunds=[(None, -25, "2024-06-26 10:00")])], 75),
    "refund_beyond_what_was_paid": (
        [order("refund_beyond_what_was_paid", line(1, 100),
               refunds=[(None, -80, "2024-06-10 10:00"),
                        (None, -30, "2024-06-12 10:00")])], 0),
    "refund_with_tax": (
        [order("refund_with_tax", line(1, 119), tax_amount=19, prices_include_tax=True,
               refunds=[(None, "-23.80", "2024-06-10 10:00")])], 80),
}  # fmt: skip


def generated_orders(n, seed=20240101):
    """Orders of every mix of what may lower them, and what each is worth."""
    draw = random.Random(seed)
    found = []
    for number in range(n):
        lines = [
            line(
                draw.randint(1, 3),
                Decimal(draw.randint(100, 9999)) / 100,
                discount_amount=-Decimal(draw.choice([0, 0, draw.randint(1, 99)]))
                / 100,
                returned_quantity=-draw.choice([0, 0, 0, 1]),
            )
            for _ in range(draw.randint(1, 4))
        ]
        summed = sum(each["discount_amount"] for each in lines)
        discount = draw.choice([0, summed])
        if summed == 0:
            discount = -Decimal(draw.choice([0, draw.randint(1, 3000)])) / 100
        columns = {"discount_amount": discount}
        if draw.random() < 0.3:
            lines.append(line(1, -Decimal(draw.randint(1, 9000)) / 100))
        if draw.random() < 0.3:
            lines.append(line(-1, Decimal(draw.randint(1, 9000)) / 100))
        if draw.random() < 0.3:
            columns["status"] = draw.choice(["refunded", "placed", "cancelled"])
        refunds = [
            (None, -Decimal(draw.randint(1, 9000)) / 100, f"2024-06-1{day} 10:00")
            for day in range(draw.choice([0, 0, 1, 2]))
        ]
        found.append(
            order(f"generated_{number % 60}", *lines, refunds=refunds, **columns)
        )
    return found


def net_amount(given):
    """What an order is worth, by the contract: lines less discounts less returns."""
    if given.columns.get("status") == "cancelled":
        return Decimal(0)
    sales = [
        each for each in given.lines if min(each["quantity"], each["unit_price"]) > 0
    ]
    values = [
        each["quantity"] * each["unit_price"] + each["discount_amount"]
        for each in sales
    ]
    value = sum(values)
    coupons = -sum(each["unit_price"] for each in given.lines if each["unit_price"] < 0)
    returned = sum(each["unit_price"] for each in given.lines if each["quantity"] < 0)
    told_twice = any(each["discount_amount"] for each in sales)
    discount = 0 if told_twice else min(-given.columns["discount_amount"], value)
    paid = max(value - discount - coupons, Decimal(0))
    credits = returned + max(discount + coupons - value, Decimal(0))
    refunded = -sum(amount for _, amount, _ in given.refunds)
    pieces = [each["returned_quantity"] for each in sales]
    if given.refunds:
        back = min(refunded, max(paid - credits, Decimal(0)))
    elif any(pieces):
        shares = [
            own * -piece / each["quantity"]
            for own, piece, each in zip(values, pieces, sales, strict=True)
        ]
        back = sum(shares) * paid / value
    elif given.columns.get("status") == "refunded":
        back = paid
    else:
        back = Decimal(0)
    return paid - credits - back


def rows_of(orders):
    """The input tables of orders, as {table: (columns, rows)}."""
    tables = {"orders": [], "order_lines": [], "refunds": []}
    for number, given in enumerate(orders):
        order_id = f"o{number}"
        columns = {"order_id": order_id, "customer_id": given.customer, **given.columns}
        tables["orders"].append([columns.get(name) for name in ORDER])
        for line_number, each in enumerate(given.lines, start=1):
            columns = {"order_id": order_id, "order_line_id": line_number, **each}
            tables["order_lines"].append([columns.get(name) for name in LINE])
        for refund, (of_line, amount, day) in enumerate(given.refunds):
            tables["refunds"].append(
                [f"{order_id}-{refund}", order_id, of_line, amount, day]
            )
    return {
        "orders": (ORDER, tables["orders"]),
        "order_lines": (LINE, tables["order_lines"]),
        "refunds": (REFUND, tables["refunds"]),
    }


def write_orders(database, orders):
    """Write a shop of these orders to a new DuckDB file."""
    types = {
        "quantity": "decimal(18, 4)", "unit_price": "decimal(18, 4)",
        "discount_amount": "decimal(18, 4)", "returned_quantity": "decimal(18, 4)",
        "tax_amount": "decimal(18, 4)", "amount": "decimal(18, 4)",
        "prices_include_tax": "boolean", "is_test": "boolean",
        "ordered_at": "timestamp", "cancelled_at": "timestamp",
        "updated_at": "timestamp", "refunded_at": "timestamp",
    }  # fmt: skip
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.customers (customer_id varchar)")
        connection.executemany(
            "insert into raw.customers values (?)",
            sorted({(given.customer,) for given in orders}),
        )
        for table, (columns, rows) in rows_of(orders).items():
            typed = ", ".join(
                f"{name} {types.get(name, 'varchar')}" for name in columns
            )
            connection.execute(f"create table raw.{table} ({typed})")
            marks = ", ".join("?" for _ in columns)
            if rows:
                connection.executemany(
                    f"insert into raw.{table} values ({marks})", rows
                )


GENERATED = generated_orders(400)
ONCE_PER_STATUS = [
    order("once_per_status", line(1, 100), status="placed", updated_at=OLD),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory, build_shop):
    """The built shop: its database, and what the build said, on one line."""
    database = tmp_path_factory.mktemp("money") / "money.duckdb"
    orders = [given for cases, _ in CASES.values() for given in cases]
    orders += GENERATED
    orders += [order("franc", line(1, 10), currency="CHF")]
    orders += [order("euro", line(1, 10), currency="EUR")]
    orders += ONCE_PER_STATUS
    # a last day that is over
    orders += [order("last", line(1, 5), ordered_at="2024-06-30 23:00")]
    write_orders(database, orders)
    with duckdb.connect(str(database)) as connection:
        # the same order once more, as it stands today
        connection.execute(
            "insert into raw.orders by name select * replace ('refunded' as status, "
            "timestamp '2024-06-25 10:00' as updated_at) from raw.orders "
            "where customer_id = 'once_per_status'"
        )
    process = build_shop(
        VARS,
        database,
        (
            "build", "--indirect-selection", "empty", "--select",
            "+fct_customer_rfm", "+fct_input_conventions", "+fct_input_reconciliations",
            "assert_money_reconciles_from_lines_to_customers",
            "assert_orders_add_up_to_their_lines",
            "every_row_received_is_accepted_or_rejected",
        ),
    )  # fmt: skip
    return SimpleNamespace(database=database, said=re.sub(r"\s+", " ", process.stdout))


@pytest.fixture(scope="module")
def nets(shop, query):
    """{customer: what the orders are worth at the last snapshot}."""
    return dict(
        query(
            shop.database,
            "select customer_id, monetary_amount from shop.fct_customer_rfm "
            "where as_of_date = date '2024-06-30'",
        )
    )


@pytest.mark.parametrize("customer", CASES)
def test_an_order_is_worth_what_was_kept_of_it(nets, customer):
    assert nets[customer] == CASES[customer][1]


def test_net_is_lines_less_discounts_less_returns_whatever_the_mix(nets):
    expected = {}
    for given in GENERATED:
        before = expected.get(given.customer, Decimal(0))
        expected[given.customer] = before + net_amount(given)
    # a share of a returned piece is rounded to a hundredth of a cent
    wrong = {
        customer: (nets[customer], net)
        for customer, net in expected.items()
        if abs(nets[customer] - net) > Decimal("0.002")
    }
    assert not wrong
    assert len(expected) == 60


def test_an_order_given_once_per_status_is_the_newest_row(shop, nets, query):
    assert nets["once_per_status"] == 0
    reasons = query(
        shop.database,
        "select reject_reason, count(*) from shop.fct_rejected_rows "
        "where entity = 'orders' and reject_reason in ('superseded', 'duplicate_key') "
        "group by all",
    )
    assert reasons == [("superseded", 1)]


@pytest.mark.parametrize(
    ("customer", "before"),
    [("refund_of_an_order", 100), ("once_per_status", 100)],
)
def test_a_refund_is_known_from_its_day_on(shop, query, customer, before):
    found = query(
        shop.database,
        "select distinct monetary_amount from shop.fct_customer_rfm "
        f"where customer_id = '{customer}' and as_of_date < date '2024-06-25'",
    )
    assert found == [(before,)]


def test_a_line_number_is_a_key_within_its_order(shop, query):
    assert query(
        shop.database,
        "select count(*) from shop.fct_rejected_rows where entity = 'order_lines' "
        "and reject_reason = 'duplicate_key'",
    ) == [(0,)]


def test_lines_that_are_no_goods_are_told_by_kind(shop, query):
    assert query(
        shop.database,
        "select reject_reason from shop.fct_rejected_rows where entity = 'order_lines' "
        "and reject_reason like '%\\_line' escape '\\' order by reject_reason",
    ) == [("gift_card_line",), ("service_line",), ("shipping_line",), ("tip_line",)]


@pytest.mark.parametrize(
    "sentence",
    [
        "column discount_amount of orders lowers orders by what is below 0",
        "column amount of refunds lowers orders by what is below 0",
        "column returned_quantity of order_lines lowers orders by what is below 0",
        "column discount_amount of orders is the sum of the discounts of the lines in",
        "the prices of 3 orders include tax, which is taken out; 1 of them",
        "1 orders in CHF have no rate and are rejected as unknown_currency",
        "1 orders in EUR are converted at the example rates of the seed",
    ],
)
def test_conventions_are_told_at_the_end_of_the_build(shop, sentence):
    assert sentence in shop.said


# -- refusals ---------------------------------------------------------------


@pytest.fixture(scope="module")
def refused(tmp_path_factory, build_shop):
    """Function from orders to what is said of them, on one line."""
    database = tmp_path_factory.mktemp("refused") / "money.duckdb"

    def attempt(orders):
        write_orders(database, orders)
        args = (
            "build", "--exclude-resource-type", "unit_test", "test",
            "--select", "+int_orders__checked",
        )  # fmt: skip
        process = build_shop(VARS, database, args, check=False)
        said = re.sub(r"\s+", " ", process.stdout)
        assert process.returncode != 0, f"not refused: {said}"
        return said

    return attempt


def test_a_column_of_both_signs_is_refused_by_name(refused):
    said = refused(
        [
            order("a", line(2, 50, returned_quantity=1), discount_amount=5),
            order("b", line(2, 50, returned_quantity=-1), discount_amount=-5),
            order("c", line(2, 50, returned_quantity=-1), discount_amount=5),
        ]
    )
    assert "there are 2 things to correct" in said
    assert (
        "column returned_quantity of order_lines is above 0 in 1 rows and below 0 in 2"
    ) in said
    assert (
        "column discount_amount of orders is above 0 in 2 rows and below 0 in 1" in said
    )
    assert "segmentation_columns: {orders: {discount_amount: its_name}}" in said


def test_discounts_that_contradict_one_another_are_refused_by_name(refused):
    said = refused(
        [
            order("a", line(1, 50, discount_amount=5), discount_amount=5),
            order("b", line(1, 50, discount_amount=5), discount_amount=9),
        ]
    )
    assert (
        "1 of the 2 orders with a discount both on the order (column discount_amount "
        "of orders) and on its lines (column discount_amount of order_lines) have "
        "another sum there than on the lines, such as order o1"
    ) in said
    assert "segmentation_order_discounts to additional" in said
