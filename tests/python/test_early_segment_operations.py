"""What a person does with early segments, by the commands of segments and scores."""

import json
import shutil

import duckdb
import pytest

REGISTRY = "shop.int_early_segment_models__registered"
# two versions that passed, the second active, and one for what customers were
# segmented by before; all that the operations read of a fit
VERSIONS = f"""
    delete from {REGISTRY};
    insert into {REGISTRY} (
        registry_row_id, model_version, version_number, score_name, as_of_date,
        config_hash, section, item, numeric_value, text_value
    )
    select
        concat_ws('|', version, section, item), 'early_segment_90-' || version,
        cast(substr(version, 2) as bigint), 'early_segment_90', date '2024-12-01',
        'hash', section, item, number,
        case
            when item = 'scheme' and version = 'v3' then 'of_old'
            when item = 'scheme' then (
                select max(active_scheme)
                from shop.int_early_segment_horizons__scheduled
                where as_of_date = (
                    select max(as_of_date)
                    from shop.int_early_segment_horizons__scheduled
                )
            )
            else text
        end
    from (values ('v1'), ('v2'), ('v3')) as versions(version)
    cross join (
        values
            ('version', 'status', null, 'promoted'),
            ('version', 'scheme', null, null),
            ('share', 'a', 1.0, null)
    ) as parts(section, item, number, text);
    insert into {REGISTRY} (
        registry_row_id, model_version, version_number, score_name, as_of_date,
        config_hash, section, item, numeric_value, text_value
    )
    select
        version || '|promotion', 'early_segment_90-' || version, number,
        'early_segment_90', date '2024-12-01', 'hash', 'promotion', number, number,
        'first fit'
    from (values ('v1', 1), ('v2', 2)) as promotions(version, number)
"""


@pytest.fixture(scope="module")
def operate(demo_database, build_shop, tmp_path_factory, query):
    """Function that runs an operation on a demo shop with those versions.

    Returns what it said, and the rows of promotions and requests after it.
    """
    database = tmp_path_factory.mktemp("operations") / "early.duckdb"
    shutil.copy(demo_database, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(VERSIONS)

    def run(name, check=True, **arguments):
        process = build_shop(
            {},
            database,
            ("run-operation", name, "--args", json.dumps(arguments)),
            check=check,
        )
        assert (process.returncode == 0) == check
        rows = query(
            database,
            "select section, model_version, numeric_value, text_value, as_of_date ="
            " (select max(as_of_date) from shop.int_snapshots__scheduled)"
            f" from {REGISTRY} where section in ('promotion', 'request')"
            " order by section, numeric_value",
        )
        return " ".join(process.stdout.split()), rows

    return run


def test_early_segments_are_refitted_rolled_back_and_promoted_by_hand(operate):
    said, rows = operate(
        "refit_early_segment_model",
        score_name="early_segment_90",
        reason="new season",
    )
    assert "fits early_segment_90 anew" in said
    assert rows[-1] == ("request", "early_segment_90-v3", 1, "new season", True)
    said, rows = operate("roll_back_early_segment_model", score_name="early_segment_90")
    assert "early_segment_90-v1 is active from the last snapshot on in place of" in said
    assert rows[2] == (
        "promotion",
        "early_segment_90-v1",
        3,
        "rolled back by hand",
        True,
    )


@pytest.mark.parametrize(
    ("operation", "arguments", "words"),
    [
        (
            "promote_early_segment_model",
            {"model_version": "early_segment_90-v9"},
            'there is no version "early_segment_90-v9" of an early segment; choose one',
        ),
        (
            "promote_early_segment_model",
            {"model_version": "early_segment_90-v3"},
            "has no model for what customers are segmented by now",
        ),
    ],
)
def test_what_cannot_predict_is_refused_in_words(operate, operation, arguments, words):
    said, _ = operate(operation, check=False, **arguments)
    assert words in said
