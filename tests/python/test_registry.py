"""The registry: which fits are due, what their rows say, and what it falls back to."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from segmentation.registry import versions
from segmentation.segments import registry
from segmentation.segments.personas import Naming, Target

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
        return raw, np.nan_to_num(raw[:, 0]) * 50.0, {}

    table = registry.fit_due_versions(
        snapshots,
        list(stored),
        [
            registry.Candidate(each, Naming(targets=tuple(TARGETS)), read_values)
            for each in ([recipe] if isinstance(recipe, dict) else recipe)
        ],
        {**SETTINGS, **settings},
        n_customers if callable(n_customers) else lambda snapshot: n_customers,
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
    candidate = registry.Candidate(
        RECIPE,
        Naming(targets=tuple(TARGETS)),
        lambda snapshot, _: (planted(snapshot), planted(snapshot)[:, 0], {}),
    )
    registry.fit_due_versions(weeks(0, 4), stored, [candidate], SETTINGS, lambda _: 120)
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


# -- challengers, requests and promotions -----------------------------------


def one_blob(snapshot):
    """Customers without groups: what a fit finds in them is the sample's."""
    rng = np.random.default_rng(snapshot.toordinal())
    return rng.normal([10.0, 100.0], [3.0, 30.0], (120, 2))


def blob_on(*numbers):
    """The planted groups, but in these weeks."""
    spoilt = weeks(*numbers)
    return lambda day: one_blob(day) if day in spoilt else planted(day)


def spread_out(snapshot):
    """The planted groups and, far from them all, a fourth."""
    rng = np.random.default_rng(snapshot.toordinal())
    fourth = rng.normal([60.0, 900.0], [0.5, 5.0], (40, 2))
    return np.concatenate([planted(snapshot), fourth])


def promotions(rows):
    return [
        (row["model_version"], row["as_of_date"])
        for row in rows
        if row["section"] == "promotion"
    ]


def segments(rows, version):
    return {
        row["item"]
        for row in rows
        if row["section"] == "segment" and row["version_number"] == version
    }


def by_hand(rows, version, snapshot):
    """The rows and a promotion of a version from a snapshot on."""
    own = next(row for row in rows if row["version_number"] == version)
    made = registry.promotion_row(rows, own, snapshot, "by hand")
    return [*rows, made]


def asked(rows):
    """The rows and a request, which names the newest version as the operation does."""
    newest = max(
        (row for row in rows if row["section"] == "version"),
        key=lambda row: row["version_number"],
    )
    number = 1 + sum(row["section"] == "request" for row in rows)
    return [
        *rows,
        newest
        | {
            "registry_row_id": f"request|{number}",
            "section": "request",
            "item": str(number),
            "text_value": "asked for by hand",
        },
    ]


@pytest.fixture(scope="module")
def promoted_once():
    return fit(weeks(0))[0]


@pytest.fixture(scope="module")
def rejected_once():
    """An active version, and a challenger that saw a week without groups."""
    return fit(weeks(0, 4), values=blob_on(4))[0]


def test_a_challenger_that_fails_its_gate_leaves_the_champion_active(rejected_once):
    rows = rejected_once
    assert texts(rows, "status") == ["promoted", "rejected"]
    assert promotions(rows) == [("three-v1", FIRST)]
    for week in (0, 4, 9):
        assert versions.active_version(rows, *weeks(week)) == "three-v1"


def test_a_rejected_challenger_says_why_and_keeps_its_rows(rejected_once):
    (failure,) = texts(rejected_once, "failure")
    assert "stability_mean" in failure
    own = [row for row in rejected_once if row["version_number"] == 2]
    words = {row["item"]: row["text_value"] for row in own if row["section"] == "gate"}
    assert words["stability_mean"] in failure
    assert words["smallest_share"] == "passed"
    # it can be looked at, and promoted by hand
    assert len(centers(rejected_once, 2)) == 3
    assert texts(own, "method") == ["kmeans"]


def test_after_a_rejection_the_next_attempt_waits_for_its_age(rejected_once):
    stored = list(rejected_once)
    for week in (5, 6, 7):
        assert fit(weeks(0, 4, week), stored) == ([], [])
    rows, _ = fit(weeks(0, 4, 7, 8), stored)
    assert fitted_on(rows) == weeks(8)
    assert texts(rows, "status") == ["promoted"]
    assert promotions(rows) == [("three-v3", weeks(8)[0])]
    # it is aligned to the champion, not to the one rejected between
    assert segments(rows, 3) == segments(stored, 1)


