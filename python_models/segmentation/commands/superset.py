"""Write a dashboard that Superset imports: `python -m segmentation superset`.

    python -m segmentation superset --database segmentation.duckdb --output superset.zip
    python -m segmentation superset --uri postgresql+psycopg2://bi@db/bi

A database, data sets, charts and a dashboard as YAML, in the form of Superset's own
exports (version 1.0.0). Tables and columns are those of the built marts, with their
types and descriptions; `--uri` is where Superset finds them, file or publication.
Nothing in it is of a single customer, and no password.
"""

import argparse
import io
import sys
import uuid
import zipfile
from pathlib import Path

import duckdb
import yaml

from segmentation.commands.arguments import add_database
from segmentation.identifiers import literal

VERSION = "1.0.0"
TITLE = "Customer segments"
# of a fixed moment: the same marts give the same bytes
MOMENT = (2024, 1, 1, 0, 0, 0)
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "segmentation/superset")

# Measures by table, SQL of each: what may be summed is on docs/bi.md
TABLES = {
    "rpt_customers": {
        "time": None,
        "metrics": {
            "customers": "count(*)",
            "revenue_last_year": "sum(net_amount_365d)",
            "expected_revenue": "sum(expected_revenue)",
            "revenue_at_risk": "sum(revenue_at_risk)",
        },
    },
    "fct_segment_months": {
        "time": "month_start_date",
        "metrics": {"revenue": "sum(net_amount)", "orders": "sum(n_orders)"},
    },
    "fct_segment_trends": {
        "time": "as_of_date",
        "metrics": {
            "customers": "sum(n_customers)",
            "difference_to_the_week_before": "sum(n_customers_change)",
        },
    },
    "fct_segment_migrations": {
        "time": "period_end_date",
        "metrics": {"customers_who_moved": "sum(n_customers)"},
    },
    "fct_segment_reach": {
        "time": None,
        "metrics": {
            "customers": "sum(n_customers)",
            "reached": "sum(n_strategy_recommended)",
            "rested": "sum(n_rested)",
            "left_alone": "sum(n_left_alone)",
        },
    },
}


def where(column, operator, comparator):
    """A filter of a chart."""
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": operator,
        "comparator": comparator,
    }


# Rows of the dashboard: (title, table, kind, parameters, width of twelve)
ROWS = [
    [
        ("Customers", "rpt_customers", "big_number_total", {"metric": "customers"}, 4),
        (
            "Expected revenue",
            "rpt_customers",
            "big_number_total",
            {"metric": "expected_revenue"},
            4,
        ),
        (
            "Expected revenue at risk",
            "rpt_customers",
            "big_number_total",
            {"metric": "revenue_at_risk"},
            4,
        ),
    ],
    [
        (
            "Segments, and what is done",
            "rpt_customers",
            "table",
            {
                "groupby": ["segment_name", "current_strategy"],
                "metrics": ["customers", "revenue_last_year", "revenue_at_risk"],
            },
            12,
        )
    ],
    [
        (
            "Revenue by month, by the segment of that time",
            "fct_segment_months",
            "echarts_timeseries_bar",
            {
                "x_axis": "month_start_date",
                "groupby": ["month_segment_name"],
                "metrics": ["revenue"],
                "adhoc_filters": [where("is_whole_month", "==", True)],
                "time_grain_sqla": None,
                "stack": "Stack",
            },
            6,
        ),
        (
            "Customers by segment, week by week",
            "fct_segment_trends",
            "echarts_timeseries_line",
            {
                "x_axis": "as_of_date",
                "groupby": ["segment_id"],
                "metrics": ["customers"],
                "time_grain_sqla": None,
            },
            6,
        ),
    ],
    [
        (
            "Difference to the week before",
            "fct_segment_trends",
            "table",
            {
                "groupby": ["as_of_date", "segment_id"],
                "metrics": ["difference_to_the_week_before"],
                "row_limit": 50,
            },
            5,
        ),
        (
            "Who moved where, by week",
            "fct_segment_migrations",
            "table",
            {
                "groupby": ["period_end_date", "from_segment_id", "to_segment_id"],
                "metrics": ["customers_who_moved"],
                "adhoc_filters": [
                    where("grain", "==", "week"),
                    where("is_stay", "==", False),
                ],
                "row_limit": 50,
            },
            7,
        ),
    ],
    [
        (
            "What is to be done",
            "rpt_customers",
            "table",
            {
                "groupby": ["action_name", "channel"],
                "metrics": ["customers"],
                "adhoc_filters": [where("action_status", "==", "recommended")],
            },
            6,
        ),
        (
            "Whom strategies reach this week",
            "fct_segment_reach",
            "table",
            {
                "groupby": ["segment_name", "strategy_finding"],
                "metrics": ["customers", "reached", "rested", "left_alone"],
            },
            6,
        ),
    ],
]
# filters of the whole dashboard, by columns of customers
FILTERS = {"Segment": "segment_name", "State": "state", "Value tier": "value_tier"}


