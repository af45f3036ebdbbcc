"""Between dbt's relations and the library's arrays; DuckDB's relation API only."""

import numpy as np

from segmentation.identifiers import literal, quoted
from segmentation.segments import personas, registry


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
    recipe_rows = recipe.order("preference, recipe_feature_id").to_arrow_table()
    target_rows = targets.to_arrow_table().to_pylist()
    claim_rows = claims.to_arrow_table().to_pylist()
    by_recipe = {}
    for row in recipe_rows.to_pylist():
        by_recipe.setdefault(row["recipe"], []).append(row)

    def ordering(snapshot):
        return features.filter(f"has_ordered and as_of_date = date {literal(snapshot)}")

    def count_customers(snapshot):
        return ordering(snapshot).aggregate("count(*)").fetchall()[0][0]

    table = registry.fit_due_versions(
        snapshots=[row[0] for row in snapshots.project("as_of_date").fetchall()],
        stored=rows,
        candidates=[
            _read_candidate(
                own_rows,
                [row for row in target_rows if row["recipe"] == name],
                [row for row in claim_rows if row["recipe"] == name],
                features.columns,
                ordering,
            )
            for name, own_rows in by_recipe.items()
        ],
        settings=settings,
        count_customers=count_customers,
    )
    return session.from_arrow(table)


def _read_candidate(recipe_rows, target_rows, claim_rows, columns, ordering):
    """A recipe that may be fitted, from its rows; see register_segment_models."""
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
    unknown = sorted(set(names) - set(columns))
    if unknown:
        raise ValueError(
            f"recipe {chosen['recipe']} names the feature {unknown[0]}, which is no "
            "column of fct_customer_features; correct feature_name in "
            "segmentation_recipe_features"
        )
    naming = read_naming(recipe_rows, target_rows, claim_rows)
    claimed = sorted({claim.feature_name for claim in naming.claims} - set(names))

    def read_values(snapshot, sample_size):
        # the hash makes the sample random, and the same in every build
        read = [*names, *claimed, "net_amount"]
        projected = ", ".join(
            f"cast({quoted(name)} as double) as column_{j}"
            for j, name in enumerate(read)
        )
        sample = (
            ordering(snapshot)
            .order("md5(customer_id), customer_id")
            .limit(sample_size)
            .project(projected)
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

    return registry.Candidate(chosen, naming, read_values)


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
