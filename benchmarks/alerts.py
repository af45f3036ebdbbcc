"""Who is alerted of and then stays away? UCI Online Retail and the demo shop.

    python benchmarks/alerts.py

1. Raise the alerts as of past days, from what was known then.
2. Ask of every customer with three order days or more whether no order came in the 90
   days after, for those alerted of, for others of as many order days, and for those of
   them who ordered in the last 90 days (the others were lost before); beside the rule
   "no order for 45 days", for everybody and for those who crossed the 45 days in the
   last 30, which is when a warning is early.

Prints Markdown; takes some minutes.
"""

import argparse
import math
import os
import tempfile
from pathlib import Path

import duckdb
from shops import ROOT, build_shop

OUTCOME_DAYS = 90
SHOPS = {
    "online_retail": ("2011-06-09", "2011-07-14", "2011-08-11", "2011-09-08"),
    "demo": ("2024-03-31", "2024-05-31", "2024-07-31", "2024-09-30"),
}
RULES = {
    "slowing": "slowing is not null",
    "frequency drop": "dropping is not null",
    "slowing or drop": "slowing is not null or dropping is not null",
    "no order for 46 to 75 days": "silent_days between 46 and 75",
    "no order for 45 days": "silent_days > 45",
}


def build(database, connector, day, folder):
    """Raise the alerts as of a day, point in time, in a DuckDB file."""
    variables = {
        "segmentation_connector": connector,
        "segmentation_parquet_folder": str(folder),
        "segmentation_as_of_date": day,
        "segmentation_history_snapshots": 1,
    }
    if connector == "online_retail":
        variables["segmentation_currency"] = "GBP"
    build_shop(database, ["+int_customer_alerts__raised"], variables)


def counts(connection, schema="shop"):
    """What became of customers, by rule.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        An open build whose inputs go on for 90 days after its last snapshot.
    schema : str
        Where the build is.

    Returns
    -------
    dict
        {rule: (n_alerted, n_lapsed, n_expected, n_expected_active, n_lapsed_of_all,
        n_all)} of customers with three order days or more. ``n_lapsed`` of those
        alerted of had no order in the 90 days after; ``n_expected`` would have, had
        they lapsed as often as the others of as many order days (12 and more together),
        ``n_expected_active`` as those of them with an order in the last 90 days.
    """
    found = {}
    for rule, condition in RULES.items():
        found[rule] = connection.execute(f"""
            with outcomes as (
                select
                    paces.customer_id,
                    bool_or(
                        days.activity_on > paces.as_of_date
                        and days.activity_on <= paces.as_of_date + {OUTCOME_DAYS}
                        and days.voided_on > days.activity_on
                    ) as has_returned
                from {schema}.int_customer_paces__measured as paces
                inner join {schema}.int_customer_days__ordered as days
                    on paces.customer_id = days.customer_id
                where days.n_orders > 0
                group by paces.customer_id
            ), alerts as (
                select
                    customer_id,
                    max(case when alert_type = 'slowing' then 1 end) as slowing,
                    max(case when alert_type = 'frequency_drop' then 1 end) as dropping
                from {schema}.int_customer_alerts__raised
                group by customer_id
            ), judged as (
                select
                    least(paces.n_gaps, 11) as stratum,
                    paces.silent_days < 90 as is_active,
                    coalesce({condition}, false) as is_alerted,
                    case when outcomes.has_returned then 0 else 1 end as has_lapsed
                from {schema}.int_customer_paces__measured as paces
                inner join outcomes using (customer_id)
                left join alerts using (customer_id)
                where paces.n_gaps >= 2
            ), usual as (
                select
                    stratum,
                    avg(has_lapsed) as lapse_rate,
                    avg(case when is_active then has_lapsed end) as active_lapse_rate
                from judged where not is_alerted group by stratum
            )
            select
                count(case when is_alerted then 1 end),
                coalesce(sum(case when is_alerted then has_lapsed end), 0),
                coalesce(sum(case when is_alerted then lapse_rate end), 0),
                coalesce(sum(case when is_alerted then active_lapse_rate end), 0),
                sum(has_lapsed),
                count(*)
            from judged left join usual using (stratum)
        """).fetchone()
    return found


def main():
    """Raise the alerts of each day, add up what became of them, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(
        os.environ.get("SEGMENTATION_TEST_DATA", ROOT.parent / "shared" / "data")
    )
    parser.add_argument("--data", type=Path, default=default / "online_retail")
    arguments = parser.parse_args()
    print(
        "| shop | rule | alerts | stay away | of others | gain [95 %] |"
        " of others who ordered in 90 days | recall |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for connector, days in SHOPS.items():
        sums = {rule: [0] * 6 for rule in RULES}
        for day in days:
            with tempfile.TemporaryDirectory() as folder:
                database = Path(folder) / "alerts.duckdb"
                build(database, connector, day, arguments.data.resolve())
                with duckdb.connect(str(database), read_only=True) as connection:
                    for rule, row in counts(connection).items():
                        for place, number in enumerate(row):
                            sums[rule][place] += float(number)
        for rule, (alerted, lapsed, expected, active, of_all, _) in sums.items():
            share, usual = lapsed / alerted, expected / alerted
            half = 1.96 * math.sqrt(share * (1 - share) / alerted)
            gain = share - usual
            print(
                f"| {connector} | {rule} | {alerted:,.0f} | {share:.1%} | {usual:.1%} |"
                f" {gain:+.1%} [{gain - half:+.1%}, {gain + half:+.1%}] |"
                f" {active / alerted:.1%} |"
                f" {lapsed / of_all:.1%} |"
            )
        print(
            f"| {connector} | everybody | {sums['slowing'][5]:,.0f} |"
            f" {sums['slowing'][4] / sums['slowing'][5]:.1%} | | | | |"
        )


if __name__ == "__main__":
    main()
