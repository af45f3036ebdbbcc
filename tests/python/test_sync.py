"""The tables that tools are synced from: payloads, publication, the gate before it."""

import json
import re

import duckdb
import pytest

TOOLS = ("klaviyo", "braze", "mailchimp", "iterable", "customerio", "onesignal")
PUBLICATION = "int_profiles__published+"
TABLES = [f"rpt_esp_{tool}" for tool in TOOLS]
SECOND_WEEK = {"segmentation_as_of_date": "2024-07-15"}

# what a name may hold, and no payload may break on
ODD_NAMES = [
    'Say "hi"',
    "back\\slash\\",
    "tab\tline\nend\r",
    "bell\x07 and nothing\x00",
    "לקוחות נאמנים",
    "عملاء مميزون",
    "Ωmega 客户 🎁👩‍👩‍👧",
    "{{ 1 / 0 }}",
    "O'Brien; drop table x; --",
    "\u2028\u2029",
    "",
    None,
]
LONG_NAMES = ["x" * 10_000, "🎁" * 10_000, '"' * 10_000, "\x07" * 10_000]


@pytest.fixture(scope="module")
def published(synced_shop, query):
    """Function: all rows of a table of the second week, as dicts by id."""
    return lambda table, database=synced_shop.second: rows_of(database, table)


def rows_of(database, table):
    with duckdb.connect(str(database), read_only=True) as connection:
        result = connection.execute(f"select * from shop.{table}")
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    key = "external_id" if "external_id" in names else "customer_id"
    return {row[key]: row for row in rows}


def tables_of(database):
    return {name: rows_of(database, name) for name in ("rpt_esp_profiles", *TABLES)}


# -- payloads ---------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(synced_shop):
    """The second week's profiles with odd names, and what each tool is told of them."""
    database = synced_shop.start(synced_shop.second)
    names = ODD_NAMES + LONG_NAMES
    with duckdb.connect(str(database)) as connection:
        customers = connection.execute(
            "select customer_id from shop.rpt_esp_profiles"
            " where has_email_consent order by customer_id limit ?",
            [len(names)],
        ).fetchall()
        for (customer_id,), name in zip(customers, names, strict=True):
            connection.execute(
                "update shop.rpt_esp_profiles set segment_name = ?, action_name = ?,"
                " has_push_consent = true, is_syncable = true where customer_id = ?",
                [name, name, customer_id],
            )
            connection.execute(
                "update shop.int_customer_snapshots__consented"
                " set has_push_consent = true where customer_id = ?",
                [customer_id],
            )
    synced_shop.run(*TABLES, **SECOND_WEEK)
    told = {
        customer_id: name for (customer_id,), name in zip(customers, names, strict=True)
    }
    return told, {tool: rows_of(database, f"rpt_esp_{tool}") for tool in TOOLS}


def name_told(tool, payload):
    """The segment's name in a payload, "" where the tool takes that for none."""
    if tool == "klaviyo":
        return payload["attributes"]["properties"]["segment_name"]
    if tool == "mailchimp":
        return payload["merge_fields"]["SEGNAME"]
    if tool == "iterable":
        return payload["dataFields"]["segment_name"]
    if tool == "customerio":
        return payload["attributes"]["segment_name"]
    return payload["segment_name"]


@pytest.mark.parametrize("tool", TOOLS)
def test_payloads_are_json_of_the_length_they_claim(odd, tool, query):
    told, rows = odd
    for customer_id in told:
        row = rows[tool][customer_id]
        assert row["is_sendable"], row["unsendable_reason"]
        assert len(row["payload_json"].encode()) == row["payload_bytes"] <= 10_000
        json.loads(row["payload_json"])
    payloads = [rows[tool][customer_id]["payload_json"] for customer_id in told]
    valid = duckdb.sql("select json_valid(unnest($1))", params=[payloads]).fetchall()
    assert all(is_valid for (is_valid,) in valid)


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "onesignal"])
def test_names_arrive_as_they_are_but_for_their_end(odd, tool):
    told, rows = odd
    for customer_id, name in told.items():
        payload = json.loads(rows[tool][customer_id]["payload_json"])
        expected = name and re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", name)[:255]
        if tool == "mailchimp":
            expected = expected or ""
        assert name_told(tool, payload) == expected


