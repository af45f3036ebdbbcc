"""The shop that is built, killed and wronged in the campaign, and how it is built.

80 customers whose orders, visits, messages and refunds are drawn by rule; in its second
week some move, refuse, are erased, and rows come late. A build takes seconds.
"""

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/python", "benchmarks")]

import compare_builds  # noqa: E402
import dbt_process  # noqa: E402
import duckdb  # noqa: E402

SCHEMA = "shop"
NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
WEEKS = ("2024-07-08", "2024-07-15")
VARIABLES = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_tables": {
        name: name
        for name in (
            "customers", "orders", "order_lines", "refunds", "products", "web_events",
            "email_events", "campaign_members", "tickets", "reviews",
        )
    },
    "segmentation_extracted_at": "2024-07-20 00:00:00",
    "segmentation_history_snapshots": 2,
    "segmentation_confirmations": 1,
    "segmentation_score_resamples": 100,
    "segmentation_stability_resamples": 2,
    "segmentation_min_customers_to_fit": 40,
    # quintiles of few customers move many
    "segmentation_min_blast_customers": 80,
}  # fmt: skip
DAY = "timestamp '2023-07-01 10:00' + to_days(cast({} as integer))"
TABLES = {
    "customers": f"""
        select
            'c' || i as customer_id,
            'c' || i || '@example.com' as email,
            '+4420' || (10000000 + i) as phone,
            i % 3 != 0 as has_email_consent,
            i % 4 = 0 as has_sms_consent,
            i % 5 = 0 as has_push_consent,
            false as is_test_account,
            'm' as gender,
            'GB' as country,
            20 + i % 60 as age,
            date '1980-01-01' + cast(i * 37 as integer) as birth_date,
            {DAY.format("i")} as first_seen_at,
            cast(null as timestamp) as email_consent_at,
            cast(null as timestamp) as erased_at
        from range(80) as numbers(i)
    """,
    "products": """
        select 'p' || i as product_id, 'Product ' || i as product_name,
            'Category ' || i % 4 as category, 2.5 + i as unit_cost
        from range(12) as numbers(i)
    """,
    "orders": f"""
        select
            'o' || i as order_id,
            'c' || (i * i + i) % 80 as customer_id,
            {DAY.format("i % 380")} as ordered_at,
            'paid' as status,
            'USD' as currency,
            3 as shipping_amount,
            1.5 as tax_amount,
            case when i % 7 = 0 then 2 else 0 end as discount_amount
        from range(600) as numbers(i)
    """,
    "order_lines": """
        select
            'o' || i // 2 || '-' || i % 2 as order_line_id,
            'o' || i // 2 as order_id,
            'p' || (i * 5) % 12 as product_id,
            1 + i % 3 as quantity,
            5.5 + (i * 7) % 23 as unit_price,
            0 as discount_amount
        from range(1200) as numbers(i)
    """,
    "refunds": """
        select 'r' || i as refund_id, 'o' || i * 20 as order_id,
            cast(null as varchar) as order_line_id, 4 as amount,
            timestamp '2024-07-02 10:00' as refunded_at
        from range(20) as numbers(i)
    """,
    "web_events": f"""
        select 'w' || i as web_event_id, 'c' || i % 80 as customer_id,
            's' || i // 3 as session_id,
            case i % 3 when 0 then 'view' when 1 then 'cart' else 'purchase' end
                as event_type,
            {DAY.format("i % 375")} as occurred_at
        from range(900) as numbers(i)
    """,
    "email_events": f"""
        select 'e' || i as email_event_id, 'c' || i % 80 as customer_id,
            'm' || i // 4 as message_id,
            case when i % 4 = 0 then 'open' else 'sent' end as event_type,
            {DAY.format("i % 375")} as occurred_at
        from range(800) as numbers(i)
    """,
    "campaign_members": f"""
        select 'k' || i as campaign_member_id, 'spring' as campaign_id,
            'c' || i as customer_id,
            case when i % 2 = 0 then 'treatment' else 'control' end as arm,
            {DAY.format("300")} as assigned_at
        from range(80) as numbers(i)
    """,
    "tickets": f"""
        select 't' || i as ticket_id, 'c' || i as customer_id,
            {DAY.format("200 + i")} as opened_at
        from range(20) as numbers(i)
    """,
    "reviews": f"""
        select 'v' || i as review_id, 'c' || i as customer_id,
            1 + i % 5 as rating, {DAY.format("250 + i")} as reviewed_at
        from range(40) as numbers(i)
    """,
}
SECOND_WEEK = [
    "update raw.customers set erased_at = timestamp '2024-07-12' where customer_id in"
    " ('c2', 'c7')",
    "update raw.customers set has_email_consent = false, has_push_consent = false"
    " where customer_id in ('c5', 'c10')",
    "update raw.customers set email = 'moved@example.com' where customer_id = 'c11'",
    # late, and corrected
    "insert into raw.web_events values"
    " ('late', 'c3', 's-late', 'view', timestamp '2024-01-03 10:00')",
    "update raw.email_events set event_type = 'unsubscribe'"
    " where email_event_id = 'e4'",
    "update raw.order_lines set quantity = 5 where order_line_id = 'o40-0'",
]


