"""Exports that are not as they should be, read by the staging of each connector.

Two customers with an order of one line each, of which the first has a discount of 4; a
mail, an event of the site. Each shop is landed in several kinds, and staged, no more.
Of the tables that may be absent, one is landed.
"""

import duckdb
import pytest

# beyond these whole numbers a double cannot tell neighbours apart
LARGE = 2**53
TOGETHER = ("shopify_fivetran", "klaviyo_fivetran", "ga4")

# connector: {table: the query that lands it}, where {Name:n} is a key
ORDERED = "timestamp '2024-05-01 12:00'"
EXPORTS = {
    "shopify_fivetran": {
        "customer": "select {Customer} as id, 'c' || n || '@a.example' as email",
        "order": f"""
            select
                {{Order}} as id, {{Customer}} as customer_id,
                'paid' as financial_status,
                cast(null as varchar) as currency, 4 * (1 - n) as total_discounts,
                {ORDERED} as processed_at
        """,
        "order_line": """
            select
                {LineItem} as id, {Order} as order_id, {Product} as product_id,
                2 as quantity, 10.00 as price
        """,
        "discount_allocation": """
            select {LineItem} as order_line_id, 4.00 * (1 - n) as amount
        """,
    },
    "klaviyo_fivetran": {
        "person": """
            select 'K' || n as id, 'c' || n || '@a.example' as email, {Customer} as
                external_id
        """,
        "metric": "select 'M' || n as id, 'Received Email' as name",
        "event": f"""
            select
                'E' || n as id, 'K' || n as person_id, 'M' || n as metric_id,
                {ORDERED} as timestamp
        """,
        "global_exclusion": "select 'K' || n as person_id",
    },
    "ga4": {
        "events": f"""
            select
                'page_view' as event_name, epoch_us({ORDERED}) + n as event_timestamp,
                [{{'key': 'ga_session_id', 'value': {{
                    'string_value': null::varchar, 'int_value': n
                }}}}] as event_params
        """,
    },
    "shopify_airbyte": {
        "customers": "select {Customer} as id, 'c' || n || '@a.example' as email",
        "orders": f"""
            select
                {{Order}} as id, 'paid' as financial_status,
                cast(null as varchar) as currency, 4 * (1 - n) as total_discounts,
                {ORDERED} as processed_at,
                to_json({{'id': {{Customer}}}}) as customer,
                to_json([{{
                    'id': {{LineItem}}, 'product_id': {{Product}}, 'quantity': 2,
                    'price': '10.00',
                    'discount_allocations': [{{'amount': 4.00 * (1 - n)}}]
                }}]) as line_items
        """,
    },
    "woocommerce": {
        "customer": """
            select
                {Customer} as id, 'c' || n || '@a.example' as email,
                timestamp '2024-01-01' as date_created_gmt
        """,
        "orders": f"""
            select
                {{Order}} as id, {{Customer}} as customer_id, 'completed' as status,
                cast(null as varchar) as currency, 16.00 + 4 * n as total,
                {ORDERED} as date_created_gmt
        """,
        "order_line_item": """
            select
                {LineItem} as id, {Order} as order_id, {Product} as product_id,
                2 as quantity, 20.00 as subtotal, 16.00 + 4 * n as total
        """,
    },
}
CHOICES = {
    "shopify_fivetran": list(TOGETHER),
    "shopify_airbyte": ["shopify_airbyte"],
    "woocommerce": ["woocommerce"],
}
# the kinds of exports: what a key is, and what each table holds of its rows
KINDS = {
    "large": (f"cast({LARGE} + n as bigint)", "from ({rows})"),
    "gid": ("'gid://shopify/{name}/' || (7001 + n)", "from ({rows})"),
    "twice": (
        "cast(7001 + n as bigint)",
        "select landed.* from ({rows}) as landed cross join range(2)",
    ),
    "empty": ("cast(7001 + n as bigint)", "from ({rows}) where false"),
    "nothing": ("n", None),
}
# which kinds a connector's shop is landed in
LANDED = [
    ("shopify_fivetran", "large"),
    ("shopify_fivetran", "gid"),
    ("shopify_fivetran", "twice"),
    ("shopify_fivetran", "empty"),
    ("shopify_airbyte", "large"),
    ("shopify_airbyte", "gid"),
    ("shopify_airbyte", "empty"),
    ("shopify_airbyte", "nothing"),
    ("woocommerce", "large"),
    ("woocommerce", "twice"),
    ("woocommerce", "empty"),
    ("woocommerce", "nothing"),
]


