#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/ml/data: iris.csv, wine.csv and reference.json, the values our numerics are compared with.

Development only; needs python3-sklearn. Input is rounded to float32 and cast back to double, so that both programs see the
same numbers. Run it from anywhere; it writes beside itself.
"""
import json
import pathlib

import numpy
import scipy
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def key(name):
    return name.replace(" (cm)", "_cm").replace("/", "_").replace(" ", "_")


def rounded(x):
    return numpy.asarray(x, dtype=numpy.float32).astype(numpy.float64)


def write_csv(name, data):
    lines = [",".join([key(f) for f in data.feature_names] + ["species"])]
    for row, target in zip(data.data, data.target):
        lines.append(",".join([repr(float(v)) for v in row] + [str(data.target_names[target])]))
    (DATA / f"{name}.csv").write_text("\n".join(lines) + "\n")


def flipped(components):
    """Our sign rule: the largest |loading| is positive."""
    signs = numpy.sign(components[numpy.arange(len(components)), numpy.abs(components).argmax(axis=1)])
    return components * signs[:, None]


def reference(data):
    raw = rounded(data.data)
    scaled = StandardScaler().fit(raw)
    # Scaled values pass through float32 as ours do.
    z = rounded(scaled.transform(raw))
    out = {"rows": len(raw), "mean": scaled.mean_.tolist(), "scale": scaled.scale_.tolist(), "scaled": z.tolist()}
    for name, x in (("raw", raw), ("standard", z)):
        pca = PCA(svd_solver="full").fit(x)
        out[f"pca_{name}"] = {"ratio": pca.explained_variance_ratio_.tolist(), "variance": pca.explained_variance_.tolist(),
                              "components": flipped(pca.components_).tolist()}
    out["kmeans"] = []
    for k in (2, 3, 5):
        start = rounded(z[:: len(z) // k][:k])
        fit = KMeans(k, init=start, n_init=1, max_iter=300, tol=0, algorithm="lloyd").fit(z)
        best = KMeans(k, n_init=50, random_state=0, tol=0).fit(z)
        out["kmeans"].append({"k": k, "start": start.tolist(), "inertia": fit.inertia_, "labels": fit.labels_.tolist(),
                              "silhouette": silhouette_score(z, fit.labels_), "best_inertia": best.inertia_,
                              "ari": adjusted_rand_score(data.target, fit.labels_)})
    return out


def main():
    DATA.mkdir(exist_ok=True)
    sets = {"iris": load_iris(), "wine": load_wine()}
    out = {"versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__}}
    for name, data in sets.items():
        write_csv(name, data)
        out[name] = reference(data)
    (DATA / "reference.json").write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