class SupersetError(Exception):
    """No dashboard is written: a sentence that says why."""


def identified(*words):
    """The same id for the same words, so that an import replaces what was imported."""
    return str(uuid.uuid5(NAMESPACE, "/".join(words)))


def columns_of(database, schema):
    """Columns of the tables that the dashboard reads.

    Returns
    -------
    dict
        By table, a list of (name, DuckDB's type, description), in order.

    Raises
    ------
    SupersetError
        If the file is not there, or one of the tables.
    """
    if not Path(database).is_file():
        raise SupersetError(
            f"There is no database {database}; name it with --database."
        )
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(database)} as built (read_only)")
        rows = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns()"
            " where database_name = 'built' and schema_name = ?"
            " order by table_name, column_index",
            [schema],
        ).fetchall()
    found = {table: [] for table in TABLES}
    for table, *column in rows:
        if table in found:
            found[table].append(tuple(column))
    missing = [table for table, columns in found.items() if not columns]
    if missing:
        raise SupersetError(
            f"{database} has no {', '.join(missing)} in schema {schema}; build them"
            " with dbt, or name another schema with --schema."
        )
    return found


def names_of(parameters):
    """Columns that the parameters of a chart read."""
    yield from parameters.get("groupby", [])
    if "x_axis" in parameters:
        yield parameters["x_axis"]
    for one in parameters.get("adhoc_filters", []):
        yield one["subject"]


def check(columns):
    """See that whatever a chart or filter reads is in its table.

    Raises
    ------
    SupersetError
        If it is not.
    """
    charts = [chart for row in ROWS for chart in row]
    for title, table, _, parameters, _ in charts:
        known = {name for name, *_ in columns[table]}
        wanted = parameters.get("metrics") or [parameters["metric"]]
        missing = set(names_of(parameters)) - known
        missing |= set(wanted) - set(TABLES[table]["metrics"])
        if missing:
            raise SupersetError(
                f"The chart {title} reads {', '.join(sorted(missing))}, which"
                f" {table} has not; build the marts anew."
            )


def dataset(table, columns, schema, database_id):
    """YAML of a data set."""
    time = TABLES[table]["time"]
    return {
        "table_name": table,
        "main_dttm_col": time,
        "schema": schema,
        "sql": None,
        "params": None,
        "metrics": [
            {
                "metric_name": name,
                "verbose_name": name.replace("_", " ").capitalize(),
                "expression": expression,
            }
            for name, expression in TABLES[table]["metrics"].items()
        ],
        "columns": [
            {
                "column_name": name,
                "type": type_,
                "is_dttm": type_ == "DATE" or type_.startswith("TIMESTAMP"),
                "groupby": True,
                "filterable": True,
                "description": description,
            }
            for name, type_, description in columns
        ],
        "uuid": identified("dataset", table),
        "version": VERSION,
        "database_uuid": database_id,
    }


def chart(title, table, kind, parameters):
    """YAML of a chart."""
    return {
        "slice_name": title,
        "viz_type": kind,
        "params": {
            "viz_type": kind,
            "row_limit": 1000,
            "query_mode": "aggregate",
            "adhoc_filters": [],
            **parameters,
        },
        "uuid": identified("chart", title),
        "version": VERSION,
        "dataset_uuid": identified("dataset", table),
    }


