"""Every recipe builds by the variable alone, and so does one of the user's own.

The features of a small demo shop are built once; each recipe segments a copy of them.
"""

import shutil

import pytest

DEMO = {
    "segmentation_demo_customers": 600,
    "segmentation_history_snapshots": 2,
    # the curve is drawn for auto alone: the gate has tests of its own
    "segmentation_stability_resamples": 0,
}
NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
FEATURES = (
    *NO_TESTS, "--select", "resource_type:seed", "+fct_customer_rfm",
    "+fct_customer_features",
)  # fmt: skip
CLAIMS = (
    "assert_every_known_customer_is_in_one_segment",
    "assert_every_segment_is_of_the_active_version",
    "assert_named_segments_keep_within_their_guards",
    "assert_no_stale_segment_is_fresher_than_a_fresh_one",
    "assert_no_segment_is_called_what_its_members_deny",
)
SEGMENTS = (
    # of the tests, those named and no others, which read models that are not built
    "build", "--indirect-selection", "empty", "--select",
    "int_segment_recipes__chosen", "int_segment_targets__chosen",
    "int_segment_claims__chosen", "int_segment_features__measured",
    "int_segments__judged",
    "int_segment_models__registered", "int_segment_versions__effective",
    "int_segment_parameters__pivoted", "int_customer_segments__fitted",
    "int_customer_segments__scored", "int_customer_segments__confirmed",
    "int_customer_segments__explained", "dim_segments", "dim_segment_model_versions",
    "dim_customer_segments", *CLAIMS,
)  # fmt: skip


@pytest.fixture(scope="module")
def features(tmp_path_factory, build_shop):
    database = tmp_path_factory.mktemp("recipes") / "recipe.duckdb"
    build_shop({**DEMO, "segmentation_recipe": "rfm_rules"}, database, FEATURES)
    return database


@pytest.fixture
def segment(features, tmp_path, build_shop, query):
    """Function that segments the demo shop under further variables.

    Returns the newest version, (recipe, method, status, failure, segments fitted);
    customers by segment, recipe of the segment and whether they ordered; and what the
    build said.
    """

    def run(**vars):
        database = tmp_path / "recipe.duckdb"
        shutil.copy(features, database)
        process = build_shop({**DEMO, **vars}, database, SEGMENTS)
        (version,) = query(
            database,
            "select recipe, method, status, failure, n_segments"
            " from shop.dim_segment_model_versions",
        )
        customers = query(
            database,
            "select segment_id, segments.recipe, has_ordered, count(*)"
            " from shop.dim_customer_segments"
            " inner join shop.dim_segments as segments using (segment_id)"
            " group by all",
        )
        # once each, and all of them
        assert query(
            database,
            "select count(*), count(distinct customer_id), count(segment_id)"
            " from shop.dim_customer_segments",
        ) == [(sum(row[3] for row in customers),) * 3]
        return version, customers, process.stdout

    return run


@pytest.mark.parametrize(
    ("recipe", "method", "n_clusters"),
    [
        ("value_3", "kmeans", 3),
        ("growth_4", "kmeans", 4),
        ("behaviour_5", "kmeans", 5),
        ("personas_6", "kmeans", 6),
        ("density_7", "density", 6),
        ("orders_6", "kmeans", 6),
        ("rfm_rules", "rules", 0),
    ],
)
def test_a_recipe_builds_by_the_variable_alone(segment, recipe, method, n_clusters):
    version, customers, said = segment(segmentation_recipe=recipe)
    assert version == (recipe, method, "promoted", None, n_clusters)
    assert "WARN=0 ERROR=0" in said
    of_buyers = {row[1] for row in customers if row[2]}
    assert of_buyers == {recipe}
    assert {row[0] for row in customers if not row[2]} == {"prospects"}
    # all clusters have customers; the density recipe's whales are a segment more
    n_segments = len({row[0] for row in customers if row[2]})
    assert n_segments >= max(n_clusters, 8 if method == "rules" else 2)


def test_a_number_of_clusters_stands_in_for_the_recipes(segment):
    version, customers, _ = segment(segmentation_n_clusters=4)
    assert version == ("personas_6", "kmeans", "promoted", None, 4)
    assert len({row[0] for row in customers if row[2]}) == 4


def test_auto_chooses_a_number_or_says_why_it_falls_back(segment):
    version, customers, said = segment(
        segmentation_recipe="value_3",
        segmentation_n_clusters="auto",
        segmentation_stability_resamples=2,
    )
    assert version[2] == "promoted"
    assert 2 <= version[4] <= 8
    assert len({row[0] for row in customers if row[2]}) == version[4]


def test_a_fit_that_the_gate_refuses_falls_back_to_rules_and_says_why(segment):
    # too few customers for eight stable segments
    version, customers, said = segment(
        segmentation_n_clusters=8, segmentation_stability_resamples=5
    )
    assert version[:3] == ("personas_6", "rules", "fallback")
    assert "stability_mean" in version[3]
    assert version[3] in " ".join(said.split())
    assert "rules stand in for it" in " ".join(said.split())
    assert {row[1] for row in customers if row[2]} == {"rfm_rules"}
