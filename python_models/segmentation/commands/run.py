"""Build beside the file that readers have open, then put it in its place.

    python -m segmentation run --database /srv/data/segmentation.duckdb

A DuckDB file has one writer or many readers. This builds on a copy, in a folder of its
own beside the file, and publishes it by renaming, which readers do not notice. Builds
of one file exclude each other. Whatever is killed, the file that is published is whole,
and the next run clears away what was left.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from segmentation.identifiers import literal

VARIABLE = "SEGMENTATION_DUCKDB_PATH"
COMMAND = [sys.executable, "-m", "segmentation", "build"]
# A copy, and what a build adds to it
SPACE_NEEDED = 2.5
# DuckDB writes this much beside a file before it merges it (checkpoint_threshold)
BYTES_TO_BEGIN = 16_000_000
# DuckDB reuses free blocks and never shrinks a file; from this share on it is rewritten
FREE_SHARE = 0.25
STORAGE_VERSION = "v1.2.0"


class RunError(Exception):
    """The run cannot begin or go on: a sentence that says why and what to do."""


@contextlib.contextmanager
def one_run_of(database, wait):
    """Hold the lock of a database file; yield its descriptor.

    The lock is the operating system's: it ends with the process that holds it and the
    processes that were given the descriptor, however they end.

    Parameters
    ----------
    database : Path
    wait : float
        Seconds to wait for another run.

    Raises
    ------
    RunError
        If another run holds the lock for longer, or the folder cannot be written to.
    """
    try:
        import fcntl
    except ImportError:
        raise RunError(
            "A build beside a file needs locks of Linux or macOS; here, run dbt build."
        ) from None
    check_folder(database)
    lock = os.open(
        database.with_name(f".{database.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600
    )
    try:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise RunError(
                        f"Another run is building {database}; try again when it is"
                        " done, or wait for it with --wait."
                    ) from None
                time.sleep(min(0.2, wait))
        yield lock
    finally:
        os.close(lock)


def check_folder(database):
    """See that a database file can be written, in words.

    Raises
    ------
    RunError
        If its folder is not there, or nothing can be written in it.
    """
    folder = Path(os.path.abspath(database)).parent
    if not folder.is_dir():
        raise RunError(f"There is no folder {folder}; make it, or name another file.")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RunError(
            f"{folder} cannot be written to ({error.strerror}); name a file in another"
            " folder, or ask whom it belongs to."
        ) from None


def check_file(database):
    """See that a database can be built in its file: room to begin, nobody has it open.

    Raises
    ------
    RunError
        In words; as check_folder, too.
    """
    check_folder(database)
    free = shutil.disk_usage(Path(os.path.abspath(database)).parent).free
    if free < BYTES_TO_BEGIN:
        raise RunError(
            f"The disk that holds {database} has {free / 1e6:.0f} MB free, too little"
            " to begin with; make room, and build again."
        )
    if database.exists():
        try:
            duckdb.connect(str(database)).close()
        except duckdb.ConnectionException:
            # this very process has it open, in another way
            pass
        except duckdb.Error as error:
            raise RunError(words_of_file(error, database)) from None


def words_of_file(error, database):
    """Why DuckDB does not open a file, as a sentence."""
    if database.is_dir():
        return f"{database} is a folder; name a file."
    if "lock" in str(error).lower():
        return (
            f"{database} is open in another program; let it end, or stop it, and run"
            " again."
        )
    if "permission" in str(error).lower() or "read-only" in str(error).lower():
        return f"{database} may not be written to; ask whom it belongs to."
    return (
        f"{database} is no DuckDB file that this version reads; name another, or"
        " restore it from a copy."
    )


def wal_of(database):
    """The file of what DuckDB has written and not yet merged into the database."""
    return database.with_name(f"{database.name}.wal")


def copy_of(database, work):
    """Copy a database with its history; nothing where there is none yet.

    Raises
    ------
    RunError
        If the file is being written to, is no DuckDB file, or the disk is too small.
    """
    work.mkdir()
    if not database.exists():
        return
    needed = SPACE_NEEDED * database.stat().st_size
    free = shutil.disk_usage(work).free
    if free < needed:
        raise RunError(
            f"{database.parent} has {free / 1e9:.1f} GB free, and a build beside"
            f" {database.name} may need {needed / 1e9:.1f} GB; make room first."
        )
    copied = work / database.name
    try:
        if wal_of(database).exists():
            # a build in the file itself was cut short: DuckDB merges what it wrote
            shutil.copyfile(database, copied)
            shutil.copyfile(wal_of(database), wal_of(copied))
            duckdb.connect(str(copied)).close()
        else:
            # open, so that nobody begins to write meanwhile
            with duckdb.connect(str(database), read_only=True):
                shutil.copyfile(database, copied)
    except duckdb.Error as error:
        raise RunError(words_of_file(error, database)) from None
    except OSError as error:
        raise RunError(f"{database} cannot be copied: {error.strerror}.") from None


def rewrite(database):
    """Write a database anew, without the blocks that are free in it."""
    folder = database.with_name("whole")
    folder.mkdir()
    # of the same name, which views are kept with
    target = folder / database.name
    with duckdb.connect() as connection:
        for path, name, options in (
            (database, "before", "(read_only)"),
            (target, "after", f"(storage_version {literal(STORAGE_VERSION)})"),
        ):
            connection.execute(f"attach {literal(path)} as {name} {options}")
        connection.execute("copy from database before to after")
    os.replace(target, database)
    folder.rmdir()


def free_share(database):
    """Share of a database's blocks that hold nothing, from 0 to 1."""
    with duckdb.connect(str(database), read_only=True) as connection:
        (n_blocks, n_free) = connection.execute(
            "select total_blocks, free_blocks from pragma_database_size()"
        ).fetchone()
    return n_free / n_blocks if n_blocks else 0.0


