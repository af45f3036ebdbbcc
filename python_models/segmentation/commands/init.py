"""Write the variables for a shop's own tables: `python -m segmentation init PATH`.

PATH is a DuckDB file, or a folder of CSV or Parquet files, which are loaded into one.
Tables and columns are recognised by their names; what is not certain is marked.
"""

import argparse
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import jinja2

from segmentation.commands.variables import ROOT
from segmentation.identifiers import quoted

# Other names that inputs and their columns go by, in lower case without punctuation.
TABLE_NAMES = {
    "customers": "customer user users buyers accounts clients members contacts",
    "orders": "order sales purchases transactions invoices salesorders",
    "order_lines": (
        "orderline orderitems orderitem lineitems lineitem orderdetails orderproducts"
        " invoicelines salesorderlines"
    ),
    "products": "product articles catalog catalogue items skus",
    "web_events": "events pageviews webevents siteevents clickstream",
    "email_events": "emailactivity emailsends mailevents emails",
    "campaign_members": "campaignsends campaignrecipients",
    "tickets": "supporttickets cases complaints",
    "reviews": "ratings feedback productreviews",
    "customer_summaries": "crm crmexport customerexport customersummary rfm",
}
COLUMN_NAMES = {
    "customer_id": (
        "userid buyerid buyerno clientid accountid memberid contactid customerno"
        " customernumber custid customer shopifycustomerid"
    ),
    "order_id": "orderno ordernumber invoiceno invoiceid transactionid saleid order",
    "order_line_id": "lineid lineno orderitemid itemid lineitemid orderlineno",
    "product_id": "sku productno productcode articleno itemno stockcode variantid",
    "ordered_at": (
        "orderdate orderedon placedat purchasedat purchasedate invoicedate saledate"
        " transactiondate processedat"
    ),
    "quantity": "qty units amountordered",
    "unit_price": "price saleprice pricepaid itemprice unitamount",
    "list_price": "retailprice compareatprice msrp",
    "unit_cost": "cost costprice",
    "discount_amount": "discount totaldiscount totaldiscounts rebate",
    "shipping_amount": "shipping shippingcost freight",
    "tax_amount": "tax taxes totaltax vat",
    "currency": "currencycode",
    "status": "state orderstatus financialstatus fulfillmentstatus",
    "coupon_code": "coupon voucher vouchercode promocode discountcode",
    "channel": "saleschannel source orderchannel",
    "cancelled_at": "canceledat cancelledon",
    "email": "mail emailaddress",
    "phone": "phonenumber mobile telephone",
    "first_seen_at": "createdat signupdate registeredat joinedat joinedon since",
    "birth_date": "birthday dateofbirth dob",
    "gender": "sex",
    "has_email_consent": (
        "newsletter acceptsmarketing emailoptin emailconsent marketingconsent"
    ),
    "has_sms_consent": "smsoptin smsconsent acceptssms",
    "product_name": "name title description",
    "category": "producttype productcategory department",
    "brand": "vendor manufacturer",
    "event_type": "type event action",
    "occurred_at": "createdat timestamp eventat eventtime",
    "rating": "stars score",
    "reviewed_at": "createdat reviewdate",
    "opened_at": "createdat openedon",
    "last_ordered_at": "lastpurchasedate lastorderdate lastpurchase lastorder",
    "first_ordered_at": "firstpurchasedate firstorderdate firstpurchase",
    "n_orders": "totalorders orders ordercount numberoforders ordernumber frequency",
    "total_amount": "totalspend totalspent revenue lifetimevalue monetary amountspent",
    "average_order_amount": "averageordervalue aov averageorder",
    "n_site_visits": "websitevisits visits sitevisits",
    "n_email_clicks": "emailclicks clicks",
}
# What names alone do not tell apart: taken, and marked to be looked at.
VAGUE_NAMES = {
    "customers": {"customer_id": "id"},
    "orders": {"order_id": "id", "ordered_at": "createdat date timestamp"},
    "order_lines": {"order_line_id": "id", "unit_price": "total amount lineprice"},
    "products": {"product_id": "id"},
    "web_events": {"web_event_id": "id"},
    "email_events": {"email_event_id": "id"},
    "tickets": {"ticket_id": "id"},
    "reviews": {"review_id": "id"},
    "customer_summaries": {"customer_id": "id"},
}
REQUIRED = ("customers", "orders", "order_lines")


@dataclass
class Match:
    """How a table answers to an input of the contract.

    Attributes: `table`; `columns`, {contract column: the table's}; `unsure`, those of
    them that were taken by a vague name; `missing`, the required ones not found;
    `spare`, columns of the table that nothing was made of; `is_named`, whether the
    table's name is that of the input.
    """

    table: str
    columns: dict = field(default_factory=dict)
    unsure: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    spare: list = field(default_factory=list)
    is_named: bool = False


