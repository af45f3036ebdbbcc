"""Compare two builds table by table: what a change of structure or speed has changed.

    python benchmarks/compare_builds.py BEFORE.duckdb AFTER.duckdb
    python benchmarks/compare_builds.py BEFORE.duckdb AFTER.duckdb --tables '.*'

The order of rows does not count. Decimals, dates and texts count exactly, doubles to
nine significant digits. For each table that differs, prints the columns that do and
some rows that only one of the two holds; exits with 1 if any table differs. By default
the public marts are compared, without what depends on how often one builds.
"""

import argparse
import re
import sys
from pathlib import Path

import duckdb

PUBLIC_MARTS = "(dim|fct|rpt)_.*"
# what a build changed depends on how often one builds
BY_RUN = "fct_sync_checks"


def list_columns(connection, catalog, schema, table):
    """Name and type of a table's columns, by name; empty if there is no such table."""
    return connection.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_catalog = ? and table_schema = ? and table_name = ?"
        " order by column_name",
        [catalog, schema, table],
    ).fetchall()


def list_tables(connection, catalog, schema, tables=PUBLIC_MARTS, leave_out=BY_RUN):
    """Names of tables and views; the whole name fits one pattern and not the other."""
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = ? and table_schema = ? order by table_name",
        [catalog, schema],
    ).fetchall()
    return [
        name
        for (name,) in found
        if re.fullmatch(tables, name) and not re.fullmatch(leave_out, name)
    ]


def as_text(name, data_type):
    """Expression of a column as text, the same for values that count as the same."""
    if data_type == "DOUBLE":
        # + 0.0: minus zero is zero
        return f"coalesce(printf('%.8e', \"{name}\" + 0.0), '~')"
    return f"coalesce(cast(\"{name}\" as varchar), '~')"


def fingerprint(connection, catalog, schema, table):
    """Number of rows and order-independent hashes of a table.

    Returns
    -------
    dict
        `rows`; `hash` of the whole rows; `columns`, {name: hash of its values}. Hashes
        are sums of hashes, so that a row that is there twice counts twice.
    """
    columns = list_columns(connection, catalog, schema, table)
    texts = [as_text(*column) for column in columns]
    hashes = ", ".join(
        f"cast(sum(hash({text})) as varchar)"
        for text in [f"concat_ws('|', {', '.join(texts)})", *texts]
    )
    rows, whole, *single = connection.execute(
        f'select count(*), {hashes} from "{catalog}"."{schema}"."{table}"'
    ).fetchone()
    names = [name for name, _ in columns]
    return {
        "rows": rows,
        "hash": whole,
        "columns": dict(zip(names, single, strict=True)),
    }


def find_examples(connection, schema, table, columns, n_examples):
    """Rows that only one build holds, as (build, row) with row a dict of texts."""
    names = [name for name, _ in columns]
    texts = ", ".join(f'{as_text(*column)} as "{column[0]}"' for column in columns)
    found = []
    for one, other in (("before", "after"), ("after", "before")):
        rows = connection.execute(
            f'select {texts} from {one}."{schema}"."{table}" except all'
            f' select {texts} from {other}."{schema}"."{table}"'
            f" order by all limit {n_examples}"
        ).fetchall()
        found += [(one, dict(zip(names, row, strict=True))) for row in rows]
    return found


def compare(before, after, schema, tables=PUBLIC_MARTS, leave_out=BY_RUN, n_examples=3):
    """Lines that say what differs between two database files; none if nothing does.

    Parameters
    ----------
    before, after : Path
    schema : str
        The same in both.
    tables, leave_out : str
        Patterns of whole table names.
    n_examples : int
        Rows shown of each build for each table that differs.

    Raises
    ------
    ValueError
        If there is nothing to compare.
    """
    lines = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as before (read_only)")
        connection.execute(f"attach '{after}' as after (read_only)")
        names = {
            build: list_tables(connection, build, schema, tables, leave_out)
            for build in ("before", "after")
        }
        if not names["before"] and not names["after"]:
            raise ValueError(f"no table of schema {schema} fits {tables}")
        for table in sorted({*names["before"], *names["after"]}):
            missing = [build for build in names if table not in names[build]]
            if missing:
                lines.append(f"{table}: not in the build {missing[0]}")
                continue
            one, other = (
                fingerprint(connection, build, schema, table) for build in names
            )
            if one == other:
                continue
            differing = [
                name
                for name in sorted({*one["columns"], *other["columns"]})
                if one["columns"].get(name) != other["columns"].get(name)
            ]
            lines.append(
                f"{table}: {one['rows']:,} rows before, {other['rows']:,} after; "
                + (
                    f"columns that differ: {', '.join(differing)}"
                    if differing
                    else "each column has the same values, in other rows"
                )
            )
            columns = list_columns(connection, "before", schema, table)
            if columns != list_columns(connection, "after", schema, table):
                lines.append("    names or types of the columns differ")
                continue
            keep = [name for name, _ in columns if name.endswith("_id")]
            for build, row in find_examples(
                connection, schema, table, columns, n_examples
            ):
                shown = {
                    name: value
                    for name, value in row.items()
                    if name in keep or name in differing or not differing
                }
                lines.append(f"    only {build}: {shown}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--schema", default="shop")
    parser.add_argument("--tables", default=PUBLIC_MARTS, help="pattern of whole names")
    parser.add_argument("--leave-out", default=BY_RUN, help="pattern of whole names")
    parser.add_argument("--examples", type=int, default=3)
    arguments = parser.parse_args()
    lines = compare(
        arguments.before,
        arguments.after,
        arguments.schema,
        arguments.tables,
        arguments.leave_out,
        arguments.examples,
    )
    print("\n".join(lines) or "every table is the same")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
