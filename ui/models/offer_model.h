// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/hook_search.h"
#include "ui/models/rows_model.h"

namespace statescape::ui {

/// What was found to probe, best first: name and what it is.
class OfferModel : public RowsModel<session::Offer> {
public:
    enum Column { kName, kPlace, kColumns };
    explicit OfferModel(QObject *parent = nullptr)
        : RowsModel(kColumns, parent)
    {}
    void set(std::vector<session::Offer> offers) { replace(std::move(offers)); }
    [[nodiscard]] const session::Offer *at(const QModelIndex &index) const { return rowAt(index); }
    QVariant data(const QModelIndex &index, int role) const override;
};

/// @return how many were found, or what to type, or which lists could not be read, as rich text.
QString foundText(const session::HookQuery &query, const session::Offers &offers);

} // namespace statescape::ui
