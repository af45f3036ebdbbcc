"""Publish the marts beside the build, so that no reader waits: `make publish`.

    python -m segmentation publish --to parquet:published
    python -m segmentation publish --to ducklake:metadata.ducklake
    python -m segmentation publish --to "postgres:dbname=bi host=db"

All tables are there at once or none of them: readers see the publication of before
until the new one is whole. Tables that tools are sent from (rpt_esp_*) hold addresses
and are left out. DuckLake and Postgres need DuckDB's extension: from DuckDB itself, or
from the wheel of its version, `duckdb-extension-ducklake` or
`duckdb-extension-postgres-scanner`.
"""

import argparse
import importlib.util
import os
import shutil
import sys
import uuid
from pathlib import Path

import duckdb

from segmentation.commands.arguments import add_database
from segmentation.identifiers import literal, quoted

PUBLISHED = r"^(dim|fct)_|^rpt_customers$"
EXTENSIONS = {"ducklake": "ducklake", "postgres": "postgres_scanner"}
# publications that are kept in a folder: the one that readers may be in the middle of
KEPT = 2


class PublishError(Exception):
    """Nothing is published: a sentence that says why and what to do."""


def marts(connection, schema):
    """Names of the tables to publish, in order.

    Raises
    ------
    PublishError
        If there is none.
    """
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'built' and table_schema = ?"
        " and regexp_matches(table_name, ?) order by 1",
        [schema, PUBLISHED],
    ).fetchall()
    if not rows:
        raise PublishError(
            f"There is no mart in schema {schema}; build them with dbt, or name another"
            " schema with --schema."
        )
    return [name for (name,) in rows]


def to_parquet(connection, schema, names, folder):
    """Write a folder of Parquet files, and let the link `current` name it.

    A link is replaced in one step, so that `folder/current/*.parquet` is one
    publication at any moment.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    current = folder / "current"
    if current.exists() and not current.is_symlink():
        raise PublishError(
            f"{current} is no link that this command made; move it away."
        )
    version = folder / f"publication_{uuid.uuid4().hex}"
    version.mkdir()
    try:
        for name in names:
            path = literal(version / f"{name}.parquet")
            connection.execute(
                f"copy built.{quoted(schema)}.{quoted(name)} to {path} (format parquet)"
            )
        link = folder / f".{version.name}"
        link.symlink_to(version.name)
    except BaseException:
        shutil.rmtree(version)
        raise
    os.replace(link, current)
    others = [one for one in folder.glob("publication_*") if one != version]
    others.sort(key=lambda one: one.stat().st_mtime)
    for one in others[: max(0, len(others) - KEPT + 1)]:
        shutil.rmtree(one)
    return str(current)


def load_extension(connection, name):
    """Load an extension of DuckDB, from DuckDB's own folder or from a wheel.

    Raises
    ------
    PublishError
        If it is in neither.
    """
    package = f"duckdb_extension_{EXTENSIONS[name]}"
    found = importlib.util.find_spec(package)
    for folder in found.submodule_search_locations if found else ():
        path = Path(folder) / "extensions" / f"v{duckdb.__version__}"
        for file in path.glob("*.duckdb_extension"):
            connection.execute(f"load {literal(file)}")
            return
    try:
        connection.execute(f"load {EXTENSIONS[name]}")
    except duckdb.Error:
        wheel = package.replace("_", "-")
        raise PublishError(
            f"DuckDB {duckdb.__version__} has no extension {name}. Install it with"
            f" `install {name}` in DuckDB, or the wheel {wheel}=={duckdb.__version__};"
            " where there is none for this version, publish with a version of DuckDB"
            " that has one: 1.2 and later read the file."
        ) from None


def to_ducklake(connection, schema, names, path):
    """Replace the tables of a DuckLake in one transaction, which is one snapshot."""
    load_extension(connection, "ducklake")
    connection.execute(f"attach {literal(f'ducklake:{path}')} as lake")
    connection.execute("begin")
    connection.execute(f"create schema if not exists lake.{quoted(schema)}")
    for name in names:
        # by value: a lake knows no enums and the like of the file
        connection.execute(
            f"create or replace table lake.{quoted(schema)}.{quoted(name)} as"
            f" from built.{quoted(schema)}.{quoted(name)}"
        )
    connection.execute("commit")
    return f"ducklake:{path}, schema {schema}"


def to_postgres(connection, schema, names, address):
    """Load the tables into a schema beside, and exchange the two in one transaction."""
    load_extension(connection, "postgres")
    connection.execute(f"attach {literal(address)} as bi (type postgres)")
    beside = f"{schema}__next"
    ask = f"drop schema if exists {quoted(beside)} cascade"
    connection.execute(f"call postgres_execute('bi', {literal(ask)})")
    connection.execute(f"create schema bi.{quoted(beside)}")
    for name in names:
        connection.execute(
            f"create table bi.{quoted(beside)}.{quoted(name)} as"
            f" from built.{quoted(schema)}.{quoted(name)}"
        )
    ask = (
        f"begin; drop schema if exists {quoted(schema)} cascade;"
        f" alter schema {quoted(beside)} rename to {quoted(schema)}; commit"
    )
    connection.execute(f"call postgres_execute('bi', {literal(ask)})")
    return f"postgres, schema {schema}"


KINDS = {"parquet": to_parquet, "ducklake": to_ducklake, "postgres": to_postgres}


def publish(database, schema, destination):
    """Publish the marts of a DuckDB file, which is only read.

    Parameters
    ----------
    database : str or Path
    schema : str
        Where the marts are, and are published to.
    destination : str
        `parquet:FOLDER`, `ducklake:FILE` or `postgres:ADDRESS`.

    Returns
    -------
    tuple of (int, str)
        How many tables, and where.

    Raises
    ------
    PublishError
        If nothing could be published; what was published before stays.
    """
    kind, _, where = destination.partition(":")
    if kind not in KINDS or not where:
        raise PublishError(
            f"--to {destination} is none of " + ", ".join(f"{one}:..." for one in KINDS)
        )
    if not Path(database).is_file():
        raise PublishError(f"There is no database {database}; name it with --database.")
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach {literal(database)} as built (read_only)")
            names = marts(connection, schema)
            return len(names), KINDS[kind](connection, schema, names, where)
        except (duckdb.Error, OSError) as error:
            if "Could not set lock" in str(error) and str(database) in str(error):
                raise PublishError(
                    f"{database} is being written to; publish when the build is done."
                ) from None
            # its first words alone: what follows may hold an address with a password
            raise PublishError(
                f"Publishing to {kind} failed ({str(error).split(':')[0]}), and what"
                f" was published before stays. Can {kind} be written to from here?"
            ) from None


def main(arguments=None):
    """Publish and say what and where; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation publish", description=__doc__.splitlines()[0]
    )
    add_database(parser)
    parser.add_argument(
        "--to",
        default="parquet:published",
        help="parquet:FOLDER, ducklake:FILE or postgres:ADDRESS",
    )
    options = parser.parse_args(arguments)
    try:
        n_tables, where = publish(options.database, options.schema, options.to)
    except PublishError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{n_tables} tables are published: {where}")
    return 0
