"""The six recipes on the demo shop: personas found again, ids kept, scoring exact.

Run with `-s` to see the tables that docs/segments.md quotes. Features are built once
for all recipes. SEGMENTATION_TEST_RESAMPLES=30 lets the gate judge as it does by
default; K-Means finds the same centres without.
"""

import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest
from segmentation.segments import registry, tables
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

KMEANS = ("value_3", "growth_4", "personas_6", "behaviour_5")
FITTED = (*KMEANS, "density_7")
RECIPES = (*FITTED, "rfm_rules")
# adjusted Rand index against the planted personas, a little under what was measured
FLOORS = {
    "value_3": 0.33,
    "growth_4": 0.17,
    "personas_6": 0.55,
    "behaviour_5": 0.25,
    "density_7": 0.17,
    "rfm_rules": 0.13,
}
FIRST_DAY = datetime.date(2024, 10, 14)
LAST_DAY = datetime.date(2024, 12, 30)
RECIPE_KEYS = ("recipe", "method", "scaling", "n_clusters", "segment_prefix")
FEATURE_KEYS = ("feature_name", "transform", "weight", "tie_width")


@pytest.fixture(scope="module")
def features(tmp_path_factory, build_features):
    """The demo shop's raw tables and features, twelve snapshots, no segments."""
    database = tmp_path_factory.mktemp("recipes") / "features.duckdb"
    build_features({}, database)
    return database


@pytest.fixture(scope="module")
def segmented(features, build_segments, n_resamples):
    """Function from a recipe to the file of its segments, built at the first call."""
    built = {}

    def build(recipe):
        if recipe not in built:
            database = features.with_name(f"{recipe}.duckdb")
            variables = {
                "segmentation_recipe": recipe,
                "segmentation_stability_resamples": n_resamples(0),
            }
            upto = "int_customer_segments__confirmed"
            build_segments(variables, features, database, upto)
            built[recipe] = database
        return built[recipe]

    return build


@pytest.fixture(scope="module")
def published(segmented):
    """Function from a recipe to persona and segment of customers with an order."""

    def read(recipe):
        with duckdb.connect(str(segmented(recipe)), read_only=True) as connection:
            return connection.execute(
                "select persona, segment_id from shop.int_customer_segments__confirmed"
                " join shop_demo.demo_truth using (customer_id)"
                f" where as_of_date = '{LAST_DAY}' and scheme != 'prospects'"
                # one persona has a single customer with an order
                " and persona != 'prospects'"
            ).df()

    return read


# -- planted personas -------------------------------------------------------


@pytest.fixture(scope="module")
def found(published):
    """Per recipe: segments, adjusted Rand index, and each persona's recall."""
    rows = {}
    for recipe in RECIPES:
        pairs = published(recipe)
        counts = pd.crosstab(pairs["persona"], pairs["segment_id"])
        recall = counts.max(axis=1) / counts.sum(axis=1)
        if recipe == "personas_6":
            recall = pd.Series(
                {
                    persona: counts.loc[persona, f"p6_{persona}"] / size
                    for persona, size in counts.sum(axis=1).items()
                }
            )
        rows[recipe] = {
            "segments": counts.shape[1],
            "ARI": adjusted_rand_score(pairs["persona"], pairs["segment_id"]),
            **recall,
        }
    return pd.DataFrame(rows).T


def test_every_recipe_finds_the_planted_personas_as_well_as_measured(found):
    print()
    print(found.round(3).to_string())
    for recipe, floor in FLOORS.items():
        assert found.loc[recipe, "ARI"] > floor, recipe
    assert found["ARI"].idxmax() == "personas_6"


# -- scoring ----------------------------------------------------------------


