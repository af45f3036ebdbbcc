"""What the report reads: one query per chart, from the published marts alone.

A query is a file in `queries/`; its marts are written `{schema}.name`. A mart that is
not there, or has no row, gives no rows and a sentence that says so, which the chart
shows in place of marks.
"""

import datetime
import decimal
import re
from importlib import resources

import duckdb

from segmentation.identifiers import qualified

MARTS = re.compile(r"\{schema\}\.(\w+)")

# queries whose rows a chart shows as they are
CHART_QUERIES = (
    "meta",
    "currency",
    "segments",
    "version",
    "profiles",
    "fit_curves",
    "stability",
    "components",
    "migrations",
    "trajectories",
    "trends",
    "calibration",
    "scorecards",
    "drift",
    "quality",
    "rejections",
    "actions",
    "budget_curves",
    "budget_allocations",
    "experiments",
)


def open_marts(database):
    """A read-only connection on one thread, on which sums of doubles never vary."""
    return duckdb.connect(str(database), read_only=True, config={"threads": 1})


def query_text(name):
    """The text of queries/<name>.sql."""
    return (
        resources.files(__package__)
        .joinpath("queries", f"{name}.sql")
        .read_text(encoding="utf-8")
    )


def steady(value, digits=9):
    """A double to some digits: on two threads the last ones vary between builds.

    To 13 first: a mean of amounts often ends on a five, half way between two numbers of
    fewer digits, and what varies would decide which.
    """
    return float(f"{float(f'{value:.13g}'):.{digits}g}")


def plain(value):
    """A value as JSON has it: dates as text, decimals as float, no NaN or infinity.

    Doubles keep nine digits, decimals all of them.
    """
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float):
        return steady(value) if -1e308 < value < 1e308 else None
    return value


def existing_marts(connection, schema):
    """Names of the tables in a schema.

    Raises
    ------
    ValueError
        The schema has no segment mart; the message names the schemas that do.
    """
    found = connection.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_catalog = current_database()"
    ).fetchall()
    marts = {table for named, table in found if named == schema}
    if "dim_customer_segments" not in marts:
        others = sorted({s for s, t in found if t == "dim_customer_segments"})
        where = (
            f"it is in {', '.join(others)}: name it with --schema"
            if others
            else "run `dbt build` first"
        )
        raise ValueError(f"schema {schema} has no table dim_customer_segments; {where}")
    return marts


def missing_marts(name, marts):
    """Marts that a query reads and the schema lacks, in the order they are read."""
    read = dict.fromkeys(MARTS.findall(query_text(name)))
    return [mart for mart in read if mart not in marts]


def run(connection, schema, name):
    """A cursor on a query's rows.

    Raises
    ------
    ValueError
        A mart lacks a column: it was built by another version than this.
    """
    try:
        return connection.execute(
            query_text(name).format(schema=qualified(connection, schema))
        )
    except duckdb.BinderException as error:
        said = str(error).split("\n")[0]
        raise ValueError(
            f"the query {name} does not fit schema {schema}: {said}. The marts were"
            " built by another version; run `dbt build` with this one"
        ) from error


def fetch(connection, schema, name, marts):
    """Rows of a query.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    schema : str
        Where the marts are.
    name : str
        The query's file, without `.sql`.
    marts : set of str
        Tables of the schema.

    Returns
    -------
    rows : list of dict
    missing : str or None
        Why there are no rows, in words; None if there are.
    """
    absent = missing_marts(name, marts)
    if absent:
        verb = "is" if len(absent) == 1 else "are"
        return [], f"{', '.join(absent)} {verb} not built in schema {schema}."
    cursor = run(connection, schema, name)
    columns = [column[0] for column in cursor.description]
    rows = [
        dict(zip(columns, map(plain, row), strict=True)) for row in cursor.fetchall()
    ]
    if rows:
        return rows, None
    names = list(dict.fromkeys(MARTS.findall(query_text(name))))
    if len(names) == 1:
        return [], f"{names[0]} has no rows yet."
    return [], f"{' with '.join(names)} gives no rows yet."
