#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of bench_clusterers: times one fit on the samples in a raw float32 file and prints one JSON object.

Usage: bench_clusterers.py FILE ROWS COLUMNS TASK [ARGUMENT...]
"""
import json
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.mixture import GaussianMixture


def work(x, task, arguments):
    if task == "gmm":
        return GaussianMixture(8, covariance_type=arguments[0], max_iter=10, tol=0, random_state=0)
    if task == "dbscan":
        return DBSCAN(eps=float(arguments[0]), min_samples=int(arguments[1]), n_jobs=-1)
    if task == "ward":
        return AgglomerativeClustering(8, linkage="ward")
    raise SystemExit(f"no task {task}")


def main():
    warnings.simplefilter("ignore")
    path, rows, columns, task = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    x = numpy.fromfile(path, dtype=numpy.float32).reshape(rows, columns)
    model = work(x, task, sys.argv[5:])
    start = time.perf_counter()
    model.fit(x)
    print(json.dumps({"peer": "scikit-learn " + sklearn.__version__, "ms": 1e3 * (time.perf_counter() - start)}))


if __name__ == "__main__":
    main()
