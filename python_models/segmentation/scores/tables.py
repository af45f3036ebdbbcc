"""Between dbt's relations and the score library; DuckDB's relation API only."""

import numpy as np
import pyarrow as pa

from segmentation.batches import record_batches
from segmentation.identifiers import literal, quoted
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
# Customers that are scored at a time.
BATCH_ROWS = 100_000

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
    session : duckdb.DuckDBPyConnection
    stored : str or None
        Quoted name of the registry table so far, None at the first build.
    schedule, described, outcomes, features : duckdb.DuckDBPyRelation
        int_slices__scheduled, int_customer_slices__described,
        int_customer_outcomes__observed and int_score_features__listed.
    settings : dict
        See score_registry.fit_due_versions.

    Returns
    -------
    duckdb.DuckDBPyRelation
        New rows with explicit types, none if no fit is due.
    """
    rows = [] if stored is None else session.table(stored).to_arrow_table().to_pylist()
    slices = schedule.to_arrow_table().to_pylist()
    listed = sorted(
        (row["feature_name"], row["transform"], row["is_for_trees"])
        for row in features.to_arrow_table().to_pylist()
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
        wanted = ", ".join(f"date {literal(day)}" for day in days)
        own = described.filter(f"as_of_date in ({wanted})")
        n_rows = own.aggregate("count(*)").fetchall()[0][0]
        if n_rows > settings["sample_size"]:
            # the same customers in every slice, drawn by hash
            edge = int(16**8 * settings["sample_size"] / n_rows)
            own = own.filter(
                f"substr(md5(customer_id), 1, 8) < {literal(f'{edge:08x}')}"
            )
        came = outcomes.filter(
            f"score_name = {literal(target.name)} and as_of_date in ({wanted})"
            f" and horizon_days = {target.horizon_days}"
        ).project(
            "as_of_date, customer_id, n_orders as came_orders, net_amount as came"
        )
        outcome = (
            "coalesce(came, 0)" if target.is_value else "coalesce(came_orders, 0) > 0"
        )
        joined = (
            own.set_alias("own")
            .join(came.set_alias("came"), "as_of_date, customer_id", how="left")
            .order("as_of_date, md5(customer_id), customer_id")
        )
        found = joined.project(
            "as_of_date, customer_id, "
            f"cast({outcome} as double) as outcome, {_doubles(columns)}"
        ).fetchnumpy()
        stacked = training.Slices(
            _filled(found, columns),
            np.asarray(found["outcome"], dtype=float),
            np.asarray(found["as_of_date"]).astype("datetime64[D]").astype(object),
            training.fold_of(found["customer_id"]),
            np.unique(found["customer_id"], return_inverse=True)[1],
        )
        now = described.filter(f"as_of_date = date {literal(snapshot)}")
        current = now.order("md5(customer_id), customer_id").limit(
            settings["sample_size"]
        )
        return stacked, _filled(
            current.project(_doubles(columns)).fetchnumpy(), columns
        )

    table = score_registry.fit_due_versions(
        snapshots=[row["as_of_date"] for row in slices if row["is_published"]],
        stored=rows,
        targets=targets,
        features=listed,
        settings=settings,
        read=read,
    )
    return session.from_arrow(table)


def score_customers(session, versions, registry, described, since):
    """Score with the models that are no formula, a batch of customers at a time.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    versions, registry, described : duckdb.DuckDBPyRelation
        int_score_versions__effective, int_score_models__registered and
        int_customer_slices__described.
    since : date or None
        Snapshots before it are there already.

    Returns
    -------
    duckdb.DuckDBPyRelation
        SCORE_SCHEMA; read once, a batch at a time.
    """
    jobs = _jobs(versions.filter("not is_formula"), registry, since)
    found_by_job = _batches(session, described, jobs)

    def batches():
        for job, found in found_by_job:
            n_rows = len(found["customer_id"])
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

    return session.from_arrow(
        pa.RecordBatchReader.from_batches(SCORE_SCHEMA, batches())
    )


def explain_scores(session, versions, registry, described, n_reasons=3):
    """What raises or lowers each customer's score most, as of the last snapshot.

    Parameters
    ----------
    session : duckdb.DuckDBPyConnection
    versions, registry, described : duckdb.DuckDBPyRelation
        As in score_customers.
    n_reasons : int

    Returns
    -------
    duckdb.DuckDBPyRelation
        REASON_SCHEMA; contributions are differences from the mean customer on the scale
        of the link.
    """
    last = versions.aggregate("max(as_of_date)").fetchall()[0][0]
    jobs = [] if last is None else _jobs(versions, registry, last)
    means = {
        (row["model_version"], row["feature_name"]): row["numeric_value"]
        for row in registry.filter(
            "section = 'importance' and item = 'mean_contribution'"
        )
        .to_arrow_table()
        .to_pylist()
    }

    found_by_job = _batches(session, described, jobs)

    def batches():
        for job, found in found_by_job:
            model = job["model"].model
            if not hasattr(model, "contributions"):
                continue
            centre = np.array(
                [means.get((job["model_version"], name), 0.0) for name in model.names]
            )
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
                    pa.array(
                        values[pick, order].ravel(), pa.float64(), from_pandas=True
                    ),
                    pa.array(shares[pick, order].ravel(), pa.float64()),
                ],
                schema=REASON_SCHEMA,
            )

    return session.from_arrow(
        pa.RecordBatchReader.from_batches(REASON_SCHEMA, batches())
    )


def _jobs(versions, registry, since):
    """What to score with which model: one dict per snapshot and target."""
    rows = (
        registry.filter(
            "section in ('parameter', 'coefficient', 'booster', 'calibration')"
        )
        .to_arrow_table()
        .to_pylist()
    )
    models = {}
    jobs = []
    for row in versions.order("as_of_date, score_name").to_arrow_table().to_pylist():
        if since is not None and row["as_of_date"] < since:
            continue
        version = row["model_version"]
        if version not in models:
            models[version] = score_registry.read_version(rows, version)
        if models[version] is not None:
            jobs.append({**row, "model": models[version]})
    return jobs


def _batches(session, described, jobs):
    """Each job with the customers of its day, BATCH_ROWS at a time: an iterator."""
    columns = sorted(
        {*EXTRA_COLUMNS, *(name for job in jobs for name in _names(job["model"].model))}
    )
    # while the session writes what is read here it can make no query, and a cursor can
    queries = [
        described.filter(f"as_of_date = date {literal(job['as_of_date'])}")
        .project(f"customer_id, {_doubles(columns)}")
        .sql_query()
        for job in jobs
    ]
    cursor = session.cursor()

    def read():
        for job, query in zip(jobs, queries, strict=True):
            for batch in record_batches(cursor.sql(query), BATCH_ROWS):
                found = {
                    name: batch.column(name).to_numpy(zero_copy_only=False)
                    for name in ("customer_id", *columns)
                }
                if len(found["customer_id"]):
                    yield job, found

    return read()


def _names(model):
    """Columns that a model reads beyond EXTRA_COLUMNS."""
    if hasattr(model, "linear"):
        return {*model.linear.names, *model.boosted.names}
    return set(getattr(model, "names", ()))


def _doubles(columns):
    """SQL of columns as doubles."""
    return ", ".join(
        f"cast({quoted(name)} as double) as {quoted(name)}" for name in columns
    )


def _filled(found, columns):
    """Columns of a fetch, NaN for null."""
    return {name: np.ma.filled(found[name].astype(float), np.nan) for name in columns}
