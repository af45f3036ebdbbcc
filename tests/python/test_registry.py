"""The registry: which fits are due, what their rows say, and what it falls back to."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from segmentation import registry
from segmentation.personas import Target

FIRST = datetime.date(2024, 1, 7)
NAMES = ("n_orders", "recency_days")
# three planted groups: many orders lately, many long ago, few long ago
PLANTED = np.array([[20.0, 10.0], [18.0, 200.0], [1.0, 220.0]])
RECIPE = {
    "recipe": "three",
    "method": "kmeans",
    "scaling": "standard",
    "n_clusters": 3,
    "segment_prefix": "t",
    "whale_segment": None,
    "features": [("n_orders", "none", 1.0, 0.0), ("recency_days", "none", 1.5, 0.0)],
}
RULES = {
    "recipe": "plain",
    "method": "rules",
    "scaling": None,
    "n_clusters": None,
    "segment_prefix": "r",
    "whale_segment": None,
    "features": [],
}
TARGETS = [
    Target("t_best", "n_orders", 0.8, minimum=0.0),
    Target("t_best", "recency_days", -1.4, maximum=0.0),
    Target("t_gone", "n_orders", -1.4, maximum=0.0),
]
SETTINGS = {
    "refit_after_days": 28,
    "min_customers": 30,
    "sample_size": 1000,
    "random_seed": 1,
    "stability_resamples": 3,
}


def weeks(*numbers):
    return [FIRST + datetime.timedelta(weeks=number) for number in numbers]


def planted(snapshot=FIRST, n=40):
    """Raw features, shape (3 n, 2); they drift a little from snapshot to snapshot."""
    rng = np.random.default_rng(snapshot.toordinal())
    groups = [rng.normal(center, [0.5, 5.0], (n, 2)) for center in PLANTED]
    return np.concatenate(groups)


def fit(
    snapshots, stored=(), recipe=RECIPE, values=planted, n_customers=120, **settings
):
    """New rows, and whether and when customers were read."""
    read = []

    def read_values(snapshot, sample_size):
        read.append((snapshot, sample_size))
        raw = values(snapshot)
        return raw, np.nan_to_num(raw[:, 0]) * 50.0

    table = registry.fit_due_versions(
        snapshots,
        list(stored),
        recipe,
        TARGETS,
        {**SETTINGS, **settings},
        n_customers if callable(n_customers) else lambda snapshot: n_customers,
        read_values,
    )
    assert table.schema == registry.SCHEMA
    return table.to_pylist(), read


def texts(rows, item):
    return [row["text_value"] for row in rows if row["item"] == item]


def fitted_on(rows):
    return [row["as_of_date"] for row in rows if row["item"] == "status"]


def centers(rows, version):
    """{segment: {feature: centre in raw units}} of a version."""
    own = [row for row in rows if row["version_number"] == version]
    at = {
        (row["item"], row["feature_name"]): row["numeric_value"]
        for row in own
        if row["section"] in ("feature", "center")
    }
    return {
        row["item"]: {
            name: at[row["item"], name] * at["scale", name] + at["location", name]
            for name in NAMES
        }
        for row in own
        if row["section"] == "segment"
    }


# -- when a fit is due ------------------------------------------------------


def reason(snapshot=FIRST, is_last=True, latest=None, current="a", **version):
    if version or latest:
        latest = {
            "as_of_date": FIRST,
            "config_hash": "a",
            "status": "promoted",
            "method": "kmeans",
            "is_judged": False,
            "is_requested": False,
            **version,
        }
    return registry.due_reason(snapshot, is_last, latest, current, 91)


def days_on(n_days):
    return FIRST + datetime.timedelta(days=n_days)


def test_the_first_fit_is_due_at_once():
    assert reason() == reason(is_last=False) == "first fit"


def test_nothing_is_due_before_the_newest_version():
    assert reason(days_on(-1), config_hash="b") is None


def test_nothing_is_due_on_the_day_of_the_newest_version():
    assert reason(FIRST, latest=True) is None
    assert reason(FIRST, status="fallback", method="rules") is None


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (1, None),
        (90, None),
        (91, "91 days after the last fit"),
        (92, "92 days after the last fit"),
    ],
)
def test_a_refit_is_due_from_the_day_that_its_age_is_reached(age, expected):
    assert reason(days_on(age), latest=True) == expected
    assert reason(days_on(age), is_last=False, latest=True) == expected


def test_a_changed_configuration_is_fitted_at_the_last_snapshot_only():
    assert reason(days_on(7), config_hash="b") == "configuration changed"
    assert reason(FIRST, config_hash="b") == "configuration changed"
    assert reason(days_on(7), is_last=False, config_hash="b") is None
    assert reason(days_on(700), is_last=False, config_hash="b") is None


def test_rules_need_no_refit_but_for_a_changed_configuration():
    rules = {"method": "rules", "status": "promoted"}
    assert reason(days_on(700), **rules) is None
    assert reason(days_on(700), config_hash="b", **rules) == "configuration changed"


def test_after_a_fallback_every_later_snapshot_is_tried():
    fallback = {"method": "rules", "status": "fallback"}
    assert reason(days_on(1), **fallback) == "earlier fit fell back to rules"
    assert reason(days_on(1), is_last=False, **fallback) is not None


# -- rows -------------------------------------------------------------------


def test_the_planted_groups_are_found_and_named():
    rows, _ = fit(weeks(0))
    found = centers(rows, 1)
    assert sorted(found) == ["t_best", "t_gone", "t_other_1"]
    for segment_id, center in zip(
        ["t_best", "t_other_1", "t_gone"], PLANTED, strict=True
    ):
        # the mean of 40 draws of standard deviations 0.5 and 5
        np.testing.assert_allclose(
            [found[segment_id][name] for name in NAMES], center, atol=3
        )


def test_a_version_says_all_that_scoring_and_audit_need():
    rows, _ = fit(weeks(0))
    said = {(row["section"], row["item"], row["feature_name"]) for row in rows}
    version = ("status", "method", "reason", "n_customers", "n_sampled", "random_seed")
    assert said >= {("version", item, None) for item in (*version, "library")}
    assert said >= {
        ("feature", item, name)
        for item in (
            "transform",
            "null_reference",
            "location",
            "scale",
            "weight",
            "mean",
        )
        for name in NAMES
    }
    assert said >= {
        ("center", segment_id, name)
        for segment_id in centers(rows, 1)
        for name in NAMES
    }
    assert said >= {
        ("metric", item, None) for item in ("inertia", "silhouette", "has_converged")
    }
    assert texts(rows, "status") == ["promoted"]
    assert texts(rows, "reason") == ["first fit"]


def test_sizes_add_up_to_the_customers_read():
    rows, read = fit(weeks(0))
    sizes = [row["numeric_value"] for row in rows if row["section"] == "segment"]
    assert sum(sizes) == 120
    assert read == [(FIRST, SETTINGS["sample_size"])]


def test_every_row_of_every_version_has_its_own_id():
    rows, _ = fit(weeks(0, 4, 8))
    ids = [row["registry_row_id"] for row in rows]
    assert len(set(ids)) == len(ids)
    versions = {row["model_version"] for row in rows}
    assert versions == {"three-v1", "three-v2", "three-v3"}


def test_without_a_due_fit_there_are_no_rows_and_nothing_is_read():
    stored, _ = fit(weeks(0))
    rows, read = fit(weeks(0, 1, 2, 3), stored)
    assert (rows, read) == ([], [])


def test_the_same_data_give_the_same_rows_in_any_order():
    def shuffled(snapshot):
        return np.random.default_rng(8).permutation(planted(snapshot))

    rows, _ = fit(weeks(0, 4, 8))
    again, _ = fit(weeks(8, 0, 4), values=shuffled)
    for row, other in zip(rows, again, strict=True):
        # sums over another order differ in the last digits
        assert other.pop("numeric_value") == pytest.approx(
            row.pop("numeric_value"), abs=1e-9
        )
        assert other == row


def test_arguments_are_left_as_they_were():
    stored, _ = fit(weeks(0))
    before = [dict(row) for row in stored]
    registry.fit_due_versions(
        weeks(0, 4), stored, RECIPE, TARGETS, SETTINGS, lambda _: 120,
        lambda snapshot, _: (planted(snapshot), planted(snapshot)[:, 0]),
    )  # fmt: skip
    assert stored == before


# -- versions over time -----------------------------------------------------


def test_a_history_is_refitted_at_the_due_snapshots():
    rows, _ = fit(weeks(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
    assert fitted_on(rows) == weeks(0, 4, 8)
    assert texts(rows, "reason")[1:] == ["28 days after the last fit"] * 2


def test_building_week_by_week_gives_the_rows_of_building_at_once():
    at_once, _ = fit(weeks(*range(10)))
    stored = []
    for week in range(10):
        stored += fit(weeks(*range(week + 1)), stored)[0]
    assert stored == at_once


def test_ids_survive_a_refit():
    rows, _ = fit(weeks(0, 4, 8))
    first = centers(rows, 1)
    for version in (2, 3):
        again = centers(rows, version)
        assert sorted(again) == sorted(first)
        for segment_id, center in again.items():
            for name in NAMES:
                assert center[name] == pytest.approx(first[segment_id][name], abs=4)


def test_names_described_at_first_survive_a_refit():
    rows, _ = fit(weeks(0, 4))
    described = [
        row["text_value"]
        for row in rows
        if row["section"] == "segment" and row["item"] == "t_other_1"
    ]
    assert len(described) == 2
    assert described[0] == described[1] is not None


def test_dates_read_back_as_timestamps_are_dates():
    stored, _ = fit(weeks(0))
    for row in stored:
        row["as_of_date"] = datetime.datetime.combine(
            row["as_of_date"], datetime.time.min
        )
    rows, _ = fit(weeks(0, 1, 4), stored)
    assert fitted_on(rows) == weeks(4)


def test_a_changed_setting_makes_a_new_version_from_now_on():
    stored, _ = fit(weeks(0, 1))
    rows, _ = fit(weeks(0, 1, 2), stored, random_seed=2)
    assert fitted_on(rows) == weeks(2)
    assert texts(rows, "reason") == ["configuration changed"]
    assert {row["version_number"] for row in rows} == {2}


def test_refitting_more_often_is_no_changed_configuration():
    stored, _ = fit(weeks(0))
    assert fit(weeks(0, 1), stored, refit_after_days=14)[0] == []


def test_another_recipe_goes_on_counting_and_gives_no_id_twice():
    stored, _ = fit(weeks(0))
    stored += fit(weeks(0, 1), stored, recipe={**RECIPE, "recipe": "other"})[0]
    ids = [row["registry_row_id"] for row in stored]
    assert len(set(ids)) == len(ids)
    assert {row["model_version"] for row in stored} == {"three-v1", "other-v2"}
    others = [
        row["item"]
        for row in stored
        if row["section"] == "segment" and row["item"].startswith("t_other")
    ]
    assert len(set(others)) == len(others) == 2


def test_a_recipe_taken_up_again_finds_its_own_segments():
    stored, _ = fit(weeks(0))
    stored += fit(weeks(0, 1), stored, recipe=RULES)[0]
    rows, _ = fit(weeks(0, 1, 2), stored)
    assert sorted(centers(rows, 3)) == sorted(centers(stored, 1))


# -- rules and fallbacks ----------------------------------------------------


def test_rules_are_one_version_that_reads_no_customers():
    rows, read = fit(weeks(0, 10, 20, 30), recipe=RULES)
    assert {row["section"] for row in rows} == {"version", "promotion"}
    assert texts(rows, "method") == ["rules"]
    assert texts(rows, "status") == ["promoted"]
    assert read == []


@pytest.mark.parametrize(
    ("n_customers", "status"), [(29, "fallback"), (30, "promoted")]
)
def test_too_few_customers_fall_back_to_rules(n_customers, status):
    rows, _ = fit(weeks(0), n_customers=n_customers)
    assert texts(rows, "status") == [status]


def test_a_fallback_says_why_with_the_numbers():
    rows, read = fit(weeks(0), n_customers=29)
    assert texts(rows, "method") == ["rules"]
    assert texts(rows, "failure") == [
        "29 ordering customers are fewer than the 30 of "
        "segmentation_min_customers_to_fit"
    ]
    assert {row["section"] for row in rows} == {"version", "promotion"}
    assert read == []


def test_fewer_different_customers_than_clusters_fall_back():
    def alike(snapshot):
        return np.repeat([[1.0, 2.0], [3.0, 4.0]], 50, axis=0)

    rows, _ = fit(weeks(0), values=alike)
    assert texts(rows, "status") == ["fallback"]
    assert texts(rows, "failure")[0].startswith(
        "100 customers, 2 of them different, cannot form 3 clusters"
    )


def test_customers_all_alike_fall_back():
    rows, _ = fit(weeks(0), values=lambda snapshot: np.ones((50, 2)))
    assert texts(rows, "status") == ["fallback"]
    assert "no feature of the recipe differs" in texts(rows, "failure")[0]


def test_every_customer_a_cluster_of_its_own_is_fitted_or_says_why():
    rows, _ = fit(weeks(0), values=lambda snapshot: PLANTED, min_customers=3)
    assert texts(rows, "status") == ["fallback"]
    assert texts(rows, "failure")[0].startswith("stability_mean")


def test_one_fallback_is_recorded_until_there_are_enough_customers():
    def growing(snapshot):
        return 20 + 4 * (snapshot - FIRST).days // 7

    rows, _ = fit(weeks(0, 1, 2, 3, 4), n_customers=growing)
    assert texts(rows, "status") == ["fallback", "promoted"]
    assert fitted_on(rows) == weeks(0, 3)
    assert texts(rows, "reason")[1] == "earlier fit fell back to rules"


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_a_feature_without_input_is_left_out_and_the_rest_is_fitted(lacking):
    names = ("n_orders", "net_amount", "recency_days")

    def without_one(snapshot):
        values = planted(snapshot)[:, [0, 0, 1]] * [1, 50, 1]
        values[:, lacking] = np.nan
        return values

    recipe = {**RECIPE, "features": [(name, "none", 1.0, 0.0) for name in names]}
    rows, _ = fit(weeks(0), values=without_one, recipe=recipe)
    assert texts(rows, "reason") == ["first fit"]
    left_out = [row for row in rows if row["item"] == "unavailable"]
    assert [row["feature_name"] for row in left_out] == [names[lacking]]
    assert left_out[0]["text_value"].startswith("null for every customer")
    # what is left is fitted on its own values
    kept = [name for name in names if name != names[lacking]]
    whole, _ = fit(
        weeks(0),
        values=lambda snapshot: np.delete(without_one(snapshot), lacking, axis=1),
        recipe={**RECIPE, "features": [(name, "none", 1.0, 0.0) for name in kept]},
    )

    def fitted(rows):
        return [
            (row["item"], row["feature_name"], row["numeric_value"])
            for row in rows
            if row["section"] in ("center", "feature") and row["item"] != "unavailable"
        ]

    assert fitted(rows) == fitted(whole)


def test_a_feature_that_comes_later_joins_at_the_next_fit_and_ids_stay():
    def recency_from_week_4(snapshot):
        values = planted(snapshot)
        if snapshot < weeks(4)[0]:
            values[:, 1] = np.nan
        return values

    recipe = {**RECIPE, "n_clusters": 2}
    rows, _ = fit(weeks(0, 4), values=recency_from_week_4, recipe=recipe)
    assert texts(rows, "status") == ["promoted", "promoted"]
    ids = [
        {row["item"] for row in rows if row["version_number"] == version}
        & {row["item"] for row in rows if row["section"] == "segment"}
        for version in (1, 2)
    ]
    assert ids[0] == ids[1]


def test_an_error_that_is_no_want_of_data_is_raised():
    def broken(snapshot):
        return planted(snapshot)[:, :1]  # a column too few: the caller's mistake

    with pytest.raises(IndexError):
        fit(weeks(0), values=broken)


# -- fingerprint ------------------------------------------------------------


def test_the_fingerprint_does_not_depend_on_the_order_of_keys():
    one = registry.config_hash({"a": 1, "b": {"c": 2, "d": None}})
    assert one == registry.config_hash({"b": {"d": None, "c": 2}, "a": 1})
    assert len(one) == 32
    assert set(one) <= set("0123456789abcdef")


def test_the_fingerprint_tells_configurations_apart():
    assert registry.config_hash({"a": 1}) != registry.config_hash({"a": 2})


def test_stored_rows_are_told_apart_by_key_not_by_place():
    stored, _ = fit(weeks(0, 4))
    rows, _ = fit(weeks(0, 4, 8), stored[::-1])
    assert fitted_on(rows) == weeks(8)
    assert sorted(centers(rows, 3)) == sorted(centers(stored, 1))
    assert pa.Table.from_pylist(rows, schema=registry.SCHEMA).num_rows == len(rows)
