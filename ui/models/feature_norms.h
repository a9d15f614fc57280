// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/background.h"

#include <QString>

#include <cstdint>
#include <memory>
#include <vector>

namespace statescape::ui {

/// What is usual for one feature in this session.
struct FeatureNorm {
    double median = 0;        ///< in the feature's unit; NaN where it is always missing
    double centre = 0;        ///< the median on the scale models see: log1p where heavy-tailed
    double sigma = 0;         ///< robust sigma on that scale, above 0: 1.4826 MAD, or the standard
                              ///< deviation where half of all values are equal
    bool logarithmic = false; ///< that scale is log1p
    std::size_t values = 0;   ///< looked at

    /// @return how many robust sigmas @p value is above (below: negative) the median; 0 when missing.
    [[nodiscard]] double sigmas(float value) const;
};

/// Medians and spreads of a session, one per column: at once from kQuickRows rows spread evenly over it, then
/// from kMostRows on a thread of its own. Asked anew when the session has doubled; in between asking costs
/// nothing. @thread GUI
class FeatureNorms : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t kQuickRows = 192;   ///< 2 ms for 89 features; sigmas within some 10 %
    static constexpr std::size_t kMostRows = 20'000; ///< within 1 %
    using Norms = std::shared_ptr<const std::vector<FeatureNorm>>;

    explicit FeatureNorms(QObject *parent = nullptr)
        : QObject(parent)
    {}
    /// @return one norm per column, never null; empty without samples.
    Norms of(const feature::SampleLog::View &samples);
    /// The one of the application; lives as long as it.
    static FeatureNorms &shared();

Q_SIGNALS:
    void refined(); ///< of() answers more exactly now

private:
    Background m_background;
    Norms m_norms;
    std::shared_ptr<const schema::Schema> m_schema; ///< whose they are
    std::uint64_t m_firstNs = 0;
    std::size_t m_rows = 0; ///< the session had when asked
};

/// A feature of one sample and how unusual it is.
struct UnusualFeature {
    int column = 0;
    double sigmas = 0; ///< signed
};
/// @return features of @p row that are not missing, most unusual first. @param levels with those that drift
/// by nature (FeatureKind::Level)
std::vector<UnusualFeature> unusualFeaturesOf(const session::Snapshot &snapshot, std::size_t row,
                                              bool levels);

/// @return for a tooltip, rich text, a line each: "block queue p99 50 ms (+12.3 σ)"; empty when nothing is
/// beyond 2 σ.
QString unusualFeatures(const session::Snapshot &snapshot, std::int64_t row, int most = 5);

/// @return "+14.1 σ", "−3.1 σ", "+99+ σ" beyond 99, where the spread of the rest is nearly nothing.
QString sigmaText(double sigmas);

} // namespace statescape::ui
