"""Nobody who has said no in Klaviyo is written to, however Klaviyo's tables say it.

One shop of 4,000 customers, drawn from a seed, who refuse in the ways that profiles,
suppressions, lists and events know, beside those who refuse nothing. Judged by an
oracle that reads the rows alone.
"""

import random
from datetime import datetime
from types import SimpleNamespace

import duckdb
import pytest
from conftest import NO_TESTS
from test_refusals import Shop, canonical_address, canonical_phone

N_CUSTOMERS = 4_000
SEED = 20240102
EXTRACTED_AT = datetime(2024, 7, 20)
SUBSCRIBED_AT = datetime(2024, 3, 1, 12)
BEFORE, AFTER = datetime(2024, 1, 5), datetime(2024, 5, 5)
NO_DAYS = [None, AFTER, datetime(2031, 1, 1), datetime(1, 1, 2), SUBSCRIBED_AT]
REFUSING_METRICS = [
    "Unsubscribed", "Unsubscribed from Email Marketing", "Unsubscribed from List",
    "Marked Email as Spam", "Bounced Email", "Dropped Email", "unsubscribed ",
    "Opted Out", "Email Spam",
]  # fmt: skip
HARMLESS_METRICS = [
    "Received Email", "Opened Email", "Clicked Email", "Placed Order",
    "Subscribed to List", "Active on Site", "Received SMS",
    "Unsubscribed from WhatsApp",
]  # fmt: skip
SMS_METRICS = ["Unsubscribed from SMS", "Unsubscribed from SMS Marketing"]
CONSENT = "subscriptions_{0}_marketing_consent"
GIVEN_AT = "subscriptions_{0}_marketing_timestamp"
RECEIVED = "subscriptions_{0}_marketing_can_receive_{0}_marketing"
TABLES = {
    "person": {
        "id": "varchar", "external_id": "varchar", "email": "varchar",
        "phone_number": "varchar", "subscriptions_email_marketing_consent": "varchar",
        "subscriptions_email_marketing_timestamp": "timestamp",
        "subscriptions_email_marketing_can_receive_email_marketing": "boolean",
        "subscriptions_sms_marketing_consent": "varchar",
        "subscriptions_sms_marketing_timestamp": "timestamp",
        "subscriptions_sms_marketing_can_receive_sms_marketing": "boolean",
        "_fivetran_deleted": "boolean",
    },
    "event": {
        "id": "varchar", "person_id": "varchar", "metric_id": "varchar",
        "type": "varchar", "timestamp": "timestamp", "_fivetran_deleted": "boolean",
    },
    "metric": {"id": "varchar", "name": "varchar"},
    "global_exclusion": {
        "person_id": "varchar", "reason": "varchar", "timestamp": "timestamp",
        "_fivetran_deleted": "boolean",
    },
    "list_exclusion": {
        "id": "varchar", "list_id": "varchar", "created": "timestamp",
        "_fivetran_deleted": "boolean",
    },
}  # fmt: skip


# -- the shop ---------------------------------------------------------------