@pytest.mark.parametrize("tool", TOOLS)
def test_keys_have_one_order_and_no_column_is_said_twice(odd, tool):
    _, rows = odd
    orders = set()
    for row in rows[tool].values():
        if row["is_sendable"] and row["operation"] == "upsert":
            pairs = []
            json.loads(row["payload_json"], object_pairs_hook=pairs.extend)
            names = [name for name, _ in pairs if name not in ("name", "status")]
            assert len(names) == len(set(names))
            orders.add(tuple(names))
    assert len(orders) == 1


def test_booleans_are_booleans_and_times_are_iso_8601(published):
    for row in published("rpt_esp_braze").values():
        if row["is_sendable"] and row["operation"] == "upsert":
            told = json.loads(row["payload_json"])
            assert re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["segment_changed_at"]
            )
            assert isinstance(told["has_email_consent"], bool)
            has_action = told["action_id"] is not None
            assert isinstance(told["action_reason"], str) == has_action


# where each tool is told the telephone number
NUMBERS = {
    "klaviyo": lambda payload: payload["attributes"]["phone_number"],
    "braze": lambda payload: payload["phone"],
    "iterable": lambda payload: payload["dataFields"]["phoneNumber"],
    "customerio": lambda payload: payload["attributes"]["phone"],
}


@pytest.mark.parametrize("tool", NUMBERS)
def test_a_number_is_told_of_whoever_consents_to_text_messages(demo_database, tool):
    profiles = rows_of(demo_database, "rpt_esp_profiles")
    n_told = n_by_text_alone = 0
    for external_id, row in rows_of(demo_database, f"rpt_esp_{tool}").items():
        if row["is_sendable"] and row["operation"] in ("upsert", "clear"):
            number = NUMBERS[tool](json.loads(row["payload_json"]))
            has_consent = profiles[external_id]["has_sms_consent"]
            assert (number is not None) == has_consent
            assert number is None or re.fullmatch(r"\+[1-9]\d{6,14}", number)
            n_told += number is not None
            if tool == "klaviyo" and has_consent:
                n_by_text_alone += row["email"] is None
    assert n_told > 50
    assert tool != "klaviyo" or n_by_text_alone > 10


def test_what_an_action_shows_is_told_with_it(demo_database, query):
    suggested = dict(
        query(
            demo_database,
            "select customer_id, list(product_id order by suggestion_rank)"
            " from shop.fct_customer_product_suggestions group by 1",
        )
    )
    contents = dict(
        query(
            demo_database,
            "select action_id, action_content from shop_seeds.segmentation_actions",
        )
    )
    n_told = 0
    for row in rows_of(demo_database, "rpt_esp_braze").values():
        if row["is_sendable"] and row["operation"] == "upsert":
            told = json.loads(row["payload_json"])
            shown = contents.get(told["action_id"])
            expected = suggested.get(row["external_id"], [])[:3]
            assert told["suggested_product_ids"] == (
                expected if shown == "products" else []
            )
            assert len(told["suggested_product_names"]) == len(
                told["suggested_product_ids"]
            )
            assert shown == "category" or told["browsed_category"] is None
            n_told += shown == "products"
    assert n_told > 50


def test_merge_fields_are_short_upper_case_and_never_null(published):
    for row in published("rpt_esp_mailchimp").values():
        if row["is_sendable"] and row["operation"] == "upsert":
            fields = json.loads(row["payload_json"])["merge_fields"]
            assert all(re.fullmatch("[A-Z][A-Z0-9]{0,9}", name) for name in fields)
            assert None not in fields.values()


def test_mailchimp_is_told_which_tags_are_off(published):
    profiles = published("rpt_esp_profiles")
    n_moved = 0
    for external_id, row in published("rpt_esp_mailchimp").items():
        profile = profiles[external_id]
        is_told = row["is_sendable"] and row["operation"] == "upsert"
        if is_told and profile["previous_segment_id"]:
            tags = json.loads(row["payload_json"])["tags"]
            on = profile["tags_to_add"].split(",")
            off = profile["tags_to_remove"].split(",")
            assert f"segment:{profile['previous_segment_id']}" in off
            assert {tag["name"]: tag["status"] for tag in tags} == {
                **dict.fromkeys(on, "active"),
                **dict.fromkeys(off, "inactive"),
            }
            n_moved += 1
    assert n_moved > 10


def test_onesignal_is_told_few_flat_texts(published):
    for row in published("rpt_esp_onesignal").values():
        if row["is_sendable"] and row["operation"] == "upsert":
            tags = json.loads(row["payload_json"])["properties"]["tags"]
            assert len(tags) <= 10
            assert all(isinstance(value, str) for value in tags.values())


