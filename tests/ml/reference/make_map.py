#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Development only: how well maps of umap-learn and principal components keep neighbours, by scikit-learn's
figures. Writes data/neighbour_map.json; needs umap-learn and scikit-learn (Debian: umap-learn)."""
import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

warnings.filterwarnings("ignore")
import umap

data = pathlib.Path(__file__).resolve().parent.parent / "data"


def triplets(x, y):
    """Of random three, how often the nearer of two stays the nearer."""
    i, j, k = np.random.RandomState(0).randint(0, len(x), (3, 300000))
    far = lambda z, a, b: ((z[a] - z[b]) ** 2).sum(1)
    return float(((far(x, i, j) < far(x, i, k)) == (far(y, i, j) < far(y, i, k))).mean())


def figures(x, y, labels):
    return {
        "trustworthiness5": float(trustworthiness(x, y, n_neighbors=5)),
        "trustworthiness15": float(trustworthiness(x, y, n_neighbors=15)),
        "continuity15": float(trustworthiness(y, x, n_neighbors=15)),
        "triplets": triplets(x, y),
        "knn10": float(cross_val_score(KNeighborsClassifier(10), y, labels, cv=5).mean()),
    }


out = {"versions": {"scikit-learn": sklearn.__version__, "umap-learn": umap.__version__}}
table = np.genfromtxt(data / "digits.csv", delimiter=",", skip_header=1)
x, labels = table[:, :-1].astype(np.float32), table[:, -1].astype(int)
out["digits"] = {
    "pca": figures(x, PCA(2, svd_solver="full").fit_transform(x.astype(np.float64)), labels),
    "umap": figures(x, umap.UMAP(random_state=1).fit_transform(x), labels),
    "tsne": figures(x, TSNE(random_state=1, init="pca", learning_rate="auto").fit_transform(x), labels),
}
(data / "neighbour_map.json").write_text(json.dumps(out, indent=1) + "\n")
print(json.dumps(out, indent=1))
