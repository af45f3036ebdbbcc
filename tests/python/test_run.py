"""A build beside the file that readers have open, whatever happens to it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
from segmentation.commands import run

# what a build does, as far as a file can tell: a row more in every run, in small steps
BUILD = """
import os, sys, time, duckdb
path = os.environ["SEGMENTATION_DUCKDB_PATH"]
with duckdb.connect(path) as connection:
    connection.execute("create schema if not exists shop")
    connection.execute("create table if not exists shop.runs (n integer, half integer)")
    n = connection.execute("select count(*) from shop.runs").fetchone()[0]
    connection.execute("insert into shop.runs values (?, 0)", [n])
    time.sleep(float(sys.argv[1]))
    connection.execute("update shop.runs set half = 1 where n = ?", [n])
    connection.execute("create or replace view shop.whole as from shop.runs")
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def database(tmp_path):
    return tmp_path / "shop data" / "warehouse.duckdb"


def command(seconds=0.0, code=0):
    return [sys.executable, "-c", BUILD, str(seconds), str(code)]


def build(database, *arguments, seconds=0.0, code=0):
    return run.main(
        ["--database", str(database), *arguments, "--", *command(seconds, code)]
    )


def rows_of(database):
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select n, half from shop.whole order by n"
        ).fetchall()


