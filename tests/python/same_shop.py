"""A shop that was landed in other tables and read again, beside its own build."""

from contextlib import contextmanager
from decimal import Decimal

import duckdb


@contextmanager
def opened(landed, reference):
    """A connection to two databases, as `landed` and `reference`."""
    with duckdb.connect() as connection:
        for name, database in {"landed": landed, "reference": reference}.items():
            connection.execute(f"attach '{database}' as {name} (read_only)")
        yield connection


def compare(connection, table, key, columns=None):
    """How many rows a table has in both together, and how many differ, by column.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        As `opened` gives it.
    table : str
    key : sequence of str
    columns : sequence of str, optional
        Columns, or SQL of them where each is written {row}.column; all by default.

    Returns
    -------
    tuple of int and dict
        Amounts are the same to the cent, other fractions to a thousandth. A column in
        which nothing differs is not in the dict.
    """
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = 'reference' and schema_name = 'shop'"
            " and table_name = ?",
            [table],
        ).fetchall()
    )
    counts, compared = ["count(*)"], list(columns or types)
    for column in compared:
        text = column if "{row}" in column else f"{{row}}.{column}"
        one, other = (f"({text.format(row=row)})" for row in ("one", "other"))
        same = f"{one} is not distinct from {other}"
        if types.get(column, "DECIMAL").startswith(("DOUBLE", "DECIMAL")):
            tolerance = 0.01 if "amount" in column else 0.001
            same = f"({same} or abs({one} - {other}) < {tolerance})"
        counts.append(f"sum(case when {same} then 0 else 1 end)")
    joined = " and ".join(
        f"one.{name} is not distinct from other.{name}" for name in key
    )
    ((n_rows, *differing),) = connection.execute(
        f"select {', '.join(counts)} from landed.shop.{table} as one"
        f" full outer join reference.shop.{table} as other on {joined}"
    ).fetchall()
    return n_rows, {name: n for name, n in zip(compared, differing, strict=True) if n}


def assert_same_segments(connection):
    n_customers, differing = compare(
        connection,
        "dim_customer_segments",
        ["customer_id"],
        ["customer_id", "segment_name"],
    )
    assert n_customers > 500 and differing == {}
    ((n_segments,),) = connection.execute(
        "select count(distinct segment_name) from landed.shop.dim_customer_segments"
    ).fetchall()
    assert n_segments >= 5


def assert_same_features(connection, left_out=(), instead=()):
    """Features are the same, but for some, `instead` of which SQL may be compared."""
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name = 'shop'"
            " and database_name = 'reference' and table_name = 'fct_customer_features'"
        ).fetchall()
        if name not in left_out
    ]
    assert len(columns) > 40
    n_rows, differing = compare(
        connection,
        "fct_customer_features",
        ["customer_id", "as_of_date"],
        [*columns, *instead],
    )
    assert n_rows > 2_000 and differing == {}


def assert_same_money(connection, amounts):
    """Sums of each customer's orders are the same to the cent.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    amounts : sequence of str
        SQL of an order's amounts, the first of which is net_amount.
    """
    sums = ", ".join(f"sum({amount})" for amount in amounts)
    landed, reference = (
        {
            customer: paid
            for customer, *paid in connection.execute(
                f"select customer_id, {sums} from {build}.shop.int_orders__priced"
                " group by customer_id"
            ).fetchall()
        }
        for build in ("landed", "reference")
    )
    assert landed.keys() == reference.keys() and len(landed) > 500
    totals = [sum(column) for column in zip(*landed.values(), strict=True)]
    assert totals[0] > 100_000 and min(totals) > 1_000
    # a voucher may be shared out to the cent there, and to a hundredth of one here
    assert max(
        abs(mine - theirs)
        for customer, paid in landed.items()
        for mine, theirs in zip(paid, reference[customer], strict=True)
    ) < Decimal("0.01")
