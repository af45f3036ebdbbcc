"""What was published is sent to six tools, on a server on this machine."""

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import fake_esp
import pytest

pytest.importorskip("requests", reason="pip install requests, or the extra activation")

import send  # noqa: E402
import tools  # noqa: E402

TOOLS = sorted(tools.TOOLS)
# members and users of these become none by being told of
MADE_ELSEWHERE = ("mailchimp", "onesignal")
# some customers may be written to by mail alone, two by push alone
SMALL_REQUESTS = 7


@pytest.fixture(scope="module")
def esps():
    with fake_esp.serving() as (esps, address):
        esps.address = address
        yield esps


@pytest.fixture(scope="module")
def published(synced_shop):
    """Function from a week and a tool to {external_id: row} of the tool's table."""
    weeks = {
        (week, tool): rows_of(getattr(synced_shop, week), tool)
        for week in ("first", "second")
        for tool in TOOLS
    }
    return lambda week, tool: weeks[week, tool]


def rows_of(database, tool):
    """The rows of a tool's table: {external_id: row}."""
    with duckdb.connect(str(database), read_only=True) as shop:
        result = shop.execute(f"select * from shop.rpt_esp_{tool}")
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {row["external_id"]: row for row in rows}


@pytest.fixture
def sync(esps, synced_shop, published, tmp_path, monkeypatch):
    """Function that syncs a tool from a week's database, with a memory of its own.

    Arguments: `tool`, `*arguments`, `week`, and environment variables. Returns a
    namespace of `code`, `out` and `error`. Members of Mailchimp and users of OneSignal
    are there from the start, as nobody becomes one by being told of.
    """
    monkeypatch.setattr(tools, "FIRST_WAIT", 0.001)
    esps.reset()
    for row in published("first", "mailchimp").values():
        if row["email_md5"]:
            esps.merge("mailchimp", row["email_md5"], {})
    for external_id in published("first", "onesignal"):
        esps.merge("onesignal", external_id, {})
    environment = {
        **fake_esp.VARIABLES,
        **{f"{tool.upper()}_URL": f"{esps.address}/{tool}" for tool in TOOLS},
    }

    def run(tool, *arguments, week="first", database=None, **variables):
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            code = send.main(
                [
                    tool,
                    *command(database or getattr(synced_shop, week)),
                    *arguments,
                ],
                {**environment, **variables},
            )
        return SimpleNamespace(code=code, out=out.getvalue(), error=error.getvalue())

    def command(database):
        return [
            "--database", str(database), "--memory", str(tmp_path / "memory"),
            "--longest-wait", "0.01", "--requests-per-second", "100000",
        ]  # fmt: skip

    run.command, run.environment = command, environment
    run.memory, run.first = tmp_path / "memory", synced_shop.first
    return run


def keys_of(rows, tool, condition=lambda row: True):
    column = tools.TOOLS[tool].key_column
    return {
        row[column] for row in rows.values() if row["is_sendable"] and condition(row)
    }


def told_in(tool, row):
    """Attributes that the table tells of a customer, but for those it clears."""
    payload = json.loads(row["payload_json"])
    if tool == "mailchimp":
        tags = {tag["name"]: tag["status"] for tag in payload["tags"]}
        told = {**payload["merge_fields"], **tags}
    else:
        at = {
            "klaviyo": ("attributes", "properties"),
            "braze": (),
            "iterable": ("dataFields",),
            "customerio": ("attributes",),
            "onesignal": ("properties", "tags"),
        }
        told = payload
        for step in at[tool]:
            told = told[step]
    return {
        name: value
        for name, value in told.items()
        if value not in (None, "", "inactive")
        and name not in ("external_id", "_update_existing_only")
    }


def assert_tool_equals_warehouse(esps, published, week, tool):
    assert_tool_equals_rows(esps, published(week, tool), tool)


def assert_tool_equals_rows(esps, rows, tool):
    """What a tool holds is what its table says, and nobody is there without consent."""
    column = tools.TOOLS[tool].key_column
    upserts = [
        row
        for row in rows.values()
        if row["is_sendable"] and row["operation"] == "upsert"
    ]
    assert upserts
    for row in upserts:
        profile = esps.profiles[tool][row[column]]
        assert profile["attributes"] == told_in(tool, row)
    for row in rows.values():
        if row["is_sendable"] and row["operation"] in send.DELETIONS:
            assert row[column] not in esps.profiles[tool]
        if row["is_sendable"] and row["operation"] == "clear":
            profile = esps.profiles[tool].get(row[column])
            assert profile is None or profile["attributes"] == told_in(tool, row)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_equals_the_warehouse_after_each_sync(sync, esps, published, tool):
    first = sync(tool)
    assert first.code == 0, first.error
    assert_tool_equals_warehouse(esps, published, "first", tool)
    esps.quiet()
    again = sync(tool)
    assert again.code == 0 and esps.requests == []
    assert (
        f"{tool}: 0 deleted, 0 profiles sent (0 attributes) in 0 requests" in again.out
    )
    second = sync(tool, week="second")
    assert second.code == 0, second.error
    assert_tool_equals_warehouse(esps, published, "second", tool)
    esps.quiet()
    assert sync(tool, week="second").code == 0 and esps.requests == []


