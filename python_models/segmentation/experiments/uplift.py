"""Whom to contact first: does a ranking by expected uplift beat contacting at random?

On randomised data only. Customers are ranked by the effect in their stratum that the
other half of the customers showed, so no outcome ranks its own customer.
"""

import numpy as np

from segmentation.experiments.effects import shrink

N_FOLDS = 2
GRID = np.linspace(0, 1, 11)


def draw_folds(n_customers, random_seed):
    """Half of each customer, 0 or 1, by chance.

    Parameters
    ----------
    n_customers : int
    random_seed : int

    Returns
    -------
    ndarray of shape (n_customers,)
    """
    return np.random.default_rng(random_seed).integers(0, N_FOLDS, n_customers)


def predict_effects(n_customers, totals, squares):
    """Effect expected in each stratum, by the customers of the other half.

    Parameters
    ----------
    n_customers, totals, squares : array of shape (2, s, 2)
        Customers, sum and sum of squares of their outcomes, by half, stratum and arm
        (control, treatment).

    Returns
    -------
    ndarray of shape (2, s)
        For the customers of each half and stratum. A stratum without two customers in
        each arm of the other half has the effect of all.
    """
    expected = np.empty(n_customers.shape[:2])
    for fold in range(N_FOLDS):
        counts, sums, sums_of_squares = (
            cells[1 - fold] for cells in (n_customers, totals, squares)
        )
        effects, errors = _differences(counts, sums, sums_of_squares)
        overall, overall_error = _differences(
            *(
                cells.sum(axis=0, keepdims=True)
                for cells in (counts, sums, sums_of_squares)
            )
        )
        expected[fold] = overall[0]
        is_told = (counts >= 2).all(axis=1)
        if overall_error[0] > 0 and is_told.any():
            # one more customer of average variance in each arm, as in the effects
            variance = overall_error[0] ** 2 / (1 / counts.sum(axis=0)).sum()
            own = counts[is_told]
            expected[fold, is_told] = shrink(
                effects[is_told],
                np.sqrt(errors[is_told] ** 2 + variance * (1 / own**2).sum(axis=1)),
                overall[0],
                overall_error[0],
            )[0]
    return expected


def _differences(counts, sums, squares):
    """Treatment less control of cells of shape (s, 2), and its standard error."""
    safe = np.maximum(counts, 1)
    means = sums / safe
    variances = (squares - counts * means**2) / np.maximum(counts - 1, 1)
    errors = np.sqrt(np.maximum(variances, 0) / safe)
    return means[:, 1] - means[:, 0], np.hypot(errors[:, 0], errors[:, 1])


def qini_curve(expected, n_customers, totals):
    """Extra outcome from contacting the customers with the highest expected effect.

    Parameters
    ----------
    expected : array of shape (c,)
        Expected effect in each cell of customers; cells with the same one are contacted
        together.
    n_customers, totals : array of shape (c, 2)
        Customers and sum of their outcomes, by cell and arm (control, treatment).

    Returns
    -------
    shares : ndarray of shape (k + 1,)
        Share of customers contacted, from 0 to 1.
    extras : ndarray of shape (k + 1,)
        Extra outcome per customer of the shop, contacted or not.

    Notes
    -----
    Radcliffe (2007), Direct Marketing Analytics Journal 1, 14-21, per customer: the
    difference of the means of those contacted, times their share.
    """
    levels, places = np.unique(-np.asarray(expected, dtype=float), return_inverse=True)
    cumulative = []
    for cells in (n_customers, totals):
        by_level = np.zeros((len(levels), 2))
        np.add.at(by_level, places, cells)
        cumulative.append(by_level.cumsum(axis=0))
    counts, sums = cumulative
    means = sums / np.maximum(counts, 1)
    contacted = counts.sum(axis=1)
    shares = contacted / contacted[-1]
    # one arm alone shows no effect yet
    differences = np.where((counts > 0).all(axis=1), means[:, 1] - means[:, 0], 0.0)
    return np.append(0.0, shares), np.append(0.0, shares * differences)


def qini_coefficient(shares, extras):
    """Area between a Qini curve and the straight line of contacting at random.

    Parameters
    ----------
    shares, extras : ndarray of shape (k + 1,)
        See qini_curve.

    Returns
    -------
    float
        In extra outcomes per customer, the mean over all shares contacted; 0 if the
        ranking is no better than chance.
    """
    return float(np.trapezoid(extras - shares * extras[-1], shares))


def measure_uplift(outcomes, is_treatment, strata, n_resamples, random_seed):
    """Cross-fitted Qini curve of ranking customers by their stratum, with intervals.

    Parameters
    ----------
    outcomes : array of shape (n,)
        Such as orders, 0 or more.
    is_treatment : array of bool of shape (n,)
    strata : array of shape (n,)
        Texts, known before the assignment.
    n_resamples, random_seed : int

    Returns
    -------
    extras : ndarray of shape (3, 11)
        Estimate, lower and upper end of the 95 % interval on GRID.
    coefficient : ndarray of shape (3,)
        Likewise the Qini coefficient.

    Notes
    -----
    The curve is the mean of both halves' curves. The percentile bootstrap draws
    customers within each arm and ranks anew each time; all copies of a customer are in
    the same half.
    """
    outcomes = np.asarray(outcomes, dtype=float)
    names, places = np.unique(np.asarray(strata, dtype=str), return_inverse=True)
    folds = draw_folds(len(outcomes), random_seed)
    arm = np.asarray(is_treatment).astype(int)
    # customers alike in everything are drawn together
    kinds, counts = np.unique(
        np.column_stack([folds, places, arm, outcomes]), axis=0, return_counts=True
    )
    index = tuple(kinds[:, :3].astype(int).T)
    shape = (N_FOLDS, len(names), 2)

    def draw_curve(weights):
        cells = []
        for power in range(3):
            cell = np.zeros(shape)
            np.add.at(cell, index, weights * kinds[:, 3] ** power)
            cells.append(cell)
        expected = predict_effects(*cells)
        # each half by itself: its level would else rank it against the other
        curves = [
            qini_curve(expected[fold], cells[0][fold], cells[1][fold])
            for fold in range(N_FOLDS)
        ]
        return (
            np.mean([np.interp(GRID, *curve) for curve in curves], axis=0),
            np.mean([qini_coefficient(*curve) for curve in curves]),
        )

    rng = np.random.default_rng(random_seed)
    weights = np.zeros((n_resamples, len(counts)))
    for each in (0, 1):
        own = kinds[:, 2] == each
        n_own = counts[own].sum()
        weights[:, own] = rng.multinomial(n_own, counts[own] / n_own, n_resamples)
    found = draw_curve(counts)
    drawn = [draw_curve(weight) for weight in weights]
    return tuple(
        np.concatenate(
            [
                [found[part]],
                np.quantile([pair[part] for pair in drawn], [0.025, 0.975], axis=0),
            ]
        )
        for part in (0, 1)
    )
