"""Make the classic leaks of customer prediction on purpose, next to the honest figure.

    python benchmarks/leaks.py --data FOLDER
    python benchmarks/leaks.py --data FOLDER --leak product --leak row_split

FOLDER holds online_retail.parquet (UCI Online Retail, docs/online_retail.md). Each leak
is scored twice: as a notebook with the leak reports it, and with the leak closed and as
little else changed as can be. Prints the Markdown table that docs/leaks.md holds, and
the size and outcome of each snapshot to standard error; takes under a minute, half
of it for the intervals (`--resamples 0` leaves them out).

Models are off the shelf and not tuned: what is measured is the distance between two
figures, not how well customers can be predicted.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xgboost
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20240101
HORIZON_DAYS = 90
# three cut-offs, 90 days apart: the outcome window of each closes where the next begins
EARLY = pd.Timestamp("2011-03-14")
TRAIN = pd.Timestamp("2011-06-12")
TEST = pd.Timestamp("2011-09-10")
# the day after the last order of the file: what "as of today" means in it
END = pd.Timestamp("2011-12-10")
WINDOWS = (30, 60, 90, 180)
# oversampling is reached for where an event is rare; 90 days' repurchase is not
RARE_HORIZON_DAYS = 14


class Figure(NamedTuple):
    """One measure with and without the leak; intervals are (low, high) or None."""

    leak: str
    measure: str
    n_inflated: int
    inflated: float
    inflated_interval: tuple | None
    n_honest: int
    honest: float
    honest_interval: tuple | None


# -- data -------------------------------------------------------------------


def read_orders(folder):
    """Read Online Retail as orders: all that a customer bought on a day is one.

    Parameters
    ----------
    folder : Path
        Holds online_retail.parquet.

    Returns
    -------
    DataFrame
        Columns customer_id, ordered_on and amount (gross, GBP), sorted by the first
        two. Lines without a customer, exact repetitions, cancellations and lines that
        are not positive are left out.
    """
    lines = pd.read_parquet(Path(folder) / "online_retail.parquet").drop_duplicates()
    lines = lines[
        lines["CustomerID"].notna()
        & ~lines["InvoiceNo"].str.startswith("C")
        & (lines["Quantity"] > 0)
        & (lines["UnitPrice"] > 0)
    ]
    lines = lines.assign(
        customer_id=lines["CustomerID"].astype(int),
        ordered_on=lines["InvoiceDate"].dt.normalize(),
        amount=lines["Quantity"] * lines["UnitPrice"],
    )
    return lines.groupby(["customer_id", "ordered_on"], as_index=False)["amount"].sum()


def build_features(orders, cutoff):
    """Describe each customer by the orders strictly before the cut-off.

    Parameters
    ----------
    orders : DataFrame
        As read_orders gives them.
    cutoff : pandas.Timestamp

    Returns
    -------
    DataFrame
        One row per customer with an order before the cut-off. Days, counts and GBP;
        the gaps of a customer with one order are its tenure.
    """
    past = orders[orders["ordered_on"] < cutoff]
    past = past.assign(
        age_days=(cutoff - past["ordered_on"]).dt.days,
        gap_days=past.groupby("customer_id")["ordered_on"].diff().dt.days,
    )
    customers = past.groupby("customer_id")
    features = pd.DataFrame(
        {
            "recency_days": customers["age_days"].min(),
            "tenure_days": customers["age_days"].max(),
            "n_orders": customers.size(),
            "amount": customers["amount"].sum(),
        }
    )
    features["mean_order_amount"] = features["amount"] / features["n_orders"]
    for days in WINDOWS:
        recent = past[past["age_days"] <= days].groupby("customer_id")["amount"]
        features[f"n_orders_{days}d"] = recent.size().reindex(features.index)
        features[f"amount_{days}d"] = recent.sum().reindex(features.index)
    features = features.fillna(0.0)
    gaps = customers["gap_days"]
    features["mean_gap_days"] = gaps.mean().fillna(features["tenure_days"])
    features["last_gap_days"] = gaps.last().fillna(features["tenure_days"])
    return features


def label_spend(orders, cutoff, customers, horizon_days=HORIZON_DAYS):
    """Gross spend of each customer from the cut-off on, for a number of days."""
    end = cutoff + pd.Timedelta(days=horizon_days)
    window = orders[(orders["ordered_on"] >= cutoff) & (orders["ordered_on"] < end)]
    spend = window.groupby("customer_id")["amount"].sum()
    return spend.reindex(customers, fill_value=0.0)


def make_snapshot(orders, cutoff, horizon_days=HORIZON_DAYS):
    """Logged features (DataFrame) and whether a customer orders again (Series)."""
    features = build_features(orders, cutoff)
    spend = label_spend(orders, cutoff, features.index, horizon_days)
    return np.log1p(features), (spend > 0).astype(int)


def stack_snapshots(orders, cutoffs):
    """Snapshots of several cut-offs, one below the other.

    Returns
    -------
    features : DataFrame
    labels, customers : ndarray of shape (n_rows,)
    """
    snapshots = [make_snapshot(orders, cutoff) for cutoff in cutoffs]
    features = pd.concat([features for features, _ in snapshots])
    labels = pd.concat([labels for _, labels in snapshots]).to_numpy()
    return features.reset_index(drop=True), labels, features.index.to_numpy()


# -- models and measures ----------------------------------------------------


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def boosted():
    return xgboost.XGBClassifier(
        n_estimators=100, max_depth=3, learning_rate=0.1, random_state=SEED, n_jobs=1
    )


def boosted_regression():
    return xgboost.XGBRegressor(
        n_estimators=200, max_depth=3, learning_rate=0.1, random_state=SEED, n_jobs=1
    )


def forest(n_trees=50):
    """Trees grown until each leaf is pure: they remember every row they have seen."""
    return RandomForestClassifier(n_trees, random_state=SEED, n_jobs=2)


def predict(model, train, test):
    """Fit to (features, labels) and predict other features: probabilities if it can."""
    features, labels = train
    fitted = clone(model).fit(np.asarray(features), np.asarray(labels))
    if hasattr(fitted, "predict_proba"):
        return fitted.predict_proba(np.asarray(test))[:, 1]
    return fitted.predict(np.asarray(test))


def predict_folds(model, features, labels, folds, customers=None, resample=None):
    """Predict each row by a model that was not fitted to its fold.

    Parameters
    ----------
    model : estimator
    features : array-like of shape (n_rows, n_features)
    labels : array-like of shape (n_rows,)
    folds : cross-validator
    customers : array-like of shape (n_rows,), optional
        Groups, for folds that have them.
    resample : callable, optional
        Applied to the training rows of each fold, never to those predicted.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    features, labels = np.asarray(features), np.asarray(labels)
    predicted = np.empty(len(labels))
    for train, test in folds.split(features, labels, customers):
        rows = features[train], labels[train]
        rows = resample(*rows) if resample else rows
        predicted[test] = predict(model, rows, features[test])
    return predicted


