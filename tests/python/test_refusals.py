"""Nobody who has said no is written to, whatever is wrong with the row that says so.

One shop of 10,000 profiles, drawn from a seed, in which refusals come in every way that
inputs are known to be wrong, judged by an oracle that reads the rows alone; and, in the
same shop, cases that went wrong once.
"""

import hashlib
import random
import re
import unicodedata
from datetime import datetime, timedelta
from types import SimpleNamespace

import duckdb
import pytest
from conftest import NO_TESTS

N_PROFILES = 10_000
SEED = 20240101
CHANNELS = ("email", "sms", "push")
EXTRACTED_AT = datetime(2024, 7, 20)
LAST_SNAPSHOT = datetime(2024, 7, 15)
# than any refusal with a day
EARLIER = datetime(2022, 6, 1)
# what each tool writes by, and so whose consent its rows need
TOOLS = {
    "klaviyo": ["email", "sms"],
    "mailchimp": ["email"],
    "onesignal": ["push"],
    "braze": CHANNELS,
    "iterable": CHANNELS,
    "customerio": CHANNELS,
}
YES = [
    "true",
    "TRUE",
    "Yes",
    "y",
    "1",
    "1.0",
    "subscribed",
    "opt-in",
    "Opted In",
    "on\t",
]
NO = [
    "false", "No", "n", "0", "0.00", "opt_out", "Opted-Out", "unsubscribed",
    "never_subscribed", "NEVER SUBSCRIBED", "not subscribed", "suppressed", "\u00a0no ",
]  # fmt: skip
NOTHING = [None, "", "  ", "null", "NaN", "pending", "unknown"]
REFUSING_EVENTS = [
    "unsubscribe", "Unsubscribed", "UNSUBSCRIBED", "unsubscribed_from_email_marketing",
    "group_unsubscribe", "emailUnSubscribe", "Unsubscribed from List", "unsub",
    "message.email.unsubscribed", "STATUSCHANGE", "complaint", "spamreport",
    "SPAMREPORT", "spam report", "Marked Email as Spam", "email_spammed", "abuse",
    "bounce", "Bounced Email", "hard_bounce", "hardBounce", "cleaned", "dropped",
]  # fmt: skip
HARMLESS_EVENTS = [
    "sent", "Received Email", "delivered", "Opened Email", "OPEN", "emailClick",
    "processed", "deferred", "Subscribed to List",
]  # fmt: skip
COLUMNS = {
    "customers": {
        "customer_id": "varchar", "email": "varchar", "phone": "varchar",
        "has_email_consent": "varchar", "has_sms_consent": "varchar",
        "has_push_consent": "varchar", "is_test_account": "varchar",
        "first_seen_at": "timestamp", "email_consent_at": "timestamp",
        "erased_at": "timestamp",
    },
    "email_events": {
        "email_event_id": "varchar", "customer_id": "varchar", "email": "varchar",
        "event_type": "varchar", "occurred_at": "timestamp",
    },
    "consents": {
        "consent_id": "varchar", "channel": "varchar", "decision": "varchar",
        "customer_id": "varchar", "email": "varchar", "phone": "varchar",
        "decided_at": "timestamp",
    },
}  # fmt: skip


# -- the shop ---------------------------------------------------------------


