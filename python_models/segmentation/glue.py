"""Between dbt's relations and the library's arrays; DuckDB's relation API only."""

import numpy as np

from segmentation import movement, personas, registry
from segmentation.identifiers import literal, quoted


def register_segment_models(
    session, stored, snapshots, features, recipe, targets, claims, settings
):
    """Fit the segment models that are due and return their registry rows.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    stored : str or None
        Quoted name of the registry table so far, None at the first build.
    snapshots, features, recipe, targets, claims : duckdb.DuckDBPyRelation
        int_snapshots__scheduled, fct_customer_features, and the chosen recipe's
        features, persona targets and claims of names.
    settings : dict
        See registry.fit_due_versions.

    Returns
    -------
    duckdb.DuckDBPyRelation
        New rows with explicit types, none if no fit is due.

    Raises
    ------
    ValueError
        If the recipe names a feature that fct_customer_features does not have.
    """
    rows = [] if stored is None else session.table(stored).to_arrow_table().to_pylist()
    recipe_rows = recipe.to_arrow_table().to_pylist()
    chosen = {
        "recipe": recipe_rows[0]["recipe"],
        "method": recipe_rows[0]["method"],
        "scaling": recipe_rows[0]["scaling"],
        "n_clusters": recipe_rows[0]["n_clusters"],
        "segment_prefix": recipe_rows[0]["segment_prefix"],
        "whale_segment": recipe_rows[0]["whale_segment_id"],
        "features": sorted(
            (
                row["feature_name"],
                row["transform"],
                row["weight"],
                row["tie_width"],
            )
            for row in recipe_rows
            if row["feature_name"] is not None
        ),
    }
    names = [feature[0] for feature in chosen["features"]]
    unknown = sorted(set(names) - set(features.columns))
    if unknown:
        raise ValueError(
            f"recipe {chosen['recipe']} names the feature {unknown[0]}, which is no "
            "column of fct_customer_features; correct feature_name in "
            "segmentation_recipe_features"
        )

    naming = read_naming(
        recipe_rows,
        targets.to_arrow_table().to_pylist(),
        claims.to_arrow_table().to_pylist(),
    )
    claimed = sorted({claim.feature_name for claim in naming.claims} - set(names))

    def ordering(snapshot):
        return features.filter(f"has_ordered and as_of_date = date {literal(snapshot)}")

    def count_customers(snapshot):
        return ordering(snapshot).aggregate("count(*)").fetchall()[0][0]

    def read_values(snapshot, sample_size):
        # the hash makes the sample random, and the same in every build
        read = [*names, *claimed, "net_amount"]
        columns = ", ".join(
            f"cast({quoted(name)} as double) as column_{j}"
            for j, name in enumerate(read)
        )
        sample = (
            ordering(snapshot)
            .order("md5(customer_id), customer_id")
            .limit(sample_size)
            .project(columns)
            .fetchnumpy()
        )
        filled = np.column_stack(
            [
                np.ma.filled(sample[f"column_{j}"].astype(float), np.nan)
                for j in range(len(read))
            ]
        )
        further = dict(zip(claimed, filled[:, len(names) : -1].T, strict=True))
        return filled[:, : len(names)], filled[:, -1], further

    table = registry.fit_due_versions(
        snapshots=[row[0] for row in snapshots.project("as_of_date").fetchall()],
        stored=rows,
        recipe=chosen,
        naming=naming,
        settings=settings,
        count_customers=count_customers,
        read_values=read_values,
    )
    return session.from_arrow(table)


def read_naming(recipe, targets, claims):
    """What clusters are named by, from rows.

    Parameters
    ----------
    recipe, targets, claims : list of dict
        Rows of int_segment_recipes__chosen, int_segment_targets__chosen and
        int_segment_claims__chosen.

    Returns
    -------
    personas.Naming
    """
    return personas.Naming(
        targets=tuple(
            personas.Target(
                row["segment_id"],
                row["feature_name"],
                row["target"],
                row["minimum"],
                row["maximum"],
            )
            for row in targets
        ),
        claims=tuple(
            personas.Claim(
                row["segment_id"],
                row["feature_name"],
                row["median_minimum"],
                row["median_maximum"],
            )
            for row in claims
            if row["claim"] == "name"
        ),
        words=tuple(
            personas.Words(
                row["feature_name"],
                row["words_low"],
                row["words_high"],
                row["low_maximum"],
                row["high_minimum"],
            )
            for row in recipe
        ),
    )


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
        See movement.compare_migrations.
    """
    keys = (
        "grain, period_end_date, scheme_in_force, is_comparable, has_refit, "
        "from_segment_id, to_segment_id"
    )
    rows = _sums(transitions.filter("grain != 'stride'"), keys)
    return session.from_arrow(movement.compare_migrations(rows))


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
        See movement.fit_chain.
    """
    latest = (
        periods.filter("grain = 'week'")
        .order("period_end_date desc")
        .project("scheme_in_force")
        .limit(1)
        .fetchall()
    )
    scheme = latest[0][0] if latest else None
    own = transitions.filter("is_comparable and not has_refit").filter(
        "scheme_in_force = '" + str(scheme).replace("'", "''") + "'"
    )
    weeks = own.filter("grain = 'week'")
    pair = "from_segment_id, to_segment_id"
    table = movement.fit_chain(
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
