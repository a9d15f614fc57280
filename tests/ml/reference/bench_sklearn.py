#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of bench_ml: times scikit-learn on the samples in a raw float32 file and prints one JSON object of ms.

Usage: bench_sklearn.py FILE ROWS COLUMNS K PASSES
"""
import json
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

RUNS = 3


def best(work):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def main():
    warnings.simplefilter("ignore")
    path, rows, columns, k, passes = sys.argv[1], *map(int, sys.argv[2:6])
    x = numpy.fromfile(path, dtype=numpy.float32).reshape(rows, columns)
    start = x[:k].copy()
    fit = KMeans(k, init=start, n_init=1, max_iter=passes, tol=0, algorithm="lloyd")
    out = {"version": sklearn.__version__}
    out["kmeans"] = best(lambda: fit.fit(x))
    out["kmeans_passes"] = int(fit.n_iter_)
    out["pca"] = best(lambda: PCA(svd_solver="full").fit(x))
    print(json.dumps(out))


if __name__ == "__main__":
    main()