def land(database, choice, kind):
    """Land the shop, and what else is chosen, in schema `landed`."""
    key, held = KINDS[kind]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema landed")
        for tool in CHOICES[choice] if held else ():
            for table, query in EXPORTS[tool].items():
                # what Fivetran tells rows apart by that have no key
                query = query.replace("select", "select 'f' || n as _fivetran_id,", 1)
                for name in ("Customer", "Order", "LineItem", "Product"):
                    query = query.replace(f"{{{name}}}", key.replace("{name}", name))
                rows = f"{query} from range(2) as numbers(n)"
                connection.execute(
                    f'create table landed."{table}" as {held.format(rows=rows)}'
                )


@pytest.fixture(scope="module")
def stage(build_shop, tmp_path_factory):
    """Function that lands and stages a shop once; its database, and what dbt said."""
    folder, made = tmp_path_factory.mktemp("odd"), {}

    def once(choice, kind):
        if (choice, kind) not in made:
            database = folder / f"{choice}_{kind}.duckdb"
            land(database, choice, kind)
            shop = {
                "segmentation_connector": CHOICES[choice],
                "segmentation_schema": "landed",
            }
            process = build_shop(
                shop, database, ("run", "-s", "path:models/staging"), check=False
            )
            made[choice, kind] = database, process
        return made[choice, kind]

    return once


KEYS = {
    "large": {str(LARGE), str(LARGE + 1)},
    "gid": {"7001", "7002"},
    "twice": {"7001", "7002"},
    "empty": set(),
}


def staged(database, choice, entity, columns):
    name = "shopify" if choice.startswith("shopify") else choice
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            f"select {columns} from shop.stg_{name}__{entity} order by all"
        ).fetchall()


@pytest.mark.parametrize(("choice", "kind"), [one for one in LANDED if one[1] in KEYS])
def test_an_odd_export_is_staged(stage, choice, kind):
    database, process = stage(choice, kind)
    assert process.returncode == 0, process.stdout[-3000:]
    keys = KEYS[kind]
    orders = staged(database, choice, "orders", "order_id, customer_id, currency")
    # each once, whole, without a currency, and its customer's
    assert orders == [(key, key, None) for key in sorted(keys)]
    customers = staged(database, choice, "customers", "customer_id")
    assert {key for (key,) in customers} == keys and len(customers) == len(keys)
    lines = staged(
        database, choice, "order_lines", "order_id, product_id, discount_amount"
    )
    assert [line[:2] for line in lines] == [(key, key) for key in sorted(keys)]
    assert [float(line[2] or 0) for line in lines] == [4, 0][: len(keys)]


@pytest.mark.parametrize("kind", ["large", "gid", "twice", "empty"])
def test_mails_and_visits_of_an_odd_export_are_staged(stage, kind):
    database, process = stage("shopify_fivetran", kind)
    assert process.returncode == 0, process.stdout[-3000:]
    keys = sorted(KEYS[kind])
    consents = staged(database, "klaviyo_fivetran", "consents", "distinct customer_id")
    assert [key for (key,) in consents] == keys
    mails = staged(database, "klaviyo_fivetran", "email_events", "customer_id")
    assert [key for (key,) in mails] == keys
    events = staged(database, "ga4", "web_events", "distinct web_event_id")
    assert len(events) == len(keys)


@pytest.mark.parametrize("choice", ["shopify_airbyte", "woocommerce"])
def test_what_a_shop_cannot_do_without_is_asked_for_in_words(stage, choice):
    _, process = stage(choice, "nothing")
    assert process.returncode != 0
    said = " ".join(process.stdout.split())
    assert (
        f'"orders", which connector {choice} reads. Have it landed, or say where it is'
    ) in said
    assert "Traceback" not in said