class Tables:
    """Rows of the shop's customers and of Klaviyo's tables."""

    def __init__(self, seed):
        self.shop = Shop(seed)
        self.draw = random.Random(seed)
        self.rows = {name: [] for name in ("customers", *TABLES)}
        # customers of whom all is well
        self.clean = set()
        self.rows["metric"] = [
            {"id": name, "name": name}
            for name in REFUSING_METRICS + HARMLESS_METRICS + SMS_METRICS
        ]

    def person(
        self,
        person_id,
        email_consent="SUBSCRIBED",
        email_at=SUBSCRIBED_AT,
        email_received=None,
        sms_consent="SUBSCRIBED",
        sms_received=None,
        **columns,
    ):
        row = {
            "id": person_id,
            CONSENT.format("email"): email_consent,
            GIVEN_AT.format("email"): email_at,
            RECEIVED.format("email"): email_received,
            CONSENT.format("sms"): sms_consent,
            GIVEN_AT.format("sms"): SUBSCRIBED_AT,
            RECEIVED.format("sms"): sms_received,
            "_fivetran_deleted": self.draw.choice([False, None]),
        }
        self.rows["person"].append(row | columns)

    def event(self, person_id, metric, at, **columns):
        self.rows["event"].append(
            {
                "id": f"e{len(self.rows['event'])}",
                "person_id": person_id,
                # an event of a metric that is not landed has its name all the same
                "metric_id": metric if self.draw.random() < 0.8 else "lost",
                "type": metric,
                "timestamp": at,
            }
            | columns
        )

    def exclude(self, person_id, at, deleted=False):
        reason = self.draw.choice(["unsubscribed", "bounced", None, "manual"])
        self.rows["global_exclusion"].append(
            {
                "person_id": person_id,
                "reason": reason,
                "timestamp": at,
                "_fivetran_deleted": deleted,
            }
        )

    def leave_list(self, person_id, at):
        self.rows["list_exclusion"].append(
            {"id": person_id, "list_id": self.draw.choice("ab"), "created": at}
        )

    def add_customer(self, number):
        customer_id, person_id = f"c{number}", f"p{number}"
        address = f"{customer_id}.name@mail{number % 7}.example.com"
        phone = f"+44{2_000_000_000 + number}"
        own = self.draw.choice([None, None, None, "yes"])
        self.rows["customers"].append(
            {
                "customer_id": customer_id,
                "first_seen_at": "2023-01-01",
                "email": address,
                "phone": phone,
                "has_email_consent": own,
                "has_sms_consent": own,
            }
        )
        mine = {
            "email": self.shop.disguised_address(address),
            "phone_number": self.shop.disguised_phone(phone),
            "external_id": self.draw.choice([customer_id, None, "somebody else"]),
        }
        if self.draw.random() < 0.3:
            received = self.draw.choice([True, None])
            self.person(
                person_id, **mine, email_received=received, sms_received=received
            )
            self.clean.add(customer_id)
            self.event(person_id, self.draw.choice(HARMLESS_METRICS), AFTER)
            self.add_what_is_over(person_id)
            return
        ways = [
            self.by_word, self.by_suppression, self.by_flag, self.by_event,
            self.by_what_is_over_and_stands, self.by_list, self.by_other_profile,
            self.by_id_alone, self.by_sms, self.by_sms_event, self.by_nothing,
        ]  # fmt: skip
        self.draw.choice(ways)(customer_id, person_id, mine)

    def add_what_is_over(self, person_id):
        """What was refused before the subscription, and is taken back by it."""
        choice = self.draw.randrange(5)
        if choice == 0:
            self.exclude(person_id, BEFORE, deleted=True)
        elif choice == 1:
            self.leave_list(person_id, BEFORE)
        elif choice == 2:
            self.event(person_id, self.draw.choice(SMS_METRICS), BEFORE)

    def some_no(self):
        return self.draw.choice(
            ["UNSUBSCRIBED", "Unsubscribed ", "NEVER_SUBSCRIBED", "never subscribed",
             "\u00a0unsubscribed", "SUPPRESSED"]
        )  # fmt: skip

    def by_word(self, customer_id, person_id, mine):
        at = self.draw.choice([BEFORE, *NO_DAYS])
        self.person(
            person_id,
            **mine,
            email_consent=self.some_no(),
            email_at=at,
            _fivetran_deleted=self.draw.choice([True, False, None]),
        )

    def by_suppression(self, customer_id, person_id, mine):
        self.person(person_id, **mine)
        self.exclude(person_id, self.draw.choice([BEFORE, *NO_DAYS]))

    def by_flag(self, customer_id, person_id, mine):
        word = self.draw.choice(["SUBSCRIBED", None])
        self.person(person_id, **mine, email_received=False, email_consent=word)

    def by_event(self, customer_id, person_id, mine):
        self.person(person_id, **mine)
        self.event(
            person_id,
            self.draw.choice(REFUSING_METRICS),
            self.draw.choice(NO_DAYS),
            _fivetran_deleted=self.draw.choice([True, False, None]),
        )

    def by_what_is_over_and_stands(self, customer_id, person_id, mine):
        """A suppression that was lifted, and no subscription that can be told later."""
        kind = self.draw.randrange(3)
        if kind == 0:
            self.person(person_id, **mine)
            self.exclude(person_id, self.draw.choice(NO_DAYS[:3]), deleted=True)
        elif kind == 1:
            at = self.draw.choice([None, datetime(2031, 1, 1)])
            self.person(person_id, **mine, email_at=at)
            self.exclude(person_id, BEFORE, deleted=True)
        else:
            self.person(person_id, **mine, _fivetran_deleted=True)
            self.exclude(person_id, BEFORE, deleted=True)

    def by_list(self, customer_id, person_id, mine):
        self.person(person_id, **mine)
        self.leave_list(person_id, self.draw.choice(NO_DAYS[:3]))

    def by_other_profile(self, customer_id, person_id, mine):
        """A second profile of the address or the number, such as one merged later."""
        self.person(person_id, **mine)
        other = f"other {person_id}"
        email, phone = mine["email"], None
        if self.draw.random() < 0.3:
            email, phone = None, mine["phone_number"]
        gone = self.draw.choice([True, False])
        contact = {"email": email, "phone_number": phone, "_fivetran_deleted": gone}
        kind = self.draw.randrange(3)
        if kind == 0:
            self.person(other, **contact, email_consent=self.some_no())
        elif kind == 1:
            self.person(other, **contact)
            self.exclude(other, self.draw.choice(NO_DAYS))
        else:
            self.person(other, **contact, email_consent=None)
            if email or self.draw.random() < 0.5:
                self.event(
                    other, self.draw.choice(REFUSING_METRICS), self.draw.choice(NO_DAYS)
                )
            else:
                self.exclude(other, None)

    def by_id_alone(self, customer_id, person_id, mine):
        """A profile without address, which the shop has given the customer's id."""
        self.person(person_id, **mine)
        other = f"unnamed {person_id}"
        self.person(other, external_id=f" {customer_id}\t", email=None)
        self.exclude(other, self.draw.choice(NO_DAYS))

    def by_sms(self, customer_id, person_id, mine):
        columns = self.draw.choice(
            [{"sms_consent": self.some_no()}, {"sms_received": False}]
        )
        self.person(person_id, **mine, **columns)

    def by_sms_event(self, customer_id, person_id, mine):
        self.person(person_id, **mine)
        at = self.draw.choice(NO_DAYS[:3])
        self.event(person_id, self.draw.choice(SMS_METRICS), at)

    def by_nothing(self, customer_id, person_id, mine):
        """No profile, one that says nothing, or one that is gone."""
        kind = self.draw.randrange(3)
        if kind == 1:
            self.person(person_id, **mine, email_consent=None, sms_consent=None)
        elif kind == 2:
            self.person(person_id, **mine, _fivetran_deleted=True)


