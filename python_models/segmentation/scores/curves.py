"""What an amount is worth, tenth by tenth: a curve from what was said to what came.

A candidate of least absolute error may put too much on the best customers and too
little on those in the middle, and still have the right sum. What came on days of the
past, by tenths of what was said there, draws a rising line that sets each tenth right.
It is learned from other customers on other days than those that it is judged by, and
used only where it surely helped there.
"""

from dataclasses import dataclass, replace

import numpy as np

from segmentation.scores import levels
from segmentation.statistics import evaluation

N_KNOTS = 10
# Deviances are of amounts of at least this share of the mean: of nothing they are none.
_LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class Curve:
    """A rising line of N_KNOTS + 1 pieces through the origin.

    Attributes
    ----------
    knots : ndarray of shape (N_KNOTS,)
        Rising amounts at which it bends.
    slopes : ndarray of shape (N_KNOTS + 1,)
        Above 0; before each knot, and beyond the last.
    """

    knots: np.ndarray
    slopes: np.ndarray

    def apply(self, amounts):
        """Amounts set right, shape (n,)."""
        lows = np.concatenate([[0.0], self.knots])
        highs = np.concatenate([self.knots, [np.inf]])
        total = np.zeros(len(amounts))
        for low, high, slope in zip(lows, highs, self.slopes, strict=True):
            total += slope * (np.clip(amounts, low, high) - low)
        return total

    def scaled(self, unit, factor):
        """The line for amounts in another unit, and so many times as high."""
        return Curve(self.knots * unit, self.slopes * factor)

    def rows(self):
        """Rows (section, item, feature name, numeric value, text value)."""
        return [
            ("calibration", f"{item}_{i}", None, float(value), None)
            for item, values in (("knot", self.knots), ("slope", self.slopes))
            for i, value in enumerate(values)
        ]


def read_curve(items):
    """A curve from its rows' items and numbers, which are taken out; None without one.

    Parameters
    ----------
    items : dict of str to float

    Returns
    -------
    Curve or None
    """
    if "knot_0" not in items:
        return None
    return Curve(
        np.array([items.pop(f"knot_{i}") for i in range(N_KNOTS)]),
        np.array([items.pop(f"slope_{i}") for i in range(N_KNOTS + 1)]),
    )


def fit_curve(days):
    """The line through what came by tenths of what was said.

    Parameters
    ----------
    days : list of (ndarray of shape (n,), ndarray of shape (n,))
        Of each day what was said, and what came; both count in units of their own mean,
        so that the level of a day does not bend the line.

    Returns
    -------
    Curve or None
        For amounts in units of their mean; None where nothing was said or came, or what
        was said differs too little to be cut.

    Notes
    -----
    Tenths that do not rise are one (Ayer et al. 1955, pool adjacent violators): the
    line rises everywhere, and changes nobody's rank.
    """
    if any(said.mean() <= 0 or came.mean() <= 0 for said, came in days):
        return None
    said = np.concatenate([said / said.mean() for said, _ in days])
    came = np.concatenate([came / came.mean() for _, came in days])
    pools = []
    for tenth in np.array_split(np.argsort(said, kind="stable"), N_KNOTS):
        if not len(tenth):
            return None
        pools.append((said[tenth].sum(), came[tenth].sum(), len(tenth)))
        while len(pools) > 1 and not _rises(*pools[-2:]):
            pools[-2:] = [tuple(map(sum, zip(*pools[-2:], strict=True)))]
    # a tenth of which nothing came has the slope of nothing, which ranks nobody
    while len(pools) > 1 and pools[0][1] <= 0:
        pools[:2] = [tuple(map(sum, zip(*pools[:2], strict=True)))]
    x = np.array([said_sum / n for said_sum, _, n in pools])
    y = np.array([came_sum / n for _, came_sum, n in pools])
    if len(pools) < 2 or x[0] <= 0:
        return None
    slopes = np.diff(y, prepend=0.0) / np.diff(x, prepend=0.0)
    # beyond the last knot in proportion; spare knots bend nothing
    n_spare = N_KNOTS - len(pools)
    return Curve(
        np.concatenate([x, np.full(n_spare, x[-1])]),
        np.concatenate([slopes, np.full(n_spare + 1, y[-1] / x[-1])]),
    )


