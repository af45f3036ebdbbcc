"""UCI Online Retail from end to end: the published figures, and RFM worked out anew.

The recomputation reads the raw file with pandas and shares no code with the project; it
follows the rules of docs/online_retail.md. Money is a whole number of ten-thousandths
of a pound, the last digit that the project keeps, so that every comparison is exact.
"""

import datetime
import json
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from segmentation.commands import show
from sklearn.metrics import silhouette_score

AS_OF = datetime.date(2011, 12, 10)
NEVER = pd.Timestamp("2200-01-01")

RECEIVED = {"customers": 4_372, "orders": 25_900, "order_lines": 541_909}
ACCEPTED = {"customers": 4_372, "orders": 19_596, "order_lines": 394_583}
REASONS = {
    ("order_lines", "adjustment"): 3,
    ("order_lines", "cancellation_applied"): 6_981,
    ("order_lines", "duplicate_key"): 5_268,
    ("order_lines", "order_guest"): 132_564,
    ("order_lines", "stock_write_off"): 1_336,
    ("order_lines", "zero_price"): 1_174,
    ("orders", "adjustment"): 3,
    ("orders", "cancellation_applied"): 2_590,
    ("orders", "guest"): 1_609,
    ("orders", "stock_write_off"): 1_336,
    ("orders", "zero_price"): 766,
}
PERSONAS = {
    "p6_champions", "p6_loyal_potential", "p6_big_spenders", "p6_hibernating",
}  # fmt: skip


# -- the project's build ----------------------------------------------------


@pytest.fixture(scope="module")
def variables(test_data):
    return {
        "segmentation_connector": "online_retail",
        "segmentation_parquet_folder": str(test_data("online_retail")),
        "segmentation_as_of_date": str(AS_OF),
        "segmentation_currency": "GBP",
        "segmentation_history_snapshots": 4,
        # auto would take orders_6
        "segmentation_recipe": "personas_6",
        # the gate refuses personas_6 here (docs/segments.md): published unjudged
        "segmentation_stability_resamples": 0,
    }


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return tmp_path_factory.mktemp("online_retail") / "gifts.duckdb"


@pytest.fixture(scope="module")
def build(variables, database, build_shop):
    """The whole build, data tests included."""
    # its unit tests are among those that `make unit` runs
    return build_shop(
        variables, database, ("build", "--exclude-resource-type", "unit_test")
    )


@pytest.fixture(scope="module")
def ask(build, database, query):
    """Function that returns the rows of a query on what was built."""

    def rows(sql):
        return query(database, sql)

    return rows


@pytest.fixture(scope="module")
def published(build, build_shop, variables, database):
    """The rows of the analysis online_retail_published_figures, by edition."""
    process = build_shop(
        variables,
        database,
        ["--quiet", "show", "-s", "online_retail_published_figures"]
        + ["--output", "json"],
    )
    rows = json.loads(process.stdout[process.stdout.index("{") :])["show"]
    return {row.pop("edition"): row for row in rows}


# -- the same by hand -------------------------------------------------------


@pytest.fixture(scope="module")
def raw(test_data):
    """The file's lines with what kind each is, and whether it is a repetition."""
    lines = pd.read_parquet(test_data("online_retail") / "online_retail.parquet")
    is_copy = lines.duplicated()
    price = np.rint(lines["UnitPrice"] * 10_000).astype("int64")
    assert np.allclose(price / 10_000, lines["UnitPrice"], rtol=0, atol=1e-9)
    code = lines["StockCode"].str.strip().str.upper()
    return pd.DataFrame(
        {
            "invoice": lines["InvoiceNo"].str.strip(),
            "code": code,
            "pieces": lines["Quantity"].astype("int64"),
            "at": lines["InvoiceDate"],
            "price": price,
            "customer": lines["CustomerID"].astype("Int64").astype("string"),
            "is_goods": code.str.match(r"\d{5}|DCGS|GIFT|PADS$"),
            "is_copy": is_copy,
            "kind": np.select(
                [
                    lines["InvoiceNo"].str.startswith("A"),
                    lines["InvoiceNo"].str.startswith("C"),
                    lines["Quantity"] < 0,
                    lines["UnitPrice"] == 0,
                ],
                ["adjustment", "cancellation", "stock_write_off", "zero_price"],
                "sale",
            ),
        }
    )


