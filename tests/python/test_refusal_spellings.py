"""A refusal closes whom it means, however address, number, id or channel are spelt.

Each spelling is planted for customers of its own, in each input that can refuse, beside
neighbours who differ by a letter or a digit and refuse nothing. What is expected is
said by hand here; no code is shared with the models.
"""

import hashlib
from types import SimpleNamespace

import duckdb
import pytest

CHANNELS = ("email", "sms", "push")
# {name: (what the customer's row has, what the refusal has)}; # is a number of its own
ADDRESSES = {
    "as it is": ("ann#@example.com", "ann#@example.com"),
    "upper case": ("ann#@example.com", "ANN#@EXAMPLE.COM"),
    "spaces around": ("ann#@example.com", "  ann#@example.com \t"),
    "spaces at the @": ("ann#@example.com", "ann# @ example.com"),
    "space of no width": ("ann#@example.com", "ann#\u200b@example.com\ufeff"),
    "soft hyphen": ("ann#@example.com", "an\u00adn#@example.com"),
    "full width": ("ann#@example.com", "ａｎｎ#＠ｅｘａｍｐｌｅ．ｃｏｍ"),
    "full width @": ("ann#@example.com", "ann#＠example.com"),
    "ideographic stop": ("ann#@example.com", "ann#@example。com"),
    "mailto": ("ann#@example.com", "mailto:ann#@example.com"),
    "mailto with a subject": ("ann#@example.com", "mailto:ann#@example.com?subject=no"),
    "mailto, escaped": ("ann#@example.com", "mailto:ann#%40example.com"),
    "name before": ("ann#@example.com", "Ann <ann#@example.com>"),
    "quoted name": ("ann#@example.com", '"Lee, Ann" <ann#@example.com>'),
    "whole in quotes": ("ann#@example.com", '"Ann <ann#@example.com>"'),
    "address in quotes": ("ann#@example.com", "'ann#@example.com'"),
    "quote before": ("ann#@example.com", "'ann#@example.com"),
    "quoted local part": ("ann#@example.com", '"ann#"@example.com'),
    "curly quotes": ("ann#@example.com", "\u201cann#@example.com\u201d"),
    "escaped brackets": ("ann#@example.com", "Ann &lt;ann#@example.com&gt;"),
    "name after": ("ann#@example.com", "ann#@example.com (Ann Lee)"),
    "in brackets": ("ann#@example.com", "(ann#@example.com)"),
    "comment": ("ann#@example.com", "ann#(work)@example.com"),
    "at and dot in words": ("ann#@example.com", "ann#[at]example[dot]com"),
    "stop at the end": ("ann#@example.com", "ann#@example.com."),
    "comma at the end": ("ann#@example.com", "ann#@example.com,"),
    "two @": ("ann#@example.com", "ann#@@example.com"),
    "two stops": ("ann.lee#@example.com", "ann..lee#@example.com"),
    "label before": ("ann#@example.com", "E-Mail: ann#@example.com"),
    "first of two": ("ann#@example.com", "ann#@example.com; bob#@example.com"),
    "second of two": ("ann#@example.com", "bob#@example.com; ann#@example.com"),
    "after a comma": ("ann#@example.com", "bob#@example.com,ann#@example.com"),
    "after a slash": ("ann#@example.com", "bob#@example.com/ann#@example.com"),
    "after a line": ("ann#@example.com", "bob#@example.com\nann#@example.com"),
    "after a space": ("ann#@example.com", "bob#@example.com ann#@example.com"),
    "second with a name": (
        "ann#@example.com",
        "Bo <bo#@example.com>, An <ann#@example.com>",
    ),
    "of many": ("ann#@example.com", "x, " * 40 + "ann#@example.com"),
    "refused with +": ("ann#@example.com", "ann#+shop@example.com"),
    "refused without +": ("ann#+shop@example.com", "ann#@example.com"),
    "another +": ("ann#+shop@example.com", "ann#+news@example.com"),
    "gmail, dots": ("annlee#@gmail.com", "a.nn.lee#@gmail.com"),
    "gmail, no dots": ("ann.lee#@gmail.com", "annlee#@gmail.com"),
    "googlemail": ("ann.lee#@gmail.com", "annlee#+x@googlemail.com"),
    "gmail of googlemail": ("ann.lee#@googlemail.com", "AnnLee#@gmail.com"),
    "icloud": ("ann#@icloud.com", "ann#@me.com"),
    "proton": ("ann#@proton.me", "ann#@protonmail.com"),
    "letters of another script": ("ann#@xn--mller-kva.example", "ann#@müller.example"),
    "the same in parts": ("ann#@xn--mller-kva.example", "ann#@mu\u0308ller.example"),
    "upper case of these": ("ann#@xn--mller-kva.example", "ANN#@MÜLLER.EXAMPLE"),
    "another script": ("ann#@xn--r8jz45g.example", "ann#@例え.example"),
    "SHA-256": ("ann#@example.com", None),
}
NUMBERS = {
    "as it is": ("+447700#", "+447700#"),
    "trunk nought": ("+447700#", "07700#"),
    "trunk nought and spaces": ("+447700#", "07700 #"),
    "00": ("+447700#", "00447700#"),
    "00 and spaces": ("+447700#", "0044 7700 #"),
    "(0)": ("+447700#", "+44 (0)7700 #"),
    "( 0 )": ("+447700#", "+44 ( 0 ) 7700 #"),
    "0 after the code": ("+447700#", "+44 07700 #"),
    "0 after the code, in one": ("+447700#", "+4407700#"),
    "in brackets": ("+447700#", "(07700) #"),
    "stops": ("+447700#", "07700.#"),
    "hyphens": ("+447700#", "07700-#"),
    "long hyphens": ("+447700#", "07700\u2013#"),
    "slash": ("+447700#", "07700/#"),
    "no plus": ("+447700#", "447700#"),
    "no nought": ("+447700#", "7700#"),
    "plus and nought": ("+447700#", "+07700#"),
    "another exit code": ("+447700#", "011 44 7700 #"),
    "extension": ("+447700#", "07700 # ext 5"),
    "extension x": ("+447700#", "+447700#x12"),
    "extension in a URI": ("+447700#", "tel:+447700#;ext=5"),
    "label": ("+447700#", "Tel. 07700 #"),
    "mobile in brackets": ("+447700#", "07700 # (mobile)"),
    "full width": ("+447700#", "＋４４ ７７００ #"),
    "Arabic digits": ("+447700#", "٠٧٧٠٠ #"),
    "spaces of no width": ("+447700#", "\u202a+447700#\u202c"),
    "of a double": ("+447700#", "447700#.0"),
    "first of two": ("+447700#", "07700 #; 07999 100100"),
    "second of two": ("+447700#", "020 7946 0999 / 07700 #"),
    "second with +": ("+447700#", "+44 20 7946 0998 +44 7700 #"),
    "two with a space": ("+447700#", "07700# 02079460997"),
    "after or": ("+447700#", "02079460996 or 07700 #"),
    "after a line": ("+447700#", "02079460995\n07700 #"),
    "customer without code": ("07700 #", "+44 7700 #"),
    "neither with code": ("07700#", "7700 #"),
    "one with, no plus": ("07700#", "447700 #"),
    "eight digits": ("+4533#", "33 #"),
    "seven digits": ("+35441#", "41 #"),
    "no area code": ("+14155#", "55 #"),
    "another trunk": ("+7916#", "8 (916) #"),
    "SHA-256": ("+447700#", None),
}  # fmt: skip
# how many digits stand for the #
N_DIGITS = {"seven digits": 5, "no area code": 5, "another trunk": 7}
IDS = {
    "as it is": ("c#", "c#"),
    "upper case": ("c#", "C#"),
    "white space": ("c#", " c#\t"),
    "space within": ("c#", "c #"),
    "noughts before": ("7#", "0007#"),
    "without noughts": ("0008#", "8#"),
    "of a double": ("9#", "9#.0"),
    "number sign": ("6#", "#6#"),
    "of Shopify": ("5#", "gid://shopify/Customer/5#"),
}
# what the refusal says, and what it closes
CHANNEL_WORDS = {
    "text": ["sms"], "SMS ": ["sms"], "sms": ["sms"], "Text Message": ["sms"],
    "phone": ["sms"], "e-mail": ["email"], "E-Mail ": ["email"],
    "Newsletter": ["email"],
    "App Push": ["push"], "web_push": ["push"], "Whatsapp": CHANNELS, None: CHANNELS,
    "all": CHANNELS, "": CHANNELS, "email, sms": CHANNELS, "marketing": CHANNELS,
    "none": CHANNELS, "ALL CHANNELS": CHANNELS,
}  # fmt: skip
# who is somebody else, whatever is alike
OTHERS = {
    "another name": ("anne1@other.example", "ann1@other.example"),
    "dots elsewhere": ("a.nn2@other.example", "ann2@other.example"),
    "another domain": ("ann3@other.example", "ann3@another.example"),
    "without umlaut": ("ann4@mller.example", "ann4@müller.example"),
    "umlaut at the other place": ("ann5@xn--mller-kva.example", "ann5@möllre.example"),
    "both with code": ("+4512345678", "+4712345678"),
    "code of three": ("+35312345671", "+35412345671"),
    "another number": ("+447700800123", "07700 800124"),
    "six digits": ("+447700811123", "811123"),
    "an id like a number": ("+447700822123", "7700822123 as id"),
}
COLUMNS = {
    "customers": [
        "customer_id", "email", "phone", "has_email_consent", "has_sms_consent",
        "has_push_consent",
    ],
    "consents": [
        "consent_id", "customer_id", "email", "phone", "channel", "decision",
    ],
    "email_events": ["email_event_id", "customer_id", "email", "event_type"],
}  # fmt: skip


