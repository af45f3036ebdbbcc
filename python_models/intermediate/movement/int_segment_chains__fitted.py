"""One row per thing that the chain says of a pair of segments, a segment or a check.

Python because it fits; it reads counts, never customers.
"""


def model(dbt, session):
    from segmentation.movement import tables

    meta = dbt.config.get("meta")
    return tables.fit_segment_chain(
        session=session,
        transitions=dbt.ref("int_segment_transitions__counted"),
        periods=dbt.ref("int_segment_periods__scheduled"),
        settings={
            "interval_days": meta["interval_days"],
            "random_seed": meta["random_seed"],
        },
    )
