"""No shop, however odd, gives a name that the medians of its members deny."""

import csv
from pathlib import Path

import numpy as np
import pytest
from segmentation.segments import fits, personas, tables

SEEDS = Path(__file__).parents[2] / "seeds"
RECIPES = ("value_3", "growth_4", "personas_6", "behaviour_5", "density_7")
SETTINGS = {"random_seed": 1, "stability_resamples": 0}
N = 600
# names of those who came again; who has the potential to be loyal may have come once
LOYAL = {
    "Champions",
    "Loyal",
    "Loyal Customers",
    "Loyal Potential",
    "Previously loyal",
    "Cannot Lose Them",
    "High-Value Frequent Buyers",
    "VIP Loyalists",
}


def read_seed(name):
    """Rows of a seed, numbers as numbers and empty fields as None."""

    def number(text):
        try:
            return float(text)
        except ValueError:
            return text or None

    with (SEEDS / f"segmentation_{name}.csv").open(newline="") as file:
        return [
            {column: number(text) for column, text in row.items()}
            for row in csv.DictReader(file)
        ]


def read_recipe(name):
    """A recipe of the seeds as fits.fit_version takes it, and what names it."""
    recipe = next(row for row in read_seed("recipes") if row["recipe"] == name)
    own = {
        row["segment_id"]: row["assigned_by"]
        for row in read_seed("personas")
        if row["recipe"] == name
    }
    features = [row for row in read_seed("recipe_features") if row["recipe"] == name]
    words = {row["feature_name"]: row for row in read_seed("feature_words")}
    whales = [segment_id for segment_id, by in own.items() if by == "whale"]
    return {
        **recipe,
        "n_clusters": int(recipe["n_clusters"]),
        "whale_segment": whales[0] if whales else None,
        "features": sorted(
            (row["feature_name"], row["transform"], row["weight"], row["tie_width"])
            for row in features
        ),
    }, tables.read_naming(
        [words[row["feature_name"]] for row in features],
        [row for row in read_seed("persona_targets") if row["segment_id"] in own],
        [row for row in read_seed("claims") if row["segment_id"] in own],
    )


def draw_shop(shape):
    """Features of a shop's customers: one that has everything, changed in one way."""
    rng = np.random.default_rng(5)
    orders = 1.0 + rng.poisson(3.0, N)
    amount = rng.lognormal(3.5, 0.8, N)
    shop = {
        "recency_days": np.round(rng.exponential(120.0, N)),
        "n_orders": orders,
        "average_order_amount": amount,
        "discount_share": rng.beta(1.0, 6.0, N),
        "return_rate": rng.beta(1.0, 12.0, N),
        "engagement_score": rng.uniform(0.0, 100.0, N),
        "n_sessions_90d": rng.poisson(4.0, N) * 1.0,
        "cart_abandonment_rate_90d": rng.uniform(0.0, 1.0, N),
        "tenure_days": np.full(N, 700.0),
    }
    if shape == "one order each":
        shop["n_orders"] = np.ones(N)
    elif shape == "one day":
        shop["recency_days"] = np.zeros(N)
        shop["n_orders"] = np.ones(N)
    elif shape == "the same recency":
        shop["recency_days"] = np.full(N, 40.0)
    elif shape == "all of two years ago":
        shop["recency_days"] += 730.0
    elif shape == "two kinds of customers":
        shop["n_orders"] = np.where(np.arange(N) % 3 == 0, 2.0, 1.0)
        shop["recency_days"] = np.where(np.arange(N) % 2 == 0, 5.0, 400.0)
    elif shape == "no visits and no discounts":
        shop["n_sessions_90d"] = np.full(N, np.nan)
        shop["cart_abandonment_rate_90d"] = np.full(N, np.nan)
        shop["engagement_score"] = np.full(N, np.nan)
        shop["discount_share"] = np.zeros(N)
    return {**shop, "net_amount": shop["n_orders"] * amount}


