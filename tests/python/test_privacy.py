"""Nothing of who is erased is left, and nothing personal is where it need not be.

A shop of recognisable ids, names, addresses and numbers is built, published, erased in
part, built again, sent and reported. Then every table, log, artifact, report and memory
is searched for what was planted.
"""

import hashlib
import re
import shutil

import duckdb
import fake_esp
import pytest
from conftest import NO_TESTS, SYNCED_SHOP

pytest.importorskip("requests", reason="pip install requests, or the extra activation")

import send  # noqa: E402
from segmentation.commands import report  # noqa: E402

KEY = "a key of thirty-two characters, or more"
ERASED = ("c2", "c17", "c31")
N_CUSTOMERS = 60
VARIABLES = {
    **SYNCED_SHOP,
    "segmentation_tables": {
        name: name
        for name in (
            "customers", "orders", "order_lines", "refunds", "web_events",
            "email_events", "campaign_members", "tickets", "reviews",
        )
    },
}  # fmt: skip
# what is planted of each customer: {kind: SQL of the value, from an id such as c2}
PLANTED = {
    "id": "'Kd-' || {} || '-Zq'",
    "address": "'Erika.' || {} || '@Mustermann-Post.example'",
    "phone": "'+49 170 55' || lpad(substr({}, 2), 2, '0') || '77 31'",
    "name": "'Mustermann-' || {}",
}
# how they may be written: {kind: patterns of a customer's number}
WRITTEN = {
    "id": [r"kd-c{}-zq"],
    "address": [r"erika\.c{}@mustermann"],
    "phone": [r"49\W*170\W*55\W*{:0>2}\W*77\W*31"],
    "name": [r"mustermann-c{}\b"],
}
# Tables that may hold it while the row is still in the input tables, and why. They are
# made anew by every build: when the shop's own row is gone, so is the id.
ROWS_AS_THEY_CAME = (
    r"stg_\w+|base_\w+|int_(customers|orders|order_lines|refunds|products|web_events"
    r"|email_events|campaign_members|tickets|reviews|consents)__(united|read)"
    r"|int_customer_rows__numbered|int_\w+__(checked|judged|priced|discounted|compared)"
    r"|int_refusals__collected|int_customer_refusals__matched"
)
# Tables of what a tool must still be told: to delete by the key that it knows, for
# segmentation_tombstone_days.
TOMBSTONES = r"rpt_esp_\w+"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("privacy")


def plant(database, write_shop):
    of = {kind: value.format("customer_id") for kind, value in PLANTED.items()}
    by = f"({of['id']}) as customer_id"
    times = "timestamp '2024-06-01 10:00' + to_days(cast(i % 30 as integer))"
    ids = f"(select 'c' || i % {N_CUSTOMERS} as customer_id, i from range(120) as n(i))"
    write_shop(
        database,
        {
            "customers": f"""
                select {by}, {of["address"]} as email, {of["phone"]} as phone,
                    {of["name"]} as name, true as has_email_consent,
                    true as has_sms_consent, true as has_push_consent,
                    'Town of ' || {of["name"]} as city,
                    cast(null as timestamp) as erased_at
                from smallest
            """,
            "orders": f"select order_id, {by}, ordered_at from smallest",
            "refunds": """
                select 'r' || i as refund_id, 'o' || i as order_id, 1 as amount,
                    timestamp '2024-06-20' as refunded_at from range(60) as n(i)
            """,
            "web_events": f"""
                select 'w' || i || {of["id"]} as web_event_id, {by},
                    's' || i as session_id, 'view' as event_type,
                    {times} as occurred_at from {ids}
            """,
            "email_events": f"""
                select 'e' || i || {of["id"]} as email_event_id, {by},
                    {of["address"]} as email, 'm' || i as message_id,
                    'open' as event_type, {times} as occurred_at from {ids}
            """,
            "campaign_members": f"""
                select 'spring' as campaign_id, {by},
                    case when i % 2 = 0 then 'control' else 'treatment' end as arm,
                    {times} as assigned_at from {ids} where i < 60
            """,
            "tickets": f"""
                select 't' || i || {of["id"]} as ticket_id, {by}, {times} as opened_at
                from {ids}
            """,
            "reviews": f"""
                select 'v' || i || {of["id"]} as review_id, {by}, 4 as rating,
                    {times} as reviewed_at from {ids}
            """,
        },
    )


