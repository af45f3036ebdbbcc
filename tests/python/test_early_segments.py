"""Early segments: planted signals are found, noise is not, rows give models back."""

import datetime

import duckdb
import numpy as np
import pytest
from segmentation.errors import CannotFit
from segmentation.scores import (
    early_segment_registry,
    early_segment_tables,
    early_segments,
    training,
)
from segmentation.scores import registry as score_registry

FIRST = datetime.date(2024, 1, 1)
SEGMENTS = np.array(["a_loyal", "b_bargain", "c_gone"])
SETTINGS = {
    "refit_after_days": 91,
    "min_customers": 60,
    "sample_size": 10_000,
    "random_seed": 7,
    "n_draws": 200,
    "early_days": 14,
}
NAMES = [name for name, _ in early_segments.FEATURES]


@pytest.fixture(scope="module", autouse=True)
def small_forests():
    """Fewer trees and settings: enough for what is planted here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(early_segments, "N_TREES", 40)
        patch.setattr(early_segments, "N_SEARCHED", 2)
        yield


def shop(n=360, seed=1, strength=2.0, n_weeks=12):
    """New customers whose first days tell where they go, by so many deviations."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, n)
    table = {name: np.round(rng.gamma(2.0, 2.0, n)) for name in NAMES}
    noise = rng.normal(size=(2, n))
    table["n_sessions_early"] = np.exp(1.0 + strength * (codes == 0) + noise[0])
    table["first_order_discount_share"] = strength * (codes == 1) + noise[1]
    table["early_age_years"][::7] = np.nan
    weeks = np.sort(rng.integers(0, n_weeks, n))
    dates = [FIRST + datetime.timedelta(weeks=int(week)) for week in weeks]
    ids = [f"c{seed}_{i}" for i in range(n)]
    return early_segments.Labelled(
        table, SEGMENTS[codes], np.array(dates), training.fold_of(ids)
    )


def without_signal(labelled, seed=3):
    """The same customers, each with the segment of another."""
    shuffled = np.random.default_rng(seed).permutation(labelled.segments)
    return early_segments.Labelled(
        labelled.table, shuffled, labelled.dates, labelled.folds
    )


def fit(labelled, champion=None, features=early_segments.FEATURES, **settings):
    return early_segments.fit_version(
        labelled, 90, champion, {**SETTINGS, **settings}, features
    )


def item(parts, section, name, candidate=None):
    """The one row of a section and item."""
    (found,) = (
        row
        for row in parts
        if (row["section"], row["item"], row["candidate"]) == (section, name, candidate)
    )
    return found


@pytest.fixture(scope="module")
def planted():
    """Status and parts of a fit that has something to find."""
    return fit(shop())


def schedule(n_weeks, schemes=("r",)):
    """So many weekly snapshots of one age; the last scheme stays."""
    return [
        {
            "score_name": "early_segment_90",
            "horizon_days": 90,
            "as_of_date": FIRST + datetime.timedelta(weeks=week),
            "active_scheme": schemes[min(week, len(schemes) - 1)],
        }
        for week in range(n_weeks)
    ]


def run(days, labelled, stored=(), **settings):
    """New rows of the registry; every snapshot knows the labels up to it."""
    return early_segment_registry.fit_due_versions(
        days,
        list(stored),
        {**SETTINGS, **settings},
        lambda day: labelled.where(labelled.dates <= day["as_of_date"]),
    ).to_pylist()


@pytest.fixture(scope="module")
def registered():
    """A registry filled at twelve snapshots at once."""
    return run(schedule(12), shop())


def test_a_planted_signal_is_found_and_beats_the_majority_class(planted):
    status, parts = planted
    assert status == "promoted"
    assert item(parts, "version", "kind")["text_value"] in ("multinomial", "forest")
    gain = item(parts, "gain", "accuracy", "majority")
    assert gain["low_value"] > 0.15
    assert "beats the majority class" in item(parts, "version", "verdict")["text_value"]


def test_every_candidate_is_measured_with_its_interval(planted):
    _, parts = planted
    n_test = item(parts, "version", "n_test")["numeric_value"]
    for kind in early_segments.KINDS:
        for name in ("accuracy", "majority_accuracy", "accuracy_gain", "macro_f1"):
            row = item(parts, "measure", name, kind)
            assert row["low_value"] <= row["numeric_value"] <= row["high_value"]
            assert row["n_customers"] == n_test


def test_probabilities_are_as_often_right_as_they_say():
    labelled, others = shop(), shop(n=2000, seed=9)
    settings = early_segments.search_settings(
        "forest", labelled, early_segments.FEATURES, 7
    )
    model = early_segments.fit_candidate(
        "forest", labelled, early_segments.FEATURES, settings, 7
    )

    def gap(one):
        segments, probability = early_segments.name_segments(one, others.table)
        return abs(probability.mean() - (segments == others.segments).mean())

    assert gap(model) < 0.05 < gap(model.model)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_permuted_segments_leave_the_majority_class(seed):
    status, parts = fit(without_signal(shop(seed=seed), seed))
    assert status == "promoted"
    assert item(parts, "version", "kind")["text_value"] == "majority"
    words = item(parts, "version", "verdict")["text_value"]
    assert words.startswith("nothing beats the majority class")