@pytest.mark.parametrize("tool", TOOLS)
def test_nobody_without_consent_is_ever_told_of(sync, esps, published, tool):
    sync(tool)
    sync(tool, week="second")
    by_mail = {f"c{number}" for number in range(60) if number % 3}
    allowed = {
        "klaviyo": by_mail,
        "mailchimp": by_mail,
        "onesignal": {"c3", "c6"},
    }.get(tool, by_mail | {"c3", "c6"})
    # whom the tool was told of: the erased are in the second week's table by key alone
    rows = {**published("first", tool), **published("second", tool)}
    column = tools.TOOLS[tool].key_column
    told = {
        external_id
        for external_id, row in rows.items()
        if esps.profiles[tool].get(row[column], {}).get("attributes")
    }
    assert told and told <= allowed
    assert "subscri" not in str(esps.requests)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_consent_that_is_withdrawn_is_told_to_whom_knew_of_it(
    sync, esps, published, tool
):
    sync(tool)
    before, after = published("first", tool), published("second", tool)
    column = tools.TOOLS[tool].key_column
    withdrawn = {
        external_id
        for external_id in ("c5", "c6")
        if before[external_id]["operation"] == "upsert"
    }
    assert withdrawn
    assert withdrawn == {
        external_id
        for external_id, row in after.items()
        if row["is_sendable"] and row["operation"] == "clear"
    }
    esps.quiet()
    assert sync(tool, week="second").code == 0
    for external_id in withdrawn:
        told = esps.profiles[tool][after[external_id][column]]["attributes"]
        assert not any(told.values()), told
        if tool not in ("mailchimp", "onesignal"):
            assert told["has_email_consent"] is told["has_push_consent"] is False
    # without a memory, the tool may know them all the same
    sync(tool)
    shutil.rmtree(sync.memory)
    sync(tool, week="second")
    assert_tool_equals_warehouse(esps, published, "second", tool)


@pytest.mark.parametrize("tool", ["klaviyo", "braze", "iterable", "customerio"])
def test_whom_a_tool_was_never_told_of_it_need_not_forget(
    sync, esps, synced_shop, tmp_path, tool
):
    without = Path(shutil.copy(synced_shop.first, tmp_path / "without.duckdb"))
    as_table(without, f"rpt_esp_{tool}")
    with duckdb.connect(str(without)) as shop:
        shop.execute(
            f"delete from shop.rpt_esp_{tool} where external_id in ('c5', 'c6')"
        )
    sync(tool, database=without)
    sync(tool, week="second")
    assert not {"c5", "c6"} & set(esps.profiles[tool])