@pytest.fixture(scope="module")
def ledger(raw):
    """Sales, each with what was taken back of it, and refunds; customers' only.

    The cancellations are gone through in the order of time. Each takes back the last
    sale up to then of the same customer, product and price that is large enough and not
    taken back yet; one that finds none is a refund.
    """
    known = raw[raw["customer"].notna() & ~raw["is_copy"]]
    sales = known[known["kind"] == "sale"].copy()
    cancellations = known[known["kind"] == "cancellation"]
    pairs = cancellations.reset_index().merge(
        sales.reset_index(), on=["customer", "code", "price"], suffixes=("_given", "")
    )
    pairs = pairs[
        (pairs["at"] <= pairs["at_given"]) & (pairs["pieces"] >= -pairs["pieces_given"])
    ].sort_values(
        ["at_given", "invoice_given", "pieces_given", "index_given", "at", "invoice"],
        ascending=[True, True, True, True, False, True],
    )
    taken_back, settled = {}, set()
    for pair in pairs.itertuples():
        if pair.index_given not in settled and pair.index not in taken_back:
            settled.add(pair.index_given)
            taken_back[pair.index] = (-pair.pieces_given, pair.at_given)
    refunds = cancellations.drop(index=list(settled))

    sales = sales.join(
        pd.DataFrame.from_dict(taken_back, orient="index", columns=["back", "back_at"])
    )
    sales["back"] = sales["back"].fillna(0).astype("int64")
    sales["back_at"] = sales["back_at"].fillna(NEVER)

    # an invoice is cancelled if nothing of its goods is left, or of its services if it
    # has no goods
    sales["is_left"] = sales["back"] < sales["pieces"]
    has_goods = sales.groupby("invoice")["is_goods"].transform("any")
    judged = sales[sales["is_goods"] | ~has_goods]
    is_cancelled = ~judged.groupby("invoice")["is_left"].any()
    last_back = sales[sales["back"] > 0].groupby("invoice")["back_at"].max()
    void_at = last_back[is_cancelled[is_cancelled].index]
    sales["void_at"] = sales["invoice"].map(void_at).fillna(NEVER)
    return sales, refunds


@pytest.fixture(scope="module")
def rfm_by_hand(ledger, raw):
    """Function from a day to each known customer's RFM at its end."""
    sales, refunds = (part.assign(on=part["at"].dt.normalize()) for part in ledger)
    # an invoice may be written over some minutes; it counts from its first
    sales["on"] = sales.groupby("invoice")["on"].transform("min")
    # whatever becomes of it, a line says that the shop knows its customer
    known_on = raw.groupby("customer")["at"].min().dt.normalize()

    def rfm(day):
        day = pd.Timestamp(day)
        night = day + pd.Timedelta(days=1)
        seen = sales[(sales["on"] <= day) & (sales["void_at"] >= night)]
        back = seen[seen["back_at"] < night]
        given = refunds[refunds["on"] <= day]
        amounts = [
            (frame["price"] * frame[pieces].abs()).groupby(frame["customer"]).sum()
            for frame, pieces in [(seen, "pieces"), (back, "back"), (given, "pieces")]
        ]
        found = pd.DataFrame(index=known_on[known_on <= day].index)
        last = seen.groupby("customer")["on"].max()
        found["recency"] = (day - last).dt.days.astype("Int64").reindex(found.index)
        orders = seen.groupby("customer")["invoice"].nunique()
        found["frequency"] = orders.reindex(found.index, fill_value=0)
        gross, returned, refunded = (
            amount.reindex(found.index, fill_value=0) for amount in amounts
        )
        found["gross"] = gross
        found["returned"] = returned + refunded
        found["monetary"] = found["gross"] - found["returned"]

        buyers = found[found["frequency"] > 0]
        for letter, measure in [
            ("r", -buyers["recency"]),
            ("f", buyers["frequency"]),
            ("m", buyers["monetary"]),
        ]:
            # average ranks are whole or halves: twice a rank is a whole number
            twice = (2 * measure.rank(method="average")).astype("int64")
            score = 5 * (twice - 1) // (2 * len(buyers)) + 1
            found[letter] = score.astype("Int64").reindex(found.index)
        return found.sort_index()

    return rfm


