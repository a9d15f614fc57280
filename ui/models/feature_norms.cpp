// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_norms.h"

#include "ui/kit/text.h"
#include "ui/models/seen.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {

constexpr double kWorthSaying = 2;

double scaleOf(double value, bool logarithmic)
{
    return logarithmic ? std::log1p(std::max(value, 0.0)) : value;
}

float medianOf(std::vector<float> &values)
{
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

FeatureNorm normOf(std::vector<float> &values, bool logarithmic)
{
    FeatureNorm norm;
    norm.logarithmic = logarithmic;
    norm.values = values.size();
    if (values.empty()) {
        norm.median = norm.centre = std::numeric_limits<double>::quiet_NaN();
        norm.sigma = 1;
        return norm;
    }
    norm.median = double(medianOf(values));
    norm.centre = scaleOf(norm.median, logarithmic);
    double squares = 0;
    for (float &value : values) {
        value = float(std::abs(scaleOf(double(value), logarithmic) - norm.centre));
        squares += double(value) * double(value);
    }
    norm.sigma = 1.4826 * double(medianOf(values));
    // Half of all values are the same: a rare event is then as unusual as it is rare.
    if (!(norm.sigma > 0))
        norm.sigma = std::sqrt(squares / double(values.size()));
    // Never seen otherwise: anything else is beyond what can be told.
    norm.sigma = std::max(norm.sigma, 1e-6 * std::max(1.0, std::abs(norm.centre)));
    return norm;
}

/// @return nothing when asked to stop.
FeatureNorms::Norms compute(const feature::SampleLog::View &samples, std::size_t most,
                            const base::Progress &progress)
{
    const schema::Schema &schema = samples.schema();
    const std::size_t n = samples.rows(), step = (n + most - 1) / most;
    std::vector<std::vector<float>> columns(schema.size());
    for (std::size_t row = 0; row < n; row += step) {
        const auto values = samples.row(row);
        for (std::size_t c = 0; c < columns.size(); ++c)
            if (!schema::isMissing(values[c]))
                columns[c].push_back(values[c]);
    }
    auto norms = std::make_shared<std::vector<FeatureNorm>>();
    for (std::size_t c = 0; c < columns.size(); ++c) {
        if (progress.stop.stop_requested())
            return nullptr;
        norms->push_back(normOf(columns[c], schema[c].log1p));
    }
    return norms;
}

} // namespace

double FeatureNorm::sigmas(float value) const
{
    return schema::isMissing(value) || values == 0 ? 0.0
                                                   : (scaleOf(double(value), logarithmic) - centre) / sigma;
}

FeatureNorms &FeatureNorms::shared()
{
    static QPointer<FeatureNorms> norms;
    if (!norms)
        norms = new FeatureNorms(QCoreApplication::instance());
    return *norms;
}

FeatureNorms::Norms FeatureNorms::of(const feature::SampleLog::View &samples)
{
    const std::size_t n = samples.rows();
    if (n == 0)
        return std::make_shared<std::vector<FeatureNorm>>();
    const bool sameSession = m_norms && m_schema == samples.sharedSchema() && m_firstNs == samples.timeNs(0);
    const bool small = n <= kQuickRows;
    if (sameSession && (small ? n == m_rows : n < 2 * m_rows))
        return m_norms;
    if (!sameSession || small)
        m_norms = compute(samples, kQuickRows, {});
    m_schema = samples.sharedSchema();
    m_firstNs = samples.timeNs(0);
    m_rows = n;
    m_background.cancel();
    if (small)
        return m_norms;
    m_background.start([this, samples](const base::Progress &progress) -> Background::Finish {
        auto norms = compute(samples, kMostRows, progress);
        return [this, norms = std::move(norms)] {
            if (!norms)
                return;
            m_norms = norms;
            Q_EMIT refined();
        };
    });
    return m_norms;
}

std::vector<UnusualFeature> unusualFeaturesOf(const session::Snapshot &snapshot, std::size_t row, bool levels)
{
    std::vector<UnusualFeature> out;
    const auto norms = FeatureNorms::shared().of(snapshot.samples);
    if (row >= snapshot.samples.rows())
        return out;
    const auto values = snapshot.samples.row(row);
    const schema::Schema &schema = snapshot.samples.schema();
    for (std::size_t c = 0; c < norms->size(); ++c)
        if (!schema::isMissing(values[c]) && (levels || schema[c].kind != schema::FeatureKind::Level))
            out.push_back({int(c), (*norms)[c].sigmas(values[c])});
    std::stable_sort(out.begin(), out.end(), [](const UnusualFeature &a, const UnusualFeature &b) {
        return std::abs(a.sigmas) > std::abs(b.sigmas);
    });
    return out;
}

QString unusualFeatures(const session::Snapshot &snapshot, std::int64_t row, int most)
{
    QString text;
    if (row < 0 || std::size_t(row) >= snapshot.samples.rows())
        return text;
    const auto values = snapshot.samples.row(std::size_t(row));
    for (const UnusualFeature &unusual : unusualFeaturesOf(snapshot, std::size_t(row), false)) {
        if (most-- <= 0 || std::abs(unusual.sigmas) < kWorthSaying)
            break;
        const schema::Feature &feature = snapshot.samples.schema()[std::size_t(unusual.column)];
        if (!text.isEmpty())
            text += QStringLiteral("<br>");
        text += QStringLiteral("%1 <b>%2</b> (%3)")
                    .arg(qt(feature.title.empty() ? feature.key : feature.title).toHtmlEscaped(),
                         valueText(double(values[std::size_t(unusual.column)]), feature.unit),
                         sigmaText(unusual.sigmas));
        if (const feature::Seen *seen = seenOf(snapshot.samples, feature, std::size_t(row)))
            text += QStringLiteral("<br>&nbsp;&nbsp;<i>%1</i>").arg(estimateText(*seen));
    }
    return text;
}

QString sigmaText(double sigmas)
{
    const QString sign = sigmas < 0 ? QStringLiteral("−") : QStringLiteral("+");
    const double size = std::abs(sigmas);
    return size > 99 ? sign + QStringLiteral("99+ σ")
                     : QStringLiteral("%1%2 σ").arg(sign).arg(size, 0, 'f', 1);
}

} // namespace statescape::ui
