"""The dashboard for Superset: what it reads is there, and it is the same every time."""

import io
import zipfile

import duckdb
import pytest
import yaml
from segmentation.commands import superset


@pytest.fixture(scope="module")
def export(demo_database):
    """Files of the export by path, read back from the zip file."""
    columns = superset.columns_of(demo_database, "shop")
    superset.check(columns)
    packed = superset.packed(superset.files_of(columns, "shop", "duckdb:///x"))
    assert packed == superset.packed(superset.files_of(columns, "shop", "duckdb:///x"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {
            name.removeprefix("segmentation/"): yaml.safe_load(archive.read(name))
            for name in archive.namelist()
        }


def of_kind(export, kind):
    return [said for path, said in export.items() if path.startswith(f"{kind}/")]


def test_every_reference_resolves(export):
    (database,) = of_kind(export, "databases")
    datasets = {one["uuid"]: one for one in of_kind(export, "datasets")}
    charts = {one["uuid"]: one for one in of_kind(export, "charts")}
    (dashboard,) = of_kind(export, "dashboards")
    assert {one["database_uuid"] for one in datasets.values()} == {database["uuid"]}
    assert {one["dataset_uuid"] for one in charts.values()} <= set(datasets)
    position = dashboard["position"]
    shown = [
        one["meta"]["uuid"]
        for one in position.values()
        if isinstance(one, dict) and one["type"] == "CHART"
    ]
    assert sorted(shown) == sorted(charts)
    for one in position.values():
        if isinstance(one, dict):
            assert set(one.get("children", [])) <= set(position)
    for one in dashboard["metadata"]["native_filter_configuration"]:
        (target,) = one["targets"]
        columns = datasets[target["datasetUuid"]]["columns"]
        names = {column["column_name"] for column in columns}
        assert target["column"]["name"] in names


def test_every_chart_can_be_asked_of_the_marts(export, demo_database):
    """Each as the query that Superset makes of it."""
    datasets = {one["uuid"]: one for one in of_kind(export, "datasets")}
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        for chart in of_kind(export, "charts"):
            of = datasets[chart["dataset_uuid"]]
            params = chart["params"]
            metrics = {one["metric_name"]: one["expression"] for one in of["metrics"]}
            wanted = params.get("metrics") or [params["metric"]]
            groups = [params["x_axis"]] if "x_axis" in params else []
            groups += params.get("groupby", [])
            filters = "".join(
                f" and {one['subject']} = '{one['comparator']}'"
                for one in params["adhoc_filters"]
            )
            chosen = ", ".join(groups + [metrics[name] for name in wanted])
            rows = connection.execute(
                f"select {chosen} from {of['schema']}.{of['table_name']}"
                f" where true{filters} group by all"
            ).fetchall()
            assert rows and rows[0][-1] is not None, chart["slice_name"]


def test_columns_are_those_of_the_marts_with_their_descriptions(export, demo_database):
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        for one in of_kind(export, "datasets"):
            relation = connection.sql(f"select * from shop.{one['table_name']} limit 0")
            assert [column["column_name"] for column in one["columns"]] == (
                relation.columns
            )
            assert all(column["description"] for column in one["columns"])
            assert one["main_dttm_col"] in [None, *relation.columns]


def test_a_column_that_a_mart_has_not_is_named(demo_database):
    columns = superset.columns_of(demo_database, "shop")
    columns["rpt_customers"] = [
        column for column in columns["rpt_customers"] if column[0] != "channel"
    ]
    with pytest.raises(superset.SupersetError, match="reads channel, which rpt_cust"):
        superset.check(columns)


def test_what_is_missing_is_said_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    for database, said in [(tmp_path / "none", "no database"), (path, "build them")]:
        code = superset.main(
            ["--database", str(database), "--output", str(tmp_path / "x.zip")]
        )
        assert code == 1 and said in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()
