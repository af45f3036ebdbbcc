"""When a customer moves: the model's own SQL against the rule in a few lines of Python.

The model is compiled once, under other names, for each number of confirmations, for a
first build and for an incremental one; then its SQL runs on made-up runs.
"""

import datetime
import itertools
import shutil

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MODEL = "models/intermediate/segments/int_customer_segments__confirmed.sql"
VARIABLE = "var('segmentation_confirmations')"
CONFIRMATIONS = (1, 2, 3)
FIRST = datetime.date(2024, 1, 1)
# scheme and segment; two segments of one scheme, another scheme, and before any order
STATES = [
    ("recipe", "a"),
    ("recipe", "b"),
    ("rules", "a"),
    ("prospects", "prospects"),
]
COLUMNS = """
    as_of_date date, customer_id varchar, scheme varchar, model_version varchar,
    {segment} varchar, second_segment_id varchar, confidence double, is_whale boolean
"""
PUBLISHED = """
    as_of_date date, customer_id varchar, segment_id varchar, segment_since date,
    previous_segment_id varchar, scored_segment_id varchar, second_segment_id varchar,
    confidence double, is_whale boolean, scheme varchar, model_version varchar
"""


def run_date(number):
    return FIRST + datetime.timedelta(weeks=number)


def confirm(runs, n):
    """The rule: (segment, since, segment before) after each run of one customer.

    A customer moves when the last `n` runs agree on scheme and segment; at the first
    run, and where the scheme is another than at the run before, at once.
    """
    state, states = (None, None, None), []
    for i, (date, run) in enumerate(runs):
        is_new = i == 0 or runs[i - 1][1][0] != run[0]
        is_confirmed = i + 1 >= n and all(
            other == run for _, other in runs[i + 1 - n : i + 1]
        )
        if (is_new or is_confirmed) and run[1] != state[0]:
            state = (run[1], date, state[0])
        states.append(state)
    return states


@pytest.fixture(scope="module")
def sql(copy_project, run_dbt, tmp_path_factory):
    """{(confirmations, is incremental): compiled SQL}."""
    cwd = copy_project()
    text = (cwd / MODEL).read_text()
    assert text.count(VARIABLE) == 1
    shutil.rmtree(cwd / "tests")
    database = tmp_path_factory.mktemp("confirmation") / "compiled.duckdb"
    names = {
        (
            n,
            is_incremental,
        ): f"confirmed_{n}_{'weekly' if is_incremental else 'at_once'}"
        for n, is_incremental in itertools.product(CONFIRMATIONS, (False, True))
    }
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema shop")
        for (n, is_incremental), name in names.items():
            (cwd / "models" / f"{name}.sql").write_text(text.replace(VARIABLE, str(n)))
            if is_incremental:
                # a table that is there makes the model incremental
                connection.execute(f"create table shop.{name} ({PUBLISHED})")
    run_dbt(
        ["compile", "--select", *names.values(), "--target-path", cwd / "compiled"],
        cwd,
        {"SEGMENTATION_DUCKDB_PATH": str(database)},
    )
    folder = cwd / "compiled" / "compiled" / "segmentation" / "models"
    return {key: (folder / f"{name}.sql").read_text() for key, name in names.items()}


@pytest.fixture(scope="module")
def build(sql):
    """Function that builds what is published of scored runs, in one or more builds.

    Arguments: `n`, confirmations; `builds`, for each build {customer: {run: state}} as
    they are scored then, and the number of runs scheduled by then. Returns {customer:
    [(segment, since, segment before) per run]}.
    """
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as compiled; create schema compiled.shop")
    shop = "compiled.shop"

    def run(n, builds):
        published = f"{shop}.confirmed_{n}_weekly"
        connection.execute(
            f"create or replace table {published} ({PUBLISHED});"
            f"create or replace table {shop}.int_snapshots__scheduled"
            " (as_of_date date);"
            f"create or replace table {shop}.int_customer_segments__scored"
            f" ({COLUMNS.format(segment='segment_id')})"
        )
        for number, (scored, n_runs) in enumerate(builds):
            rows = [
                (run_date(i), customer, *state)
                for customer, states in scored.items()
                for i, state in states.items()
                if i < n_runs
            ]
            values = ", ".join(
                f"(date '{date}', '{customer}', '{scheme}', '{segment}')"
                for date, customer, scheme, segment in rows
            )
            dates = ", ".join(f"(date '{run_date(i)}')" for i in range(n_runs))
            connection.execute(
                f"truncate {shop}.int_snapshots__scheduled;"
                f"truncate {shop}.int_customer_segments__scored;"
                f"insert into {shop}.int_snapshots__scheduled values {dates};"
                f"insert into {shop}.int_customer_segments__scored"
                " (as_of_date, customer_id, scheme, segment_id)"
                f" values {values};"
                f"create or replace temp table made as {sql[n, number > 0]};"
                f"delete from {published} where as_of_date in"
                " (select as_of_date from made);"
                f"insert into {published} by name select * from made"
            )
        found = {}
        for customer, *state in connection.execute(
            "select customer_id, segment_id, segment_since, previous_segment_id"
            f" from {published} order by customer_id, as_of_date"
        ).fetchall():
            found.setdefault(customer, []).append(tuple(state))
        return found

    yield run
    connection.close()