class Shop:
    """Rows of customers and of e-mail events, drawn one profile after another."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.rows = {name: [] for name in COLUMNS}
        # ids that are to be written to: nothing is wrong with them
        self.clean = set()

    def customer(self, customer_id, **columns):
        row = {name: None for name in COLUMNS["customers"]}
        row |= {"first_seen_at": datetime(2023, 1, 1)}
        self.rows["customers"].append(row | {"customer_id": customer_id} | columns)

    def event(self, customer_id, event_type, occurred_at, email=None, event_id=None):
        self.rows["email_events"].append(
            {
                "email_event_id": event_id or f"e{len(self.rows['email_events'])}",
                "customer_id": customer_id,
                "email": email,
                "event_type": event_type,
                "occurred_at": occurred_at,
            }
        )

    def consents(self, words):
        return {f"has_{name}_consent": self.draw.choice(words) for name in CHANNELS}

    def day(self, first="2023-02-01", last="2024-07-01"):
        first, last = datetime.fromisoformat(first), datetime.fromisoformat(last)
        return first + timedelta(days=self.draw.randrange((last - first).days))

    def disguised(self, text):
        """The text as another system may write it."""
        return self.draw.choice(
            [
                text, text.upper(), f" {text} ", f"{text}\t", f"\u200b{text}",
                f"{text}\ufeff", f"\u00a0{text}\n", f"{text[:2]}\u00ad{text[2:]}",
                f"\u2003{text}\r", f"\u2060{text}",
            ]
        )  # fmt: skip

    def disguised_address(self, address):
        return self.draw.choice(
            [self.disguised(address)] * 3
            + [f"<{address}>", f"Ann Other <{address}>", f"mailto:{address}"]
        )

    def disguised_phone(self, phone):
        digits = phone.lstrip("+")
        return self.draw.choice(
            [
                phone, digits, f"00{digits}", f"+{digits[:2]} (0){digits[2:]}",
                f"{phone[:3]} {phone[3:7]}-{phone[7:]}", f"\u00a0{phone}\t",
            ]
        )  # fmt: skip

    def add_profile(self, number):
        customer_id = f"c{number}"
        address = f"{customer_id}.name@mail{number % 7}.example.com"
        phone = f"+44{2_000_000_000 + number}"
        mine = {"email": address, "phone": phone} | self.consents(YES)
        if self.draw.random() < 0.4:
            self.customer(customer_id, **mine)
            self.clean.add(customer_id)
            if self.draw.random() < 0.3:
                word = self.draw.choice(HARMLESS_EVENTS)
                self.event(customer_id, word, self.day())
            return
        # the profile's own row first or last, so that no order helps
        refusals = self.draw.sample(self.ways(), self.draw.choice([1, 1, 2, 3]))
        if self.draw.random() < 0.5:
            self.customer(customer_id, **mine)
            mine = None
        for refuse in refusals:
            refuse(customer_id, address, phone)
        if mine:
            self.customer(customer_id, **mine)

    def ways(self):
        return [
            self.second_row, self.second_row_elsewhere, self.other_account,
            self.other_account_by_phone, self.nobodys_row, self.event_of_any_kind,
            self.event_of_a_stranger, self.erased, self.test_account,
            self.nothing_on_record, self.odd_address, self.event_by_disguised_id,
            self.decision_elsewhere, self.decision_elsewhere,
        ]  # fmt: skip

    def some_refusal(self):
        """Consents of a row of which at least one is a refusal."""
        consents = self.consents(YES + NOTHING)
        for name in self.draw.sample(CHANNELS, self.draw.choice([1, 2, 3])):
            consents[f"has_{name}_consent"] = self.draw.choice(NO)
        return consents

    def second_row(self, customer_id, address, phone):
        self.customer(
            customer_id,
            email=self.draw.choice([address, None, self.disguised_address(address)]),
            phone=self.draw.choice([phone, None]),
            first_seen_at=self.draw.choice([None, self.day("2020-01-01")]),
            **self.some_refusal(),
        )

    def second_row_elsewhere(self, customer_id, address, phone):
        self.customer(customer_id, email=f"other.{address}", **self.some_refusal())

    def other_account(self, customer_id, address, phone):
        self.customer(
            f"other {customer_id}",
            email=self.disguised_address(address),
            **self.some_refusal(),
        )

    def other_account_by_phone(self, customer_id, address, phone):
        self.customer(
            f"phone {customer_id}",
            email=self.draw.choice([None, f"by.phone.{address}"]),
            phone=self.disguised_phone(phone),
            **self.some_refusal(),
        )

    def nobodys_row(self, customer_id, address, phone):
        self.customer(
            self.draw.choice([None, "", "  "]),
            email=self.disguised_address(address),
            **self.some_refusal(),
        )

    def any_day(self):
        """A day of any kind: before and after the snapshot, to come, or none."""
        return self.draw.choice(
            [
                self.day(), None, LAST_SNAPSHOT + timedelta(days=2),
                datetime(2031, 1, 1), EXTRACTED_AT + timedelta(hours=1),
            ]
        )  # fmt: skip

    def event_of_any_kind(self, customer_id, address, phone):
        self.event(
            customer_id,
            self.draw.choice(REFUSING_EVENTS),
            self.any_day(),
            event_id=self.draw.choice([None, "the same", " "]),
        )

    def event_by_disguised_id(self, customer_id, address, phone):
        word = self.draw.choice([*REFUSING_EVENTS, None, " "])
        self.event(f" {customer_id}\t", word, self.any_day())

    def event_of_a_stranger(self, customer_id, address, phone):
        self.event(
            self.draw.choice([None, f"no such {customer_id}"]),
            self.draw.choice(REFUSING_EVENTS),
            self.any_day(),
            email=self.disguised_address(address),
        )

    def decision_elsewhere(self, customer_id, address, phone):
        """A no that another tool keeps, beside a yes for the same contact."""
        by = self.draw.choice(["id", "address", "hash", "phone", "all"])
        digest = hashlib.sha256(address.encode()).hexdigest()
        contact = {
            "customer_id": f" {customer_id}\t" if by == "id" else None,
            "email": {
                "address": self.disguised_address(address),
                "hash": self.draw.choice([digest, digest.upper(), f" {digest}\t"]),
            }.get(by),
            "phone": self.disguised_phone(phone) if by == "phone" else None,
        }
        if by == "all":
            contact = {"customer_id": customer_id, "email": address, "phone": phone}
        channel = self.draw.choice([*CHANNELS, "E-Mail", " SMS", "Push", None])
        rows = [(self.draw.choice(NO), self.any_day())]
        if self.draw.random() < 0.5:
            # given before, or on no known day
            rows.append((self.draw.choice(YES), self.draw.choice([None, EARLIER])))
        self.draw.shuffle(rows)
        for decision, decided_at in rows:
            row = {
                "consent_id": self.draw.choice(
                    [None, "the same", f"k{len(self.rows['consents'])}"]
                ),
                "channel": channel,
                "decision": decision,
                "decided_at": decided_at,
            }
            self.rows["consents"].append(row | contact)

    def erased(self, customer_id, address, phone):
        self.customer(
            self.draw.choice([customer_id, f"erased {customer_id}"]),
            email=self.draw.choice([address, self.disguised_address(address)]),
            erased_at=self.draw.choice([self.day(), datetime(2031, 1, 1)]),
            **self.consents(YES),
        )

    def test_account(self, customer_id, address, phone):
        self.customer(
            self.draw.choice([customer_id, f"test {customer_id}"]),
            email=address,
            is_test_account=self.draw.choice(["true", "1", "Yes"]),
            **self.consents(YES),
        )

    def nothing_on_record(self, customer_id, address, phone):
        self.customer(f"silent {customer_id}", email=address, **self.consents(NOTHING))

    def odd_address(self, customer_id, address, phone):
        self.customer(
            f"odd {customer_id}",
            email=self.draw.choice(
                [
                    address.replace("@", "@@"), address.replace(".name", " name"),
                    f".{address}", address.replace("@", ".@"), f"{'x' * 65}{address}",
                    address.split("@")[0], f"m\u00fcller.{address}", f"{address}.",
                    f"{address};b@example.com", address.replace("name", "na\x01me"),
                    address.replace(".name", "..name"), f"{'x' * 60}@{'y.' * 120}com",
                ]
            ),
            **self.consents(YES),
        )  # fmt: skip


def cases(shop):
    """What went wrong once, each under ids of its own."""
    # merged contacts stay in the table
    shop.customer("merged a", email="zz@example.com", has_email_consent="true")
    shop.customer(
        "merged a", email="aa@example.com", has_email_consent="false",
        first_seen_at=datetime(2023, 6, 1),
    )  # fmt: skip
    for day in (datetime(2023, 6, 1), datetime(2023, 1, 1)):
        same = {"customer_id": f"merged {day:%m}", "email": f"{day:%m}@example.com"}
        shop.customer(**same, has_email_consent="true")
        shop.customer(**same, has_email_consent="false", first_seen_at=day)
    # refusals in the tools' own words
    for number, word in enumerate(["Unsubscribed", "spamreport", "unsubscribe"]):
        address = f"tool{number}@example.com"
        shop.customer(f"tool {number}", email=address, has_email_consent="true")
        shop.event(f"tool {number}", word, datetime(2024, 5, 1))
    # white space in an address
    shop.customer("tab 1", email="tb@example.com\t", has_email_consent="true")
    shop.customer("tab 2", email="tb@example.com", has_email_consent="false")
    shop.customer("tab 3", email="\u200bzw@example.com", has_email_consent="true")
    shop.customer("tab 4", email="zw@example.com", has_email_consent="false")
    shop.customer("tab 5", email="\u200balone@example.com\t", has_email_consent="true")
    # a refusal that was taken back
    shop.customer(
        "back", email="back@example.com", has_email_consent="true",
        email_consent_at=datetime(2024, 3, 1),
    )  # fmt: skip
    shop.event("back", "unsubscribe", datetime(2024, 2, 1))
    # refused after the snapshot, and before today
    shop.customer("after", email="after@example.com", has_email_consent="true")
    shop.event("after", "unsubscribe", datetime(2024, 7, 18))


# -- the oracle -------------------------------------------------------------


def canonical_address(text):
    """The address that a text stands for, or None; by Unicode's categories."""
    if text is None:
        return None
    text = "".join(c for c in text if unicodedata.category(c) != "Cf").casefold()
    if match := re.search(r"<([^>]*@[^>]*)>", text):
        text = match[1]
    text = "".join(
        " " if c.isspace() or unicodedata.category(c) == "Cc" else c for c in text
    )
    return text.replace("mailto:", "").strip(" <>.;") or None