def test_who_may_not_be_sent_has_no_payload_and_no_address(published):
    rows = published("rpt_esp_klaviyo")
    held_back = [row for row in rows.values() if not row["is_sendable"]]
    assert len(held_back) >= 20
    for row in held_back:
        assert row["payload_json"] is None and row["email"] is None
        assert row["unsendable_reason"] == (
            "no_address" if row["external_id"] == "c9" else "no_consent"
        )


def test_a_row_over_the_limit_is_not_sendable_and_says_so(synced_shop):
    database = synced_shop.start(synced_shop.second)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update shop.rpt_esp_profiles"
            " set segment_id = repeat('x', 50000) where customer_id = 'c1'"
        )
        for table in ("rpt_esp_profiles", "int_customer_snapshots__consented"):
            connection.execute(
                f"update shop.{table} set customer_id = repeat('c', 300)"
                " where customer_id = 'c4'"
            )
    synced_shop.run(*TABLES, **SECOND_WEEK)
    # 50,000 bytes are too much for Customer.io, and not for Braze
    row = rows_of(database, "rpt_esp_customerio")["c1"]
    assert row["unsendable_reason"] == "payload_too_large"
    assert row["payload_bytes"] > 32_000 and not row["is_within_limit"]
    assert row["payload_json"] is None
    assert rows_of(database, "rpt_esp_braze")["c1"]["is_sendable"]
    row = rows_of(database, "rpt_esp_braze")["c" * 300]
    assert row["unsendable_reason"] == "bad_key"


def test_requests_hold_no_more_than_the_tool_takes(synced_shop):
    database = synced_shop.start(synced_shop.second)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "insert into shop.rpt_esp_profiles select * exclude (i) replace ("
            " customer_id || '-' || i as customer_id,"
            " repeat('x', 1 + cast(i % 100 as integer) * 250) as segment_id)"
            " from shop.rpt_esp_profiles, range(50) as numbers(i)"
            " where operation = 'upsert'"
        )
        connection.execute(
            "insert into shop.int_customer_snapshots__consented"
            " select * exclude (i) replace (customer_id || '-' || i as customer_id)"
            " from shop.int_customer_snapshots__consented, range(50) as numbers(i)"
        )
    synced_shop.run("rpt_esp_braze", "rpt_esp_customerio", **SECOND_WEEK)
    for tool, n_rows, n_bytes in (("braze", 50, 4e6), ("customerio", 1000, 500e3)):
        requests = {}
        for row in rows_of(database, f"rpt_esp_{tool}").values():
            if row["is_sendable"]:
                of = (row["changed_at"], row["operation"], row["batch_number"])
                requests.setdefault(of, []).append(row["payload_json"])
        assert len(requests) > 3
        for payloads in requests.values():
            assert len(payloads) <= n_rows
            assert len(",".join(payloads).encode()) <= n_bytes
        # and few requests are far from full
        total = sum(len(",".join(payloads)) for payloads in requests.values())
        assert (
            len(requests)
            <= 4
            + 1.3 * total / n_bytes
            + sum(len(payloads) for payloads in requests.values()) / n_rows
        )


# -- publication ------------------------------------------------------------


def test_a_payload_moves_only_when_the_row_is_said_to_have_changed(
    synced_shop, published
):
    n_same = n_changed = 0
    for tool in TOOLS:
        before = published(f"rpt_esp_{tool}", synced_shop.first)
        for external_id, row in published(f"rpt_esp_{tool}").items():
            old = before[external_id]
            is_same = row["changed_at"] == old["changed_at"]
            assert is_same == (row["row_hash"] == old["row_hash"])
            if is_same:
                assert row == {**old, "batch_number": row["batch_number"]}
                n_same += 1
            elif tool not in ("mailchimp", "onesignal") and row["is_sendable"]:
                assert row["payload_json"] != old["payload_json"]
                n_changed += 1
    assert n_same > 30 and n_changed > 30


def test_publishing_again_changes_nothing(synced_shop):
    database = synced_shop.start(synced_shop.second)
    before = tables_of(database)
    synced_shop.run(PUBLICATION, **SECOND_WEEK)
    assert tables_of(database) == before


