"""The card of one customer says what the marts say, and nothing to reach them by."""

import shutil

import duckdb
import pytest
from segmentation.commands import customer


@pytest.fixture(scope="module")
def shop(demo_database, tmp_path_factory):
    """A copy of the demo shop in which rows may be changed."""
    path = tmp_path_factory.mktemp("card") / "shop_copy.duckdb"
    shutil.copy(demo_database, path)
    with duckdb.connect(str(path)) as connection:
        yield connection


def card(shop, customer_id):
    return customer.read_card(shop, "shop", customer_id)


def one(shop, sql, *values):
    return shop.execute(sql, values).fetchone()


def some_customer(shop, condition):
    (found,) = one(
        shop, f"select min(customer_id) from shop.rpt_customers where {condition}"
    )
    assert found is not None, f"the demo has nobody with {condition}"
    return found


def test_the_card_says_what_the_marts_say(shop):
    customer_id = some_customer(
        shop,
        "churn_score_status = 'scored' and value_score_status = 'scored'"
        " and action_status = 'recommended' and n_orders > 1 and has_email_consent"
        " and email_suppress_reason is null",
    )
    name, n_orders, p_churn, expected, action = one(
        shop,
        "select segment_name, n_orders, p_churn, expected_revenue, action_name"
        " from shop.rpt_customers where customer_id = ?",
        customer_id,
    )
    reasons = one(
        shop,
        "select reason_1, reason_2, reason_3 from shop.dim_customer_segments"
        " where customer_id = ?",
        customer_id,
    )
    lines = card(shop, customer_id)
    assert lines[0].startswith(f"{customer_id}: {name} since ")
    assert lines[1].startswith(f"  {n_orders:,} orders, the last ")
    assert f"  Why: {'; '.join(filter(None, reasons))}" in lines
    assert any(f" days: {p_churn:.0%}, " in line for line in lines)
    assert any(f" days: {expected:,.2f} USD" in line for line in lines)
    (recommended,) = [line for line in lines if line.startswith("  Recommended: ")]
    assert recommended.startswith(f"  Recommended: {action} (")
    assert not any("Do nothing" in line for line in lines)


def test_who_has_said_no_is_not_to_be_written_to(shop):
    customer_id = some_customer(
        shop,
        "not has_email_consent and not has_sms_consent and not has_push_consent",
    )
    lines = card(shop, customer_id)
    assert "  Must not be written to: no channel has their consent" in lines


def test_a_consent_to_an_address_that_is_suppressed_does_not_count(shop):
    customer_id = some_customer(
        shop, "has_email_consent and not has_sms_consent and not has_push_consent"
    )
    shop.execute("begin")
    try:
        shop.execute(
            "update shop.rpt_customers set email_suppress_reason = 'bounced'"
            " where customer_id = ?",
            [customer_id],
        )
        lines = card(shop, customer_id)
    finally:
        shop.execute("rollback")
    assert "  Must not be written to: no channel has their consent" in lines
    assert "    no email: bounced" in lines


def test_what_cannot_be_told_is_not_told(shop):
    customer_id = some_customer(shop, "churn_score_status = 'scored'")
    change = (
        "update shop.fct_customer_scores set churn_percentile = 0.25,"
        " expected_revenue = null, value_percentile = null where customer_id = ?",
        "update shop.rpt_customers set p_churn = null, expected_revenue = null"
        " where customer_id = ?",
    )
    shop.execute("begin")
    try:
        for statement in change:
            shop.execute(statement, [customer_id])
        lines = card(shop, customer_id)
        shop.execute(
            "delete from shop.fct_customer_scores where customer_id = ?", [customer_id]
        )
        without = card(shop, customer_id)
    finally:
        shop.execute("rollback")
    ranked = "  Likelier to leave than 25% of customers; how likely cannot be told"
    assert ranked in lines
    assert not any("Leaves within" in line or "Expected in" in line for line in lines)
    assert "  No score: there is too little to learn from" in without


def test_a_prospect_has_a_card(shop):
    lines = card(shop, some_customer(shop, "not has_ordered"))
    assert "  has not ordered yet" in lines


def test_nothing_to_reach_them_by_is_on_any_card(shop):
    ids = [row[0] for row in shop.execute(
        "select customer_id from shop.rpt_customers order by md5(customer_id) limit 20"
    ).fetchall()]  # fmt: skip
    words = "\n".join(line for customer_id in ids for line in card(shop, customer_id))
    assert "@" not in words and "+1" not in words


def test_words_of_the_shop_do_not_move_the_cursor(shop):
    customer_id = some_customer(shop, "has_ordered")
    shop.execute("begin")
    try:
        shop.execute(
            "update shop.rpt_customers set segment_name = chr(27) || '[2J' || chr(10)"
            " || 'Champions' where customer_id = ?",
            [customer_id],
        )
        lines = card(shop, customer_id)
    finally:
        shop.execute("rollback")
    assert all(line.isprintable() for line in lines)
    assert "\N{REPLACEMENT CHARACTER}[2J" in lines[0]


@pytest.mark.parametrize("customer_id", ["nobody", "' or true --", ""])
def test_a_customer_that_is_not_there_is_said(demo_database, capsys, customer_id):
    code = customer.main([customer_id, "--database", str(demo_database)])
    said = capsys.readouterr()
    assert code == 1 and said.out == ""
    assert said.err.startswith(f"There is no customer {customer_id} in shop.rpt_")