class Shop:
    """A shop of a few customers, whose weeks change at random, and its table of a tool.

    Customers consent and withdraw, move between segments and addresses, and are erased;
    two may share an address, and the older of them is written to.
    """

    def __init__(self, chance, tool):
        self.chance, self.tool, self.week = chance, tool, 0
        self.customers = {
            f"c{number}": {"consents": chance.random() < 0.7, "address": number % 5,
                           "segment": "x", "is_erased": False, "was_told": False,
                           "tags": set()}
            for number in range(7)
        }  # fmt: skip

    def key(self, external_id):
        if self.tool != "mailchimp":
            return external_id
        address = str(self.customers[external_id]["address"])
        return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()

    def pass_week(self):
        """What happens in a week, after everything published before was kept."""
        self.week += 1
        for external_id, one in self.customers.items():
            one["was_told"] = one["was_told"] or self.is_live(external_id)
        for one in self.customers.values():
            if self.chance.random() < 0.4:
                one["consents"] = not one["consents"]
            if self.chance.random() < 0.4:
                one["segment"] = self.chance.choice("xyz")
            if self.chance.random() < 0.2:
                one["address"] = self.chance.randrange(5)
            if self.chance.random() < 0.05:
                one["is_erased"] = True

    def is_live(self, external_id):
        one = self.customers[external_id]
        older = [
            other
            for name, other in self.customers.items()
            if name < external_id and other["address"] == one["address"]
            and not other["is_erased"]
        ]  # fmt: skip
        return one["consents"] and not one["is_erased"] and not older

    def live(self):
        """Keys of the customers who may be written to, and what is told of them."""
        return {
            self.key(external_id): f"{external_id} in {one['segment']}"
            for external_id, one in self.customers.items()
            if self.is_live(external_id)
        }

    def payload(self, external_id, told):
        one = self.customers[external_id]
        if self.tool == "mailchimp":
            tags = [
                {"name": tag, "status": "active" if tag == told else "inactive"}
                for tag in sorted(one["tags"])
            ]
            return {"merge_fields": {"SEGMENT": told or ""}, "tags": tags}
        attributes = {"segment_id": told, "has_email_consent": told is not None}
        if self.tool == "onesignal":
            return {"properties": {"tags": {"segment_id": told or ""}}}
        if self.tool == "braze":
            return {"external_id": external_id, **attributes}
        if self.tool == "iterable":
            return {
                "userId": external_id, "preferUserId": True, "dataFields": attributes
            }  # fmt: skip
        if self.tool == "customerio":
            return {
                "type": "person", "identifiers": {"id": external_id},
                "action": "identify", "attributes": attributes,
            }  # fmt: skip
        contact = {"email": f"{one['address']}@example.com"} if told else {}
        return {
            "type": "profile",
            "attributes": {
                **contact, "external_id": external_id, "properties": attributes
            },
        }  # fmt: skip

    def rows(self):
        live = self.live()
        for external_id, one in self.customers.items():
            key = self.key(external_id)
            told = live[key] if self.is_live(external_id) else None
            if told:
                one["tags"].add(told)
            if one["is_erased"]:
                operation, payload = "erase", {}
                is_sendable = key not in live
            elif told:
                operation, payload = "upsert", self.payload(external_id, told)
                is_sendable = True
            else:
                operation, payload = "clear", self.payload(external_id, None)
                is_sendable = one["was_told"] and key not in live
            yield (
                external_id, key, operation, is_sendable,
                json.dumps(payload) if is_sendable else None, str(self.week),
            )  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_equals_the_warehouse_after_any_sequence_of_changes(
    sync, esps, tool, monkeypatch, tmp_path
):
    """30 shops over six weeks each; no week's row says what came before it."""
    n_cleared = 0
    for seed in range(30):
        esps.reset()
        shutil.rmtree(sync.memory, ignore_errors=True)
        shop = Shop(random.Random(seed), tool)
        for _ in range(6):
            live = shop.live()
            if tool in MADE_ELSEWHERE:
                # who subscribes becomes a member by the shop's own form, and who uses
                # the app a user
                for key in live:
                    esps.merge(tool, key, {})
            rows = list(shop.rows())
            monkeypatch.setattr(send, "table_rows", lambda *_, rows=rows: rows)
            process = sync(tool)
            assert process.code == 0 and "0 refused" in process.out, process
            name = "SEGMENT" if tool == "mailchimp" else "segment_id"
            known = {
                key: profile["attributes"][name]
                for key, profile in esps.profiles[tool].items()
                if profile["attributes"].get(name)
            }
            assert known == live, f"seed {seed}, week {shop.week}"
            for key, profile in esps.profiles[tool].items():
                active = {
                    tag
                    for tag, state in profile["attributes"].items()
                    if state == "active"
                }
                assert active <= {live.get(key)}, f"seed {seed}, week {shop.week}"
                if tool not in MADE_ELSEWHERE and key not in live:
                    assert profile["attributes"]["has_email_consent"] is False
            n_cleared += sum(row[2] == "clear" and row[3] for row in rows)
            shop.pass_week()
    assert n_cleared > 100


def attributes_sent(tool, esps):
    """Names of attributes in the requests, by the tool's key."""
    sent = {}
    for body in esps.sent(tool):
        if tool == "klaviyo":
            for row in body["data"]["attributes"]["profiles"]["data"]:
                told = row["attributes"]
                sent.setdefault(told["external_id"], set()).update(told["properties"])
        elif tool == "braze":
            for row in body["attributes"]:
                sent.setdefault(row["external_id"], set()).update(
                    set(row) - {"external_id"}
                )
        elif tool == "mailchimp":
            for asked in body["operations"]:
                if asked["method"] in ("PATCH", "POST") and "body" in asked:
                    told = json.loads(asked["body"])
                    names = told.get("merge_fields") or [
                        tag["name"] for tag in told["tags"]
                    ]
                    key = asked["path"].split("/")[4]
                    sent.setdefault(key, set()).update(names)
        elif tool == "iterable":
            for row in body["users"]:
                sent.setdefault(row["userId"], set()).update(row["dataFields"])
        elif tool == "customerio":
            for row in body["batch"]:
                sent.setdefault(row["identifiers"]["id"], set()).update(
                    row.get("attributes", {})
                )
    return sent


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "onesignal"])
def test_only_changed_attributes_are_sent(sync, esps, published, tool):
    sync(tool)
    esps.quiet()
    sync(tool, week="second")
    sent = attributes_sent(tool, esps)
    before, after = published("first", tool), published("second", tool)
    column = tools.TOOLS[tool].key_column
    shape = tools.TOOLS[tool]({})
    n_changed = 0
    for external_id, row in after.items():
        if not row["is_sendable"] or row["operation"] != "upsert":
            continue
        old = shape.attributes(json.loads(before[external_id]["payload_json"]))
        new = shape.attributes(json.loads(row["payload_json"]))
        changed = {
            name.removeprefix("tags.")
            for name in new
            if name not in old or old[name] != new[name]
        }
        assert sent.get(row[column], set()) == changed
        n_changed += len(changed)
    assert 10 < n_changed < len(after) * 10