def test_a_full_refresh_changes_nothing(synced_shop):
    database = synced_shop.start(synced_shop.second)
    before = tables_of(database)
    synced_shop.run(PUBLICATION, args=("--full-refresh",), **SECOND_WEEK)
    assert tables_of(database) == before


def test_a_renamed_segment_keeps_its_id_and_its_flows(synced_shop):
    database = synced_shop.start(synced_shop.second)
    before = rows_of(database, "rpt_esp_profiles")
    renamed = before["c1"]["segment_id"]
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update shop_seeds.segmentation_personas set segment_name = 'New name'"
            " where segment_id = ?",
            [renamed],
        )
    synced_shop.run("dim_segments", PUBLICATION, **SECOND_WEEK)
    after = rows_of(database, "rpt_esp_profiles")
    for customer_id, row in after.items():
        old = before[customer_id]
        if old["segment_id"] == renamed:
            moving = ("segment_name", "row_hash", "changed_at")
            assert row["segment_name"] == "New name"
            assert all(row[name] != old[name] for name in moving)
            if old["action_reason"] == f"Segment {old['segment_name']}":
                assert row["action_reason"] == "Segment New name"
                moving += ("action_reason",)
            row = {**row, **{name: old[name] for name in moving}}
        assert row == old


def test_a_tombstone_says_only_what_to_delete_by(published):
    row = published("rpt_esp_profiles")["c2"]
    assert row["operation"] == "erase" and row["suppress_reason"] == "erased"
    kept = {
        "customer_id", "email_md5", "suppress_reason", "operation", "row_hash",
        "changed_at", "deleted_at",
    }  # fmt: skip
    assert {name for name, value in row.items() if value is not None} - kept == {
        "has_email_consent", "has_sms_consent", "has_push_consent", "is_syncable",
    }  # fmt: skip
    assert {
        tool: published(f"rpt_esp_{tool}")["c2"]["payload_json"] for tool in TOOLS
    } == {
        "klaviyo": '{"external_id":"c2"}',
        "braze": '{"external_id":"c2"}',
        "mailchimp": "{}",
        "iterable": '{"userId":"c2"}',
        "customerio": ('{"type":"person","identifiers":{"id":"c2"},"action":"delete"}'),
        "onesignal": "{}",
    }


def test_tombstones_are_kept_for_90_days(synced_shop):
    database = synced_shop.start(synced_shop.second)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "insert into shop.rpt_esp_profiles select * exclude (days) replace ("
            " 'gone ' || days as customer_id,"
            " timestamp '2024-07-16' - to_days(days) as changed_at,"
            " timestamp '2024-07-16' - to_days(days) as deleted_at)"
            " from shop.rpt_esp_profiles, (values (89), (90), (91)) as ages(days)"
            " where customer_id = 'c2'"
        )
    synced_shop.run(PUBLICATION, **SECOND_WEEK)
    left = set(rows_of(database, "rpt_esp_profiles"))
    assert {"c2", "gone 89", "gone 90"} <= left
    assert "gone 91" not in left


# -- the gate ---------------------------------------------------------------

SHUFFLE = """
    update shop.int_customer_segments__confirmed as target
    set segment_id = shuffled.segment_id
    from (
        select
            customer_id,
            lead(segment_id, 17, first_segment_id)
                over (order by segment_id, customer_id) as segment_id
        from (
            select *, min(segment_id) over () as first_segment_id
            from shop.int_customer_segments__confirmed
            where as_of_date = date '2024-07-15'
        )
    ) as shuffled
    where
        target.customer_id = shuffled.customer_id
        and target.as_of_date = date '2024-07-15'
"""
BLASTS = {
    "customers change segment": SHUFFLE,
    "the share of a segment among all customers moves": (
        "update shop.int_customer_segments__confirmed set segment_id ="
        " (select min(segment_id) from shop.int_customer_segments__confirmed)"
    ),
    "something that was known is not any more (is_syncable)": (
        "update shop.int_customer_snapshots__consented set has_email_consent = false,"
        " has_sms_consent = false, has_push_consent = false,"
        " email_suppress_reason = 'no_consent'"
    ),
    "customers disappear": (
        "delete from shop.int_customer_segments__confirmed where customer_id like 'c1%'"
    ),
}


