"""The models of connector ga4 as BigQuery and Spark get them, which no test can ask."""

import pytest
import sqlglot
from rendered_macros import Package

FILES = (
    "engines/ga4.sql", "engines/fingerprint_text.sql", "engines/visible_text.sql",
    "engines/without_point_zero.sql", "engines/octets.sql", "engines/types.sql",
    "inputs/read_column.sql",
)  # fmt: skip
MODELS = {
    name: f"models/staging/ga4/{folder}{name}.sql"
    for name, folder in {"base_ga4__events": "base/", "stg_ga4__web_events": ""}.items()
}
# how each engine reads what is nested, and what it calls a moment in microseconds
READ_BY = {
    "bigquery": (
        "unnest(event_params) as param",
        "[safe_offset(0)]",
        "timestamp_micros(",
    ),
    "spark": (
        "get(filter(event_params, param ->",
        "get(items, 0)",
        "timestamp_micros(",
    ),
}


def render(engine, model, **variables):
    chosen = {"segmentation_ga4_user_id": "customer_id", **variables}
    package = Package(
        engine,
        FILES,
        var=chosen.get,
        # the tables of an engine that is not there
        execute=False,
    )
    package.module.__dict__["is_in_use"] = lambda _: True
    return package.render(MODELS[model])


@pytest.mark.parametrize("user_id", ["customer_id", "email"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("engine", READ_BY)
def test_what_is_written_for_an_engine_is_its_sql(engine, model, user_id):
    sql = render(engine, model, segmentation_ga4_user_id=user_id)
    (query,) = sqlglot.parse(sql, dialect=engine)
    assert isinstance(query, sqlglot.exp.Select), type(query)
    # no part of it was kept as text that was not understood
    assert not list(query.find_all(sqlglot.exp.Command))
    if model.startswith("base"):
        assert {column.alias_or_name for column in query.selects} == {
            "user_id", "user_pseudo_id", "event_name", "ga_session_id", "item_id",
            "event_bundle_sequence_id", "occurred_at",
        }  # fmt: skip
        for part in READ_BY[engine]:
            assert part in sql
        # which BigQuery takes for a sign of its own, and refuses
        assert engine != "bigquery" or "'\\1'" not in sql.replace("r'\\1'", "")


def test_bigquery_reads_the_tables_of_all_days_but_the_one_under_way():
    sql = render("bigquery", "base_ga4__events")
    assert "where not starts_with(_table_suffix, 'intraday')" in sql
    assert "where" not in render("spark", "base_ga4__events").split("from ga4.")[1]


def test_what_is_no_sql_of_the_engine_is_found():
    with pytest.raises(sqlglot.errors.ParseError):
        sqlglot.parse_one("select get(filter(a, p -> ), 0) from t", dialect="spark")
