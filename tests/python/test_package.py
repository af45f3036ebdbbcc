"""The package in a host project (integration_tests): what it builds there, what not.

The host has the three tables that every shop has, in other schemas and under other
column names than the package's; the network is out of reach.
"""

import json

import pytest

NO_NETWORK = {
    name: "http://127.0.0.1:9"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
}
# where the host's dbt_project.yml and the package's together put things
SCHEMAS = {"analytics", "analytics_raw_shop", "analytics_seeds", "analytics_segments"}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return tmp_path_factory.mktemp("host") / "gift_shop.duckdb"


@pytest.fixture(scope="module")
def run_host(copy_project, run_dbt, database):
    """Function that runs dbt in a copy of the host project."""
    cwd = copy_project() / "integration_tests"

    def run(*args, vars=None, check=True):
        if vars is not None:
            args = (*args, "--vars", json.dumps(vars))
        env = {**NO_NETWORK, "SEGMENTATION_DUCKDB_PATH": str(database)}
        return run_dbt(args, cwd, env, check)

    run("deps")
    return run


@pytest.fixture(scope="module")
def refusal(run_host, database):
    """A run without a connector, before any other; and what there was after it."""
    process = run_host("build", vars={"segmentation_connector": None}, check=False)
    return process, database.exists()


@pytest.fixture(scope="module")
def build(refusal, run_host):
    """The host's first build, all tests included."""
    run_host("seed")
    return run_host("build", "--show-all-deprecations")


def test_without_a_connector_the_error_names_the_variable(refusal):
    process, _ = refusal
    assert process.returncode != 0
    assert "no connector is chosen" in process.stdout
    assert "Set the variable segmentation_connector" in process.stdout


def test_without_a_connector_nothing_is_built(refusal):
    _, has_database = refusal
    assert not has_database


def test_the_host_builds_without_errors_warnings_or_deprecations(build):
    assert "WARN=0 ERROR=0 SKIP=0" in build.stdout
    assert "[WARNING]" not in build.stdout
    assert "deprecat" not in build.stdout.lower()


def test_every_buyer_is_in_exactly_one_segment(build, query, database):
    counted = query(
        database,
        """
        select n_segments, count(*)
        from (
            select buyers.buyer_no, count(segments.segment_id) as n_segments
            from analytics_raw_shop.shop_buyers as buyers
            left join analytics_segments.dim_customer_segments as segments
                on buyers.buyer_no = segments.customer_id
            group by buyers.buyer_no
        )
        group by n_segments
        """,
    )
    assert counted == [(1, 150)]


def test_features_without_their_input_are_null(build, query, database):
    features = [
        "n_sessions_90d", "n_carts_90d", "open_rate_90d", "click_rate_90d",
        "n_complaints_365d", "mean_rating", "days_since_last_visit", "engagement_score",
        "top_category_share", "n_categories",
    ]  # fmt: skip
    counts = ", ".join(f"count({name})" for name in features)
    known = query(
        database, f"select {counts} from analytics_segments.fct_customer_features"
    )[0]
    assert dict(zip(features, known, strict=True)) == dict.fromkeys(features, 0)


def test_the_fit_leaves_out_the_feature_without_input_and_says_so(
    build, query, database
):
    rows = query(
        database,
        """
        select item, feature_name, text_value
        from analytics_segments.int_segment_models__registered
        where
            version_number = 1
            and (item = 'status' or (section = 'feature' and item = 'unavailable'))
        order by item, feature_name
        """,
    )
    assert rows == [
        ("status", None, "promoted"),
        (
            "unavailable",
            "engagement_score",
            "null for every customer: the shop lacks its input",
        ),
        ("unavailable", "return_rate", "the same for every customer: 0"),
    ]


def test_history_starts_with_the_snapshots_that_the_host_asks_for(
    build, query, database
):
    dates = query(
        database,
        "select cast(as_of_date as varchar) from "
        "analytics_segments.int_snapshots__scheduled order by as_of_date",
    )
    assert dates == [("2024-06-08",), ("2024-06-15",), ("2024-06-22",), ("2024-06-29",)]


def test_no_demo_table_is_built(build, query, database):
    demo = query(
        database,
        "select table_name from information_schema.tables "
        "where table_name like '%demo%'",
    )
    assert demo == []


def test_nothing_lands_in_an_unexpected_schema(build, query, database):
    found = query(database, "select table_schema from information_schema.tables")
    assert {name for (name,) in found} == SCHEMAS


def test_a_model_of_the_host_can_stand_in_for_a_table(
    build, run_host, query, database, tmp_path
):
    run_host(
        "run",
        "--select",
        "+int_orders__priced",
        vars={
            "segmentation_refs": {"orders": "shop_orders_retail"},
            "segmentation_columns": {
                "customers": {"customer_id": "buyer_no", "first_seen_at": "joined_at"},
                "order_lines": {
                    "order_line_id": "line_no", "order_id": "order_no",
                    "quantity": "units", "unit_price": "price",
                },
            },
        },
    )  # fmt: skip
    received = query(
        database,
        "select count(*) from analytics_segments.int_orders__checked",
    )
    retail = query(
        database,
        "select count(*) from analytics_raw_shop.shop_orders "
        "where channel != 'wholesale'",
    )
    assert received == retail == [(1118,)]
