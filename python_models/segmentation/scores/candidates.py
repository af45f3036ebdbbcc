"""Models that a score can come from, from simple to complex; each is plain numbers.

A model predicts from a table, a dict of column name to ndarray of shape (n,), NaN for
null. It is written down as rows and read back from them, so that a score can be
computed again years later; boosters are XGBoost's own JSON.
"""

import json
from dataclasses import dataclass, fields

import numpy as np

from segmentation.scores.buy_till_you_die import (
    MODELS,
    ParetoModel,
    PurchaseModel,
    SpendModel,
)

# Purchases that a customer is told by: x, t_x and T of the literature, in days.
PURCHASE_COLUMNS = ("n_order_days", "recency_days", "tenure_days")


@dataclass(frozen=True)
class Linear:
    """A sum of transformed columns behind a link; what SQL can score.

    Attributes
    ----------
    names : tuple of str
    transforms : tuple of str
        `log`, ln(1 + max(x, 0)), or `none`, one per name.
    coefficients, null_references : ndarray of shape (p,)
        On the transformed column; what a null counts as, in raw units.
    intercept : float
    link : str
        `logit` gives a probability, `log` an amount above nothing.
    """

    names: tuple
    transforms: tuple
    coefficients: np.ndarray
    null_references: np.ndarray
    intercept: float
    link: str

    def contributions(self, table):
        """Coefficient times transformed value, shape (n, p), without the intercept."""
        n_rows = len(next(iter(table.values())))
        shares = np.empty((n_rows, len(self.names)))
        for j, name in enumerate(self.names):
            values = table[name]
            filled = np.where(np.isnan(values), self.null_references[j], values)
            if self.transforms[j] == "log":
                filled = np.log1p(np.maximum(filled, 0.0))
            shares[:, j] = self.coefficients[j] * filled
        return shares

    def predict(self, table):
        """Probability or amount, shape (n,)."""
        total = self.intercept + self.contributions(table).sum(axis=1)
        # beyond these nothing changes but an overflow
        total = np.clip(total, -30.0, 30.0)
        return 1.0 / (1.0 + np.exp(-total)) if self.link == "logit" else np.exp(total)

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        rows = [
            ("parameter", "intercept", None, self.intercept, None),
            ("parameter", "link", None, None, self.link),
        ]
        for j, name in enumerate(self.names):
            rows += [
                ("coefficient", "transform", name, None, self.transforms[j]),
                ("coefficient", "coefficient", name, float(self.coefficients[j]), None),
                (
                    "coefficient",
                    "null_reference",
                    name,
                    float(self.null_references[j]),
                    None,
                ),
            ]
        return rows


@dataclass(frozen=True)
class Constant:
    """The same for everybody: the mean of the past.

    Attributes
    ----------
    value : float
    """

    value: float

    def predict(self, table):
        """The mean, shape (n,)."""
        return np.full(len(next(iter(table.values()))), self.value)

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return [("parameter", "constant", None, self.value, None)]


@dataclass(frozen=True)
class CarryForward:
    """What came in the last period comes in the next.

    Attributes
    ----------
    column : str
        Net revenue of as many days as the horizon has.
    """

    column: str

    def predict(self, table):
        """The last period's amount, at least 0, shape (n,)."""
        return np.maximum(np.nan_to_num(table[self.column]), 0.0)

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return [("parameter", "carried", None, None, self.column)]