def dashboard():
    """YAML of the dashboard: charts in rows, and filters."""
    position = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {
            "id": "GRID_ID",
            "type": "GRID",
            "parents": ["ROOT_ID"],
            "children": [f"ROW-{i}" for i in range(len(ROWS))],
        },
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": TITLE}},
    }
    for i, row in enumerate(ROWS):
        ids = [f"CHART-{i}-{j}" for j in range(len(row))]
        position[f"ROW-{i}"] = {
            "id": f"ROW-{i}",
            "type": "ROW",
            "parents": ["ROOT_ID", "GRID_ID"],
            "children": ids,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for key, (title, _, kind, _, width) in zip(ids, row, strict=True):
            position[key] = {
                "id": key,
                "type": "CHART",
                "parents": ["ROOT_ID", "GRID_ID", f"ROW-{i}"],
                "children": [],
                "meta": {
                    "chartId": 0,
                    "sliceName": title,
                    "uuid": identified("chart", title),
                    "width": width,
                    "height": 16 if kind == "big_number_total" else 50,
                },
            }
    return {
        "dashboard_title": TITLE,
        "description": None,
        "css": None,
        "slug": "customer-segments",
        "uuid": identified("dashboard", TITLE),
        "position": position,
        "metadata": {
            "native_filter_configuration": [
                {
                    "id": f"NATIVE_FILTER-{column}",
                    "name": name,
                    "filterType": "filter_select",
                    "type": "NATIVE_FILTER",
                    "targets": [
                        {
                            "datasetUuid": identified("dataset", "rpt_customers"),
                            "column": {"name": column},
                        }
                    ],
                    "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
                    "controlValues": {"multiSelect": True},
                    "defaultDataMask": {"filterState": {}, "extraFormData": {}},
                    "cascadeParentIds": [],
                }
                for name, column in FILTERS.items()
            ],
        },
        "version": VERSION,
    }


def files_of(columns, schema, uri):
    """All files of the export: a path and what its YAML says."""
    database_id = identified("database", "segmentation")
    files = {
        "metadata.yaml": {
            "version": VERSION,
            "type": "Dashboard",
            "timestamp": "2024-01-01T00:00:00+00:00",
        },
        "databases/segmentation.yaml": {
            "database_name": "segmentation",
            "sqlalchemy_uri": uri,
            "expose_in_sqllab": True,
            "allow_run_async": False,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_dml": False,
            "extra": {},
            "uuid": database_id,
            "version": VERSION,
        },
    }
    for table in TABLES:
        files[f"datasets/segmentation/{table}.yaml"] = dataset(
            table, columns[table], schema, database_id
        )
    for i, row in enumerate(ROWS):
        for j, (title, table, kind, parameters, _) in enumerate(row):
            files[f"charts/{i}_{j}.yaml"] = chart(title, table, kind, parameters)
    files["dashboards/customer_segments.yaml"] = dashboard()
    return files


def packed(files):
    """The export as the bytes of a zip file, the same for the same files."""
    packed_bytes = io.BytesIO()
    with zipfile.ZipFile(packed_bytes, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, said in files.items():
            text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
            archive.writestr(zipfile.ZipInfo(f"segmentation/{path}", MOMENT), text)
    return packed_bytes.getvalue()


def main(arguments=None):
    """Write the export and say where; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation superset", description=__doc__.splitlines()[0]
    )
    add_database(parser)
    parser.add_argument(
        "--uri",
        help="where Superset finds the marts, an SQLAlchemy address without a password;"
        " default: the file, by duckdb-engine",
    )
    parser.add_argument("--output", default="superset.zip", help="the file to write")
    options = parser.parse_args(arguments)
    uri = options.uri or (
        f"duckdb:///{Path(options.database).resolve()}?access_mode=read_only"
    )
    try:
        columns = columns_of(options.database, options.schema)
        check(columns)
    except SupersetError as error:
        print(error, file=sys.stderr)
        return 1
    Path(options.output).write_bytes(packed(files_of(columns, options.schema, uri)))
    print(f"wrote {options.output}: import it in Superset under Dashboards")
    return 0