def test_a_rule_that_says_it_all_is_preferred_to_what_is_more_complex():
    labelled = shop(strength=0.0)
    amount = np.searchsorted(SEGMENTS, labelled.segments) * 100.0 + 50.0
    labelled.table["first_order_amount"] = amount
    _, parts = fit(labelled)
    assert item(parts, "version", "kind")["text_value"] == "first_order_quintile"


def test_what_comes_later_is_read_only_if_it_is_listed(planted):
    labelled = shop()
    future = np.searchsorted(SEGMENTS, labelled.segments).astype(float)
    leaking = early_segments.Labelled(
        {**labelled.table, "n_orders_day_80": future},
        labelled.segments,
        labelled.dates,
        labelled.folds,
    )
    assert fit(leaking) == planted
    listed = (*early_segments.FEATURES, ("n_orders_day_80", "none"))
    _, parts = fit(leaking, features=listed)
    assert item(parts, "measure", "accuracy", "forest")["numeric_value"] > 0.95


def test_gender_is_not_read():
    assert not [name for name in NAMES if "gender" in name]


def test_customers_are_judged_on_later_snapshots_than_they_learn_from(planted):
    _, parts = planted
    last = item(parts, "version", "last_train_date")["text_value"]
    assert last < item(parts, "version", "first_test_date")["text_value"]
    n_train, n_test = (
        item(parts, "version", name)["numeric_value"] for name in ("n_train", "n_test")
    )
    assert n_train + n_test == 360
    assert n_test >= 120


def test_the_last_labels_cannot_change_what_the_first_ones_teach(planted):
    labelled = shop()
    late = labelled.dates >= datetime.date.fromisoformat(
        item(planted[1], "version", "first_test_date")["text_value"]
    )
    changed = labelled.segments.copy()
    changed[late] = np.roll(changed[late], 1)
    _, parts = fit(
        early_segments.Labelled(labelled.table, changed, labelled.dates, labelled.folds)
    )
    # candidates are the same, and so are their probabilities of the same customers
    mean_right = {
        kind: [
            item(rows, "measure", "mean_difference", kind)["numeric_value"]
            + item(rows, "measure", "accuracy", kind)["numeric_value"]
            for rows in (planted[1], parts)
        ]
        for kind in early_segments.KINDS
    }
    for before, after in mean_right.values():
        assert before == pytest.approx(after, abs=1e-12)


@pytest.mark.parametrize("n", [0, 1, 100])
def test_too_few_customers_are_not_scored_and_told_so_in_words(n):
    with pytest.raises(CannotFit, match="too few new customers.*90 days.*of 60 to"):
        fit(shop(n=n))


def test_one_segment_leaves_nothing_to_tell_apart():
    labelled = shop()
    alike = np.full(len(labelled), "a_loyal")
    with pytest.raises(CannotFit, match="in the segment a_loyal"):
        fit(
            early_segments.Labelled(
                labelled.table, alike, labelled.dates, labelled.folds
            )
        )


def test_two_segments_and_one_that_only_the_past_or_the_future_knows():
    labelled = shop()
    segments = np.where(labelled.segments == "c_gone", "b_bargain", labelled.segments)
    segments = segments.astype("<U20")
    segments[-1], segments[0] = "of_the_future", "of_the_past"
    status, parts = fit(
        early_segments.Labelled(
            labelled.table, segments, labelled.dates, labelled.folds
        )
    )
    assert status == "promoted"
    assert item(parts, "measure", "accuracy", "multinomial")["numeric_value"] > 0.6


@pytest.mark.parametrize("kind", early_segments.KINDS)
def test_rows_give_the_same_model_back(kind):
    labelled = shop()
    settings = early_segments.search_settings(
        kind, labelled, early_segments.FEATURES, 7
    )
    model = early_segments.fit_candidate(
        kind, labelled, early_segments.FEATURES, settings, 7
    )
    read = early_segments.read_model(reversed(model.rows()))
    assert type(read) is type(model)
    before, after = (one.probabilities(labelled.table) for one in (model, read))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(before.sum(axis=1), 1.0)


def test_rows_of_no_model_are_refused():
    with pytest.raises(ValueError, match="no model is written"):
        early_segments.read_model([("version", "kind", None, None, "forest")])


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_columns(planted):
    labelled = shop()
    table = dict(reversed(labelled.table.items()))
    again = early_segments.Labelled(
        table, labelled.segments, labelled.dates, labelled.folds
    )
    assert repr(fit(again)) == repr(planted)


def test_a_challenger_that_is_worse_than_the_active_version_is_rejected():
    labelled = shop()
    champion = early_segments.fit_candidate(
        "multinomial", labelled, early_segments.FEATURES, {"ridge": 1.0}, 7
    )
    challenge = without_signal(labelled)
    late = labelled.dates >= FIRST + datetime.timedelta(weeks=7)
    segments = np.where(late, labelled.segments, challenge.segments)
    worse = early_segments.Labelled(
        labelled.table, segments, labelled.dates, labelled.folds
    )
    status, parts = fit(worse, champion=(champion, FIRST))
    assert status == "rejected"
    assert "new to both" in item(parts, "version", "failure")["text_value"]
    # it has seen them all: nothing can be said
    assert fit(worse, champion=(champion, labelled.dates.max()))[0] == "promoted"