# -- actions as events ----------------------------------------------------------------

TAKE_EVENTS = ["braze", "customerio", "iterable", "klaviyo"]
AS_EVENTS = "--actions-as-events"


def actions_told(rows, tool):
    """What the table tells of actions: {external_id: fields}, of upserts."""
    found = {}
    for external_id, row in rows.items():
        if row["is_sendable"] and row["operation"] == "upsert":
            told = told_in(tool, row)
            if "action_id" in told:
                fields = tools.ACTION_FIELDS
                found[external_id] = {
                    name: told[name] for name in fields if told.get(name)
                }
    return found


@pytest.mark.parametrize("tool", TAKE_EVENTS)
def test_actions_are_events_beside_a_stable_profile(sync, esps, published, tool):
    """Each once, with what it shows; switched off, the profile tells all again."""
    before, after = (
        actions_told(published(week, tool), tool) for week in ("first", "second")
    )
    seed = sync(tool)
    assert seed.code == 0, seed.error
    # from the second sync on nothing of an action is in a profile
    changed = sync(tool, AS_EVENTS)
    assert changed.code == 0, changed.error
    told = {key: said for key, _, said in esps.events[tool]}
    assert told == before and len(esps.events[tool]) == len(before) > 10
    for profile in esps.profiles[tool].values():
        assert not set(tools.ACTION_FIELDS) & set(profile["attributes"])
    esps.quiet()
    assert sync(tool, AS_EVENTS).code == 0 and esps.requests == []
    # a week later: who has another action, and nobody twice
    assert sync(tool, AS_EVENTS, week="second").code == 0
    begun = {
        key
        for key, said in after.items()
        if key not in before
        or any(
            before[key].get(name) != said.get(name)
            for name in ("action_id", "action_expires_on")
        )
    }
    assert {key for key, _, _ in esps.events[tool][len(before) :]} == begun
    assert len(esps.events[tool]) == len(before) + len(begun)
    # all that is sent again is the profile
    esps.quiet()
    assert sync(tool, AS_EVENTS, "--all", week="second").code == 0
    assert len(esps.events[tool]) == len(before) + len(begun)
    assert sync(tool, week="second").code == 0
    assert_tool_equals_warehouse(esps, published, "second", tool)


@pytest.mark.parametrize("tool", TAKE_EVENTS)
def test_a_lost_memory_tells_no_action_twice(sync, esps, tool):
    assert sync(tool).code == 0 and sync(tool, AS_EVENTS).code == 0
    n_events = len(esps.events[tool])
    (sync.memory / f"{tool}.sqlite3").unlink()
    assert sync(tool, AS_EVENTS).code == 0
    assert len(esps.events[tool]) == n_events > 10
    esps.quiet()
    assert sync(tool, AS_EVENTS).code == 0 and esps.requests == []


@pytest.mark.parametrize("tool", TAKE_EVENTS)
def test_a_refused_event_is_set_aside_and_the_others_go(sync, esps, published, tool):
    told = actions_told(published("first", tool), tool)
    assert sync(tool).code == 0
    refused = min(told)
    esps.refused_events = {refused}
    process = sync(tool, AS_EVENTS)
    assert process.code == 0 and "1 refused" in process.out, process
    assert {key for key, _, _ in esps.events[tool]} == set(told) - {refused}
    esps.requests = []
    assert "1 set aside" in sync(tool, AS_EVENTS).out and esps.requests == []
    esps.quiet()
    assert sync(tool, AS_EVENTS, "--retry-refused").code == 0
    assert [key for key, _, _ in esps.events[tool]][-1] == refused
    assert len(esps.events[tool]) == len(told)


@pytest.mark.parametrize("tool", ["customerio", "iterable", "klaviyo"])
def test_an_answer_that_is_cut_off_tells_no_action_twice(sync, esps, published, tool):
    """The tool has taken the events, and the sender does not know of it."""
    told = actions_told(published("first", tool), tool)
    n_cut = 0
    for n_before in range(6):
        esps.reset()
        shutil.rmtree(sync.memory, ignore_errors=True)
        esps.faults = [*[lambda handler: False] * n_before, fake_esp.cut]
        n_cut += sync(tool, AS_EVENTS, "--attempts", "1").code
        esps.faults = []
        assert sync(tool, AS_EVENTS).code == 0
        assert sorted(key for key, _, _ in esps.events[tool]) == sorted(told)
    assert n_cut > 1