def stored_rows(database):
    """The registry of a file, as glue reads it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return (
            connection.table("shop.int_segment_models__registered")
            .to_arrow_table()
            .to_pylist()
        )


def read_features(database, names, snapshot=None):
    """Raw features of customers with an order, shape (n, p), by date and customer."""
    columns = ", ".join(f"cast({name} as double) as {name}" for name in names)
    where = f" and as_of_date = '{snapshot}'" if snapshot else ""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            f"select {columns} from shop.fct_customer_features"
            f" where has_ordered{where} order by as_of_date, customer_id"
        ).fetchnumpy()
    return np.column_stack([np.ma.filled(found[name], np.nan) for name in names])


@pytest.mark.parametrize("recipe", KMEANS)
def test_sql_puts_every_customer_where_scikit_learn_does(recipe, segmented, query):
    database = segmented(recipe)
    champion = registry.read_champion(stored_rows(database), f"{recipe}-v1", None)
    scaled = champion.scaler.apply(read_features(database, champion.scaler.names))
    model = KMeans(len(champion.centers), n_init=1, random_state=0).fit(scaled)
    model.cluster_centers_ = champion.centers * champion.scaler.weight
    predicted = [champion.segment_ids[label] for label in model.predict(scaled)]
    scored = query(
        database,
        "select segment_id from shop.int_customer_segments__fitted"
        " order by as_of_date, customer_id",
    )
    # about 3,600 customers on each of twelve days
    assert len(scored) > 40_000
    assert [row[0] for row in scored] == predicted


# -- ids survive ------------------------------------------------------------


def refit(database, stored=(), seed=20240101, shuffle=False, n_resamples=0):
    """Rows of a fit of the file's recipe at its first snapshot.

    With stored rows and another seed it is a refit, aligned to the active segments.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        chosen, targets, claims = (
            connection.table(f"shop.int_segment_{name}__chosen")
            .to_arrow_table()
            .to_pylist()
            for name in ("recipes", "targets", "claims")
        )
    recipe = {
        **{name: chosen[0][name] for name in RECIPE_KEYS},
        "whale_segment": chosen[0]["whale_segment_id"],
        "features": sorted(tuple(row[name] for name in FEATURE_KEYS) for row in chosen),
    }
    names = [feature[0] for feature in recipe["features"]]
    naming = tables.read_naming(chosen, targets, claims)
    further = sorted({claim.feature_name for claim in naming.claims} - set(names))
    raw = read_features(database, [*names, *further, "net_amount"], FIRST_DAY)
    if shuffle:
        raw = np.random.default_rng(1).permutation(raw)

    def read_values(snapshot, sample_size):
        values = dict(zip(further, raw[:, len(names) : -1].T, strict=True))
        return raw[:, : len(names)], raw[:, -1], values

    table = registry.fit_due_versions(
        snapshots=[FIRST_DAY],
        stored=list(stored),
        candidates=[registry.Candidate(recipe, naming, read_values)],
        settings={
            "refit_after_days": 91,
            "min_customers": 100,
            "sample_size": 50_000,
            "random_seed": seed,
            "stability_resamples": n_resamples,
        },
        count_customers=lambda snapshot: len(raw),
    )
    return table.to_pylist()


def assigned(rows, version, database):
    """Segment of each customer of the first snapshot by a version, whales apart."""
    champion = registry.read_champion(rows, version, None)
    values = read_features(database, champion.scaler.names, FIRST_DAY)
    ids = np.array(champion.segment_ids)[champion.assign(values)[1]]
    net_amounts = read_features(database, ["net_amount"], FIRST_DAY)[:, 0]
    thresholds = [
        row["numeric_value"]
        for row in rows
        if row["model_version"] == version and row["item"] == "whale_net_amount"
    ]
    is_put_by_rule = any(
        row["model_version"] == version and row["item"] == "whale_segment"
        for row in rows
    )
    return np.where(is_put_by_rule & (net_amounts >= thresholds[0]), "whale", ids)


@pytest.fixture(scope="module")
def kept(segmented, n_resamples):
    """Share of customers who keep their id: recipe by what the refit differs in."""
    shares = {}
    for recipe in FITTED:
        database = segmented(recipe)
        first = refit(database, n_resamples=n_resamples(0))
        before = assigned(first, f"{recipe}-v1", database)
        shuffled = refit(database, shuffle=True, n_resamples=n_resamples(0))
        reseeded = refit(database, first, seed=7, n_resamples=n_resamples(0))
        shares[recipe] = {
            "rows shuffled": (
                assigned(shuffled, f"{recipe}-v1", database) == before
            ).mean(),
            "another seed": (
                assigned(first + reseeded, f"{recipe}-v2", database) == before
            ).mean(),
        }
    return pd.DataFrame(shares).T


def test_a_refit_on_the_same_customers_keeps_nearly_all_ids(kept):
    print()
    print(kept.round(4).to_string())
    assert (kept["rows shuffled"] == 1.0).all()
    # of seven segments 92.3 % keep their label on UCI Online Retail (K-Means, aligned)
    bars = pd.Series(0.97, index=kept.index)
    bars["density_7"] = 0.923
    assert (kept["another seed"] >= bars).all()


def test_another_seed_keeps_nearly_all_segments_end_to_end(
    segmented, features, build_segments, query
):
    reseeded = features.with_name("reseeded.duckdb")
    variables = {
        "segmentation_recipe": "personas_6",
        "segmentation_stability_resamples": 0,
        "segmentation_random_seed": 7,
    }
    upto = "int_customer_segments__confirmed"
    build_segments(variables, features, reseeded, upto)
    first, other = (
        dict(query(database, f"select customer_id, segment_id from shop.{upto}"
                   f" where as_of_date = '{LAST_DAY}'"))
        for database in (segmented("personas_6"), reseeded)
    )  # fmt: skip
    assert first.keys() == other.keys()
    share = np.mean([first[customer] == other[customer] for customer in first])
    print(f"\nthe same segment, seed 7 and 20240101, end to end: {share:.4f}")
    assert share >= 0.97