def start(database, seconds):
    """A run in a process group of its own."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "segmentation", "run", "--database", str(database),
            "--", *command(seconds),
        ],
        start_new_session=True,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def left_in(folder):
    return {path.name for path in folder.iterdir()}


def test_a_run_builds_on_what_was_published_and_leaves_nothing_else(database, capsys):
    database.parent.mkdir()
    assert build(database) == 0
    assert build(database) == 0
    assert rows_of(database) == [(0, 1), (1, 1)]
    assert "is published" in capsys.readouterr().out
    assert left_in(database.parent) == {database.name, f".{database.name}.lock"}


def test_a_build_that_fails_publishes_nothing(database, capsys):
    database.parent.mkdir()
    assert build(database) == 0
    before = database.read_bytes()
    assert build(database, code=2) == 2
    assert database.read_bytes() == before
    assert "The build failed" in capsys.readouterr().out
    assert left_in(database.parent) == {database.name, f".{database.name}.lock"}


def test_killed_at_any_moment_the_file_is_whole_and_the_next_run_goes_on(database):
    database.parent.mkdir()
    build(database)
    n_killed = 0
    for moment in range(12):
        before = rows_of(database)
        process = start(database, 1.2)
        time.sleep(0.15 * moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        n_killed += process.returncode == -signal.SIGKILL
        after = rows_of(database)
        assert after in (before, [*before, (len(before), 1)])
    assert n_killed >= 6
    n_rows = len(rows_of(database))
    assert build(database) == 0
    assert len(rows_of(database)) == n_rows + 1
    assert left_in(database.parent) == {database.name, f".{database.name}.lock"}


def test_two_runs_at_once_refuse_or_wait(database, capsys):
    database.parent.mkdir()
    build(database)
    first = start(database, 3)
    deadline = time.monotonic() + 30
    while not (database.parent / f".{database.name}.building").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert build(database) == 1
    assert "Another run is building" in capsys.readouterr().err
    assert build(database, "--wait", "60") == 0
    assert first.wait() == 0
    assert rows_of(database) == [(0, 1), (1, 1), (2, 1)]


def test_a_build_that_outlives_its_run_is_not_built_over(database, capsys):
    database.parent.mkdir()
    build(database)
    process = start(database, 4)
    deadline = time.monotonic() + 30
    copied = database.parent / f".{database.name}.building" / database.name
    while not copied.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    # the run alone, not what it started
    process.kill()
    process.wait()
    assert build(database) == 1
    assert "Another run is building" in capsys.readouterr().err
    assert build(database, "--wait", "60") == 0
    assert rows_of(database) == [(0, 1), (1, 1)]


def test_readers_are_never_blocked_and_never_see_half_a_build(database):
    database.parent.mkdir()
    build(database)
    seen, faults, is_over = set(), [], threading.Event()

    def read():
        while not is_over.is_set():
            try:
                rows = rows_of(database)
                seen.add(len(rows))
                if any(half != 1 for _, half in rows):
                    faults.append(rows)
            except duckdb.Error as error:
                faults.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        for _ in range(4):
            process = start(database, 0.1)
            assert process.wait() == 0
    finally:
        is_over.set()
        reader.join()
    assert faults == []
    assert len(seen) >= 3


def test_what_a_killed_build_in_the_file_itself_had_written_is_kept(database):
    database.parent.mkdir()
    build(database)
    script = (
        "import duckdb, os, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('insert into shop.runs values (1, 1)')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(database)])
    wal = Path(f"{database}.wal")
    assert wal.exists()
    assert build(database) == 0
    assert rows_of(database) == [(0, 1), (1, 1), (2, 1)]
    assert not wal.exists()


def test_space_is_given_back(database):
    database.parent.mkdir()
    build(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create table shop.secret as"
            " select md5(i::varchar) || 'Erika Mustermann' as name"
            " from range(400000) as numbers(i)"
        )
        connection.execute("create table shop.kept as from shop.secret limit 10")
        connection.execute("checkpoint")
        connection.execute("drop table shop.secret")
    large = database.stat().st_size
    assert build(database) == 0
    assert database.stat().st_size < large / 4
    assert rows_of(database) == [(0, 1), (1, 1)]


def test_nothing_of_who_is_erased_is_left_in_the_file(database):
    database.parent.mkdir()
    build(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create table shop.names as select 'Erika Mustermann' as name"
        )
        connection.execute("checkpoint")
        connection.execute("delete from shop.names")
        connection.execute("checkpoint")
    build(database, "--compact")
    assert b"Erika Mustermann" not in database.read_bytes()


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda path: None, "There is no folder"),
        (lambda path: path.parent.touch(), "There is no folder"),
        (
            lambda path: (path.parent.mkdir(), path.write_bytes(b"no database" * 999)),
            "is no DuckDB file that this version reads",
        ),
        (
            lambda path: (path.parent.mkdir(), path.mkdir()),
            "warehouse.duckdb",
        ),
    ],
)
def test_what_a_user_can_mend_is_said_in_a_sentence(database, prepare, words, capsys):
    prepare(database)
    assert build(database) == 1
    said = capsys.readouterr()
    assert words in said.err and len(said.err.splitlines()) == 1


def test_a_file_that_is_written_to_is_left_alone(database, capsys):
    database.parent.mkdir()
    build(database)
    script = (
        "import duckdb, sys; connection = duckdb.connect(sys.argv[1]);"
        " print(1, flush=True); sys.stdin.read()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    writer.stdout.readline()
    code = build(database)
    writer.communicate()
    assert code == 1
    assert "is open in another program" in capsys.readouterr().err
    assert build(database) == 0


def test_a_disk_that_is_too_small_is_told_before_the_build(
    database, monkeypatch, capsys
):
    database.parent.mkdir()
    build(database)
    before = database.read_bytes()
    usage = run.shutil.disk_usage(database.parent)
    monkeypatch.setattr(run.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert build(database) == 1
    assert "make room first" in capsys.readouterr().err
    assert database.read_bytes() == before


def test_a_build_that_does_not_read_the_variable_is_told_so(database, capsys):
    database.parent.mkdir()
    code = run.main(["--database", str(database), "--", sys.executable, "-c", "pass"])
    assert code == 1
    assert "wrote no SEGMENTATION_DUCKDB_PATH" in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_to_is_told(mounted, capsys):
    folder = mounted("ro")
    assert build(folder / "warehouse.duckdb") == 1
    said = capsys.readouterr().err
    assert "cannot be written to (Read-only file system)" in said
    assert len(said.splitlines()) == 1


# fills what is left of the disk, after what the copy took, and builds on
FILL = """
import os, pathlib, sys, duckdb
path = pathlib.Path(os.environ["SEGMENTATION_DUCKDB_PATH"])
connection = duckdb.connect(str(path))
connection.execute("set checkpoint_threshold = '1GB'")
connection.execute("create table shop.more as select random() as x from range(9)")
connection.execute("insert into shop.more select random() from range(200000)")
with open(path.with_name("full"), "wb", buffering=0) as file:
    try:
        while file.write(b"0" * 4096):
            pass
    except OSError:
        pass
# or all is written, as far as this can tell, but not yet into the file
os._exit(sys.argv[1] == "fails")
"""


@pytest.mark.parametrize("way", ["fails", "goes on"])
def test_a_disk_that_fills_up_while_building_leaves_what_was_published(
    mounted, way, capfd
):
    database = mounted("size=30m") / "warehouse.duckdb"
    assert build(database) == 0
    before = database.read_bytes()
    arguments = ["--database", str(database), "--", sys.executable, "-c", FILL, way]
    assert run.main(arguments) == 1
    said = capfd.readouterr()
    assert "is as it was" in said.out + said.err
    assert "Traceback" not in said.err
    assert database.read_bytes() == before
    assert left_in(database.parent) == {database.name, f".{database.name}.lock"}
    assert build(database) == 0
    assert rows_of(database) == [(0, 1), (1, 1)]