# -- the oracle -------------------------------------------------------------


def says_yes(person, channel):
    """Whether a profile consents, whatever else is on record."""
    return (
        (person[CONSENT.format(channel)] or "").strip().upper() == "SUBSCRIBED"
        and person[RECEIVED.format(channel)] is not False
        and not person.get("_fivetran_deleted")
    )


def came_back(person, channel, refused_at):
    """Whether a profile subscribed for certain after something was refused."""
    given_at = person[GIVEN_AT.format(channel)]
    return bool(
        says_yes(person, channel)
        and given_at
        and given_at <= EXTRACTED_AT
        and refused_at
        and refused_at < given_at
    )


def profiles_that_refuse(rows):
    """{channel: ids of profiles}, of all who must not be written to."""
    people = {row["id"]: row for row in rows["person"]}
    refusing = {"email": set(), "sms": set()}
    for channel, ids in refusing.items():
        for row in people.values():
            word = (row[CONSENT.format(channel)] or "").replace("\u00a0", " ").strip()
            if word and word.upper() != "SUBSCRIBED":
                ids.add(row["id"])
            if row[RECEIVED.format(channel)] is False:
                ids.add(row["id"])
    for row in rows["global_exclusion"]:
        person = people[row["person_id"]]
        is_over = row["_fivetran_deleted"]
        if not (is_over and came_back(person, "email", row["timestamp"])):
            refusing["email"].add(person["id"])
    for row in rows["list_exclusion"]:
        person = people[row["id"]]
        if not came_back(person, "email", row["created"]):
            refusing["email"].add(person["id"])
    for row in rows["event"]:
        person, name = people[row["person_id"]], row["type"]
        channel = "sms" if name in SMS_METRICS else "email"
        if name in REFUSING_METRICS + SMS_METRICS:
            if not came_back(person, channel, row["timestamp"]):
                refusing[channel].add(person["id"])
    return {channel: [people[key] for key in ids] for channel, ids in refusing.items()}