def calibration_error(labels, predicted):
    """Mean distance of predicted and true rate over ten bins of equal size (ECE)."""
    order = np.argsort(predicted, kind="stable")
    gaps = np.asarray(labels)[order] - np.asarray(predicted)[order]
    bins = np.array_split(gaps, 10)
    return sum(abs(part.mean()) * len(part) for part in bins) / len(gaps)


def rate_gap(labels, predicted):
    """Mean prediction minus the true rate."""
    return float(np.mean(predicted) - np.mean(labels))


def interval(measure, labels, predicted, customers, n_resamples):
    """Percentile bootstrap interval of 95 %, customers drawn with all their rows.

    Returns
    -------
    tuple of float or None
        None if `n_resamples` is 0.
    """
    if not n_resamples:
        return None
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    _, codes = np.unique(customers, return_inverse=True)
    rows_of = np.split(
        np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1]
    )
    rng = np.random.default_rng(SEED)
    values = []
    for _ in range(n_resamples):
        drawn = rng.integers(0, len(rows_of), len(rows_of))
        rows = np.concatenate([rows_of[customer] for customer in drawn])
        values.append(measure(labels[rows], predicted[rows]))
    return tuple(np.percentile(values, [2.5, 97.5]))


def compare(leak, name, measure, inflated, honest, n_resamples):
    """Measure two sets of predictions, each (labels, predicted, customers)."""
    sides = []
    for labels, predicted, customers in (inflated, honest):
        sides += [
            len(labels),
            float(measure(labels, predicted)),
            interval(measure, labels, predicted, customers, n_resamples),
        ]
    return Figure(leak, name, *sides)