@pytest.fixture(scope="module")
def shop(folder, write_shop, build_shop):
    """The shop in three states: `before`, `erased`, and `gone` from its own tables.

    And the folder of what was written meanwhile: logs, artifacts, reports, memory.
    """
    database = folder / "warehouse.duckdb"
    plant(database, write_shop)
    written = folder / "written"
    written.mkdir()
    ids = ", ".join(f"({PLANTED['id'].format(repr(customer))})" for customer in ERASED)
    states = {}

    def build(state, day):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEGMENTATION_HASH_KEY", KEY)
            patch.setenv("DBT_LOG_LEVEL_FILE", "debug")
            process = build_shop(
                {**VARIABLES, "segmentation_as_of_date": day},
                database,
                ("build", *NO_TESTS, "--write-json"),
            )
        place = written / state
        place.mkdir()
        (place / "said.txt").write_text(process.stdout)
        for path in process.target.rglob("*"):
            if path.is_file() and path.suffix in (".json", ".log", ".sql", ".py"):
                shutil.copy(path, place / f"{path.stem}_{len(states)}{path.suffix}")
        with pytest.MonkeyPatch.context() as patch, fake_esp.serving() as (_, address):
            for tool in ("KLAVIYO", "BRAZE"):
                patch.setenv(f"{tool}_URL", f"{address}/{tool.lower()}")
            for name, value in fake_esp.VARIABLES.items():
                patch.setenv(name, value)
            for tool in ("klaviyo", "braze"):
                assert send.main(
                    [tool, "--database", str(database), "--memory",
                     str(written / "memory")]
                ) == 0  # fmt: skip
        report.main(
            ["--database", str(database), "--output", str(place / "report")]
            + ["--only", "dashboard.html", "--only", "segments.xlsx"]
        )
        states[state] = shutil.copy(database, folder / f"{state}.duckdb")

    build("before", "2024-07-08")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update raw.customers set erased_at = timestamp '2024-07-12'"
            f" where customer_id in ({ids})"
        )
    build("erased", "2024-07-15")
    with duckdb.connect(str(database)) as connection:
        for table in VARIABLES["segmentation_tables"]:
            columns = [
                row[0] for row in connection.sql(f"describe raw.{table}").fetchall()
            ]
            if "customer_id" in columns:
                connection.execute(
                    f"delete from raw.{table} where customer_id in ({ids})"
                )
    build("gone", "2024-07-15")
    return states, written


def patterns(kinds=WRITTEN, customers=ERASED):
    return {
        kind: re.compile(
            "|".join(
                pattern.format(customer[1:])
                for pattern in WRITTEN[kind]
                for customer in customers
            ),
            re.IGNORECASE,
        )
        for kind in kinds
    }


def find_in_tables(database, wanted, but="$^", schema="shop"):
    """Where a pattern is found: {(table, column, kind)}."""
    found = set()
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name"
            " from information_schema.columns where table_schema like ?",
            [f"{schema}%"],
        ).fetchall()
        assert len({table for _, table, _ in columns}) > 150
        of_tables = {}
        for place, table, column in columns:
            if not re.fullmatch(but, table):
                of_tables.setdefault((place, table), []).append(column)
        for (place, table), names in of_tables.items():
            asked = [(name, kind) for name in names for kind in wanted]
            counts = ", ".join(
                f'coalesce(bool_or(regexp_matches(lower(cast("{name}" as varchar)),'
                f" '{wanted[kind].pattern}')), false)"
                for name, kind in asked
            )
            row = connection.execute(
                f'select {counts} from {place}."{table}"'
            ).fetchone()
            found |= {
                (table, *place)
                for place, is_found in zip(asked, row, strict=True)
                if is_found
            }
    return found


