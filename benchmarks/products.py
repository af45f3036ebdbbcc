"""Would the suggestions have been bought? UCI Online Retail with 30 days held out.

    python benchmarks/products.py

1. Build the suggestions as of a day, from what was known then.
2. Ask of every customer who bought goods in the 30 days after whether one of the three
   suggestions was among them, beside three best sellers of the last 30 days, three of
   the last 90, and three products drawn from those sold. What the customer bought in
   the 90 days before is left out of all of them alike.

Days 2011-09-09 and 2011-10-09 were looked at while the method was chosen; 2011-11-08,
the last 30 days of the data, was not. Prints Markdown; takes about a minute.
"""

import argparse
import os
import tempfile
from pathlib import Path

import duckdb
from shops import ROOT, build_shop

CUT_OFFS = ("2011-09-09", "2011-10-09", "2011-11-08")
HELD_OUT_DAYS = 30
METHODS = {
    "suggestions": "suggestions",
    "of those, bought together only": "pairs",
    "best sellers of 30 days": "best_30d",
    "best sellers of 90 days": "best_90d",
    "random of the sold": "random",
}


def build(database, cut_off, folder):
    """Build the suggestions as of a day, point in time, into a DuckDB file."""
    variables = {
        "segmentation_connector": "online_retail",
        "segmentation_parquet_folder": str(folder),
        "segmentation_as_of_date": cut_off,
        "segmentation_currency": "GBP",
        "segmentation_history_snapshots": 1,
    }
    build_shop(database, ["+fct_customer_product_suggestions"], variables)


def hit_rates(connection, schema="shop"):
    """How often three products were met by what was bought in the days after.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        An open build whose inputs go on after its last snapshot.
    schema : str
        Where the build is.

    Returns
    -------
    dict
        {method: {group: (n_customers, hit_rate, gain, half_width)}}; the groups are
        ``all`` who bought in the days held out, and those who had bought ``once``
        before. ``gain`` is the paired difference to the best sellers of 30 days,
        ``half_width`` of its 95 % interval (normal; customers are independent).
    """
    connection.execute(f"""
        create or replace temp table held_out as
        select distinct
            lines.customer_id,
            lines.product_id,
            lines.ordered_on > snapshot.day as is_after,
            lines.ordered_on > snapshot.day - 90 as is_recent,
            lines.order_id,
            lines.ordered_on,
            snapshot.day
        from {schema}.int_order_lines__priced as lines
        inner join {schema}.int_products__checked as products
            on lines.product_id = products.product_id
        cross join (
            select max(as_of_date) as day from {schema}.int_baskets__itemised
        ) as snapshot
        where
            lines.treatment != 'refund'
            and products.reject_reason is null
            and coalesce(products.category, '') != 'Service'
            and lines.ordered_on <= snapshot.day + {HELD_OUT_DAYS}
            and lines.voided_on > greatest(lines.ordered_on, snapshot.day)
    """)
    connection.execute("""
        create or replace temp table judged as
        select
            customer_id,
            count(distinct case when not is_after then order_id end) as n_orders
        from held_out group by customer_id
        having bool_or(is_after) and bool_or(not is_after)
    """)
    connection.execute(f"""
        create or replace temp table proposed as
        with sold as (
            select
                product_id,
                count(distinct order_id) as n_90d,
                count(distinct case when ordered_on > day - 30 then order_id end)
                    as n_30d
            from held_out where is_recent and not is_after group by product_id
        ), scored as (
            select customer_id, product_id, 'best_30d' as method, n_30d as score
            from judged cross join sold
            union all
            select customer_id, product_id, 'best_90d', n_90d
            from judged cross join sold
            union all
            select customer_id, product_id, 'random', hash(customer_id || product_id)
            from judged cross join sold
        ), allowed as (
            select scored.* from scored
            anti join (
                select customer_id, product_id
                from held_out where is_recent and not is_after
            ) as bought using (customer_id, product_id)
        ), ranked as (
            select
                *,
                row_number() over (
                    partition by customer_id, method
                    order by score desc, product_id
                ) as place
            from allowed
        )
        select customer_id, method, product_id from ranked where place <= 3
        union all
        select customer_id, 'suggestions', product_id
        from {schema}.fct_customer_product_suggestions where suggestion_rank <= 3
        union all
        select customer_id, 'pairs', product_id
        from {schema}.fct_customer_product_suggestions
        where suggestion_rank <= 3 and basis = 'bought_together'
    """)
    rates = {}
    for method in METHODS.values():
        rates[method] = {
            group: connection.execute(f"""
                with hits as (
                    select distinct proposed.customer_id, proposed.method
                    from proposed
                    inner join held_out
                        on proposed.customer_id = held_out.customer_id
                        and proposed.product_id = held_out.product_id
                    where held_out.is_after
                ), compared as (
                    select
                        case when own.method is null then 0 else 1 end as is_hit,
                        case when other.method is null then 0 else 1 end as is_other
                    from judged
                    left join hits as own
                        on judged.customer_id = own.customer_id
                        and own.method = '{method}'
                    left join hits as other
                        on judged.customer_id = other.customer_id
                        and other.method = 'best_30d'
                    where {condition}
                )
                select
                    count(*),
                    avg(is_hit),
                    avg(is_hit - is_other),
                    1.96 * stddev_samp(is_hit - is_other) / sqrt(count(*))
                from compared
            """).fetchone()
            for group, condition in {"all": "true", "once": "n_orders = 1"}.items()
        }
    return rates


def main():
    """Build as of each day, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(
        os.environ.get("SEGMENTATION_TEST_DATA", ROOT.parent / "shared" / "data")
    )
    parser.add_argument("--data", type=Path, default=default / "online_retail")
    arguments = parser.parse_args()
    print("| as of | three products | buyers | hit | gain [95 %] | with one order |")
    print("|---|---|---:|---:|---:|---:|")
    for cut_off in CUT_OFFS:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "products.duckdb"
            build(database, cut_off, arguments.data.resolve())
            with duckdb.connect(str(database)) as connection:
                rates = hit_rates(connection)
        for name, method in METHODS.items():
            n_customers, rate, gain, half = rates[method]["all"]
            n_once, rate_once, _, _ = rates[method]["once"]
            interval = f"{gain:+.1%} [{gain - half:+.1%}, {gain + half:+.1%}]"
            print(
                f"| {cut_off} | {name} | {n_customers:,} | {rate:.1%} | "
                f"{interval if method != 'best_30d' else ''} | "
                f"{rate_once:.1%} of {n_once:,} |"
            )


if __name__ == "__main__":
    main()
