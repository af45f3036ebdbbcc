"""The one place where Python models read and write relations, whatever the engine.

Models hand on what dbt gives them: a session, and relations of it. These are a
connection and relations of DuckDB, or a session and DataFrames of Spark. What is asked
of them is SQL that all engines understand (docs/engines.md), pushed to the engine:
columns, conditions, order and limit. Names and values are quoted here, as each engine
reads them: a name stands in `columns` or `doubles`, a value in `values`, where the
text says `:name`.

To add an engine, add a class to ENGINES.
"""

import datetime
import functools
import re

import numpy as np
import pyarrow as pa

from segmentation import identifiers

# Rows that are held at a time.
BATCH_ROWS = 100_000


def select(
    relation,
    columns=None,
    *,
    doubles=(),
    where=None,
    values=None,
    group_by=None,
    order_by=None,
    limit=None,
):
    """A relation made of another one; nothing is read yet.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation or pyspark.sql.DataFrame
    columns : list of str or dict, optional
        Names, or SQL by the name it gets; all columns by default.
    doubles : iterable of str
        Names of further columns, which come as doubles.
    where : str, optional
        Condition on the relation's columns.
    values : dict, optional
        What stands for `:name` in `where`: texts, days, numbers, or lists of them.
    group_by : list of str, optional
        Names; `columns` are aggregates then, and come after these. An empty list makes
        one row of all.
    order_by : str, optional
        SQL; of the relation's columns, or of the result's if there are groups.
    limit : int, optional

    Returns
    -------
    of the type of `relation`

    Raises
    ------
    TypeError
        If the relation is of an engine that is not known.
    """
    engine = _engine_of(relation)
    if where is not None:
        where = _fill(engine, where, values or {})
    chosen = None
    if columns is not None or doubles or group_by is not None:
        pairs = {} if columns is None else columns
        if not isinstance(pairs, dict):
            pairs = {name: engine.quoted(name) for name in pairs}
        chosen = [
            *map(engine.quoted, group_by or ()),
            *(f"{sql} as {engine.quoted(name)}" for name, sql in pairs.items()),
            *(
                f"cast({engine.quoted(name)} as double) as {engine.quoted(name)}"
                for name in doubles
            ),
        ]
    groups = None if group_by is None else [engine.quoted(name) for name in group_by]
    return engine.select(relation, chosen, where, groups, order_by, limit)


def join(one, other, keys, how="inner"):
    """Rows of two relations that have the same keys, with the keys once.

    Parameters
    ----------
    one, other : relations of one engine, without other columns in common
    keys : list of str
    how : {"inner", "left"}

    Returns
    -------
    of the type of `one`
    """
    return _engine_of(one).join(one, other, keys, how)


def read(relation, columns=None, *, n_rows=BATCH_ROWS, **what):
    """Read a relation batch by batch.

    Parameters
    ----------
    relation, columns, **what
        See select.
    n_rows : int
        Rows of a batch at the most.

    Returns
    -------
    iterator of pyarrow.RecordBatch
        A stream on DuckDB. On Spark all of it comes to the driver: of what may be
        large, read a sample, or use map_batches.
    """
    return _engine_of(relation).read(_selected(relation, columns, what), n_rows)


def read_table(relation, columns=None, **what):
    """Read a small relation as a pyarrow.Table; see select."""
    return _engine_of(relation).read_table(_selected(relation, columns, what))


def read_rows(relation, columns=None, **what):
    """Read a small relation as a list of dict; see select."""
    return read_table(relation, columns, **what).to_pylist()


def read_arrays(relation, columns=None, **what):
    """Read a sample as arrays by column; see select.

    Returns
    -------
    dict
        Numbers with NaN for null, days as datetime64[D], texts as objects.
    """
    return as_arrays(read_table(relation, columns, **what))


def as_arrays(table):
    """Columns of a table or batch as NumPy arrays; see read_arrays."""
    found = {}
    for name in table.schema.names:
        column = table.column(name)
        found[name] = (
            column.to_numpy(zero_copy_only=False)
            if isinstance(column, pa.Array)
            else column.to_numpy()
        )
    return found


def count(relation, where=None, values=None):
    """Number of rows, of those that a condition holds for."""
    (row,) = read_rows(
        relation,
        {"n_rows": "count(*)"},
        where=where,
        values=values,
        group_by=[],
    )
    return row["n_rows"]


def names(relation):
    """Names of a relation's columns, a list."""
    return list(relation.columns)


