"""Print the segment table of a built database: `python -m segmentation show`."""

import argparse

from segmentation.commands.arguments import add_database, open_marts
from segmentation.identifiers import qualified

QUERY = """
select
    segment_name,
    n_customers,
    net_amount_share,
    median_recency_days,
    median_frequency,
    median_monetary_amount,
    strategy,
    as_of_date
from {schema}.fct_segment_summaries
order by net_amount_share desc nulls last, segment_id
"""


def format_table(rows):
    """Lay the segments out as text.

    Parameters
    ----------
    rows : list of tuple
        Name, customers, share of net revenue (0 to 1), median recency (days or None),
        frequency and net revenue, strategy; an as-of date last.

    Returns
    -------
    str
    """
    header = (
        "segment",
        "customers",
        "revenue",
        "recency",
        "orders",
        "value",
        "strategy",
    )
    body = [
        (
            name,
            f"{n_customers:,}",
            "-" if share is None else f"{share:.1%}",
            "-" if recency is None else f"{recency:,.0f} d",
            "-" if frequency is None else f"{frequency:,.0f}",
            "-" if value is None else f"{value:,.0f}",
            strategy,
        )
        for name, n_customers, share, recency, frequency, value, strategy, _ in rows
    ]
    widths = [max(len(row[j]) for row in [header, *body]) for j in range(7)]
    lines = []
    for row in [header, *body]:
        cells = [
            row[j].ljust(widths[j]) if j in (0, 6) else row[j].rjust(widths[j])
            for j in range(7)
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def main(arguments=None):
    """Read the command line, print the table and where to look next."""
    parser = argparse.ArgumentParser(prog="python -m segmentation show")
    add_database(parser, schema=None)
    options = parser.parse_args(arguments)
    with open_marts(parser, options) as connection:
        schema = qualified(connection, options.schema)
        rows = connection.execute(QUERY.format(schema=schema)).fetchall()
        why = connection.execute(
            f"select model_version, coalesce(recipe_reason, failure) "
            f"from {schema}.dim_segment_model_versions where is_active"
        ).fetchone()
        rejected, received = connection.execute(
            f"select sum(n_rejected), sum(n_received) "
            f"from {schema}.fct_input_reconciliations"
        ).fetchone()
    print(f"\nSegments as of {rows[0][-1]} (medians; revenue is net, as a share)\n")
    print(format_table(rows))
    if why and why[1]:
        print(f"\n{why[0]}, recipe {why[1]}")
    print(
        f"\n{received:,} input rows read, {rejected:,} rejected: each is in "
        f"{options.schema}.fct_rejected_rows with its reason."
        f"\n\nWhere to look next, in {options.database}:"
        f"\n  {options.schema}.dim_customer_segments          every customer's segment"
        f"\n  {options.schema}.fct_customer_segment_history   and how it came about"
        f"\n  {options.schema}.rpt_esp_profiles               the table to sync"
        "\n  docs/tables.md                      the questions each table answers"
    )
