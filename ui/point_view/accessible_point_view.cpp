// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/accessible_point_view.h"

#include "ui/point_view/point_view.h"

#include <QLocale>
#include <QTextDocumentFragment>

namespace statescape::ui {
namespace {

QAccessibleInterface *make(const QString &, QObject *object)
{
    auto *view = qobject_cast<PointView *>(object);
    return view ? new AccessiblePointView(view) : nullptr;
}

/// Read out, so without its markup.
QString plain(const QString &text)
{
    return Qt::mightBeRichText(text) ? QTextDocumentFragment::fromHtml(text).toPlainText() : text;
}

} // namespace

AccessiblePointView::AccessiblePointView(PointView *view)
    : QAccessibleWidget(view, QAccessible::Chart)
{}

PointView *AccessiblePointView::view() const
{
    return static_cast<PointView *>(widget());
}

QString AccessiblePointView::description() const
{
    const auto points = view()->points();
    const std::size_t shown = points ? points->size() - std::min(points->first, points->size()) : 0;
    if (shown == 0)
        return PointView::tr("no points yet");
    const RowMaskPtr selection = view()->selection();
    const QLocale locale;
    QStringList parts;
    if (const QString at = plain(view()->textOf(view()->cursorRow())); !at.isEmpty())
        parts << PointView::tr("at %1").arg(at);
    // The owner may have said how many already, and in better words.
    if (const QString own = view()->accessibleDescription(); !own.isEmpty()) {
        parts << own;
    } else {
        parts << PointView::tr("%1 points shown").arg(locale.toString(qulonglong(shown)));
        parts << PointView::tr("%1 selected")
                     .arg(locale.toString(qulonglong(selection ? countRows(*selection) : 0)));
    }
    parts << (view()->densityShown() ? PointView::tr("as density") : PointView::tr("as marks"));
    if (view()->slab())
        parts << PointView::tr("depth slab on");
    return parts.join(QStringLiteral(", "));
}

QString AccessiblePointView::text(QAccessible::Text kind) const
{
    switch (kind) {
    case QAccessible::Description:
        return description();
    case QAccessible::Value:
        return plain(view()->textOf(view()->cursorRow()));
    case QAccessible::Help:
        return PointView::tr(
            "K goes from point to point with the arrow keys, Page Up and Page Down go back and "
            "on in time, Enter selects");
    default:
        return QAccessibleWidget::text(kind);
    }
}

QAccessible::State AccessiblePointView::state() const
{
    QAccessible::State state = QAccessibleWidget::state();
    state.busy = !view()->isSettled();
    state.selected = view()->cursorRow() >= 0;
    return state;
}

void installAccessiblePointView()
{
    static const bool once = (QAccessible::installFactory(make), true);
    Q_UNUSED(once)
}

} // namespace statescape::ui