def test_the_first_version_waits_for_labels_and_is_active_from_its_fit_on(registered):
    versions = {row["model_version"]: row["as_of_date"] for row in registered}
    assert list(versions) == ["early_segment_90-v1", "early_segment_90-v2"]
    statuses = [row["text_value"] for row in registered if row["item"] == "status"]
    assert statuses == ["not_scored", "promoted"]
    (promotion,) = (row for row in registered if row["section"] == "promotion")
    assert FIRST < promotion["as_of_date"] < FIRST + datetime.timedelta(weeks=11)
    ids = [row["registry_row_id"] for row in registered]
    assert len(set(ids)) == len(ids)


def test_week_by_week_gives_what_all_at_once_gives(registered):
    days, rows = schedule(12), []
    for n_weeks in range(1, 13):
        rows += run(days[:n_weeks], shop(), rows)
    assert rows == registered
    assert run(days, shop(), rows) == []


def test_a_changed_setting_and_a_changed_scheme_make_a_fit_due(registered):
    changed = run(schedule(12), shop(), registered, early_days=7)
    reasons = [row["text_value"] for row in changed if row["item"] == "reason"]
    assert reasons == ["configuration changed"]
    other = run(schedule(13, ["r"] * 12 + ["q"]), shop(n=0), registered)
    assert [row["text_value"] for row in other if row["section"] == "version"][:3] == [
        "not_scored",
        "customers are segmented by q now",
        "q",
    ]
    assert early_segment_registry.champion_of(registered + other, "q") is None
    assert early_segment_registry.champion_of(registered + other, "r") is not None


def test_relations_are_read_and_new_customers_are_predicted(registered):
    """From DuckDB's tables to predictions, an empty shop included."""
    labelled = shop()
    session = duckdb.connect()
    columns = {
        "customer_id": [f"c1_{i}" for i in range(len(labelled))],
        "first_ordered_on": list(labelled.dates - datetime.timedelta(days=90)),
        **labelled.table,
    }
    types = {"customer_id": "varchar", "first_ordered_on": "date"}
    session.execute(
        "create table described ("
        + ", ".join(f"{name} {types.get(name, 'double')}" for name in columns)
        + ")"
    )
    session.execute(
        "create table observed (score_name varchar, customer_id varchar, "
        "as_of_date date, segment_id varchar, scheme varchar)"
    )
    session.execute(
        "create table schedule (score_name varchar, horizon_days integer, "
        "as_of_date date, active_scheme varchar)"
    )
    days = [tuple(day.values()) for day in schedule(12)]
    session.executemany("insert into schedule values (?, ?, ?, ?)", days)
    tables = [session.table(name) for name in ("schedule", "described", "observed")]

    empty = early_segment_tables.register_early_segment_models(
        session, None, *tables, SETTINGS
    ).to_arrow_table()
    assert empty.schema == score_registry.SCHEMA
    assert "not_scored" in empty.column("text_value").to_pylist()

    rows = list(zip(*(list(column) for column in columns.values()), strict=True))
    clean = [tuple(None if x != x else x for x in row) for row in rows]
    marks = ", ".join("?" * len(columns))
    session.executemany(f"insert into described values ({marks})", clean)
    session.executemany(
        "insert into observed values ('early_segment_90', ?, ?, ?, 'r')",
        [
            (row[0], day, segment)
            for row, day, segment in zip(
                rows, labelled.dates, labelled.segments.tolist(), strict=True
            )
        ],
    )
    found = early_segment_tables.register_early_segment_models(
        session, None, *tables, SETTINGS
    )
    registry = found.to_arrow_table()
    versions = [row["text_value"] for row in registered if row["item"] == "status"]
    assert versions == [
        row["text_value"] for row in registry.to_pylist() if row["item"] == "status"
    ]
    session.execute("create table registry as select * from registry")
    session.execute(
        "create table versions as select 'early_segment_90' as score_name, "
        "90 as horizon_days, date '2024-03-18' as as_of_date, "
        "'scored' as score_status, 'early_segment_90-v2' as model_version"
    )
    predicted = early_segment_tables.predict_early_segments(
        session,
        session.table("versions"),
        session.table("registry"),
        session.table("described"),
    ).to_arrow_table()
    assert predicted.schema == early_segment_tables.PREDICTION_SCHEMA
    # older customers have been seen at the age, and are predicted no more
    is_new = labelled.dates >= datetime.date(2024, 3, 18)
    assert predicted.num_rows == is_new.sum() > 0
    came = dict(zip(columns["customer_id"], labelled.segments.tolist(), strict=True))
    right = [
        came[row["customer_id"]] == row["predicted_segment_id"]
        for row in predicted.to_pylist()
    ]
    assert np.mean(right) > 0.5
