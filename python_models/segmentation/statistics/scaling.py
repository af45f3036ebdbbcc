"""Transform and standardise features so that their distances can be compared."""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit

TRANSFORMS = ("none", "log")
SCALINGS = ("standard", "robust", "minmax")


@dataclass(frozen=True)
class Scaling:
    """How raw features become standardised ones; p features.

    Attributes
    ----------
    names : tuple of str, length p
    transforms : tuple of str, length p
        Per feature `none`, or `log` for ln(1 + max(x, 0)).
    null_reference : ndarray of shape (p,)
        What stands in for a null: the median of the values fitted, in raw units.
    location, scale : ndarray of shape (p,)
        What is taken off, and divided by, after the transform: mean and standard
        deviation, median and interquartile range, or minimum and range.
    weight : ndarray of shape (p,)
        Factor on the scaled feature.
    mean, stddev : ndarray of shape (p,)
        After the transform: personas are described in standard deviations from the
        mean, whatever the scaling.
    """

    names: tuple
    transforms: tuple
    null_reference: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    stddev: np.ndarray

    def apply(self, values):
        """Standardise raw values.

        Parameters
        ----------
        values : ndarray of shape (n, p)
            Raw features in the order of `names`; NaN for null.

        Returns
        -------
        ndarray of shape (n, p)
            Without NaN.
        """
        filled = np.where(np.isnan(values), self.null_reference, values)
        return (
            (transform(filled, self.transforms) - self.location)
            / self.scale
            * self.weight
        )

    def standard_scores(self, centers):
        """Centres in scaled units as standard deviations from the mean.

        Parameters
        ----------
        centers : ndarray of shape (k, p)
            Scaled, unweighted.

        Returns
        -------
        ndarray of shape (k, p)
        """
        return (centers * self.scale + self.location - self.mean) / self.stddev


def transform(values, transforms):
    """Apply each feature's transform; shapes (n, p) and p, returns (n, p)."""
    columns = [
        np.log1p(np.maximum(values[:, j], 0.0)) if name == "log" else values[:, j]
        for j, name in enumerate(transforms)
    ]
    return np.column_stack(columns) if columns else values


def fit_scaling(values, names, transforms, weights, scaling="standard"):
    """Learn a scaling from raw values, leaving out features that say nothing.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Raw features, NaN for null.
    names, transforms : sequence of str, length p
        Names, and per feature one of TRANSFORMS.
    weights : sequence of float, length p
    scaling : str
        One of SCALINGS. `robust` falls back to the standard deviation for a feature
        whose quartiles are equal.

    Returns
    -------
    scaling : Scaling
        Of the features that are kept.
    unavailable : dict of str to str
        Features left out, each with the reason.

    Raises
    ------
    ValueError
        If a transform or the scaling is unknown.
    CannotFit
        If no feature is left.
    """
    unknown = sorted(set(transforms) - set(TRANSFORMS))
    if unknown:
        raise ValueError(
            f"unknown transform {unknown[0]!r} in the recipe's features; "
            f"use one of {', '.join(TRANSFORMS)}"
        )
    if scaling not in SCALINGS:
        raise ValueError(
            f"unknown scaling {scaling!r} of the recipe; use one of "
            f"{', '.join(SCALINGS)}"
        )
    kept, unavailable = [], {}
    for j, name in enumerate(names):
        known = values[~np.isnan(values[:, j]), j]
        if known.size == 0:
            unavailable[name] = "null for every customer: the shop lacks its input"
        elif np.ptp(known) == 0:
            unavailable[name] = f"the same for every customer: {known[0]:g}"
        else:
            kept.append(j)
    if not kept:
        raise CannotFit(
            "no feature of the recipe differs between customers: "
            + "; ".join(f"{name} is {why}" for name, why in unavailable.items())
        )
    values = values[:, kept]
    transforms = tuple(transforms[j] for j in kept)
    null_reference = np.nanmedian(values, axis=0)
    transformed = transform(
        np.where(np.isnan(values), null_reference, values), transforms
    )
    mean, stddev = transformed.mean(axis=0), _nonzero(transformed.std(axis=0))
    if scaling == "robust":
        low, location, high = np.percentile(transformed, [25, 50, 75], axis=0)
        scale = np.where(high - low < 1e-12, stddev, high - low)
    elif scaling == "minmax":
        location, scale = transformed.min(axis=0), _nonzero(np.ptp(transformed, axis=0))
    else:
        location, scale = mean, stddev
    return (
        Scaling(
            names=tuple(names[j] for j in kept),
            transforms=transforms,
            null_reference=null_reference,
            location=location,
            scale=scale,
            weight=np.asarray([weights[j] for j in kept], dtype=float),
            mean=mean,
            stddev=stddev,
        ),
        unavailable,
    )


def _nonzero(spread):
    """A spread to divide by: 1 where all that differed was below zero, or a hair."""
    return np.where(spread < 1e-12, 1.0, spread)
