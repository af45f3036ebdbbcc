"""Bad inputs: every column of the contract, wronged in every way that its type allows.

Values of the right type are planted in rows of their own, all in one shop: the build is
green, each row is counted, rejected or kept, and no value out of its range is kept.
Texts that are none of the type, and columns that are missing, are refused in words.
"""

import hashlib
import math
import random
import re
from datetime import datetime, timedelta

import duckdb
import shop
from segmentation.commands.init import read_contract
from shop import Result

DATABASE_WORDS = re.compile(
    r"(Binder|Conversion|Catalog|Parser|Out of Range|Invalid Input|Constraint|Internal)"
    r" Error|Traceback"
)
SELECT = (
    *shop.NO_TESTS, "--select", "+fct_customer_features", "+fct_rejected_rows",
    "+fct_input_reconciliations",
)  # fmt: skip
# of money, and of what is multiplied with it: docs/inputs.md
LARGEST = 9999999999.9999
EXTRACTED_AT = datetime.fromisoformat(shop.VARIABLES["segmentation_extracted_at"])
EARLIEST = datetime(1990, 1, 1)
COLUMN_TYPES = {
    "integer": "double", "money": "double", "double": "double", "boolean": "boolean",
    "date": "timestamp", "timestamp": "timestamp",
}  # fmt: skip
# the key of a row in fct_rejected_rows and in the model that checks it
KEYS = {
    "customers": "customer_id", "orders": "order_id", "order_lines": "order_line_id",
    "refunds": "refund_id", "products": "product_id", "web_events": "web_event_id",
    "email_events": "email_event_id", "campaign_members": "campaign_member_id",
    "tickets": "ticket_id", "reviews": "review_id",
}  # fmt: skip
NUMBERS = [
    math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1e13, -1e13, 1e10, -1e10,
    9999999999.9999, 1e6, 6.5, 0.0, -0.0, -1.0, None,
]  # fmt: skip
TIMES = [
    "-infinity", "infinity", "0001-01-01", "1899-12-31", "1970-01-01",
    "1989-12-31 23:59:59", "1990-01-01", "2024-07-20 00:00:01", "2099-01-01",
    "9999-12-31 23:59:59", None,
]  # fmt: skip
TEXTS = [
    None, "", "  ", "\t\n", "nan", "NULL", "O'Brien; drop table raw.orders; --",
    'say "hi"', "{{ 1 / 0 }}{% raw %}", "100 % _ \\", "\u202ereversed", "\u200b",
    "\x01\x1f", "客户 🎁", "x" * 10_000, "a|b|c", "-1", "1e9", "true",
]  # fmt: skip
SIGNED = {
    ("orders", "discount_amount"), ("order_lines", "discount_amount"),
    ("order_lines", "returned_quantity"), ("refunds", "amount"),
}  # fmt: skip
# what counts in place of what came
KEPT_AS = {("refunds", "refunded_at"): "refunded_on"}
# whether a row of theirs is a row is for other rules: what is no word stops the build
EVENT_TYPE = ("email_events", "event_type")
WORDS_THAT_STOP = {
    EVENT_TYPE, ("campaign_members", "arm"),
    ("order_lines", "line_type"),
}  # fmt: skip


def contract_of_shop():
    """The contract of what a shop may give, with the ranges of its columns."""
    contract = {entity: read_contract(shop.ROOT)[entity] for entity in KEYS}
    for columns in contract.values():
        for column, properties in columns.items():
            if properties["type"] == "money":
                properties["maximum"] = LARGEST
                properties["minimum"] = 0 if column == "cost" else -LARGEST
    return contract