@pytest.mark.parametrize("tool", MADE_ELSEWHERE)
def test_a_tool_that_takes_no_events_says_so(sync, esps, tool):
    process = sync(tool, AS_EVENTS)
    assert process.code == 1 and esps.requests == []
    assert f"Actions go to {tool} with the profile alone" in process.error


def test_what_is_not_ours_stays_and_what_became_null_is_cleared(sync, esps):
    sync("klaviyo")
    for profile in esps.profiles["klaviyo"].values():
        profile["attributes"]["favourite"] = "tea"
    sync("klaviyo", week="second")
    profiles = esps.profiles["klaviyo"].values()
    assert all(profile["attributes"]["favourite"] == "tea" for profile in profiles)
    assert all("churn_band" not in profile["attributes"] for profile in profiles)


@pytest.mark.parametrize(
    "tool", ["klaviyo", "braze", "mailchimp", "iterable", "customerio"]
)
def test_who_is_erased_is_deleted_before_all_else(sync, esps, published, tool):
    sync(tool)
    key = published("second", tool)["c2"][tools.TOOLS[tool].key_column]
    assert key in esps.profiles[tool]
    esps.quiet()
    process = sync(tool, week="second")
    assert f"{tool}: 1 deleted" in process.out
    assert key not in esps.profiles[tool]
    first = next(request for request in esps.requests if request[1] != "GET")
    deletion = esps.facts[tool]["erase"]
    path = deletion["endpoint_path"].replace("{key}", key)
    assert first[1:3] == (deletion["http_method"], path)
    with contextlib.closing(sqlite3.connect(sync.memory / f"{tool}.sqlite3")) as memory:
        assert "'c2'" not in "".join(memory.iterdump())


def as_table(database, view):
    """Turn a view of a copied database into a table of the same rows, to be edited."""
    with duckdb.connect(str(database)) as shop:
        shop.execute(f"create table shop.rows_of_it as from shop.{view}")
        shop.execute(f"drop view shop.{view}")
        shop.execute(f"alter table shop.rows_of_it rename to {view}")


def test_a_deletion_that_never_arrived_is_made_though_its_tombstone_is_gone(
    sync, esps, synced_shop, tmp_path
):
    sync("braze")
    purged = Path(shutil.copy(synced_shop.second, tmp_path / "purged.duckdb"))
    as_table(purged, "rpt_esp_braze")
    with duckdb.connect(str(purged)) as shop:
        shop.execute(
            "delete from shop.rpt_esp_braze where operation in ('delete', 'erase')"
        )
    assert "c2" in esps.profiles["braze"]
    sync("braze", database=purged)
    assert "c2" not in esps.profiles["braze"]
    # a table without most customers is the wrong table
    with duckdb.connect(str(purged)) as shop:
        shop.execute("delete from shop.rpt_esp_braze where external_id > 'c3'")
    n_profiles = len(esps.profiles["braze"])
    process = sync("braze", database=purged)
    assert process.code == 1
    assert (
        "not in the table at all" in process.error and "Traceback" not in process.error
    )
    assert len(esps.profiles["braze"]) == n_profiles
    assert sync("braze", "--allow-vanished", database=purged).code == 0
    assert 0 < len(esps.profiles["braze"]) < n_profiles / 2


@pytest.mark.parametrize("is_vague", [False, True])
@pytest.mark.parametrize(
    "tool", ["klaviyo", "braze", "mailchimp", "iterable", "customerio"]
)
def test_a_refused_row_is_set_aside_and_the_rest_goes(
    sync, esps, published, synced_shop, tool, is_vague
):
    rows = published("first", tool)
    key = rows["c4"][tools.TOOLS[tool].key_column]
    esps.refused_ids = {key}
    esps.words = 'c4@example.com, +44 20 7946 0958 is  "not" valid'
    esps.is_vague = is_vague
    process = sync(tool)
    assert process.code == 0, process.error
    assert "1 refused" in process.out
    told = {key for key, one in esps.profiles[tool].items() if one["attributes"]}
    assert told == keys_of(rows, tool) - {key}
    failures = (sync.memory / f"{tool}_failures.csv").read_text().splitlines()
    assert failures[0] == "tool,external_id,operation,reason,refused_at"
    assert failures[1].startswith(f"{tool},c4,upsert,") and len(failures) == 2
    said = process.out + process.error + failures[1]
    assert "example.com" not in said and "7946" not in said
    # set aside until it changes
    esps.quiet()
    again = sync(tool)
    assert esps.requests == [] and "1 set aside before" in again.out
    assert sync(tool, "--retry-refused").code == 0
    assert esps.profiles[tool][key]["attributes"]
    assert len((sync.memory / f"{tool}_failures.csv").read_text().splitlines()) == 1


