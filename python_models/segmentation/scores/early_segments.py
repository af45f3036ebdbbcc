"""Which segment a new customer will be in, some months after the first order.

Candidates from simple to complex are fitted to customers whose segment at that age is
known, and judged on customers whose segment became known later. The simplest one that
beats the majority class, and that no more complex one beats, is published; if nothing
beats the majority class, that one is. The published model is then fitted to all
customers and written down as rows; a forest is XGBoost's own JSON.

A table is a dict of column name to ndarray of shape (n,), NaN for null.
"""

import json
from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit
from segmentation.imports import import_scikit_learn, import_xgboost, one_thread
from segmentation.scores import training
from segmentation.scores.fits import varies
from segmentation.scores.rows import champion_gate, measured_part, part
from segmentation.statistics import evaluation, scaling

# From simple to complex.
KINDS = ("majority", "first_order_quintile", "multinomial", "forest")
# What may be read, and how the multinomial model transforms it; all of it was known
# segmentation_early_days after the first order. Gender is not read: an offer must not
# depend on it.
FEATURES = (
    ("days_before_first_order", "log"),
    ("early_age_years", "none"),
    ("first_order_amount", "log"),
    ("first_order_discount_share", "none"),
    ("has_first_order_coupon", "none"),
    ("n_carts_early", "log"),
    ("n_emails_clicked_early", "log"),
    ("n_emails_opened_early", "log"),
    ("n_lines_first_order", "log"),
    ("n_orders_early", "log"),
    ("n_sessions_early", "log"),
    ("n_views_early", "log"),
    ("net_amount_early", "log"),
)
RULE_COLUMN = "first_order_amount"
N_TREES = 100
# Settings of the forest that are tried, drawn at random.
N_SEARCHED = 6
# Customers that the active version has not seen and that a challenger is held
# against it on, at the least.
MIN_COMPARED = 30
# Share of the customers, the last to be labelled, that candidates are judged on.
TEST_SHARE = 1.0 / 3.0
# Strength of the ridge of the multinomial model, from strong to weak.
_RIDGES = (0.01, 0.1, 1.0, 10.0)
# Kinds whose probabilities are set right on customers that the fit did not see.
_CALIBRATED = ("multinomial", "forest")
_SMALLEST = 1e-9


@dataclass(frozen=True)
class Labelled:
    """Customers whose segment at the age is known; n rows, each customer once.

    Attributes
    ----------
    table : dict of str to ndarray of shape (n,)
        Columns, NaN for null.
    segments : ndarray of str, shape (n,)
    dates : ndarray of date, shape (n,)
        Snapshot that the segment was published at.
    folds : ndarray of int, shape (n,)
        See training.fold_of.
    """

    table: dict
    segments: np.ndarray
    dates: np.ndarray
    folds: np.ndarray

    def where(self, chosen):
        """Rows that a mask or indices choose."""
        return Labelled(
            {name: values[chosen] for name, values in self.table.items()},
            self.segments[chosen],
            self.dates[chosen],
            self.folds[chosen],
        )

    def __len__(self):
        return len(self.segments)


@dataclass(frozen=True)
class Majority:
    """The same for everybody: the shares of the past.

    Attributes
    ----------
    segments : tuple of str, length k
    shares : ndarray of shape (k,)
    """

    segments: tuple
    shares: np.ndarray

    def probabilities(self, table):
        """Shares, shape (n, k)."""
        n_rows = len(next(iter(table.values())))
        return np.tile(self.shares, (n_rows, 1))

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return [
            ("share", segment, None, float(share), None)
            for segment, share in zip(self.segments, self.shares, strict=True)
        ]


@dataclass(frozen=True)
class QuintileRule:
    """Shares of the past by fifth of one column.

    Attributes
    ----------
    column : str
    edges : ndarray of shape (4,)
        A value on an edge is in the fifth above it; a null is in the first.
    segments : tuple of str, length k
    shares : ndarray of shape (5, k)
    """

    column: str
    edges: np.ndarray
    segments: tuple
    shares: np.ndarray

    def probabilities(self, table):
        """Shares of the customer's fifth, shape (n, k)."""
        values = np.nan_to_num(table[self.column], nan=-np.inf)
        return self.shares[np.searchsorted(self.edges, values, side="right")]

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        rows = [
            ("edge", str(j + 1), self.column, float(edge), None)
            for j, edge in enumerate(self.edges)
        ]
        for fifth, shares in enumerate(self.shares, start=1):
            rows += [
                ("cell", f"{fifth}|{segment}", self.column, float(share), None)
                for segment, share in zip(self.segments, shares, strict=True)
            ]
        return rows