def rows_to_plant(number, entity):
    """A sound row of an entity, with what it needs beside it, as (entity, row) pairs.

    The row to be wronged is the first.
    """
    customer, order, line = f"c{20 + number % 40}", f"xo{number}", f"xl{number}"
    day = datetime(2024, 3, 1, 12) + timedelta(days=number % 90)
    an_order = (
        "orders",
        {"order_id": order, "customer_id": customer, "ordered_at": day},
    )
    a_line = (
        "order_lines",
        {"order_line_id": line, "order_id": order, "quantity": 1.0, "unit_price": 9.5},
    )
    other_line = ("order_lines", {**a_line[1], "order_line_id": f"{line}-2"})
    event = {"customer_id": customer, "occurred_at": day, "event_type": "view"}
    return {
        "customers": [
            ("customers", {"customer_id": f"x{number}", "first_seen_at": day})
        ],
        "orders": [an_order, a_line],
        "order_lines": [a_line, other_line, an_order],
        "refunds": [
            (
                "refunds",
                {
                    "refund_id": f"xr{number}", "order_id": order, "amount": 2.0,
                    "refunded_at": day + timedelta(days=2),
                },
            ),
            an_order,
            a_line,
        ],
        "products": [("products", {"product_id": f"xp{number}", "category": "Other"})],
        "web_events": [("web_events", {**event, "web_event_id": f"xw{number}"})],
        "email_events": [
            ("email_events", event | {
                "email_event_id": f"xe{number}", "event_type": "open",
            })
        ],
        "campaign_members": [
            (
                "campaign_members",
                {
                    "campaign_id": f"xk{number}", "customer_id": customer,
                    "arm": "control", "assigned_at": day,
                },
            )
        ],
        "tickets": [
            (
                "tickets",
                {"ticket_id": f"xt{number}", "customer_id": customer, "opened_at": day},
            )
        ],
        "reviews": [
            (
                "reviews",
                {
                    "review_id": f"xv{number}", "customer_id": customer, "rating": 4.0,
                    "reviewed_at": day,
                },
            )
        ],
    }[entity]  # fmt: skip


def draw_value(draw, properties):
    """A value of a column's type that a shop would not mean, or might."""
    kind = properties["type"]
    if kind in ("integer", "money", "double"):
        if draw.random() < 0.3:
            return draw.choice([-1, 1]) * 10 ** draw.uniform(-5, 20)
        return draw.choice(NUMBERS)
    if kind in ("date", "timestamp"):
        if draw.random() < 0.3:
            day = datetime(1700, 1, 1) + timedelta(days=draw.randrange(220_000))
            return str(day.date())
        return draw.choice(TIMES)
    return draw.choice(TEXTS)


def cases(contract, n_cases, seed):
    """Drawn cases, (number, entity, column, value): each column in turn."""
    draw = random.Random(f"{seed} inputs")
    columns = [
        (entity, column)
        for entity in KEYS
        for column, properties in contract[entity].items()
        if properties["type"] not in ("word", "boolean")
        and (entity, column) not in WORDS_THAT_STOP
    ]
    drawn = []
    for number in range(n_cases):
        entity, column = columns[number % len(columns)]
        value = draw_value(draw, contract[entity][column])
        if (entity, column) in SIGNED and value is not None:
            # of two signs in one column the build asks which is meant
            value = abs(value)
        drawn.append((number, entity, column, value))
    return drawn


def create_tables(connection, contract):
    """The sound shop, with every column of the contract."""
    connection.execute("create schema raw")
    for entity in KEYS:
        connection.execute(f"create temp table sound as {shop.TABLES[entity]}")
        names = {name for name, *_ in connection.execute("describe sound").fetchall()}
        listed = ", ".join(
            f"cast({column if column in names else 'null'} as"
            f" {COLUMN_TYPES.get(properties['type'], 'varchar')}) as {column}"
            for column, properties in contract[entity].items()
        )
        connection.execute(f"create table raw.{entity} as select {listed} from sound")
        connection.execute("drop table sound")


def as_read(key):
    """A key without what cannot be seen; None if nothing is left."""
    seen = re.sub("[\u200b\u202e\x01-\x1f]", "", key or "").strip()
    return None if seen.lower() in ("", "nan") else seen


def must_be_rejected(entity, column, value, properties, planted_ids):
    """True where the contract says so; None where it does not."""
    required, kind = properties["is_required"], properties["type"]
    if kind == "id":
        # nobody's, where it is not the key of the row
        is_foreign = (
            column in ("customer_id", "order_id")
            and column != KEYS[entity]
            and as_read(value) not in planted_ids
        )
        return required and (is_foreign or as_read(value) is None) or None
    if kind in ("integer", "money", "double"):
        if value is None or math.isnan(value):
            return required or None
        is_out = not properties["minimum"] <= value <= properties["maximum"]
        return True if required and is_out else None
    if kind in ("date", "timestamp"):
        is_past = value in (None, "-infinity") or (
            value != "infinity" and datetime.fromisoformat(value) < EARLIEST
        )
        if entity == "refunds" and is_past:
            # counts from its order's day on
            return None
        is_out = (
            is_past
            or value == "infinity"
            or (datetime.fromisoformat(value) > EXTRACTED_AT)
        )
        return True if required and is_out else None
    return None