@dataclass(frozen=True)
class Purchases:
    """BG/NBD or the like; with a spend model an amount, without a probability.

    Attributes
    ----------
    model : buy_till_you_die.PurchaseModel or buy_till_you_die.ParetoModel
    spend : buy_till_you_die.SpendModel or None
    horizon_days : int
    link : Linear or None
        From the expected purchases, column `expected_purchases`, to a probability. The
        order of customers is the model's own.
    """

    model: PurchaseModel | ParetoModel
    spend: SpendModel | None
    horizon_days: int
    link: Linear | None

    def expected_purchases(self, table):
        """Days with an order to expect within the horizon, shape (n,)."""
        x, t_x, observed = purchase_history(table)
        return self.model.expected_purchases(x, t_x, observed, self.horizon_days)

    def predict(self, table):
        """Probability or amount, shape (n,)."""
        expected = self.expected_purchases(table)
        if self.link is not None:
            return self.link.predict({"expected_purchases": expected})
        n_days = table["n_order_days"]
        mean_spend = np.maximum(table["net_amount"], 0.0) / np.maximum(n_days, 1.0)
        spend = self.spend.expected_spend(
            np.where(mean_spend > 0, n_days, 0.0), mean_spend
        )
        return expected * spend

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        rows = [
            ("parameter", "purchase_model", None, None, self.model.kind),
            ("parameter", "horizon_days", None, float(self.horizon_days), None),
            (
                "parameter",
                "is_at_boundary",
                None,
                float(self.model.is_at_boundary),
                None,
            ),
        ]
        for item in _parameters(type(self.model)):
            rows.append(("parameter", item, None, getattr(self.model, item), None))
        if self.spend is not None:
            for item in ("p", "q", "v", "log_likelihood"):
                value = getattr(self.spend, item)
                rows.append(("parameter", f"spend_{item}", None, value, None))
        return rows + (self.link.rows() if self.link is not None else [])


@dataclass(frozen=True)
class Boosted:
    """One booster of XGBoost; its output is a probability or an amount.

    Attributes
    ----------
    names : tuple of str
        Columns in the booster's order.
    document : str
        XGBoost's JSON.
    item : str
        What the registry calls it.
    """

    names: tuple
    document: str
    item: str = "booster"

    def matrix(self, table):
        """The columns as the booster reads them, shape (n, p)."""
        return np.column_stack([table[name] for name in self.names]).astype(np.float32)

    def load(self):
        """The booster, on all threads."""
        from segmentation.imports import import_xgboost

        booster = import_xgboost().Booster()
        booster.load_model(bytearray(self.document, "utf-8"))
        # rows do not depend on each other: threads change no bit
        booster.set_param({"nthread": 0})
        return booster

    def predict(self, table):
        """Probability or amount, shape (n,)."""
        from segmentation.imports import import_xgboost

        matrix = import_xgboost().DMatrix(self.matrix(table))
        return self.load().predict(matrix).astype(np.float64)

    def contributions(self, table):
        """SHAP contributions on the scale of the link, shape (n, p).

        Lundberg et al. (2020), From local explanations to global understanding with
        explainable AI for trees.
        """
        from segmentation.imports import import_xgboost

        matrix = import_xgboost().DMatrix(self.matrix(table))
        return self.load().predict(matrix, pred_contribs=True)[:, :-1]

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return [
            ("booster", self.item, None, None, self.document),
            ("booster", f"{self.item}_columns", None, None, json.dumps(self.names)),
        ]


@dataclass(frozen=True)
class TwoPart:
    """Whether a customer buys, times what one who buys spends.

    Attributes
    ----------
    buys, amount : Boosted
    """

    buys: Boosted
    amount: Boosted

    def predict(self, table):
        """Amount, shape (n,)."""
        return self.buys.predict(table) * self.amount.predict(table)

    def contributions(self, table):
        """Contributions to the logarithms of both, shape (n, p)."""
        return self.buys.contributions(table) + self.amount.contributions(table)

    @property
    def names(self):
        """Columns of the contributions."""
        return self.buys.names

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return self.buys.rows() + self.amount.rows()


