"""The examples of how a week is run: each is run, as far as what it needs is here.

GitHub Actions' steps run with stand-ins for its tools. Airflow and Dagster are too
heavy for `make test`: SEGMENTATION_TEST_AIRFLOW and SEGMENTATION_TEST_DAGSTER name a
Python that has Cosmos or dagster-dbt beside this project, and a small shop is built.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

EXAMPLES = ROOT / "examples"
STAND_INS = {
    "pip": "exit 0",
    # each build adds a week to the file
    "dbt": 'test "$FAILS" != dbt && echo "$*" >> "$SEGMENTATION_DUCKDB_PATH"',
    "aws": """
test "$FAILS" != "$2" || exit 1
from="${3/s3:\\/\\//$BUCKETS/}" to="${4/s3:\\/\\//$BUCKETS/}"
case "$2" in
    sync) if [ -d "$from" ]; then mkdir -p "$to"; cp "$from"/* "$to"; fi ;;
    cp) mkdir -p "$(dirname "$to")"; cp "$from" "$to" ;;
    *) exit 2 ;;
esac
""",
}
# {tool: commands of a week, after which all must have been built}
COMMANDS = {
    "airflow": [
        ["airflow", "db", "migrate"],
        ["airflow", "dags", "reserialize"],
        ["airflow", "dags", "test", "weekly_segments"],
    ],
    "dagster": [
        ["dbt", "parse"],
        ["dagster", "job", "execute", "-f", EXAMPLES / "dagster" / "weekly_segments.py"]
        + ["-j", "weekly_segments"],
    ],
}


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(
        (EXAMPLES / "github_actions" / "weekly_segments.yml").read_text()
    )


@pytest.fixture
def run_week(workflow, tmp_path):
    """Function that runs the steps of the workflow on a new runner, as Actions does.

    Argument: `fails`, the tool or command of it that fails. Returns whether all
    succeeded, and what the bucket holds afterwards.
    """
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, script in STAND_INS.items():
        (tools / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
        (tools / name).chmod(0o755)
    job = workflow["jobs"]["build"]
    kept = tmp_path / "buckets" / "shop" / "segments" / "segmentation.duckdb"
    numbers = iter(range(10))

    def run(fails=""):
        runner = tmp_path / f"runner_{next(numbers)}"
        runner.mkdir()
        env = {
            name: value for name, value in job["env"].items() if "${{" not in value
        } | {"BUCKET": "shop", "BUCKETS": str(tmp_path / "buckets"), "FAILS": fails}
        env["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
        succeeded = all(
            subprocess.run(["bash", "-e", "-c", step["run"]], cwd=runner, env=env)
            .returncode == 0
            for step in job["steps"]
            if "run" in step
        )  # fmt: skip
        return succeeded, kept.read_text().split() if kept.exists() else []

    return run


def test_actions_carry_the_history_from_week_to_week(run_week):
    assert run_week() == (True, ["build"])
    assert run_week() == (True, ["build", "build"])


@pytest.mark.parametrize("fails", ["sync", "dbt", "cp"])
def test_actions_that_fail_leave_the_kept_file_as_it_was(run_week, fails):
    run_week()
    assert run_week(fails) == (False, ["build"])


def test_actions_start_weekly_one_at_a_time_with_a_python_that_is_allowed(workflow):
    # to YAML, on is true
    assert workflow[True]["schedule"] == [{"cron": "0 5 * * 1"}]
    assert workflow["concurrency"]["group"]
    (python,) = [
        step["with"]["python-version"]
        for step in workflow["jobs"]["build"]["steps"]
        if "setup-python" in step.get("uses", "")
    ]
    assert re.fullmatch(r"3\.1[1-4]", python)


@pytest.fixture
def small_project(copy_project):
    """A copy of the project whose demo shop is small."""
    folder = copy_project()
    path = folder / "dbt_project.yml"
    text = path.read_text()
    for name, value in {
        "demo_customers": 300, "history_snapshots": 3, "stability_resamples": 2,
        "score_resamples": 100,
    }.items():  # fmt: skip
        text, n_found = re.subn(
            rf"(?m)^(  segmentation_{name}:).*$", rf"\1 {value}", text
        )
        assert n_found == 1
    path.write_text(text)
    return folder


@pytest.mark.parametrize("tool", COMMANDS)
def test_the_example_builds_a_week(tool, small_project, query, tmp_path):
    variable = f"SEGMENTATION_TEST_{tool.upper()}"
    if variable not in os.environ:
        pytest.skip(f"{variable} names no Python that has {tool}")
    binaries = Path(os.environ[variable]).parent
    database = tmp_path / "week.duckdb"
    env = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(small_project / "python_models"),
        "SEGMENTATION_PROJECT": str(small_project),
        "SEGMENTATION_DUCKDB_PATH": str(database),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "DAGSTER_HOME": str(tmp_path),
    }
    for command in COMMANDS[tool]:
        process = subprocess.run(
            command, cwd=small_project, env=env, capture_output=True, text=True
        )
        assert process.returncode == 0, (process.stdout + process.stderr)[-5000:]
    # of the parts segments and activation
    for column, table in {
        "segment_id": "dim_customer_segments", "operation": "rpt_esp_profiles",
    }.items():  # fmt: skip
        found = query(database, f"select count(distinct {column}) from shop.{table}")
        assert found[0][0] > 0, table
