"""Builds that collide, readers meanwhile, disks that are full, memory that is short.

Each begins with the shop's first week and builds the second; whatever happens, the file
is whole, and a build with nothing in its way then gives what it gives at once.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import duckdb
import kills
import shop
from shop import NO_TESTS, WEEKS, Result, differing, fingerprints

# megabytes beside the file: too little to begin with, to end with, and perhaps enough
ROOM = (0, 6, 18, 24, 60)
# of address space, in megabytes; dbt and its libraries take the most
MEMORY = (700, 1000, 1300, 1700)


def all_faults(builder, works):
    """All of them; a list of results."""
    work = works["weekly build"]
    return [
        *collide(builder, work),
        *fill_disks(builder, work),
        short_memory(builder, work),
    ]


def run_beside(builder, database, *options):
    """Start `segmentation run` on a database."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "segmentation", "run", "--database", str(database),
            *options, "--", *builder.beside(),
        ],
        cwd=shop.ROOT,
        env={**os.environ, **builder.environment(database)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


@contextmanager
def reading(database, faults):
    """A reader in a loop meanwhile; yields a list of how often it read."""
    is_over, n_read = threading.Event(), []

    def read():
        while not is_over.is_set():
            try:
                n_read.append(kills.is_readable(database))
            except duckdb.Error as error:
                faults.append(str(error))
            time.sleep(0.2)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield n_read
    finally:
        is_over.set()
        reader.join()


def collide(builder, work, n_rounds=3):
    """Two runs of one file at once, with a reader and a report meanwhile."""
    runs = Result("two runs at once", "one builds, the other refuses in a sentence")
    reads = Result("readers during builds", "reads that were not blocked")
    reports = Result("report during a build", "written")
    plain = Result("a second build in the file itself", "refused in a sentence")
    faults = []
    for number in range(n_rounds):
        builder.put(work.before)
        with reading(builder.database, faults) as n_read:
            both = [run_beside(builder, builder.database) for _ in range(2)]
            output = builder.folder / f"report{number}"
            report = subprocess.run(
                [
                    sys.executable, "-m", "segmentation", "report", "--only",
                    "segments.xlsx", "--database", str(builder.database),
                    "--output", str(output),
                ],
                capture_output=True,
                text=True,
            )  # fmt: skip
            reports.count(
                report.returncode == 0 and (output / "segments.xlsx").exists(),
                f"round {number}: {report.stderr[-500:]}",
            )
            said = [process.communicate() for process in both]
        codes = sorted(process.returncode for process in both)
        refusal = [error for _, error in said if "Another run is building" in error]
        found = differing(work.after, fingerprints(builder.database, kills.TOLD_BEFORE))
        runs.count(
            codes == [0, 1] and len(refusal) == 1 and not found,
            f"round {number}: {codes} {said} {found}",
        )
        for is_read in n_read:
            reads.count(is_read, f"round {number}: no table")
    for fault in faults:
        reads.count(False, fault)
    builder.put(work.before)
    process = builder.start(NO_TESTS, segmentation_as_of_date=WEEKS[1])
    deadline = time.monotonic() + 30
    # its session begins a little after it does
    while True:
        other = subprocess.run(
            [sys.executable, "-m", "segmentation", "build"],
            cwd=shop.ROOT,
            env={**os.environ, **builder.environment(builder.database)},
            capture_output=True,
            text=True,
        )
        if "is open in another program" in other.stderr or time.monotonic() > deadline:
            break
    plain.count(
        other.returncode == 2 and len(other.stderr.splitlines()) == 1, other.stderr
    )
    process.join()
    found = differing(work.after, fingerprints(builder.database, kills.TOLD_BEFORE))
    plain.count(process.exitcode == 0 and not found, f"the first: {found}")
    return [runs, reads, reports, plain]


@contextmanager
def small_disk(folder, n_bytes):
    """A file system in memory; yields its folder."""
    folder.mkdir(exist_ok=True)
    size = f"size={n_bytes // 1024}k"
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "none", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill_disks(builder, work):
    """Builds in files on disks with little room, in the file itself and beside it."""
    plain = Result(
        "disk full, plain dbt build", "file readable, then green and the same"
    )
    beside = Result("disk full, segmentation run", "told in words, file as it was")
    size = work.before.stat().st_size
    for room in ROOM:
        try:
            with small_disk(
                builder.folder / "small", size + room * 1_000_000
            ) as folder:
                database = Path(shutil.copy(work.before, folder / "warehouse.duckdb"))
                before = database.read_bytes()
                process = run_beside(builder, database)
                out, error = process.communicate()
                told = out + error
                is_told = "is as it was" in told or "make room first" in told
                beside.count(
                    (process.returncode == 0 or is_told)
                    and "Traceback" not in told
                    and (process.returncode == 0 or database.read_bytes() == before),
                    f"{room} MB: {told[-800:]}",
                )
                shutil.copy(work.before, database)
                first = builder.database
                builder.database = database
                code, _ = builder.run(NO_TESTS, segmentation_as_of_date=work.week)
                builder.database = first
                is_whole = kills.is_readable(database)
                builder.put(database)
                wal = database.with_name(f"{database.name}.wal")
                if wal.exists():
                    shutil.copy(wal, builder.database.with_name(wal.name))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"not tried, {room} MB: {error}")
            continue
        again, said = builder.run(NO_TESTS, segmentation_as_of_date=work.week)
        found = again or differing(
            work.after, fingerprints(builder.database, kills.TOLD_BEFORE)
        )
        plain.count(
            is_whole and not found,
            f"{room} MB, ended with {code}: {found} {said[-500:]}",
        )
    return [plain, beside]


def short_memory(builder, work):
    """Builds with little address space, then one with enough."""
    result = Result("memory short", "file readable, then green and the same")
    for megabytes in MEMORY:
        builder.put(work.before)
        limited = subprocess.run(
            ["bash", "-c", f'ulimit -v {megabytes * 1000}; exec "$@"', "_"]
            + builder.beside(),
            cwd=shop.ROOT,
            env={**os.environ, **builder.environment(builder.database)},
            capture_output=True,
            text=True,
        )
        is_whole = kills.is_readable(builder.database)
        code, said = builder.run(NO_TESTS, segmentation_as_of_date=work.week)
        found = code or differing(
            work.after, fingerprints(builder.database, kills.TOLD_BEFORE)
        )
        result.count(
            is_whole and not found,
            f"{megabytes} MB, ended with {limited.returncode}: {found} {said[-500:]}",
        )
    return result