def write(database, statements=()):
    """Write the shop's tables into a new DuckDB file, then change them."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        for name, query in TABLES.items():
            connection.execute(f"create table raw.{name} as {query}")
        for statement in statements:
            connection.execute(statement)


def change(database, statements):
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)


@dataclass
class Result:
    """What one part of the campaign tried, and what went wrong.

    Attributes
    ----------
    part, what : str
    n_tried, n_right : int
    failures : list of str
        Each with its seed.
    """

    part: str
    what: str
    n_tried: int = 0
    n_right: int = 0
    failures: list = field(default_factory=list)

    def count(self, is_right, failure):
        self.n_tried += 1
        self.n_right += is_right
        if not is_right:
            self.failures.append(failure)
            print(f"FAILED {self.part}: {failure}", flush=True)


class Builder:
    """Runs dbt on the shop, parsed once.

    Parameters
    ----------
    folder : Path
        New; databases and dbt's artifacts go there.
    variables : dict
        Those of the shop.
    manifest : tuple or None
        Path of the manifest of an earlier parse, and what to replace in it, as
        dbt_process.load_manifest takes them but for the database.
    until : float
        The moment, by the clock that only runs forwards, after which no trial begins.
    """

    def __init__(self, folder, variables=VARIABLES, manifest=None, until=float("inf")):
        self.until = until
        self.folder = folder
        self.variables = variables
        self.target = folder / "target"
        self.output = folder / "output.txt"
        self.database = folder / "work" / "warehouse.duckdb"
        self.database.parent.mkdir(parents=True, exist_ok=True)
        self.manifest = manifest or (self.parse(),)

    def parse(self):
        process = dbt_process.run(
            ["parse", "--no-write-json", *self.options(self.variables)],
            ROOT,
            self.environment(self.database),
        )
        assert process.returncode == 0, process.stdout
        parsed = self.target / "parsed.msgpack"
        return shutil.copy(self.target / "partial_parse.msgpack", parsed)

    def is_over(self):
        return time.monotonic() > self.until

    def options(self, variables):
        return [
            "--vars", json.dumps(variables), "--target-path", str(self.target),
            "--log-path", str(self.target), "--no-use-colors",
        ]  # fmt: skip

    def environment(self, database):
        return {
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_LOG_LEVEL_FILE": "none",
            "SEGMENTATION_DUCKDB_PATH": str(database),
        }

    def arguments(self, args, **variables):
        """Those of dbt, with `variables` on top of the shop's."""
        return [
            *args,
            "--no-write-json",
            *self.options({**self.variables, **variables}),
        ]

    def start(self, args, own_group=True, **variables):
        """Begin a run of dbt on the database, in a process group of its own."""
        return dbt_process.start(
            self.arguments(args, **variables),
            ROOT,
            self.environment(self.database),
            self.output,
            (self.manifest[0], self.database.stem, *self.manifest[1:]),
            own_group,
        )

    def run(self, args, **variables):
        """Run dbt on the database to its end; returns exit code and what it says."""
        process = self.start(args, **variables)
        process.join()
        return process.exitcode, self.output.read_text()

    def must_run(self, args, **variables):
        code, said = self.run(args, **variables)
        if code:
            raise AssertionError(f"dbt {' '.join(args)} failed:\n{said[-3000:]}")

    def beside(self):
        """The command that `segmentation run` builds by: this shop, second week."""
        return [
            sys.executable, str(Path(__file__)), str(self.folder / "beside.txt"),
            json.dumps(self.manifest, default=str),
            *self.arguments(NO_TESTS, segmentation_as_of_date=WEEKS[1]),
        ]  # fmt: skip

    def put(self, source):
        """Put a copy of a database, or nothing, where dbt builds."""
        for path in self.database.parent.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if source is not None:
            shutil.copy(source, self.database)


def fingerprints(database, leave_out="$^"):
    """{table: fingerprint} of all tables and views of the shop's schema."""
    with duckdb.connect(str(database), read_only=True) as connection:
        catalog = connection.execute("select current_catalog()").fetchone()[0]
        tables = compare_builds.list_tables(
            connection, catalog, SCHEMA, ".*", leave_out
        )
        return {
            table: compare_builds.fingerprint(connection, catalog, SCHEMA, table)
            for table in tables
        }


def differing(one, other):
    """Names of the tables that differ, with the columns that do."""
    found = []
    for table in sorted({*one, *other}):
        mine, theirs = one.get(table), other.get(table)
        if mine is None or theirs is None:
            found.append(f"{table} (is in one alone)")
        elif mine != theirs:
            columns = [
                name
                for name in mine["columns"]
                if mine["columns"][name] != theirs["columns"].get(name)
            ]
            found.append(f"{table} ({', '.join(columns) or 'rows'})")
    return found


if __name__ == "__main__":
    output, manifest, *args = sys.argv[1:]
    path, *replaced = json.loads(manifest)
    database = Path(os.environ["SEGMENTATION_DUCKDB_PATH"]).stem
    dbt_process.run_here(
        args, ROOT, dict(os.environ), Path(output), (Path(path), database, *replaced)
    )