class Shop:
    """Rows of the inputs, and who is closed to what by them."""

    def __init__(self):
        self.rows = {name: [] for name in COLUMNS}
        # {customer: channels that are closed}
        self.closed = {}
        self.n_cases = 0

    def customer(self, customer_id, closed=(), **contact):
        yes = {f"has_{channel}_consent": "yes" for channel in CHANNELS}
        self.rows["customers"].append({"customer_id": customer_id} | yes | contact)
        self.closed[customer_id] = set(closed)

    def consent(self, channel, **contact):
        row = {"consent_id": f"k{len(self.rows['consents'])}", "channel": channel}
        self.rows["consents"].append(row | {"decision": "no"} | contact)

    def event(self, **contact):
        row = {"email_event_id": f"e{len(self.rows['email_events'])}"}
        self.rows["email_events"].append(row | {"event_type": "bounce"} | contact)

    def row_that_refuses(self, **contact):
        no = {f"has_{channel}_consent": "no" for channel in CHANNELS}
        self.rows["customers"].append({"customer_id": None} | no | contact)


def numbered(text, number, n_digits=6):
    return text.replace("#", f"{number:0{n_digits}d}")


def hashed(text):
    return hashlib.sha256(text.lstrip("+").encode()).hexdigest()


def plant(shop):
    """Plant all spellings."""
    refusals = ("consents", "customers", "email_events")
    number = 1000
    for name, (mine, theirs) in ADDRESSES.items():
        for entity in refusals:
            number += 7
            address = numbered(mine, number)
            said = numbered(theirs, number) if theirs else hashed(address)
            key = f"address, {name}, {entity}"
            closed = {"email"} if entity == "email_events" else CHANNELS
            shop.customer(key, closed, email=address)
            shop.customer(f"beside {key}", email=numbered(mine, number + 1))
            if entity == "consents":
                shop.consent("all", email=said)
            elif entity == "customers":
                shop.row_that_refuses(email=said)
            else:
                shop.event(email=said)
    for name, (mine, theirs) in NUMBERS.items():
        for entity in refusals[:2]:
            number += 7
            n_digits = N_DIGITS.get(name, 6)
            phone = numbered(mine, number, n_digits)
            said = numbered(theirs, number, n_digits) if theirs else hashed(phone)
            key = f"number, {name}, {entity}"
            shop.customer(key, CHANNELS, phone=phone)
            shop.customer(f"beside {key}", phone=numbered(mine, number + 1, n_digits))
            if entity == "consents":
                shop.consent("all", phone=said)
            else:
                shop.row_that_refuses(phone=said)
    for mine, theirs in IDS.values():
        for entity in ("consents", "email_events"):
            number += 7
            key = numbered(mine, number)
            closed = {"email"} if entity == "email_events" else CHANNELS
            shop.customer(key, closed)
            shop.customer(numbered(mine, number + 1))
            # the first # may be meant
            head, _, tail = theirs.rpartition("#")
            said = f"{head}{number:06d}{tail}"
            if entity == "consents":
                shop.consent("all", customer_id=said)
            else:
                shop.event(customer_id=said)
    for place, (word, closed) in enumerate(CHANNEL_WORDS.items()):
        shop.customer(f"channel {place}", closed)
        shop.consent(word, customer_id=f"channel {place}")
    # an address for an id, a number among addresses, an address among numbers
    shop.customer("id@example.com", CHANNELS)
    shop.consent("all", email="Id@Example.com")
    shop.customer("by its id", CHANNELS, email="as.id@example.com")
    shop.consent("all", customer_id="AS.ID@example.com")
    shop.customer("number in email", CHANNELS, phone="+447700833123")
    shop.consent("all", email="07700 833123")
    shop.customer("address in phone", CHANNELS, email="inphone@example.com")
    shop.consent("all", phone="inphone@example.com 020 7946 0994")
    for name, (mine, theirs) in OTHERS.items():
        kind = "email" if "@" in mine else "phone"
        shop.customer(f"not {name}", **{kind: mine})
        if theirs.endswith(" as id"):
            shop.consent("all", customer_id=theirs.removesuffix(" as id"))
        else:
            shop.consent("all", **{kind: theirs})
    # consent is not widened
    shop.customer("yes to +", CHANNELS, email="yes@example.com")
    shop.rows["customers"][-1] |= {f"has_{name}_consent": None for name in CHANNELS}
    for address in ("yes+shop@example.com", "yes@example.com; x@example.com"):
        shop.consent("email", email=address)
        shop.rows["consents"][-1]["decision"] = "yes"
    # names nobody
    for contact in (
        {"email": "no address"}, {"phone": "900123"}, {"phone": "4.477E+11"},
        {"customer_id": "nobody"}, {}, {"email": "ann@example,com"},
    ):  # fmt: skip
        shop.consent("sms", **contact)