# -- leaks ------------------------------------------------------------------


def two_factor_product(orders, n_resamples=0):
    """Predict lifetime value = orders x mean order value from the two factors.

    Honest: the same two columns and model predict the next 90 days' spend, out of time.
    """
    factors = ["n_orders", "mean_order_amount"]
    # not log1p: of log(n) + log(mean) the sum is log(amount), to the last digit
    now = np.log(build_features(orders, END)[[*factors, "amount"]])
    train = build_features(orders, TRAIN)
    test = build_features(orders, TEST)
    train_spend, test_spend = (
        np.log1p(label_spend(orders, cutoff, features.index))
        for cutoff, features in ((TRAIN, train), (TEST, test))
    )
    train, test = np.log(train[factors]), np.log(test[factors])
    figures = []
    for name, model in (
        ("R2 of log spend, XGBoost", boosted_regression()),
        ("R2 of log spend, linear", LinearRegression()),
    ):
        folds = KFold(5, shuffle=True, random_state=SEED)
        product = predict_folds(model, now[factors], now["amount"], folds)
        spend = predict(model, (train, train_spend), test)
        figures.append(
            compare(
                "two-factor product",
                name,
                r2_score,
                (now["amount"], product, now.index),
                (test_spend, spend, test.index),
                n_resamples,
            )
        )
    return figures


def recency_label(orders, n_resamples=0):
    """Call a customer churned if recency > 90, and predict that from the features.

    Honest: whether there is an order in the 90 days after the cut-off, out of time.
    Leaving recency out does not help: no order within 90 days is the same statement.
    """
    now = build_features(orders, END)
    churned = (now["recency_days"] > HORIZON_DAYS).astype(int)
    train, (test, repurchased) = (make_snapshot(orders, day) for day in (TRAIN, TEST))
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    figures = []
    for name, left_out in (
        ("AUC, XGBoost", []),
        ("AUC, XGBoost without recency", ["recency_days"]),
    ):
        chosen = [column for column in now if column not in left_out]
        leaked = predict_folds(boosted(), np.log1p(now[chosen]), churned, folds)
        honest = predict(boosted(), (train[0][chosen], train[1]), test[chosen])
        figures.append(
            compare(
                "recency label",
                name,
                roc_auc_score,
                (churned, leaked, now.index),
                # "does not come back", as the leaked label has it
                (1 - repurchased, 1 - honest, test.index),
                n_resamples,
            )
        )
    return figures


def future_features(orders, n_resamples=0):
    """Compute features over the whole file, and predict an outcome inside it.

    Honest: the same customers, folds and labels, features before the cut-off.
    """
    features, labels = make_snapshot(orders, TEST)
    whole = np.log1p(build_features(orders, END).loc[features.index])
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    figures = []
    for name, chosen in (
        ("AUC, logistic", list(features)),
        ("AUC, logistic on order count and amount", ["n_orders", "amount"]),
    ):
        leaked, honest = (
            predict_folds(logistic(), columns[chosen], labels, folds)
            for columns in (whole, features)
        )
        figures.append(
            compare(
                "features from the future",
                name,
                roc_auc_score,
                (labels, leaked, features.index),
                (labels, honest, features.index),
                n_resamples,
            )
        )
    return figures


def row_split(orders, n_resamples=0):
    """Stack weekly snapshots and split them by row: customers are on both sides.

    Honest: split by customer. The second label is a coin tossed once per customer,
    which nothing can predict: whatever is above .5 is memory.
    """
    cutoffs = pd.date_range(EARLY, TEST, freq="7D")
    features, labels, customers = stack_snapshots(orders, cutoffs)
    _, codes = np.unique(customers, return_inverse=True)
    coins = np.random.default_rng(SEED).integers(0, 2, codes.max() + 1)[codes]
    rows = features.to_numpy()
    third = {"n_splits": 1, "test_size": 1 / 3, "random_state": SEED}
    splits = [
        next(ShuffleSplit(**third).split(rows)),
        next(GroupShuffleSplit(**third).split(rows, groups=codes)),
    ]
    figures = []
    for name, target in (
        ("AUC, forest", labels),
        ("AUC, forest, a coin per customer", coins),
    ):
        sides = [
            (
                target[test],
                predict(forest(20), (rows[train], target[train]), rows[test]),
                customers[test],
            )
            for train, test in splits
        ]
        figures.append(
            compare("row split of snapshots", name, roc_auc_score, *sides, n_resamples)
        )
    return figures