def bare(name):
    """A name in lower case, without what is no letter or digit."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Macros:
    """In place of the package's macros: the contract asks them for ranges alone.

    Ranges are of no use for recognising a column, so that each macro gives 0.
    """

    def __getattr__(self, name):
        return lambda *arguments: 0


def read_contract(folder=None):
    """The input contract, {entity: {column: {'type', 'is_required', ...}}}.

    Argument: `folder`, of the project; by default where this library lies, or where
    `dbt deps` puts the package.
    """
    folders = [folder] if folder else [ROOT, Path("dbt_packages", "segmentation")]
    for candidate in folders:
        path = candidate / "macros" / "inputs" / "input_contract.sql"
        if path.exists():
            break
    else:
        raise SystemExit(
            "The dbt package segmentation is not here: run this in the repository, or "
            "in a project after dbt deps."
        )
    found = []
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    template = environment.from_string(
        path.read_text(), globals={"return": found.append, "segmentation": Macros()}
    )
    template.module.input_contract()
    return found[0]


def match_table(table, columns, entity, contract):
    """Hold a table against an input.

    Arguments: `table`, its name; `columns`, its columns' names; `entity`, the input;
    `contract`, the input's columns, see read_contract.
    """
    by_name = {bare(column): column for column in columns}
    match = Match(table)
    words = re.split(r"[^A-Za-z0-9]+", table)
    tails = {bare("".join(words[start:])) for start in range(len(words))}
    match.is_named = bool(tails & {bare(entity), *TABLE_NAMES.get(entity, "").split()})
    taken = set()
    for is_vague in (False, True):
        for column in contract:
            if column in match.columns:
                continue
            vague = VAGUE_NAMES.get(entity, {}).get(column, "").split()
            sure = [bare(column), *COLUMN_NAMES.get(column, "").split()]
            for name in vague if is_vague else sure:
                if name in by_name and by_name[name] not in taken:
                    match.columns[column] = by_name[name]
                    taken.add(by_name[name])
                    if is_vague:
                        match.unsure.append(column)
                    break
    match.missing = [
        column
        for column, properties in contract.items()
        if properties["is_required"] and column not in match.columns
    ]
    match.spare = [column for column in columns if column not in taken]
    return match


def recognise(tables, contract):
    """Find the inputs among tables.

    Arguments: `tables`, {table: [column]}; `contract`, see read_contract.
    Returns {entity: Match}; a table is given to one input at most, the best first: a
    table of the input's name, then one that has all its required columns.
    """
    candidates = []
    for entity, columns in contract.items():
        for table, names in tables.items():
            match = match_table(table, names, entity, columns)
            n_required = sum(
                column in match.columns and column not in match.unsure
                for column, properties in columns.items()
                if properties["is_required"]
            )
            if match.is_named or not match.missing:
                rank = (match.is_named, not match.missing, n_required)
                candidates.append((rank, entity, match))
    found = {}
    for _, entity, match in sorted(candidates, key=lambda row: row[0], reverse=True):
        used = {other.table for other in found.values()}
        if entity not in found and match.table not in used:
            found[entity] = match
    return found


def known_connector(tables):
    """The connector of a public data set that the tables are, or None."""
    names = {bare(name): {bare(column) for column in tables[name]} for name in tables}
    if {"users", "orders", "orderitems", "products"} <= set(names) and (
        "inventoryitemid" in names["orderitems"]
    ):
        return "thelook"
    if any(
        {"stockcode", "quantity", "invoicedate", "country"} <= columns
        for columns in names.values()
    ):
        return "online_retail"
    return None


def load_folder(folder, database, schema):
    """Load the CSV and Parquet files of a folder into a DuckDB file, a table each.

    Arguments: `folder`; `database`, the file, made if need be; `schema`, of the tables.
    Raises SystemExit, in words, if there is no such file in the folder.
    """
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().endswith((".csv", ".csv.gz", ".parquet"))
    )
    if not paths:
        raise SystemExit(f"There is no CSV or Parquet file in {folder}.")
    with duckdb.connect(str(database)) as connection:
        place = quoted(schema)
        connection.execute(f"create schema if not exists {place}")
        for path in paths:
            table = quoted(path.name.split(".")[0])
            read = "read_parquet" if path.suffix.lower() == ".parquet" else "read_csv"
            connection.execute(
                f"create or replace table {place}.{table} as from {read}(?)",
                [str(path)],
            )


def read_tables(database):
    """The tables of a DuckDB file, {schema: {table: [column]}}.

    Raises SystemExit, in words, if it is no DuckDB file.
    """
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute(
                "select table_schema, table_name, column_name"
                " from information_schema.columns"
                " where table_catalog = current_catalog()"
                " order by table_schema, table_name, ordinal_position"
            ).fetchall()
    except duckdb.Error as error:
        raise SystemExit(f"{database} cannot be read as a DuckDB file.") from error
    schemas = {}
    for schema, table, column in rows:
        schemas.setdefault(schema, {}).setdefault(table, []).append(column)
    return schemas


def write_variables(schema, tables, contract):
    """The variables for the tables of a schema, in YAML, and what is left to do.

    Arguments: `schema`; `tables`, {table: [column]}; `contract`, see read_contract.
    Returns (text, problems): required inputs and columns that were not found, in words.
    """
    connector = known_connector(tables)
    if connector:
        return (
            f"segmentation_connector: {connector}\nsegmentation_schema: {schema}\n",
            [],
        )
    found = recognise(tables, contract)
    is_summary = "customer_summaries" in found and "order_lines" not in found
    connector = "customer_summary" if is_summary else "native"
    entities = [
        entity for entity in contract if (entity == "customer_summaries") == is_summary
    ]
    lines = [
        "# Look at each line that says so; the others were recognised by their names.",
        f"segmentation_connector: {connector}",
        f"segmentation_schema: {schema}",
        "segmentation_tables:",
    ]
    problems = []
    for entity in entities:
        match = found.get(entity)
        lines.append(f"  {entity}: {yaml_name(match.table) if match else 'null'}")
        if match and not match.is_named:
            lines[-1] += "  # look: recognised by its columns"
        if not match and entity in ("customer_summaries", *REQUIRED):
            lines[-1] += f"  # name one of {', '.join(tables)}"
            problems.append(f"no table was recognised as {entity}")
    lines.append("segmentation_columns:")
    renamed = False
    for entity in entities:
        match = found.get(entity)
        rows = []
        for column, name in match.columns.items() if match else ():
            if name.lower() != column:
                rows.append(f"    {column}: {yaml_name(name)}")
                if column in match.unsure:
                    rows[-1] += "  # look: is it this one?"
        for column in match.missing if match else ():
            spare = ", ".join(match.spare) or "none"
            rows.append(f"    # {column}: required, not found; left over: {spare}")
            problems.append(f"{entity} ({match.table}) has no column for {column}")
        if any(not row.lstrip().startswith("#") for row in rows):
            lines.append(f"  {entity}:")
            renamed = True
        lines += rows
    if not renamed:
        lines[lines.index("segmentation_columns:")] = "segmentation_columns: {}"
    return "\n".join(lines) + "\n", problems


def yaml_name(name):
    """A name as YAML; in quotation marks where it needs them."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f'"{name}"'


