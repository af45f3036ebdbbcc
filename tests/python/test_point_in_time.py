"""No feature sees its own future: old snapshots are rebuilt from truncated inputs."""

import duckdb
import pytest

NO_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
SNAPSHOT = "2024-10-18"
FEATURES = ("fct_customer_rfm", "fct_customer_engagement", "fct_customer_features")
SELECTED = ("-s", *(f"+{mart}" for mart in FEATURES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("point_in_time")


def variables(end_date):
    """The demo shop as it was at the end of a day, and one snapshot of it."""
    return {
        "segmentation_demo_customers": 1500,
        "segmentation_demo_end_date": end_date,
        "segmentation_as_of_date": SNAPSHOT,
        "segmentation_history_snapshots": 1,
    }


@pytest.fixture(scope="module")
def now(folder, build_shop):
    """The snapshot made from all that the shop knows ten weeks later."""
    database = folder / "now.duckdb"
    build_shop(variables("2024-12-28"), database, (*NO_TESTS, *SELECTED))
    return database


@pytest.fixture(scope="module")
def then(folder, build_shop):
    """The snapshot made from what the shop knew ten days after it.

    Ten days is how late the demo shop's latest rows are; what happened later than the
    snapshot, an order, a return or a cancellation, is in both inputs or in one.
    """
    database = folder / "then.duckdb"
    build_shop(variables("2024-10-31"), database, (*NO_TESTS, *SELECTED))
    return database


def differences(one, other, mart):
    """Rows of a mart that are in one of the databases alone."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        columns = [
            row[0]
            for row in connection.execute(
                "select column_name from duckdb_columns() where database_name = 'one'"
                " and table_name = ? order by column_index",
                [mart],
            ).fetchall()
        ]
        # sums of squares may differ in the last digit by the order of their terms
        compared = ", ".join(
            f"round({name}, 6) as {name}" if name == "order_amount_stddev" else name
            for name in columns
        )
        rows = f"select {compared} from {{}}.shop.{mart}"
        return connection.execute(
            f"({rows.format('one')} except all {rows.format('other')}) union all "
            f"({rows.format('other')} except all {rows.format('one')})"
        ).fetchall()


@pytest.mark.parametrize("mart", FEATURES)
def test_a_snapshot_made_later_is_the_one_made_then(now, then, mart):
    assert differences(now, then, mart) == []


def test_nobody_was_erased_in_between(now, then, query):
    # an erased customer leaves every snapshot, and the quintiles of the others move
    erased = (
        "select customer_id from shop.int_customers__checked"
        " where reject_reason = 'erased_customer' order by customer_id"
    )
    assert query(now, erased) == query(then, erased)


def test_there_was_a_future_to_see(now, then, query):
    later = (
        "select count(*) filter (where ordered_on > date '2024-10-31'),"
        " count(*) filter (where voided_on between date '2024-10-19' and"
        f" date '2024-12-28' and ordered_on <= date '{SNAPSHOT}')"
        " from shop.int_orders__priced"
    )
    n_later_orders, n_later_cancellations = query(now, later)[0]
    assert n_later_orders > 100
    assert n_later_cancellations > 0
    assert query(then, later)[0][0] == 0


def test_the_comparison_finds_a_planted_leak(folder, then, copy_project, build_shop):
    leaky = copy_project()
    model = leaky / "models/intermediate/features/int_customer_snapshots__ordered.sql"
    text = model.read_text()
    guard = "snapshots.as_of_date >= days.activity_on"
    assert guard in text
    model.write_text(text.replace(guard, "days.activity_on is not null"))
    database = folder / "leaky.duckdb"
    build_shop(variables("2024-12-28"), database, (*NO_TESTS, *SELECTED), cwd=leaky)
    assert len(differences(database, then, "fct_customer_rfm")) > 100
