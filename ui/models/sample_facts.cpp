// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_facts.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/feature_norms.h"
#include "ui/models/seen.h"

#include <QBrush>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {
constexpr double kUsual = 2; // sigmas within which nobody need look
}

QString missingWords(schema::Missing reason)
{
    switch (reason) {
    case schema::Missing::NotSupported:
        return SampleFacts::tr("this kernel cannot give it");
    case schema::Missing::NoPermission:
        return SampleFacts::tr("no permission to read it");
    case schema::Missing::Warmup:
        return SampleFacts::tr("first interval, nothing to compare with");
    case schema::Missing::CounterReset:
        return SampleFacts::tr("the counter went down");
    case schema::Missing::NoEvents:
        return SampleFacts::tr("no events in this interval");
    case schema::Missing::Suspended:
        return SampleFacts::tr("the machine slept meanwhile");
    case schema::Missing::CpusChanged:
        return SampleFacts::tr("a CPU went on- or offline");
    case schema::Missing::Disabled:
        return SampleFacts::tr("its probe was off");
    case schema::Missing::Shed:
        return SampleFacts::tr("its probe was shed to stay within the budget");
    case schema::Missing::Unknown:
        break;
    }
    return SampleFacts::tr("missing, no reason given");
}

void SampleFacts::update(const session::Snapshot &snapshot, std::size_t row)
{
    m_schema = snapshot.samples.sharedSchema();
    const auto values = snapshot.samples.row(row);
    const auto norms = FeatureNorms::shared().of(snapshot.samples);
    std::vector<FactRow> rows;
    for (std::size_t c = 0; c < m_schema->size(); ++c) {
        FactRow fact{int(c), values[c], (*norms)[c].median, (*norms)[c].sigmas(values[c])};
        if (const feature::Seen *seen = seenOf(snapshot.samples, (*m_schema)[c], row))
            fact.seen = *seen;
        rows.push_back(std::move(fact));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const FactRow &a, const FactRow &b) {
        const bool aMissing = schema::isMissing(a.value), bMissing = schema::isMissing(b.value);
        return aMissing != bMissing ? bMissing : std::abs(a.sigmas) > std::abs(b.sigmas);
    });
    replace(std::move(rows));
}

QString SampleFacts::toTsv() const
{
    QString text = QStringLiteral("feature\tvalue\tunit\tmedian\tsigmas\tseen\terror\n");
    for (const FactRow &row : rows()) {
        const schema::Feature &feature = (*m_schema)[std::size_t(row.column)];
        const bool missing = schema::isMissing(row.value);
        const QString value = missing ? qt(schema::missingKey(schema::missingReason(row.value)))
                                      : QString::number(double(row.value), 'g', 9);
        text += QStringList{qt(feature.key),
                            value,
                            qt(base::unitKey(feature.unit)),
                            std::isfinite(row.median) ? QString::number(row.median, 'g', 9) : QString(),
                            missing ? QString() : QString::number(row.sigmas, 'f', 2),
                            row.seen ? QString::number(double(row.seen->share), 'g', 4) : QStringLiteral("1"),
                            !row.seen             ? QStringLiteral("0")
                            : row.seen->error < 0 ? QString()
                                                  : QString::number(double(row.seen->error), 'g', 4)}
                    .join(QLatin1Char('\t')) +
                QLatin1Char('\n');
    }
    return text;
}

QVariant SampleFacts::data(const QModelIndex &index, int role) const
{
    const FactRow *row = rowAt(index);
    if (!row || !m_schema)
        return {};
    const schema::Feature &feature = (*m_schema)[std::size_t(row->column)];
    const QString title = qt(feature.title.empty() ? feature.key : feature.title);
    const bool missing = schema::isMissing(row->value);
    const QString words = missing ? missingWords(schema::missingReason(row->value)) : QString();
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case 0:
            return missing     ? title + QStringLiteral(" · ") + words
                   : row->seen ? title + QStringLiteral(" · ") + estimateText(*row->seen)
                               : title;
        case 1:
            return missing ? QStringLiteral("–") : valueText(double(row->value), feature.unit);
        case 2:
            return valueText(row->median, feature.unit);
        default:
            return missing ? QString() : sigmaText(row->sigmas);
        }
    case kKeyRole:
        return qt(feature.key);
    case Qt::ToolTipRole:
        return tr("<b>%1</b> = %2, median of the session %3<br>%4")
                   .arg(qt(feature.key).toHtmlEscaped(),
                        missing ? tr("missing: %1").arg(words) : valueText(double(row->value), feature.unit),
                        valueText(row->median, feature.unit), qt(feature.description).toHtmlEscaped()) +
               (row->seen
                    ? QStringLiteral("<p>%1: %2</p>")
                          .arg(missing
                                   ? tr("Its probe saw %1")
                                         .arg(seenText(double(row->seen->share), double(row->seen->error)))
                                   : estimateText(*row->seen),
                               samplingExplained())
                    : QString());
    case Qt::AccessibleTextRole:
        return missing ? tr("%1 missing: %2").arg(title, words)
                       : tr("%1 %2, median %3, %4")
                                 .arg(title, valueText(double(row->value), feature.unit),
                                      valueText(row->median, feature.unit), sigmaText(row->sigmas)) +
                             (row->seen ? QStringLiteral(", ") + estimateText(*row->seen) : QString());
    case Qt::ForegroundRole:
        return missing || std::abs(row->sigmas) < kUsual || index.column() == 2
                   ? QVariant(QBrush(currentTheme().muted))
                   : QVariant();
    case Qt::FontRole:
        return index.column() > 0 ? QVariant(figureFont()) : QVariant();
    case Qt::TextAlignmentRole:
        return int((index.column() > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant SampleFacts::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == 2)
        return tr("Median of the session, from samples spread evenly over it");
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("feature"), tr("value"), tr("usual"), tr("unusual by")};
    return section >= 0 && section < 4 ? names[section] : QString();
}

} // namespace statescape::ui