def test_a_refused_row_is_tried_again_when_it_changes(sync, esps, published):
    esps.refused_ids = {"c4"}
    sync("braze")
    esps.quiet()
    assert (
        published("first", "braze")["c4"]["payload_json"]
        != published("second", "braze")["c4"]["payload_json"]
    )
    sync("braze", week="second")
    assert_tool_equals_warehouse(esps, published, "second", "braze")


def test_a_refused_deletion_holds_up_no_other(sync, esps, synced_shop, tmp_path):
    sync("braze")
    database = Path(shutil.copy(synced_shop.second, tmp_path / "more.duckdb"))
    as_table(database, "rpt_esp_braze")
    gone = ["c1", "c4", "c10", "c7", "c8"]
    with duckdb.connect(str(database)) as shop:
        shop.execute(
            "update shop.rpt_esp_braze set operation = 'delete' where"
            f" external_id in ({', '.join(repr(each) for each in gone)})"
        )
    esps.refused_ids = {"c10"}
    process = sync("braze", database=database)
    assert "5 deleted" in process.out and "1 refused" in process.out
    assert set(gone) & set(esps.profiles["braze"]) == {"c10"}


def test_a_tool_that_refuses_everything_is_not_asked_for_every_row(
    sync, esps, published
):
    esps.refused_ids = keys_of(published("first", "braze"), "braze")
    esps.is_vague = True
    process = sync("braze")
    assert process.code == 1
    assert "braze refuses every row, 20 tried: 400: Invalid input." in process.error


