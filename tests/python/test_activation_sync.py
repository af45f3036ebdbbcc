"""What was published is sent: drt and the deletions, to a server on this machine."""

import copy
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import fake_esp
import pytest

pytest.importorskip("drt", reason="pip install drt-core, or the extra activation")

IMPORT = "/api/profile-import/"
# as fast as the machine is, and no longer waits than a test can bear
HASTE = (
    "klaviyo_requests_per_second: 1000, rest_requests_per_second: 1000, longest_wait: 1"
)


@pytest.fixture(scope="module")
def esp():
    with fake_esp.serving() as (esp, address):
        esp.address = address
        yield esp


@pytest.fixture
def sync(esp, synced_shop, copy_project, tmp_path):
    """Functions that send from a copy of a database, with no memory of earlier syncs.

    A namespace: `read_from(database)`; `drt(*args)` and `delete()`, which return the
    CompletedProcess; `folder`, drt's project.
    """
    esp.forget_requests()
    esp.profiles.clear()
    esp.people.clear()
    folder = copy_project() / "activation"
    shutil.rmtree(folder / ".drt", ignore_errors=True)
    home = tmp_path / "home" / ".drt"
    home.mkdir(parents=True)
    environment = {
        **os.environ,
        "HOME": str(home.parent),
        "KLAVIYO_URL": esp.address,
        "KLAVIYO_API_KEY": fake_esp.KEY,
        "REST_URL": f"{esp.address}/batch",
        "REST_TOKEN": fake_esp.TOKEN,
        "DO_NOT_TRACK": "1",
        "no_proxy": "127.0.0.1",
    }

    def read_from(database):
        (home / "profiles.yml").write_text(
            f"segmentation: {{type: duckdb, database: '{database}'}}\n"
        )

    def run(command, **variables):
        return subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**environment, **variables},
            capture_output=True,
            text=True,
        )

    def drt(*args, check=True, **variables):
        start = "from drt.cli.main import app; app()"
        process = run(["-c", start, "run", "--vars", HASTE, *args], **variables)
        assert not check or process.returncode == 0, process.stdout + process.stderr
        return process

    def delete(**variables):
        return run(["delete_from_klaviyo.py", "--per-second", "1000"], **variables)

    read_from(synced_shop.first)
    return SimpleNamespace(read_from=read_from, drt=drt, delete=delete, folder=folder)


@pytest.fixture(scope="module")
def rows(query, synced_shop):
    """Function: ids in a tool's table of a week that meet a condition."""

    def find(week, tool, condition):
        table = f"shop.rpt_esp_{tool}"
        database = getattr(synced_shop, week)
        found = query(
            database, f"select external_id from {table} where {condition} order by 1"
        )
        return [external_id for (external_id,) in found]

    return find


def imported(esp):
    return [body["data"]["attributes"]["external_id"] for body in esp.sent(IMPORT)]


def operated(esp):
    return [
        operation["identifiers"]["id"]
        for body in esp.sent("/batch")
        for operation in body["batch"]
    ]


def test_the_first_sync_sends_everybody_who_may_be_written_to(sync, esp, rows):
    sync.drt()
    sendable = rows("first", "klaviyo", "is_sendable")
    assert 30 <= len(sendable) < 60
    assert sorted(imported(esp)) == sendable == sorted(esp.profiles)
    assert sorted(esp.people) == rows("first", "customerio", "is_sendable")


def test_nobody_without_consent_is_ever_sent(sync, esp, synced_shop):
    sync.drt()
    sync.read_from(synced_shop.second)
    sync.drt()
    by_mail = {f"c{number}" for number in range(60) if number % 3}
    assert set(imported(esp)) <= by_mail
    upserted = {
        operation["identifiers"]["id"]
        for body in esp.sent("/batch")
        for operation in body["batch"]
        if operation["action"] == "identify"
    }
    # c3 and c6 consent to push
    assert upserted == by_mail | {"c3", "c6"}


def test_nothing_but_profiles_is_asked_for(sync, esp, synced_shop):
    sync.drt()
    sync.read_from(synced_shop.second)
    sync.drt()
    sync.delete()
    assert {path for _, path, _ in esp.requests} == {
        IMPORT, "/batch", "/api/profiles/", "/api/data-privacy-deletion-jobs/",
    }  # fmt: skip
    assert "subscri" not in str(esp.requests)


def test_the_second_sync_sends_nothing(sync, esp):
    sync.drt()
    esp.forget_requests()
    sync.drt()
    assert esp.requests == []


def test_who_moved_is_sent_once_and_loses_the_old_tag(sync, esp, rows, synced_shop):
    sync.drt()
    before = copy.deepcopy(esp.profiles)
    esp.forget_requests()
    sync.read_from(synced_shop.second)
    sync.drt()
    moved = rows(
        "second",
        "klaviyo",
        "is_sendable and external_id in (select customer_id from shop.rpt_esp_profiles"
        " where segment_changed_at > timestamp '2024-07-09')",
    )
    assert len(moved) > 10
    for customer in moved:
        old, new = before[customer]["properties"], esp.profiles[customer]["properties"]
        assert imported(esp).count(customer) == operated(esp).count(customer) == 1
        assert new["previous_segment_id"] == old["segment_id"] != new["segment_id"]
        assert f"segment:{old['segment_id']}" not in new["segment_tags"]
        assert f"segment:{new['segment_id']}" in new["segment_tags"]
    changed = "is_sendable and changed_at > timestamp '2024-07-09'"
    assert sorted(imported(esp)) == rows(
        "second", "klaviyo", f"{changed} and operation = 'upsert'"
    )
    assert sorted(operated(esp)) == rows("second", "customerio", changed)


