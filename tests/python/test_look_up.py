"""Asking for one customer gives what scoring everybody gave."""

import duckdb
import pytest
from conftest import NO_TESTS

SMALL = {
    "segmentation_demo_customers": 600,
    "segmentation_history_snapshots": 2,
    "segmentation_stability_resamples": 0,
    "segmentation_confirmations": 1,
}
SCORED = """
select scored.segment_id, scored.second_segment_id, scored.confidence, scored.is_whale,
    features.*
from shop.int_customer_segments__scored as scored
inner join shop.fct_customer_features as features
    using (as_of_date, customer_id)
where scored.as_of_date = (select max(as_of_date) from shop.fct_customer_features)
order by md5(customer_id)
limit 40
"""


@pytest.fixture(scope="module", params=["personas_6", "density_7", "rfm_rules"])
def built(request, build_shop, tmp_path_factory):
    database = tmp_path_factory.mktemp("look_up") / "look_up.duckdb"
    variables = SMALL | {"segmentation_recipe": request.param}
    read = ("+dim_customer_segments", "+fct_customer_features")
    selected = ("-s", "resource_type:seed", *read)
    build_shop(variables, database, ("build", *NO_TESTS, *selected))
    return database, variables


def ask(connection, values):
    given = ", ".join(f"{name} := {value}" for name, value in values.items())
    found = connection.execute(f"from shop.segment_for({given})")
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    assert len(rows) == 1
    return dict(zip(names, rows[0], strict=True))


def test_a_look_up_agrees_with_the_score_of_every_sampled_customer(built):
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        parameters = connection.execute(
            "select parameters from duckdb_functions()"
            " where function_name = 'segment_for'"
        ).fetchone()[0]
        rows = connection.execute(SCORED).fetchdf().to_dict("records")
        segments = {row["segment_id"] for row in rows}
        assert len(segments) > 2
        for row in rows:
            values = {
                name: "null" if row[name] != row[name] else float(row[name])
                for name in parameters
                if row["has_ordered"]
            }
            answer = ask(connection, values)
            assert answer["segment_id"] == row["segment_id"], row["customer_id"]
            assert answer["is_whale"] == row["is_whale"]
            if isinstance(row["second_segment_id"], str):
                assert answer["second_segment_id"] == row["second_segment_id"]
            if row["confidence"] == row["confidence"]:
                assert answer["confidence"] == pytest.approx(row["confidence"])


def test_whoever_has_not_ordered_is_a_prospect(built):
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        assert ask(connection, {})["segment_name"] == "Prospects"
        assert ask(connection, {"n_orders": 0})["segment_id"] == "prospects"


def test_the_order_value_follows_from_spend_and_orders(built):
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        given = {"recency_days": 40, "n_orders": 4, "net_amount": 1000}
        assert ask(connection, given) == ask(
            connection, given | {"average_order_amount": 250}
        )


def test_values_outside_of_all_that_was_seen_are_placed(built):
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        for given in (
            {"recency_days": 0, "n_orders": 10**6, "net_amount": 10**9},
            {"recency_days": 10**5, "n_orders": 1, "net_amount": 0},
        ):
            assert ask(connection, given)["segment_name"]


def test_the_run_operation_prints_the_same_answer(built, build_shop):
    database, variables = built
    with duckdb.connect(str(database), read_only=True) as connection:
        given = {"recency_days": 12, "n_orders": 5, "net_amount": 300}
        answer = ask(connection, given)
    said = build_shop(
        variables,
        database,
        [
            "run-operation",
            "look_up_segment",
            "--args",
            "{recency_days: 12, n_orders: 5, net_amount: 300}",
        ],
    ).stdout
    assert f"segment_id: {answer['segment_id']}" in said
    assert f"strategy: {answer['strategy']}" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("{recency: 12}", '"recency" is no feature that segments are fitted on'),
        ("{n_orders: many}", 'n_orders is "many"; give a number'),
    ],
)
def test_a_wrong_question_says_what_to_ask(built, build_shop, arguments, words):
    database, variables = built
    if variables["segmentation_recipe"] != "personas_6":
        pytest.skip("the same whatever the recipe; asked under personas_6")
    process = build_shop(
        variables,
        database,
        ["run-operation", "look_up_segment", "--args", arguments],
        check=False,
    )
    assert process.returncode != 0
    assert words in process.stdout


def test_before_the_first_build_the_look_up_says_so(build_shop, tmp_path):
    process = build_shop(
        SMALL,
        tmp_path / "empty.duckdb",
        ["run-operation", "look_up_segment", "--args", "{n_orders: 1}"],
        check=False,
    )
    assert process.returncode != 0
    assert "run dbt build first" in process.stdout