def is_kept_out_of_range(kept, properties):
    """Whether a value that a model kept lies outside what the contract says."""
    if kept is None:
        return False
    if properties["type"] in ("integer", "money", "double"):
        return not properties["minimum"] <= float(kept) <= properties["maximum"]
    return str(kept) < str(properties.get("minimum") or EARLIEST.date())


def plant_values(builder, n_cases, seed):
    """Plant drawn values in one shop, build it, and judge every row of them."""
    contract = contract_of_shop()
    planted = cases(contract, n_cases, seed)
    result = Result("bad inputs, values", "row rejected, or value null, and counted")
    others = Result(
        "bad inputs, values", "build green, rows reconcile, features finite"
    )
    database = builder.folder / "wrong.duckdb"
    database.unlink(missing_ok=True)
    # odd ids of customers and orders that there are
    planted_ids = {
        as_read(value)
        for _, entity, column, value in planted
        if column == KEYS[entity] and entity in ("customers", "orders")
    }
    keys = {}
    with duckdb.connect(str(database)) as connection:
        create_tables(connection, contract)
        for number, entity, column, value in planted:
            rows = rows_to_plant(number, entity)
            rows[0][1][column] = value
            row = rows[0][1]
            keys[number] = as_read(row.get(KEYS[entity]))
            if entity == "campaign_members":
                parts = (as_read(row["campaign_id"]), as_read(row["customer_id"]))
                keys[number] = "|".join(part or "" for part in parts)
            for table, row in rows:
                connection.execute(
                    f"insert into raw.{table} ({', '.join(row)}) values"
                    f" ({', '.join('?' * len(row))})",
                    list(row.values()),
                )
    builder.put(database)
    code, said = builder.run(
        SELECT,
        segmentation_as_of_date=shop.WEEKS[0],
        segmentation_max_rejected_share=1,
    )
    others.count(code == 0, f"seed {seed}: {said[-2000:]}")
    if code:
        return [result, others]
    with duckdb.connect(str(builder.database), read_only=True) as connection:
        for number, entity, column, value in planted:
            where = f"seed {seed}, case {number}: {entity}.{column} = {value!r:.60}"
            properties = contract[entity][column]
            found = judge(connection, entity, column, keys[number])
            must_reject = must_be_rejected(
                entity, column, value, properties, planted_ids
            )
            result.count(*verdict(found, must_reject, properties, where))
        unbalanced = connection.execute(
            "select * from shop.fct_input_reconciliations"
            " where n_received != n_accepted + n_rejected"
        ).fetchall()
        others.count(not unbalanced, f"seed {seed}: {unbalanced}")
        for name, data_type in connection.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = 'shop' and table_name = 'fct_customer_features'"
        ).fetchall():
            if data_type == "DOUBLE":
                n_odd = connection.execute(
                    "select count(*) from shop.fct_customer_features"
                    f' where not isfinite("{name}") or abs("{name}") > 1e15'
                ).fetchone()[0]
                others.count(n_odd == 0, f"seed {seed}: {n_odd} of feature {name}")
    return [result, others]


def judge(connection, entity, column, key):
    """What became of a row: (rejected rows, kept rows, values that were kept)."""
    checked = f"shop.int_{entity}__checked"
    id_column = KEYS[entity]
    (n_rejected,) = connection.execute(
        "select count(*) from shop.fct_rejected_rows where entity = ?"
        " and (row_key is not distinct from ? or row_key = ?)",
        [entity, key, hashlib.sha256(f"segmentation|{key}".encode()).hexdigest()],
    ).fetchone()
    names = [name for name, *_ in connection.execute(f"describe {checked}").fetchall()]
    column = KEPT_AS.get((entity, column), column)
    kept = connection.execute(
        f"select {column if column in names else 'null'} from {checked}"
        f" where {id_column} is not distinct from ? and reject_reason is null",
        [key],
    ).fetchall()
    return n_rejected, len(kept), [value for (value,) in kept]


def verdict(found, must_reject, properties, where):
    """Whether that is right, and what to say if it is not."""
    n_rejected, n_kept, values = found
    if must_reject and not n_rejected:
        return False, f"{where}: must be rejected, and is not"
    if n_rejected + n_kept == 0:
        return False, f"{where}: neither rejected nor kept"
    if properties["type"] not in ("id", "string") and any(
        is_kept_out_of_range(kept, properties) for kept in values
    ):
        return False, f"{where}: kept as {values}"
    return True, ""


