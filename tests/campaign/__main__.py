"""Kill, collide and wrong builds of a small shop; print one table of what came of it.

    python tests/campaign --seed 1
    python tests/campaign --only kills --kills 40

Takes three quarters of an hour. Exits with 1 if anything failed; each failure names the
seed and the moment or the value, which the same seed gives again.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import shop

sys.path.append(str(shop.ROOT / "activation"))
# kills of each kind of work, the quick ones first
SHARES = {
    "sync": 90,
    "hooks": 48,
    "publication": 60,
    "full refresh": 30,
    "weekly build": 48,
    "first build": 24,
    "run": 18,
}


def kill_all(builder, n_kills, seed, names=tuple(SHARES)):
    """Yield the results of the kinds of kills that are named, in the shares above."""
    import kills

    # what a run or a sync begins with is made for another
    needed = {"run": "weekly build", "sync": "full refresh"}
    works = kills.prepare(builder, {needed.get(name, name) for name in names})
    of_all = n_kills / sum(SHARES.values())
    for name in names:
        share = SHARES[name]
        wanted = max(kills.KILLS_PER_TRIAL, round(share * of_all))
        if name == "run":
            yield from kills.kill_runs(builder, works["weekly build"], wanted, seed)
        elif name == "sync":
            database = works["full refresh"].before
            yield from kills.kill_syncs(builder, database, wanted, seed)
        else:
            yield from kills.kill_builds(builder, works[name], wanted, seed)


def table_of(results):
    """The results as a Markdown table."""
    lines = ["| part | what | tried | right | failed |", "|---|---|---|---|---|"]
    for result in results:
        lines.append(
            f"| {result.part} | {result.what} | {result.n_tried} | {result.n_right}"
            f" | {len(result.failures)} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        prog="python tests/campaign", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=sum(SHARES.values()))
    parser.add_argument("--inputs", type=int, default=400, help="drawn bad inputs")
    parser.add_argument(
        "--only", choices=("kills", "inputs", "faults"), action="append"
    )
    parser.add_argument(
        "--work", choices=SHARES, action="append", help="that is killed; all by default"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="after which no trial begins",
    )
    given = parser.parse_args()
    parts = given.only or ("kills", "inputs", "faults")
    folder = Path(tempfile.mkdtemp(prefix="campaign"))
    started = time.monotonic()
    results = []
    try:
        builder = shop.Builder(folder, until=started + 60 * given.minutes)
        if "kills" in parts:
            names = given.work or tuple(SHARES)
            for result in kill_all(builder, given.kills, given.seed, names):
                results.append(result)
                print(table_of([result]).splitlines()[-1], flush=True)
        if "inputs" in parts:
            import inputs

            results += inputs.wrong_all(builder, given.inputs, given.seed)
        if "faults" in parts:
            import faults
            import kills

            works = kills.prepare(builder, {"weekly build"})
            results += faults.all_faults(builder, works)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    failures = [
        f"{result.part}: {failure}" for result in results for failure in result.failures
    ]
    print(table_of(results))
    print("\n".join(failures))
    minutes = (time.monotonic() - started) / 60
    print(f"seed {given.seed}, {minutes:.0f} minutes, {len(failures)} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