def open_windows(orders, n_resamples=0):
    """Train on snapshots up to the week before the test: their windows overlap its own.

    Honest: as many weekly snapshots, the last one's window closed at the test cut-off.
    """
    features, labels = make_snapshot(orders, TEST)
    sides = []
    for last in (TEST - pd.Timedelta(days=7), TRAIN):
        cutoffs = pd.date_range(end=last, periods=13, freq="7D")
        rows, outcomes, _ = stack_snapshots(orders, cutoffs)
        predicted = predict(forest(), (rows, outcomes), features)
        sides.append((labels, predicted, features.index))
    return [
        compare("open windows", "AUC, forest", roc_auc_score, *sides, n_resamples),
    ]


def oversample(features, labels, seed=SEED):
    """Repeat rows of the minority (label 1), drawn at random, until it is one half."""
    rng = np.random.default_rng(seed)
    minority = np.flatnonzero(labels == 1)
    drawn = rng.choice(minority, len(labels) - 2 * len(minority))
    rows = np.concatenate([np.arange(len(labels)), drawn])
    return features[rows], labels[rows]


def smote(features, labels, n_neighbors=5, seed=SEED):
    """Add points between rows of the minority and their neighbours, until one half.

    Chawla et al. (2002), SMOTE: Synthetic Minority Over-sampling Technique.
    """
    rng = np.random.default_rng(seed)
    minority = features[labels == 1]
    n_added = len(labels) - 2 * len(minority)
    scaled = StandardScaler().fit(features).transform(minority)
    near = NearestNeighbors(n_neighbors=n_neighbors + 1).fit(scaled)
    # the nearest of all is the row itself
    neighbors = near.kneighbors(scaled, return_distance=False)[:, 1:]
    start = rng.integers(0, len(minority), n_added)
    end = neighbors[start, rng.integers(0, n_neighbors, n_added)]
    share = rng.random((n_added, 1))
    added = minority[start] + share * (minority[end] - minority[start])
    return np.vstack([features, added]), np.append(labels, np.ones(n_added, int))


def resampling(orders, n_resamples=0):
    """Oversample the minority and then split: copies of test rows are trained on.

    Honest: split, no resampling. The last figures resample the training folds alone,
    which keeps the ranking and still ruins the probabilities.
    """
    features, labels = make_snapshot(orders, TEST, RARE_HORIZON_DAYS)
    customers = features.index
    features, labels = features.to_numpy(), labels.to_numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    honest = predict_folds(forest(), features, labels, folds)
    figures = []
    for name, resample in (("repeated rows", oversample), ("SMOTE", smote)):
        rows, outcomes = resample(features, labels)
        leaked = predict_folds(forest(), rows, outcomes, folds)
        figures.append(
            compare(
                "resampling before the split",
                f"AUC, forest, {name}",
                roc_auc_score,
                # made-up rows have no customer: each is taken for one
                (outcomes, leaked, np.arange(len(outcomes))),
                (labels, honest, customers),
                n_resamples,
            )
        )
    plain = predict_folds(logistic(), features, labels, folds)
    for name, resample in (("repeated rows", oversample), ("SMOTE", smote)):
        predicted = predict_folds(logistic(), features, labels, folds, None, resample)
        figures.append(
            compare(
                "resampling the training rows",
                f"mean p - base rate, logistic, {name}",
                rate_gap,
                (labels, predicted, customers),
                (labels, plain, customers),
                n_resamples,
            )
        )
    return figures


def best_threshold(labels, predicted):
    """The threshold with the highest accuracy."""
    thresholds = np.linspace(0.05, 0.95, 181)
    hits = [accuracy_score(labels, predicted >= value) for value in thresholds]
    return thresholds[int(np.argmax(hits))]


