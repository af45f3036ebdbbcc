"""Scores end to end: SQL says what the library says, and no slice sees its future."""

import datetime
import json
import shutil

import duckdb
import numpy as np
import pytest
from segmentation.scores import candidates, curves, fits
from segmentation.scores import registry as score_registry
from segmentation.scores.rows import part as make_part

SELECTED = ("-s", "+int_customer_scores__united")
BUILD = ("build", "--exclude-resource-type", "test", "unit_test")
SLICES = "shop.int_customer_slices__described"
OUTCOMES = "shop.int_customer_outcomes__observed"
AS_OF_DATE = "2024-10-18"
FIRST_SNAPSHOT = datetime.date(2024, 10, 4)


def variables(end_date="2024-12-31"):
    """A demo shop as it was at the end of a day, with three snapshots before."""
    return {
        "segmentation_demo_customers": 1200,
        "segmentation_demo_end_date": end_date,
        # ten days are how late rows of the demo shop are, so this day is settled
        "segmentation_as_of_date": AS_OF_DATE,
        "segmentation_history_snapshots": 3,
        "segmentation_score_resamples": 100,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scores")


@pytest.fixture(scope="module")
def built(folder, build_shop):
    database = folder / "built.duckdb"
    build_shop(variables(), database, (*BUILD, *SELECTED))
    return database


def registry_rows(database):
    with duckdb.connect(str(database), read_only=True) as connection:
        return (
            connection.table("shop.int_score_models__registered")
            .to_arrow_table()
            .to_pylist()
        )


def described(database, day):
    """Customers, and the table that models read, of one slice."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            f"select * from {SLICES} where as_of_date = ? order by customer_id", [day]
        ).fetchnumpy()
    ids = list(found["customer_id"])
    return ids, {
        name: np.ma.filled(values.astype(float), np.nan)
        for name, values in found.items()
        if name not in ("customer_id", "as_of_date")
    }


def check_against_library(database):
    """Largest difference of a score and the library's, by kind; and rows compared."""
    rows = registry_rows(database)
    with duckdb.connect(str(database), read_only=True) as connection:
        versions = connection.execute(
            "select score_name, as_of_date, model_version, kind"
            " from shop.int_score_versions__effective order by all"
        ).fetchall()
        united = {
            (name, day): dict(zip(ids, zip(raw, score, strict=True), strict=True))
            for name, day, ids, raw, score in connection.execute(
                "select score_name, as_of_date, list(customer_id), list(raw_score),"
                " list(score) from shop.int_customer_scores__united group by all"
            ).fetchall()
        }
    differences, n_compared = {}, 0
    assert len(united) == len(versions)
    for name, day, version, kind in versions:
        model = score_registry.read_version(rows, version)
        ids, table = described(database, day)
        found = united[name, day]
        assert set(found) == set(ids)
        raw, score = np.array([found[id] for id in ids]).T
        expected = model.predict(table)
        scale = np.maximum(np.abs(expected), 1.0)
        gap = max(
            (np.abs(raw - model.model.predict(table)) / scale).max(),
            (np.abs(score - expected) / scale).max(),
        )
        differences[kind] = max(gap, differences.get(kind, 0.0))
        n_compared += len(ids)
    return differences, n_compared


# -- SQL and the library ----------------------------------------------------


def test_every_score_is_what_the_library_says(built):
    differences, n_compared = check_against_library(built)
    assert max(differences.values()) < 1e-9
    # two scores of about a thousand customers on three days
    assert n_compared > 5000


def written(model, name, kind, number):
    """Registry rows of a model that is activated on the first snapshot."""
    parts = [
        make_part("version", "status", text="promoted"),
        make_part("version", "kind", text=kind),
        make_part("promotion", str(number), value=float(number)),
        *(
            make_part(section, item, feature=feature, value=value, text=text)
            for section, item, feature, value, text in model.rows()
        ),
    ]
    version = f"{name}-v{number}"
    common = {
        "model_version": version,
        "version_number": number,
        "score_name": name,
        "as_of_date": FIRST_SNAPSHOT,
        "config_hash": "planted",
    }
    return [
        {
            "registry_row_id": f"{version}|{i}",
            **common,
            **part,
        }
        for i, part in enumerate(parts)
    ]


def planted_models(table):
    """Models of every kind, as (score, kind, model), some of them calibrated."""
    from segmentation.scores import training

    rng = np.random.default_rng(1)
    names = ("days_since_last_visit", "discount_share", "n_orders", "recency_days")
    n = len(table["n_orders"])
    slices = training.Slices(
        table,
        (rng.uniform(size=n) < 0.4) * 1.0,
        np.full(n, FIRST_SNAPSHOT),
        np.arange(n) % training.N_FOLDS,
    )
    settings = {
        "max_depth": 3, "learning_rate": 0.3, "n_rounds": 20, "min_child_weight": 1.0,
        "subsample": 0.8, "colsample_bytree": 0.8,
    }  # fmt: skip
    # SQL transforms as macros/scores/score_features.sql says, whatever the rows say
    transforms = ("log", "none", "log", "log")
    features = [
        (name, transform, True)
        for name, transform in zip(names, transforms, strict=True)
    ]

    def fit(kind, is_value=False):
        own = {**settings, "is_value": is_value}
        return training.fit_candidate(kind, slices, features, 90, own, 1)

    logit = candidates.Linear(
        names,
        transforms,
        np.array([-0.3, 1.7, 0.9, -0.4]),
        np.array([12.5, 0.1, 1.0, 40.0]),
        0.3,
        "logit",
    )
    amount = candidates.Linear(
        names, transforms, np.array([0.1, -2.0, 1.1, -0.2]), np.ones(4), 2.0, "log"
    )
    steep = candidates.Linear(
        ("net_amount",), ("log",), np.array([50.0]), np.zeros(1), -280.0, "logit"
    )
    calibration = (0.8, 0.2, -0.4)
    said = amount.predict(table)
    curve = curves.fit_curve([(said, rng.gamma(0.5, 2.0, n) * said**0.7)])
    curve = curve.scaled(float(said.mean()), 1.0)
    return [
        ("repurchase", "constant", fits.Calibrated(candidates.Constant(1 / 3))),
        ("repurchase", "logistic", fits.Calibrated(logit, *calibration)),
        ("repurchase", "logistic", fits.Calibrated(steep, *calibration)),
        ("repurchase", "recency", fits.Calibrated(fit("recency"))),
        ("repurchase", "xgboost", fits.Calibrated(fit("xgboost"), *calibration)),
        ("repurchase", "blend", fits.Calibrated(fit("blend"), *calibration)),
        ("repurchase", "mbg_nbd", fits.Calibrated(fit("mbg_nbd"))),
        ("repurchase", "pareto_nbd", fits.Calibrated(fit("pareto_nbd"))),
        ("value", "carry_forward", fits.Calibrated(fit("carry_forward", True))),
        ("value", "linear", fits.Calibrated(amount)),
        ("value", "linear", fits.Calibrated(amount, scale=1.2, curve=curve)),
        ("value", "bg_nbd", fits.Calibrated(fit("bg_nbd", True), curve=curve)),
        ("value", "two_part", fits.Calibrated(fit("two_part", True))),
    ]


def test_every_kind_of_model_scores_as_the_library_says(folder, built, sql):
    # one model after the other is activated, each by the rows that a fit would write
    _, table = described(built, FIRST_SNAPSHOT)
    planted = planted_models(table)
    assert np.isnan(table["days_since_last_visit"]).any()
    pairs = {"repurchase": [], "value": []}
    for name, kind, model in planted:
        pairs[name].append((kind, model))
    differences = {}
    for i in range(max(map(len, pairs.values()))):
        # compiled SQL names the database, which is called as the file is
        database = folder / "planted" / built.name
        database.parent.mkdir(exist_ok=True)
        shutil.copy(built, database)
        rows = []
        for name, models in pairs.items():
            kind, model = models[min(i, len(models) - 1)]
            rows += written(model, name, kind, 100 + i)
        score_again(database, rows, sql)
        found, _ = check_against_library(database)
        for kind, gap in found.items():
            differences[kind] = max(gap, differences.get(kind, 0.0))
    assert set(differences) == {kind for _, kind, _ in planted}
    assert max(differences.values()) < 1e-9, differences


FROM_REGISTRY = (
    "int_score_parameters__pivoted",
    "int_score_versions__effective",
    "int_customer_scores__calculated",
    "int_customer_scores__united",
)


@pytest.fixture(scope="module")
def sql(built, build_shop):
    """{model: SQL} as dbt compiles it for a first build."""
    models = (SLICES[5:], *FROM_REGISTRY)
    compiled = ("compile", "--full-refresh", "--write-json", "-s", *models)
    process = build_shop(variables(), built, compiled)
    nodes = json.loads((process.target / "manifest.json").read_text())["nodes"]
    return {
        model: nodes[f"model.segmentation.{model}"]["compiled_code"] for model in models
    }


def score_again(database, rows, sql):
    """Append rows to the registry, and make what is scored from it anew."""
    import pyarrow as pa
    from segmentation.scores import tables as score_glue

    with duckdb.connect(str(database)) as connection:
        new = pa.Table.from_pylist(rows, schema=score_registry.SCHEMA)
        connection.register("new_rows", new)
        connection.execute(
            "insert into shop.int_score_models__registered by name from new_rows"
        )
        for model in FROM_REGISTRY:
            if model == "int_customer_scores__united":
                boosted = score_glue.score_customers(
                    connection,
                    *(
                        connection.table(f"shop.{name}")
                        for name in (
                            "int_score_versions__effective",
                            "int_score_models__registered",
                            "int_customer_slices__described",
                        )
                    ),
                    None,
                ).to_arrow_table()
                connection.register("boosted", boosted)
                connection.execute(
                    "create or replace table shop.int_customer_scores__boosted"
                    " as from boosted"
                )
            connection.execute(f"create or replace table shop.{model} as {sql[model]}")


def test_the_comparison_with_the_library_finds_a_spoilt_score(folder, built):
    database = folder / "spoilt.duckdb"
    shutil.copy(built, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update shop.int_customer_scores__united set score = score + 1e-6 where"
            " customer_id = (select min(customer_id) from"
            " shop.int_customer_scores__united)"
        )
    assert max(check_against_library(database)[0].values()) > 1e-9


# -- time -------------------------------------------------------------------


@pytest.fixture(scope="module")
def then(folder, build_shop):
    """The same slices made from what the shop knew ten weeks before."""
    database = folder / "then.duckdb"
    made = ("-s", f"+{SLICES[5:]}", f"+{OUTCOMES[5:]}")
    build_shop(variables("2024-10-31"), database, (*BUILD, *made))
    return database


def differences_of(table, one, other):
    """Rows of a table that are in one of the databases alone."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        rows = f"select * from {{}}.{table}"
        return connection.execute(
            f"({rows.format('one')} except all {rows.format('other')}) union all"
            f" ({rows.format('other')} except all {rows.format('one')})"
        ).fetchall()


@pytest.mark.parametrize("table", [SLICES, OUTCOMES])
def test_a_slice_made_later_is_the_one_made_then(built, then, table, query):
    erased = {
        customer_id
        for (customer_id,) in query(
            built,
            "select customer_id from shop.int_customers__checked"
            " where reject_reason = 'erased_customer'",
        )
    }
    # those who were erased since have left every slice, as they must
    assert [
        row for row in differences_of(table, built, then) if erased.isdisjoint(row)
    ] == []
    assert query(built, f"select count(distinct as_of_date) from {table}")[0][0] > 10
    # and there was a future to see
    later = (
        "select count(*) from shop.int_orders__priced where ordered_on >"
        " date '2024-10-31'"
    )
    assert query(built, later)[0][0] > 100
    assert query(then, later)[0][0] == 0


def test_the_comparison_of_slices_finds_a_planted_leak(folder, built, then, sql):
    database = folder / "leaky" / built.name
    database.parent.mkdir()
    shutil.copy(built, database)
    guard = "slices.as_of_date >= days.activity_on"
    leaky = sql[SLICES[5:]].replace(guard, "days.activity_on is not null")
    assert leaky != sql[SLICES[5:]]
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create or replace table {SLICES} as {leaky}")
    assert len(differences_of(SLICES, database, then)) > 100


def test_a_second_build_adds_no_version_and_changes_no_score(
    folder, built, build_shop, query
):
    database = folder / "again" / built.name
    database.parent.mkdir()
    shutil.copy(built, database)
    build_shop(variables(), database, (*BUILD, *SELECTED))
    for table in (
        "int_score_models__registered",
        "int_customer_scores__united",
        "int_score_versions__effective",
        SLICES[5:],
        OUTCOMES[5:],
    ):
        assert differences_of(f"shop.{table}", built, database) == [], table
    promoted = query(
        database,
        "select score_name, count(*) from shop.int_score_models__registered"
        " where section = 'promotion' group by all order by all",
    )
    assert promoted == [("repurchase", 1), ("value", 1)]


# -- small shops ------------------------------------------------------------

SMALL = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_as_of_date": "2024-07-01",
    "segmentation_history_snapshots": 1,
    "segmentation_score_resamples": 100,
}


@pytest.fixture(scope="module")
def build_small(folder, build_shop, write_shop):
    """Function that builds the scores of a native shop; returns the database."""

    def build(tables, selected=SELECTED):
        database = folder / "small.duckdb"
        write_shop(database, tables)
        build_shop(SMALL, database, (*BUILD, *selected))
        return database

    return build


def orders_of(rows):
    """Tables of customers who order one piece at these times: (customer, time)."""
    values = ", ".join(
        f"('o{i}', '{customer}', timestamp '{time}')"
        for i, (customer, time) in enumerate(rows)
    )
    orders = f"(values {values}) as orders(order_id, customer_id, ordered_at)"
    return {
        "customers": f"select distinct customer_id from {orders}",
        "orders": f"select * from {orders}",
        "order_lines": "select 'l' || order_id as order_line_id, order_id,"
        f" 1 as quantity, 10.0 as unit_price from {orders}",
    }


def test_midnight_parts_what_is_known_from_what_comes(build_small, query):
    # the slice of April 2nd is judged by the 90 days to July 1st, which is today
    times = {
        "last_second": "2024-04-02 23:59:59",
        "midnight": "2024-04-03 00:00:00",
        "last_day": "2024-07-01 23:59:59",
        "too_late": "2024-07-02 00:00:00",
        "never": None,
    }
    rows = [(customer, "2024-01-01 12:00:00") for customer in times]
    rows += [(customer, time) for customer, time in times.items() if time]
    database = build_small(
        orders_of(rows), ("-s", f"+{SLICES[5:]}", f"+{OUTCOMES[5:]}")
    )
    known = query(
        database,
        f"select customer_id, n_orders, recency_days, net_amount_90d from {SLICES}"
        " where as_of_date = date '2024-04-02' order by 1",
    )
    assert known == [
        ("last_day", 1.0, 92.0, 0.0),
        ("last_second", 2.0, 0.0, 10.0),
        ("midnight", 1.0, 92.0, 0.0),
        ("never", 1.0, 92.0, 0.0),
        ("too_late", 1.0, 92.0, 0.0),
    ]
    came = query(
        database,
        f"select customer_id, closed_on, n_orders, net_amount from {OUTCOMES}"
        " where as_of_date = date '2024-04-02' and score_name = 'repurchase'"
        " order by 1",
    )
    closed = datetime.date(2024, 7, 1)
    assert came == [("last_day", closed, 1, 10), ("midnight", closed, 1, 10)]


# days_since and the like are none of a shop without events
DESCRIBED = (
    "select customer_id, recency_days, tenure_days, n_orders, n_order_days,"
    " n_lines, net_amount, net_amount_90d, average_order_amount,"
    f" coalesce(return_rate, 0) from {SLICES}"
    " where as_of_date = date '2024-04-02' order by 1"
)
DESCRIBED_BY = ("-s", f"+{SLICES[5:]}", "+fct_customer_features")


@pytest.fixture(scope="module")
def plain_orders(build_small, query):
    """Tables of orders of which nothing became, and how a slice describes them."""
    rows = [
        (f"c{i}", f"2024-0{month}-0{1 + i} 12:00:00")
        for month in (1, 2, 3)
        for i in range(4)
    ]
    plain = orders_of(rows)
    return plain, query(build_small(plain, DESCRIBED_BY), DESCRIBED)


@pytest.mark.parametrize("update", ["cancelled", "returned"])
@pytest.mark.parametrize("is_dated", [False, True], ids=["undated", "dated"])
def test_what_became_of_an_order_later_moves_no_earlier_slice(
    plain_orders, build_small, query, update, is_dated
):
    plain, expected = plain_orders
    later = "timestamp '2024-06-01'" if is_dated else "cast(null as timestamp)"
    # c0 and c1 cancel, or send back, their order of March
    chosen = "customer_id in ('c0', 'c1') and month(ordered_at) = 3"
    planted = {
        **plain,
        "orders": "select *,"
        f" case when {chosen} and '{update}' = 'cancelled' then 'cancelled'"
        " else 'paid' end as status,"
        f" case when {chosen} and '{update}' = 'cancelled' then {later} end"
        f" as cancelled_at from ({plain['orders']})",
        "order_lines": "select lines.*,"
        f" case when {chosen} and '{update}' = 'returned' then 1 else 0 end"
        " as returned_quantity,"
        f" case when {chosen} and '{update}' = 'returned' then {later} end"
        f" as returned_at from ({plain['order_lines']}) as lines"
        f" inner join ({plain['orders']}) as orders using (order_id)",
    }
    assert len(expected) == 4
    database = build_small(planted, DESCRIBED_BY)
    assert query(database, DESCRIBED) == expected
    # and it is known today
    today = "select n_orders, net_amount from shop.fct_customer_features order by all"
    kept = (2, 20) if update == "cancelled" else (3, 20)
    assert query(database, today) == [kept, kept, (3, 30), (3, 30)]


def weekly(n_customers):
    """Customers who all order on every seventh day of 200."""
    first = datetime.datetime(2023, 9, 1, 12)
    return orders_of(
        [
            (f"c{i}", first + datetime.timedelta(days=7 * week))
            for week in range(43)
            for i in range(n_customers)
        ]
    )


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (weekly(1), "customers in the t"),
        (weekly(120), "bought within 90 days; at least 30 who did and 30 who did not"),
    ],
    ids=["one customer", "all alike"],
)
def test_a_shop_that_tells_nothing_is_not_scored_and_the_registry_says_why(
    build_small, query, tables, words
):
    database = build_small(tables)
    said = query(
        database,
        "select score_name, item, text_value from shop.int_score_models__registered"
        " where item in ('status', 'failure') order by 1, 2",
    )
    assert {(name, text) for name, item, text in said if item == "status"} == {
        ("repurchase", "not_scored"),
        ("value", "not_scored"),
    }
    assert any(words in text for _, item, text in said if item == "failure"), said
    assert query(database, "select count(*) from shop.int_customer_scores__united") == [
        (0,)
    ]


# -- what a person may do ---------------------------------------------------


def test_a_refit_can_be_asked_for_rolled_back_and_is_refused_in_words(
    folder, built, build_shop, query
):
    database = folder / "operated.duckdb"
    shutil.copy(built, database)

    def operate(name, check=True, **arguments):
        args = ("run-operation", name, "--args", json.dumps(arguments))
        return build_shop(variables(), database, args, check=check).stdout

    def versions():
        return query(
            database,
            "select model_version, max(case when item = 'reason' then text_value end)"
            " from shop.int_score_models__registered where score_name = 'value'"
            " and section = 'version' group by 1 order by 1",
        )

    assert versions() == [("value-v1", "first fit")]
    operate("refit_score_model", score_name="value", reason="a new catalogue")
    fit = ("run", "-s", "int_score_models__registered", "int_score_versions__effective")
    build_shop(variables(), database, fit)
    assert versions() == [("value-v1", "first fit"), ("value-v2", "asked for")]
    # asked once, fitted once
    build_shop(variables(), database, fit)
    assert len(versions()) == 2

    said = operate("roll_back_score_model", score_name="value", reason="no better")
    assert "value-v1 is active from the last snapshot on" in said
    build_shop(variables(), database, ("run", "-s", "int_score_versions__effective"))
    active = query(
        database,
        "select as_of_date, model_version from shop.int_score_versions__effective"
        " where score_name = 'value' order by 1",
    )
    assert [version for _, version in active] == ["value-v1"] * 3

    said = operate("promote_score_model", check=False, model_version="value-v9")
    assert 'there is no version "value-v9" of a score; choose one of' in said
    said = operate("roll_back_score_model", check=False, score_name="repurchase")
    assert 'no version of "repurchase" to roll back to' in said
    said = operate("refit_score_model", check=False, score_name="churn")
    assert 'no score "churn" has been fitted yet' in said
