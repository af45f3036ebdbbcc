"""Install the project in several versions of what it stands on, and build a small shop.

    python tests/install_matrix.py                  # all combinations
    python tests/install_matrix.py oldest newest    # as make test does

Each combination gets a virtual environment of its own and builds the segments of a demo
shop of 300 customers, without tests; two at a time. One whose Python is not on this
machine is called untried, and is no failure unless it was asked for by name.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# {name: (versions of Python, the best first; requirements; resolution)}: the ends of
# the ranges in pyproject.toml, and what lies between. The oldest has the lower end of
# every range, as "lowest-direct" asks.
COMBINATIONS = {
    "oldest": (["3.11", "3.12"], [], "lowest-direct"),
    "duckdb 1.5": (["3.12"], ["duckdb==1.5.*", "dbt-core==1.11.*"], "highest"),
    "duckdb 2.0": (["3.13"], ["duckdb==2.0.*", "dbt-core==1.11.*"], "highest"),
    "newest": (["3.14", "3.13", "3.12", "3.11"], ["dbt-core>=1.12"], "highest"),
    # the engine in Rust, of which the registry has no later wheel; it only parses
    "engine 2": (["3.12", "3.11"], ["dbt==2.0.0rc196"], "highest"),
}
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "target", "logs", "*.duckdb*")
# dbt-core 1.12 asks for it, does without it, and it is a download from another site
LEFT_OUT = "dbt-core-experimental-parser ; sys_platform == 'never'"
SHOP = (
    "{segmentation_demo_customers: 300, segmentation_history_snapshots: 3,"
    " segmentation_stability_resamples: 2, segmentation_score_resamples: 100}"
)
ASKED = """
import sys, duckdb
from importlib.metadata import version
names = "duckdb dbt-core dbt-duckdb numpy pyarrow scikit-learn scipy".split()
connection = duckdb.connect(sys.argv[1])
found = connection.execute(
    "select count(distinct segment_id) from shop.dim_customer_segments"
).fetchone()[0]
print(f"{found} segments; Python {sys.version.split()[0]}", end="")
print(*(f", {name} {version(name)}" for name in names), sep="")
sys.exit(found < 2)
"""


def find_python(versions):
    """The first interpreter among some versions, on the path or of pyenv, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for version in versions:
        name = f"python{version}"
        paths = [shutil.which(name), *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]
        for path in paths:
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


def make_environment(python, requirements, resolution, folder):
    """Make a virtual environment; return its folder of programs.

    Arguments: `python`, an interpreter; `requirements`, arguments of pip; `resolution`,
    which of the allowed versions uv takes; `folder`, to make it in.
    """
    uv = [sys.executable, "-m", "uv", "--quiet"]
    run([*uv, "venv", "--python", python, folder / "venv"])
    (folder / "overrides.txt").write_text(LEFT_OUT)
    run(
        [*uv, "pip", "install", "--python", folder / "venv" / "bin" / "python"]
        + ["--overrides", folder / "overrides.txt", "--resolution", resolution]
        + requirements
    )
    return folder / "venv" / "bin"


def try_combination(name, python, wheel, selected):
    """Install the project beside some versions and build; return what came of it.

    Arguments: `name`, of the combination; `python`, an interpreter; `wheel`, of the
    project; `selected`, models to build. Raises RuntimeError if a step fails.
    """
    _, requirements, resolution = COMBINATIONS[name]
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    environment.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        environment["SEGMENTATION_DUCKDB_PATH"] = str(folder / "matrix.duckdb")
        places = ["--target-path", folder / "target", "--log-path", folder / "target"]
        if name == "engine 2":
            binaries = make_environment(python, requirements, resolution, folder)
            # it writes into the project
            project = shutil.copytree(ROOT, folder / "project", ignore=NOT_COPIED)
            run([binaries / "dbt", "parse", *places], cwd=project, env=environment)
            return "parsed; " + run([binaries / "dbt", "--version"]).strip()
        # not of the wheel, whose requirements would not count as direct ones
        own = ["-r", ROOT / "pyproject.toml", "--extra", "dbt"]
        requirements = [*own, *requirements, wheel]
        binaries = make_environment(python, requirements, resolution, folder)
        environment["PATH"] = f"{binaries}{os.pathsep}{os.environ['PATH']}"
        run(
            [binaries / "dbt", "--quiet", "build", "--vars", SHOP, *places]
            + ["--exclude-resource-type", "test", "--exclude-resource-type"]
            + ["unit_test", "--select", *selected],
            cwd=ROOT,
            env=environment,
        )
        database = environment["SEGMENTATION_DUCKDB_PATH"]
        return run([binaries / "python", "-c", ASKED, database]).strip()


def try_one(name, wheel, selected, is_asked_for):
    """Try a combination; return whether it failed, and what to print."""
    start = time.perf_counter()
    versions = COMBINATIONS[name][0]
    python = find_python(versions)
    if python is None:
        missing = f"untried, no Python {' or '.join(versions)} on this machine"
        return is_asked_for, f"{name}: {missing}"
    try:
        has_failed, said = False, try_combination(name, python, wheel, selected)
    except RuntimeError as error:
        has_failed, said = True, f"FAILED\n{error}"
    return has_failed, f"{name}: {said} ({time.perf_counter() - start:.0f} s)"


def main(arguments=None):
    """Try the combinations named, or all; return 1 if one does not work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="name", help=", ".join(COMBINATIONS)
    )
    parser.add_argument(
        "--select", nargs="+", default=["fqn:*"], help="what to build; all by default"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(COMBINATIONS)
    if unknown:
        parser.error(f"no combination {', '.join(unknown)}; {', '.join(COMBINATIONS)}")
    has_failed = False
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        build = [sys.executable, "-m", "uv", "--quiet", "build", "--wheel"]
        run([*build, "--out-dir", folder, ROOT])
        (wheel,) = Path(folder).glob("*.whl")
        try_it = partial(
            try_one, wheel=wheel, selected=options.select, is_asked_for=options.names
        )
        for failed, said in pool.map(try_it, options.names or COMBINATIONS):
            print(said, flush=True)
            has_failed |= bool(failed)
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
