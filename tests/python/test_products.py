"""Products bought together and suggested: chance, small shops, and what was bought."""

import duckdb
import numpy as np
import products
import pytest
from conftest import NO_TESTS
from scipy.stats import poisson

DAY = "2011-11-08"
MARTS = (
    "fct_product_affinities",
    "fct_customer_product_suggestions",
    "fct_customer_browsed_categories",
)
BUILD = ("build", *NO_TESTS, "-s", *(f"+{mart}" for mart in MARTS))
NATIVE = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 1,
}


# -- a real shop ------------------------------------------------------------


@pytest.fixture(scope="module")
def variables(test_data):
    return {
        "segmentation_connector": "online_retail",
        "segmentation_parquet_folder": str(test_data("online_retail")),
        "segmentation_as_of_date": DAY,
        "segmentation_currency": "GBP",
        "segmentation_history_snapshots": 1,
    }


@pytest.fixture(scope="module")
def retail(variables, build_shop, tmp_path_factory):
    database = tmp_path_factory.mktemp("products") / "retail.duckdb"
    build_shop(variables, database, BUILD)
    return database


def test_the_bound_of_chance_is_never_below_the_probability_itself(retail, query):
    n_both, expected, bound = np.array(
        query(
            retail,
            "select n_both, expected_both, p_by_chance"
            " from shop.fct_product_affinities order by affinity_id",
        )
    ).T
    assert len(bound) > 100_000
    # below 1e-300 the bound is a constant
    exact = np.maximum(poisson.sf(n_both - 1, expected), 1e-300)
    assert np.all(bound >= exact * (1 - 1e-9))
    # and close to it where it decides
    far = bound < 1e-6
    assert np.median(np.log(exact[far]) / np.log(bound[far])) < 1.2


def test_products_dealt_to_baskets_at_random_show_no_affinity(
    retail, variables, build_shop, query, tmp_path
):
    database = tmp_path / "shuffled.duckdb"
    database.write_bytes(retail.read_bytes())
    with duckdb.connect(str(database)) as connection:
        # the same products as often, in baskets of the same sizes
        connection.execute("""
            create table shop.dealt as
            with places as (
                select *, row_number() over (order by order_id, item_id) as place
                from shop.int_baskets__itemised where item_level = 'product'
            ), cards as (
                select
                    item_id,
                    row_number() over (order by md5(order_id || item_id)) as place
                from places
            )
            select distinct places.* exclude (place) replace (cards.item_id as item_id)
            from places inner join cards using (place)
        """)
        connection.execute("drop table shop.int_baskets__itemised")
        connection.execute("alter table shop.dealt rename to int_baskets__itemised")
    chosen = ["int_item_pairs__counted+1", "fct_product_affinities"]
    build_shop(variables, database, ["run", "-s", *chosen])
    [(n_pairs, n_lifted, n_found)] = query(
        database,
        "select count(*), count(case when lift_lower > 1 then 1 end),"
        " count(case when is_above_chance then 1 end)"
        " from shop.fct_product_affinities",
    )
    # the lift alone would take the size of baskets for affinity
    assert n_lifted > n_pairs / 4
    # a pair is two rows, and one false pair comes in one of twenty shops
    assert n_found <= 2


def test_suggestions_are_bought_more_often_than_best_sellers(retail):
    with duckdb.connect(str(retail)) as connection:
        rates = products.hit_rates(connection)
    n_customers, rate, gain, half_width = rates["suggestions"]["all"]
    assert n_customers == 1_386
    assert rate == pytest.approx(rates["best_30d"]["all"][1] + gain)
    assert gain - half_width > 0
    assert rates["random"]["all"][1] < 0.05


# -- small shops ------------------------------------------------------------


@pytest.fixture(scope="module")
def build_native(write_shop, build_shop, tmp_path_factory):
    """Function that builds the marts of a shop of the given tables."""
    database = tmp_path_factory.mktemp("native") / "native.duckdb"

    def build(tables, **more):
        write_shop(database, tables)
        present = {name: name for name in ("products", "web_events") if name in tables}
        vars = {**NATIVE, **more}
        if present:
            vars["segmentation_tables"] = {
                "customers": "customers", "orders": "orders",
                "order_lines": "order_lines", **present,
            }  # fmt: skip
        build_shop(vars, database, BUILD)
        return database

    return build


def n_rows(query, database):
    counts = ", ".join(f"(select count(*) from shop.{mart})" for mart in MARTS)
    return list(query(database, f"select {counts}")[0])


def sell(n_products):
    """Query of order lines that sell some products in turn."""
    product = f"'p' || substr(order_line_id, 2)::int % {n_products}"
    return f"select *, {product} as product_id from smallest"


def test_a_shop_whose_lines_name_no_product_gets_empty_tables(build_native, query):
    assert n_rows(query, build_native({})) == [0, 0, 0]


def test_orders_of_one_line_make_no_pairs_but_best_sellers(build_native, query):
    database = build_native({"order_lines": sell(n_products=5)})
    assert n_rows(query, database) == [0, 60 * 3, 0]
    # the five sell alike: the first by their ids that were not just bought
    assert query(
        database,
        "select distinct basis from shop.fct_customer_product_suggestions",
    ) == [("best_seller",)]


def test_a_shop_of_one_customer_has_pairs_and_nothing_left_to_suggest(
    build_native, query
):
    database = build_native(
        {
            "customers": "select 'only' as customer_id",
            "orders": """
                select
                    'o' || i as order_id,
                    'only' as customer_id,
                    timestamp '2024-01-01 12:00' + to_days(i::int) as ordered_at
                from range(40) as numbers(i)
            """,
            "order_lines": """
                select
                    'l' || i as order_line_id,
                    'o' || i // 2 as order_id,
                    'p' || i % 2 as product_id,
                    1 as quantity,
                    2.5 as unit_price
                from range(80) as numbers(i)
            """,
        }
    )
    assert n_rows(query, database) == [2, 0, 0]
    # always together is what chance brings about if both are in every order
    assert query(
        database,
        "select distinct n_both, pair_confidence, lift, lift_lower, is_above_chance"
        " from shop.fct_product_affinities",
    ) == [(39, 1.0, 1.0, 1.0, False)]


def test_without_a_window_all_that_is_sold_may_be_suggested(build_native, query):
    shop = {"order_lines": sell(n_products=2)}
    database = build_native(shop, segmentation_suggestion_exclusion_days=0)
    assert n_rows(query, database) == [0, 60 * 2, 0]
