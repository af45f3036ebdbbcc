"""Builds, publications, hooks and syncs that are killed, and what is left of them.

A trial begins with a database, kills the same work several times at moments that sweep
its length, with all that it started, and lets it end once. After each kill the file
must be readable; at the end it must be what it is without any kill.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import shop
from shop import NO_TESTS, WEEKS, Result, differing, fingerprints

# kills of each trial, one after the other
KILLS_PER_TRIAL = 6
# what was told before the last run: a run that comes after one that was killed once
# it had published knows of one publication more
TOLD_BEFORE = "int_profile_tags__told|int_profiles__told"
REFUSED = "a full refresh was cut short or failed"


@dataclass
class Work:
    """What is killed: a run of dbt on a database.

    Attributes
    ----------
    name : str
    before : Path
        The database that it begins with.
    args : tuple of str
        Those of dbt.
    week : str
        The as-of date.
    seconds : float
        How long it takes, measured once.
    after : dict
        Fingerprints of all tables after a run that nobody killed.
    """

    name: str
    before: Path
    args: tuple
    week: str
    seconds: float = 0.0
    after: dict = None


def prepare(
    builder,
    names=("first build", "weekly build", "publication", "hooks", "full refresh"),
):
    """Build the shop's two weeks without a kill; returns the work to kill, by name.

    Of the `names` alone, so that nothing is built that nobody kills.
    """
    folder = builder.folder

    def keep(name):
        path = folder / f"{name}.duckdb"
        shutil.copy(builder.database, path)
        return path

    inputs = folder / "inputs.duckdb"
    shop.write(inputs)
    builder.put(inputs)
    works = [Work("first build", inputs, NO_TESTS, WEEKS[0])]
    if {*names} - {"first build"}:
        builder.must_run(NO_TESTS, segmentation_as_of_date=WEEKS[0])
        shop.change(builder.database, shop.SECOND_WEEK)
        first = keep("first_week")
        works.append(Work("weekly build", first, NO_TESTS, WEEKS[1]))
    if {"publication", "hooks"} & {*names}:
        # all but what is told and sent, which the publication then makes
        builder.must_run(
            (*NO_TESTS, "--exclude", "int_profiles__published+"),
            segmentation_as_of_date=WEEKS[1],
        )
        unpublished = keep("unpublished")
        publish = (*NO_TESTS, "--select", "int_profiles__published+")
        works.append(Work("publication", unpublished, publish, WEEKS[1]))
        # a model that takes no time: what is killed is what runs before and after it
        hooks = (*NO_TESTS, "--select", "int_snapshots__last")
        works.append(Work("hooks", unpublished, hooks, WEEKS[1]))
    if "full refresh" in names:
        builder.put(first)
        builder.must_run(NO_TESTS, segmentation_as_of_date=WEEKS[1])
        refresh = (*NO_TESTS, "--full-refresh")
        works.append(Work("full refresh", keep("second_week"), refresh, WEEKS[1]))
    works = [work for work in works if work.name in names]
    for work in works:
        builder.put(work.before)
        measure(builder, work)
    return {work.name: work for work in works}


def measure(builder, work):
    """Do the work once without a kill; keep how long it took and what came of it."""
    started = time.monotonic()
    builder.must_run(work.args, segmentation_as_of_date=work.week)
    work.seconds = time.monotonic() - started
    work.after = fingerprints(builder.database, TOLD_BEFORE)


def kill(process):
    """Kill a process and all of its group; whether it was still there."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        # it has not begun to lead a group yet
        process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def is_readable(database):
    """Whether every table and view of the shop can be read."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()
    return bool(tables)


def moments(draw, n_trials, n_kills):
    """For each trial, shares of the work's length at which it is killed.

    Together they sweep it evenly, each a little off at random.
    """
    n_moments = n_trials * n_kills
    swept = [(i + draw.random()) / n_moments for i in range(n_moments)]
    draw.shuffle(swept)
    return [swept[i::n_trials] for i in range(n_trials)]


def kill_builds(builder, work, n_kills, seed):
    """Kill a run of dbt over and over; returns kills and ends, as two results."""
    draw = random.Random(f"{seed} {work.name}")
    kills = Result(f"kills, {work.name}", "file readable after kill -9 of the group")
    ends = Result(
        f"kills, {work.name}", "next build green, all tables as without a kill"
    )
    n_trials = max(1, round(n_kills / KILLS_PER_TRIAL))
    for number, shares in enumerate(moments(draw, n_trials, KILLS_PER_TRIAL)):
        if builder.is_over():
            break
        builder.put(work.before)
        for share in shares:
            process = builder.start(work.args, segmentation_as_of_date=work.week)
            time.sleep(share * work.seconds)
            if not kill(process):
                continue
            where = (
                f"seed {seed}, trial {number}, at {share:.3f} of {work.seconds:.1f} s"
            )
            try:
                kills.count(is_readable(builder.database), f"{where}: no table")
            except duckdb.Error as error:
                kills.count(False, f"{where}: {error}")
        where = f"seed {seed}, trial {number}, killed at " + ", ".join(
            f"{share:.3f}" for share in shares
        )
        if (
            work.name == "full refresh"
            and number % 3 == 0
            and is_open(builder.database)
        ):
            code, said = builder.run(NO_TESTS, segmentation_as_of_date=work.week)
            ends.count(
                code == 1 and REFUSED in " ".join(said.split()),
                f"{where}: a build went on from a refresh that was cut short",
            )
        code, said = builder.run(work.args, segmentation_as_of_date=work.week)
        if code:
            ends.count(False, f"{where}: {said[-1500:]}")
            continue
        found = differing(work.after, fingerprints(builder.database, TOLD_BEFORE))
        ends.count(not found, f"{where}: {'; '.join(found)}")
    return [kills, ends]


def is_open(database):
    """Whether a full refresh has been begun and not ended."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return bool(
            connection.execute(
                "select 1 from information_schema.tables"
                " where table_name = 'segmentation_open_refresh'"
            ).fetchall()
        )


