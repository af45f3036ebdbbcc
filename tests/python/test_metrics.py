"""The metrics: what they are made of, and whether MetricFlow answers as SQL by hand.

The tests that ask MetricFlow are skipped where it is not installed: it is the extra
`metrics`.
"""

import copy
import csv
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import NO_TESTS

ROOT = Path(__file__).resolve().parents[2]
UNITS = (
    "Customers", "Moves", "Orders", "Reporting currency", "Share, 0 to 1",
)  # fmt: skip
# eight weeks and a short horizon, so that there are moves and grades
SHOP = {
    "segmentation_demo_customers": 600,
    "segmentation_history_snapshots": 8,
    "segmentation_churn_horizon_days": 28,
    "segmentation_stability_resamples": 0,
    "segmentation_score_resamples": 100,
}

# what a metric is, over the rows of `known` below
BY_HAND = {
    "known_customers": "count(*)",
    "ordering_customers": "count(*) filter (where n_orders > 0)",
    "lapsed_customers_90d": "count(*) filter (where n_orders > 0 and n_orders_90d = 0)",
    "lapsed_rate_90d": "avg(case when n_orders > 0 then (n_orders_90d = 0)::int end)",
    "segment_moves": "count(*) filter (where segment_id != before_segment_id)",
    "lifetime_orders": "sum(n_orders)",
    "orders_30d": "sum(n_orders_30d)",
    "orders_365d": "sum(n_orders_365d)",
    "lifetime_net_revenue": "sum(net_amount)",
    "net_revenue_30d": "sum(net_amount_30d)",
    "net_revenue_365d": "sum(net_amount_365d)",
    "lifetime_order_value": "sum(coalesce(average_order_amount * n_orders, 0))",
    "average_order_value": """
        sum(average_order_amount * n_orders) / nullif(sum(n_orders), 0)
    """,
    "net_revenue_per_order_365d": """
        sum(net_amount_365d) / nullif(sum(n_orders_365d), 0)
    """,
    "churn_scored_customers": "count(p_churn)",
    "expected_churners": "sum(p_churn)",
    "predicted_churn_rate": "avg(p_churn)",
    "value_scored_customers": "count(expected_revenue)",
    "expected_revenue": "sum(expected_revenue)",
    "expected_revenue_per_customer": "avg(expected_revenue)",
}
# customers at each snapshot with the log of published segments, which the metrics do
# not read
KNOWN = """
    with logged as (
        select
            as_of_date, customer_id, segment_id,
            lag(segment_id) over (partition by customer_id order by as_of_date)
                as before_segment_id
        from shop.int_customer_segments__confirmed
    ),
    known as (
        select
            features.*, logged.segment_id, logged.before_segment_id,
            segments.segment_name, scores.p_churn, scores.expected_revenue,
            attributes.state, attributes.gender
        from shop.fct_customer_features as features
        join logged using (as_of_date, customer_id)
        join shop.dim_segments as segments using (segment_id)
        left join shop.fct_customer_scores as scores using (as_of_date, customer_id)
        left join shop.dim_customer_attributes as attributes using (customer_id)
    ),
    lasts as (
        select * from known
        where as_of_date = (select max(as_of_date) from known)
    ),
    month_ends as (
        select known.*, date_trunc('month', known.as_of_date) as month
        from known
        where known.as_of_date in (
            select max(as_of_date) from known group by date_trunc('month', as_of_date)
        )
    )
"""
# the same of scores whose horizon has passed, over the rows of `graded`
GRADED_BY_HAND = {
    "graded_customers": "count(*)",
    "graded_expected_churners": "sum(p_churn)",
    "graded_observed_churners": "sum(has_churned)",
    "graded_predicted_churn_rate": "avg(p_churn)",
    "graded_observed_churn_rate": "avg(has_churned)",
}
# whoever did not order within 28 days had a last order 28 days old at their end
GRADED = """
    with graded as (
        select
            scores.as_of_date, scores.p_churn,
            (laters.recency_days >= 28)::int as has_churned
        from shop.fct_customer_scores as scores
        join shop.fct_customer_features as laters
            on
                scores.customer_id = laters.customer_id
                and scores.as_of_date + 28 = laters.as_of_date
        where scores.p_churn is not null
    )
"""


@pytest.fixture(scope="module")
def parsed(artifacts):
    """The semantic manifest, and the models that it stands on, by name."""
    manifest = json.loads((artifacts / "manifest.json").read_text())
    models = {node["name"]: node for node in manifest["nodes"].values()}
    semantic = json.loads((artifacts / "semantic_manifest.json").read_text())
    return semantic, models


def names(parts):
    return [part["name"] for part in parts]


