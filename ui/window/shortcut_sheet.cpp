// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/shortcut_sheet.h"

#include "ui/window/command_table.h"

#include <QDialog>
#include <QKeySequence>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {

QString rowsOf(const QString &menu)
{
    QString rows;
    for (const Command &command : commands()) {
        if (QString::fromLatin1(command.id).section(QLatin1Char('.'), 0, 0) != menu || !*command.shortcut)
            continue;
        QStringList keys;
        for (const QString &key :
             QString::fromLatin1(command.shortcut).split(QLatin1Char(' '), Qt::SkipEmptyParts))
            keys << QKeySequence(key, QKeySequence::PortableText)
                        .toString(QKeySequence::NativeText)
                        .toHtmlEscaped();
        rows +=
            QStringLiteral("<tr><td style='padding:1px 14px 1px 0'><b>%1</b></td><td>%2</td></tr>")
                .arg(keys.join(QStringLiteral(" &nbsp;")), QString::fromUtf8(command.tip).toHtmlEscaped());
    }
    return rows;
}

} // namespace

void showShortcutSheet(QWidget *parent)
{
    QString html;
    for (const MenuInfo &menu : menus()) {
        const QString rows = rowsOf(QString::fromLatin1(menu.id));
        if (rows.isEmpty())
            continue;
        const QString title =
            *menu.text ? QString::fromUtf8(menu.text).remove(QLatin1Char('&')) : QObject::tr("Label");
        html += QStringLiteral("<h4>%1</h4><table>%2</table>").arg(title, rows);
    }
    html += QObject::tr(
        "<h4>In the picture</h4><table>"
        "<tr><td style='padding-right:14px'><b>Ctrl, Alt, Ctrl+Alt</b></td><td>add to, remove from, keep "
        "within the selection</td></tr>"
        "<tr><td><b>Space</b></td><td>hold to move the picture while a lasso is open</td></tr>"
        "<tr><td><b>Esc</b></td><td>give up the lasso</td></tr>"
        "<tr><td><b>1 … 9</b></td><td>give the selection the class of that number</td></tr></table>"
        "<h4>In the time strip</h4><table>"
        "<tr><td style='padding-right:14px'><b>← →</b></td><td>move the cursor by a sample, with Ctrl by "
        "ten</td></tr>"
        "<tr><td><b>Shift+← →</b></td><td>select from where Shift was pressed</td></tr>"
        "<tr><td><b>Wheel, double click</b></td><td>zoom the time axis, show everything "
        "again</td></tr></table>");
    auto *dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QObject::tr("Keys"));
    auto *box = new QVBoxLayout(dialog);
    box->setContentsMargins(0, 0, 0, 0);
    auto *text = new QTextBrowser;
    text->setFrameShape(QFrame::NoFrame);
    text->setHtml(html);
    box->addWidget(text);
    dialog->resize(560, 640);
    dialog->show();
}

} // namespace statescape::ui
