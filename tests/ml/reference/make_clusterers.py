#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/ml/data/clusterers.json (and breast_cancer.csv, digits.csv): what other programs answer on the same numbers.

Development only; needs python3-sklearn, r-cran-dbscan and r-cran-genieclust. Input is rounded to float32 and cast back to
double. Run it from anywhere; it writes beside itself.
"""
import json
import pathlib
import subprocess
import tempfile

import numpy
import scipy
import scipy.sparse.csgraph
import scipy.spatial
import sklearn
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.mixture._gaussian_mixture import _compute_precision_cholesky, _estimate_gaussian_parameters
from sklearn.neighbors import NearestNeighbors

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"

R_SCRIPT = """
suppressMessages({library(dbscan); library(genieclust)})
args <- commandArgs(TRUE)
x <- as.matrix(read.csv(args[1], header = FALSE, colClasses = "numeric"))
m <- as.integer(args[2]); k <- as.integer(args[3])
h <- dbscan::hdbscan(x, minPts = m)
g <- genieclust::gclust(x, gini_threshold = 0.3, verbose = FALSE)
g5 <- genieclust::genie(x, k, gini_threshold = 0.3, M = 5L, postprocess = "none", detect_noise = TRUE)
tree <- genieclust::mst(x)
out <- c(paste(h$cluster, collapse = ","), paste(sprintf("%.17g", h$outlier_scores), collapse = ","),
         paste(cutree(g, k), collapse = ","), paste(g5, collapse = ","), sprintf("%.17g", sum(tree[, 3])),
         as.character(packageVersion("dbscan")), as.character(packageVersion("genieclust")),
         paste(sprintf("%.17g", h$membership_prob), collapse = ","))