def canonical_phone(text):
    if text is None:
        return None
    return re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0") or None


def canonical_id(text):
    return text.strip() or None if text else None


def is_word(text, words):
    def plain(word):
        return re.sub(r"[\s_.\-]|\.0+$", "", word.casefold())

    return text is not None and plain(text) in {plain(word) for word in words}


def refusers(rows):
    """{channel: (ids, addresses, numbers)} of all who said no, read from the rows."""
    people = {}
    for row in rows["customers"]:
        key = canonical_id(row["customer_id"])
        emails, phones = people.setdefault(key, (set(), set()))
        emails.add(canonical_address(row["email"]))
        phones.add(canonical_phone(row["phone"]))
    refused = {channel: (set(), set(), set()) for channel in CHANNELS}
    for row in rows["customers"]:
        for channel in CHANNELS:
            if (
                row["erased_at"]
                or is_word(row["is_test_account"], ["true", "1", "yes"])
                or is_word(row[f"has_{channel}_consent"], NO)
            ):
                ids, emails, phones = refused[channel]
                ids.add(canonical_id(row["customer_id"]))
                emails.add(canonical_address(row["email"]))
                phones.add(canonical_phone(row["phone"]))
    for row in rows["email_events"]:
        blank = not (row["event_type"] or "").strip()
        if row["customer_id"] == "back":
            continue
        if blank or row["event_type"] in REFUSING_EVENTS:
            refused["email"][0].add(canonical_id(row["customer_id"]))
            refused["email"][1].add(canonical_address(row["email"]))
    addresses = {
        hashlib.sha256(address.encode()).hexdigest(): address
        for emails, _ in people.values()
        for address in emails
        if address
    }
    for row in rows["consents"]:
        if not is_word(row["decision"], NO):
            continue
        channel = re.sub(r"[^a-z]", "", (row["channel"] or "").casefold())
        email = canonical_address(row["email"])
        for name in [channel] if channel in CHANNELS else CHANNELS:
            ids, emails, phones = refused[name]
            ids.add(canonical_id(row["customer_id"]))
            emails.add(addresses.get(email, email))
            phones.add(canonical_phone(row["phone"]))
    for ids, emails, phones in refused.values():
        ids.discard(None)
        for key in ids:
            emails |= people.get(key, (set(), set()))[0]
            phones |= people.get(key, (set(), set()))[1]
        emails.discard(None)
        phones.discard(None)
    return {
        channel: {
            key
            for key, (own_emails, own_phones) in people.items()
            if key in ids or own_emails & emails or own_phones & phones
        }
        for channel, (ids, emails, phones) in refused.items()
    }