@pytest.fixture(scope="module")
def rfm_built(ask):
    """Function from a day to the same table, as fct_customer_rfm has it."""

    def rfm(day):
        names = ["recency", "frequency", "gross", "returned", "monetary", "r", "f", "m"]
        rows = ask(
            "select customer_id, recency_days, frequency,"
            " cast(gross_amount * 10000 as bigint),"
            " cast(returned_amount * 10000 as bigint),"
            " cast(monetary_amount * 10000 as bigint),"
            " recency_score, frequency_score, monetary_score"
            f" from shop.fct_customer_rfm where as_of_date = '{day}'"
        )
        found = pd.DataFrame(rows, columns=["customer", *names]).set_index("customer")
        for name in ["recency", "r", "f", "m"]:
            found[name] = found[name].astype("Int64")
        return found.sort_index()

    return rfm


def assert_equal(built, expected):
    """Both tables have the same customers and the same numbers, exactly."""
    pd.testing.assert_frame_equal(
        built,
        expected,
        check_dtype=False,
        check_index_type=False,
        check_names=False,
        check_exact=True,
    )


# -- rows -------------------------------------------------------------------


def test_the_build_has_neither_errors_nor_warnings(build):
    assert "WARN=0 ERROR=0 SKIP=0" in build.stdout


def test_every_line_of_the_file_is_accepted_or_rejected_with_a_reason(ask):
    counts = {
        entity: numbers
        for entity, *numbers in ask(
            "select entity, n_received, n_accepted, n_rejected"
            " from shop.fct_input_reconciliations"
        )
    }
    for entity in RECEIVED:
        received, accepted, rejected = counts[entity]
        assert (received, accepted) == (RECEIVED[entity], ACCEPTED[entity])
        assert received == accepted + rejected
    reasons = ask(
        "select entity, reject_reason, count(*) from shop.fct_rejected_rows"
        " group by all"
    )
    assert {(entity, reason): n for entity, reason, n in reasons} == REASONS


def test_the_reasons_are_those_counted_in_the_file_itself(raw, ledger):
    own = raw[~raw["is_copy"]]
    counts = own["kind"].value_counts()
    named = {reason: n for (entity, reason), n in REASONS.items() if "lines" in entity}
    assert raw["is_copy"].sum() == named["duplicate_key"]
    for reason in ("adjustment", "stock_write_off", "zero_price"):
        assert counts[reason] == named[reason]
    is_trade = own["kind"].isin(["sale", "cancellation"])
    assert (is_trade & own["customer"].isna()).sum() == named["order_guest"]
    sales, refunds = ledger
    assert len(sales) + len(refunds) == ACCEPTED["order_lines"]


def test_every_cancellation_that_can_be_matched_is_matched(ledger):
    # no limit on the rounds here: three, as the model has them, are enough
    sales, _ = ledger
    assert (sales["back"] > 0).sum() == REASONS["order_lines", "cancellation_applied"]


# -- published figures ------------------------------------------------------


def test_the_published_counts_and_turnover_are_reproduced(published):
    figures = published["as_published"]
    assert figures["n_lines"] == 397_884
    assert figures["n_invoices"] == 18_532
    assert figures["n_customers"] == 4_338
    assert round(figures["gross_amount"], 2) == 8_911_407.90


def test_the_published_figures_without_repeated_rows_are_reproduced(published):
    figures = published["copies_dropped"]
    assert figures["n_lines"] == 392_692
    assert round(figures["gross_amount"], 2) == 8_887_208.89