def tuned_on_test(orders, n_resamples=0):
    """Calibrate, and choose the threshold, on the slice that is reported.

    Honest: on the slice before it. The model is fitted to a slice earlier still.
    """
    early, earlier, test = (
        make_snapshot(orders, cutoff) for cutoff in (EARLY, TRAIN, TEST)
    )
    labels, customers = test[1].to_numpy(), test[0].index
    raw_earlier, raw = (
        predict(logistic(), early, features) for features, _ in (earlier, test)
    )
    calibrated, accepted = [], []
    for slice_labels, slice_raw in ((labels, raw), (earlier[1], raw_earlier)):
        curve = IsotonicRegression(out_of_bounds="clip").fit(slice_raw, slice_labels)
        calibrated.append((labels, curve.predict(raw), customers))
        threshold = best_threshold(slice_labels, slice_raw)
        accepted.append((labels, raw >= threshold, customers))
    leak = "tuned on the test slice"
    name = "accuracy, best threshold"
    return [
        # no interval: noise never cancels in an ECE, so that resamples exceed it
        compare(leak, "ECE, isotonic", calibration_error, *calibrated, 0),
        compare(leak, name, accuracy_score, *accepted, n_resamples),
    ]


def split_across_time(orders, n_resamples=0):
    """Pool two periods and split at random: the test period's base rate is known.

    Folds are of customers and the outcome windows do not overlap, so that nothing but
    the period leaks. Honest: train on the first period, test on the second.
    """
    train, (features, labels) = (make_snapshot(orders, day) for day in (TRAIN, TEST))
    pooled, outcomes, customers = stack_snapshots(orders, (TRAIN, TEST))
    leaked = predict_folds(logistic(), pooled, outcomes, GroupKFold(5), customers)
    honest = predict(logistic(), train, features)
    sides = (outcomes, leaked, customers), (labels, honest, features.index)
    leak = "random split across time"
    return [
        compare(leak, "mean p - base rate, logistic", rate_gap, *sides, n_resamples),
        compare(leak, "ECE, logistic", calibration_error, *sides, 0),
        compare(leak, "AUC, logistic", roc_auc_score, *sides, n_resamples),
    ]


LEAKS = {
    "product": two_factor_product,
    "recency": recency_label,
    "future": future_features,
    "row_split": row_split,
    "open_windows": open_windows,
    "resampling": resampling,
    "tuned_on_test": tuned_on_test,
    "across_time": split_across_time,
}


# -- table ------------------------------------------------------------------


def show(value, limits, signed=False):
    """A figure and its interval: .746 [.730, .763]; 1.000."""

    def write(number):
        # -0.000 is 0.000
        text = f"{round(number, 3) + 0.0:{'+' if signed else ''}.3f}"
        return text if abs(number) >= 0.9995 else text.replace("0.", ".", 1)

    if limits is None:
        return write(value)
    return f"{write(value)} [{', '.join(map(write, limits))}]"


def write_table(figures):
    """Markdown table of figures."""
    rows = [
        "| leak | measure | inflated [95 %] | n | honest [95 %] | n |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in figures:
        signed = row.measure.startswith("mean p")
        inflated = show(row.inflated, row.inflated_interval, signed)
        honest = show(row.honest, row.honest_interval, signed)
        rows.append(
            f"| {row.leak} | {row.measure} | {inflated} | {row.n_inflated:,} |"
            f" {honest} | {row.n_honest:,} |"
        )
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--leak", action="append", choices=LEAKS)
    parser.add_argument("--resamples", type=int, default=200)
    arguments = parser.parse_args()
    orders = read_orders(arguments.data)
    for cutoff in (EARLY, TRAIN, TEST):
        _, labels = make_snapshot(orders, cutoff)
        text = f"{cutoff:%Y-%m-%d}: {len(labels):,} customers, {labels.mean():.1%} buy"
        print(text, file=sys.stderr)
    figures = []
    for name in arguments.leak or LEAKS:
        figures += LEAKS[name](orders, arguments.resamples)
    print(write_table(figures))


if __name__ == "__main__":
    main()
