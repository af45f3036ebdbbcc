"""Between dbt's relations and the library of early segments, on any engine."""

import datetime
from functools import partial

import numpy as np
import pyarrow as pa

from segmentation import relations
from segmentation.scores import early_segment_registry, early_segments, training

PREDICTION_SCHEMA = pa.schema(
    [
        ("score_name", pa.string()),
        ("horizon_days", pa.int32()),
        ("as_of_date", pa.date32()),
        ("customer_id", pa.string()),
        ("model_version", pa.string()),
        ("predicted_segment_id", pa.string()),
        ("probability", pa.float64()),
    ]
)
_FEATURES = [name for name, _ in early_segments.FEATURES]


def register_early_segment_models(
    session, stored, schedule, described, observed, settings
):
    """Fit the models of early segments that are due and return their registry rows.

    Parameters
    ----------
    session : session of the engine; see relations
    stored : dbt's this or None
        The registry table so far, None at the first build.
    schedule, described, observed : relation of the engine
        int_early_segment_horizons__scheduled, int_customer_first_orders__described and
        int_customer_early_segments__observed.
    settings : dict
        See early_segment_registry.fit_due_versions.

    Returns
    -------
    relation of the engine
        New rows with explicit types, none if no fit is due.
    """
    rows = relations.stored_rows(session, stored)

    def read(day):
        seen = relations.select(
            observed,
            ["customer_id", "as_of_date", "segment_id"],
            where="score_name = :score and as_of_date <= :day and scheme in (:schemes)",
            values={
                "score": day["score_name"],
                "day": day["as_of_date"],
                "schemes": [day["active_scheme"], "prospects"],
            },
        )
        # the hash makes the sample random, and the same in every build
        found = relations.read_arrays(
            relations.join(described, seen, ["customer_id"]),
            ["customer_id", "as_of_date", "segment_id"],
            doubles=_FEATURES,
            order_by="md5(customer_id), customer_id",
            limit=settings["sample_size"],
        )
        return early_segments.Labelled(
            {name: found[name] for name in _FEATURES},
            np.asarray(found["segment_id"], dtype=str),
            found["as_of_date"].astype("datetime64[D]").astype(object),
            training.fold_of(found["customer_id"]),
        )

    table = early_segment_registry.fit_due_versions(
        schedule=relations.read_rows(schedule),
        stored=rows,
        settings=settings,
        read=read,
    )
    return relations.write(session, table.schema, table)


def predict_early_segments(session, versions, registry, described):
    """Predict the segments of new customers, a batch of customers at a time.

    Parameters
    ----------
    session : session of the engine; see relations
    versions, registry, described : relation of the engine
        int_early_segment_versions__effective, int_early_segment_models__registered and
        int_customer_first_orders__described.

    Returns
    -------
    relation of the engine
        PREDICTION_SCHEMA; read once, a batch at a time.
    """
    jobs = relations.read_rows(
        versions, where="score_status != 'not_scored'", order_by="score_name"
    )
    rows = relations.read_rows(registry) if jobs else []
    parts = []
    for job in jobs:
        model = early_segment_registry.read_version(rows, job["model_version"])
        new = relations.select(
            described,
            ["customer_id"],
            doubles=_FEATURES,
            where="first_ordered_on >= :since",
            values={
                "since": job["as_of_date"]
                - datetime.timedelta(days=job["horizon_days"])
            },
        )
        parts.append((new, partial(_predict, job, model)))
    return relations.map_batches(session, PREDICTION_SCHEMA, parts)


def _predict(job, model, batches):
    """Predictions of one age, a batch of customers at a time; see map_batches."""
    for batch in batches:
        n_rows = batch.num_rows
        found = relations.as_arrays(batch.select(_FEATURES))
        segments, probability = early_segments.name_segments(model, found)
        yield pa.record_batch(
            [
                pa.array([job["score_name"]] * n_rows, pa.string()),
                pa.array([job["horizon_days"]] * n_rows, pa.int32()),
                pa.array([job["as_of_date"]] * n_rows, pa.date32()),
                batch.column("customer_id"),
                pa.array([job["model_version"]] * n_rows, pa.string()),
                pa.array(segments.tolist(), pa.string()),
                pa.array(probability, pa.float64()),
            ],
            schema=PREDICTION_SCHEMA,
        )