writeLines(out, args[4])
"""


def rounded(x):
    return numpy.asarray(x, dtype=numpy.float32).astype(numpy.float64)


def key(name):
    return str(name).replace(" (cm)", "_cm").replace("/", "_").replace(" ", "_")


def write_csv(name, data):
    lines = [",".join([key(f) for f in data.feature_names] + ["class"])]
    for row, target in zip(data.data, data.target):
        lines.append(",".join([f"{v:.9g}" for v in row] + [str(data.target_names[target])]))
    (DATA / f"{name}.csv").write_text("\n".join(lines) + "\n")


def mixture(x, k, kind):
    labels = numpy.arange(len(x)) * k // len(x)
    shares = numpy.eye(k)[labels]
    counts, means, covariances = _estimate_gaussian_parameters(x, shares, 1e-6, kind)
    factor = _compute_precision_cholesky(covariances, kind)
    precisions = factor**2
    if kind == "full":
        precisions = numpy.array([f @ f.T for f in factor])
    elif kind == "tied":
        precisions = factor @ factor.T
    fit = GaussianMixture(k, covariance_type=kind, max_iter=10, tol=0, weights_init=counts / len(x), means_init=means,
                          precisions_init=precisions, random_state=0).fit(x)
    return {"k": k, "kind": kind, "score": fit.score(x), "bic": fit.bic(x), "aic": fit.aic(x), "labels": fit.predict(x).tolist()}


def radius(x, samples):
    """About the median distance to the neighbour numbered so, in the widest gap between distances near it."""
    far = NearestNeighbors(n_neighbors=samples).fit(x).kneighbors(x)[0][:, -1]
    near = numpy.unique(numpy.sort(scipy.spatial.distance.pdist(x)))
    middle = numpy.median(far) * 1.2
    band = near[(near > 0.95 * middle) & (near < 1.05 * middle)]
    widest = numpy.diff(band).argmax()
    return float((band[widest] + band[widest + 1]) / 2)


def others(x, samples, k):
    with tempfile.TemporaryDirectory() as folder:
        rows, answer = f"{folder}/x.csv", f"{folder}/answer"
        numpy.savetxt(rows, x, fmt="%.17g", delimiter=",")
        script = f"{folder}/run.R"
        pathlib.Path(script).write_text(R_SCRIPT)
        subprocess.run(["Rscript", script, rows, str(samples), str(k), answer], check=True)
        lines = pathlib.Path(answer).read_text().splitlines()
    whole = [[int(v) - 1 if v != "NA" else -1 for v in lines[i].split(",")] for i in (0, 2, 3)]
    return {"hdbscan": whole[0], "glosh": [float(v) for v in lines[1].split(",")], "genie": whole[1], "genie_noise": whole[2],
            "mst_sum": float(lines[4]), "dbscan_version": lines[5], "genieclust_version": lines[6],
            "strength": [float(v) for v in lines[7].split(",")]}


def hdbscan_by_definition(x, samples):
    """Campello et al. 2015 word by word: at each density all edges of that length go at once.

    r-dbscan lets them go one by one and keeps components below the least size, so its answer depends on the order of rows.
    """
    far = scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(x))
    core = numpy.sort(far, axis=1)[:, samples - 1]
    reach = numpy.maximum(far, numpy.maximum(core[:, None], core[None, :]))
    # Zero would be no edge at all.
    tree = scipy.sparse.csgraph.minimum_spanning_tree(reach + 1).tocoo()
    edges = [(a, b, reach[a, b]) for a, b in zip(tree.row, tree.col)]
    lengths = sorted({length for _, _, length in edges}, reverse=True)
    shortest = min(length for length in lengths if length > 0)
    density = lambda length: 1 / length if length > 0 else 2 / shortest
    clusters = [{"rows": numpy.arange(len(x)), "parent": -1, "birth": density(lengths[0]), "left": {}, "children": []}]
    alive = [0]
    for length in lengths:
        kept = [(a, b) for a, b, other in edges if other < length]
        graph = scipy.sparse.coo_matrix((numpy.ones(len(kept)), tuple(numpy.array(kept, dtype=int).reshape(-1, 2).T)),
                                        shape=(len(x), len(x)))
        parts = scipy.sparse.csgraph.connected_components(graph, directed=False)[1]
        still = []
        for number in alive:
            cluster = clusters[number]
            held = numpy.array([row for row in cluster["rows"] if row not in cluster["left"]])
            groups = [held[parts[held] == part] for part in numpy.unique(parts[held])]
            large = [group for group in groups if len(group) >= samples]
            for group in groups:
                if len(group) < samples or len(large) > 1:
                    cluster["left"].update((row, density(length)) for row in group)
            if len(large) == 1:
                still.append(number)
            elif len(large) > 1:
                for group in large:
                    cluster["children"].append(len(clusters))
                    still.append(len(clusters))
                    clusters.append({"rows": group, "parent": number, "birth": density(length), "left": {}, "children": []})
        alive = still
    best = {}
    for number in reversed(range(len(clusters))):
        cluster = clusters[number]
        cluster["deepest"] = max([*cluster["left"].values(), *(clusters[c]["deepest"] for c in cluster["children"])])
        mass = sum(value - cluster["birth"] for value in cluster["left"].values())
        below = sum(best[c] for c in cluster["children"])
        cluster["chosen"] = number > 0 and (not cluster["children"] or mass >= below)
        best[number] = mass if cluster["chosen"] or not cluster["children"] else below
    labels = numpy.full(len(x), -1)
    scores = numpy.zeros(len(x))
    taken = set()
    for number, cluster in enumerate(clusters):
        for row in cluster["rows"]:
            inner = not any(row in clusters[c]["rows"] for c in cluster["children"])
            if inner:
                scores[row] = 1 - cluster["left"][row] / cluster["deepest"]
        if cluster["chosen"] and cluster["parent"] not in taken:
            labels[cluster["rows"]] = number
        if cluster["chosen"] or cluster["parent"] in taken:
            taken.add(number)
    return labels.tolist(), [round(score, 9) for score in scores]


def reference(x, k, samples, kinds):
    out = {"k": k, "samples": samples, "mixtures": [mixture(x, k, kind) for kind in kinds]}
    eps = radius(x, samples)
    out["dbscan"] = {"eps": eps, "labels": DBSCAN(eps=eps, min_samples=samples).fit(x).labels_.tolist()}
    out["ward"] = AgglomerativeClustering(k, linkage="ward").fit(x).labels_.tolist()
    out.update(others(x, samples, k))
    out["r_hdbscan"] = out["hdbscan"]
    # How far r-dbscan agrees with itself when rows come in another order.
    agreement = []
    for seed in range(3):
        order = numpy.random.RandomState(seed).permutation(len(x))
        mixed = numpy.empty(len(x), dtype=int)
        mixed[order] = others(x[order], samples, k)["hdbscan"]
        agreement.append(adjusted_rand_score(out["r_hdbscan"], mixed))
    out["r_itself"] = min(agreement)
    out["hdbscan"], out["glosh"] = hdbscan_by_definition(x, samples)
    out["r_agreement"] = adjusted_rand_score(out["r_hdbscan"], out["hdbscan"])
    del out["strength"]
    return out


def generated():
    random = numpy.random.RandomState(7)
    moons = make_moons(400, noise=0.07, random_state=1)[0]
    clouds = make_blobs([150, 250, 100], centers=[[0, 0], [5, 4], [-4, 5]], cluster_std=[0.6, 1.4, 0.9], random_state=3)[0]
    clouds = numpy.vstack([clouds, random.uniform(-10, 10, (60, 2))])
    deep = make_blobs(600, n_features=16, centers=5, cluster_std=1.5, random_state=5)[0]
    return {"moons": (numpy.round(moons, 5), 2), "clouds": (numpy.round(clouds, 5), 3), "deep": (numpy.round(deep, 5), 5)}


def main():
    kinds = ["full", "tied", "diag", "spherical"]
    out = {"versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__}, "sets": {}}
    for name, data, k in (("iris", load_iris(), 3), ("wine", load_wine(), 3), ("breast_cancer", load_breast_cancer(), 2),
                          ("digits", load_digits(), 10)):
        if name not in ("iris", "wine"):
            write_csv(name, data)
        out["sets"][name] = reference(rounded(data.data), k, 6, kinds)
    for name, (x, k) in generated().items():
        x = rounded(x)
        out["sets"][name] = reference(x, k, 6, kinds)
        out["sets"][name]["rows"] = [[float(f"{v:.9g}") for v in row] for row in x]
    first = out["sets"]["iris"]
    out["versions"].update({"r-dbscan": first["dbscan_version"], "r-genieclust": first["genieclust_version"]})
    for one in out["sets"].values():
        del one["dbscan_version"], one["genieclust_version"]
    (DATA / "clusterers.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