def fingerprints(relation, group_by):
    """What tells whether rows have changed, whatever their order.

    Returns
    -------
    dict
        `[rows, xor of hashes, sum of hashes]` by value of the column `group_by`, or of
        all rows by None if that is None. Engines hash in ways of their own: compare
        with those of the same engine and version.
    """
    return _engine_of(relation).fingerprints(relation, group_by)


def library_version(relation):
    """Version of the engine that a relation is of."""
    return _engine_of(relation).version()


def stored(session, this):
    """The table that a model has made before.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection or pyspark.sql.SparkSession
    this : dbt's this or None

    Returns
    -------
    a relation, or None if there is no such table or `this` is None
    """
    engine = _engine_of(session)
    return None if this is None else engine.stored(session, this)


def stored_rows(session, this):
    """Rows that a model has made before, a list of dict; see stored."""
    known = stored(session, this)
    return [] if known is None else read_rows(known)


def write(session, schema, batches):
    """Hand rows to the engine.

    Parameters
    ----------
    session : see stored
    schema : pyarrow.Schema
    batches : pyarrow.Table or iterator of pyarrow.RecordBatch

    Returns
    -------
    a relation
        On DuckDB it streams, and is read once if `batches` is an iterator; to Spark all
        goes at once.
    """
    return _engine_of(session).write(session, schema, batches)


def map_batches(session, schema, parts):
    """Make rows of relations, a batch at a time, where the rows are.

    Parameters
    ----------
    session : see stored
    schema : pyarrow.Schema
        Of what is made.
    parts : list of (relation, function)
        Each relation goes through its function, from an iterator of
        pyarrow.RecordBatch to one; what these give is put together. On Spark functions
        run on the executors, so that they must be importable there.

    Returns
    -------
    a relation
        Read once.
    """
    return _engine_of(session).map_batches(session, schema, parts)


class _DuckDB:
    """Connections and relations of DuckDB."""

    quoted = staticmethod(identifiers.quoted)
    text = staticmethod(identifiers.literal)

    @staticmethod
    def select(relation, columns, where, groups, order_by, limit):
        if where is not None:
            relation = relation.filter(where)
        if groups is not None:
            relation = relation.aggregate(", ".join(columns), ", ".join(groups))
        if order_by is not None:
            relation = relation.order(order_by)
        if limit is not None:
            relation = relation.limit(limit)
        if groups is None and columns is not None:
            relation = relation.project(", ".join(columns))
        return relation

    @staticmethod
    def join(one, other, keys, how):
        left, right = one.set_alias("one"), other.set_alias("other")
        return left.join(right, ", ".join(map(_DuckDB.quoted, keys)), how=how)

    @staticmethod
    def read(relation, n_rows):
        # DuckDB 2.0 names the method anew and warns at its old name; 1.4 has the old
        # alone
        make = getattr(relation, "to_arrow_reader", None)
        return (make or relation.fetch_record_batch)(n_rows)

    @staticmethod
    def read_table(relation):
        return relation.to_arrow_table()

    @staticmethod
    def fingerprints(relation, group_by):
        key = "null" if group_by is None else _DuckDB.quoted(group_by)
        return {
            value: found
            for value, *found in relation.set_alias("entire")
            .aggregate(
                f"{key}, count(*), bit_xor(hash(entire)), sum(hash(entire))",
                "" if group_by is None else key,
            )
            .fetchall()
        }

    @staticmethod
    def version():
        import duckdb

        return duckdb.__version__

    @staticmethod
    def stored(session, this):
        is_there = session.execute(
            "select count(*) from information_schema.tables where table_catalog = ? "
            "and table_schema = ? and table_name = ?",
            [this.database, this.schema, this.identifier],
        ).fetchall()[0][0]
        return session.table(str(this)) if is_there else None

    @staticmethod
    def write(session, schema, batches):
        if isinstance(batches, pa.Table):
            return session.from_arrow(batches)
        return session.from_arrow(pa.RecordBatchReader.from_batches(schema, batches))

    @staticmethod
    def map_batches(session, schema, parts):
        # while the session writes what is read here it can make no query, and a cursor
        # can
        queries = [(part.sql_query(), function) for part, function in parts]
        cursor = session.cursor()

        def made():
            for query, function in queries:
                batches = _DuckDB.read(cursor.sql(query), BATCH_ROWS)
                yield from function(batch for batch in batches if batch.num_rows)

        return _DuckDB.write(session, schema, made())