HTML = b"<html>Please log in, c4@example.com</html>"
FAULTS = {
    "html": [fake_esp.saying(200, content=HTML, kind="text/html")],
    "html that says it is JSON": [fake_esp.saying(200, content=HTML)],
    "accepted, in html": [fake_esp.saying(202, content=HTML, kind="text/html")],
    "created, in html": [fake_esp.saying(201, content=HTML, kind="text/html")],
    "empty": [fake_esp.saying(200), fake_esp.saying(200)],
    "no content": [fake_esp.saying(204)],
    "a list": [fake_esp.saying(200, content=b"[]")],
    "an empty object": [fake_esp.saying(200, content=b"{}")],
    "half of an answer": [fake_esp.saying(201, content=b'{"message": "succ')],
    "another address": [fake_esp.saying(302, {"Location": "http://127.0.0.1:9/"})],
    "cut off": [fake_esp.cut],
    "busy for ever": [fake_esp.saying(429, {"Retry-After": 1})] * 16,
    "broken for ever": [fake_esp.saying(500)] * 16,
    "forbidden": [fake_esp.saying(403)],
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("tool", TOOLS)
def test_odd_answers_end_in_a_sentence_and_lose_nothing(
    sync, esps, published, tool, fault
):
    # an empty object is all that Customer.io says of success
    stays = fault == "an empty object" and tool == "customerio"
    esps.faults = list(FAULTS[fault])
    process = sync(tool)
    if stays:
        return
    assert process.code == 1, process.out
    assert len(process.error.splitlines()) == 1 and tool in process.error
    assert "Traceback" not in process.error and "example.com" not in process.error
    esps.quiet()
    assert sync(tool).code == 0
    assert_tool_equals_warehouse(esps, published, "first", tool)


@pytest.mark.parametrize("tool", TOOLS)
def test_storms_of_busy_answers_and_broken_lines_are_waited_out(
    sync, esps, published, tool
):
    esps.faults = [
        fake_esp.saying(429, {"Retry-After": 1}),
        fake_esp.reset,
        fake_esp.saying(503),
        fake_esp.saying(429, {"Retry-After": "Thu, 01 Jan 2099 00:00:00 GMT"}),
        fake_esp.reset,
        fake_esp.saying(500),
    ]
    process = sync(tool)
    assert process.code == 0, process.error
    assert_tool_equals_warehouse(esps, published, "first", tool)


def test_killed_at_any_request_nothing_is_lost(sync, esps, published, tmp_path):
    """Requests of seven rows; killed before and after each is done, then synced."""
    facts = (Path(tools.FACTS)).read_text().replace(",50,4000000,", ",7,4000000,")
    (tmp_path / "facts.csv").write_text(facts)
    script = (
        "import pathlib, sys, tools, send; tools.operations_of.__defaults__ ="
        f" (pathlib.Path({str(tmp_path / 'facts.csv')!r}),);"
        " sys.exit(send.main())"
    )
    folder = Path(send.__file__).parent
    environment = {**os.environ, **sync.environment, "PYTHONPATH": str(folder)}
    by_mail = {f"c{number}" for number in range(60) if number % 3} | {"c3", "c6"}

    def start(week_database):
        return subprocess.Popen(
            [sys.executable, "-c", script, "braze", *sync.command(week_database)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    n_killed = 0
    for n_before in range(0, 8, 2):
        for is_done in (False, True):
            esps.reset()
            shutil.rmtree(sync.memory, ignore_errors=True)

            started = []

            def kill(handler, is_done=is_done, started=started):
                if is_done:
                    handler.process()
                os.kill(started[0].pid, signal.SIGKILL)

            let_through = [lambda handler: False] * n_before
            esps.faults = [*let_through, kill]
            process = start(sync.first)
            started.append(process)
            process.communicate()
            n_killed += process.returncode == -signal.SIGKILL
            esps.quiet()
            assert sync("braze").code == 0
            assert_tool_equals_warehouse(esps, published, "first", "braze")
            assert set(esps.profiles["braze"]) <= by_mail
    assert n_killed >= 6


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no memory of anything " * 400),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:-5000]),
        lambda path: path.write_bytes(path.read_bytes()[:100] + b"x" * 9000),
    ],
)
def test_a_damaged_memory_is_said_to_be_so(sync, esps, published, damage):
    sync("iterable")
    esps.quiet()
    path = sync.memory / "iterable.sqlite3"
    damage(path)
    process = sync("iterable")
    assert process.code == 1 and esps.requests == []
    assert "is damaged, or no memory of a sync" in process.error
    assert len(process.error.splitlines()) == 1
    path.unlink()
    assert sync("iterable", week="second").code == 0
    assert_tool_equals_warehouse(esps, published, "second", "iterable")


def test_an_empty_memory_is_a_first_sync(sync, esps, published):
    sync("iterable")
    (sync.memory / "iterable.sqlite3").write_bytes(b"")
    assert sync("iterable", week="second").code == 0
    assert_tool_equals_warehouse(esps, published, "second", "iterable")


def test_two_syncs_of_a_tool_do_not_run_at_once(sync, esps):
    sync("braze")
    path = sync.memory / "braze.sqlite3"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        process = sync("braze", week="second")
    assert process.code == 1
    assert process.error.startswith("Another sync that uses")


def test_the_database_may_be_written_to_while_a_sync_sends(
    sync, esps, synced_shop, tmp_path
):
    # called like the schema in it
    database = Path(shutil.copy(synced_shop.first, tmp_path / "shop.duckdb"))
    database.chmod(0o444)
    opened = []

    def write(handler):
        database.chmod(0o644)
        with duckdb.connect(str(database)) as shop:
            shop.execute(
                "create table if not exists shop.shop.written as select 1 as one"
            )
        opened.append(True)
        return False

    esps.faults = [write]
    assert sync("braze", database=database).code == 0
    assert opened


@pytest.mark.parametrize("kind", ["absent", "no database", "another schema", "a lock"])
def test_a_database_that_cannot_be_read_is_said_to_be_so(
    sync, synced_shop, tmp_path, kind
):
    path, arguments = tmp_path / "shop.duckdb", []
    holder = None
    if kind == "no database":
        path.write_bytes(b"no database " * 1000)
    elif kind == "another schema":
        path, arguments = synced_shop.first, ["--schema", 'x"y']
    elif kind == "a lock":
        shutil.copy(synced_shop.first, path)
        code = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True);"
            " sys.stdin.read()"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        holder.stdout.readline()
    try:
        process = sync("braze", *arguments, database=path)
    finally:
        if holder:
            holder.communicate()
    expected = {
        "absent": "There is no database",
        "no database": "cannot be read as a DuckDB file",
        "another schema": 'has no table published."x""y"."rpt_esp_braze"',
        "a lock": "is being written to",
    }
    assert process.code == 1 and expected[kind] in process.error
    assert len(process.error.splitlines()) == 1


@pytest.mark.parametrize("tool", TOOLS)
def test_credentials_that_are_missing_or_wrong_send_nothing(sync, esps, tool):
    process = sync(tool, **{f"{tool.upper()}_API_KEY": ""})
    assert process.code == 1
    assert f"Set the environment variable {tool.upper()}_API_KEY" in process.error
    process = sync(tool, **{f"{tool.upper()}_API_KEY": "wrong"})
    assert f"{tool} refuses the credentials (401)" in process.error
    assert esps.requests == []
    process = sync(tool, **{f"{tool.upper()}_URL": "http://esp.example.com"})
    assert process.code == 1 and "not https" in process.error


def test_no_address_and_no_key_is_logged_or_kept(sync, esps):
    esps.refused_ids = {"c4"}
    esps.words = "c4@example.com is refused"
    said = ""
    for tool in TOOLS:
        for week in ("first", "second"):
            process = sync(tool, week=week)
            said += process.out + process.error
    kept = b"".join(path.read_bytes() for path in sync.memory.rglob("*"))
    assert b"braze" in kept
    for text in (said.encode(), kept):
        assert b"example.com" not in text and fake_esp.KEY.encode() not in text
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in sync.memory.glob("*.sqlite3")
    )


