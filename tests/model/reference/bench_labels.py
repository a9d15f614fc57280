# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Balanced accuracy of scikit-learn's classifiers on the draws of bench_labels.
# bench_labels.py FILE ROWS COLUMNS DRAWS; the file holds float32: samples, classes, fitted or not, then for each draw the
# labels given (-1 none) and which rows are judged. Prints one object: per method a value per draw.
import json
import sys
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelSpreading

warnings.simplefilter("ignore")
rows, columns, draws = map(int, sys.argv[2:5])
values = np.fromfile(sys.argv[1], dtype=np.float32)
z = values[: rows * columns].reshape(rows, columns)
rest = values[rows * columns:].reshape(2 + 2 * draws, rows).astype(int)
truth, fitted = rest[0], rest[1] == 1


def recall(answer, judged):
    return float(np.mean([np.mean(answer[judged & (truth == c)] == c) for c in np.unique(truth[judged])]))


out = {"nn": [], "spreading": [], "logistic": []}
for draw in range(draws):
    given, judged = rest[2 + 2 * draw], rest[3 + 2 * draw] == 1
    known = given >= 0
    out["nn"].append(recall(KNeighborsClassifier(1).fit(z[known], given[known]).predict(z), judged))
    out["logistic"].append(recall(LogisticRegression(max_iter=300).fit(z[known], given[known]).predict(z), judged))
    spread = LabelSpreading(kernel="knn", n_neighbors=7, max_iter=100).fit(z[fitted], given[fitted])
    out["spreading"].append(recall(spread.predict(z), judged))
print(json.dumps(out))
