"""Shops to measure on: builds of this project into databases of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build_shop(database, selected, variables, project=ROOT):
    """Build the selected models, without tests, into a DuckDB file.

    Parameters
    ----------
    database : Path
        What is compiled and logged goes to the folder beside it.
    selected : sequence of str
        As dbt's --select takes them.
    variables : dict
    project : Path
        This project, or a copy of it.

    Raises
    ------
    subprocess.CalledProcessError
        If dbt fails; it has printed why.
    """
    target = str(database.parent / "target")
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "dbt.cli.main", "--quiet", "build",
         "--select", *selected, "--exclude-resource-type", "test", "unit_test",
         "--vars", json.dumps(variables), "--target-path", target,
         "--log-path", target],
        cwd=project,
        env={**os.environ, "SEGMENTATION_DUCKDB_PATH": str(database),
             "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        check=True,
    )  # fmt: skip