def kill_runs(builder, work, n_kills, seed):
    """Kill `segmentation run`, alone or with what it started, in a weekly build."""
    draw = random.Random(f"{seed} run")
    kills = Result(
        "kills, segmentation run", "the file is the old or the new one, whole"
    )
    ends = Result(
        "kills, segmentation run", "next run green, all tables as without a kill"
    )
    seconds = None
    before = fingerprints(work.before, TOLD_BEFORE)
    command = [
        sys.executable, "-m", "segmentation", "run",
        "--database", str(builder.database), "--wait", "120", "--", *builder.beside(),
    ]  # fmt: skip

    def start():
        return subprocess.Popen(
            command,
            cwd=shop.ROOT,
            env={**os.environ, **builder.environment(builder.database)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    n_trials = max(1, round(n_kills / KILLS_PER_TRIAL))
    for number, shares in enumerate(moments(draw, n_trials, KILLS_PER_TRIAL)):
        if builder.is_over():
            break
        builder.put(work.before)
        if seconds is None:
            started = time.monotonic()
            start().wait()
            seconds = time.monotonic() - started
            builder.put(work.before)
        for index, share in enumerate(shares):
            process = start()
            time.sleep(share * seconds)
            if index % 2:
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if process.returncode != -signal.SIGKILL:
                continue
            found = fingerprints(builder.database, TOLD_BEFORE)
            kills.count(
                found in (before, work.after),
                f"seed {seed}, trial {number}, at {share:.3f} of {seconds:.1f} s: "
                + "; ".join(differing(work.after, found)),
            )
        process = start()
        said = process.communicate()[1]
        where = f"seed {seed}, trial {number}"
        left = {path.name for path in builder.database.parent.iterdir()}
        name = builder.database.name
        ends.count(
            process.returncode == 0
            and left == {name, f".{name}.lock"}
            and fingerprints(builder.database, TOLD_BEFORE) == work.after,
            f"{where}: {said} {sorted(left)}",
        )
    return [kills, ends]


def kill_syncs(builder, database, n_kills, seed):
    """Kill `activation/send.py` while it tells each of six tools, then let it end."""
    import fake_esp
    import test_activation_sync as sync_tests
    import tools

    draw = random.Random(f"{seed} sync")
    kills = Result("kills, sync", "next sync green after kill -9")
    ends = Result(
        "kills, sync", "tool equals the tables, nobody told of without consent"
    )
    memory = builder.folder / "memory"
    names = sorted(tools.TOOLS)
    facts = builder.folder / "facts.csv"
    # requests of few rows, so that there are many
    facts.write_text(smaller_requests(Path(tools.FACTS).read_text()))
    script = (
        "import pathlib, sys, tools; tools.operations_of.__defaults__ ="
        f" (pathlib.Path({str(facts)!r}),); import send; sys.exit(send.main())"
    )
    rows = {name: sync_tests.rows_of(database, name) for name in names}
    with fake_esp.serving() as (esps, address):
        environment = {
            **os.environ,
            **fake_esp.VARIABLES,
            **{f"{name.upper()}_URL": f"{address}/{name}" for name in names},
            "PYTHONPATH": str(Path(tools.__file__).parent),
        }

        def start(tool):
            return subprocess.Popen(
                [
                    sys.executable, "-c", script, tool, "--database", str(database),
                    "--memory", str(memory), "--longest-wait", "0.01",
                    "--requests-per-second", "100000",
                ],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                text=True,
            )  # fmt: skip

        def reset(tool):
            shutil.rmtree(memory, ignore_errors=True)
            esps.reset()
            if tool == "mailchimp":
                for row in rows[tool].values():
                    if row["email_md5"]:
                        esps.merge(tool, row["email_md5"], {})
            if tool == "onesignal":
                for external_id in rows[tool]:
                    esps.merge(tool, external_id, {})

        seconds = {}
        for name in names:
            reset(name)
            started = time.monotonic()
            start(name).communicate()
            seconds[name] = time.monotonic() - started
        n_trials = max(1, round(n_kills / KILLS_PER_TRIAL))
        for number, shares in enumerate(moments(draw, n_trials, KILLS_PER_TRIAL)):
            if builder.is_over():
                break
            tool = names[number % len(names)]
            reset(tool)
            where = f"seed {seed}, trial {number}, {tool}"
            n_killed = 0
            for share in shares:
                process = start(tool)
                # what comes before the first request is the start of Python
                time.sleep((0.4 + 0.6 * share) * seconds[tool])
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                n_killed += process.returncode == -signal.SIGKILL
            process = start(tool)
            said = process.communicate()[1]
            for _ in range(n_killed):
                kills.count(process.returncode == 0, f"{where}: {said}")
            try:
                sync_tests.assert_tool_equals_rows(esps, rows[tool], tool)
                ends.count(True, "")
            except AssertionError as error:
                ends.count(False, f"{where}: {error}")
    return [kills, ends]


def smaller_requests(text, n_rows=5):
    """The seed of facts with at most a few rows a request."""
    import csv
    import io

    table = list(csv.DictReader(io.StringIO(text)))
    written = io.StringIO()
    writer = csv.DictWriter(written, table[0].keys(), lineterminator="\n")
    writer.writeheader()
    for row in table:
        if int(row["rows_per_request"]) > n_rows:
            row["rows_per_request"] = n_rows
        writer.writerow(row)
    return written.getvalue()