def test_a_dry_run_says_what_would_go_and_sends_nothing(sync, esps):
    process = sync("braze", "--dry-run")
    assert process.code == 0 and esps.requests == []
    assert process.out.startswith("braze: 0 to delete, 42 profiles to send (")


def test_all_sends_whole_profiles_again(sync, esps, published):
    sync("braze")
    for profile in esps.profiles["braze"].values():
        profile["attributes"]["segment_id"] = "edited by hand"
    sync("braze", "--all")
    assert_tool_equals_warehouse(esps, published, "first", "braze")


def test_the_server_refuses_what_the_tools_refuse(esps):
    esps.reset()
    for tool, operations in esps.facts.items():
        row = operations["upsert"]
        many = ["x"] * (int(row["rows_per_request"]) + 1)
        with pytest.raises(fake_esp.Refused):
            esps.check(tool, "upsert", many, many)
        with pytest.raises(fake_esp.Refused):
            esps.check(tool, "upsert", ["x" * int(row["bytes_per_row"])], {})
        with pytest.raises(fake_esp.Refused):
            esps.check(tool, "upsert", [], "x" * int(row["bytes_per_request"]))
    told = {"attributes": [{"external_id": str(i)} for i in range(51)]}
    assert esps.answer("braze", "POST", "/users/track", {}, {}, told, "")[0] == 401
    headers = {"Authorization": f"Bearer {fake_esp.KEY}"}
    track = "/users/track"
    assert esps.answer("braze", "POST", track, {}, headers, told, "")[0] == 400
    revision = {
        "Authorization": f"Klaviyo-API-Key {fake_esp.KEY}",
        "revision": "2026-07-15",
    }
    slash = "/api/data-privacy-deletion-jobs/"
    assert esps.answer("klaviyo", "POST", slash, {}, revision, {}, "")[0] == 404
    named = {"data": {"type": "profile", "id": "K0"}}
    body = {"data": {"attributes": {"profile": named}}}
    assert esps.answer("klaviyo", "POST", slash[:-1], {}, revision, body, "")[0] == 422


def told_of_a_bad_week(synced_shop, tmp_path, tool):
    """The second week with other segments: what somebody wants to take back."""
    bad = Path(shutil.copy(synced_shop.second, tmp_path / "warehouse.duckdb"))
    with duckdb.connect(str(bad)) as connection:
        connection.execute(
            f"create or replace table shop.bad as select * replace (replace("
            f"payload_json, 'segment:', 'segment:bad_') as payload_json)"
            f" from shop.rpt_esp_{tool}"
        )
        (kind,) = connection.execute(
            "select table_type from information_schema.tables where table_schema ="
            " 'shop' and table_name = ?",
            [f"rpt_esp_{tool}"],
        ).fetchone()
        kind = "view" if kind == "VIEW" else "table"
        connection.execute(f"drop {kind} shop.rpt_esp_{tool}")
        connection.execute(f"alter table shop.bad rename to rpt_esp_{tool}")
    return bad


def test_a_copy_of_the_week_before_goes_on_from_there(
    sync, esps, synced_shop, tmp_path
):
    """A bad week was sent; the file of the week before is put back, and built."""
    for tool in ("mailchimp", "braze"):
        bad = told_of_a_bad_week(synced_shop, tmp_path, tool)
        assert sync(tool, database=bad).code == 0
        assert "segment:bad_" in json.dumps(
            [profile["attributes"] for profile in esps.profiles[tool].values()]
        )
        bad.unlink()
    database = synced_shop.start(synced_shop.first)
    before = len(esps.requests)
    process = sync("braze", database=database)
    assert process.code == 1
    assert "before what was sent last (2024-07-16 00:00:00)" in process.error
    assert len(process.error.splitlines()) == 1
    assert len(esps.requests) == before
    # the inputs are today's, in which c2 is erased, and c5 and c6 refuse
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{synced_shop.second}' as today (read_only)")
        connection.execute(
            "create or replace table raw.customers as from today.raw.customers"
        )
    synced_shop.run("+path:models/marts/sync", segmentation_as_of_date="2024-07-15")
    for tool in ("mailchimp", "braze"):
        rows = rows_of(database, tool)
        again = rows_of(synced_shop.second, tool)
        assert {key: row["payload_json"] for key, row in rows.items()} == {
            key: row["payload_json"] for key, row in again.items()
        }
        process = sync(tool, database=database)
        assert process.code == 0, process.error
        assert_tool_equals_rows(esps, rows, tool)
        assert "segment:bad_" not in json.dumps(
            [profile["attributes"] for profile in esps.profiles[tool].values()]
        )
    assert sync("braze", "--allow-older", week="first").code == 0
