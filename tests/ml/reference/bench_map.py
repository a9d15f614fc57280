#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers of bench_map: bench_map.py FILE ROWS COLUMNS umap|umap-one|tsne. Prints {"peer", "ms"}."""
import json
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
file, rows, columns, task = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
x = np.fromfile(file, np.float32).reshape(rows, columns)
if task == "tsne":
    import sklearn
    from sklearn.manifold import TSNE

    start = time.perf_counter()
    TSNE(init="pca", learning_rate="auto", n_jobs=-1).fit_transform(x)
    peer = "scikit-learn TSNE " + sklearn.__version__
else:
    import umap

    # Once before, so that compiling does not count.
    few = umap.UMAP(n_jobs=-1).fit(x[:500])
    few.transform(x[:2])
    peer = "umap-learn " + umap.__version__
    if task == "umap-one":
        mapped = umap.UMAP().fit(x[:-20])
        mapped.transform(x[-20:-19])
        start = time.perf_counter()
        for i in range(10):
            mapped.transform(x[-19 + i : -18 + i])
        print(json.dumps({"peer": peer, "ms": (time.perf_counter() - start) * 100}))
        sys.exit(0)
    start = time.perf_counter()
    umap.UMAP(n_jobs=-1).fit_transform(x)
print(json.dumps({"peer": peer, "ms": (time.perf_counter() - start) * 1000}))
