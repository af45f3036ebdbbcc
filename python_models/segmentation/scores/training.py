"""Fit the candidates of a score to past slices.

A slice is a day with the customers known then, what was known of them at its end, and
what they did in the horizon after it. Slices are stacked; a customer is in many of them
and always in one fold.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit
from segmentation.imports import import_scikit_learn, import_xgboost
from segmentation.scores import buy_till_you_die, candidates
from segmentation.statistics import scaling

N_FOLDS = 4
# Settings of the boosters that are tried, drawn at random, and rows they are tried on.
N_SEARCHED = 6
MAX_SEARCHED_ROWS = 10_000
# Customers that a purchase model is fitted to: four parameters need no more.
MAX_PURCHASE_ROWS = 2_000
# Holds a purchase model back that would run to the boundary.
_PENALTY = 0.01
# Strength of the ridge of linear models, from strong to weak.
_RIDGES = (0.01, 0.1, 1.0)
# Candidates of amounts alone; settings that are the booster's.
VALUE_ONLY = ("carry_forward", "linear", "two_part")
_BOOSTER_KEYS = (
    "max_depth",
    "learning_rate",
    "n_rounds",
    "min_child_weight",
    "subsample",
    "colsample_bytree",
)


@dataclass(frozen=True)
class Slices:
    """Stacked slices; n rows.

    Attributes
    ----------
    table : dict of str to ndarray of shape (n,)
        Columns, NaN for null.
    outcome : ndarray of shape (n,)
        1 or 0 for a probability, the amount for a value.
    dates : ndarray of shape (n,)
        Day of each row's slice.
    folds : ndarray of int, shape (n,)
        0 to N_FOLDS - 1, by customer.
    customers : ndarray of int, shape (n,), or None
        A number per customer, who is drawn again with all rows; None if no two rows are
        of one customer.
    """

    table: dict
    outcome: np.ndarray
    dates: np.ndarray
    folds: np.ndarray
    customers: np.ndarray | None = None

    def where(self, chosen):
        """Rows that a mask or indices choose."""
        return Slices(
            {name: values[chosen] for name, values in self.table.items()},
            self.outcome[chosen],
            self.dates[chosen],
            self.folds[chosen],
            None if self.customers is None else self.customers[chosen],
        )

    def __len__(self):
        return len(self.outcome)


def fold_of(customer_ids):
    """Fold of each customer, the same in every slice and every build.

    Parameters
    ----------
    customer_ids : sequence of str

    Returns
    -------
    ndarray of int, shape (n,)
    """
    return np.array(
        [
            hashlib.md5(value.encode(), usedforsecurity=False).digest()[0] % N_FOLDS
            for value in customer_ids
        ],
        dtype=int,
    )


def fit_linear(slices, names, transforms, link, seed):
    """Ridge-penalised logistic, or Tweedie with log link, on transformed columns.

    Parameters
    ----------
    slices : Slices
    names, transforms : sequence of str
        Columns that are constant or all null are left out.
    link : str
        `logit` or `log`.
    seed : int

    Returns
    -------
    candidates.Linear

    Raises
    ------
    CannotFit
        If no column varies, or the outcome does not.

    Notes
    -----
    The ridge with the least loss on held-out customers; the strongest of several alike.
    """
    linear_model, metrics = import_scikit_learn("linear_model", "metrics")
    values = np.column_stack([slices.table[name] for name in names])
    scaler, _ = scaling.fit_scaling(
        values, names, transforms, [1.0] * len(names), "standard"
    )
    kept = [list(names).index(name) for name in scaler.names]
    scaled = scaler.apply(values[:, kept])
    outcome = slices.outcome
    if link == "logit" and len(np.unique(outcome)) < 2:
        raise CannotFit(
            f"of {len(outcome)} customers {int(outcome.sum())} bought; both kinds are "
            "needed to tell them apart"
        )
    if link == "log" and outcome.max() <= 0:
        raise CannotFit(f"none of {len(outcome)} customers spent anything")

    # an amount of nothing or less is none; the unit must not set the ridge's strength
    unit = 1.0 if link == "logit" else np.maximum(outcome, 0.0).mean()
    wanted = outcome.astype(int) if link == "logit" else np.maximum(outcome, 0) / unit

    def make(ridge):
        if link == "logit":
            return linear_model.LogisticRegression(C=ridge, max_iter=2000)
        return linear_model.TweedieRegressor(
            power=1.5, link="log", alpha=1.0 / (ridge * len(outcome)), max_iter=2000
        )

    def loss(ridge):
        total = 0.0
        for fold in range(N_FOLDS):
            held_out = slices.folds == fold
            if not held_out.any() or len(np.unique(wanted[~held_out])) < 2:
                continue
            model = make(ridge).fit(scaled[~held_out], wanted[~held_out])
            if link == "logit":
                p = np.clip(model.predict_proba(scaled[held_out])[:, 1], 1e-9, 1 - 1e-9)
                y = wanted[held_out]
                total -= (y * np.log(p) + (1 - y) * np.log(1 - p)).sum()
            else:
                predicted = np.maximum(model.predict(scaled[held_out]), 1e-9)
                deviance = metrics.mean_tweedie_deviance(
                    wanted[held_out], predicted, power=1.5
                )
                total += deviance * held_out.sum()
        return total

    ridge = _RIDGES[-1] if len(scaler.names) == 1 else min(_RIDGES, key=loss)
    model = make(ridge).fit(scaled, wanted)
    slopes = np.ravel(model.coef_) / scaler.scale
    intercept = float(np.ravel(model.intercept_)[0]) - float(slopes @ scaler.location)
    return candidates.Linear(
        names=tuple(scaler.names),
        transforms=tuple(scaler.transforms),
        coefficients=slopes,
        null_references=np.asarray(scaler.null_reference, dtype=float),
        intercept=intercept + np.log(unit),
        link=link,
    )


def fit_purchases(slices, kind, horizon_days, is_value, seed):
    """BG/NBD or the like on the newest slice; with Gamma-Gamma for a value.

    Parameters
    ----------
    slices : Slices
    kind : str
        One of buy_till_you_die.MODELS.
    horizon_days : int
    is_value : bool
    seed : int

    Returns
    -------
    candidates.Purchases

    Raises
    ------
    CannotFit
        If too few customers bought again.
    """
    newest = slices.where(slices.dates == slices.dates.max())
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(newest))[:MAX_PURCHASE_ROWS])
    sample = newest.where(rows)
    history = candidates.purchase_history(sample.table)
    model = buy_till_you_die.fit_purchases(*history, kind=kind)
    if model.is_at_boundary:
        held = buy_till_you_die.fit_purchases(*history, kind=kind, penalty=_PENALTY)
        # the verdict is that of the data; the numbers are those that can be used
        model = type(held)(**{**vars(held), "is_at_boundary": True})
    spend = None
    if is_value:
        n_days = sample.table["n_order_days"]
        amounts = np.maximum(sample.table["net_amount"], 0.0)
        spend = buy_till_you_die.fit_spend(n_days, amounts / np.maximum(n_days, 1.0))
        if spend.q <= 1.0:
            raise CannotFit(
                f"what customers spend is so uneven (q {spend.q:.3g} of Gamma-Gamma) "
                "that it has no mean"
            )
        return candidates.Purchases(model, spend, horizon_days, None)
    bare = candidates.Purchases(model, None, horizon_days, None)
    expected = {"expected_purchases": bare.expected_purchases(slices.table)}
    linked = Slices(expected, slices.outcome, slices.dates, slices.folds)
    link = fit_linear(linked, ["expected_purchases"], ["log"], "logit", seed)
    return candidates.Purchases(model, None, horizon_days, link)


def booster_settings(slices, names, objective, seed):
    """Settings with the least loss on held-out customers of the past.

    Parameters
    ----------
    slices : Slices
    names : sequence of str
    objective : str
        XGBoost's.
    seed : int

    Returns
    -------
    dict
    """
    rng = np.random.default_rng(seed)
    tried = [
        {
            "max_depth": int(rng.integers(2, 6)),
            "learning_rate": float(rng.choice([0.03, 0.05, 0.1])),
            "n_rounds": int(rng.choice([60, 120, 200])),
            "min_child_weight": float(rng.choice([5, 20, 50])),
            "subsample": float(rng.choice([0.6, 0.8, 1.0])),
            "colsample_bytree": float(rng.choice([0.6, 0.8, 1.0])),
        }
        for _ in range(N_SEARCHED)
    ]
    rows = np.sort(rng.permutation(len(slices))[:MAX_SEARCHED_ROWS])
    sample = slices.where(rows)
    held_out = sample.folds == 0
    if not len(names) or not held_out.any() or held_out.all():
        return tried[0]

    def loss(settings):
        model = fit_boosted(
            sample.where(~held_out), names, objective, settings, seed
        ).predict({name: v[held_out] for name, v in sample.table.items()})
        y = sample.outcome[held_out]
        if objective == "binary:logistic":
            p = np.clip(model, 1e-9, 1 - 1e-9)
            return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
        y = np.maximum(y, 0.0)
        p = np.maximum(model, 1e-9)
        # Tweedie deviance of power 1.5, without what does not depend on p
        return (2 * y / np.sqrt(p) + 2 * np.sqrt(p)).mean()

    return min(tried, key=loss)


def fit_boosted(slices, names, objective, settings, seed, item="booster"):
    """One booster of XGBoost.

    Parameters
    ----------
    slices : Slices
    names : sequence of str
    objective : str
        `binary:logistic`, `reg:tweedie` or `reg:gamma`.
    settings : dict
        As booster_settings gives them.
    seed : int
    item : str

    Returns
    -------
    candidates.Boosted

    Notes
    -----
    Chen & Guestrin (2016), XGBoost: a scalable tree boosting system.
    """
    xgboost = import_xgboost()
    names = tuple(names)
    values = np.column_stack([slices.table[name] for name in names])
    outcome = slices.outcome
    if objective != "binary:logistic":
        outcome = np.maximum(outcome, 0.0)
    settings = dict(settings)
    n_rounds = settings.pop("n_rounds")
    parameters = {
        **settings,
        "objective": objective,
        "seed": seed % 2**31,
        # sums in a fixed order are the same on every machine
        "nthread": 1,
        "tree_method": "hist",
    }
    if objective == "reg:tweedie":
        parameters["tweedie_variance_power"] = 1.5
    if objective != "binary:logistic":
        # trees of few rounds do not climb from 0.5 to an amount
        parameters["base_score"] = max(float(outcome.mean()), 1e-6)
    booster = xgboost.train(
        parameters,
        xgboost.DMatrix(values.astype(np.float32), label=outcome),
        num_boost_round=n_rounds,
    )
    document = booster.save_raw("json").decode()
    return candidates.Boosted(names, document, item)


def fit_candidate(kind, slices, features, horizon_days, settings, seed):
    """Fit one candidate.

    Parameters
    ----------
    kind : str
        See scores.PROBABILITY_KINDS and VALUE_KINDS.
    slices : Slices
    features : list of (str, str, bool)
        Columns that models may read, their transforms, and whether trees read them.
    horizon_days : int
    settings : dict
        Of boosters; see booster_settings.
    seed : int

    Returns
    -------
    One of the models of candidates.py

    Raises
    ------
    CannotFit
        If this candidate cannot be fitted to these slices.
    """
    names = [name for name, _, _ in features]
    transforms = [transform for _, transform, _ in features]
    tree_names = [name for name, _, is_for_trees in features if is_for_trees]
    if kind in ("logistic", "linear", "xgboost", "blend", "two_part") and not (
        tree_names if kind in ("xgboost", "two_part") else names
    ):
        raise CannotFit("no column differs between customers")
    is_value = kind in VALUE_ONLY or settings.get("is_value", False)
    link = "log" if is_value else "logit"
    if kind == "constant":
        return candidates.Constant(float(slices.outcome.mean()))
    if kind == "recency":
        return fit_linear(slices, ["recency_days"], ["log"], link, seed)
    if kind == "order_count":
        return fit_linear(slices, ["n_orders"], ["log"], link, seed)
    if kind == "carry_forward":
        column = f"net_amount_{horizon_days}d"
        if column not in slices.table:
            raise CannotFit(f"no column says what came in the last {horizon_days} days")
        return candidates.CarryForward(column)
    if kind in buy_till_you_die.MODELS:
        return fit_purchases(slices, kind, horizon_days, is_value, seed)
    if kind in ("logistic", "linear"):
        return fit_linear(slices, names, transforms, link, seed)
    own = {name: settings[name] for name in _BOOSTER_KEYS}
    if kind == "two_part":
        bought = slices.outcome > 0
        if bought.sum() < 10:
            raise CannotFit(f"{bought.sum()} customers spent something: too few")
        buys = Slices(slices.table, bought.astype(float), slices.dates, slices.folds)
        return candidates.TwoPart(
            fit_boosted(buys, tree_names, "binary:logistic", own, seed, "buys"),
            fit_boosted(
                slices.where(bought), tree_names, "reg:gamma", own, seed, "amount"
            ),
        )
    objective = "reg:tweedie" if is_value else "binary:logistic"
    boosted = fit_boosted(slices, tree_names, objective, own, seed)
    if kind == "xgboost":
        return boosted
    linear = fit_linear(slices, names, transforms, link, seed)
    return candidates.Blend(linear, boosted)
