"""What `make build` tells while it builds."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt_common.exceptions import DbtRuntimeError
from segmentation import session
from segmentation.commands.build import Progress, failures_of, subject_of, words_of


def finished(resource_type, path="x.sql", status="success", name="NodeFinished"):
    """An event as dbt gives it."""
    node = SimpleNamespace(
        resource_type=resource_type, node_path=path, node_status=status, node_name="n"
    )
    return SimpleNamespace(
        info=SimpleNamespace(name=name), data=SimpleNamespace(node_info=node)
    )


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("marts/segments/dim_segments.sql", "segments"),
        ("intermediate/segments/int_segments__x.sql", "segments"),
        ("intermediate/int_segment_models__registered.py", "intermediate"),
        ("staging/demo/stg_demo__orders.sql", "staging"),
        ("demo/demo_orders.sql", "demo"),
    ],
)
def test_a_model_is_about_what_its_folder_is_called(path, subject):
    assert subject_of(path) == subject


def test_a_subject_is_told_of_once_when_its_last_model_is_there():
    told = []
    progress = Progress({"segments": 2, "demo": 1}, told.append)
    progress(finished("model", "marts/segments/dim_segments.sql"))
    progress(finished("test", status="pass"))
    assert told == []
    progress(finished("model", "intermediate/segments/int_segments__x.sql"))
    assert told == ["segments: 2 models"]
    progress(finished("seed", "demo/seed.csv"))
    progress(finished("model", "demo/demo_orders.sql", name="NodeStart"))
    assert told == ["segments: 2 models"]
    progress(finished("model", "demo/demo_orders.sql"))
    assert told == ["segments: 2 models", "demo: 1 model"]


def test_what_macros_of_the_project_say_is_told_and_nothing_else():
    told = []
    progress = Progress({}, told.append)
    for name, msg in (
        ("JinjaLogInfo", "segmentation: orders  unknown_customer  3"),
        ("JinjaLogWarning", "segmentation: 3 of 7 rows of orders are rejected."),
        ("JinjaLogInfo", "of another package"),
        ("MainReportVersion", "segmentation: not a macro"),
    ):
        progress(
            SimpleNamespace(
                info=SimpleNamespace(name=name), data=SimpleNamespace(msg=msg)
            )
        )
    assert told == [
        "orders  unknown_customer  3",
        "warning: 3 of 7 rows of orders are rejected.",
    ]


def test_tests_are_counted_by_what_came_of_them():
    told = []
    progress = Progress({}, told.append)
    for status in ("pass", "fail", "pass", "warn"):
        progress(finished("test", status=status))
    assert progress.n_tests == {"pass": 2, "fail": 1, "warn": 1}
    assert told == ["warning of test n"]


DATABASE = Path("/data/shop.duckdb")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "Compilation Error in model int_x (models/int_x.sql)\n"
            "  segmentation: column age of table raw is no number\n"
            "  \n"
            "  > in macro raise_problems (macros/inputs/check_inputs.sql)\n"
            "  > called by model int_x (models/int_x.sql)",
            "column age of table raw is no number",
        ),
        (
            "Runtime Error in model int_x (models/int_x.sql)\n"
            '  IO Error: Could not write file "/data/shop.duckdb": No space left on'
            " device",
            "The disk that holds /data/shop.duckdb is full; make room, and build"
            " again.",
        ),
        (
            'IO Error: Could not set lock on file "/data/shop.duckdb": Conflicting lock'
            " is held in python (PID 3)",
            "/data/shop.duckdb is open in another program; let it end, or stop it, and"
            " build again.",
        ),
        (
            "Out of Memory Error: failed to pin block of size 256.0 KiB",
            "Memory is short to build /data/shop.duckdb; raise"
            " SEGMENTATION_MEMORY_LIMIT, or set SEGMENTATION_THREADS=1, and build"
            " again.",
        ),
    ],
)
def test_errors_are_told_in_words(message, words):
    assert words_of(message, DATABASE)[1] == words


def test_what_is_no_fault_of_the_models_is_told_once():
    def failed(name, message, status="error"):
        return SimpleNamespace(
            status=status, message=message, node=SimpleNamespace(name=name)
        )

    full = "IO Error: Could not write: No space left on device"
    results = [failed("a", full), failed("b", full), failed("c", "", "skipped")]
    built = SimpleNamespace(exception=None, result=SimpleNamespace(results=results))
    assert len(failures_of(built, DATABASE)) == 1
    built.result.results = [failed(f"model_{i}", "wrong") for i in range(30)]
    lines = failures_of(built, DATABASE)
    assert (lines[0], lines[-1], len(lines)) == ("model_0: wrong", "and 10 more", 21)


def build(database):
    return subprocess.run(
        [sys.executable, "-m", "segmentation", "build"],
        env={**os.environ, "SEGMENTATION_DUCKDB_PATH": str(database)},
        capture_output=True,
        text=True,
    )


def not_there(folder):
    return folder / "nowhere" / "shop.duckdb"


def no_database(folder):
    path = folder / "shop.duckdb"
    path.write_bytes(b"no database" * 999)
    return path


def a_folder(folder):
    path = folder / "shop.duckdb"
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (not_there, "There is no folder"),
        (no_database, "is no DuckDB file that this version reads"),
        (a_folder, "is a folder; name a file"),
    ],
)
def test_a_place_where_nothing_can_be_built_is_named_before(tmp_path, prepare, words):
    process = build(prepare(tmp_path))
    assert process.returncode == 2
    assert words in process.stderr
    assert len(process.stderr.splitlines()) == 1 and process.stdout == ""


@pytest.mark.parametrize(
    ("prepare", "words"),
    [(not_there, "There is no folder"), (no_database, "is no DuckDB file")],
)
def test_plain_dbt_says_so_too(tmp_path, prepare, words):
    plugin = session.Plugin("session", {})
    with pytest.raises(DbtRuntimeError, match=words):
        plugin.update_connection_config(
            SimpleNamespace(path=str(prepare(tmp_path))), {}
        )


def test_plain_dbt_says_before_it_begins_that_the_disk_is_full(tmp_path, monkeypatch):
    where = SimpleNamespace(path=str(tmp_path / "shop.duckdb"))
    for n_free, is_refused in ((15_000_000, True), (17_000_000, False)):
        monkeypatch.setattr(
            "shutil.disk_usage", lambda _, free=n_free: SimpleNamespace(free=free)
        )
        expected = pytest.raises(DbtRuntimeError, match="has 15 MB free, too little")
        with expected if is_refused else contextlib.nullcontext():
            session.Plugin("session", {}).update_connection_config(where, {})


def test_a_key_that_is_too_short_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGMENTATION_HASH_KEY", "short")
    where = SimpleNamespace(path=str(tmp_path / "shop.duckdb"))
    with pytest.raises(DbtRuntimeError, match="has 5 characters; use 16 or more"):
        session.Plugin("session", {}).update_connection_config(where, {})
    monkeypatch.setenv("SEGMENTATION_HASH_KEY", "it's a long key; --")
    plugin = session.Plugin("session", {})
    plugin.update_connection_config(where, {})
    with duckdb.connect() as connection:
        plugin.configure_cursor(connection)
        asked = "select getvariable('segmentation_hash_key')"
        assert connection.execute(asked).fetchall() == [("it's a long key; --",)]


def test_a_folder_that_may_not_be_written_to_is_named(mounted):
    process = build(mounted("ro") / "shop.duckdb")
    assert process.returncode == 2
    assert "cannot be written to (Read-only file system)" in process.stderr
    assert len(process.stderr.splitlines()) == 1


def test_a_file_that_is_open_elsewhere_is_named(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)):
        process = build(path)
    assert process.returncode == 2
    assert "is open in another program" in process.stderr
    assert len(process.stderr.splitlines()) == 1
