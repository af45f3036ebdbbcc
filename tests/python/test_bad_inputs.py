"""Bad inputs are refused in words that say what to change; odd ones are built.

A run of dbt takes seconds, most of them to parse the project. So one run shows several
faults where it can, and runs with the same variables write the same database file anew.
"""

import re
import shutil

import pytest
from segmentation.commands.variables import read_connectors

VARS = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 2,
    "segmentation_min_customers_to_fit": 3,
}
NO_UNIT_TESTS = ("build", "--exclude-resource-type", "unit_test")
NO_TESTS = (*NO_UNIT_TESTS, "test")
SCHEDULE = (*NO_TESTS, "--select", "+int_snapshots__scheduled")
SCHEDULE_AND_RECIPE = (*SCHEDULE, "+int_segment_recipes__chosen")

# texts that end a string, a statement or a template where they are not quoted
ODD_IDS = [
    "O'Brien; drop table x; --",
    'say "hi"',
    "back\\slash\\",
    "a|b",
    "{{ 1 / 0 }}{% raw %}",
    "100 % _",
    " spaced ",
    "Ωmega 客户 🎁",
]
ODD_COLUMNS = {
    # orders_6, which auto takes next, is refused for want of stability
    "segmentation_recipe": "personas_6",
    "segmentation_columns": {"orders": {"ordered_at": "placed at; --"}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shops")


@pytest.fixture(scope="module")
def attempt(folder, write_shop, build_shop):
    """Function that writes tables and runs dbt; returns what it says, on one line."""

    def run(tables=None, vars=None, args=SCHEDULE, database=None, cwd=None):
        if database is None:
            database = folder / "inputs.duckdb"
            write_shop(database, tables)
        process = build_shop(
            {**VARS, **(vars or {})}, database, args, cwd=cwd, check=False
        )
        said = re.sub(r"\s+", " ", process.stdout)
        assert process.returncode != 0, f"not refused: {said}"
        return said

    return run


@pytest.fixture(scope="module")
def build_odd(folder, write_shop, build_shop):
    """Function that builds a shop, tests included; returns a copy of its database."""

    def run(name, tables, vars=None, args=NO_UNIT_TESTS):
        database = folder / "inputs.duckdb"
        write_shop(database, tables)
        build_shop({**VARS, **(vars or {})}, database, args)
        return shutil.copy(database, folder / f"{name}.duckdb")

    return run


# -- tables -----------------------------------------------------------------


@pytest.fixture(scope="module")
def faults(attempt, folder, query):
    """What is said of a shop with many faults, and what is built all the same."""
    said = attempt(
        {
            "customers": "select customer_id as client, 'old' as age from smallest",
            "orders": """
                select
                    * replace (
                        case when order_id in ('o1', 'o2') then 'soon'
                            else cast(ordered_at as varchar) end as ordered_at
                    ),
                    case when order_id in ('o1', 'o2', 'o3') then 'none' else '0.99' end
                        as tax_amount
                from smallest
            """,
            "order_lines": "select * from smallest where false",
            "tickets": "select 't1' as ticket_id, 'c1' as customer_id, 7 as opened_at",
        },
        {
            "segmentation_tables": {
                "customers": "customers",
                "orders": "orders",
                "order_lines": "order_lines",
                "products": "goods",
                "tickets": "tickets",
            },
            "segmentation_columns": {"orders": {"status": "state"}},
        },
        (*SCHEDULE, "+int_products__checked", "+int_tickets__checked"),
    )
    built = query(
        folder / "inputs.duckdb",
        "select table_name from information_schema.tables"
        " where table_schema = 'shop' order by table_name",
    )
    return said, [name for (name,) in built]


def test_a_missing_required_column_is_named_with_its_table(faults):
    said, _ = faults
    assert '"raw"."customers" has no column customer_id' in said
    assert "segmentation_columns: {customers: {customer_id: its_name}}" in said


def test_text_that_is_no_timestamp_is_counted(faults):
    said, _ = faults
    assert (
        'column ordered_at of table "inputs"."raw"."orders" must hold a time such as '
        "2024-12-31 23:59:59, but 2 of 200 rows cannot be read as one"
    ) in said
    assert "segmentation_columns: {orders: {ordered_at: its_name}}" in said


def test_a_number_that_is_no_timestamp_is_counted(faults):
    said, _ = faults
    assert 'column opened_at of table "inputs"."raw"."tickets" must hold' in said
    assert "but 1 of 1 rows" in said


def test_text_that_is_no_number_is_counted(faults):
    said, _ = faults
    assert (
        'column tax_amount of table "inputs"."raw"."orders" must hold a number, but 3 '
        "of 200 rows"
    ) in said


def test_an_optional_column_may_be_left_out_but_not_wrong(faults):
    said, _ = faults
    assert (
        'column age of table "inputs"."raw"."customers" must hold a whole number, but '
        "60 of 60 rows"
    ) in said
    assert "{customers: {age: its_name}} (null for none)" in said


def test_a_missing_table_is_named_with_the_variables_that_say_where_it_is(faults):
    said, _ = faults
    assert 'there is no table "inputs"."raw"."goods" to read products from' in said
    assert "correct the variables segmentation_schema and segmentation_tables" in said


def test_a_column_that_a_variable_names_must_be_there(faults):
    said, _ = faults
    assert (
        'table "inputs"."raw"."orders" has no column state, which the variable '
        "segmentation_columns names as the status of orders"
    ) in said


def test_an_empty_table_is_named(faults):
    said, _ = faults
    assert 'table "inputs"."raw"."order_lines" (order_lines) has 0 rows; load' in said


def test_all_faults_of_a_table_are_named_at_once_and_nothing_is_made_of_it(faults):
    said, built = faults
    assert said.count("there are 3 things to correct") == 1  # orders
    assert said.count("there are 2 things to correct") == 1  # customers
    assert "ERROR=5" in said
    # what reads none of them is built, and nothing else
    of_these = re.compile("customer|order|product|ticket|snapshot")
    assert [name for name in built if of_these.search(name)] == []
    assert "int_exchange_rates__dated" in built


def test_orders_that_are_all_rejected_are_counted_by_reason(attempt):
    said = attempt(
        {
            "orders": """
                select * replace (
                    case when order_id < 'o2' then 'x' || customer_id
                        else null end as customer_id
                )
                from smallest
            """
        }
    )
    assert "none of the 200 orders received can be counted" in said
    assert (
        'Column reject_reason of "inputs"."shop"."int_orders__checked" says why: '
        "112 unknown_customer, 88 guest."
    ) in said


# -- variables --------------------------------------------------------------


def test_an_unknown_connector_is_refused_with_those_there_are(attempt):
    said = attempt(vars={"segmentation_connector": "shopware"})
    assert 'unknown connector "shopware" in the variable segmentation_connector' in said
    assert f"one of {', '.join(read_connectors())}" in said


@pytest.fixture(scope="module")
def bad_values(attempt):
    """What is said of variables that are all wrong."""
    return attempt(
        vars={
            "segmentation_confirmations": 0,
            "segmentation_history_snapshots": "four",
            "segmentation_training_slices": "all",
            "segmentation_as_of_date": "31.12.2024",
            "segmentation_reset_history": "false",
            "segmentation_high_churn": 40,
            "segmentation_recipie": "value_3",
            "segmentation_tables": {
                "customers": "customers",
                "orders": "orders",
                "order_lines": "order_lines",
                "order_line": "order_lines",
            },
            "segmentation_columns": {"orders": {"stats": "state"}},
        }
    )


# each kind of value is in test_variables.py; here, that a build is stopped by them
@pytest.mark.parametrize(
    "sentence",
    [
        "the variable segmentation_confirmations is 0, but must be a whole number from",
        'the variable segmentation_history_snapshots is "four", but must be a whole',
        'the variable segmentation_training_slices is "all", but must be a whole',
        'the variable segmentation_as_of_date is "31.12.2024", but must be null or a',
        'the variable segmentation_reset_history is "false", but must be true or false',
        "the variable segmentation_high_churn is 40, but must be a number from 0 to 1",
        "there is no variable segmentation_recipie; the nearest is segmentation_recipe",
        'the variable segmentation_tables names "order_line", which is no input; the '
        "inputs are customers, orders, order_lines,",
        'the variable segmentation_columns maps "stats" of orders, which is no column '
        "of that input; its columns are order_id, customer_id, status,",
    ],
)
def test_a_variable_that_is_wrong_stops_the_build(bad_values, sentence):
    assert sentence in bad_values


# -- as-of dates and recipes ------------------------------------------------


@pytest.fixture(scope="module")
def bad_choices(attempt):
    """What is said of an as-of date too early and a recipe that there is not."""
    return attempt(
        vars={
            "segmentation_as_of_date": "2020-01-01",
            "segmentation_recipe": "personas",
        },
        args=SCHEDULE_AND_RECIPE,
    )


@pytest.fixture(scope="module")
def bad_recipe(copy_project, attempt):
    """What is said of an as-of date too late and a recipe that is all wrong."""
    cwd = copy_project()
    with (cwd / "seeds" / "segmentation_recipes.csv").open("a") as seed:
        seed.write("odd,kmedoids,quantile,40,odd,Nothing in it is right\n")
    with (cwd / "seeds" / "segmentation_recipe_features.csv").open("a") as seed:
        seed.write("odd,shoe_size,none,1,1\n")
        seed.write("odd,n_orders,sqrt,1,1\n")
        seed.write("odd,recency_days,log,0,1\n")
        seed.write("odd,net_amount,log,1,0\n")
        seed.write("odd,net_amount,log,1,\n")
    return attempt(
        vars={
            "segmentation_as_of_date": "2034-07-10",
            "segmentation_extracted_at": "2024-07-19 00:00:00",
            "segmentation_recipe": "odd",
        },
        args=SCHEDULE_AND_RECIPE,
        cwd=cwd,
    )


@pytest.mark.parametrize("schema", ["shop", "raw"])
def test_a_file_called_like_a_schema_is_refused(attempt, folder, schema):
    said = attempt(database=folder / f"{schema}.duckdb")
    assert (
        f'the DuckDB file is called "{schema}" like the schema {schema}, which DuckDB'
        " cannot tell apart: give the file another name"
    ) in said


def test_an_as_of_date_before_the_first_order_is_refused_with_the_range(bad_choices):
    assert (
        "the as-of date 2020-01-01 lies before the first of 200 accepted orders "
        "(column ordered_at, 2024-01-01 to 2024-07-18); set segmentation_as_of_date to "
        "a day in that range, or to null"
    ) in bad_choices


def test_an_unknown_recipe_is_refused_with_those_there_are(bad_choices):
    assert (
        'unknown recipe "personas" in the variable segmentation_recipe; choose auto, '
        "or one of behaviour_5, density_7, growth_4, orders_6, personas_6, rfm_rules, "
        "value_3, or add it to the seed segmentation_recipes"
    ) in bad_choices


def test_an_as_of_date_after_the_extraction_is_refused(bad_recipe):
    assert (
        "the as-of date 2034-07-10 lies after the inputs were extracted, 2024-07-19"
    ) in bad_recipe


@pytest.mark.parametrize(
    "message",
    [
        'names the feature "shoe_size" in segmentation_recipe_features, which cannot '
        "be scored; choose from recency_days,",
        'names the feature "n_orders" in segmentation_recipe_features with the '
        'transform "sqrt"; use none or log',
        'names the feature "recency_days" in segmentation_recipe_features with the '
        "weight 0",
        "asks for 40 clusters; column n_clusters of segmentation_recipes must be from",
        'names the feature "net_amount" in segmentation_recipe_features more than once',
        'names the feature "net_amount" in segmentation_recipe_features with the '
        "tie_width None; use the unit that it is counted in",
        'has the method "kmedoids" in segmentation_recipes; use kmeans, density or '
        "rules",
        'has the scaling "quantile" in segmentation_recipes; use standard, robust or '
        "minmax",
    ],
)
def test_a_recipe_that_cannot_be_fitted_or_scored_is_refused(bad_recipe, message):
    assert message in bad_recipe


# -- odd shops --------------------------------------------------------------


@pytest.fixture(scope="module")
def one_order(build_odd):
    """A shop with one customer and one order."""
    return build_odd(
        "one_order",
        {
            "customers": "select * from smallest where customer_id = 'c7'",
            "orders": "select * from smallest where order_id = 'o7'",
            "order_lines": "select * from smallest where order_id = 'o7'",
        },
    )


def test_one_customer_with_one_order_is_a_shop(one_order, query):
    assert query(
        one_order,
        "select customer_id, segment_id, rfm_cell, recency_days "
        "from shop.dim_customer_segments",
    ) == [("c7", "rfm_potential_loyalists", "313", 0)]


def test_a_shop_too_small_to_fit_falls_back_with_the_numbers(one_order, query):
    assert query(
        one_order,
        "select method, status, failure from shop.dim_segment_model_versions",
    ) == [
        (
            "rules",
            "fallback",
            "1 ordering customers are fewer than the 3 of "
            "segmentation_min_customers_to_fit",
        )
    ]


def test_customers_all_alike_are_in_one_segment(build_odd, query):
    database = build_odd(
        "alike",
        {
            "orders": """
                select
                    'o' || i as order_id,
                    'c' || i % 60 as customer_id,
                    timestamp '2024-03-01 12:00'
                    + to_days(cast(40 * (i // 60) as integer)) as ordered_at
                from range(180) as numbers(i)
            """,
            "order_lines": """
                select
                    'l' || i as order_line_id,
                    'o' || i as order_id,
                    2 as quantity,
                    9.99 as unit_price
                from range(180) as numbers(i)
            """,
        },
    )
    assert query(
        database,
        "select segment_id, rfm_cell, count(*) "
        "from shop.dim_customer_segments group by all",
    ) == [("rfm_need_attention", "333", 60)]
    failures = query(database, "select failure from shop.dim_segment_model_versions")
    assert all(
        "the same for all: average_order_amount, discount_share, n_orders" in failure
        for (failure,) in failures
    )


def test_fewer_customers_than_segments_fall_back_with_the_numbers(build_odd, query):
    database = build_odd(
        "five",
        {
            name: f"select * from smallest where {key} in ('1', '2', '3', '4', '5')"
            for name, key in (
                ("customers", "substr(customer_id, 2)"),
                ("orders", "substr(order_id, 2)"),
                ("order_lines", "substr(order_id, 2)"),
            )
        },
        vars={"segmentation_recipe": "personas_6"},
        args=(*NO_TESTS, "--select", "+dim_customer_segments"),
    )
    failures = query(
        database,
        "select text_value from shop.int_segment_models__registered "
        "where item = 'failure' order by version_number",
    )
    assert failures == [
        (
            "4 customers, 4 of them different, cannot form 6 clusters; choose a recipe "
            "with fewer, or segmentation_recipe: rfm_rules",
        )
    ]
    assert query(
        database, "select count(*), count(segment_id) from shop.dim_customer_segments"
    ) == [(4, 4)]


@pytest.fixture(scope="module")
def odd(build_odd):
    """A shop with strange ids and names, columns full of nulls, and one huge amount."""
    ids = ", ".join("'" + text.replace("'", "''") + "'" for text in ODD_IDS)
    optional = {
        "customers": (
            "email phone gender country state city age has_email_consent "
            "has_sms_consent has_push_consent is_test_account birth_date first_seen_at "
            "email_consent_at sms_consent_at push_consent_at erased_at"
        ),
        "orders": (
            "status currency coupon_code channel shipping_amount tax_amount "
            "discount_amount cancelled_at"
        ),
        "order_lines": (
            "product_id list_price discount_amount unit_cost returned_quantity "
            "returned_at"
        ),
    }
    nulls = {
        name: ", ".join(f"null as {column}" for column in columns.split())
        for name, columns in optional.items()
    }
    # customer c0 to c7 and their orders under strange ids
    spelled = f"list_extract([{ids}], cast(substr(customer_id, 2) as integer) + 1)"
    return build_odd(
        "odd",
        {
            "customers": f"""
                select coalesce({spelled}, customer_id) as customer_id,
                    {nulls["customers"]}
                from smallest
            """,
            "orders": f"""
                select
                    order_id || coalesce({spelled}, '') as order_id,
                    coalesce({spelled}, customer_id) as customer_id,
                    ordered_at as "placed at; --",
                    {nulls["orders"]}
                from smallest
            """,
            "order_lines": f"""
                select
                    order_line_id,
                    order_id || coalesce({spelled}, '') as order_id,
                    case when order_id = 'o9' then 10000 else quantity end as quantity,
                    case when order_id = 'o9' then 900000 else unit_price end
                        as unit_price,
                    {nulls["order_lines"]}
                from (
                    select *, 'c' || cast(substr(order_id, 2) as integer) % 60
                        as customer_id
                    from smallest
                )
            """,
        },
        ODD_COLUMNS,
    )


def test_ids_of_any_characters_come_through_unchanged(odd, query):
    found = query(
        odd, "select customer_id from shop.dim_customer_segments order by customer_id"
    )
    # but for blanks at the ends, which are no part of an id
    names = [text.strip() for text in ODD_IDS] + [
        f"c{number}" for number in range(8, 60)
    ]
    assert sorted(name for (name,) in found) == sorted(names)
    orders = query(
        odd,
        "select min(n_orders) from shop.fct_customer_features "
        "where as_of_date = date '2024-07-17'",
    )
    assert orders == [(3,)]


def test_columns_full_of_nulls_leave_nothing_rejected(odd, query):
    assert query(odd, "select count(*) from shop.fct_rejected_rows") == [(0,)]


def test_a_huge_amount_is_kept_to_the_cent(odd, query):
    # 10 000 x 900 000, and the customer's other orders
    assert query(
        odd,
        "select max(gross_amount) from shop.int_orders__priced",
    ) == [(9_000_000_000,)]
    amounts = query(
        odd,
        "select max(monetary_amount) from shop.dim_customer_segments",
    )
    assert amounts[0][0] > 9_000_000_000


def test_customers_of_an_odd_shop_are_fitted_and_judged(odd, query):
    # the gate may refuse what it finds; it must not fail to find anything
    ((status, n_segments, failure),) = query(
        odd,
        "select status, n_segments, failure from shop.dim_segment_model_versions",
    )
    assert n_segments > 1
    assert (status == "promoted") == (failure is None)


def test_a_report_of_orders_alone_has_no_empty_section(odd, tmp_path):
    """Without mails, visits, experiments or scores; what is left out is said once."""
    for package in ("quickjs", "typst"):
        pytest.importorskip(package, reason="needs segmentation[report]")
    pypdf = pytest.importorskip("pypdf")
    from segmentation.report import content, marts, pdf, svg

    with marts.open_marts(odd) as connection:
        data = content.report_data(connection)
    drawer = svg.Drawer(data)
    drawn = {name: drawer.draw(name) for name in drawer.ids()}
    path = tmp_path / "report.pdf"
    pdf.write_pdf(path, data, drawer)
    pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    chapters = re.findall(r"^(\w[\w ,:]+?)[ .]{3,}\d+$", pages[0], re.M)
    assert chapters == [
        "Summary", "How large they are, and what they bring",
        "What makes them different", "Recency, frequency, monetary value", "Profiles",
        "How good the segments are", "What it rests on", "Method and limits",
        "The numbers",
    ]  # fmt: skip
    text = "".join(pages[1:])
    starts = [text.index(f"{chapter}\n") for chapter in chapters[1:]]
    parts = {
        chapter: re.sub(r"\s+", " ", text[start:end])
        for chapter, start, end in zip(
            chapters[1:], starts, [*starts[1:], len(text)], strict=True
        )
    }
    for chapter, said in parts.items():
        if chapter not in ("Profiles", "Method and limits", "The numbers"):
            assert re.search("MEASURED|ESTIMATED|ASSUMED", said), chapter
    # the dashboard leaves out the same charts, by what the page asks
    for name, chart in drawn.items():
        asked = f"segmentationReport.leftOut({name!r}, reportData)"
        assert drawer._context.eval(asked) == chart["empty"]
    empty = {chart["empty"] for chart in drawn.values() if chart["empty"]}
    assert "No customer has a churn score yet." in empty
    for chapter, said in parts.items():
        for reason in empty:
            assert said.count(reason) == (chapter == "Method and limits"), reason


def test_an_as_of_date_before_the_last_snapshot_is_refused(odd, attempt):
    said = attempt(
        vars={"segmentation_as_of_date": "2024-07-10", **ODD_COLUMNS},
        database=odd,
        args=(*NO_TESTS, "--select", "int_snapshots__scheduled"),
    )
    assert "the as-of date 2024-07-10 lies before the last snapshot built" in said
    assert '2024-07-17 ("odd"."shop"."int_snapshots__scheduled")' in said
    assert "in a schema or database of its own" in said


def test_amounts_that_do_not_fit_are_refused_in_plain_words(
    folder, write_shop, build_shop
):
    database = folder / "inputs.duckdb"
    write_shop(
        database,
        {
            "order_lines": """
                select * replace (
                    'o1' as order_id, 10000 as quantity, 9000000000 as unit_price
                )
                from smallest
            """
        },
    )
    process = build_shop(VARS, database, SCHEDULE, check=False)
    assert process.returncode == 0 or "segmentation: " in process.stdout