def find_in_files(folder, wanted):
    """Where a pattern is found: {(file, kind)}."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("latin-1")
            for kind, pattern in wanted.items():
                if pattern.search(text):
                    found.add((path.name, kind))
    return found


EVERYBODY = [f"c{number}" for number in range(N_CUSTOMERS)]


def test_after_an_erasure_no_table_holds_the_customer_but_for_rows_as_they_came(shop):
    states, _ = shop
    allowed = f"{ROWS_AS_THEY_CAME}|{TOMBSTONES}"
    assert find_in_tables(states["before"], patterns(), allowed)
    assert find_in_tables(states["erased"], patterns(), allowed) == set()


def test_tombstones_hold_the_keys_to_delete_by_and_nothing_else(shop):
    states, _ = shop
    found = find_in_tables(states["gone"], patterns())
    assert {table for table, _, _ in found} <= {
        table for table, _, _ in found if re.fullmatch(TOMBSTONES, table)
    }
    assert {kind for *_, kind in found} == {"id"}


def test_rejected_rows_of_the_erased_are_kept_by_keyed_hashes(shop, query):
    states, _ = shop
    ids = [f"Kd-{customer}-Zq" for customer in ERASED]
    hashes = {hashlib.sha256(f"{KEY}|{one}".encode()).hexdigest() for one in ids}
    rows = query(
        states["erased"],
        "select entity, row_key from shop.fct_rejected_rows"
        " where reject_reason like '%erased_customer'",
    )
    assert {key for entity, key in rows if entity == "customers"} == hashes
    assert {entity for entity, _ in rows} >= {"customers", "orders", "web_events"}
    assert all(re.fullmatch("[0-9a-f]{64}", key) for _, key in rows)


def test_raw_addresses_and_numbers_are_in_one_model_each_and_what_is_sent(shop):
    states, _ = shop
    wanted = patterns(("address", "phone"), EVERYBODY)
    found = find_in_tables(states["erased"], wanted)
    assert {table for table, *_ in found} == {
        # views of the shop's own tables
        "stg_native__customers", "stg_native__email_events", "int_customers__united",
        "int_email_events__united",
        "int_customer_contacts__normalised", "int_customer_phones__normalised",
        "rpt_esp_klaviyo", "rpt_esp_braze", "rpt_esp_iterable", "rpt_esp_customerio",
    }  # fmt: skip


def test_hashes_of_addresses_and_numbers_are_keyed(shop):
    states, written = shop
    contacts = [
        text
        for number in (1, 30, 59)
        for text in (
            f"erika.c{number}@mustermann-post.example",
            f"4917055{number:0>2}7731",
        )
    ]

    def digests(texts):
        hashed = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        return hashed, {"digest": re.compile("|".join(hashed))}

    plain, unkeyed = digests(contacts)
    _, keyed = digests(f"{KEY}|{digest}" for digest in plain)
    assert find_in_tables(states["erased"], unkeyed) == set()
    assert find_in_files(written, unkeyed) == set()
    found = find_in_tables(states["erased"], keyed)
    assert {"email_sha256", "phone_sha256", "address_key", "phone_key"} <= {
        column for _, column, _ in found
    }


def test_logs_artifacts_reports_and_memories_hold_nothing_personal(shop):
    _, written = shop
    assert len({path.suffix for path in written.rglob("*")}) > 5
    anybody = patterns(("address", "phone", "name"), EVERYBODY)
    assert find_in_files(written, anybody) == set()
    for state in ("erased", "gone"):
        assert find_in_files(written / state, patterns()) == set()
    assert find_in_files(written / "memory", patterns()) == set()


def test_the_key_is_written_nowhere(shop):
    states, written = shop
    wanted = {"key": re.compile(re.escape(KEY))}
    assert find_in_files(written, wanted) == set()
    assert find_in_tables(states["erased"], wanted) == set()


def test_the_search_finds_a_leak(shop, tmp_path):
    states, _ = shop
    leaking = shutil.copy(states["gone"], tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(leaking)) as connection:
        connection.execute(
            "create table shop.fct_leak as select 'of Kd-C17-Zq' as note,"
            " '0049 (170) 5531 77-31' as caller, 31 as n"
        )
    assert find_in_tables(leaking, patterns(), TOMBSTONES) == {
        ("fct_leak", "note", "id"),
        ("fct_leak", "caller", "phone"),
    }
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "dbt.log").write_text("sent to erika.C2@Mustermann-Post.example")
    assert find_in_files(logs, patterns(("address",))) == {("dbt.log", "address")}