SHAPES = (
    "as others",
    "one order each",
    "one day",
    "the same recency",
    "all of two years ago",
    "two kinds of customers",
    "no visits and no discounts",
)


def fit_names(recipe, naming, shop):
    """Segment id to name, with the medians of the cluster's members, of one fit."""
    seen = {}

    def watch(*args, **kwargs):
        named = inner(*args, **kwargs)
        for (segment_id, words), medians in zip(named, args[3].medians, strict=True):
            seen[segment_id] = (words, medians)
        return named

    inner, personas.name_clusters = personas.name_clusters, watch
    try:
        names = [feature[0] for feature in recipe["features"]]
        fits.fit_version(
            np.column_stack([shop[name] for name in names]),
            shop["net_amount"],
            {name: values for name, values in shop.items() if name not in names},
            recipe,
            naming,
            personas.Lineage(),
            None,
            SETTINGS,
        )
    finally:
        personas.name_clusters = inner
    return seen


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("recipe_name", RECIPES)
def test_no_name_is_denied_by_the_members_medians(recipe_name, shape):
    recipe, naming = read_recipe(recipe_name)
    shop = draw_shop(shape)
    found = fit_names(recipe, naming, shop)
    assert found
    for segment_id, (words, medians) in found.items():
        for claim in naming.claims:
            if claim.segment_id == segment_id:
                assert claim.holds(medians), (segment_id, claim, medians)
        if words is not None:
            assert "_" not in words and "days" not in words
            if medians["recency_days"] > 180:
                assert "recent" not in words.lower()
            if medians["n_orders"] < 3:
                assert "many orders" not in words.lower()
    given = [words for words, _ in found.values() if words is not None]
    assert len(set(given)) == len(given)


@pytest.mark.parametrize("recipe_name", RECIPES)
def test_where_nobody_ordered_twice_nobody_is_called_loyal(recipe_name):
    found = fit_names(*read_recipe(recipe_name), draw_shop("one order each"))
    names = {row["segment_id"]: row["segment_name"] for row in read_seed("personas")}
    given = {names[segment_id] for segment_id in found if segment_id in names}
    assert given & LOYAL == set()


ONE_TIME_BUYERS = {
    "customers": "select 'c' || i as customer_id from range(3000) as numbers(i)",
    "orders": """
        select 'o' || i as order_id, 'c' || i as customer_id,
            timestamp '2023-01-01 12:00'
            + to_days(cast(hash(i) % 365 as integer)) as ordered_at
        from range(3000) as numbers(i)
    """,
    "order_lines": """
        select 'l' || i as order_line_id, 'o' || i as order_id, 1 as quantity,
            5 + (hash(i || 'price') % 400)::integer / 2 as unit_price
        from range(3000) as numbers(i)
    """,
}


def test_three_thousand_customers_with_one_order_have_no_champion(
    write_shop, build_shop, query, tmp_path
):
    database = tmp_path / "once.duckdb"
    write_shop(database, ONE_TIME_BUYERS)
    variables = {
        "segmentation_connector": "native",
        "segmentation_schema": "raw",
        "segmentation_as_of_date": "2023-12-31",
        "segmentation_history_snapshots": 1,
        "segmentation_stability_resamples": 2,
    }
    said = build_shop(
        variables,
        database,
        ("build", "--indirect-selection", "empty", "--select", "+dim_customer_segments",
         "assert_no_segment_is_called_what_its_members_deny"),
    ).stdout  # fmt: skip
    assert "WARN=0 ERROR=0" in said
    found = query(
        database,
        "select segment_name, shopify_rfm_group, klaviyo_rfm_group, count(*)"
        " from shop.dim_customer_segments where has_ordered group by all",
    )
    assert sum(row[-1] for row in found) == 3000
    names = {name for row in found for name in row[:-1]}
    denied = {
        "Champions",
        "Loyal",
        "Loyal Customers",
        "Loyal Potential",
        "Cannot Lose Them",
    }
    assert names & denied == set()
