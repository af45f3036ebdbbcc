"""Between dbt's relations and counts of transitions, on any engine."""

from segmentation import relations
from segmentation.movement import chain, migrations


def compare_segment_migrations(session, transitions):
    """Compare each week's and month's migrations with those before.

    Parameters
    ----------
    session : session of the engine; see relations
    transitions : relation of the engine
        int_segment_transitions__counted.

    Returns
    -------
    relation of the engine
        See migrations.compare_migrations.
    """
    keys = [
        "grain", "period_end_date", "active_scheme", "is_comparable", "has_refit",
        "from_segment_id", "to_segment_id",
    ]  # fmt: skip
    found = migrations.compare_migrations(_sums(transitions, keys, "grain != 'stride'"))
    return relations.write(session, found.schema, found)


def fit_segment_chain(session, transitions, periods, settings):
    """Fit the Markov chain of the active scheme and check it.

    Parameters
    ----------
    session : session of the engine; see relations
    transitions, periods : relation of the engine
        int_segment_transitions__counted and int_segment_periods__scheduled.
    settings : dict
        `interval_days` and `random_seed`.

    Returns
    -------
    relation of the engine
        See chain.fit_chain.
    """
    latest = relations.read_rows(
        periods,
        ["active_scheme"],
        where="grain = 'week'",
        order_by="period_end_date desc",
        limit=1,
    )
    own = relations.select(
        transitions,
        where="is_comparable and not has_refit and active_scheme = :scheme",
        values={"scheme": str(latest[0]["active_scheme"] if latest else None)},
    )
    pair = ["from_segment_id", "to_segment_id"]
    table = chain.fit_chain(
        weeks=_sums(own, ["period_end_date", *pair], "grain = 'week'"),
        groups=_sums(own, ["customer_group", *pair], "grain = 'week'"),
        strides=_sums(
            own,
            ["before_segment_id", *pair],
            "grain = 'stride' and before_segment_id is not null",
        ),
        interval_days=settings["interval_days"],
        random_seed=settings["random_seed"],
    )
    return relations.write(session, table.schema, table)


def _sums(transitions, keys, where):
    """Counts and amounts of transitions, summed by the keys and sorted by them."""
    return relations.read_rows(
        transitions,
        {
            "n_customers": "cast(sum(n_customers) as bigint)",
            "n_valued_customers": "cast(sum(n_valued_customers) as bigint)",
            "period_net_amount": "sum(period_net_amount)",
        },
        where=where,
        group_by=keys,
        # nulls come last on DuckDB and first on Spark
        order_by=", ".join(f"{key} asc nulls last" for key in keys),
    )