def refuse_texts(builder, seed):
    """Texts that are no number, no day and no word, one column of each table a run."""
    contract = contract_of_shop()
    draw = random.Random(f"{seed} texts")
    result = Result("bad inputs, texts", "refused with column, table and count")
    wronged = {
        entity: [
            column
            for column, properties in contract[entity].items()
            if properties["type"] not in ("id", "string", "word")
        ]
        for entity in KEYS
    }
    bad = ["twelve", "1,5 EUR", "2024-13-45", "31/31/2024", "#REF!", "perhaps"]
    for turn in range(max(map(len, wronged.values()))):
        cases = {}
        for entity, columns in wronged.items():
            if turn < len(columns):
                cases[entity] = (columns[turn], draw.choice(bad), draw.randint(1, 3))

        def wrong(connection, cases=cases):
            for entity, (column, text, n_rows) in cases.items():
                connection.execute(
                    f"alter table raw.{entity} alter {column} type varchar"
                )
                connection.execute(
                    f"update raw.{entity} set {column} = ? where rowid < ?",
                    [text, n_rows],
                )

        said = refused(builder, contract, wrong)
        for entity, (column, text, n_rows) in cases.items():
            result.count(
                is_said(said, column, entity, str(n_rows)),
                f"seed {seed}: {n_rows} x {entity}.{column} = {text!r}: {said[-800:]}",
            )
    return [result]


def refuse_words(builder, seed):
    """Words that could be a refusal and are not understood, in all columns of words."""
    contract = contract_of_shop()
    draw = random.Random(f"{seed} words")
    result = Result("bad inputs, words", "refused with column, table and count")
    cases = {
        (entity, column): draw.randint(1, 9)
        for entity in KEYS
        for column, properties in contract[entity].items()
        if properties["type"] == "word" or (entity, column) == EVENT_TYPE
    }

    def wrong(connection):
        for (entity, column), n_rows in cases.items():
            connection.execute(
                f"update raw.{entity} set {column} = 'perhaps' where rowid < ?",
                [n_rows],
            )

    said = refused(builder, contract, wrong)
    for (entity, column), n_rows in cases.items():
        result.count(
            is_said(said, column, entity, str(n_rows)),
            f"seed {seed}: {n_rows} x {entity}.{column} = 'perhaps': {said[-800:]}",
        )
    return [result]


def refuse_missing(builder, seed):
    """Tables without a column that they must have, one column of each table a run."""
    contract = contract_of_shop()
    result = Result("bad inputs, columns", "a required column that is missing is named")
    needed = {
        entity: [
            column
            for column, properties in contract[entity].items()
            if properties["is_required"]
        ]
        for entity in KEYS
    }
    for turn in range(max(map(len, needed.values()))):
        cases = {
            entity: columns[turn]
            for entity, columns in needed.items()
            if turn < len(columns)
        }

        def drop(connection, cases=cases):
            for entity, column in cases.items():
                connection.execute(f"alter table raw.{entity} drop {column}")

        said = refused(builder, contract, drop)
        for entity, column in cases.items():
            result.count(
                is_said(said, column, entity),
                f"seed {seed}: {entity} without {column}: {said[-800:]}",
            )
    return [result]


def refused(builder, contract, wrong):
    """What dbt says of a shop that is wronged, on one line; empty if it is built."""
    database = builder.folder / "wrong.duckdb"
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        create_tables(connection, contract)
        wrong(connection)
    builder.put(database)
    code, said = builder.run(
        (*shop.NO_TESTS, "--select", "+fct_rejected_rows"),
        segmentation_as_of_date=shop.WEEKS[0],
    )
    return re.sub(r"\s+", " ", said) if code else ""


def is_said(said, column, entity, count=""):
    """Whether a sentence names a column of a table, and how many rows are wrong."""
    return not DATABASE_WORDS.search(said) and any(
        re.search(rf"\b{column}\b", sentence)
        and re.search(rf"\b{entity}\b", sentence)
        and re.search(rf"\b{count}\b", sentence)
        for sentence in re.split(
            r"segmentation: |- (?=column|table|there)|\. (?=[A-Z-])", said
        )
    )


def wrong_all(builder, n_values, seed):
    """All bad inputs; a list of results."""
    return [
        *plant_values(builder, n_values, seed),
        *refuse_texts(builder, seed),
        *refuse_words(builder, seed),
        *refuse_missing(builder, seed),
    ]