@pytest.fixture(scope="module")
def every_history():
    """All histories of six runs, {customer: {run: state}}."""
    return {
        f"c{number}": dict(enumerate(states))
        for number, states in enumerate(itertools.product(STATES, repeat=6))
    }


@pytest.fixture(scope="module")
def at_once(build, every_history):
    """{confirmations: what is published of all histories, built at once}."""
    return {n: build(n, [(every_history, 6)]) for n in CONFIRMATIONS}


def as_runs(states):
    return [(run_date(i), state) for i, state in sorted(states.items())]


@pytest.mark.parametrize("n", CONFIRMATIONS)
def test_every_history_is_published_by_the_rule(n, at_once, every_history):
    expected = {
        customer: confirm(as_runs(states), n)
        for customer, states in every_history.items()
    }
    assert at_once[n] == expected


@pytest.mark.parametrize("n", CONFIRMATIONS)
def test_what_is_published_was_scored_in_the_last_runs_or_was_so_before(
    n, at_once, every_history
):
    for customer, states in every_history.items():
        segments = [segment for segment, _, _ in at_once[n][customer]]
        for i in range(1, 6):
            last = [states[j] for j in range(max(i + 1 - n, 0), i + 1)]
            has_new_scheme = states[i][0] != states[i - 1][0]
            assert (
                segments[i] == segments[i - 1]
                or last == [states[i]] * n
                or has_new_scheme
            )
            assert segments[i] in {segments[i - 1], states[i][1]}


@pytest.mark.parametrize("n", CONFIRMATIONS[1:])
def test_nobody_goes_there_and_back_for_one_run(n, at_once, every_history):
    for customer, states in every_history.items():
        segments = [segment for segment, _, _ in at_once[n][customer]]
        for i in range(1, 5):
            if {states[i - 1][0], states[i][0], states[i + 1][0]} == {"recipe"}:
                there, between, back = segments[i - 1 : i + 2]
                assert not (there == back != between)


@pytest.mark.parametrize("n", CONFIRMATIONS)
def test_the_first_run_and_a_change_of_scheme_count_at_once(n, at_once, every_history):
    for customer, states in every_history.items():
        for i in range(6):
            if i == 0 or states[i][0] != states[i - 1][0]:
                assert at_once[n][customer][i][0] == states[i][1]


@pytest.mark.parametrize("n", CONFIRMATIONS)
def test_week_by_week_gives_what_building_at_once_gives(
    n, build, at_once, every_history
):
    some = {
        customer: states
        for number, (customer, states) in enumerate(every_history.items())
        if number % 5 == 0
    }
    weekly = build(n, [(some, n_runs) for n_runs in range(1, 7)])
    assert weekly == {customer: at_once[n][customer] for customer in some}


states_strategy = st.sampled_from(STATES)
# the run that a customer is first known at, and how each is scored from then on
customers_strategy = st.lists(
    st.tuples(st.integers(0, 6), st.lists(states_strategy, min_size=8, max_size=8)),
    min_size=1,
    max_size=5,
)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.sampled_from(CONFIRMATIONS),
    customers_strategy,
    st.lists(st.integers(0, 3), min_size=1, max_size=6),
    states_strategy,
)
def test_builds_late_or_repeated_publish_the_same(
    build, n, customers, steps, provisional
):
    scored = {
        f"c{number}": {i: state for i, state in enumerate(states) if i >= start}
        for number, (start, states) in enumerate(customers)
    }
    # somebody known from the first run on, so that there is something to build
    scored["always"] = dict.fromkeys(range(8), STATES[0])
    builds, n_runs = [], 1
    for step in [0, *steps, 7]:
        # 0: the last run once more; 2 and more: runs that were missed
        n_runs = min(n_runs + step, 8)
        at_first = {
            customer: {**states, n_runs - 1: provisional}
            if n_runs - 1 in states
            else states
            for customer, states in scored.items()
        }
        builds += [(at_first, n_runs), (scored, n_runs)]
    assert build(n, builds) == {
        customer: confirm(as_runs(states), n) for customer, states in scored.items()
    }
