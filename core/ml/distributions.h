// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace statescape::ml {

/// Shares and quantiles of the usual distributions, to about 1e-12. Arguments outside the domain give NaN.
/// @source DLMF 8 (gamma and beta functions by series and continued fractions)

/// @return share of a standard normal below @p z.
double normalShare(double z);
/// @param share 0..1, both exclusive
double normalQuantile(double share);
/// @param freedom > 0
double chiSquaredShare(double value, double freedom);
double chiSquaredQuantile(double share, double freedom);
/// @param above, below degrees of freedom of numerator and denominator, > 0
double fShare(double value, double above, double below);
double fQuantile(double share, double above, double below);

} // namespace statescape::ml