def test_ids_of_a_rejected_challenger_are_given_to_nobody_else(rejected_once):
    new_to_it = segments(rejected_once, 2) - segments(rejected_once, 1)
    assert new_to_it == {"t_other_2"}
    rows, _ = fit(
        weeks(0, 4, 8),
        rejected_once,
        values=spread_out,
        n_customers=160,
        recipe={**RECIPE, "n_clusters": 4},
    )
    others = {name for name in segments(rows, 3) if "_other_" in name}
    assert others
    assert "t_other_2" not in others


def test_a_request_is_met_once_and_at_the_last_snapshot(promoted_once):
    stored = asked(promoted_once)
    rows, _ = fit(weeks(0, 1, 2), stored)
    assert fitted_on(rows) == weeks(2)
    assert texts(rows, "reason") == ["asked for"]
    assert fit(weeks(0, 1, 2, 3), [*stored, *rows]) == ([], [])
    # the next one is due by the age of the version that was asked for
    later, _ = fit(weeks(0, 1, 2, 4, 5, 6), [*stored, *rows])
    assert fitted_on(later) == weeks(6)


def test_a_request_is_met_on_the_day_of_the_newest_version_too(promoted_once):
    rows, _ = fit(weeks(0), asked(promoted_once))
    assert fitted_on(rows) == weeks(0)
    assert versions.active_version([*promoted_once, *rows], FIRST) == "three-v2"


def test_a_request_that_fails_the_gate_is_met_all_the_same(promoted_once):
    stored = asked(promoted_once)
    rows, _ = fit(weeks(0, 1), stored, values=blob_on(1))
    assert texts(rows, "status") == ["rejected"]
    assert fit(weeks(0, 1, 2), [*stored, *rows]) == ([], [])


def test_a_promotion_by_hand_counts_from_its_date_on():
    stored, _ = fit(weeks(0, 4))
    rows = by_hand(stored, 1, weeks(6)[0])
    active = [versions.active_version(rows, day) for day in weeks(0, 4, 5, 6, 7)]
    assert active == ["three-v1", "three-v2", "three-v2", "three-v1", "three-v1"]
    # and back once more: the newest promotion counts, not the newest version
    again = by_hand(rows, 2, weeks(7)[0])
    assert versions.active_version(again, weeks(6)[0]) == "three-v1"
    assert versions.active_version(again, weeks(7)[0]) == "three-v2"


def test_nothing_is_active_before_the_first_promotion(promoted_once):
    assert versions.active_version(promoted_once, weeks(-1)[0]) is None


def test_after_a_roll_back_refits_are_aligned_to_the_active_version():
    values = {0: planted, 4: spread_out, 8: planted}
    stored, _ = fit(
        weeks(0, 4), values=lambda day: values[(day - FIRST).days // 7](day)
    )
    rolled_back = by_hand(stored, 1, weeks(4)[0])
    lineage = registry.read_lineage(rolled_back, "three")
    assert set(lineage.centers) == segments(stored, 1)
    rows, _ = fit(weeks(0, 4, 8), rolled_back)
    assert segments(rows, 3) == segments(stored, 1)
    kept = [row["numeric_value"] for row in rows if row["item"] == "kept_share"]
    assert kept and kept[0] > 0.9


def test_a_rejected_version_can_be_promoted_by_hand(rejected_once):
    rows = by_hand(rejected_once, 2, weeks(5)[0])
    assert versions.active_version(rows, weeks(5)[0]) == "three-v2"
    assert set(registry.read_lineage(rows, "three").centers) == segments(rows, 2)


def test_a_first_fit_that_fails_the_gate_is_tried_again_by_age_not_weekly():
    rows, _ = fit(weeks(*range(9)), values=blob_on(0, 1, 2, 3, 4, 5, 6, 7))
    assert fitted_on(rows) == weeks(0, 4, 8)
    assert texts(rows, "status") == ["fallback", "fallback", "promoted"]
    assert texts(rows, "method") == ["rules", "rules", "kmeans"]
    assert all("stability_mean" in failure for failure in texts(rows, "failure"))
    assert len(texts(rows, "failure")) == 2
    # rules are active meanwhile
    assert promotions(rows) == [
        (f"three-v{number}", day) for number, day in enumerate(weeks(0, 4, 8), start=1)
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"random_seed": 2, "values": blob_on(1, 2)}, "stability_mean"),
        ({"min_customers": 500}, "segmentation_min_customers_to_fit"),
        ({"recipe": {**RECIPE, "n_clusters": 8}, "values": lambda _: PLANTED}, "form"),
    ],
)
def test_a_changed_configuration_that_fails_keeps_the_champion(
    promoted_once, changed, words
):
    rows, _ = fit(weeks(0, 1), promoted_once, **changed)
    assert texts(rows, "reason") == ["configuration changed"]
    assert texts(rows, "status") == ["rejected"]
    assert words in texts(rows, "failure")[0]
    stored = [*promoted_once, *rows]
    assert versions.active_version(stored, weeks(1)[0]) == "three-v1"
    # and is not tried again every week
    assert fit(weeks(0, 1, 2), stored, **changed) == ([], [])


