// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/hook_search.h"
#include "core/session/probe_trial.h"

#include <QString>

namespace statescape::ui {

/// @return whether it can be done here, with a sign in front, as rich text.
QString verdictText(const session::ProbePreview &preview);
/// @return what is hooked, what that needs and what it may cost, as rich text.
QString previewText(const session::ProbePreview &preview);
/// @return rate, cost and losses of a trial, or why it failed, as rich text.
QString trialText(const session::TrialReport &report);
/// @return the words of a command line that ask for this probe.
QString commandLineText(const std::string &probe);

} // namespace statescape::ui