def publish(built, database):
    """Put a built database in the place of another, for good."""
    with duckdb.connect(str(built)) as connection:
        connection.execute("checkpoint")
    with open(built, "rb") as file:
        os.fsync(file.fileno())
    if wal_of(database).exists():
        # of the file before; beside the new one it would be in the way
        os.replace(wal_of(database), built.with_name("left.wal"))
    os.replace(built, database)
    folder = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def run(database, command=COMMAND, wait=0.0, compact=False, tell=print):
    """Build a database beside itself and publish it.

    Parameters
    ----------
    database : Path
        The file that readers open; need not exist yet.
    command : list of str
        What builds, with the path to build into in SEGMENTATION_DUCKDB_PATH.
    wait : float
        Seconds to wait for another run.
    compact : bool
        Whether to write the file anew however little of it is free, so that nothing
        of erased customers is left in its bytes.
    tell : callable
        What is called with each line of text.

    Returns
    -------
    int
        0, or what the command ended with; then nothing is published.

    Raises
    ------
    RunError
        In words for people; nothing is published.
    """
    database = Path(os.path.abspath(database))
    work = database.with_name(f".{database.name}.building")
    with one_run_of(database, wait) as lock:
        # of a run that was killed
        shutil.rmtree(work, ignore_errors=True)
        try:
            copy_of(database, work)
            built = work / database.name
            # the child holds the lock, too: killed alone, this leaves it to end
            code = subprocess.run(
                command, env={**os.environ, VARIABLE: str(built)}, pass_fds=[lock]
            ).returncode
            if code:
                tell(f"The build failed; {database} is as it was.")
                return code if code > 0 else 1
            if not built.exists():
                raise RunError(
                    f"The build wrote no {VARIABLE}; does the profile read it?"
                )
            if compact or free_share(built) > FREE_SHARE:
                rewrite(built)
            publish(built, database)
        except OSError as error:
            raise RunError(
                f"{database} is as it was, because of {error.filename or work}:"
                f" {error.strerror}."
            ) from None
        except duckdb.Error as error:
            raise RunError(
                f"{database} is as it was, because what was built could not be written"
                f" out: {first_line(error)}"
            ) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    tell(f"{database} is published, {database.stat().st_size / 1e6:,.0f} MB.")
    return 0


def first_line(error):
    """What an error of DuckDB says, without what follows the first line."""
    return str(error).splitlines()[0]


def main(arguments=None):
    """Run and say what came of it; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation run",
        description="Build a DuckDB file beside itself and publish it by renaming.",
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=Path(os.environ.get(VARIABLE, "segmentation.duckdb")),
        help=f"the file that readers open; by default {VARIABLE}",
    )
    parser.add_argument(
        "--wait", type=float, default=0.0, help="seconds to wait for another run"
    )
    parser.add_argument(
        "--compact",
        action="store_true",
        help="write the file anew, so that nothing erased is left in its bytes",
    )
    parser.add_argument(
        "command",
        nargs="*",
        help=f"after --: what builds, with {VARIABLE} set; by default"
        " python -m segmentation build",
    )
    given = parser.parse_args(arguments)
    try:
        return run(given.database, given.command or COMMAND, given.wait, given.compact)
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing is published.", file=sys.stderr)
        return 130
