"""Between dbt's relations and the score library, on any engine."""

from functools import partial

import numpy as np
import pyarrow as pa

from segmentation import relations
from segmentation.scores import fits, training
from segmentation.scores import registry as score_registry

# Columns that models read beside the features: purchase histories, carried amounts.
EXTRA_COLUMNS = (
    "n_order_days",
    "recency_days",
    "tenure_days",
    "n_orders",
    "net_amount",
    "net_amount_90d",
    "net_amount_180d",
    "net_amount_365d",
)

SCORE_SCHEMA = pa.schema(
    [
        ("as_of_date", pa.date32()),
        ("customer_id", pa.string()),
        ("score_name", pa.string()),
        ("model_version", pa.string()),
        ("raw_score", pa.float64()),
    ]
)
REASON_SCHEMA = pa.schema(
    [
        ("as_of_date", pa.date32()),
        ("customer_id", pa.string()),
        ("score_name", pa.string()),
        ("model_version", pa.string()),
        ("contribution_rank", pa.int64()),
        ("feature_name", pa.string()),
        ("feature_value", pa.float64()),
        ("contribution", pa.float64()),
    ]
)


def register_score_models(
    session, stored, schedule, described, outcomes, features, settings
):
    """Fit the score models that are due and return their registry rows.

    Parameters
    ----------
    session : session of the engine; see relations
    stored : dbt's this or None
        The registry table so far, None at the first build.
    schedule, described, outcomes, features : relation of the engine
        int_slices__scheduled, int_customer_slices__described,
        int_customer_outcomes__observed and int_score_features__listed.
    settings : dict
        See score_registry.fit_due_versions.

    Returns
    -------
    relation of the engine
        New rows with explicit types, none if no fit is due.
    """
    rows = relations.stored_rows(session, stored)
    slices = relations.read_rows(schedule)
    listed = sorted(
        (row["feature_name"], row["transform"], row["is_for_trees"])
        for row in relations.read_rows(features)
    )
    columns = sorted({name for name, _, _ in listed} | set(EXTRA_COLUMNS))
    horizons = sorted({(row["score_name"], row["horizon_days"]) for row in slices})
    targets = [
        (
            fits.Target(name, horizon_days, name == "value"),
            [row["as_of_date"] for row in slices if row["score_name"] == name],
        )
        for name, horizon_days in horizons
    ]

    def read(target, days, snapshot):
        own = relations.select(
            described, where="as_of_date in (:days)", values={"days": days}
        )
        n_rows = relations.count(own)
        if n_rows > settings["sample_size"]:
            # the same customers in every slice, drawn by hash
            edge = int(16**8 * settings["sample_size"] / n_rows)
            own = relations.select(
                own,
                where="substr(md5(customer_id), 1, 8) < :edge",
                values={"edge": f"{edge:08x}"},
            )
        came = relations.select(
            outcomes,
            {
                "as_of_date": "as_of_date",
                "customer_id": "customer_id",
                "came_orders": "n_orders",
                "came": "net_amount",
            },
            where="score_name = :name and as_of_date in (:days)"
            " and horizon_days = :horizon",
            values={
                "name": target.name,
                "days": days,
                "horizon": target.horizon_days,
            },
        )
        outcome = (
            "coalesce(came, 0)" if target.is_value else "coalesce(came_orders, 0) > 0"
        )
        found = relations.read_arrays(
            relations.join(own, came, ["as_of_date", "customer_id"], "left"),
            {
                "as_of_date": "as_of_date",
                "customer_id": "customer_id",
                "outcome": f"cast({outcome} as double)",
            },
            doubles=columns,
            order_by="as_of_date, md5(customer_id), customer_id",
        )
        stacked = training.Slices(
            {name: found[name] for name in columns},
            found["outcome"],
            found["as_of_date"].astype("datetime64[D]").astype(object),
            training.fold_of(found["customer_id"]),
            np.unique(found["customer_id"], return_inverse=True)[1],
        )
        current = relations.read_arrays(
            described,
            doubles=columns,
            where="as_of_date = :snapshot",
            values={"snapshot": snapshot},
            order_by="md5(customer_id), customer_id",
            limit=settings["sample_size"],
        )
        return stacked, current

    table = score_registry.fit_due_versions(
        snapshots=[row["as_of_date"] for row in slices if row["is_published"]],
        stored=rows,
        targets=targets,
        features=listed,
        settings=settings,
        read=read,
    )
    return relations.write(session, table.schema, table)