def refused(semantic, models):
    """Expressions that a mart's contract does not bear: [(model, name, error)]."""
    found = []
    with duckdb.connect() as connection:
        for model in semantic["semantic_models"]:
            mart = model["node_relation"]["alias"]
            columns = models[mart]["columns"].values()
            types = ", ".join(f"{one['name']} {one['data_type']}" for one in columns)
            connection.execute(f"create or replace table {mart} ({types})")
            for part in model["entities"] + model["dimensions"] + model["measures"]:
                expression = part["expr"] or part["name"]
                if "agg" in part:
                    expression = f"{part['agg']}({expression})"
                try:
                    connection.execute(f"select {expression} from {mart}")
                except duckdb.Error as error:
                    found.append((model["name"], part["name"], str(error)))
    return found


def dangling(semantic):
    """What saved queries ask for and nobody offers: [(saved query, name)]."""
    metrics = set(names(semantic["metrics"]))
    elements = {"metric_time"}
    for model in semantic["semantic_models"]:
        elements.update(names(model["entities"] + model["dimensions"]))
    found = []
    for saved in semantic["saved_queries"]:
        asked = saved["query_params"]
        unknown = [name for name in asked["metrics"] if name not in metrics]
        for text in asked["group_by"]:
            path = re.match(r"\w+\('(\w+)'", text)[1].split("__")
            unknown += [name for name in path if name not in elements]
        found += [(saved["name"], name) for name in unknown]
    return found


def test_every_expression_stands_on_columns_of_a_public_contract(parsed):
    semantic, models = parsed
    assert len(semantic["semantic_models"]) >= 7
    for model in semantic["semantic_models"]:
        mart = models[model["node_relation"]["alias"]]
        assert mart["access"] == "public" and mart["contract"]["enforced"]
    assert refused(semantic, models) == []


def test_an_expression_over_a_column_that_is_not_there_is_found(parsed):
    semantic, models = copy.deepcopy(parsed)
    del models["fct_customer_features"]["columns"]["net_amount_30d"]
    models["fct_customer_scores"]["columns"]["p_churn"]["data_type"] = "varchar"
    found = [(model, part) for model, part, _ in refused(semantic, models)]
    assert found == [
        ("customer_snapshots", "net_revenue_30d"),
        ("customer_scores", "expected_churners"),
    ]


def test_saved_queries_ask_for_what_there_is(parsed):
    semantic, _ = parsed
    assert len(semantic["saved_queries"]) >= 4
    assert dangling(semantic) == []


def test_a_saved_query_for_an_unknown_metric_is_found(parsed):
    semantic, _ = copy.deepcopy(parsed)
    saved = semantic["saved_queries"][0]
    saved["query_params"] = {"metrics": ["sales"], "group_by": ["Dimension('shop__a')"]}
    assert dangling(semantic) == [
        (saved["name"], "sales"), (saved["name"], "shop"), (saved["name"], "a"),
    ]  # fmt: skip


def test_states_are_not_added_up_over_time(parsed):
    semantic, _ = parsed
    states = {"fct_customer_features", "fct_customer_scores"}
    for model in semantic["semantic_models"]:
        if model["node_relation"]["alias"] in states:
            for measure in model["measures"]:
                rule = measure["non_additive_dimension"]
                assert rule and rule["window_choice"] == "max", measure["name"]


def test_every_metric_has_a_label_and_a_unit_and_is_on_the_page(parsed):
    semantic, _ = parsed
    page = (ROOT / "docs" / "metrics.md").read_text()
    for metric in semantic["metrics"]:
        assert metric["label"], metric["name"]
        assert metric["description"].startswith(UNITS), metric["name"]
        assert f"`{metric['name']}`" in page, metric["name"]
    for saved in semantic["saved_queries"]:
        assert saved["description"].endswith("?"), saved["name"]
        assert f"`{saved['name']}`" in page, saved["name"]


def test_every_metric_is_written_by_hand_too(parsed):
    semantic, _ = parsed
    assert set(names(semantic["metrics"])) == {*BY_HAND, *GRADED_BY_HAND}


# -- what MetricFlow answers -----------------------------------------------


@pytest.fixture(scope="module")
def built(copy_project, build_shop, run_dbt, tmp_path_factory):
    """A copy of the project to ask in, and its database."""
    if importlib.util.find_spec("dbt_metricflow") is None:
        pytest.skip("MetricFlow is not installed: pip install -e '.[dbt,metrics]'")
    folder = tmp_path_factory.mktemp("metrics")
    database, cwd = folder / "metrics.duckdb", copy_project()
    build_shop(SHOP, database, ("build", *NO_TESTS))
    run_dbt(["parse"], cwd, {"SEGMENTATION_DUCKDB_PATH": str(database)})
    return cwd, database


