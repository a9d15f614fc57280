#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of bench_clusterers: times one fit on the samples in a raw float32 file and prints one JSON object.

Usage: bench_clusterers.py FILE ROWS COLUMNS TASK [ARGUMENT...]
"""
import json
import os
import re
import subprocess
import sys
import tempfile
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


# Debian's; elki-cli itself does not start on Java 17.
ELKI = ["/usr/share/java/elki.jar", "/usr/share/java/trove-3.jar"]


def elki(x, cluster_size, samples):
    """Fits in ELKI, which tells its own time: starting Java and reading the text are not counted."""
    if not all(map(os.path.exists, ELKI)):
        raise SystemExit("ELKI is not installed")
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        numpy.savetxt(file, x, fmt="%.7g")
        file.flush()
        command = ["java", "-cp", ":".join(ELKI), "de.lmu.ifi.dbs.elki.application.KDDCLIApplication", "-time",
                   "-dbc.in", file.name,
                   "-algorithm", "clustering.hierarchical.extraction.HDBSCANHierarchyExtraction",
                   "-algorithm", "SLINKHDBSCANLinearMemory", "-hdbscan.minPts", samples,
                   "-hdbscan.minclsize", cluster_size, "-resulthandler", "DiscardResultHandler"]
        out = subprocess.run(command, capture_output=True, text=True)
    times = re.findall(r"\.runtime: (\d+) ms", out.stdout + out.stderr)
    if not times:
        raise SystemExit(out.stderr)
    version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "elki"], capture_output=True, text=True).stdout
    return {"peer": "ELKI " + version.split("-")[0], "ms": float(max(map(int, times)))}


def main():
    warnings.simplefilter("ignore")
    path, rows, columns, task = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    x = numpy.fromfile(path, dtype=numpy.float32).reshape(rows, columns)
    if task == "elki":
        print(json.dumps(elki(x, *sys.argv[5:])))
        return
    model = work(x, task, sys.argv[5:])
    start = time.perf_counter()
    model.fit(x)
    print(json.dumps({"peer": "scikit-learn " + sklearn.__version__, "ms": 1e3 * (time.perf_counter() - start)}))


if __name__ == "__main__":
    main()