# -- the test ---------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory, write_shop, build_shop):
    """The built shop: its rows, and the rows of each table by customer."""
    drawn = Shop(SEED)
    cases(drawn)
    for number in range(N_PROFILES):
        drawn.add_profile(number)
    database = tmp_path_factory.mktemp("refusals") / "refusals.duckdb"
    # everybody is known and ordered once; the smallest shop's tables are replaced
    orders = """
        select 'o' || customer_id as order_id, customer_id,
            timestamp '2024-06-01 10:00'
            + to_days(cast(hash(customer_id) % 45 as integer)) as ordered_at
        from raw.customers where trim(customer_id) != '' group by customer_id
    """
    lines = """
        select 'l' || order_id as order_line_id, order_id, 1 as quantity,
            10 + hash(order_id) % 90 as unit_price
        from raw.orders
    """
    write_shop(database, dict.fromkeys(["customers", "orders", "order_lines"]))
    with duckdb.connect(str(database)) as connection:
        for name, columns in COLUMNS.items():
            spelt = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table raw.{name} ({spelt})")
            table = {
                column: [row[column] for row in drawn.rows[name]] for column in columns
            }
            places = ", ".join(
                f"cast(unnest(${column}) as {kind})" for column, kind in columns.items()
            )
            connection.execute(f"insert into raw.{name} select {places}", table)
        connection.execute(f"create table raw.orders as {orders}")
        connection.execute(f"create table raw.order_lines as {lines}")
    build_shop(
        {
            "segmentation_connector": "native",
            "segmentation_schema": "raw",
            "segmentation_tables": {name: name for name in COLUMNS}
            | {name: name for name in ("orders", "order_lines")},
            "segmentation_extracted_at": f"{EXTRACTED_AT}",
            "segmentation_recipe": "rfm_rules",
            "segmentation_history_snapshots": 1,
            "segmentation_stability_resamples": 0,
            "segmentation_score_resamples": 100,
            "segmentation_training_slices": 1,
            "segmentation_holdout_share": 0,
        },
        database,
        (
            "build",
            *NO_TESTS,
            "-s",
            "+dim_actions",
            *[f"+rpt_esp_{tool}" for tool in TOOLS],
        ),  # fmt: skip
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = {}
        for table in ["rpt_esp_profiles", *[f"rpt_esp_{tool}" for tool in TOOLS]]:
            found = connection.execute(f"select * from shop.{table}")
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            key = "external_id" if "external_id" in names else "customer_id"
            tables[table.removeprefix("rpt_esp_")] = {row[key]: row for row in rows}
        actions = connection.execute(
            "select ranked.customer_id, dim_actions.consent"
            " from shop.int_customer_actions__ranked as ranked"
            " inner join shop.dim_actions using (action_id)"
        ).fetchall()
    return SimpleNamespace(
        rows=drawn.rows,
        clean=drawn.clean,
        refused=refusers(drawn.rows),
        tables=tables,
        actions=actions,
        sent={
            row["email"]
            for row in tables["klaviyo"].values()
            # a number alone is sent where text messages are consented to, and no mail
            if row["is_sendable"] and row["email"]
        },
    )


def test_ten_thousand_profiles_are_tried(shop):
    assert len(shop.tables["profiles"]) >= N_PROFILES
    assert len(shop.clean) > 3_000
    profiles = set(shop.tables["profiles"])
    n_refused = {name: len(shop.refused[name] & profiles) for name in CHANNELS}
    print(f"\n{len(profiles)} profiles, refused: {n_refused}")
    assert all(n > 2_000 for n in n_refused.values())


@pytest.mark.parametrize("channel", CHANNELS)
def test_nobody_who_refused_a_channel_has_its_consent(shop, channel):
    wrong = [
        customer_id
        for customer_id, profile in shop.tables["profiles"].items()
        if profile[f"has_{channel}_consent"] and customer_id in shop.refused[channel]
    ]
    assert wrong == []


@pytest.mark.parametrize("tool", TOOLS)
def test_nobody_who_refused_all_a_tool_can_do_is_sendable_by_it(shop, tool):
    refused = set.intersection(*[shop.refused[channel] for channel in TOOLS[tool]])
    rows = shop.tables[tool]
    assert [key for key in refused if key in rows and rows[key]["is_sendable"]] == []
    assert [key for key in refused if key in rows and rows[key]["payload_json"]] == []


def test_nobody_who_refused_a_channel_has_an_action_that_needs_it(shop):
    assert [
        (customer_id, consent)
        for customer_id, consent in shop.actions
        if consent in CHANNELS and customer_id in shop.refused[consent]
    ] == []
    assert any(consent in CHANNELS for _, consent in shop.actions)


def test_an_address_is_sent_only_for_a_row_that_consents_to_it(shop):
    consenting = {
        (row["customer_id"], canonical_address(row["email"]))
        for row in shop.rows["customers"]
        if is_word(row["has_email_consent"], YES)
    }
    for customer_id, row in shop.tables["klaviyo"].items():
        if row["is_sendable"] and row["email"]:
            assert (customer_id, row["email"]) in consenting


def test_addresses_sent_are_plausible(shop):
    plausible = re.compile(
        r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
    )
    assert [text for text in shop.sent if not plausible.fullmatch(text)] == []
    assert all(len(text) <= 254 and text.index("@") <= 64 for text in shop.sent)


@pytest.mark.parametrize("tool", TOOLS)
def test_whoever_consents_and_refuses_nothing_is_sendable(shop, tool):
    rows = shop.tables[tool]
    assert [key for key in shop.clean if not rows[key]["is_sendable"]] == []


def sendable(shop, *customer_ids):
    rows = shop.tables["klaviyo"]
    return [key for key in customer_ids if key in rows and rows[key]["is_sendable"]]


def test_of_merged_contacts_the_row_that_refuses_counts(shop):
    assert sendable(shop, "merged a", "merged 06", "merged 01") == []
    assert not {"zz@example.com", "aa@example.com"} & shop.sent


def test_a_refusal_in_a_tools_own_words_is_understood(shop):
    assert sendable(shop, "tool 0", "tool 1", "tool 2") == []


def test_an_address_with_a_tab_is_that_without_it(shop):
    assert sendable(shop, "tab 1", "tab 2", "tab 3", "tab 4") == []
    assert sendable(shop, "tab 5") == ["tab 5"]
    assert shop.tables["klaviyo"]["tab 5"]["email"] == "alone@example.com"


def test_a_refusal_taken_back_on_a_later_day_is_over(shop):
    assert sendable(shop, "back") == ["back"]


def test_a_refusal_after_the_snapshot_stops_what_is_sent_today(shop):
    assert sendable(shop, "after") == []
    assert shop.tables["profiles"]["after"]["suppress_reason"] == "withdrawn"


# -- words that are not known, and the other connector ----------------------


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, write_shop, build_shop):
    """What is said of consents, flags and mail events in words that nobody knows."""
    database = tmp_path_factory.mktemp("unknown") / "unknown.duckdb"
    write_shop(
        database,
        {
            "customers": """
                select *,
                    customer_id || '@example.com' as email,
                    case customer_id when 'c1' then 2.0 when 'c2' then -1
                        when 'c3' then 0.5 when 'c4' then 'nan'::double else 1 end
                        as has_email_consent,
                    case customer_id when 'c1' then 'x@example.com' else 'Yes' end
                        as has_sms_consent,
                    case customer_id when 'c1' then 'maybe' else 'no' end
                        as is_test_account
                from smallest
            """,
            "email_events": """
                select 'e' || i as email_event_id, 'c' || i as customer_id,
                    timestamp '2024-03-01' as occurred_at,
                    case when i < 3 then 'desabonnement' when i = 3 then 'spam-ish'
                        else 'Opened Email' end as event_type
                from range(10) as numbers(i)
            """,
        },
    )
    process = build_shop(
        {
            "segmentation_connector": "native",
            "segmentation_schema": "raw",
            "segmentation_tables": {"email_events": "email_events"}
            | {name: name for name in ("customers", "orders", "order_lines")},
        },
        database,
        ("build", *NO_TESTS, "-s", "+int_refusals__collected"),
        check=False,
    )
    assert process.returncode != 0
    with duckdb.connect(str(database), read_only=True) as connection:
        built = connection.execute(
            "select table_name from information_schema.tables"
            " where table_name = 'int_refusals__collected'"
        ).fetchall()
    assert built == []
    return re.sub(r"\s+", " ", process.stdout)


