"""Arguments that several commands take, and the database that they name."""

import os

import duckdb

from segmentation.commands.run import VARIABLE


def add_database(parser, schema="shop"):
    """Add `--database` and `--schema`, where the marts are that a command reads.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    schema : str or None
        The default; None if the command looks for it.
    """
    parser.add_argument(
        "--database",
        default=os.environ.get(VARIABLE, "segmentation.duckdb"),
        help="DuckDB file that dbt built, only read",
    )
    parser.add_argument(
        "--schema",
        default=schema,
        help="where dbt puts the marts"
        + ("; looked for by default" if schema is None else ""),
    )


def check_database(parser, options, command="make build"):
    """End with a sentence that names a command if the database is not there."""
    if not os.path.exists(options.database):
        parser.error(f"there is no database {options.database}; run `{command}` first")


def open_marts(parser, options):
    """A connection that only reads the marts; their schema is looked for if need be.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Ends the command in words if there is no database.
    options : argparse.Namespace
        As `add_database` has it read; `schema` is set if it is None.

    Returns
    -------
    duckdb.DuckDBPyConnection
    """
    check_database(parser, options)
    connection = duckdb.connect(options.database, read_only=True)
    options.schema = options.schema or _find_schema(connection)
    return connection


def _find_schema(connection):
    """The schema of a database that holds the segments; "shop" if there is doubt."""
    found = connection.execute(
        "select table_schema from information_schema.tables"
        " where table_catalog = current_database()"
        " and table_name = 'fct_segment_summaries'"
    ).fetchall()
    return found[0][0] if len(found) == 1 else "shop"