@dataclass(frozen=True)
class Blend:
    """The mean of a linear and a boosted model, whose errors differ.

    Attributes
    ----------
    linear : Linear
    boosted : Boosted
    """

    linear: Linear
    boosted: Boosted

    def predict(self, table):
        """Probability or amount, shape (n,)."""
        return (self.linear.predict(table) + self.boosted.predict(table)) / 2.0

    def contributions(self, table):
        """Mean of both models' contributions, shape (n, p)."""
        names = self.names
        shares = np.zeros((len(next(iter(table.values()))), len(names)))
        for half in (self.linear, self.boosted):
            own = half.contributions(table)
            for j, name in enumerate(half.names):
                shares[:, names.index(name)] += own[:, j] / 2.0
        return shares

    @property
    def names(self):
        """Columns of the contributions."""
        return tuple(sorted({*self.linear.names, *self.boosted.names}))

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return self.linear.rows() + self.boosted.rows()


def _parameters(model_class):
    """Names of the numbers of a purchase model, in order."""
    return [
        field.name for field in fields(model_class) if field.type in ("float", float)
    ]


def purchase_history(table):
    """x, t_x and T of the literature, in days since the first order.

    Parameters
    ----------
    table : dict of str to ndarray of shape (n,)
        PURCHASE_COLUMNS, without nulls.

    Returns
    -------
    tuple of ndarray of shape (n,)
        Repeat order days, day of the last one, days observed.
    """
    n_days, recency, tenure = (table[name] for name in PURCHASE_COLUMNS)
    x = n_days - 1.0
    return x, np.where(x > 0, tenure - recency, 0.0), tenure


def read_model(rows):
    """A model from its rows.

    Parameters
    ----------
    rows : iterable of tuple
        (section, item, feature name, numeric value, text value), in any order.

    Returns
    -------
    Constant, CarryForward, Purchases, Linear, Boosted, TwoPart or Blend

    Raises
    ------
    ValueError
        If the rows are those of no model, or of a part of one.
    """
    try:
        return _read_model(rows)
    except KeyError as missing:
        raise ValueError(
            f"the rows of this model lack {missing}; keep the registry as the fits "
            "wrote it"
        ) from missing


def _read_model(rows):
    """As read_model; KeyError for what is missing."""
    parameters, columns, boosters = {}, {}, {}
    for section, item, feature, number, text in rows:
        value = number if number is not None else text
        if section == "parameter":
            parameters[item] = value
        elif section == "coefficient":
            columns.setdefault(feature, {})[item] = value
        elif section == "booster":
            boosters[item] = text
    if "constant" in parameters:
        return Constant(parameters["constant"])
    if "carried" in parameters:
        return CarryForward(parameters["carried"])
    linear = None
    if "link" in parameters:
        names = tuple(sorted(columns))
        linear = Linear(
            names=names,
            transforms=tuple(columns[name]["transform"] for name in names),
            coefficients=np.array([columns[name]["coefficient"] for name in names]),
            null_references=np.array(
                [columns[name]["null_reference"] for name in names]
            ),
            intercept=parameters["intercept"],
            link=parameters["link"],
        )
    if "purchase_model" in parameters:
        spend = None
        if "spend_p" in parameters:
            spend = SpendModel(
                *(parameters[f"spend_{i}"] for i in ("p", "q", "v", "log_likelihood"))
            )
        kind = parameters["purchase_model"]
        model = MODELS[kind](
            kind,
            *(parameters[item] for item in _parameters(MODELS[kind])),
            bool(parameters["is_at_boundary"]),
        )
        return Purchases(model, spend, int(parameters["horizon_days"]), linear)
    read = {
        item: Boosted(
            tuple(json.loads(boosters[f"{item}_columns"])), boosters[item], item
        )
        for item in ("booster", "buys", "amount")
        if item in boosters
    }
    if "buys" in read:
        return TwoPart(read["buys"], read["amount"])
    if "booster" in read:
        return read["booster"] if linear is None else Blend(linear, read["booster"])
    if linear is None:
        raise ValueError(
            f"no model is written in these rows, which have {sorted(parameters)} and "
            f"{sorted(boosters)}; keep the registry as the fits wrote it"
        )
    return linear
