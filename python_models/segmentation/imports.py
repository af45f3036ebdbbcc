"""Import scikit-learn, hdbscan and xgboost safely, and keep them to one thread."""

import importlib
import threading
from contextlib import contextmanager

from segmentation.errors import LibraryMissing

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

    Raises
    ------
    LibraryMissing
        If it is not installed: it is an extra, which recipe density_7 alone asks for.
    """
    with _LOCK:
        try:
            return importlib.import_module("hdbscan")
        except ModuleNotFoundError as error:
            if error.name != "hdbscan":
                raise
            raise LibraryMissing(
                "segmentation: recipes of method density, such as density_7, need the "
                "Python library hdbscan, which is not installed. Install it with "
                'pip install "hdbscan>=0.8.40,<0.9", or choose another '
                "segmentation_recipe."
            ) from None


def import_xgboost():
    """Import xgboost, which imports scikit-learn, one thread at a time.

    Returns
    -------
    module
    """
    with _LOCK:
        return importlib.import_module("xgboost")


def limit_calling_thread():
    """Keep BLAS and OpenMP to one thread in whatever the calling thread runs.

    scikit-learn is imported first: a limit reaches only the libraries that are loaded
    when it is set. OpenMP counts by calling thread, so each thread of a pool sets its
    own.

    Returns
    -------
    threadpoolctl.threadpool_limits
        Its `restore_original_limits` lifts the limit.
    """
    from threadpoolctl import threadpool_limits

    import_scikit_learn("cluster", "neighbors")
    return threadpool_limits(1)


@contextmanager
def one_thread():
    """Run the body of a `with` statement on one thread of BLAS and OpenMP.

    Small fits lose more by waiting for one another than they gain from threads, and
    sums in a fixed order are the same on every machine.
    """
    limits = limit_calling_thread()
    try:
        yield
    finally:
        limits.restore_original_limits()