@pytest.fixture(scope="module")
def shop(tmp_path_factory, write_shop, build_shop):
    """What is planted and what came of it."""
    planted = Shop()
    plant(planted)
    database = tmp_path_factory.mktemp("spellings") / "spellings.duckdb"
    write_shop(database, dict.fromkeys(["customers", "orders", "order_lines"]))
    with duckdb.connect(str(database)) as connection:
        for name, columns in COLUMNS.items():
            day = {"customers": "first_seen_at", "consents": "decided_at"}.get(
                name, "occurred_at"
            )
            spelt = ", ".join(f"{column} varchar" for column in columns)
            connection.execute(f"create table raw.{name} ({spelt})")
            places = ", ".join(f"unnest(${column})" for column in columns)
            connection.execute(
                f"insert into raw.{name} select {places}",
                {
                    column: [row.get(column) for row in planted.rows[name]]
                    for column in columns
                },
            )
            connection.execute(
                f"alter table raw.{name} add column {day} timestamp"
                " default timestamp '2024-01-02'"
            )
        connection.execute("""
            create table raw.orders as
            select 'o' || customer_id as order_id, customer_id,
                timestamp '2024-06-01 10:00' as ordered_at
            from raw.customers where customer_id is not null
        """)
        connection.execute("""
            create table raw.order_lines as
            select 'l' || order_id as order_line_id, order_id, 1 as quantity,
                10 as unit_price
            from raw.orders
        """)
    process = build_shop(
        {
            "segmentation_connector": "native",
            "segmentation_schema": "raw",
            "segmentation_tables": {
                name: name for name in [*COLUMNS, "orders", "order_lines"]
            },
            "segmentation_extracted_at": "2024-07-20 00:00:00",
            "segmentation_history_snapshots": 1,
        },
        database,
        (
            "build", "--exclude-resource-type", "unit_test",
            "-s", "+int_customer_refusals__matched", "int_refusals__unread",
            "int_customer_consents__resolved", "+int_customers__known",
        ),
        check=False,
    )  # fmt: skip
    with duckdb.connect(str(database), read_only=True) as connection:
        closed = {}
        for customer_id, channel in connection.execute(
            "select customer_key, channel from shop.int_customer_refusals__matched"
        ).fetchall():
            closed.setdefault(customer_id, set()).add(channel)
        unread = connection.execute(
            "select unread_reason, sum(n_rows) from shop.int_refusals__unread"
            " where channel = 'sms' group by 1"
        ).fetchall()
        consented = connection.execute(
            "select customer_id from shop.int_customer_consents__resolved"
            " where email_consented_on is not null"
        ).fetchall()
    return SimpleNamespace(
        expected=planted.closed,
        closed=closed,
        unread=dict(unread),
        consented={row[0] for row in consented},
        said=process.stdout,
    )


def test_there_are_enough_spellings():
    assert len(ADDRESSES) + len(NUMBERS) + len(IDS) + len(CHANNEL_WORDS) >= 100


def test_every_spelling_closes_whom_it_means(shop):
    missed = {
        key: sorted(channels - shop.closed.get(key, set()))
        for key, channels in shop.expected.items()
        if channels - shop.closed.get(key, set()) and key != "yes to +"
    }
    n_closed = sum(bool(channels) for channels in shop.expected.values())
    print(f"\n{n_closed} customers whom a refusal means, {len(missed)} missed")
    assert missed == {}


def test_nobody_else_is_closed(shop):
    wrong = {
        key: channels
        for key, channels in shop.closed.items()
        if channels - shop.expected.get(key, set())
    }
    assert wrong == {}


def test_consent_is_not_widened(shop):
    assert "yes to +" not in shop.consented
    assert len(shop.consented) > 100


def test_a_refusal_that_names_nobody_is_counted_and_told(shop):
    assert shop.unread == {
        "unreadable_contact": 3,
        "read_in_part": 8,
        "unknown_customer": 2,
        "no_contact": 1,
    }
    assert "refusals_name_somebody" in shop.said
