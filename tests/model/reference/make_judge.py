#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/model/data/judge.json: what scikit-learn's GaussianMixture.predict_proba says of the numbers of portable.h.

Development only; needs python3-sklearn. Run it from anywhere; it writes beside itself.
"""
import json
import pathlib

import numpy
import scipy
import sklearn
from sklearn.mixture import GaussianMixture

from make_explain import DATA, portable

CASES = [
    # seed, rows, columns, components, spread of the factors, rows are this wide
    (1, 60, 2, 3, 0.5, 6.0),
    (2, 60, 5, 4, 1.0, 4.0),
    (3, 40, 17, 3, 0.6, 3.0),
    (4, 40, 33, 2, 0.3, 3.0),
    # far from everything, where densities underflow
    (5, 40, 4, 3, 1.0, 1000.0),
]


def case(seed, rows, columns, components, spread, width):
    x = ((portable(seed, numpy.arange(rows), numpy.arange(columns)) - 0.5) * width).astype(numpy.float32)
    means = ((portable(seed + 100, numpy.arange(components), numpy.arange(columns)) - 0.5) * 4).astype(numpy.float32)
    weights = 0.5 + portable(seed + 200, numpy.arange(components), numpy.arange(1))[:, 0]
    weights /= weights.sum()
    factors = numpy.zeros((components, columns, columns), dtype=numpy.float32)
    for c in range(components):
        u = portable(seed + 300 + c, numpy.arange(columns), numpy.arange(columns)) - 0.5
        factors[c] = numpy.tril(spread * u, -1) + numpy.diag(0.5 + 2 * numpy.abs(numpy.diag(u)))
    mixture = GaussianMixture(components, covariance_type="full")
    mixture.weights_ = weights
    mixture.means_ = means.astype(numpy.float64)
    # Our factor times a row is a row times its transpose: what scikit-learn calls the Cholesky factor of the precision.
    mixture.precisions_cholesky_ = factors.astype(numpy.float64).transpose(0, 2, 1).copy()
    shares = mixture.predict_proba(x.astype(numpy.float64))
    distance = [[float(numpy.linalg.norm(factors[c].astype(numpy.float64) @ (row.astype(numpy.float64) - means[c]))) for c in range(components)]
                for row in x]
    return {"seed": seed, "rows": rows, "columns": columns, "components": components, "spread": spread, "width": width,
            "weights": weights.tolist(), "shares": shares.tolist(), "distances": distance}


def main():
    out = {"versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__},
           "cases": [case(*one) for one in CASES]}
    (DATA / "judge.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
