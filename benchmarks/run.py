"""Measure full builds, weekly increments and a plain script on the demo shop.

    python benchmarks/run.py
    python benchmarks/run.py --sizes 10000 100000 --weeks 5 --repeat 3

For each number of customers, in a temporary folder that is removed afterwards:

1. generate the demo shop's raw tables, as of some weeks before its last day;
2. in a copy, build from the raw tables to the segments, the part that the plain script
   is like;
3. build everything else, twelve weekly snapshots of history included, then run all
   tests of what was built;
4. for each of the weeks: generate the shop again, a week later, and build the weekly
   increment;
5. export the raw tables to Parquet (not timed) and run naive_segmentation.py on them.

Every command runs as a process of its own, dbt with one thread; wall seconds, processor
seconds and peak memory are those of that process, start-up included. Processor seconds
hardly depend on what else the machine does, so ratios are of them. Writes
docs/benchmarks.md after each size. A million customers want about 40 GB of free disk
and an hour.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
NAIVE = Path(__file__).resolve().parent / "naive_segmentation.py"
LAST_DAY = datetime.date(2024, 12, 31)
EXPORTED = (
    "customers",
    "orders",
    "order_lines",
    "products",
    "web_events",
    "email_events",
)
RAW = EXPORTED + ("campaign_members", "tickets", "reviews")
DISK_BYTES_PER_CUSTOMER = 40_000

NO_TESTS = ["--exclude-resource-type", "test", "unit_test"]
DEMO = ["path:models/demo", "path:seeds/demo"]
# each step's dbt command; the variables and folders are added to it
COMMANDS = {
    "generate": ["build", "--select", *DEMO, *NO_TESTS],
    "segments": [
        *("build", "--select", "+dim_customer_segments", "--exclude", *DEMO),
        *NO_TESTS,
    ],
    "full": ["build", "--exclude", *DEMO, *NO_TESTS],
    "tests": ["test", "--exclude", *DEMO],
    "regenerate": ["build", "--select", *DEMO, *NO_TESTS],
    "increment": ["build", "--exclude", *DEMO, *NO_TESTS],
}


def run_measured(command, log, environment=None):
    """Run a command to its end.

    Parameters
    ----------
    command : list of str
    log : Path
        Takes what the command prints.
    environment : dict of str to str, optional
        Added to this process's own.

    Returns
    -------
    dict
        `seconds` (wall), `cpu_seconds`, `gb` (peak resident memory of the process or
        of any child it waited for, in 10**9 bytes) and `exit_code`.
    """
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    # kilobytes on Linux, bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "gb": usage.ru_maxrss * unit / 1e9,
        "exit_code": process.returncode,
    }


def run_dbt(step, folder, n_customers, end_date, database="benchmark.duckdb"):
    """Run one step of COMMANDS against a database in the folder.

    Raises
    ------
    RuntimeError
        If dbt fails; with the end of what it printed.
    """
    variables = {
        "segmentation_demo_customers": n_customers,
        "segmentation_demo_end_date": end_date.isoformat(),
    }
    command = [
        *(sys.executable, "-m", "dbt.cli.main"),
        *COMMANDS[step],
        *("--vars", json.dumps(variables)),
        *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        *("--target-path", str(folder / "target")),
        *("--log-path", str(folder / "logs")),
    ]
    log = folder / f"{step}.txt"
    measured = run_measured(
        command,
        log,
        {
            "SEGMENTATION_DUCKDB_PATH": str(folder / database),
            "SEGMENTATION_THREADS": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
    )
    if measured["exit_code"] != 0:
        end = log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"step {step} of {n_customers:,} customers failed:\n{end}")
    return measured


def run_naive(folder, as_of_date):
    """Run the plain script on the exported tables; see run_measured.

    Returns
    -------
    dict
        With `printed`, the script's own line, if it got to its end: it may well need
        more memory than there is.
    """
    log = folder / "naive.txt"
    command = [sys.executable, str(NAIVE), str(folder / "raw"), as_of_date.isoformat()]
    measured = run_measured([*command, str(folder / "tags.csv")], log)
    if measured["exit_code"] == 0:
        measured["printed"] = json.loads(log.read_text().splitlines()[-1])
    else:
        print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
    return measured


def export_raw_tables(folder):
    """Write the raw tables to Parquet and look at what was built.

    Returns
    -------
    dict
        `n_rows` of the raw tables, `as_of_date` of the last snapshot, `n_snapshots`,
        and its `n_ordering` customers and `net_amount`.
    """
    raw = folder / "raw"
    raw.mkdir()
    with duckdb.connect(str(folder / "benchmark.duckdb"), read_only=True) as connection:
        connection.execute("set preserve_insertion_order = false")
        n_rows = 0
        for name in RAW:
            table = f"shop_demo.demo_{name}"
            n_rows += connection.execute(f"select count(*) from {table}").fetchone()[0]
            if name in EXPORTED:
                connection.execute(
                    f"copy {table} to '{raw / name}.parquet' (format parquet)"
                )
        as_of_date, n_snapshots = connection.execute(
            "select max(as_of_date), count(*) from shop.int_snapshots__scheduled"
        ).fetchone()
        n_ordering, net_amount = connection.execute(
            "select count(*), sum(net_amount) from shop.fct_customer_features "
            "where has_ordered and as_of_date = ?",
            [as_of_date],
        ).fetchone()
    return {
        "n_rows": n_rows,
        "as_of_date": as_of_date,
        "n_snapshots": n_snapshots,
        "n_ordering": n_ordering,
        "net_amount": float(net_amount),
    }


def measure(n_customers, parent, n_weeks):
    """Run all steps for one size.

    Parameters
    ----------
    n_customers : int
    parent : Path
        Where the temporary folder is made.
    n_weeks : int
        Increments, a week apart.

    Returns
    -------
    dict
        Step to what run_measured returns, of the first increment for `regenerate` and
        `increment`; `naive` likewise; `built` as in export_raw_tables; `database_gb`,
        list of the sizes after the full build and after each increment.
    """
    need = n_customers * DISK_BYTES_PER_CUSTOMER
    free = shutil.disk_usage(parent).free
    if free < need:
        raise RuntimeError(
            f"{n_customers:,} customers want {need / 1e9:.0f} GB of free disk in "
            f"{parent}, which has {free / 1e9:.0f}; choose another --folder"
        )
    result = {"database_gb": []}
    with tempfile.TemporaryDirectory(prefix="segmentation-", dir=parent) as name:
        folder = Path(name)
        database = folder / "benchmark.duckdb"

        def run(step, weeks_left, **options):
            end_date = LAST_DAY - datetime.timedelta(days=7 * weeks_left)
            measured = run_dbt(step, folder, n_customers, end_date, **options)
            report(n_customers, step, measured)
            result.setdefault(step, measured)
            if step in ("full", "increment"):
                result["database_gb"].append(database.stat().st_size / 1e9)

        run("generate", n_weeks)
        # under the same name, so that the project is not parsed anew
        (folder / "segments").mkdir()
        copied = Path("segments") / database.name
        shutil.copy(database, folder / copied)
        run("segments", n_weeks, database=copied)
        shutil.rmtree(folder / "segments")
        run("full", n_weeks)
        run("tests", n_weeks)
        for weeks_left in reversed(range(n_weeks)):
            run("regenerate", weeks_left)
            run("increment", weeks_left)
        result["built"] = export_raw_tables(folder)
        result["naive"] = run_naive(folder, result["built"]["as_of_date"])
        report(n_customers, "naive", result["naive"])
    check_agreement(result)
    return result


def report(n_customers, step, measured):
    """Print one measurement as it comes in."""
    print(
        f"{n_customers:>9,} customers  {step:<10} {measured['seconds']:8.1f} s "
        f"{measured['cpu_seconds']:8.1f} cpu s {measured['gb']:6.2f} GB",
        flush=True,
    )


def check_agreement(result):
    """See that both programs did the same work: the same customers and net revenue.

    Raises
    ------
    RuntimeError
        If they differ; the comparison would be worth nothing.
    """
    built, printed = result["built"], result["naive"].get("printed")
    if printed is None:
        return
    difference = abs(printed["net_amount"] / built["net_amount"] - 1)
    if printed["n_ordering"] != built["n_ordering"] or difference > 1e-6:
        raise RuntimeError(
            f"the plain script found {printed['n_ordering']:,} ordering customers and "
            f"a net amount of {printed['net_amount']:,.2f}, the project "
            f"{built['n_ordering']:,} and {built['net_amount']:,.2f}"
        )


def take_medians(results):
    """Medians over the repetitions of one size, in the shape of one repetition."""
    first = results[0]
    steps = {
        step: {
            key: statistics.median(result[step][key] for result in results)
            for key in ("seconds", "cpu_seconds", "gb")
        }
        for step in (*COMMANDS, "naive")
    }
    # a run that did not end has no time
    steps["naive"]["has_ended"] = all("printed" in r["naive"] for r in results)
    if steps["naive"]["has_ended"]:
        printed = [result["naive"]["printed"]["seconds"] for result in results]
        steps["naive"]["stages"] = {
            stage: statistics.median(seconds[stage] for seconds in printed)
            for stage in printed[0]
        }
    return {
        **steps,
        "built": first["built"],
        "database_gb": [
            statistics.median(sizes)
            for sizes in zip(*(r["database_gb"] for r in results), strict=True)
        ],
    }


def describe_machine():
    """Processor cores, memory and versions, as Markdown lines."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        memory = f"{memory:.0f} GiB of memory"
    except (ValueError, OSError):
        memory = "memory unknown"
    names = ("dbt-core", "dbt-duckdb", "duckdb", "pandas", "scikit-learn")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    limit = os.environ.get("SEGMENTATION_MEMORY_LIMIT", "6GB (the profile's default)")
    return [
        f"- {os.cpu_count()} cores ({platform.machine()}), {memory}, "
        f"{platform.system()}; Python {platform.python_version()}",
        f"- {versions}",
        f"- DuckDB's memory limit: {limit}",
    ]


