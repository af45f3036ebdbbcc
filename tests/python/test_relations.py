"""Relations are read and written in the same way on each engine.

The half on Spark is skipped where pyspark or Java is not installed; docs/engines.md
says how to install them in an environment of their own.
"""

import datetime
import os
import shutil
import sys

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from segmentation import relations

DAY = datetime.date(2024, 3, 4)
ROWS = [
    ("a", "it's", DAY, 1.5, 1),
    ("b", "{back\\slash}: x", DAY, None, 2),
    ("c", "it's", DAY + datetime.timedelta(days=7), -2.0, 3),
    ("d", None, DAY + datetime.timedelta(days=7), 4.0, 4),
]
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("day", pa.date32()),
        ("amount", pa.float64()),
        ("n", pa.int64()),
    ]
)
TABLE = pa.Table.from_pylist(
    [dict(zip(SCHEMA.names, row, strict=True)) for row in ROWS], SCHEMA
)


class This:
    """What dbt's `this` says of a table."""

    def __init__(self, identifier):
        self.database, self.schema, self.identifier = "memory", "main", identifier

    def __str__(self):
        return self.identifier


@pytest.fixture(scope="module")
def spark():
    pyspark = pytest.importorskip(
        "pyspark", reason="pyspark is not installed: see docs/engines.md"
    )
    if int(pyspark.__version__.split(".")[0]) < 4 or shutil.which("java") is None:
        pytest.skip("Spark 4 and Java are needed: see docs/engines.md")
    from pyspark.sql import SparkSession

    # else executors take the first Python on the path
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(params=["duckdb", "dbt-duckdb", "spark"])
def session(request):
    if request.param == "spark":
        return request.getfixturevalue("spark")
    if request.param == "dbt-duckdb":
        # what models get in a build
        local = pytest.importorskip(
            "dbt.adapters.duckdb.environments.local", reason="dbt is not installed"
        )
        return local.DuckDBCursorWrapper(duckdb.connect())
    return duckdb.connect()


def is_of_duckdb(session):
    return hasattr(session, "from_arrow")


@pytest.fixture
def relation(session):
    return relations.write(session, SCHEMA, TABLE)


def ids(relation, **what):
    return [row["id"] for row in relations.read_rows(relation, order_by="id", **what)]


def test_what_is_written_is_read(session, relation):
    assert relations.read_rows(relation, order_by="id") == TABLE.to_pylist()
    assert relations.names(relation) == SCHEMA.names
    stream = relations.write(session, SCHEMA, iter(TABLE.to_batches(2)))
    assert relations.read_table(stream, order_by="id").to_pylist() == TABLE.to_pylist()
    empty = relations.write(session, SCHEMA, SCHEMA.empty_table())
    assert relations.read_table(empty).schema.names == SCHEMA.names
    assert relations.count(empty) == 0


def test_columns_conditions_order_and_limit_are_the_engines(relation):
    found = relations.read_rows(
        relation,
        {"id": "id", "double": "n * 2"},
        doubles=["n"],
        where="amount is not null",
        order_by="n desc",
        limit=2,
    )
    assert found == [
        {"id": "d", "double": 8, "n": 4.0},
        {"id": "c", "double": 6, "n": 3.0},
    ]


@pytest.mark.parametrize(
    ("where", "values", "expected"),
    [
        ("name = :name", {"name": "it's"}, ["a", "c"]),
        ("name = :name", {"name": "{back\\slash}: x"}, ["b"]),
        ("day = :day and n < :n", {"day": DAY, "n": 2}, ["a"]),
        ("id in (:ids)", {"ids": ["a", "d"]}, ["a", "d"]),
        ("day in (:days)", {"days": [DAY]}, ["a", "b"]),
        ("amount > :least or :yes", {"least": 1.5, "yes": False}, ["d"]),
    ],
)
def test_values_are_quoted_as_the_engine_reads_them(relation, where, values, expected):
    assert ids(relation, where=where, values=values) == expected
    assert relations.count(relation, where, values) == len(expected)


def test_rows_are_grouped(relation):
    assert relations.read_rows(
        relation, {"total": "sum(n)"}, group_by=["day"], order_by="day"
    ) == [{"day": DAY, "total": 3}, {"day": ROWS[2][2], "total": 7}]
    assert relations.read_rows(relation, {"most": "max(n)"}, group_by=[]) == [
        {"most": 4}
    ]
    days = relations.read_rows(relation, group_by=["day"], order_by="day")
    assert [row["day"] for row in days] == [DAY, ROWS[2][2]]


