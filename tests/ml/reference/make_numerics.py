#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/ml/data/numerics.json: what scikit-learn, scipy and numpy say about projections, metrics, preparation and
covariances. Development only; run it from anywhere.
"""
import json
import pathlib

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn import covariance, isotonic, metrics, preprocessing

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def rounded(x):
    return numpy.asarray(x, dtype=numpy.float32).astype(numpy.float64)


def lauchli(size, epsilon):
    rows = numpy.vstack([numpy.ones(size), epsilon * numpy.eye(size), -2 * numpy.ones(size)])
    rows = rounded(rows + 0.5 * epsilon * numpy.arange(size))
    centred = rows - rows.mean(axis=0)
    values = numpy.linalg.svd(centred, compute_uv=False) ** 2
    return {"x": rows.tolist(), "ratio": (values / values.sum()).tolist()}


def distributions():
    share = [0.001, 0.01, 0.3, 0.5, 0.9, 0.99, 0.9999]
    return {"share": share, "normal": stats.norm.ppf(share).tolist(),
            "chi2": [[k, stats.chi2.ppf(share, k).tolist()] for k in (0.5, 1, 4, 32, 300)],
            "f": [[a, b, stats.f.ppf(share, a, b).tolist()] for a, b in ((1, 5), (4, 30), (12, 2000))]}


def partitions(random):
    out = []
    for n, a, b in ((60, 3, 4), (400, 7, 5), (500, 2, 30)):
        truth = random.integers(0, a, n)
        found = numpy.where(random.random(n) < 0.6, truth % b, random.integers(0, b, n))
        out.append({"truth": truth.tolist(), "found": found.tolist(),
                    "ami": metrics.adjusted_mutual_info_score(truth, found),
                    "nmi": metrics.normalized_mutual_info_score(truth, found),
                    "homogeneity": metrics.homogeneity_score(truth, found),
                    "completeness": metrics.completeness_score(truth, found),
                    "v": metrics.v_measure_score(truth, found)})
    return out


def validity(random):
    x = rounded(numpy.vstack([random.normal(c, 1, (70, 5)) for c in (0, 2, 5)]))
    labels = numpy.repeat(numpy.arange(3), 70)
    return {"x": x.tolist(), "labels": labels.tolist(), "silhouette": metrics.silhouette_score(x, labels),
            "davies_bouldin": metrics.davies_bouldin_score(x, labels),
            "calinski_harabasz": metrics.calinski_harabasz_score(x, labels)}


def ranking(random):
    truth = (random.random(300) < 0.2).astype(int)
    score = rounded(numpy.clip(numpy.round(0.3 * truth + 0.7 * random.random(300), 2), 0, 1))
    return {"truth": truth.tolist(), "score": score.tolist(), "auroc": metrics.roc_auc_score(truth, score),
            "auprc": metrics.average_precision_score(truth, score), "brier": metrics.brier_score_loss(truth, score),
            "isotonic": isotonic.IsotonicRegression(out_of_bounds="clip").fit(score, truth).predict(score).tolist()}


def preparation(random):
    x = rounded(numpy.hstack([random.lognormal(0, 1, (200, 1)), random.normal(3, 2, (200, 2))]))
    quantile = preprocessing.QuantileTransformer(n_quantiles=200, output_distribution="uniform").fit(x)
    wolf = covariance.LedoitWolf().fit(x)
    return {"x": x.tolist(), "quantile": quantile.transform(x).tolist(), "ledoit_wolf": wolf.covariance_.tolist(),
            "shrinkage": wolf.shrinkage_, "mahalanobis": wolf.mahalanobis(x).tolist()}


def main():
    random = numpy.random.default_rng(7)
    out = {"versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__},
           "lauchli": [lauchli(4, 1e-3), lauchli(6, 1e-4), lauchli(12, 3e-5)], "distributions": distributions(),
           "partitions": partitions(random), "validity": validity(random), "ranking": ranking(random),
           "preparation": preparation(random)}
    (DATA / "numerics.json").write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