def _rises(lower, upper):
    """Whether the means of the upper of two pools are above those of the lower."""
    return all(upper[i] / upper[2] > lower[i] / lower[2] for i in range(2))


def curved(model, curve, train):
    """A model that the curve sets right; the sum of those it learned from stays.

    Parameters
    ----------
    model : fits.Calibrated
    curve : Curve
        Of amounts in units of their mean.
    train : training.Slices
        What the model was fitted to.

    Returns
    -------
    fits.Calibrated
    """
    amounts = model.model.predict(train.table)
    unit = float(amounts.mean())
    own = curve.scaled(unit, 1.0)
    factor = unit / float(own.apply(amounts).mean())
    return replace(model, curve=own.scaled(1.0, factor))


def choose_curve(judged, models, n_draws, seed):
    """The curve that the past speaks for, and what was then said on each day.

    Parameters
    ----------
    judged : list of fits.Fitted
        Newest first.
    models : list of fits.Calibrated
        Of each day: the chosen candidate, its level set right.
    n_draws, seed : int

    Returns
    -------
    (Curve, evaluation.Measured, list of ndarray of shape (n,)) or None
        The curve of all days together, what it gains, and each customer by the curve
        of other customers on other days. None where it did not surely help: by the
        deviance of Tweedie, of which means are the best that can be said, on all days
        together and with little harm on any, see levels.MAX_HARM; and without a larger
        absolute error.
    """
    if len(judged) < levels.MIN_DAYS:
        return None
    plain = [
        model.predict(own.test.table) for own, model in zip(judged, models, strict=True)
    ]
    said = [np.empty_like(predicted) for predicted in plain]
    for i, (own, model) in enumerate(zip(judged, models, strict=True)):
        for fold in np.unique(own.test.folds):
            curve = fit_curve(
                [
                    (predicted[kept], other.test.outcome[kept])
                    for other, predicted in zip(judged, plain, strict=True)
                    if other is not own
                    for kept in [other.test.folds != fold]
                ]
            )
            if curve is None:
                return None
            inside = own.test.folds == fold
            said[i][inside] = curved(model, curve, own.train).predict(
                own.test.where(inside).table
            )
    gains = {
        measure: [
            _losses(own, before, measure) - _losses(own, after, measure)
            for own, before, after in zip(judged, plain, said, strict=True)
        ]
        for measure in ("deviance", "mae")
    }
    customers = [own.test.customers for own in judged]
    gain = evaluation.mean_of_customers(
        np.concatenate(gains["deviance"]),
        None if customers[0] is None else np.concatenate(customers),
        n_draws,
        seed,
    )
    if (
        not levels.is_sure(gain, 1)
        or levels.does_harm(gains["deviance"])
        or np.concatenate(gains["mae"]).mean() < 0
    ):
        return None
    curve = fit_curve(
        [(p, own.test.outcome) for own, p in zip(judged, plain, strict=True)]
    )
    return None if curve is None else (curve, gain, said)


def _losses(own, predicted, measure):
    """Loss of each customer of a day; amounts in units of the mean."""
    unit = float(own.test.outcome.mean())
    outcome = own.test.outcome / unit
    predicted = predicted / unit
    if measure == "mae":
        return evaluation.row_losses(outcome, predicted, "mae")
    root = np.sqrt(np.maximum(predicted, _LEAST_SHARE))
    # of power 1.5, as the models are fitted
    return 4.0 * (root - np.sqrt(np.maximum(outcome, 0.0))) ** 2 / root
