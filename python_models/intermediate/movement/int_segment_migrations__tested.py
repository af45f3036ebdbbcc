"""One row per grain, period and starting segment, and one for all of a period.

Python because p-values need a library; it reads counts, never customers.
"""


def model(dbt, session):
    from segmentation.movement import tables

    return tables.compare_segment_migrations(
        session=session,
        transitions=dbt.ref("int_segment_transitions__counted"),
    )
