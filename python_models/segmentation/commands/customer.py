"""Print a card of one customer: `python -m segmentation customer CUSTOMER_ID`.

For whoever is about to write to or call them: who they are to the shop, why, what comes
next and what they may be sent. Nothing to reach them by is read or printed.
"""

import argparse
import sys

from segmentation.commands.arguments import add_database, open_marts
from segmentation.identifiers import qualified

CUSTOMER = """
select customers.*, segments.reason_2, segments.reason_3, segments.second_segment_name,
    scores.churn_horizon_days, scores.value_horizon_days, scores.churn_percentile,
    scores.value_percentile
from {schema}.rpt_customers as customers
inner join {schema}.dim_customer_segments as segments using (customer_id)
left join {schema}.fct_customer_scores as scores
    on customers.customer_id = scores.customer_id
    and customers.as_of_date = scores.as_of_date
where customers.customer_id = $customer_id
"""
ACTIONS = """
select action_id, action_name, channel, action_reason, expected_margin_amount,
    expected_margin_low_amount, expected_margin_high_amount, evidence,
    action_expires_on, is_recommended
from {schema}.fct_customer_actions
where customer_id = $customer_id
order by action_rank
"""
SCORE_REASONS = """
select score_name,
    string_agg(contribution_in_words, '; ' order by contribution_rank) as reasons
from {schema}.fct_customer_score_reasons
where customer_id = $customer_id
group by score_name
"""
ALERTS = """
select alert_reason, severity, started_on
from {schema}.fct_customer_alerts
where customer_id = $customer_id
order by alert_number
"""
SUGGESTIONS = """
select product_name, suggestion_reason
from {schema}.fct_customer_product_suggestions
where customer_id = $customer_id
order by suggestion_rank
"""
HISTORY = """
select segments.segment_name, spells.valid_from_date
from {schema}.fct_customer_segment_history as spells
left join {schema}.dim_segments as segments using (segment_id)
where spells.customer_id = $customer_id
order by spells.valid_from_date
"""
CHANNELS = ("email", "sms", "push")
# of the alternatives to what is recommended
N_ALTERNATIVES = 3


class NoCustomer(Exception):
    """There is no such customer; the message says where was looked."""