@pytest.mark.parametrize("blast", BLASTS)
def test_a_blast_is_refused_and_the_last_publication_stays(synced_shop, blast):
    database = synced_shop.start(synced_shop.second)
    before = tables_of(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(BLASTS[blast])
    few = {"segmentation_min_blast_customers": 5}
    process = synced_shop.run(PUBLICATION, check=False, **SECOND_WEEK, **few)
    said = re.sub(r"\s+", " ", process.stdout)
    assert process.returncode != 0
    assert "nothing is published, and rpt_esp_profiles stays as it was" in said
    assert f"- {blast}" in said
    assert "--vars '{segmentation_allow_blast: true}'" in said
    if "is_syncable" not in blast:
        assert tables_of(database) == before
        return
    # a refusal counts all the same: nothing is sent, and nothing is cleared either
    assert rows_of(database, "rpt_esp_profiles") == before["rpt_esp_profiles"]
    for tool in TOOLS:
        after = rows_of(database, f"rpt_esp_{tool}")
        told = before[f"rpt_esp_{tool}"]
        assert {row["operation"] for row in after.values() if row["is_sendable"]} <= {
            "clear", "delete", "erase",
        }  # fmt: skip
        for external_id, row in after.items():
            if row["is_sendable"]:
                assert row == told[external_id]


def test_a_blast_that_is_meant_is_published(synced_shop):
    database = synced_shop.start(synced_shop.second)
    before = rows_of(database, "rpt_esp_profiles")
    with duckdb.connect(str(database)) as connection:
        connection.execute(SHUFFLE)
    meant = {"segmentation_min_blast_customers": 5, "segmentation_allow_blast": True}
    synced_shop.run(PUBLICATION, **SECOND_WEEK, **meant)
    after = rows_of(database, "rpt_esp_profiles")
    moved = [
        customer_id
        for customer_id, row in after.items()
        if row["segment_id"] != before[customer_id]["segment_id"]
    ]
    assert len(moved) > 12
    assert all(
        after[customer_id]["changed_at"] > before[customer_id]["changed_at"]
        for customer_id in moved
    )
    # the next publication is held against this one
    few = {"segmentation_min_blast_customers": 5}
    synced_shop.run(PUBLICATION, **SECOND_WEEK, **few)
    assert rows_of(database, "rpt_esp_profiles") == after


def test_the_checks_cannot_be_left_out(synced_shop):
    database = synced_shop.start(synced_shop.second)
    before = tables_of(database)
    process = synced_shop.run("rpt_esp_profiles", check=False, **SECOND_WEEK)
    assert process.returncode != 0
    assert "-s int_profiles__published+" in re.sub(r"\s+", " ", process.stdout)
    assert tables_of(database) == before


def test_limits_that_are_no_shares_are_refused(synced_shop):
    synced_shop.start(synced_shop.second)
    process = synced_shop.run(
        PUBLICATION,
        check=False,
        segmentation_max_moved_share=20,
        segmentation_allow_blast="yes",
    )
    said = re.sub(r"\s+", " ", process.stdout)
    assert "segmentation_max_moved_share is 20, but must be a number from 0 to 1" in (
        said
    )
    assert 'segmentation_allow_blast is "yes", but must be true or false' in said


# -- what tools refused -------------------------------------------------------


def test_what_tools_refused_is_told_beside_segments(synced_shop, tmp_path, query):
    """Of the files that the sender writes; none before the first sync."""
    database = synced_shop.start(synced_shop.second)
    pattern = str(tmp_path / "*_failures.csv")
    columns = "customer_id, tool, tool_words, has_changed_since, segment_id"
    chosen = f"select {columns} from shop.fct_sync_failures order by tool"

    def build():
        synced_shop.run(
            "fct_sync_failures", segmentation_sync_failures=pattern, **SECOND_WEEK
        )
        return query(database, chosen)

    assert build() == []
    head = "tool,external_id,operation,reason,refused_at\n"
    later = "2034-07-16 10:00:00"
    for tool, row in {
        "braze": f'c4,upsert,"no, ""thanks""",{later}',
        "klaviyo": "c4,upsert,too old,2020-01-01 00:00:00",
        "iterable": f"of another shop,upsert,unknown,{later}",
    }.items():
        (tmp_path / f"{tool}_failures.csv").write_text(f"{head}{tool},{row}\n")
    (tmp_path / "mailchimp_failures.csv").write_text(head)
    segment = rows_of(database, "rpt_esp_profiles")["c4"]["segment_id"]
    assert build() == [
        ("c4", "braze", 'no, "thanks"', False, segment),
        ("c4", "klaviyo", "too old", True, segment),
    ]
