#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of bench_model: times SciPy and scikit-learn on the samples in a raw file and prints one JSON object of ms.

Usage: bench_explain.py FILE ROWS COLUMNS STANDARDISED COMPARED
"""
import json
import sys
import time

import numpy
import scipy
import sklearn
from scipy.stats import mannwhitneyu
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier


def timed(work, runs=2):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def main():
    path, rows, columns, standardised, compared = sys.argv[1], *map(int, sys.argv[2:6])
    raw = numpy.fromfile(path, dtype=numpy.float32)
    x = raw[:rows * columns].reshape(rows, columns)
    z = raw[rows * columns:rows * (columns + standardised)].reshape(rows, standardised)
    state = raw[rows * (columns + standardised):].view(numpy.int32)
    learn, near = f"scikit-learn {sklearn.__version__}", f"SciPy {scipy.__version__}"
    out = {"names": {"ranks": near, "tree": learn, "grow": learn, "neighbours": learn, "project": learn}}
    chosen = state[:compared] < 5
    out["ranks"] = timed(lambda: mannwhitneyu(x[:compared][chosen], x[:compared][~chosen], axis=0, method="asymptotic"), 1)
    y = state == 3
    tree = DecisionTreeClassifier(max_depth=3, class_weight="balanced", random_state=0)
    out["tree"] = timed(lambda: tree.fit(x, y), 1)
    leaves = tree.apply(x)
    out["tree_f1"] = max(float(2 * y[leaves == leaf].sum() / ((leaves == leaf).sum() + y.sum())) for leaf in set(leaves))
    seeds = z[(state == 3) & (numpy.arange(rows) % 20 == 0)]
    model = NearestNeighbors(n_neighbors=1).fit(seeds)
    out["grow"] = timed(lambda: model.kneighbors(z), 1)
    voters = NearestNeighbors(n_neighbors=10).fit(z[:50000][::2][:20000])
    out["neighbours"] = timed(lambda: voters.kneighbors(z[:50000]), 1)
    pipe = make_pipeline(FunctionTransformer(numpy.log1p), RobustScaler(), PCA(8)).fit(x[:20000])
    out["project"] = timed(lambda: pipe.transform(x))
    wide = numpy.ascontiguousarray(x[:, :64])
    for key, last in (("kmeans_score", KMeans(16, n_init=1, random_state=0)), ("gmm_score", GaussianMixture(16, random_state=0, reg_covar=1e-3))):
        pipe = make_pipeline(FunctionTransformer(numpy.log1p), StandardScaler(), last).fit(wide[:8000])
        out["names"][key] = learn
        out[key] = timed(lambda: pipe.predict(wide) if key == "kmeans_score" else pipe.predict_proba(wide))
    print(json.dumps(out))


if __name__ == "__main__":
    main()