class _Spark:
    """Sessions and DataFrames of Spark 4, its own or those of Spark Connect."""

    @staticmethod
    def quoted(name):
        return "`" + name.replace("`", "``") + "`"

    @staticmethod
    def text(value):
        # backslashes escape, and two quotes mean one in some settings only
        return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"

    @staticmethod
    def select(relation, columns, where, groups, order_by, limit):
        clauses = [f"select {', '.join(columns or ['*'])} from"]
        rest = []
        if where is not None:
            rest.append(f"where {where}")
        if groups:
            rest.append(f"group by {', '.join(groups)}")
        if order_by is not None:
            rest.append(f"order by {order_by}")
        if limit is not None:
            rest.append(f"limit {int(limit)}")
        # the session puts frames in for braces
        before, after = (
            " ".join(part).replace("{", "{{").replace("}", "}}")
            for part in (clauses, rest)
        )
        query = f"{before} {{relation}} {after}"
        return relation.sparkSession.sql(query, relation=relation)

    @staticmethod
    def join(one, other, keys, how):
        return one.join(other, list(keys), how)

    @staticmethod
    def read(relation, n_rows):
        return iter(_Spark.read_table(relation).to_batches(n_rows))

    @staticmethod
    def read_table(relation):
        return relation.toArrow()

    @staticmethod
    def fingerprints(relation, group_by):
        digest = f"xxhash64({', '.join(map(_Spark.quoted, relation.columns))})"
        key = [] if group_by is None else [_Spark.quoted(group_by)]
        rows = _Spark.select(
            relation,
            [
                *key,
                "count(*) as n_rows",
                f"bit_xor({digest}) as combined",
                f"sum(cast({digest} as decimal(20, 0))) as total",
            ],
            None,
            key,
            None,
            None,
        ).collect()
        return {
            (row[0] if key else None): [
                row["n_rows"],
                row["combined"],
                None if row["total"] is None else int(row["total"]),
            ]
            for row in rows
        }

    @staticmethod
    def version():
        import pyspark

        return pyspark.__version__

    @staticmethod
    def stored(session, this):
        name = str(this)
        return session.table(name) if session.catalog.tableExists(name) else None

    @staticmethod
    def write(session, schema, batches):
        if not isinstance(batches, pa.Table):
            batches = pa.Table.from_batches(batches, schema)
        return session.createDataFrame(batches)

    @staticmethod
    def map_batches(session, schema, parts):
        from pyspark.sql.pandas.types import from_arrow_schema

        frames = [
            part.mapInArrow(function, from_arrow_schema(schema))
            for part, function in parts
        ]
        if not frames:
            return _Spark.write(session, schema, iter(()))
        return functools.reduce(lambda one, other: one.unionAll(other), frames)


# The package that an engine's sessions and relations are of.
ENGINES = {"duckdb": _DuckDB, "pyspark": _Spark}


def _engine_of(thing):
    """The class above that a session or relation is of."""
    for kind in type(thing).__mro__:
        # DuckDB has its types in _duckdb from 1.4 on
        package = kind.__module__.split(".")[0].lstrip("_")
        # dbt-duckdb wraps the connection that a model gets as its session
        if kind.__module__.startswith("dbt.adapters.duckdb."):
            package = "duckdb"
        if package in ENGINES:
            return ENGINES[package]
    kind = type(thing)
    raise TypeError(
        f"{kind.__module__}.{kind.__qualname__} is of no engine that Python models run "
        "on; they take sessions and relations of DuckDB, and sessions and DataFrames "
        "of Spark 4 (docs/engines.md)"
    )


def _selected(relation, columns, what):
    """A relation, or what select makes of it if anything is asked for."""
    if columns is None and not what:
        return relation
    return select(relation, columns, **what)


def _fill(engine, where, values):
    """A condition with its values in the engine's SQL."""
    return re.sub(
        r":([A-Za-z_]\w*)",
        lambda found: _literal(engine, values[found.group(1)]),
        where,
    )


def _literal(engine, value):
    """A value, or several with commas between, in the engine's SQL."""
    if isinstance(value, (list, tuple)):
        return ", ".join(_literal(engine, each) for each in value)
    if value is None:
        return "null"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, float, np.integer, np.floating)):
        return str(value)
    if isinstance(value, datetime.date):
        return f"date {engine.text(value)}"
    return engine.text(value)
