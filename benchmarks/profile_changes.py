"""Count what a week changes of the profiles that tools are told.

    python benchmarks/profile_changes.py BEFORE.duckdb AFTER.duckdb

Two databases of one shop, a week apart. Compares the attributes of rpt_esp_braze, which
has all of them, of everybody who may be written to in both; then what is left of it
where actions are sent as events (docs/sync.md).
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).resolve().parents[1] / "activation"))

import tools  # noqa: E402

SEGMENTS = {"segment_id", "segment_name", "previous_segment_id", "segment_changed_at"}
BANDS = {
    "churn_band", "churn_score_status", "value_band", "value_score_status",
}  # fmt: skip


def profiles(database, schema):
    """Attributes by customer, of rows that may be sent."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as built (read_only)")
        rows = connection.execute(
            "select external_id, payload_json"
            f" from built.{schema}.rpt_esp_braze"
            " where is_sendable and operation = 'upsert'"
        ).fetchall()
    return {customer: json.loads(payload) for customer, payload in rows}


def changes(before, after):
    """Names of the attributes that changed, by customer in both weeks."""
    return {
        customer: {
            name
            for name, value in after[customer].items()
            if before[customer].get(name) != value
        }
        for customer in before.keys() & after.keys()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--schema", default="shop")
    options = parser.parse_args()
    before = profiles(options.before, options.schema)
    after = profiles(options.after, options.schema)
    found = changes(before, after)
    changed = [names for names in found.values() if names]
    n_attributes = len(next(iter(before.values()))) - 1
    print(f"{len(found)} profiles of {n_attributes} attributes in both weeks")
    print(f"{len(changed)} profiles changed, {sum(map(len, changed))} attributes")
    for words, names in (
        ("segment", SEGMENTS),
        ("band", BANDS),
        ("action", {"action_id"}),
    ):
        print(f"{sum(bool(one & names) for one in changed)} have another {words}")
    stable = [names - set(tools.ACTION_FIELDS) for names in found.values()]
    begun = [
        customer
        for customer, names in found.items()
        if names & {"action_id", "action_expires_on"} and after[customer]["action_id"]
    ]
    print(
        f"actions as events: {sum(map(bool, stable))} profiles changed,"
        f" {sum(map(len, stable))} attributes, and {len(begun)} events"
    )
    for name, count in Counter(name for one in changed for name in one).most_common():
        print(f"{count:6} {name}")


if __name__ == "__main__":
    main()
