"""Published segments against the planted personas of the demo shop.

Run with `-s` to see the figures and the confusion table that docs/segments.md quotes.
"""

import os
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import DEFAULT_RESAMPLES

NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
FEATURES = (
    "recency_days", "n_orders", "average_order_amount", "net_amount",
    "discount_share", "return_rate", "engagement_score", "tenure_days",
)  # fmt: skip
PARAMETERS = (
    "orders_per_day", "mean_basket_amount", "discount_probability",
    "return_probability", "visits_per_month",
)  # fmt: skip


def published(database):
    """Customers with an order: planted persona, parameters, features, segment."""
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
def whole_demo(build_shop, tmp_path_factory):
    """The demo shop as it is built by default."""
    if os.environ.get("SEGMENTATION_TEST_DEMO"):
        return Path(os.environ["SEGMENTATION_TEST_DEMO"])
    database = tmp_path_factory.mktemp("truth") / "personas_6.duckdb"
    build_shop(DEFAULT_RESAMPLES, database, NO_TESTS)
    return database


@pytest.fixture(scope="module")
def fitted(whole_demo):
    return published(whole_demo)


@pytest.fixture(scope="module")
def ruled(build_shop, tmp_path_factory):
    database = tmp_path_factory.mktemp("truth") / "rfm_rules.duckdb"
    read = ("+dim_customer_segments", "+fct_customer_features", "+demo_truth")
    seeds = ("-s", "resource_type:seed", *read)
    build_shop({"segmentation_recipe": "rfm_rules"}, database, (*NO_TESTS, *seeds))
    return published(database)


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


# -- scores -----------------------------------------------------------------


@pytest.fixture(scope="module")
def scored(whole_demo, query):
    """Customers as of the last snapshot: scores, and what was planted."""
    names = ["p_churn", "expected_revenue", "is_alive", "true_value"]
    rows = query(
        whole_demo,
        "select p_churn, expected_revenue, is_alive,"
        " orders_per_day * mean_basket_amount * (1 - return_probability)"
        " * case when is_alive"
        " then least(value_horizon_days, lifetime_days - days_since_signup)"
        " else 0 end"
        " from shop.fct_customer_scores"
        " join shop_demo.demo_truth using (customer_id)"
        " where as_of_date = (select max(as_of_date) from shop.fct_customer_scores)",
    )
    return pd.DataFrame(rows, columns=names)


def tenths(values):
    """Tenth of each value, 1 the highest; ties are split, to have ten alike."""
    return pd.qcut(-values.rank(method="first"), 10, labels=range(1, 11))


def test_scores_of_churn_tell_who_has_stopped(scored):
    from sklearn.metrics import roc_auc_score

    by_tenth = scored.groupby(tenths(1 - scored["p_churn"]), observed=True).agg(
        p_repurchase=("p_churn", lambda churn: 1 - churn.mean()),
        alive=("is_alive", "mean"),
    )
    print("\n", by_tenth.round(3).to_string())
    auc = roc_auc_score(scored["is_alive"], 1 - scored["p_churn"])
    print(f"AUC of being alive {auc:.3f}")
    assert auc > 0.96
    assert by_tenth["alive"].is_monotonic_decreasing or auc > 0.97
    # who orders within the horizon is alive; the converse need not hold
    assert (by_tenth["p_repurchase"] <= by_tenth["alive"] + 0.02).all()
    assert by_tenth["alive"].iloc[0] > 0.98 and by_tenth["alive"].iloc[-3:].max() < 0.02


def test_scores_of_value_are_what_was_planted(scored):
    by_tenth = scored.groupby(tenths(scored["expected_revenue"]), observed=True)[
        ["expected_revenue", "true_value"]
    ].mean()
    print("\n", by_tenth.round(1).to_string())
    means = scored[["expected_revenue", "true_value"]].mean()
    print(means.round(1).to_dict())
    assert means["expected_revenue"] == pytest.approx(means["true_value"], rel=0.15)
    # the five best tenths are in the planted order
    assert by_tenth["true_value"].iloc[:5].is_monotonic_decreasing


def test_the_best_tenth_is_worth_what_was_planted(scored):
    best = scored[tenths(scored["expected_revenue"]) == 1]
    expected, planted = best[["expected_revenue", "true_value"]].mean()
    assert expected == pytest.approx(planted, rel=0.15)


def test_scores_are_calibrated_on_the_demo_shop(whole_demo, query):
    measured = {
        measure: values
        for measure, *values in query(
            whole_demo,
            "select measure, measured_value, low_value, high_value"
            " from shop.fct_model_scorecards"
            " where score_name = 'repurchase' and is_published_candidate",
        )
    }
    print(
        "\n",
        {name: [v and round(v, 3) for v in found] for name, found in measured.items()},
    )
    slope, low, high = measured["calibration_slope"]
    assert low < 1 < high
    assert abs(measured["mean_difference"][0]) < 0.03
    assert measured["auc"][0] > 0.9
