"""Many tests at a time: p-values adjusted for the false discovery rate."""

import numpy as np
from scipy import stats


def adjust_p_values(p_values):
    """q-values of Benjamini & Hochberg (1995); NaN stays NaN and does not count.

    Parameters
    ----------
    p_values : array of shape (m,)
        0 to 1, or NaN.

    Returns
    -------
    ndarray of shape (m,)
    """
    p_values = np.asarray(p_values, dtype=float)
    q_values = np.full(p_values.shape, np.nan)
    tested = ~np.isnan(p_values)
    if tested.any():
        q_values[tested] = stats.false_discovery_control(p_values[tested], method="bh")
    return q_values
