// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace statescape::ml {

/// Two-sided p of the Mann-Whitney test by the normal approximation, with tie and continuity correction:
/// for whole, independent samples the figure scipy.stats.mannwhitneyu(method="asymptotic") gives.
/// @param superiority P(a > b) + P(a = b) / 2 over all pairs, 0..1
/// @param countA, countB how many independent samples each side is worth, above 0; may be fractions
/// @param ties sum of t^3 - t over groups of t equal values, divided by N^3 - N; 0..1
/// @param freedom degrees of freedom with which the counts are known; infinite when they are. Fewer make
/// tails heavier, as Student's t has them.
/// @return 0..1; 1 when all values are equal
/// @source Mann & Whitney 1947; Lehmann, Nonparametrics (1975), section 1.4; t as normal: Wallace 1959
double mannWhitneyP(double superiority, double countA, double countB, double ties,
                    double freedom = std::numeric_limits<double>::infinity());

/// Each p corrected for the number of them: the smallest false discovery rate at which it would be reported.
/// @param p 0..1 each @return as many, in the same order, each at least its p
/// @source Benjamini & Hochberg 1995, the step-up rule as adjusted p
std::vector<double> benjaminiHochberg(std::span<const double> p);

/// @param freedom degrees, 1 and above @return 97.5 % quantile of Student's t, to 1 %.
/// @source Abramowitz & Stegun 26.7.5
double studentQuantile(std::size_t freedom);

} // namespace statescape::ml