def test_the_published_medians_are_reproduced(published):
    figures = published["as_published"]
    assert figures["median_recency_days"] == 51
    assert figures["median_frequency"] == 2
    # between the two middle customers, 674.48 as published
    assert figures["median_gross_amount"] == pytest.approx(674.485, abs=1e-9)


# -- RFM, customer by customer ----------------------------------------------


def test_rfm_and_its_scores_equal_those_worked_out_by_hand(rfm_built, rfm_by_hand):
    assert len(rfm_by_hand(AS_OF)) == RECEIVED["customers"]
    assert_equal(rfm_built(AS_OF), rfm_by_hand(AS_OF))


def test_rfm_at_earlier_snapshots_equals_that_worked_out_by_hand(
    ask, rfm_built, rfm_by_hand
):
    days = [day for (day,) in ask("from shop.int_snapshots__scheduled order by 1")]
    assert days == [AS_OF - datetime.timedelta(weeks=weeks) for weeks in (3, 2, 1, 0)]
    for day in days[:-1]:
        assert_equal(rfm_built(day), rfm_by_hand(day))


def test_net_revenue_is_all_sales_less_all_cancellations_of_customers(ask, raw):
    # however the cancellations are matched
    own = raw[raw["customer"].notna() & ~raw["is_copy"]]
    own = own[own["kind"].isin(["sale", "cancellation"])]
    rows = ask(
        "select cast(sum(monetary_amount) * 10000 as bigint) from shop.fct_customer_rfm"
        f" where as_of_date = '{AS_OF}'"
    )
    assert rows == [((own["pieces"] * own["price"]).sum(),)]


def test_the_comparison_by_hand_sees_every_kind_of_customer(rfm_by_hand):
    found = rfm_by_hand(AS_OF)
    assert (found["frequency"] == 0).sum() > 0
    assert (found["returned"] > found["gross"]).sum() > 0
    assert ((found["returned"] > 0) & (found["monetary"] > 0)).sum() > 100
    assert set(found[["r", "f", "m"]].dropna().to_numpy().ravel()) == {1, 2, 3, 4, 5}


def test_the_customer_of_74215_jars_has_no_order_and_is_a_prospect(ask):
    assert ask(
        "select rfm.frequency, gross_amount, returned_amount, rfm.rfm_cell, segment_id"
        " from shop.fct_customer_rfm as rfm inner join shop.dim_customer_segments"
        " using (customer_id, as_of_date) where customer_id = '12346'"
    ) == [(0, 0, 0, None, "prospects")]


def test_the_customer_of_80995_craft_kits_is_worth_what_was_kept(ask):
    ((recency, frequency, gross, returned, net),) = ask(
        "select recency_days, frequency, gross_amount, returned_amount, monetary_amount"
        " from shop.fct_customer_rfm"
        f" where customer_id = '16446' and as_of_date = '{AS_OF}'"
    )
    # two small items of 18 May 2011
    assert (recency, frequency, returned) == (206, 1, 0)
    assert float(gross) == float(net) == 2.90


def test_a_giant_order_taken_back_within_its_day_is_in_no_snapshot(ask):
    rows = ask(
        "select distinct gross_amount, returned_amount from shop.fct_customer_rfm"
        " where customer_id = '12346'"
    )
    assert rows == [(0, 0)]


def test_a_cancellation_that_matches_no_sale_is_money_given_back(ask):
    # 60 baskets were billed at 649.50, the price of 60, and refunded by hand at 38,970
    ((frequency, gross, returned, net),) = ask(
        "select frequency, gross_amount, returned_amount, monetary_amount"
        " from shop.fct_customer_rfm"
        f" where customer_id = '15098' and as_of_date = '{AS_OF}'"
    )
    assert (frequency, float(gross), float(returned)) == (2, 39_619.50, 38_970)
    assert float(net) == 649.50


# -- segments ---------------------------------------------------------------


