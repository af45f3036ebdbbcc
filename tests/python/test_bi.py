"""The tables of business intelligence: questions of docs/bi.md, and their totals."""

import re
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "bi.md"
QUESTIONS = re.findall(r"### (.+?)\n.*?```sql\n(.+?)```", PAGE.read_text(), re.DOTALL)
# what must not be in a table that whoever may see ids may see
PERSONAL = re.compile(r"mail|phone|name|address|birth|sha|md5|contact")
NOT_PERSONAL = {
    "segment_name", "micro_segment_name", "action_name", "has_email_consent",
    "email_suppress_reason",
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(demo_database):
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        yield connection


def tables_of(connection, query):
    """Tables of shop that a query reads, each once."""
    return {name.split(".")[-1] for name in connection.get_table_names(query)}


def one_table(connection, queries):
    return [name for name, query in queries if len(tables_of(connection, query)) == 1]


def test_twelve_questions_are_on_the_page_and_eleven_read_one_table(shop):
    assert len(QUESTIONS) == 12
    assert len({question for question, _ in QUESTIONS}) == 12
    assert len(one_table(shop, QUESTIONS)) == 11


def test_a_second_table_is_noticed(shop):
    query = QUESTIONS[0][1] + ", (select 1 from shop.dim_segments)"
    assert one_table(shop, [QUESTIONS[0], ("joined", query)]) == [QUESTIONS[0][0]]


@pytest.mark.parametrize(("question", "query"), QUESTIONS)
def test_a_question_is_answered(shop, question, query):
    relation = shop.sql(query)
    assert relation.fetchall(), question


def answer(connection, words):
    (query,) = [query for question, query in QUESTIONS if words in question]
    relation = connection.sql(query)
    return [
        dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()
    ]


def last(connection, table, expression):
    return connection.execute(
        f"select {expression} from shop.{table}"
        f" where as_of_date = (select max(as_of_date) from shop.{table})"
    ).fetchall()[0][0]


def test_answers_add_up_to_the_tables_behind_them(shop):
    rows = answer(shop, "How many customers has each segment")
    features = "fct_customer_features"
    assert sum(row["n_customers"] for row in rows) == last(shop, features, "count(*)")
    assert sum(row["net_amount_365d"] for row in rows) == last(
        shop, features, "sum(net_amount_365d)"
    )
    rows = answer(shop, "Where do the best customers live")
    total = sum(row["expected_revenue"] or 0 for row in rows)
    published = last(shop, "fct_customer_scores", "sum(expected_revenue)")
    assert total == pytest.approx(published, rel=1e-12)
    rows = answer(shop, "What is to be done")
    (n_recommended,) = shop.execute(
        "select count(*) from shop.fct_customer_actions"
        " where is_recommended and action_id != 'do_nothing'"
    ).fetchall()[0]
    assert sum(row["n_customers"] for row in rows) == n_recommended > 0


def test_months_are_counted_with_the_segment_of_the_day(shop):
    """By hand: each order and return with the log's segment on that day."""
    by_hand = shop.execute(
        """
        with rows as (
            select customer_id, ordered_on as day, gross_amount - discount_amount as net
            from shop.int_orders__priced, shop.int_snapshots__last
            where
                treatment != 'refund' and ordered_on <= as_of_date
                and voided_on > as_of_date
            union all
            select customer_id, returned_on, -returned_amount
            from shop.int_returns__priced, shop.int_snapshots__last
            where returned_on <= as_of_date and voided_on > as_of_date
        ),
        placed as (
            select rows.*, (
                select arg_max(segment_id, as_of_date)
                from shop.int_customer_segments__confirmed as log
                where log.customer_id = rows.customer_id and log.as_of_date <= rows.day
            ) as segment_id
            from rows join shop.int_customers__known using (customer_id)
        )
        select date_trunc('month', day)::date, segment_id, sum(net)
        from placed group by all
        """
    ).fetchall()
    published = shop.execute(
        "select month_start_date, segment_id, net_amount from shop.fct_segment_months"
    ).fetchall()
    assert sorted(map(str, published)) == sorted(map(str, by_hand))
    assert len({segment for _, segment, _ in published}) > 4


def test_nothing_personal_is_in_the_table_of_customers(shop):
    columns = shop.sql("select * from shop.rpt_customers limit 0").columns
    assert [
        name for name in columns if PERSONAL.search(name) and name not in NOT_PERSONAL
    ] == []
    (n_addresses,) = shop.execute(
        "select count(*) from shop.rpt_customers as row where row::varchar like '%@%'"
    ).fetchone()
    assert n_addresses == 0


def test_tables_of_customers_and_weeks_are_named_on_the_page(shop):
    """Who joins these by customer alone counts everybody once a week."""
    weekly = set()
    for (table,) in shop.execute(
        """
        select table_name from duckdb_columns()
        where schema_name = 'shop' and regexp_matches(table_name, '^(dim|fct|rpt)_')
            and column_name in ('customer_id', 'as_of_date')
        group by table_name having count(*) = 2
        """
    ).fetchall():
        (n_dates,) = shop.execute(
            f"select count(distinct as_of_date) from shop.{table}"
        ).fetchone()
        if n_dates > 1:
            weekly.add(table)
    section = PAGE.read_text().split("## What must not be summed")[1].split("\n| ")[0]
    assert weekly == set(re.findall(r"`(fct_\w+)`", section))


def test_every_table_and_column_of_the_marts_carries_its_description(shop):
    for catalogue in ("duckdb_tables", "duckdb_views", "duckdb_columns"):
        internal = "" if catalogue == "duckdb_columns" else "not internal and "
        name = catalogue.removeprefix("duckdb_").removesuffix("s")
        missing = shop.execute(
            f"select {name}_name, comment from {catalogue}() where {internal}"
            " schema_name = 'shop' and comment is null"
            " and regexp_matches("
            + ("table" if name == "column" else name)
            + "_name, '^(dim|fct|rpt)_')"
        ).fetchall()
        assert missing == [], catalogue


def test_the_file_is_of_the_format_that_the_page_says(demo_database):
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        (tags,) = connection.execute(
            "select tags from duckdb_databases() where not internal"
        ).fetchone()
    version = re.search(r"the format is that of ([\d.]+)", PAGE.read_text())[1]
    assert tags["storage_version"].startswith(f"v{version}.")