def table(header, rows):
    """A Markdown table, numbers to the right; returns lines."""
    rules = ["---:"] * len(header)
    return ["| " + " | ".join(cells) + " |" for cells in ([*header], rules, *rows)]


def tell(step):
    """Processor seconds, wall seconds and memory of a step, as three cells."""
    if not step.get("has_ended", True):
        return ["did not end", "", f"{step['gb']:.2f}"]
    return [
        f"{step['cpu_seconds']:.0f}",
        f"{step['seconds']:.0f}",
        f"{step['gb']:.2f}",
    ]


def divide(step, other):
    """Ratio of processor seconds as a cell; empty if one of the two did not end."""
    if not (step.get("has_ended", True) and other.get("has_ended", True)):
        return ""
    return f"{step['cpu_seconds'] / other['cpu_seconds']:.2f}"


def write_report(path, medians, n_repeats, n_weeks):
    """Write docs/benchmarks.md.

    Parameters
    ----------
    path : Path
    medians : dict of int to dict
        Number of customers to what take_medians returns, in rising order.
    n_repeats, n_weeks : int
    """
    steps = {
        "generate": "generate",
        "segments": "raw tables to segments",
        "full": "full build",
        "tests": "tests",
        "increment": "a week later",
        "naive": "plain script",
    }
    costs, ratios, sizes = [], [], []
    for size, result in medians.items():
        for step, name in steps.items():
            costs.append([f"{size:,}", name, *tell(result[step])])
        full, naive = result["full"], result["naive"]
        ratios.append(
            [
                f"{size:,}",
                divide(result["segments"], naive),
                divide(full, naive),
                divide(result["increment"], full),
            ]
        )
        sizes.append(
            [
                f"{size:,}",
                f"{result['built']['n_rows']:,}",
                *(f"{gb:.2f}" for gb in result["database_gb"]),
            ]
        )
    any_result = next(iter(medians.values()))
    n_snapshots = any_result["built"]["n_snapshots"] - n_weeks
    lines = [
        "# Benchmarks",
        "",
        "Made by `python benchmarks/run.py --sizes "
        + " ".join(str(size) for size in medians)
        + f" --weeks {n_weeks} --repeat {n_repeats}` on "
        + f"{datetime.date.today().isoformat()}; "
        + (f"medians of {n_repeats} runs." if n_repeats > 1 else "one run each."),
        "",
        *describe_machine(),
        "",
        "Every step is a process of its own, dbt with one thread, and counts its "
        "start-up; for dbt that is some seconds, whatever the size. The full build "
        f"makes {n_snapshots} weekly snapshots, with the first fits of all models; a "
        "week later there is a snapshot more, and the last one is made again. The "
        "plain script (`benchmarks/naive_segmentation.py`, pandas and scikit-learn) "
        "does a single snapshot up to the segments, reads only the last 90 days of "
        "events, and keeps, checks and publishes nothing. Both are seen to arrive "
        "at the same number of ordering customers and the same net revenue.",
        "",
        "## Time and peak memory",
        "",
        *table(
            ["customers", "step", "processor seconds", "wall seconds", "memory GB"],
            costs,
        ),
        "",
        "## Ratios of processor seconds",
        "",
        *table(
            [
                "customers",
                "segments / plain",
                "full / plain",
                "a week later / full",
            ],
            ratios,
        ),
        "",
        "## Size of the database (GB)",
        "",
        *table(
            [
                "customers",
                "raw rows",
                "full build",
                *(f"week {week}" for week in range(1, n_weeks + 1)),
            ],
            sizes,
        ),
        "",
    ]
    ended = [(s, r) for s, r in medians.items() if r["naive"]["has_ended"]]
    if ended:
        stages = list(ended[0][1]["naive"]["stages"])
        lines += [
            "## The plain script by stage (seconds)",
            "",
            *table(
                ["customers", *stages],
                [
                    [f"{s:,}", *(f"{r['naive']['stages'][k]:.1f}" for k in stages)]
                    for s, r in ended
                ],
            ),
            "",
        ]
    if len(medians) > 1:
        lines += [
            "## Growth",
            "",
            "Factors between one size and the next, of processor seconds; time that "
            "grows no faster than the rows is linear.",
            "",
            *table(
                [
                    "from",
                    "to",
                    "raw rows",
                    "full build",
                    "a week later",
                    "plain script",
                ],
                grow(medians),
            ),
            "",
        ]
    lines += [
        "## Commands",
        "",
        *(f"- {step}: `dbt {' '.join(words)}`" for step, words in COMMANDS.items()),
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))


