"""The package in a host project (integration_tests): what it builds there, what not.

The host has the three tables that every shop has, in other schemas and under other
column names than the package's, hooks and a model dim_days of its own, and another
package; the network is out of reach.
"""

import json
import re

import duckdb
import pytest

NO_NETWORK = {
    name: "http://127.0.0.1:9"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
}
# where the host's dbt_project.yml and the package's together put things
SCHEMAS = {"analytics", "analytics_raw_shop", "analytics_segmentation"}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return tmp_path_factory.mktemp("host") / "gift_shop.duckdb"


@pytest.fixture(scope="module")
def run_host(copy_project, run_dbt, database):
    """Function that runs dbt in a copy of the host project."""
    cwd = copy_project() / "integration_tests"

    def run(*args, vars=None, check=True, path=database):
        if vars is not None:
            args = (*args, "--vars", json.dumps(vars))
        env = {**NO_NETWORK, "SEGMENTATION_DUCKDB_PATH": str(path)}
        return run_dbt(args, cwd, env, check)

    run.models = cwd / "models"
    run("deps")
    return run


@pytest.fixture(scope="module")
def refusal(run_host, query, database):
    """A run without a connector, with a name that clashes; what there was after it."""
    clash = run_host.models / "fct_whale_reviews.sql"
    clash.write_text("select 1 as review")
    process = run_host("build", vars={"segmentation_connector": None}, check=False)
    clash.unlink()
    return process, query(database, "select * from information_schema.tables")


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


def test_a_model_called_as_one_of_the_package_is_refused(refusal):
    process, _ = refusal
    said = re.sub(r"\s+", " ", process.stdout)
    assert "your project has a model fct_whale_reviews, as the package has" in said


def test_without_a_connector_nothing_is_built(refusal):
    _, tables = refusal
    assert tables == []


def test_the_host_builds_without_errors_warnings_or_deprecations(build):
    assert "WARN=0 ERROR=0 SKIP=0" in build.stdout
    assert "[WARNING]" not in build.stdout
    assert "deprecat" not in build.stdout.lower()


def test_the_packages_unit_tests_are_not_the_hosts(build):
    assert "data tests" in build.stdout
    assert "unit test" not in build.stdout


def test_every_buyer_is_in_exactly_one_segment(build, query, database):
    counted = query(
        database,
        """
        select n_segments, count(*)
        from (
            select buyers.buyer_no, count(segments.segment_id) as n_segments
            from analytics_raw_shop.shop_buyers as buyers
            left join analytics_segmentation.dim_customer_segments as segments
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
        database, f"select {counts} from analytics_segmentation.fct_customer_features"
    )[0]
    assert dict(zip(features, known, strict=True)) == dict.fromkeys(features, 0)


def test_the_fit_leaves_out_the_feature_without_input_and_says_so(
    build, query, database
):
    rows = query(
        database,
        """
        select item, feature_name, text_value
        from analytics_segmentation.int_segment_models__registered
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
    ]