def score_customers(session, versions, registry, described, since):
    """Score with the models that are no formula, a batch of customers at a time.

    Parameters
    ----------
    session : session of the engine; see relations
    versions, registry, described : relation of the engine
        int_score_versions__effective, int_score_models__registered and
        int_customer_slices__described.
    since : date or None
        Snapshots before it are there already.

    Returns
    -------
    relation of the engine
        SCORE_SCHEMA; read once, a batch at a time.
    """
    jobs = _jobs(relations.select(versions, where="not is_formula"), registry, since)
    parts = _parts(described, [(job, partial(_score, job)) for job in jobs])
    return relations.map_batches(session, SCORE_SCHEMA, parts)


def _score(job, batches):
    """Scores of one job, a batch of customers at a time; see map_batches."""
    for batch in batches:
        n_rows = batch.num_rows
        found = relations.as_arrays(batch)
        yield pa.record_batch(
            [
                pa.array([job["as_of_date"]] * n_rows, pa.date32()),
                pa.array(found["customer_id"], pa.string()),
                pa.array([job["score_name"]] * n_rows, pa.string()),
                pa.array([job["model_version"]] * n_rows, pa.string()),
                pa.array(job["model"].model.predict(found), pa.float64()),
            ],
            schema=SCORE_SCHEMA,
        )


def explain_scores(session, versions, registry, described, n_reasons=3):
    """What raises or lowers each customer's score most, as of the last snapshot.

    Parameters
    ----------
    session : session of the engine; see relations
    versions, registry, described : relation of the engine
        As in score_customers.
    n_reasons : int

    Returns
    -------
    relation of the engine
        REASON_SCHEMA; contributions are differences from the mean customer on the scale
        of the link.
    """
    (newest,) = relations.read_rows(versions, {"day": "max(as_of_date)"}, group_by=[])
    last = newest["day"]
    jobs = [] if last is None else _jobs(versions, registry, last)
    means = {
        (row["model_version"], row["feature_name"]): row["numeric_value"]
        for row in relations.read_rows(
            registry, where="section = 'importance' and item = 'mean_contribution'"
        )
    }

    work = []
    for job in jobs:
        model = job["model"].model
        if hasattr(model, "contributions"):
            centre = np.array(
                [means.get((job["model_version"], name), 0.0) for name in model.names]
            )
            work.append((job, partial(_explain, job, centre, n_reasons)))
    return relations.map_batches(session, REASON_SCHEMA, _parts(described, work))


def _explain(job, centre, n_reasons, batches):
    """Reasons of one job, a batch of customers at a time; see map_batches."""
    model = job["model"].model
    for batch in batches:
        found = relations.as_arrays(batch)
        shares = model.contributions(found) - centre
        n_kept = min(n_reasons, shares.shape[1])
        order = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :n_kept]
        n_rows = len(shares)
        values = np.column_stack([found[name] for name in model.names])
        pick = np.arange(n_rows)[:, None]
        yield pa.record_batch(
            [
                pa.array([job["as_of_date"]] * n_rows * n_kept, pa.date32()),
                pa.array(np.repeat(found["customer_id"], n_kept), pa.string()),
                pa.array([job["score_name"]] * n_rows * n_kept, pa.string()),
                pa.array([job["model_version"]] * n_rows * n_kept, pa.string()),
                pa.array(np.tile(np.arange(1, n_kept + 1), n_rows), pa.int64()),
                pa.array(np.array(model.names)[order].ravel(), pa.string()),
                pa.array(values[pick, order].ravel(), pa.float64(), from_pandas=True),
                pa.array(shares[pick, order].ravel(), pa.float64()),
            ],
            schema=REASON_SCHEMA,
        )


def _jobs(versions, registry, since):
    """What to score with which model: one dict per snapshot and target."""
    rows = relations.read_rows(
        registry,
        where="section in ('parameter', 'coefficient', 'booster', 'calibration')",
    )
    models = {}
    jobs = []
    for row in relations.read_rows(versions, order_by="as_of_date, score_name"):
        if since is not None and row["as_of_date"] < since:
            continue
        version = row["model_version"]
        if version not in models:
            models[version] = score_registry.read_version(rows, version)
        if models[version] is not None:
            jobs.append({**row, "model": models[version]})
    return jobs


def _parts(described, work):
    """Each (job, function) as the customers of the job's day and the function."""
    columns = sorted(
        {
            *EXTRA_COLUMNS,
            *(name for job, _ in work for name in _names(job["model"].model)),
        }
    )
    return [
        (
            relations.select(
                described,
                ["customer_id"],
                doubles=columns,
                where="as_of_date = :day",
                values={"day": job["as_of_date"]},
            ),
            function,
        )
        for job, function in work
    ]


def _names(model):
    """Columns that a model reads beyond EXTRA_COLUMNS."""
    if hasattr(model, "linear"):
        return {*model.linear.names, *model.boosted.names}
    return set(getattr(model, "names", ()))