def test_a_changed_configuration_is_not_held_to_the_customers_kept(promoted_once):
    rows, _ = fit(weeks(0, 1), promoted_once, random_seed=2)
    assert texts(rows, "kept_share") == texts(rows, "silhouette_loss") == []
    rows, _ = fit(weeks(0, 4), promoted_once)
    assert "passed" in texts(rows, "kept_share")


def test_without_resamples_only_what_needs_none_is_judged():
    rows, _ = fit(weeks(0, 4), values=blob_on(0, 4), stability_resamples=0)
    assert texts(rows, "status") == ["promoted", "promoted"]
    judged = {row["item"] for row in rows if row["section"] == "gate"}
    assert judged == {
        "smallest_share",
        "triviality_ari",
        "silhouette_loss",
        "kept_share",
    }
    assert not [row for row in rows if row["section"] == "curve"]
    measured = {row["item"]: row for row in rows if row["section"] == "metric"}
    assert measured["stability_mean"]["numeric_value"] is None


# -- numbers of clusters, methods and whales --------------------------------


def test_auto_takes_the_most_structure_of_the_stable_numbers():
    rows, _ = fit(weeks(0), recipe={**RECIPE, "n_clusters": None})
    curve = {}
    for row in rows:
        if row["section"] == "curve":
            curve.setdefault(row["n_clusters"], {})[row["item"]] = row["numeric_value"]
    assert sorted(curve) == [2, 3, 4, 5, 6, 7, 8]
    stable = [
        k
        for k, at in curve.items()
        if at["stability_mean"] >= 0.85 and at["stability_p5"] >= 0.7
    ]
    assert 3 in stable and len(stable) < len(curve)
    chosen = max(
        stable,
        key=lambda k: (
            curve[k]["silhouette"]
            - max(curve[k]["null_silhouette"], curve[k]["shuffled_silhouette"])
        ),
    )
    assert len(centers(rows, 1)) == chosen
    assert texts(rows, "status") == ["promoted"]


def test_auto_without_resamples_falls_back_and_says_what_to_set():
    rows, _ = fit(
        weeks(0), recipe={**RECIPE, "n_clusters": None}, stability_resamples=0
    )
    assert texts(rows, "status") == ["fallback"]
    assert "segmentation_n_clusters" in texts(rows, "failure")[0]


def test_density_finds_the_planted_groups_and_says_that_they_are_dense():
    rows, _ = fit(weeks(0), recipe={**RECIPE, "method": "density"})
    assert texts(rows, "status") == ["promoted"]
    assert texts(rows, "method") == ["density"]
    assert texts(rows, "structure") == ["density clusters"]
    found = sorted(centers(rows, 1).values(), key=lambda at: at["recency_days"])
    for center, expected in zip(found, PLANTED, strict=True):
        np.testing.assert_allclose([center[name] for name in NAMES], expected, atol=3)
    assert {"cluster_density_validity", "unassigned_share"} <= {
        row["item"] for row in rows if row["section"] == "metric"
    }


def with_whales(snapshot):
    """The planted groups and three customers who ordered fifty times as much."""
    whales = np.array([[1000.0, 10.0], [1100.0, 12.0], [1200.0, 8.0]])
    return np.concatenate([planted(snapshot), whales])


@pytest.mark.parametrize(
    ("whale_segment", "n_fitted", "is_put"),
    [("t_whales", 120, True), (None, 123, False)],
)
def test_whales_are_left_out_of_the_fit_where_they_have_a_segment(
    whale_segment, n_fitted, is_put
):
    rows, _ = fit(
        weeks(0),
        values=with_whales,
        recipe={**RECIPE, "whale_segment": whale_segment},
        stability_resamples=0,
    )
    (threshold,) = [
        row["numeric_value"] for row in rows if row["item"] == "whale_net_amount"
    ]
    # net revenue is 50 for each order; the planted customers order up to 22 times
    assert 22 * 50 < threshold < 1000 * 50
    assert texts(rows, "whale_segment") == ([whale_segment] if is_put else [])
    (n_sampled,) = [row["numeric_value"] for row in rows if row["item"] == "n_sampled"]
    assert n_sampled == n_fitted
    sizes = [row["numeric_value"] for row in rows if row["section"] == "segment"]
    assert sum(sizes) == n_fitted
    assert "t_whales" not in segments(rows, 1)


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

    with pytest.raises(ValueError, match="shorter"):
        fit(weeks(0), values=broken)