def test_a_sample_by_hash_is_the_same_on_each_engine(relation):
    found = relations.read_rows(relation, ["id"], order_by="md5(id), id", limit=3)
    # md5: a 0cc1, b 92eb, c 4a8a, d 8277
    assert [row["id"] for row in found] == ["a", "c", "d"]


def test_arrays_have_nan_for_null_and_days(relation):
    found = relations.read_arrays(relation, doubles=["n"], columns=["id", "day"])
    assert found["n"].dtype == float and found["id"].dtype == object
    assert found["day"].astype("datetime64[D]").astype(object)[0] == DAY
    amounts = relations.read_arrays(relation, ["amount"], order_by="id")["amount"]
    assert np.isnan(amounts).tolist() == [False, True, False, False]


def test_batches_have_no_more_rows_than_asked_for(relation):
    batches = list(relations.read(relation, ["id"], n_rows=3, order_by="id"))
    assert sum(batch.num_rows for batch in batches) == 4
    assert max(batch.num_rows for batch in batches) <= 3


def test_relations_are_joined(session, relation):
    schema = pa.schema([("id", pa.string()), ("came", pa.int64())])
    other = relations.write(session, schema, pa.table({"id": ["a"], "came": [7]}))
    left = relations.join(relation, other, ["id"], "left")
    assert relations.names(left) == [*SCHEMA.names, "came"]
    found = relations.read_rows(left, ["id", "came"], order_by="id")
    assert [row["came"] for row in found] == [7, None, None, None]
    assert ids(relations.join(relation, other, ["id"])) == ["a"]


def test_fingerprints_tell_changes_but_not_the_order(session, relation):
    before = relations.fingerprints(relation, "name")
    backwards = relations.write(session, SCHEMA, TABLE.take([3, 2, 1, 0]))
    assert relations.fingerprints(backwards, "name") == before
    assert relations.fingerprints(backwards, None) == relations.fingerprints(
        relation, None
    )
    fewer = relations.select(relation, where="id != 'c'")
    after = relations.fingerprints(fewer, "name")
    assert {name for name in before if before[name] != after[name]} == {"it's"}
    assert all(type(part) is int for found in after.values() for part in found)
    assert relations.library_version(relation)[0].isdigit()


def test_a_table_made_before_is_found(session, relation):
    if is_of_duckdb(session):
        relation.create("known")
    else:
        relation.createOrReplaceTempView("known")
    assert ids(relations.stored(session, This("known"))) == ["a", "b", "c", "d"]
    assert relations.stored(session, This("absent")) is None
    assert relations.stored(session, None) is None
    found = relations.stored_rows(session, This("known"))
    assert sorted(row["id"] for row in found) == ["a", "b", "c", "d"]
    assert relations.stored_rows(session, This("absent")) == []


def test_functions_make_rows_where_the_rows_are(session):
    schema = pa.schema([("id", pa.string()), ("twice", pa.int64())])

    # functions of a module that executors cannot import travel by value
    def twice(batches):
        for batch in batches:
            doubled = [2 * n for n in batch.column("n").to_pylist()]
            yield pa.record_batch([batch.column("id"), doubled], schema=schema)

    relation = relations.write(session, SCHEMA, TABLE)
    if is_of_duckdb(session):
        # a cursor sees what is in the database, not what was handed to the session
        relation.create("made")
        relation = session.table("made")
    parts = [
        (relations.select(relation, where="n <= 2"), twice),
        (relations.select(relation, where="n = 4"), twice),
        (relations.select(relation, where="n > 4"), twice),
    ]
    found = relations.map_batches(session, schema, parts)
    assert relations.read_rows(found, order_by="id") == [
        {"id": "a", "twice": 2},
        {"id": "b", "twice": 4},
        {"id": "d", "twice": 8},
    ]
    nothing = relations.map_batches(session, schema, [])
    assert relations.read_table(nothing).schema.names == schema.names


def test_duckdb_writes_a_stream_into_the_file_it_is_read_from():
    connection = duckdb.connect()
    connection.execute("create table numbers as select i as n from range(300000) t(i)")

    def same(batches):
        yield from batches

    made = relations.map_batches(
        connection,
        pa.schema([("n", pa.int64())]),
        [(relations.select(connection.table("numbers"), ["n"]), same)],
    )
    made.create("copied")
    assert connection.execute("select count(*), sum(n) from copied").fetchone() == (
        300_000,
        sum(range(300_000)),
    )


def test_an_engine_that_is_not_known_is_refused_in_words():
    with pytest.raises(TypeError, match="pyarrow.* is of no engine .*DuckDB.*Spark"):
        relations.read_rows(TABLE)
    with pytest.raises(TypeError, match="builtins.dict is of no engine"):
        relations.write({}, SCHEMA, TABLE)
