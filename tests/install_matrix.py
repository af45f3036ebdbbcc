"""Install the project in several versions of what it stands on, and build a small shop.

    python tests/install_matrix.py                  # all combinations
    python tests/install_matrix.py oldest newest    # as continuous integration does

Each combination gets a virtual environment of its own and a demo shop of 300 customers,
without tests; segments must come of it. A combination whose Python is not on this
machine is called untried, and is no failure unless it was asked for by name.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# the ends of the ranges in pyproject.toml, and what lies between
COMBINATIONS = {
    "oldest": (["3.11"], ["duckdb==1.4.5", "dbt-core==1.11.6", "dbt-duckdb==1.11.0"]),
    "duckdb 1.5": (["3.12", "3.13"], ["duckdb==1.5.*", "dbt-core==1.11.*"]),
    "duckdb 2.0": (["3.12", "3.13"], ["duckdb==2.0.*", "dbt-core==1.11.*"]),
    "newest": (["3.14", "3.13", "3.12"], ["duckdb>=2", "dbt-core>=1.12"]),
}
# comes with dbt-core 1.12 as a download from another site than the registry; dbt-core
# does without it
LEFT_OUT = "dbt-core-experimental-parser ; sys_platform == 'never'"
SHOP = (
    "{segmentation_demo_customers: 300, segmentation_history_snapshots: 3,"
    " segmentation_stability_resamples: 2, segmentation_score_resamples: 100}"
)
COUNT = "select count(distinct segment_id) from shop.dim_customer_segments"


def find_python(versions):
    """The first interpreter among some versions, or None."""
    for version in versions:
        path = shutil.which(f"python{version}")
        works = path and subprocess.run([path, "-c", ""], capture_output=True)
        if works and works.returncode == 0:
            return path
    return None


def run(command, **options):
    """Run a command; raise with what it said if it fails."""
    process = subprocess.run(command, capture_output=True, text=True, **options)
    if process.returncode != 0:
        said = (process.stdout + process.stderr)[-3000:]
        raise RuntimeError(f"{' '.join(map(str, command))}\n{said}")
    return process.stdout


def try_combination(python, packages, folder):
    """Install the project beside some versions and build; return what was installed.

    Arguments: `python`, an interpreter; `packages`, requirements; `folder`, empty.
    Raises RuntimeError if a step fails.
    """
    run([sys.executable, "-m", "uv", "venv", "--python", python, folder / "venv"])
    binaries = folder / "venv" / "bin"
    (folder / "overrides.txt").write_text(LEFT_OUT)
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet"]
    install += [
        "--python",
        binaries / "python",
        "--overrides",
        folder / "overrides.txt",
    ]
    run([*install, f"{ROOT}[dbt]", *packages])
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "SEGMENTATION_DUCKDB_PATH": str(folder / "matrix.duckdb"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    environment.pop("PYTHONPATH", None)
    places = ["--target-path", folder / "target", "--log-path", folder / "target"]
    no_tests = [
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
    ]
    run(
        [binaries / "dbt", "--quiet", "build", "--vars", SHOP, *no_tests, *places],
        cwd=ROOT,
        env=environment,
    )
    asked = (
        "import sys, duckdb; from importlib.metadata import version;"
        "found = duckdb.connect(sys.argv[1]).sql(sys.argv[2]).fetchone()[0];"
        "print(f'Python {sys.version.split()[0]}, duckdb {version(\"duckdb\")}, '"
        'f\'dbt-core {version("dbt-core")}, dbt-duckdb {version("dbt-duckdb")}, \''
        "f'scikit-learn {version(\"scikit-learn\")}: {found} segments');"
        "sys.exit(found < 2)"
    )
    database = environment["SEGMENTATION_DUCKDB_PATH"]
    return run([binaries / "python", "-c", asked, database, COUNT]).strip()


def main(arguments=None):
    """Try the combinations named, or all; return 1 if one does not work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="name", help=", ".join(COMBINATIONS)
    )
    names = parser.parse_args(arguments).names
    unknown = set(names) - set(COMBINATIONS)
    if unknown:
        parser.error(f"no combination {', '.join(unknown)}; {', '.join(COMBINATIONS)}")
    has_failed = False
    for name in names or COMBINATIONS:
        versions, packages = COMBINATIONS[name]
        python = find_python(versions)
        if python is None:
            print(f"{name}: untried, no Python {' or '.join(versions)} on this machine")
            has_failed |= name in names
            continue
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            try:
                said = try_combination(python, packages, Path(folder))
            except RuntimeError as error:
                said, has_failed = f"FAILED\n{error}", True
        print(f"{name}: {said} ({time.perf_counter() - start:.0f} s)", flush=True)
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
