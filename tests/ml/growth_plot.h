// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace statescape::bench {

struct Curve {
    std::string name;
    int which = 0;                                 ///< number of the algorithm: colour and mark
    std::vector<std::pair<double, double>> points; ///< rows, ms
};

struct Panel {
    std::string title;
    std::vector<Curve> curves;
};

/// Draws time over rows, both as logarithms, panels side by side.
class GrowthPlot {
public:
    explicit GrowthPlot(std::vector<Panel> panels)
        : m_panels(std::move(panels))
    {}

    /// @return a standalone SVG.
    std::string svg()
    {
        const double width = kLeft + static_cast<double>(m_panels.size()) * (kSide + kGap) - kGap + kLabels;
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" "
            "fill=\"white\"/>\n",
            width, kTop + kSide + kBottom, width, kTop + kSide + kBottom);
        for (std::size_t p = 0; p < m_panels.size(); ++p) {
            m_left = kLeft + static_cast<double>(p) * (kSide + kGap);
            frame(m_panels[p], p == 0);
            for (const auto &curve : m_panels[p].curves)
                draw(curve);
        }
        legend();
        m_svg += "</svg>\n";
        return m_svg;
    }

private:
    static constexpr double kSide = 300, kGap = 36, kLeft = 64, kTop = 30, kBottom = 46, kLabels = 150;
    static constexpr double kLeastRows = 3, kMostRows = 6, kLeastMs = -2, kMostMs = 5; ///< powers of ten
    /// Okabe & Ito.
    static constexpr std::array<const char *, 7> kColours{"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                          "#CC79A7", "#56B4E9", "#000000"};

    template <class... T>
    void add(const char *format, T... values)
    {
        char text[512];
        std::snprintf(text, sizeof text, format, values...);
        m_svg += text;
    }

    [[nodiscard]] double x(double rows) const
    {
        return m_left + kSide * (std::log10(rows) - kLeastRows) / (kMostRows - kLeastRows);
    }
    [[nodiscard]] static double y(double ms)
    {
        return kTop + kSide * (1 - (std::log10(ms) - kLeastMs) / (kMostMs - kLeastMs));
    }

    void frame(const Panel &panel, bool first)
    {
        static constexpr std::array<const char *, 8> kTimes{"0.01 ms", "0.1 ms", "1 ms", "10 ms",
                                                            "100 ms",  "1 s",    "10 s", "100 s"};
        static constexpr std::array<const char *, 4> kRows{"1,000", "10,000", "100,000", "1,000,000"};
        for (std::size_t t = 0; t < kTimes.size(); ++t) {
            const double at = y(std::pow(10, kLeastMs + static_cast<double>(t)));
            add("<line x1=\"%g\" y1=\"%g\" x2=\"%g\" y2=\"%g\" stroke=\"#ddd\"/>\n", m_left, at,
                m_left + kSide, at);
            if (first)
                add("<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%s</text>\n", m_left - 6, at + 4, kTimes[t]);
        }
        for (std::size_t r = 0; r < kRows.size(); ++r) {
            const double at = x(std::pow(10, kLeastRows + static_cast<double>(r)));
            add("<line x1=\"%g\" y1=\"%g\" x2=\"%g\" y2=\"%g\" stroke=\"#ddd\"/>\n", at, kTop, at,
                kTop + kSide);
            const char *anchor = r == 0 ? "start" : r + 1 == kRows.size() ? "end" : "middle";
            add("<text x=\"%g\" y=\"%g\" text-anchor=\"%s\">%s</text>\n", at, kTop + kSide + 16, anchor,
                kRows[r]);
        }
        add("<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">rows</text>\n", m_left + kSide / 2,
            kTop + kSide + 36);
        add("<text x=\"%g\" y=\"%g\" font-weight=\"bold\">%s</text>\n", m_left, kTop - 10,
            panel.title.c_str());
    }

    void mark(double atX, double atY, int which)
    {
        const char *colour = kColours[static_cast<std::size_t>(which) % kColours.size()];
        switch (which % 3) {
        case 0:
            add("<circle cx=\"%g\" cy=\"%g\" r=\"3.5\" fill=\"%s\"/>\n", atX, atY, colour);
            return;
        case 1:
            add("<rect x=\"%g\" y=\"%g\" width=\"7\" height=\"7\" fill=\"%s\"/>\n", atX - 3.5, atY - 3.5,
                colour);
            return;
        default:
            add("<path d=\"M%g %g l4 7 h-8 z\" fill=\"%s\"/>\n", atX, atY - 4.5, colour);
        }
    }

    void draw(const Curve &curve)
    {
        std::string path;
        for (const auto &[rows, ms] : curve.points) {
            char text[64];
            std::snprintf(text, sizeof text, "%s%.1f %.1f", path.empty() ? "M" : " L", x(rows), y(ms));
            path += text;
        }
        m_svg += "<path d=\"" + path + "\" fill=\"none\" stroke-width=\"1.5\" stroke=\"" +
                 kColours[static_cast<std::size_t>(curve.which) % kColours.size()] + "\"/>\n";
        for (const auto &[rows, ms] : curve.points)
            mark(x(rows), y(ms), curve.which);
    }

    /// Beside the last panel, in the order of what costs most there.
    void legend()
    {
        if (m_panels.empty())
            return;
        auto curves = m_panels.back().curves;
        std::sort(curves.begin(), curves.end(), [](const Curve &a, const Curve &b) {
            return a.points.back().second / a.points.back().first >
                   b.points.back().second / b.points.back().first;
        });
        double at = kTop + 10;
        for (const auto &curve : curves) {
            mark(m_left + kSide + 16, at - 4, curve.which);
            add("<text x=\"%g\" y=\"%g\">%s</text>\n", m_left + kSide + 26, at, curve.name.c_str());
            at += 20;
        }
    }

    std::vector<Panel> m_panels;
    double m_left = kLeft;
    std::string m_svg;
};

} // namespace statescape::bench
