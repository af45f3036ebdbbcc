"""Between dbt's relations and the library's arrays, on any engine."""

import numpy as np

from segmentation import relations
from segmentation.segments import personas, registry


def register_segment_models(
    session, stored, snapshots, features, recipe, targets, claims, settings
):
    """Fit the segment models that are due and return their registry rows.

    Parameters
    ----------
    session : session of the engine; see relations
    stored : dbt's this or None
        The registry table so far, None at the first build.
    snapshots, features, recipe, targets, claims : relation of the engine
        int_snapshots__scheduled, fct_customer_features, and the chosen recipe's
        features, persona targets and claims of names.
    settings : dict
        See registry.fit_due_versions.

    Returns
    -------
    relation of the engine
        New rows with explicit types, none if no fit is due.

    Raises
    ------
    ValueError
        If the recipe names a feature that fct_customer_features does not have.
    """
    rows = relations.stored_rows(session, stored)
    recipe_rows = relations.read_rows(
        recipe, order_by="preference nulls last, recipe_feature_id nulls last"
    )
    target_rows = relations.read_rows(targets)
    claim_rows = relations.read_rows(claims)
    by_recipe = {}
    for row in recipe_rows:
        by_recipe.setdefault(row["recipe"], []).append(row)

    def ordering(snapshot):
        return relations.select(
            features,
            where="has_ordered and as_of_date = :snapshot",
            values={"snapshot": snapshot},
        )

    def count_customers(snapshot):
        return relations.count(ordering(snapshot))

    table = registry.fit_due_versions(
        snapshots=[
            row["as_of_date"] for row in relations.read_rows(snapshots, ["as_of_date"])
        ],
        stored=rows,
        candidates=[
            _read_candidate(
                own_rows,
                [row for row in target_rows if row["recipe"] == name],
                [row for row in claim_rows if row["recipe"] == name],
                relations.names(features),
                ordering,
            )
            for name, own_rows in by_recipe.items()
        ],
        settings=settings,
        count_customers=count_customers,
    )
    return relations.write(session, table.schema, table)


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
        sample = relations.read_arrays(
            ordering(snapshot),
            # a feature may stand in it twice
            doubles=sorted(set(read)),
            order_by="md5(customer_id), customer_id",
            limit=sample_size,
        )
        filled = np.column_stack([sample[name] for name in read])
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
