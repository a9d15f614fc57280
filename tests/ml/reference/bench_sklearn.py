#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of bench_ml: times scikit-learn on the samples in a raw float32 file and prints one JSON object of ms.

Usage: bench_sklearn.py FILE ROWS COLUMNS K PASSES [RUNS]
With more than 200,000 rows only single fits are timed.
"""
import json
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import silhouette_score

SILHOUETTE_ROWS = 10000
FOREST_ROWS = 5000


def best(work, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def main():
    warnings.simplefilter("ignore")
    path, rows, columns, k, passes = sys.argv[1], *map(int, sys.argv[2:6])
    runs = int(sys.argv[6]) if len(sys.argv) > 6 else 3
    x = numpy.fromfile(path, dtype=numpy.float32).reshape(rows, columns)
    start = x[:k].copy()
    fit = KMeans(k, init=start, n_init=1, max_iter=passes, tol=0, algorithm="lloyd")
    out = {"version": sklearn.__version__}
    out["kmeans"] = best(lambda: fit.fit(x), runs)
    out["kmeans_passes"] = int(fit.n_iter_)
    out["pca"] = best(lambda: PCA(svd_solver="full").fit(x), runs)
    if rows <= 200000:
        restarts = KMeans(k, n_init=10, algorithm="lloyd", random_state=0)
        out["restarts"] = best(lambda: restarts.fit(x), runs)
        out["restarts_inertia"] = float(restarts.inertia_)
        some = x[:SILHOUETTE_ROWS]
        labels = KMeans(k, n_init=1, random_state=0).fit(some).labels_
        out["silhouette"] = best(lambda: silhouette_score(some, labels), 1)
        forest = IsolationForest(n_estimators=100, random_state=0).fit(x)
        out["forest_ns"] = 1e6 * best(lambda: forest.score_samples(x[:FOREST_ROWS]), runs) / FOREST_ROWS
    print(json.dumps(out))


if __name__ == "__main__":
    main()
