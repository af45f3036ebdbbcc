"""A week of segments in Dagster: an asset for every model, built Mondays at five.

Dagster shows each model by itself; dbt builds them in one run, as a DuckDB file has one
writer. Needs `dagster-dbt` beside what the project needs. To try it out:
`dagster dev -f weekly_segments.py`.
"""

import os

from dagster import Definitions
from dagster_dbt import (
    DbtCliResource,
    DbtProject,
    build_schedule_from_dbt_selection,
    dbt_assets,
)

project = DbtProject(os.environ.get("SEGMENTATION_PROJECT", "/srv/segmentation"))
# in development; elsewhere, `dbt parse` belongs to the deployment
project.prepare_if_dev()


@dbt_assets(manifest=project.manifest_path, select="package:segmentation")
def segments(context, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()


weekly = build_schedule_from_dbt_selection(
    [segments], job_name="weekly_segments", cron_schedule="0 5 * * 1"
)
definitions = Definitions(
    assets=[segments],
    schedules=[weekly],
    resources={"dbt": DbtCliResource(project_dir=project)},
)
