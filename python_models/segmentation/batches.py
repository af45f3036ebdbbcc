"""Read a DuckDB relation in batches, in every version that is supported."""


def record_batches(relation, n_rows):
    """Read a relation batch by batch.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
    n_rows : int
        Rows of a batch at the most.

    Returns
    -------
    pyarrow.RecordBatchReader

    Notes
    -----
    DuckDB 2.0 names the method anew and warns at its old name; 1.4 has the old alone.
    """
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
    return read(n_rows)