@pytest.fixture(scope="module")
def ask(built, tmp_path_factory):
    """Function from arguments of `mf query` to its rows, {header: text}."""
    cwd, database = built
    answer = tmp_path_factory.mktemp("answers") / "answer.csv"

    def run(*args):
        process = subprocess.run(
            [Path(sys.executable).with_name("mf"), "query", *args, "--csv", answer],
            cwd=cwd,
            env={**os.environ, "SEGMENTATION_DUCKDB_PATH": str(database)},
            capture_output=True,
            text=True,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        with answer.open(newline="") as file:
            return list(csv.DictReader(file))

    return run


@pytest.fixture(scope="module")
def compute(built):
    """Function from tables, metrics and keys to the rows of SQL by hand."""
    _, database = built

    def run(tables, source, metrics, keys):
        meaning = {**BY_HAND, **GRADED_BY_HAND}
        chosen = ", ".join([*keys, *(meaning[name] for name in metrics)])
        numbers = ", ".join(str(number + 1) for number in range(len(keys)))
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(
                f"{tables} select {chosen} from {source} group by {numbers}"
            ).fetchall()

    return run


def check_equal(answer, rows, metrics, headers):
    """Compare rows of `mf query` with rows by hand: keys, in the order of `headers`,
    then metrics."""

    def key(value):
        return "" if value is None else str(value).removesuffix(" 00:00:00")

    asked = {tuple(key(line[name]) for name in headers): line for line in answer}
    assert len(asked) == len(answer)
    n_keys = len(headers)
    computed = {tuple(map(key, row[:n_keys])): row[n_keys:] for row in rows}
    assert asked.keys() == computed.keys()
    wrong = []
    for keys, values in computed.items():
        for name, value in zip(metrics, values, strict=True):
            text = asked[keys][name]
            if text == "" or value is None:
                equal = text == "" and value is None
            else:
                equal = math.isclose(
                    float(text), float(value), rel_tol=1e-9, abs_tol=1e-6
                )
            if not equal:
                wrong.append((name, keys, text, value))
    assert wrong == []


SEGMENT_NAME = "customer__segment__segment_name"


def test_every_metric_of_customers_equals_sql_by_snapshot_and_segment(ask, compute):
    metrics, headers = list(BY_HAND), ["metric_time__day", "customer__segment"]
    answer = ask("--metrics", ",".join(metrics), "--group-by", ",".join(headers))
    rows = compute(KNOWN, "known", metrics, ["as_of_date", "segment_id"])
    assert len(rows) > 8 * 5
    assert sum(row[2 + metrics.index("segment_moves")] for row in rows) > 0
    check_equal(answer, rows, metrics, headers)


def test_sizes_equal_the_published_trends(ask, query, built):
    answer = ask("--saved-query", "segment_sizes_by_week")
    trends = query(
        built[1],
        "select date_trunc('week', as_of_date), segment_name, n_customers"
        " from shop.fct_segment_trends join shop.dim_segments using (segment_id)"
        " where n_customers > 0",
    )
    headers = ["metric_time__week", SEGMENT_NAME]
    check_equal(answer, trends, ["known_customers"], headers)


def test_a_month_shows_its_last_snapshot(ask, compute):
    metrics = ["known_customers", "net_revenue_30d", "predicted_churn_rate"]
    headers = ["metric_time__month", "customer__state", "customer__gender"]
    answer = ask("--metrics", ",".join(metrics), "--group-by", ",".join(headers))
    rows = compute(KNOWN, "month_ends", metrics, ["month", "state", "gender"])
    assert len({row[0] for row in rows}) >= 2
    check_equal(answer, rows, metrics, headers)


@pytest.mark.parametrize(
    "name", ["revenue_by_segment", "churn_by_segment", "value_by_segment"]
)
def test_a_saved_query_without_time_shows_the_last_snapshot(ask, compute, parsed, name):
    saved = {one["name"]: one for one in parsed[0]["saved_queries"]}[name]
    metrics = saved["query_params"]["metrics"]
    source = "lasts where n_orders > 0" if name == "value_by_segment" else "lasts"
    rows = compute(KNOWN, source, metrics, ["segment_name"])
    check_equal(ask("--saved-query", name), rows, metrics, [SEGMENT_NAME])


def test_grades_equal_what_features_say_a_horizon_later(ask, compute):
    metrics, headers = list(GRADED_BY_HAND), ["metric_time__day"]
    answer = ask("--metrics", ",".join(metrics), "--group-by", headers[0])
    rows = compute(GRADED, "graded", metrics, ["as_of_date"])
    assert len(rows) >= 2
    check_equal(answer, rows, metrics, headers)
