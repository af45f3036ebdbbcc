"""Fits do not wait actively on threads that they do not use."""

import subprocess
import sys

# in a process of its own: a limit reaches only libraries loaded before it is set, and
# pytest's process has loaded them all
SMALL_FIT = """
import time
import numpy as np
from segmentation.segments import clustering
from segmentation.imports import one_thread

values = np.random.default_rng(1).normal(size=(600, 6))
with one_thread():
    clustering.kmeans_centers(values, 6, 1)
    wall, processor = time.perf_counter(), time.process_time()
    for seed in range(20):
        clustering.kmeans_centers(values, 6, seed)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
print(processor / wall)
"""


def test_a_small_fit_takes_one_processor():
    printed = subprocess.check_output([sys.executable, "-c", SMALL_FIT], text=True)
    # a second thread that spins brings it near 2; a loaded machine only lowers it
    assert float(printed) < 1.1
