"""A week of segments in Airflow, by Cosmos: Mondays at five, one part after the other.

Each part is a tag, so that a failed one is retried by itself and nothing before it is
built again. The parts run one at a time, as a DuckDB file has one writer. Needs
`astronomer-cosmos` beside what the project needs.
"""

import os
from datetime import datetime, timedelta

from airflow.sdk import DAG, chain
from cosmos import ProfileConfig
from cosmos.operators.local import DbtBuildLocalOperator

PROJECT = os.environ.get("SEGMENTATION_PROJECT", "/srv/segmentation")
# Cosmos runs dbt in a folder of its own: the path of the file must be whole
DATABASE = os.environ.get("SEGMENTATION_DUCKDB_PATH", "/srv/data/segmentation.duckdb")
PARTS = ("inputs", "features", "segments", "activation")

with DAG(
    "weekly_segments",
    schedule="0 5 * * 1",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=10)},
) as weekly_segments:
    chain(
        *[
            DbtBuildLocalOperator(
                task_id=part,
                project_dir=PROJECT,
                profile_config=ProfileConfig(
                    profile_name="segmentation",
                    target_name="dev",
                    profiles_yml_filepath=f"{PROJECT}/profiles.yml",
                ),
                select=f"tag:segmentation_{part}",
                env={"SEGMENTATION_DUCKDB_PATH": DATABASE},
                append_env=True,
            )
            for part in PARTS
        ]
    )