@dataclass(frozen=True)
class Multinomial:
    """A sum of transformed columns per segment, behind the softmax.

    Attributes
    ----------
    names, transforms : tuple of str, length p
        `log`, ln(1 + max(x, 0)), or `none`.
    null_references : ndarray of shape (p,)
        What a null counts as, in raw units.
    segments : tuple of str, length k
    intercepts : ndarray of shape (k,)
    coefficients : ndarray of shape (k, p)
        On the transformed columns.
    """

    names: tuple
    transforms: tuple
    null_references: np.ndarray
    segments: tuple
    intercepts: np.ndarray
    coefficients: np.ndarray

    def probabilities(self, table):
        """Softmax of the sums, shape (n, k)."""
        values = np.column_stack([table[name] for name in self.names])
        filled = np.where(np.isnan(values), self.null_references, values)
        totals = scaling.transform(filled, self.transforms) @ self.coefficients.T
        totals = totals + self.intercepts
        raised = np.exp(totals - totals.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        rows = []
        for j, name in enumerate(self.names):
            rows += [
                ("scale", "transform", name, None, self.transforms[j]),
                ("scale", "null_reference", name, float(self.null_references[j]), None),
            ]
        for i, segment in enumerate(self.segments):
            rows.append(("intercept", segment, None, float(self.intercepts[i]), None))
            rows += [
                ("coefficient", segment, name, float(self.coefficients[i, j]), None)
                for j, name in enumerate(self.names)
            ]
        return rows


@dataclass(frozen=True)
class Forest:
    """XGBoost's random forest: many trees in one round.

    Attributes
    ----------
    names : tuple of str
        Columns in the forest's order.
    segments : tuple of str, length k
        In the order of its classes.
    document : str
        XGBoost's JSON.
    """

    names: tuple
    segments: tuple
    document: str

    def probabilities(self, table):
        """Softmax of the mean leaves, shape (n, k)."""
        xgboost = import_xgboost()
        values = np.column_stack([table[name] for name in self.names])
        booster = xgboost.Booster()
        booster.load_model(bytearray(self.document, "utf-8"))
        booster.set_param({"nthread": 1})
        found = booster.predict(xgboost.DMatrix(values.astype(np.float32)))
        return found.astype(np.float64).reshape(len(values), len(self.segments))

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return [
            ("booster", "booster", None, None, self.document),
            ("booster", "columns", None, None, json.dumps(self.names)),
            ("booster", "segments", None, None, json.dumps(self.segments)),
        ]


@dataclass(frozen=True)
class Calibrated:
    """A model whose probabilities are too timid, or too bold, by one slope.

    Attributes
    ----------
    model : Multinomial or Forest
    slope : float
        Of the logarithms of its probabilities; the order of segments stays.
    """

    model: object
    slope: float

    @property
    def segments(self):
        """Segments in the model's order."""
        return self.model.segments

    def probabilities(self, table):
        """Probabilities set right, shape (n, k)."""
        return _sharpened(self.model.probabilities(table), self.slope)

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return self.model.rows() + [("calibration", "slope", None, self.slope, None)]


def read_model(rows):
    """A model from its rows.

    Parameters
    ----------
    rows : iterable of tuple
        (section, item, feature name, numeric value, text value), in any order.

    Returns
    -------
    Majority, QuintileRule or Calibrated

    Raises
    ------
    ValueError
        If the rows are those of no model.
    """
    found = {}
    for section, item, feature, number, text in rows:
        value = text if number is None else number
        found.setdefault(section, {})[(item, feature)] = value
    model = _read_bare(found)
    if "calibration" in found:
        return Calibrated(model, found["calibration"]["slope", None])
    return model


def _read_bare(found):
    """A model from {section: {(item, feature name): value}}, not yet calibrated."""
    if "booster" in found:
        own = {item: value for (item, _), value in found["booster"].items()}
        names, segments = json.loads(own["columns"]), json.loads(own["segments"])
        return Forest(tuple(names), tuple(segments), own["booster"])
    if "coefficient" in found:
        names = tuple(sorted({feature for _, feature in found["coefficient"]}))
        segments = tuple(sorted(segment for segment, _ in found["intercept"]))
        scale = found["scale"]
        return Multinomial(
            names=names,
            transforms=tuple(scale["transform", name] for name in names),
            null_references=np.array([scale["null_reference", n] for n in names]),
            segments=segments,
            intercepts=np.array([found["intercept"][s, None] for s in segments]),
            coefficients=np.array(
                [[found["coefficient"][s, name] for name in names] for s in segments]
            ),
        )
    if "cell" in found:
        ((column,),) = ({feature for _, feature in found["edge"]},)
        cells = {
            tuple(item.split("|", 1)): share
            for (item, _), share in found["cell"].items()
        }
        segments = tuple(sorted({segment for _, segment in cells}))
        return QuintileRule(
            column,
            np.array([found["edge"][str(j), column] for j in range(1, 5)]),
            segments,
            np.array([[cells[str(i), s] for s in segments] for i in range(1, 6)]),
        )
    if "share" in found:
        segments = tuple(sorted(segment for segment, _ in found["share"]))
        shares = np.array([found["share"][segment, None] for segment in segments])
        return Majority(segments, shares)
    raise ValueError(
        f"no model is written in these rows, which have the sections {sorted(found)}; "
        "keep the registry as the fits wrote it"
    )


def name_segments(model, table):
    """The most probable segment of each customer; of equal ones, the first by id.

    Parameters
    ----------
    model : any of the models here
    table : dict of str to ndarray of shape (n,)

    Returns
    -------
    segments : ndarray of str, shape (n,)
    probability : ndarray of shape (n,)
        Of that segment.
    """
    probabilities = model.probabilities(table)
    best = probabilities.argmax(axis=1)
    return np.array(model.segments)[best], probabilities[np.arange(len(best)), best]


def split_labels(dates, min_customers, horizon_days):
    """The customers labelled last, to judge by, and those labelled before them.

    Parameters
    ----------
    dates : ndarray of date, shape (n,)
        Snapshot of each customer's label; each customer is in it once, and so on one
        side.
    min_customers : int
    horizon_days : int

    Returns
    -------
    is_test : ndarray of bool, shape (n,)
        The newest snapshots, as few as hold TEST_SHARE of the customers and
        `min_customers`.

    Raises
    ------
    CannotFit
        If either side would have fewer than `min_customers`. The words hold no count
        of today: they are written down once, and stay true.
    """
    wanted = max(min_customers, TEST_SHARE * len(dates))
    for cut in sorted(set(dates), reverse=True):
        is_test = dates >= cut
        if is_test.sum() >= wanted and (~is_test).sum() >= min_customers:
            return is_test
        if is_test.sum() >= wanted:
            break
    raise CannotFit(
        f"too few new customers: the segment {horizon_days} days after the first order "
        f"must have been seen of {min_customers} to learn from, and of as many later "
        "ones to judge by (segmentation_min_customers_to_fit)"
    )


def fit_candidate(kind, labelled, features, settings, seed):
    """Fit one candidate.

    Parameters
    ----------
    kind : str
        One of KINDS.
    labelled : Labelled
    features : sequence of (str, str)
        Columns that models may read, and their transforms.
    settings : dict
        See search_settings.
    seed : int

    Returns
    -------
    Majority, QuintileRule or Calibrated

    Raises
    ------
    CannotFit
        If this candidate cannot be fitted to these customers.
    """
    model = _fit_bare(kind, labelled, features, settings, seed)
    if kind not in _CALIBRATED:
        return model
    sample = _searched(labelled, seed)
    held_out, came = _held_out_probabilities(
        sample, lambda rows: _fit_bare(kind, rows, features, settings, seed)
    )
    return Calibrated(model, _best_slope(held_out, came))


def search_settings(kind, labelled, features, seed):
    """Settings with the least loss on held-out customers of the past.

    Parameters
    ----------
    kind : str
        One of KINDS.
    labelled : Labelled
    features : sequence of (str, str)
    seed : int

    Returns
    -------
    dict
        Of the multinomial model `ridge`, the strongest of several alike; of the forest
        XGBoost's, the best of N_SEARCHED drawn at random; of others none.
    """
    if kind not in _CALIBRATED:
        return {}
    rng = np.random.default_rng(seed)
    tried = [{"ridge": ridge} for ridge in _RIDGES]
    if kind == "forest":
        tried = [
            {
                "max_depth": int(rng.integers(2, 8)),
                "min_child_weight": float(rng.choice([0.5, 1.0, 3.0, 10.0])),
                "subsample": float(rng.choice([0.5, 0.65, 0.8])),
                "colsample_bynode": float(rng.choice([0.25, 0.5, 0.75])),
            }
            for _ in range(N_SEARCHED)
        ]
    sample = _searched(labelled, seed)

    def loss(settings):
        held_out, came = _held_out_probabilities(
            sample, lambda rows: _fit_bare(kind, rows, features, settings, seed)
        )
        return _log_loss(_sharpened(held_out, _best_slope(held_out, came)), came)

    return min(tried, key=loss)


def choose(segments, predictions, n_draws, seed):
    """The simplest candidate that beats the majority class and that none beats.

    Parameters
    ----------
    segments : ndarray of str, shape (n,)
        What came.
    predictions : dict of str to ndarray of str, shape (n,)
        By kind, `majority` among them; what could not be fitted is missing.
    n_draws, seed : int

    Returns
    -------
    chosen : str
        `majority` if nothing beats it.
    gain : evaluation.Measured or None
        Its accuracy less that of the majority class, paired; None for the latter. To
        beat is to have a 95 % interval above 0.
    """

    def gain(better, worse):
        return evaluation.paired_difference(
            segments,
            predictions[better],
            predictions[worse],
            "accuracy",
            n_draws=n_draws,
            seed=seed,
        )

    gains = {
        kind: gain(kind, "majority")
        for kind in KINDS
        if kind in predictions and kind != "majority"
    }
    able = [kind for kind, over in gains.items() if over.low > 0]
    for i, kind in enumerate(able):
        if not any(gain(other, kind).low > 0 for other in able[i + 1 :]):
            return kind, gains[kind]
    return "majority", None


def fit_version(labelled, horizon_days, champion, settings, features=FEATURES):
    """Fit, judge and choose.

    Parameters
    ----------
    labelled : Labelled
        Customers whose segment at the age was published by the day of the fit.
    horizon_days : int
        The age.
    champion : (model, date) or None
        The active model, and the last snapshot whose labels it has seen.
    settings : dict
        `random_seed`, `min_customers`, `n_draws`.
    features : sequence of (str, str)

    Returns
    -------
    status : str
        `promoted`, or `rejected` where the champion is better.
    parts : list of dict
        Registry rows without their keys.

    Raises
    ------
    CannotFit
        If there are too few customers, or all are in one segment.
    """
    with one_thread():
        return _fit_version(labelled, horizon_days, champion, settings, features)


def _fit_version(labelled, horizon_days, champion, settings, features):
    """As fit_version, on one thread."""
    seed, n_draws = settings["random_seed"], settings["n_draws"]
    is_test = split_labels(labelled.dates, settings["min_customers"], horizon_days)
    past, later = labelled.where(~is_test), labelled.where(is_test)
    if len(np.unique(past.segments)) < 2:
        raise CannotFit(
            f"every customer seen {horizon_days} days after the first order was in the "
            f"segment {past.segments[0]}: there is nothing to tell apart"
        )
    fitted, failures, found = {}, {}, {}
    for kind in KINDS:
        try:
            found[kind] = search_settings(kind, past, features, seed)
            fitted[kind] = fit_candidate(kind, past, features, found[kind], seed)
        except CannotFit as error:
            failures[kind] = str(error)
    named = {kind: name_segments(model, later.table) for kind, model in fitted.items()}
    predictions = {kind: segments for kind, (segments, _) in named.items()}
    chosen, gain = choose(later.segments, predictions, n_draws, seed)

    parts = [
        part("version", "horizon_days", value=float(horizon_days)),
        part("version", "last_train_date", text=str(past.dates.max())),
        part("version", "first_test_date", text=str(later.dates.min())),
        part("version", "n_train", value=float(len(past))),
        part("version", "n_test", value=float(len(later))),
        part("version", "kind", text=chosen),
        part("version", "verdict", text=verdict(chosen, gain, len(later))),
        part("version", "settings", text=json.dumps(found[chosen])),
    ]
    parts += [
        part("failure", kind, candidate=kind, text=why)
        for kind, why in failures.items()
    ]
    for kind, (segments, probability) in named.items():
        parts += _measure_parts(kind, later, segments, probability, n_draws, seed)
        if kind != chosen:
            over = evaluation.paired_difference(
                later.segments,
                predictions[chosen],
                segments,
                "accuracy",
                n_draws=n_draws,
                seed=seed,
            )
            parts.append(measured_part("gain", "accuracy", over, len(later), kind))
    status, comparison = _compare(champion, later, predictions[chosen], n_draws, seed)
    final = fit_candidate(chosen, labelled, features, found[chosen], seed)
    for section, item, feature, number, text in final.rows():
        parts.append(part(section, item, feature=feature, value=number, text=text))
    return status, parts + comparison


def verdict(chosen, gain, n_customers):
    """In words, why this candidate is published."""
    if chosen == "majority":
        return (
            "nothing beats the majority class: every new customer gets the most "
            "frequent segment, since what is known of the first days does not tell "
            f"where {n_customers} later customers went"
        )
    return (
        f"{chosen} is the simplest candidate that beats the majority class and that "
        f"none beats: {gain.value:.3g} [{gain.low:.3g}, {gain.high:.3g}] more accuracy "
        f"on {n_customers} later customers"
    )


def _measure_parts(kind, later, segments, probability, n_draws, seed):
    """Accuracy and what it is held against; how far probabilities are from it."""
    measures = evaluation.accuracy_measures(
        later.segments, segments, n_draws=n_draws, seed=seed
    )
    measures["mean_difference"] = evaluation.binary_measures(
        later.segments == segments,
        np.clip(probability, 0.0, 1.0),
        n_draws=n_draws,
        seed=seed,
    )["mean_difference"]
    return [
        measured_part("measure", item, found, len(later), kind)
        for item, found in measures.items()
    ]


def _compare(champion, later, challenge, n_draws, seed):
    """Whether the challenger is promoted: unless the champion is surely better."""
    if champion is None:
        return "promoted", []
    model, seen_until = champion
    unseen = later.dates > seen_until
    if unseen.sum() < MIN_COMPARED:
        return "promoted", []
    fresh = later.where(unseen)
    gain = evaluation.paired_difference(
        fresh.segments,
        name_segments(model, fresh.table)[0],
        challenge[unseen],
        "accuracy",
        n_draws=n_draws,
        seed=seed,
    )
    return champion_gate(
        gain, len(fresh), "accuracy", f"{len(fresh)} customers new to both"
    )


def _fit_bare(kind, labelled, features, settings, seed):
    """As fit_candidate, not yet calibrated; of one segment, the majority class."""
    segments, codes = np.unique(labelled.segments, return_inverse=True)
    segments = tuple(segments.tolist())
    if kind == "majority" or len(segments) < 2:
        return Majority(segments, np.bincount(codes) / len(codes))
    if kind == "first_order_quintile":
        return _fit_rule(labelled, segments, codes)
    if kind == "multinomial":
        return _fit_multinomial(labelled, features, segments, codes, settings)
    return _fit_forest(labelled, features, segments, codes, settings, seed)


def _fit_rule(labelled, segments, codes):
    """Shares by fifth of the first order's amount.

    Each fifth is drawn to the shares of all as if it had one more customer per segment.
    """
    values = np.nan_to_num(labelled.table[RULE_COLUMN], nan=-np.inf)
    known = values[np.isfinite(values)]
    if not len(known) or np.ptp(known) == 0:
        raise CannotFit(f"{RULE_COLUMN} is the same for every customer")
    edges = np.quantile(known, [0.2, 0.4, 0.6, 0.8])
    fifths = np.searchsorted(edges, values, side="right")
    counts = np.zeros((5, len(segments)))
    np.add.at(counts, (fifths, codes), 1.0)
    shares = np.bincount(codes) / len(codes)
    counts += len(segments) * shares
    return QuintileRule(
        RULE_COLUMN, edges, segments, counts / counts.sum(axis=1, keepdims=True)
    )


def _fit_multinomial(labelled, features, segments, codes, settings):
    """Ridge-penalised multinomial logistic regression on standardised columns."""
    (linear_model,) = import_scikit_learn("linear_model")
    names, transforms = zip(*features, strict=True)
    values = np.column_stack([labelled.table[name] for name in names])
    scaler, _ = scaling.fit_scaling(
        values, names, transforms, [1.0] * len(names), "standard"
    )
    kept = [names.index(name) for name in scaler.names]
    model = linear_model.LogisticRegression(C=settings["ridge"], max_iter=2000)
    model.fit(scaler.apply(values[:, kept]), codes)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(segments) == 2:
        # of two segments one has the coefficients and the other none
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.append(0.0, intercepts)
    slopes = coefficients / scaler.scale
    return Multinomial(
        names=tuple(scaler.names),
        transforms=tuple(scaler.transforms),
        null_references=np.asarray(scaler.null_reference, dtype=float),
        segments=segments,
        intercepts=intercepts - slopes @ scaler.location,
        coefficients=slopes,
    )


def _fit_forest(labelled, features, segments, codes, settings, seed):
    """Many trees in one round (Breiman 2001, Random forests)."""
    xgboost = import_xgboost()
    names = tuple(name for name, _ in features if varies(labelled.table[name]))
    if not names:
        raise CannotFit("no column differs between customers")
    values = np.column_stack([labelled.table[name] for name in names])
    booster = xgboost.train(
        {
            **settings,
            "objective": "multi:softprob",
            "num_class": len(segments),
            "num_parallel_tree": N_TREES,
            "learning_rate": 1.0,
            "seed": seed % 2**31,
            # sums in a fixed order are the same on every machine
            "nthread": 1,
            "tree_method": "hist",
        },
        xgboost.DMatrix(values.astype(np.float32), label=codes),
        num_boost_round=1,
    )
    return Forest(names, segments, booster.save_raw("json").decode())


def _searched(labelled, seed):
    """Customers that settings and slopes are chosen on."""
    order = np.random.default_rng(seed).permutation(len(labelled))
    return labelled.where(np.sort(order[: training.MAX_SEARCHED_ROWS]))


def _held_out_probabilities(labelled, fit):
    """Probabilities of customers that the fit did not see, (n, k), and what came, (n,).

    A segment that a fit never saw has no probability there.
    """
    segments, came = np.unique(labelled.segments, return_inverse=True)
    probabilities = np.full((len(labelled), len(segments)), 1.0 / len(segments))
    for fold in range(training.N_FOLDS):
        held_out = labelled.folds == fold
        if not held_out.any() or held_out.all():
            continue
        model = fit(labelled.where(~held_out))
        rest = {name: values[held_out] for name, values in labelled.table.items()}
        columns = np.searchsorted(segments, model.segments)
        probabilities[held_out] = 0.0
        probabilities[np.ix_(held_out, columns)] = model.probabilities(rest)
    return probabilities, came


def _sharpened(probabilities, slope):
    """Probabilities whose logarithms are multiplied, shape (n, k)."""
    logs = slope * np.log(np.maximum(probabilities, _SMALLEST))
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _log_loss(probabilities, came):
    """Mean negative log likelihood of what came, in nats."""
    own = probabilities[np.arange(len(came)), came]
    return float(-np.log(np.maximum(own, _SMALLEST)).mean())


def _best_slope(held_out, came):
    """The slope with the least loss (Guo et al. 2017, temperature scaling)."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_slope: _log_loss(_sharpened(held_out, np.exp(log_slope)), came),
        bounds=(np.log(0.2), np.log(5.0)),
        method="bounded",
    )
    return float(np.exp(found.x))
