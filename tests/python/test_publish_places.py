"""Publishing to DuckLake and to Postgres: whole or not at all, while others read.

DuckDB's extensions are in the registry as wheels of one of its versions, which need
not be the one that the project is built with: they are installed into a folder of their
own, and the command runs with them. Skipped, in words, where they or Postgres are not
to be had.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.5.5"
WHEELS = ["duckdb", "duckdb-extension-ducklake", "duckdb-extension-postgres-scanner"]
INITDB = [shutil.which("initdb"), *Path("/usr/lib/postgresql").glob("*/bin/initdb")]
POSTGRES = next((Path(path).resolve().parent for path in INITDB if path), None)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """A folder with a DuckDB that has both extensions."""
    folder = tmp_path_factory.mktemp("libraries")
    found = subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--target", folder,
            *(f"{wheel}=={VERSION}" for wheel in WHEELS),
        ],
        capture_output=True,
    )  # fmt: skip
    if found.returncode:
        pytest.skip(f"the extensions of DuckDB {VERSION} could not be installed")
    return folder


@pytest.fixture
def run(libraries):
    """Function that runs Python with these libraries and returns what it printed."""

    def run(code, *arguments):
        environment = os.environ | {
            "PYTHONPATH": f"{libraries}{os.pathsep}{ROOT / 'python_models'}"
        }
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def publish(run):
    """Function that publishes a database, and returns the finished process."""
    code = (
        "import sys; from segmentation.commands.publish import main; sys.exit(main())"
    )
    return lambda database, place: run(code, "--database", database, "--to", place)


@pytest.fixture
def database(tmp_path):
    """A database with two marts that say which publication they are of, and one more.

    The format is that of DuckDB 1.2, as the project's own.
    """
    path = tmp_path / "built.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as built (storage_version 'v1.2.0')")
        connection.execute("create schema built.shop")
        for name in ("fct_one", "fct_two", "rpt_esp_klaviyo"):
            connection.execute(
                f"create table built.shop.{name} as"
                " select 1 as publication, i as customer, true as is_so,"
                " 0.5::decimal(18, 4) as amount, date '2024-01-01' as day,"
                " null::varchar as nothing"
                " from range(3000) as numbers(i)"
            )
    return path


def number(path, publication, broken=False):
    """Make a database the one of another publication; or break what is read last."""
    with duckdb.connect(str(path)) as connection:
        for name in ("fct_one", "fct_two"):
            connection.execute(f"update shop.{name} set publication = {publication}")
        if broken:
            connection.execute(
                "create view shop.fct_zero as select error('no') as x from shop.fct_one"
            )


LAKE = """
import sys, duckdb
from segmentation.commands.publish import load_extension
with duckdb.connect() as connection:
    load_extension(connection, "ducklake")
    connection.execute(f"attach 'ducklake:{sys.argv[1]}' as lake (read_only)")
    print(connection.execute(sys.argv[2]).fetchall())
"""


def test_a_lake_has_one_publication_at_a_time(database, run, publish, tmp_path):
    lake = tmp_path / "bi.ducklake"
    ask = (
        "select min(a.publication), max(b.publication), count(*), sum(a.amount)"
        " from lake.shop.fct_one a join lake.shop.fct_two b using (customer)"
    )
    first = publish(database, f"ducklake:{lake}")
    assert first.returncode == 0 and "2 tables" in first.stdout, first.stderr
    read = run(LAKE, lake, ask)
    assert read.stdout.startswith("[(1, 1, 3000,"), read.stderr
    number(database, 2)
    assert publish(database, f"ducklake:{lake}").returncode == 0
    assert run(LAKE, lake, ask).stdout.startswith("[(2, 2, 3000,")
    # the one of before is a snapshot, which is one transaction
    snapshots = run(
        LAKE, lake, "select count(*) from ducklake_snapshots('lake')"
    ).stdout
    assert snapshots == "[(3,)]\n"
    number(database, 3, broken=True)
    failed = publish(database, f"ducklake:{lake}")
    assert failed.returncode == 1 and "before stays" in failed.stderr
    assert run(LAKE, lake, ask).stdout.startswith("[(2, 2, 3000,")
    tables = run(LAKE, lake, "select table_name from duckdb_tables() order by 1").stdout
    assert "rpt_esp" not in tables and "fct_one" in tables


@pytest.fixture
def server():
    """The folder of the socket of a Postgres of our own, stopped at the end."""
    if POSTGRES is None or not shutil.which("psql"):
        pytest.skip("Postgres is not installed: apt-get install postgresql")
    # not in pytest's folder: Postgres does not run as root, who alone may look there
    folder = Path(tempfile.mkdtemp(prefix="publish"))
    user = {}
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, "postgres", "postgres")
        except LookupError:
            pytest.skip("Postgres does not run as root, and there is no user postgres")
        user = {"user": "postgres", "group": "postgres", "cwd": folder}
    data = folder / "data"
    told = {"check": True, "capture_output": True, **user}
    subprocess.run([POSTGRES / "initdb", "-D", data, "-U", "bi", "-A", "trust"], **told)
    started = subprocess.Popen(
        [POSTGRES / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **user,
    )
    try:
        for _ in range(100):
            if psql(folder, "select 1").stdout == "1\n":
                break
            threading.Event().wait(0.1)
        yield folder
    finally:
        started.terminate()
        started.wait(30)
        shutil.rmtree(folder)


def psql(folder, query):
    address = f"host={folder} user=bi dbname=postgres"
    return subprocess.run(
        ["psql", "-X", "-A", "-t", "-d", address, "-c", query],
        capture_output=True,
        text=True,
    )


def test_postgres_is_read_while_it_is_published_to(database, publish, server):
    place = f"postgres:host={server} user=bi dbname=postgres"
    ask = (
        "select min(a.publication), max(b.publication), count(*)"
        " from shop.fct_one a join shop.fct_two b using (customer)"
    )
    first = publish(database, place)
    assert first.returncode == 0 and "2 tables" in first.stdout, first.stderr
    assert psql(server, ask).stdout == "1|1|3000\n"
    number(database, 2)
    read, is_over = [], threading.Event()

    def keep_reading():
        while not is_over.is_set():
            read.append(psql(server, ask))

    reader = threading.Thread(target=keep_reading)
    reader.start()
    try:
        again = publish(database, place)
    finally:
        is_over.set()
        reader.join()
    assert again.returncode == 0, again.stderr
    read.append(psql(server, ask))
    assert {one.stdout for one in read} == {"1|1|3000\n", "2|2|3000\n"}
    assert {one.returncode for one in read} == {0} and len(read) > 5
    number(database, 3, broken=True)
    failed = publish(database, place)
    assert failed.returncode == 1 and "before stays" in failed.stderr
    assert "user=bi" not in failed.stderr
    assert psql(server, ask).stdout == "2|2|3000\n"
    # and the next one goes through what the failed one left
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop view shop.fct_zero")
    assert publish(database, place).returncode == 0
    assert psql(server, ask).stdout == "3|3|3000\n"
    names = psql(
        server,
        "select string_agg(table_schema || '.' || table_name, ' ' order by table_name)"
        " from information_schema.tables where table_schema like 'shop%'",
    ).stdout
    assert names == "shop.fct_one shop.fct_two\n"