# -- fingerprint ------------------------------------------------------------


def test_the_fingerprint_does_not_depend_on_the_order_of_keys():
    one = versions.config_hash({"a": 1, "b": {"c": 2, "d": None}})
    assert one == versions.config_hash({"b": {"d": None, "c": 2}, "a": 1})
    assert len(one) == 32
    assert set(one) <= set("0123456789abcdef")


def test_the_fingerprint_tells_configurations_apart():
    assert versions.config_hash({"a": 1}) != versions.config_hash({"a": 2})


def test_stored_rows_are_told_apart_by_key_not_by_place():
    stored, _ = fit(weeks(0, 4))
    rows, _ = fit(weeks(0, 4, 8), stored[::-1])
    assert fitted_on(rows) == weeks(8)
    assert sorted(centers(rows, 3)) == sorted(centers(stored, 1))
    assert pa.Table.from_pylist(rows, schema=registry.SCHEMA).num_rows == len(rows)


# -- several recipes --------------------------------------------------------

RICHER = {
    **RECIPE,
    "recipe": "richer",
    "segment_prefix": "x",
    "features": [("n_orders", "none", 1.0, 0.0), ("discounts", "none", 1.5, 0.0)],
}


def choose(snapshots, values, stored=(), **settings):
    """Version rows of a shop with the recipes richer and three, in this order."""

    def candidate(recipe):
        names = [feature[0] for feature in recipe["features"]]

        def read(snapshot, _):
            known = values(snapshot)
            raw = np.column_stack([known[name] for name in names])
            return raw, known["n_orders"] * 50.0, {}

        return registry.Candidate(recipe, Naming(targets=tuple(TARGETS)), read)

    table = registry.fit_due_versions(
        snapshots,
        list(stored),
        [candidate(RICHER), candidate(RECIPE)],
        {**SETTINGS, **settings},
        lambda _: 120,
    )
    return table.to_pylist()


def shop(discounts, snapshot=FIRST):
    raw = planted(snapshot)
    return {
        "n_orders": raw[:, 0],
        "recency_days": raw[:, 1],
        # told as if they were days, which set the same groups apart
        "discounts": raw[:, 1] if discounts else np.zeros(len(raw)),
    }


def chosen(rows):
    return [
        (row["model_version"], row["text_value"])
        for row in rows
        if row["section"] == "version" and row["item"] == "recipe_reason"
    ]


def test_the_richest_recipe_whose_features_the_shop_has_is_taken_and_why():
    (found,) = chosen(choose(weeks(0), lambda snapshot: shop(True)))
    assert found[0] == "richer-v1"
    assert "the richest" in found[1]
    (found,) = chosen(choose(weeks(0), lambda snapshot: shop(False)))
    assert found[0] == "three-v1"
    assert found[1] == (
        "three: richer is refused: not known of this shop, or the same for all: "
        "discounts"
    )


def test_the_active_recipe_stays_though_a_richer_one_is_to_be_had():
    stored = choose(weeks(0), lambda snapshot: shop(False))
    later = choose(weeks(0, 4), lambda snapshot: shop(True, snapshot), stored)
    ((version, why),) = chosen(later)
    assert version == "three-v2"
    assert "it is the active one" in why


def test_a_change_of_recipe_is_announced_where_the_active_one_is_refused():
    stored = choose(weeks(0), lambda snapshot: shop(True))
    # no discounts are told any more
    later = choose(weeks(0, 4), lambda snapshot: shop(False, snapshot), stored)
    ((version, why),) = chosen(later)
    assert version == "three-v2"
    assert why.startswith("three: a change from richer: richer is refused")


def test_most_customers_with_one_order_are_left_to_the_rules():
    def once(snapshot):
        known = shop(True)
        known["n_orders"] = np.where(np.arange(120) < 100, 1.0, known["n_orders"])
        return known

    rows = choose(weeks(0), once)
    assert texts(rows, "status") == ["fallback"]
    assert texts(rows, "method") == ["rules"]
    (failure,) = texts(rows, "failure")
    assert "have ordered once" in failure


def test_one_recipe_by_name_is_fitted_as_it_was_before_there_were_several():
    alone, _ = fit(weeks(0))
    assert chosen(alone) == []
    among = choose(weeks(0), lambda snapshot: shop(False))
    assert {row["config_hash"] for row in alone} == {
        row["config_hash"] for row in among
    }
    # so that a shop that goes over to auto is not fitted anew for it
    assert choose(weeks(0, 1), lambda snapshot: shop(False), alone) == []
