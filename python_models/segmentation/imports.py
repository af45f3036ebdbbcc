"""Import scikit-learn, hdbscan and xgboost safely from several threads."""

import importlib
import threading

_LOCK = threading.Lock()


def import_scikit_learn(*modules):
    """Import submodules of scikit-learn, one thread at a time.

    dbt runs models in threads; two that import scikit-learn for the first time at once
    fail with "partially initialized module".

    Parameters
    ----------
    *modules : str
        Names such as `cluster`.

    Returns
    -------
    tuple of module
    """
    with _LOCK:
        return tuple(importlib.import_module(f"sklearn.{name}") for name in modules)


def import_hdbscan():
    """Import hdbscan, which imports scikit-learn, one thread at a time.

    Returns
    -------
    module
    """
    with _LOCK:
        return importlib.import_module("hdbscan")


def import_xgboost():
    """Import xgboost, which imports scikit-learn, one thread at a time.

    Returns
    -------
    module
    """
    with _LOCK:
        return importlib.import_module("xgboost")
