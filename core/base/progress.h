// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

namespace statescape::base {

/// How a long job tells how far it is and learns that it should stop. Both parts may be empty.
struct Progress {
    std::stop_token stop;
    std::function<void(double fraction, std::string_view stage)>
        report; ///< fraction 0..1; called on the job's thread

    [[nodiscard]] bool stopped() const { return stop.stop_requested(); }
    void at(double fraction, std::string_view stage) const
    {
        if (report)
            report(fraction, stage);
    }
};

} // namespace statescape::base
