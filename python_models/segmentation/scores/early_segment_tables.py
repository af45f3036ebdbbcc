"""Between dbt's relations and the library of early segments; DuckDB's relation API."""

import datetime

import numpy as np
import pyarrow as pa

from segmentation.batches import record_batches
from segmentation.identifiers import literal, quoted
from segmentation.scores import early_segment_registry, early_segments, training

# Customers that are scored at a time.
BATCH_ROWS = 100_000

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
_COLUMNS = ", ".join(
    f"cast({quoted(name)} as double) as {quoted(name)}"
    for name, _ in early_segments.FEATURES
)


def register_early_segment_models(
    session, stored, schedule, described, observed, settings
):
    """Fit the models of early segments that are due and return their registry rows.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    stored : str or None
        Quoted name of the registry table so far, None at the first build.
    schedule, described, observed : duckdb.DuckDBPyRelation
        int_early_segment_horizons__scheduled, int_customer_first_orders__described and
        int_customer_early_segments__observed.
    settings : dict
        See early_segment_registry.fit_due_versions.

    Returns
    -------
    duckdb.DuckDBPyRelation
        New rows with explicit types, none if no fit is due.
    """
    rows = [] if stored is None else session.table(stored).to_arrow_table().to_pylist()

    def read(day):
        scheme = day["active_scheme"].replace("'", "''")
        seen = observed.filter(
            f"score_name = {literal(day['score_name'])} "
            f"and as_of_date <= date {literal(day['as_of_date'])} "
            f"and scheme in ({literal(scheme)}, 'prospects')"
        ).project("customer_id, as_of_date, segment_id")
        # the hash makes the sample random, and the same in every build
        found = (
            described.set_alias("described")
            .join(seen.set_alias("seen"), "customer_id")
            .order("md5(customer_id), customer_id")
            .limit(settings["sample_size"])
            .project(f"customer_id, as_of_date, segment_id, {_COLUMNS}")
            .fetchnumpy()
        )
        return early_segments.Labelled(
            _filled(found),
            np.asarray(found["segment_id"], dtype=str),
            np.asarray(found["as_of_date"]).astype("datetime64[D]").astype(object),
            training.fold_of(found["customer_id"]),
        )

    table = early_segment_registry.fit_due_versions(
        schedule=schedule.to_arrow_table().to_pylist(),
        stored=rows,
        settings=settings,
        read=read,
    )
    return session.from_arrow(table)


def predict_early_segments(session, versions, registry, described):
    """Predict the segments of new customers, a batch of customers at a time.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    versions, registry, described : duckdb.DuckDBPyRelation
        int_early_segment_versions__effective, int_early_segment_models__registered and
        int_customer_first_orders__described.

    Returns
    -------
    duckdb.DuckDBPyRelation
        PREDICTION_SCHEMA; read once, a batch at a time.
    """
    jobs = (
        versions.filter("score_status != 'not_scored'")
        .order("score_name")
        .to_arrow_table()
        .to_pylist()
    )
    rows = registry.to_arrow_table().to_pylist() if jobs else []
    models = [
        early_segment_registry.read_version(rows, job["model_version"]) for job in jobs
    ]
    # while the session writes what is read here it can make no query, and a cursor can
    queries = [
        described.filter(
            "first_ordered_on >= date "
            + literal(job["as_of_date"] - datetime.timedelta(days=job["horizon_days"]))
        )
        .project(f"customer_id, {_COLUMNS}")
        .sql_query()
        for job in jobs
    ]
    cursor = session.cursor()

    def batches():
        for job, model, query in zip(jobs, models, queries, strict=True):
            for batch in record_batches(cursor.sql(query), BATCH_ROWS):
                n_rows = batch.num_rows
                if not n_rows:
                    continue
                table = {
                    name: batch.column(name).to_numpy(zero_copy_only=False)
                    for name, _ in early_segments.FEATURES
                }
                segments, probability = early_segments.name_segments(model, table)
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

    return session.from_arrow(
        pa.RecordBatchReader.from_batches(PREDICTION_SCHEMA, batches())
    )


def _filled(found):
    """Columns of a fetch, NaN for null."""
    return {
        name: np.ma.filled(np.ma.array(found[name], dtype=float), np.nan)
        for name, _ in early_segments.FEATURES
    }
