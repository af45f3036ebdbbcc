"""The same inputs give the same public marts, however and how often they are built."""

import json
import re
import shutil

import duckdb
import pytest
from segmentation.commands import report

NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
DEMO = {
    "segmentation_demo_customers": 900,
    "segmentation_history_snapshots": 5,
    # as by default, so that the fit is judged fairly and its segments are published
    "segmentation_stability_resamples": 30,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reproducibility")


@pytest.fixture(scope="module")
def once(folder, build_shop):
    """The demo shop, built at once: five snapshots up to 2024-12-30."""
    database = folder / "once.duckdb"
    build_shop(DEMO, database, NO_TESTS)
    return database


def differing(one, other, leave_out="$^"):
    """The marts that differ, with both counts and hashes, for the message."""
    assert one.keys() == other.keys()
    return {
        mart: (one[mart], other[mart])
        for mart in one
        if one[mart] != other[mart] and not re.match(leave_out, mart)
    }


# what a tool is told depends on what it was told before: when, and which tags it holds
PUBLISHED = "rpt_esp_"


def told(database):
    """What tools are told of each customer: {customer_id: (operation, row_hash)}."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select customer_id, operation, row_hash from shop.rpt_esp_profiles"
        ).fetchall()
    assert rows
    return {customer_id: told for customer_id, *told in rows}


@pytest.fixture(scope="module")
def on_one_thread(folder, build_shop):
    """The same shop, built again on one thread."""
    database = folder / "one_thread.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGMENTATION_THREADS", "1")
        build_shop(DEMO, database, NO_TESTS)
    return database


def test_one_thread_gives_what_two_give(once, on_one_thread, fingerprints):
    assert differing(fingerprints(once), fingerprints(on_one_thread)) == {}


def test_two_builds_give_the_same_report_byte_for_byte(folder, once, on_one_thread):
    pytest.importorskip("typst", reason="needs segmentation[report]")
    names = ("dashboard.html", "report.pdf", "segments.xlsx")
    written = []
    for database in (once, on_one_thread):
        output = folder / f"report_{database.stem}"
        report.main(
            ["--database", str(database), "--output", str(output)]
            + [part for name in names for part in ("--only", name)]
        )
        written.append({name: (output / name).read_bytes() for name in names})
    assert [name for name in names if written[0][name] != written[1][name]] == []
    assert all(len(content) > 100_000 for content in written[0].values())


def test_own_tables_in_any_row_order_give_what_the_demo_gives(
    folder, once, build_shop, fingerprints
):
    database = folder / "shuffled.duckdb"
    entities = (
        "customers", "orders", "order_lines", "products", "web_events",
        "email_events", "campaign_members", "tickets", "reviews",
    )  # fmt: skip
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{once}' as demo (read_only)")
        connection.execute("create schema own_tables")
        for entity in entities:
            connection.execute(
                f"create table own_tables.{entity} as "
                f"select * from demo.shop_demo.demo_{entity} order by random()"
            )
    build_shop(
        {
            "segmentation_connector": "native",
            "segmentation_schema": "own_tables",
            "segmentation_tables": {entity: entity for entity in entities},
            "segmentation_history_snapshots": 5,
            "segmentation_stability_resamples": 30,
        },
        database,
        NO_TESTS,
    )
    # which of its campaigns tries which action is planned for connector demo alone, and
    # actions, and what strategies reach by them, are priced by that; what is mended is
    # counted by the connectors of shops alone
    planned = (
        r".*(action|budget|experiment)|rpt_esp_|rpt_customers|fct_segment_reach"
        r"|fct_input_conventions"
    )
    assert differing(fingerprints(once), fingerprints(database), planned) == {}


def test_week_by_week_gives_what_building_at_once_gives(
    folder, once, build_shop, fingerprints
):
    database = folder / "weekly.duckdb"
    # a first build of three snapshots, and two weeks on top of it
    weeks = ("2024-12-16", "2024-12-23", "2024-12-30")
    for week, n_snapshots in zip(weeks, (3, 1, 5), strict=True):
        build_shop(
            {
                **DEMO,
                "segmentation_history_snapshots": n_snapshots,
                "segmentation_as_of_date": week,
            },
            database,
            NO_TESTS,
        )
    assert differing(fingerprints(once), fingerprints(database), PUBLISHED) == {}
    assert told(once) == told(database)


def test_building_again_changes_no_row(folder, once, build_shop, fingerprints):
    database = folder / "twice.duckdb"
    shutil.copy(once, database)
    # what the publication would change, too, is told as it was
    before = fingerprints(database, leave_out="$^")
    build_shop(DEMO, database, NO_TESTS)
    assert differing(before, fingerprints(database, leave_out="$^")) == {}


def test_a_full_refresh_keeps_the_history_and_what_was_published(
    folder, once, build_shop, fingerprints
):
    database = folder / "refreshed.duckdb"
    shutil.copy(once, database)
    before = fingerprints(database)
    # fails after the features
    build_shop(
        {**DEMO, "segmentation_recipe": "no_such_recipe"},
        database,
        (*NO_TESTS, "--full-refresh", "-s", "+int_customer_segments__confirmed"),
        check=False,
    )
    process = build_shop(DEMO, database, NO_TESTS, check=False)
    said = re.sub(r"\s+", " ", process.stdout)
    assert process.returncode == 1
    assert "a full refresh was cut short or failed" in said
    # every snapshot that there was, however many a first build would make today
    fewer = {**DEMO, "segmentation_history_snapshots": 2}
    build_shop(fewer, database, (*NO_TESTS, "--full-refresh"))
    assert differing(before, fingerprints(database)) == {}
    build_shop(DEMO, database, NO_TESTS)
    assert differing(before, fingerprints(database)) == {}


def test_a_run_cut_short_is_made_good_by_the_next(
    folder, once, build_shop, fingerprints
):
    database = folder / "cut.duckdb"
    early = {**DEMO, "segmentation_as_of_date": "2024-12-09"}
    early["segmentation_history_snapshots"] = 2
    build_shop(early, database, NO_TESTS)
    # the next two weeks stop after the features and after the registry
    late = {**DEMO, "segmentation_as_of_date": "2024-12-16"}
    build_shop(late, database, (*NO_TESTS, "-s", "+fct_customer_rfm"))
    late["segmentation_as_of_date"] = "2024-12-23"
    build_shop(late, database, (*NO_TESTS, "-s", "+int_segment_models__registered"))
    build_shop(DEMO, database, NO_TESTS)
    assert differing(fingerprints(once), fingerprints(database), PUBLISHED) == {}
    assert told(once) == told(database)


@pytest.fixture(scope="module")
def handed_on(artifacts):
    """Names of the models that hand their snapshots on."""
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"].values()
    return sorted(
        node["name"]
        for node in nodes
        if node["config"].get("meta", {}).get("keeps_snapshots") == "last"
    )


def count_snapshots(database, models):
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            model: connection.execute(
                f"select count(distinct as_of_date) from shop.{model}"
            ).fetchone()[0]
            for model in models
        }


def test_what_is_only_handed_on_is_kept_of_the_last_snapshot(once, handed_on):
    assert len(handed_on) > 5
    assert count_snapshots(once, handed_on) == dict.fromkeys(handed_on, 1)
    readers = ("int_customer_actions__ranked", "int_customer_triggers__fired")
    assert count_snapshots(once, readers) == dict.fromkeys(readers, 5)


def test_what_a_reader_lacks_yet_waits_for_it(folder, once, build_shop, handed_on):
    database = folder / "part.duckdb"
    shutil.copy(once, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "delete from shop.int_customer_actions__ranked"
            " where as_of_date > date '2024-12-16'"
        )
        connection.execute(
            "insert into shop.int_customer_actions__priced select * replace"
            " (date '2024-12-23' as as_of_date) from shop.int_customer_actions__priced"
        )
    part = ("run", "-s", "int_customer_actions__uplifted")
    build_shop(DEMO, database, part)
    counts = count_snapshots(database, handed_on)
    assert counts.pop("int_customer_actions__priced") == 2
    assert set(counts.values()) == {1}


def test_what_was_handed_on_is_refreshed_together_with_what_it_reads(
    folder, once, build_shop
):
    database = folder / "refused.duckdb"
    shutil.copy(once, database)
    part = ("run", "--full-refresh", "-s", "int_customer_actions__ranked")
    process = build_shop(DEMO, database, part, check=False)
    said = re.sub(r"\s+", " ", process.stdout)
    assert (
        "int_customer_actions__ranked cannot be refreshed in full by itself: "
        "int_customer_actions__priced keeps the last snapshot alone. Refresh it "
        "together with what it reads: dbt build --full-refresh -s "
        "+int_customer_actions__ranked."
    ) in said


def test_the_fingerprint_sees_one_changed_value(folder, once, fingerprints):
    database = folder / "tampered.duckdb"
    shutil.copy(once, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update shop.fct_customer_rfm set monetary_amount = monetary_amount + 0.01"
            " where customer_id = (select min(customer_id) from shop.fct_customer_rfm)"
            " and as_of_date = date '2024-12-30'"
        )
    changed = differing(fingerprints(once), fingerprints(database))
    assert list(changed) == ["fct_customer_rfm"]
