"""Transform and standardise features so that their distances can be compared."""

from dataclasses import dataclass

import numpy as np

from segmentation.errors import CannotFit

TRANSFORMS = ("none", "log")


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
    mean, scale : ndarray of shape (p,)
        Mean and standard deviation after the transform.
    weight : ndarray of shape (p,)
        Factor on the standardised feature.
    """

    names: tuple
    transforms: tuple
    null_reference: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray

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
            (transform(filled, self.transforms) - self.mean) / self.scale * self.weight
        )


def transform(values, transforms):
    """Apply each feature's transform; shapes (n, p) and p, returns (n, p)."""
    columns = [
        np.log1p(np.maximum(values[:, j], 0.0)) if name == "log" else values[:, j]
        for j, name in enumerate(transforms)
    ]
    return np.column_stack(columns) if columns else values


def fit_scaling(values, names, transforms, weights):
    """Learn a scaling from raw values, leaving out features that say nothing.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Raw features, NaN for null.
    names, transforms : sequence of str, length p
        Names, and per feature one of TRANSFORMS.
    weights : sequence of float, length p

    Returns
    -------
    scaling : Scaling
        Of the features that are kept.
    unavailable : dict of str to str
        Features left out, each with the reason.

    Raises
    ------
    ValueError
        If a transform is unknown.
    CannotFit
        If no feature is left.
    """
    unknown = sorted(set(transforms) - set(TRANSFORMS))
    if unknown:
        raise ValueError(
            f"unknown transform {unknown[0]!r} in the recipe's features; "
            f"use one of {', '.join(TRANSFORMS)}"
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
    scale = transformed.std(axis=0)
    # all that differed was below zero, or a hair: nothing left to divide by
    scale[scale < 1e-12] = 1.0
    return (
        Scaling(
            names=tuple(names[j] for j in kept),
            transforms=transforms,
            null_reference=null_reference,
            mean=transformed.mean(axis=0),
            scale=scale,
            weight=np.asarray([weights[j] for j in kept], dtype=float),
        ),
        unavailable,
    )