def test_every_customer_is_in_exactly_one_segment(ask, raw):
    rows = ask(
        "select customer_id, count(*) from shop.dim_customer_segments"
        f" where segment_id is not null and as_of_date = '{AS_OF}' group by customer_id"
    )
    assert all(n == 1 for _, n in rows)
    assert {customer for customer, _ in rows} == set(raw["customer"].dropna())


def test_prospects_are_those_without_an_order(ask, rfm_by_hand):
    rows = ask(
        "select customer_id from shop.dim_customer_segments"
        " where segment_id = 'prospects'"
    )
    found = rfm_by_hand(AS_OF)
    assert sorted(row[0] for row in rows) == list(found[found["frequency"] == 0].index)


def test_features_without_input_are_null(ask):
    features = [
        "n_views_90d", "n_carts_90d", "open_rate_90d", "click_rate_90d",
        "n_complaints_365d", "mean_rating", "days_since_last_visit", "engagement_score",
    ]  # fmt: skip
    counts = ", ".join(f"count({name})" for name in features)
    ((*known,),) = ask(f"select {counts} from shop.fct_customer_features")
    assert dict(zip(features, known, strict=True)) == dict.fromkeys(features, 0)


def test_the_fit_lists_the_features_it_had_to_leave_out(ask):
    rows = ask(
        "select feature_name, text_value from shop.int_segment_models__registered"
        " where section = 'feature' and item = 'unavailable' order by feature_name"
    )
    assert rows == [
        ("discount_share", "null for every customer: the shop lacks its input"),
        ("engagement_score", "null for every customer: the shop lacks its input"),
    ]


def test_the_silhouette_on_record_is_that_of_the_centres_on_record(ask):
    ((version, day, status, recorded),) = ask(
        "select model_version, fitted_as_of_date, status, silhouette"
        " from shop.dim_segment_model_versions where is_active"
    )
    assert status == "promoted"
    rows = ask(
        "select item, feature_name, numeric_value, text_value"
        f" from shop.int_segment_models__registered where model_version = '{version}'"
        " and section in ('feature', 'center') order by feature_name, item"
    )
    names = sorted({name for item, name, *_ in rows if item == "weight"})
    values = pd.DataFrame(
        ask(
            f"select {', '.join(names)} from shop.fct_customer_features"
            f" where has_ordered and as_of_date = '{day}'"
        ),
        columns=names,
    ).astype(float)
    values = values.fillna(values.median())
    centers = defaultdict(dict)
    for item, name, number, text in rows:
        if item == "transform" and text == "log":
            values[name] = np.log1p(values[name].clip(lower=0))
        elif item.startswith("p6_"):
            centers[item][name] = number
    weights = np.array(
        [number for item, _, number, _ in rows if item == "weight"], dtype=float
    )
    points = ((values - values.mean()) / values.std(ddof=0)).to_numpy() * weights
    spots = pd.DataFrame(centers).T[names].to_numpy() * weights
    distances = ((points[:, None, :] - spots[None, :, :]) ** 2).sum(axis=2)
    labels = distances.argmin(axis=1)
    assert silhouette_score(points, labels) == pytest.approx(recorded, abs=1e-6)
    # weaker than on three features, and no proof of natural groups; see the docs
    assert recorded == pytest.approx(0.265, abs=0.005)


def test_four_clusters_match_personas_and_two_are_described(ask, database, capsys):
    rows = ask(
        "select segment_id, segment_name, is_persona from shop.dim_segments"
        " inner join shop.fct_segment_summaries using (segment_id, segment_name)"
        " where segment_id != 'prospects'"
    )
    show.main(["--database", str(database)])
    printed = capsys.readouterr().out
    print(printed)
    assert {row[0] for row in rows if row[2]} == PERSONAS
    # half of those nearest to At Risk ordered once, so that they are not called so
    assert sorted(row[:2] for row in rows if not row[2]) == [
        ("p6_other_1", "Recent"),
        ("p6_other_2", "Lapsed, few orders"),
    ]
    assert all(name in printed for _, name, _ in rows)