@pytest.mark.parametrize(
    "message",
    [
        "column has_email_consent of customers holds 3 words that segmentation_words "
        "does not know, and that could be a refusal: "
        '"-1.0" (1 rows), "0.5" (1 rows), "2.0" (1 rows)',
        "column has_sms_consent of customers holds 1 word that segmentation_words does "
        'not know, and that could be a refusal: "(an address)" (1 rows)',
        "column is_test_account of customers holds 1 word that segmentation_words does "
        'not know, and that could be a refusal: "maybe" (1 rows)',
        "column event_type of email_events holds 2 words that segmentation_words does "
        'not know, and that could be a refusal: "desabonnement" (3 rows), "spam-ish" '
        "(1 rows)",
        "in segmentation_refs: {words: my_words}",
    ],
)
def test_a_word_that_could_be_a_refusal_stops_the_build_and_is_named(stopped, message):
    assert message in stopped


def test_a_customer_summary_refuses_like_any_other_row(
    tmp_path, write_shop, build_shop, query
):
    database = tmp_path / "summaries.duckdb"
    said_no = {
        "row": "('row', 'row@example.com', 'no', 1, null)",
        "second row": "('second row', 'second@example.com', 'yes', 1, null),"
        "('second row', 'second@example.com', 'Unsubscribed', 2, null)",
        "other account": "('other account', 'other@example.com', 'yes', 1, null),"
        "('one more', E' Other@example.com\\t', '0', 1, null)",
        # a row that the connector rejects: an amount without orders
        "rejected row": "('rejected row', 'rejected@example.com', 'yes', 1, null),"
        "('rejected row', 'rejected@example.com', 'opt-out', 0, null)",
        "nobody's row": "('nobody''s row', 'nobody@example.com', 'yes', 1, null),"
        "(null, 'nobody@example.com', 'false', 1, null)",
        "erased": "('erased', 'erased@example.com', 'yes', 1, null), ('gone', "
        "'erased@example.com', 'yes', 1, timestamp '2024-01-01')",
    }
    rows = ", ".join([*said_no.values(), "('clean', 'c@example.com', 'yes', 1, null)"])
    write_shop(
        database,
        dict.fromkeys(["customers", "orders", "order_lines"])
        | {
            "customer_summaries": f"""
                select *, 10 as total_amount, timestamp '2024-06-01' as last_ordered_at
                from (values {rows}) as summaries (
                    customer_id, email, has_email_consent, n_orders, erased_at
                )
            """
        },
    )
    build_shop(
        {
            "segmentation_connector": "customer_summary",
            "segmentation_schema": "raw",
            "segmentation_tables": {"customer_summaries": "customer_summaries"},
        },
        database,
        ("build", *NO_TESTS, "-s", "+int_customer_snapshots__consented"),
    )
    found = dict(
        query(
            database,
            "select customer_id, has_email_consent"
            " from shop.int_customer_snapshots__consented",
        )
    )
    assert found.pop("clean")
    assert said_no.keys() <= found.keys()
    assert not any(found.values())
