"""A small part of the campaign, by seed; `make campaign` is all of it."""

import shutil
import sys

import duckdb
import pytest
from conftest import FEW_RESAMPLES, ROOT, SYNCED_SHOP

pytest.importorskip("requests", reason="pip install requests, or the extra activation")

sys.path.append(str(ROOT / "tests" / "campaign"))

import inputs  # noqa: E402
import kills  # noqa: E402
import shop  # noqa: E402

SEED = 20240101
PUBLISH = (*shop.NO_TESTS, "--select", "int_profiles__published+")


def right(results, least):
    """Whether enough was tried; what failed is the message."""
    failures = [failure for result in results for failure in result.failures]
    assert failures == []
    assert sum(result.n_tried for result in results) >= least


def test_bad_values_are_rejected_or_null_and_counted(
    tmp_path, shared_manifest, project
):
    builder = shop.Builder(tmp_path, manifest=shared_manifest(shop.VARIABLES, project))
    right(inputs.plant_values(builder, 240, SEED), 240)


@pytest.fixture(scope="module")
def publication(synced_shop, shared_manifest, project, tmp_path_factory):
    """A builder, the second week but for its publication, which is to be killed, and a
    database with it.
    """
    folder = tmp_path_factory.mktemp("publication")
    variables = {**FEW_RESAMPLES, **SYNCED_SHOP}
    builder = shop.Builder(folder, variables, shared_manifest(variables, project))
    with duckdb.connect(str(synced_shop.start(synced_shop.first))) as connection:
        connection.execute(f"attach '{synced_shop.second}' as later (read_only)")
        connection.execute(
            "create or replace table raw.customers as from later.raw.customers"
        )
    synced_shop.run(
        "+path:models/marts/sync",
        args=("--exclude", "int_profiles__published+"),
        segmentation_as_of_date="2024-07-15",
    )
    before = folder / "before.duckdb"
    shutil.copy(synced_shop.first.with_name("warehouse.duckdb"), before)
    work = kills.Work("publication", before, PUBLISH, "2024-07-15")
    builder.put(before)
    kills.measure(builder, work)
    return builder, work, shutil.copy(builder.database, folder / "after.duckdb")


def test_a_publication_that_is_killed_is_made_good_by_the_next(publication):
    builder, work, _ = publication
    right(kills.kill_builds(builder, work, 6, SEED), 5)


def test_the_campaign_sees_what_a_kill_would_leave(publication):
    builder, work, published = publication
    builder.put(published)
    with duckdb.connect(str(builder.database)) as connection:
        connection.execute(
            "update shop.rpt_esp_profiles set segment_id = 'lost'"
            " where customer_id = 'c1'"
        )
    found = kills.differing(
        work.after, shop.fingerprints(builder.database, kills.TOLD_BEFORE)
    )
    assert any("rpt_esp_profiles (segment_id)" in table for table in found)


def test_syncs_that_are_killed_lose_nothing(synced_shop, tmp_path):
    builder = shop.Builder(tmp_path, manifest=(tmp_path,))
    right(kills.kill_syncs(builder, synced_shop.second, 12, SEED), 8)