def printable(value):
    """A text of the shop's, without what would move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}"
                   for sign in str(value))  # fmt: skip


def read_card(connection, schema, customer_id):
    """Lines of the card of one customer.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    schema : str
        Where the marts are.
    customer_id : str

    Returns
    -------
    list of str

    Raises
    ------
    NoCustomer
        If the last snapshot has no such customer.
    """
    names = qualified(connection, schema)

    def rows(query):
        cursor = connection.execute(
            query.format(schema=names), {"customer_id": customer_id}
        )
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    found = rows(CUSTOMER)
    if not found:
        raise NoCustomer(
            f"There is no customer {printable(customer_id)} in {schema}.rpt_customers."
            " Ids are those of your own tables, and upper and lower case differ."
        )
    (known,) = found
    because = {row["score_name"]: row["reasons"] for row in rows(SCORE_REASONS)}
    sections = [
        _who(known, rows(HISTORY)),
        _why(known),
        _next(known, because),
        _what_to_do(known, rows(ACTIONS)),
        _suggested(rows(SUGGESTIONS)),
        _noticed(rows(ALERTS)),
    ]
    return [printable(line) for section in sections for line in section]


def _amount(value, currency):
    return f"{value:,.2f}" + (f" {currency}" if currency else "")


def _who(known, spells):
    lines = [
        f"{known['customer_id']}: {known['segment_name']} since"
        f" {known['segment_since']}, as of {known['as_of_date']}"
    ]
    if known["has_ordered"]:
        rhythm = (
            f", one every {known['median_gap_days']:,.0f} days"
            if known["median_gap_days"] is not None
            else ""
        )
        ago = known["recency_days"]
        last = f", the last {ago:,.0f} days ago" if ago is not None else ""
        spent = _amount(known["net_amount"], known["reporting_currency"])
        orders = "order" if known["n_orders"] == 1 else "orders"
        lines.append(f"  {known['n_orders']:,} {orders}{last}{rhythm}; {spent} net")
    else:
        lines.append("  has not ordered yet")
    if len(spells) > 1:
        way = [f"{row['segment_name']} ({row['valid_from_date']})" for row in spells]
        lines.append(f"  Segments so far: {', '.join(way)}")
    if known["is_whale"]:
        lines.append("  Among the few who bring most of the revenue")
    return lines


def _why(known):
    reasons = [known[f"reason_{place}"] for place in (1, 2, 3)]
    reasons = [reason for reason in reasons if reason]
    lines = [f"  Why: {'; '.join(reasons)}"] if reasons else []
    if known["second_segment_name"]:
        lines.append(f"  Next nearest: {known['second_segment_name']}")
    return lines


def _next(known, because):
    """What is expected, or that it cannot be told."""
    lines = []
    if known["p_churn"] is not None:
        lines.append(
            f"  Leaves within {known['churn_horizon_days']} days:"
            f" {known['p_churn']:.0%}, {known['churn_band']}"
        )
    elif known["churn_percentile"] is not None:
        lines.append(
            f"  Likelier to leave than {known['churn_percentile']:.0%} of customers;"
            " how likely cannot be told"
        )
    if lines and because.get("repurchase"):
        lines.append(f"    weighs most: {because['repurchase']}")
    if known["expected_revenue"] is not None:
        amount = _amount(known["expected_revenue"], known["reporting_currency"])
        lines.append(f"  Expected in {known['value_horizon_days']} days: {amount}")
    elif known["value_percentile"] is not None:
        lines.append(
            f"  Worth more than {known['value_percentile']:.0%} of customers;"
            " how much cannot be told"
        )
    return lines or ["  No score: there is too little to learn from"]


def _what_to_do(known, actions):
    refused = known["email_suppress_reason"]
    may = [
        name
        for name in CHANNELS
        if known[f"has_{name}_consent"] and not (name == "email" and refused)
    ]
    if may:
        lines = [f"  May be written to by {', '.join(may)}"]
    else:
        lines = ["  Must not be written to: no channel has their consent"]
    if refused:
        lines.append(f"    no email: {refused}")

    def worth(row):
        if row["expected_margin_amount"] is None:
            return ""
        unit = known["reporting_currency"]
        low, high = (
            row["expected_margin_low_amount"],
            row["expected_margin_high_amount"],
        )
        interval = "" if low is None or high is None else f" [{low:,.2f}, {high:,.2f}]"
        return f"; worth {_amount(row['expected_margin_amount'], unit)}{interval}"

    def told(row):
        until = row["action_expires_on"]
        return (
            f"{row['action_name']} ({row['channel']})"
            + (f" until {until}" if until else "")
            + (f": {row['action_reason']}" if row["action_reason"] else "")
            + worth(row)
            + (f", {row['evidence']}" if row["evidence"] else "")
        )

    chosen = [row for row in actions if row["is_recommended"]]
    others = [
        row
        for row in actions
        if not row["is_recommended"] and row["action_id"] != "do_nothing"
    ][:N_ALTERNATIVES]
    lines += [f"  Recommended: {told(row)}" for row in chosen]
    if not chosen:
        lines.append(f"  Nothing is recommended: {known['action_status']}")
    return lines + [f"    or {told(row)}" for row in others]


def _suggested(suggestions):
    return [
        f"  Suggest {row['product_name']}: {row['suggestion_reason']}"
        for row in suggestions
    ]


def _noticed(alerts):
    return [
        f"  Noticed on {row['started_on']}, {row['severity']}: {row['alert_reason']}"
        for row in alerts
    ]


def main(arguments=None):
    """Print the card; return the exit code, 1 if there is no such customer."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation customer", description=__doc__.splitlines()[0]
    )
    parser.add_argument("customer_id", help="as in your own tables")
    add_database(parser, schema=None)
    options = parser.parse_args(arguments)
    with open_marts(parser, options) as connection:
        try:
            lines = read_card(connection, options.schema, options.customer_id)
        except NoCustomer as error:
            print(error, file=sys.stderr)
            return 1
    print("\n".join(lines))
    return 0