def main(arguments=None):
    """Look at PATH, write the variables and say what to do next; 1 if inputs lack."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation init", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "path", type=Path, help="DuckDB file, or folder of CSV or Parquet"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("segmentation_vars.yml"),
        help="file to write",
    )
    parser.add_argument("--schema", help="schema of the tables; the best by default")
    parser.add_argument(
        "--database",
        type=Path,
        default=os.environ.get("SEGMENTATION_DUCKDB_PATH"),
        help="file that a folder is loaded into; FOLDER_segments.duckdb by default",
    )
    options = parser.parse_args(arguments)
    if not options.path.exists():
        raise SystemExit(f"There is no {options.path}.")
    database = options.path
    if options.path.is_dir():
        # not segmentation.duckdb, which may hold the history of the demo shop
        name = f"{options.path.resolve().name}_segments.duckdb"
        database = options.database or Path(name)
        load_folder(options.path, database, options.schema or "raw")
    schemas = read_tables(database)
    contract = read_contract()
    schema = options.schema or ("raw" if options.path.is_dir() else None)
    if schema is None:
        schema = max(
            schemas,
            key=lambda name: (
                known_connector(schemas[name]) is not None,
                len(recognise(schemas[name], contract)),
            ),
            default=None,
        )
    if schema not in schemas:
        raise SystemExit(f"There is no table in {database}.")
    text, problems = write_variables(schema, schemas[schema], contract)
    options.output.write_text(text)
    print(text)
    print(f"Written to {options.output}.")
    for problem in problems:
        print(f"To be filled in: {problem}.")
    build = f'dbt build --vars "$(cat {options.output})"'
    if Path("dbt_packages").is_dir():
        print(f"The profile of your project must have {database} as its path.")
    else:
        build = f"SEGMENTATION_DUCKDB_PATH={database} {build}"
    print(f"Then build, or copy it under vars: of your dbt_project.yml:\n\n    {build}")
    return int(bool(problems))