def test_what_became_null_is_cleared(sync, esp, synced_shop):
    sync.drt()
    for profile in esp.profiles.values():
        # there is too little history for a score, and tea is not ours
        profile["properties"].update(churn_band="high", favourite="tea")
    esp.forget_requests()
    sync.read_from(synced_shop.second)
    sync.drt()
    assert len(imported(esp)) > 10
    for external_id in imported(esp):
        properties = esp.profiles[external_id]["properties"]
        assert "churn_band" not in properties
        assert properties["favourite"] == "tea"


def test_who_is_erased_is_deleted(sync, esp, synced_shop):
    sync.drt()
    assert "c2" in esp.profiles and "c2" in esp.people
    sync.read_from(synced_shop.second)
    sync.drt()
    assert "c2" not in esp.people
    esp.failures.append((429, {"Retry-After": 1}))
    process = sync.delete()
    assert process.stdout == "1 customers gone, 1 profiles deleted from Klaviyo\n"
    assert "c2" not in esp.profiles
    again = sync.delete()
    assert again.stdout == "0 customers gone, 0 profiles deleted from Klaviyo\n"


def test_a_deletion_that_failed_is_made_again(sync, esp, synced_shop):
    sync.drt()
    sync.read_from(synced_shop.second)
    esp.failures.extend([(403, {})])
    process = sync.delete()
    assert process.returncode == 1
    assert "c2 is not deleted, and the next run begins with the same" in process.stderr
    assert sync.delete().returncode == 0
    assert "c2" not in esp.profiles


def test_deleting_without_credentials_says_what_to_set(sync):
    process = sync.delete(KLAVIYO_API_KEY="")
    assert process.returncode == 2
    assert process.stderr == "Set the environment variable KLAVIYO_API_KEY.\n"


def test_busy_and_broken_answers_are_waited_for(sync, esp, rows):
    esp.failures.extend([(429, {"Retry-After": 1}), (503, {}), (500, {})])
    sync.drt("--select", "klaviyo_profiles")
    assert sorted(imported(esp)) == rows("first", "klaviyo", "is_sendable")


@pytest.mark.parametrize("name", ["klaviyo_profiles", "rest_profiles"])
def test_a_sync_that_failed_is_sent_again(sync, esp, rows, name):
    esp.failures.extend([(500, {})] * 5)
    process = sync.drt("--select", name, check=False)
    assert process.returncode != 0
    assert not esp.profiles and not esp.people
    esp.failures.clear()
    sync.drt("--select", name)
    tool, sent = {
        "klaviyo_profiles": ("klaviyo", esp.profiles),
        "rest_profiles": ("customerio", esp.people),
    }[name]
    assert sorted(sent) == rows("first", tool, "is_sendable")


def test_a_batch_that_failed_in_part_is_sent_again(sync, esp, rows):
    esp.refused_ids.add("c4")
    process = sync.drt("--select", "rest_profiles", check=False)
    assert process.returncode != 0
    assert "c4" not in esp.people and len(esp.people) > 30
    esp.refused_ids.clear()
    sync.drt("--select", "rest_profiles")
    assert sorted(esp.people) == rows("first", "customerio", "is_sendable")


def test_no_address_is_logged_or_kept(sync, esp):
    esp.refused_ids.add("c4")
    process = sync.drt(check=False)
    assert process.returncode != 0
    kept = "".join(
        path.read_text() for path in (sync.folder / ".drt").rglob("*") if path.is_file()
    )
    assert "klaviyo_profiles" in kept
    for text in (process.stdout, process.stderr, kept):
        assert "@example.com" not in text
        assert fake_esp.KEY not in text and fake_esp.TOKEN not in text


def test_wrong_credentials_send_nothing(sync, esp):
    process = sync.drt(check=False, KLAVIYO_API_KEY="wrong", REST_TOKEN="wrong")
    assert process.returncode != 0
    assert esp.requests == [] and not esp.profiles and not esp.people


def test_the_server_refuses_what_the_tools_refuse(esp):
    row = {
        "identifiers": {"id": "x"}, "action": "identify", "attributes": {"y": "z" * 900}
    }  # fmt: skip
    assert esp.take_batch({"batch": [row] * 1001}, {})[0] == 413
    assert esp.take_batch({"batch": [row] * 600}, {})[0] == 413
    told = {"external_id": "x", "email": "x@y", "properties": {"z": "z" * 100_000}}
    body = {"data": {"type": "profile", "attributes": told}}
    assert esp.import_profile(body, {})[0] == 413
    told["properties"] = {}
    told["subscriptions"] = {"email": "subscribed"}
    assert esp.import_profile(body, {})[0] == 400