def test_history_starts_with_the_snapshots_that_the_host_asks_for(
    build, query, database
):
    dates = query(
        database,
        "select cast(as_of_date as varchar) from "
        "analytics_segmentation.int_snapshots__scheduled order by as_of_date",
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


def test_a_dim_days_of_the_hosts_own_is_left_to_it(build, query, database):
    tables = query(
        database,
        "select table_schema, table_name from information_schema.tables"
        " where table_name like 'dim%days' order by table_schema",
    )
    assert tables == [
        ("analytics", "dim_days"),
        ("analytics_segmentation", "dim_segmentation__days"),
    ]


def test_the_hosts_own_hooks_run(build, query, database):
    assert query(database, "select is_so from analytics.own_hook_ran") == [(1,)]


@pytest.fixture
def without_orders(build, database):
    """The built host, whose table of orders is gone."""

    def rename(old, new):
        with duckdb.connect(str(database)) as connection:
            connection.execute(f"alter table analytics_raw_shop.{old} rename to {new}")

    rename("shop_orders", "orders_gone")
    yield
    rename("orders_gone", "shop_orders")


@pytest.mark.parametrize(
    "args",
    [
        ["run", "-s", "catalogue__products"],
        ["test", "-s", "dim_shoppers"],
        ["docs", "generate"],
        ["list", "-s", "dim_shoppers"],
        ["source", "freshness", "-s", "source:till"],
        ["parse"],
    ],
    ids=lambda args: args[0],
)
def test_a_broken_input_stops_no_run_of_the_hosts_own(without_orders, run_host, args):
    said = run_host(*args).stdout
    assert "shop_orders" not in said or args[0] in ("docs", "list")


def test_a_broken_input_stops_what_depends_on_it_and_nothing_else(
    without_orders, run_host
):
    chosen = ["catalogue__products", "stg_native__customers", "stg_native__orders"]
    process = run_host("run", "-s", *chosen, "int_orders__checked", check=False)
    said = re.sub(r"\s+", " ", process.stdout)
    assert "PASS=6 WARN=0 ERROR=1 SKIP=1" in said
    assert (
        'there is no table "gift_shop"."analytics_raw_shop"."shop_orders" to read '
        "orders from. Load it, or correct the variables"
    ) in said
    # nor is said again what an earlier build found
    assert "was refused" not in said


def test_a_part_of_the_models_is_built_in_an_empty_file(
    build, run_host, query, tmp_path
):
    database = tmp_path / "part.duckdb"
    run_host("seed", path=database)
    process = run_host(
        "build", "-s", "+fct_customer_rfm", "dim_customer_segments", path=database,
        check=False,
    )  # fmt: skip
    said = re.sub(r"\s+", " ", process.stdout)
    assert "WARN=0 ERROR=1" in said
    assert (
        "dim_customer_segments reads what has not been built yet: "
        "int_customer_segments__confirmed, dim_segments, "
        "int_customer_segments__explained. Build it together with them: "
        "dbt build -s +dim_customer_segments."
    ) in said
    # which was tested beside models that are not there
    n_rows = query(
        database, "select count(*) from analytics_segmentation.fct_customer_rfm"
    )
    assert n_rows[0][0] > 0


def test_models_of_host_and_other_packages_can_stand_in_for_tables(
    build, run_host, query, database
):
    run_host(
        "run",
        "--select",
        "+int_orders__priced",
        "+int_products__checked",
        vars={
            "segmentation_refs": {
                "orders": "shop_orders_retail",
                "products": ["catalogue", "catalogue__products"],
            },
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
        "select count(*) from analytics_segmentation.int_orders__checked",
    )
    retail = query(
        database,
        "select count(*) from analytics_raw_shop.shop_orders "
        "where channel != 'wholesale'",
    )
    assert received == retail == [(1118,)]
    assert query(
        database, "select product_id from analytics_segmentation.int_products__checked"
    ) == [("SKU001",)]


# a segmentation of the host's own: models that stand in for the package's seeds
OWN_RECIPE = {
    "my_recipes": """
        select
            'often_2' as recipe, 'kmeans' as method, 'robust' as scaling,
            2 as n_clusters, 'o2' as segment_prefix, 'Two segments' as description
    """,
    "my_recipe_features": """
        select
            'often_2' as recipe, 'n_orders' as feature_name, 'log' as transform,
            1 as weight, 1 as tie_width
        union all
        select 'often_2', 'recency_days', 'none', 0.5, 1
    """,
    "my_personas": """
        select * from {{ ref('segmentation', 'segmentation_personas') }}
        union all
        select 'o2_regulars', 'often_2', 'fit', 'Regulars', 'Thank them', null, 'best'
        union all
        select 'o2_guests', 'often_2', 'fit', 'Guests', 'Invite them', null, null
    """,
    "my_persona_targets": """
        select
            'o2_regulars' as segment_id, 'n_orders' as feature_name, 0.8 as target,
            0.0 as minimum, cast(null as double) as maximum
        union all
        select 'o2_guests', 'n_orders', -0.8, null, 0.0
    """,
}


def test_rows_of_the_host_make_a_new_segmentation(build, run_host, query, tmp_path):
    database = tmp_path / "own.duckdb"
    for name, text in OWN_RECIPE.items():
        (run_host.models / f"{name}.sql").write_text(text)
    run_host("seed", path=database)
    process = run_host(
        "build",
        "--select",
        "+dim_customer_segments",
        "+dim_segment_model_versions",
        path=database,
        vars={
            "segmentation_recipe": "often_2",
            "segmentation_stability_resamples": 2,
            "segmentation_refs": {
                name.removeprefix("my_"): name for name in OWN_RECIPE
            },
        },
    )
    assert "ERROR=0" in process.stdout
    assert query(
        database,
        "select recipe, method, status, failure, n_segments"
        " from analytics_segmentation.dim_segment_model_versions",
    ) == [("often_2", "kmeans", "promoted", None, 2)]
    found = query(
        database,
        "select segment_name, strategy, count(*) > 0"
        " from analytics_segmentation.dim_customer_segments where has_ordered"
        " group by all order by all",
    )
    assert found == [("Guests", "Invite them", True), ("Regulars", "Thank them", True)]
