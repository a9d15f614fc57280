#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/model/data/explain.json: what SciPy says of ranks and what decision trees reach on the numbers of portable.h.

Development only; needs python3-sklearn. Run it from anywhere; it writes beside itself.
"""
import json
import pathlib

import numpy
import scipy
import sklearn
from scipy.stats import mannwhitneyu
from sklearn.tree import DecisionTreeClassifier

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
U64 = numpy.uint64


def portable(seed, rows, columns):
    """As portable() in portable.h, for every row and column."""
    with numpy.errstate(over="ignore"):
        z = (U64(seed) * U64(0x9E3779B97F4A7C15) + rows.astype(U64)[:, None] * U64(0xBF58476D1CE4E5B9)
             + columns.astype(U64)[None, :] * U64(0x94D049BB133111EB))
        z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
        z ^= z >> U64(31)
    return (z >> U64(40)).astype(numpy.float64) / 16777216.0


def sides_of(seed, rows, share):
    return portable(seed, numpy.arange(rows), numpy.array([1000]))[:, 0] < share


def ranks(seed, rows, features, levels, share):
    selected = sides_of(seed, rows, share)
    columns = numpy.arange(features)
    x = portable(seed, numpy.arange(rows), columns) + numpy.where(selected[:, None], columns[None, :] * 0.02, 0)
    x = (numpy.floor(x * levels) if levels > 0 else x).astype(numpy.float32)
    p, delta = [], []
    for j in range(features):
        a, b = x[selected, j], x[~selected, j]
        u, one = mannwhitneyu(a, b, alternative="two-sided", method="asymptotic", use_continuity=True)
        p.append(float(one))
        delta.append(float(2 * u / (len(a) * len(b)) - 1))
    return {"seed": seed, "rows": rows, "features": features, "levels": levels, "share": share, "p": p, "delta": delta}


def adjusted(p):
    """Benjamini & Hochberg by the definition: the smallest m p_k / k over all p_k that are no smaller."""
    p = numpy.asarray(p)
    m = len(p)
    rank = numpy.array([(p <= one).sum() for one in p])
    return [float(min(1.0, min(m * p[k] / rank[k] for k in range(m) if p[k] >= p[i]))) for i in range(m)]


def paths_f1(tree, x, y):
    """The best F1 of saying "selected" in one leaf only."""
    leaves = tree.apply(x)
    best = 0
    for leaf in set(leaves):
        inside = leaves == leaf
        best = max(best, 2 * (inside & y).sum() / (inside.sum() + y.sum()))
    return float(best)


def planted(kind, seed, rows, features):
    """As planted() in test_rule.cpp."""
    x = portable(seed, numpy.arange(rows), numpy.arange(features)).astype(numpy.float32)
    noise = portable(seed, numpy.arange(rows), numpy.array([1000]))[:, 0]
    y = {"corner": (x[:, 1] > 0.6) & (x[:, 3] <= 0.4),
         "box": (x[:, 0] > 0.5) & (x[:, 2] > 0.3) & (x[:, 4] <= 0.7),
         "band": (x[:, 2] > 0.45) & (x[:, 2] <= 0.6),
         "slope": x[:, 0] + x[:, 1] > 1.4,
         "two": (x[:, 0] > 0.85) | (x[:, 1] <= 0.1),
         "noise": noise < 0.2}[kind]
    if kind != "noise":
        y = y ^ (noise < 0.05)
    return x, y


def trees():
    out = []
    for kind in ("corner", "box", "band", "slope", "two", "noise"):
        for seed, rows in ((1, 300), (2, 2000), (3, 2000)):
            x, y = planted(kind, seed, rows, 6)
            best = max(paths_f1(DecisionTreeClassifier(max_depth=3, criterion=criterion, class_weight=weight,
                                                       random_state=0).fit(x, y), x, y)
                       for criterion in ("gini", "entropy") for weight in (None, "balanced"))
            out.append({"kind": kind, "seed": seed, "rows": rows, "features": 6, "selected": int(y.sum()), "f1": best})
    return out


def main():
    DATA.mkdir(exist_ok=True)
    p_values = [[0.01, 0.04, 0.03, 0.005], [0.5], [1, 1, 1], [0.001, 0.001, 0.8, 0.04, 0.0499, 0.05],
                portable(9, numpy.arange(40), numpy.array([0]))[:, 0].tolist()]
    out = {"versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__},
           "ranks": [ranks(1, 60, 8, 0, 0.5), ranks(2, 500, 12, 0, 0.2), ranks(3, 400, 12, 4, 0.5),
                     ranks(4, 5000, 10, 30, 0.05)],
           "adjusted": [{"p": p, "q": adjusted(p)} for p in p_values],
           "trees": trees()}
    (DATA / "explain.json").write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
