"""Between dbt's relations and counts of transitions; DuckDB's relation API only."""

from segmentation.identifiers import literal
from segmentation.movement import chain, migrations


def compare_segment_migrations(session, transitions):
    """Compare each week's and month's migrations with those before.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    transitions : duckdb.DuckDBPyRelation
        int_segment_transitions__counted.

    Returns
    -------
    duckdb.DuckDBPyRelation
        See migrations.compare_migrations.
    """
    keys = (
        "grain, period_end_date, active_scheme, is_comparable, has_refit, "
        "from_segment_id, to_segment_id"
    )
    rows = _sums(transitions.filter("grain != 'stride'"), keys)
    return session.from_arrow(migrations.compare_migrations(rows))


def fit_segment_chain(session, transitions, periods, settings):
    """Fit the Markov chain of the active scheme and check it.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    transitions, periods : duckdb.DuckDBPyRelation
        int_segment_transitions__counted and int_segment_periods__scheduled.
    settings : dict
        `interval_days` and `random_seed`.

    Returns
    -------
    duckdb.DuckDBPyRelation
        See chain.fit_chain.
    """
    latest = (
        periods.filter("grain = 'week'")
        .order("period_end_date desc")
        .project("active_scheme")
        .limit(1)
        .fetchall()
    )
    scheme = latest[0][0] if latest else None
    own = transitions.filter("is_comparable and not has_refit").filter(
        f"active_scheme = {literal(str(scheme))}"
    )
    weeks = own.filter("grain = 'week'")
    pair = "from_segment_id, to_segment_id"
    table = chain.fit_chain(
        weeks=_sums(weeks, f"period_end_date, {pair}"),
        groups=_sums(weeks, f"customer_group, {pair}"),
        strides=_sums(
            own.filter("grain = 'stride' and before_segment_id is not null"),
            f"before_segment_id, {pair}",
        ),
        interval_days=settings["interval_days"],
        random_seed=settings["random_seed"],
    )
    return session.from_arrow(table)


def _sums(transitions, keys):
    """Counts and amounts of transitions, summed by the keys and sorted by them."""
    return (
        transitions.aggregate(
            f"{keys}, cast(sum(n_customers) as bigint) as n_customers, "
            "cast(sum(n_valued_customers) as bigint) as n_valued_customers, "
            "sum(period_net_amount) as period_net_amount"
        )
        .order(keys)
        .to_arrow_table()
        .to_pylist()
    )
