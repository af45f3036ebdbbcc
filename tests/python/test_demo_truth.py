"""Published segments against the planted personas of the demo shop.

Run with `-s` to see the figures and the confusion table that docs/segments.md quotes.
"""

import duckdb
import pandas as pd
import pytest

NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
FEATURES = (
    "recency_days", "n_orders", "average_order_amount", "net_amount",
    "discount_share", "return_rate", "engagement_score", "tenure_days",
)  # fmt: skip
PARAMETERS = (
    "orders_per_day", "mean_basket_amount", "discount_probability",
    "return_probability", "visits_per_month", "campaign_uplift",
)  # fmt: skip


def published(build_shop, database, recipe):
    """Customers with an order: planted persona, parameters, features, segment."""
    build_shop({"segmentation_recipe": recipe}, database, NO_TESTS)
    columns = ", ".join([*FEATURES, *PARAMETERS])
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            f"select persona, segment_id, {columns}"
            " from shop.dim_customer_segments as segments"
            " join shop.fct_customer_features using (customer_id, as_of_date,"
            " has_ordered, recency_days)"
            " join shop_demo.demo_truth using (customer_id)"
            " where has_ordered order by customer_id"
        ).df()


@pytest.fixture(scope="module")
def fitted(build_shop, tmp_path_factory):
    database = tmp_path_factory.mktemp("truth") / "personas_6.duckdb"
    return published(build_shop, database, "personas_6")


@pytest.fixture(scope="module")
def ruled(build_shop, tmp_path_factory):
    database = tmp_path_factory.mktemp("truth") / "rfm_rules.duckdb"
    return published(build_shop, database, "rfm_rules")


def test_segments_find_the_personas_better_than_rules_do(fitted, ruled):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import adjusted_rand_score
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import NearestCentroid
    from sklearn.preprocessing import StandardScaler

    def best(columns, model):
        # one persona has a single customer with an order: no fold can learn it
        kept = fitted[fitted["persona"] != "prospects"]
        values = StandardScaler().fit_transform(kept[list(columns)].fillna(0.0))
        told = cross_val_predict(model, values, kept["persona"], cv=5)
        return adjusted_rand_score(kept["persona"], told)

    forest = RandomForestClassifier(300, min_samples_leaf=5, random_state=0, n_jobs=2)
    figures = {
        "published segments": adjusted_rand_score(
            fitted["persona"], fitted["segment_id"]
        ),
        "RFM rules": adjusted_rand_score(ruled["persona"], ruled["segment_id"]),
        "best from the features, supervised": best(FEATURES, forest),
        "best from the true parameters": best(PARAMETERS, NearestCentroid()),
    }
    print()
    for name, value in figures.items():
        print(f"{name:40} {value:.3f}")
    print(pd.crosstab(fitted["persona"], fitted["segment_id"]).to_string())
    assert figures["published segments"] > 2 * figures["RFM rules"]
    assert figures["published segments"] < figures["best from the features, supervised"]


def test_most_customers_of_each_segment_are_of_the_persona_it_is_named_for(fitted):
    crowd = fitted.groupby("segment_id")["persona"].agg(lambda x: x.mode()[0])
    named = {f"p6_{persona}": persona for persona in fitted["persona"].unique()}
    mistaken = {
        segment: persona
        for segment, persona in crowd.items()
        if named.get(segment) != persona
    }
    assert mistaken == {}
