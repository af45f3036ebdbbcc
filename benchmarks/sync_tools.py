"""Seconds and requests of a sync to tools on this machine (tests/python/fake_esp.py).

    python benchmarks/sync_tools.py segmentation.duckdb 100000 klaviyo braze

The rows of each tool's table are repeated under new ids until there are enough.
"""

import sys
import tempfile
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "activation"), str(ROOT / "tests" / "python")]

import fake_esp  # noqa: E402
import send  # noqa: E402
import tools  # noqa: E402


def repeat(connection, tool, n_rows):
    """Write a tool's table with as many sendable profiles as asked for."""
    key = ", md5(cast(number as varchar)) as email_md5" * (tool == "mailchimp")
    connection.execute(
        f"""
        create table shop.rpt_esp_{tool} as
        with profiles as (
            select *, row_number() over (order by external_id) - 1 as position
            from source.shop.rpt_esp_{tool}
            where is_sendable and operation = 'upsert'
        ),
        numbers as (
            select number, number % (select count(*) from profiles) as position
            from range({n_rows}) as numbers(number)
        )
        select
            'n' || number as external_id{key},
            operation,
            is_sendable,
            changed_at,
            replace(payload_json, external_id, 'n' || number) as payload_json
        from numbers inner join profiles using (position)
        """
    )


def main(source, n_rows, *names):
    with tempfile.TemporaryDirectory() as folder, fake_esp.serving() as (esps, address):
        database = Path(folder) / "published.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute("create schema shop")
            connection.execute(f"attach '{source}' as source (read_only)")
            for name in names:
                repeat(connection, name, int(n_rows))
            # nobody becomes a member or a user by being told of
            for name in set(names) & {"mailchimp", "onesignal"}:
                keys = connection.execute(
                    f"select {tools.TOOLS[name].key_column} from shop.rpt_esp_{name}"
                )
                for (key,) in keys.fetchall():
                    esps.merge(name, key, {})
        environment = {
            **fake_esp.VARIABLES,
            **{f"{name.upper()}_URL": f"{address}/{name}" for name in names},
        }
        for name in names:
            for _ in range(2):
                options = ["--database", str(database), "--memory", folder]
                send.main([name, *options], environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