def grow(medians):
    """Rows of the table of growth factors."""
    sizes = list(medians)
    rows = []
    for small, large in zip(sizes, sizes[1:], strict=False):
        before, after = medians[small], medians[large]
        factors = [after["built"]["n_rows"] / before["built"]["n_rows"]]
        for step in ("full", "increment"):
            factors.append(after[step]["cpu_seconds"] / before[step]["cpu_seconds"])
        ended = before["naive"]["has_ended"] and after["naive"]["has_ended"]
        naive = after["naive"]["cpu_seconds"] / before["naive"]["cpu_seconds"]
        rows.append(
            [
                f"{small:,}",
                f"{large:,}",
                *(f"{factor:.1f}" for factor in factors),
                f"{naive:.1f}" if ended else "",
            ]
        )
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[10_000, 100_000, 1_000_000],
        help="numbers of customers",
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="runs of each size; medians are reported"
    )
    parser.add_argument(
        "--weeks", type=int, default=1, help="weekly increments after the full build"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="where the temporary folders go",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "docs" / "benchmarks.md",
        help="the report",
    )
    arguments = parser.parse_args()
    for step, words in COMMANDS.items():
        print(f"{step:<10} dbt {' '.join(words)}")
    medians = {}
    for size in sorted(set(arguments.sizes)):
        results = [
            measure(size, arguments.folder, arguments.weeks)
            for _ in range(arguments.repeat)
        ]
        medians[size] = take_medians(results)
        write_report(arguments.output, medians, arguments.repeat, arguments.weeks)
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