def customers_who_refuse(rows):
    """{channel: ids of customers} who refuse by an address, a number or their id."""
    refused = {}
    for channel, people in profiles_that_refuse(rows).items():
        addresses = {canonical_address(row.get("email")) for row in people} - {None}
        phones = {canonical_phone(row.get("phone_number")) for row in people} - {None}
        ids = {(row.get("external_id") or "").strip() for row in people}
        refused[channel] = {
            row["customer_id"]
            for row in rows["customers"]
            if row["customer_id"] in ids
            or canonical_address(row["email"]) in addresses
            or canonical_phone(row["phone"]) in phones
        }
    return refused


def customers_who_consent(rows):
    """{channel: ids of customers} for whose address or number there is a consent."""
    consents = {}
    for channel, column, canonical in (
        ("email", "email", canonical_address),
        ("sms", "phone_number", canonical_phone),
    ):
        given = {
            canonical(row.get(column))
            for row in rows["person"]
            if says_yes(row, channel)
        }
        own = "email" if channel == "email" else "phone"
        consents[channel] = {
            row["customer_id"]
            for row in rows["customers"]
            if row[f"has_{channel}_consent"] == "yes" or canonical(row[own]) in given
        }
    return consents


# -- the test ---------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory, write_shop, build_shop):
    """The built shop: its rows, and who may be written to by channel."""
    drawn = Tables(SEED)
    for number in range(N_CUSTOMERS):
        drawn.add_customer(number)
    database = tmp_path_factory.mktemp("klaviyo") / "shop_of_klaviyo.duckdb"
    write_shop(database, dict.fromkeys(["customers", "orders", "order_lines"]))
    columns = {"customers": dict.fromkeys(drawn.rows["customers"][0], "varchar")}
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema klaviyo")
        for name, kinds in (columns | TABLES).items():
            schema = "raw" if name == "customers" else "klaviyo"
            spelt = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
            connection.execute(f'create table {schema}."{name}" ({spelt})')
            values = {
                column: [row.get(column) for row in drawn.rows[name]]
                for column in kinds
            }
            places = ", ".join(
                f"cast(unnest(${column}) as {kind})" for column, kind in kinds.items()
            )
            connection.execute(f'insert into {schema}."{name}" select {places}', values)
        connection.execute(
            "create table raw.orders as select 'o' || customer_id as order_id,"
            " customer_id, timestamp '2024-06-01 10:00' + to_days(cast("
            "hash(customer_id) % 30 as integer)) as ordered_at from raw.customers"
        )
        connection.execute(
            "create table raw.order_lines as select 'l' || order_id as order_line_id,"
            " order_id, 1 as quantity, 10 as unit_price from raw.orders"
        )
    build_shop(
        {
            "segmentation_connector": ["native", "klaviyo_fivetran"],
            "segmentation_schema": "raw",
            "segmentation_schemas": {"klaviyo_fivetran": "klaviyo"},
            "segmentation_extracted_at": f"{EXTRACTED_AT}",
            "segmentation_history_snapshots": 1,
        },
        database,
        ("build", *NO_TESTS, "-s", "+int_customer_snapshots__consented"),
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "select customer_id, has_email_consent, has_sms_consent"
            " from shop.int_customer_snapshots__consented"
        ).fetchall()
    return SimpleNamespace(
        rows=drawn.rows,
        clean=drawn.clean,
        refused=customers_who_refuse(drawn.rows),
        consenting=customers_who_consent(drawn.rows),
        n_customers=len(found),
        sendable={
            "email": {customer_id for customer_id, email, _ in found if email},
            "sms": {customer_id for customer_id, _, sms in found if sms},
        },
    )


def test_thousands_of_customers_are_tried(shop):
    n_refused = {channel: len(ids) for channel, ids in shop.refused.items()}
    print(f"\n{shop.n_customers} customers, refused: {n_refused}")
    assert shop.n_customers == N_CUSTOMERS
    assert n_refused["email"] > 1_500 and n_refused["sms"] > 300
    assert len(shop.clean) > 1_000


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_nobody_who_refused_in_klaviyo_is_written_to(shop, channel):
    assert sorted(shop.refused[channel] & shop.sendable[channel]) == []


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_nobody_is_written_to_for_whose_contact_there_is_no_consent(shop, channel):
    assert sorted(shop.sendable[channel] - shop.consenting[channel]) == []


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_whoever_subscribed_and_refuses_nothing_is_written_to(shop, channel):
    assert shop.clean & shop.refused[channel] == set()
    assert sorted(shop.clean - shop.sendable[channel]) == []
