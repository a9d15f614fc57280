// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/pixel_kernels.h"
#include "ui/point_view/raster.h"

#include <cstdlib>
#include <cstring>

namespace statescape::ui {

/// Memory that is all 0 and of which pages nobody writes to are never made.
template <class T>
class ZeroPages {
public:
    void allocate(std::size_t count)
    {
        m_memory.reset();
        m_memory.reset(std::calloc(count * sizeof(T) + 64, 1));
        const auto address = reinterpret_cast<std::uintptr_t>(m_memory.get());
        m_data = reinterpret_cast<T *>((address + 63) & ~std::uintptr_t(63));
    }
    [[nodiscard]] T *data() const { return m_data; }

private:
    struct Free {
        void operator()(void *p) const { std::free(p); }
    };
    std::unique_ptr<void, Free> m_memory;
    T *m_data = nullptr;
};

/// One thread's images: a depth image of each class, and counts and hue sums for density.
struct Raster::Images {
    ZeroPages<std::uint32_t> cells; ///< image after image, the counts last
    ZeroPages<HueSum> hue;
    std::vector<std::uint8_t> dirty; ///< one a tile of every image
    bool anyDirty = false;

    void allocate(std::size_t tilesPerImage, std::size_t images)
    {
        cells.allocate((tilesPerImage * images) << kTileShift);
        hue.allocate(tilesPerImage * kHueCells);
        dirty.assign(tilesPerImage * images, 0);
        anyDirty = false;
    }
    void clear(std::size_t tilesPerImage)
    {
        if (!anyDirty)
            return;
        const std::size_t counts = dirty.size() - tilesPerImage;
        for (std::size_t t = 0; t < dirty.size(); ++t) {
            if (!dirty[t])
                continue;
            std::memset(cells.data() + (t << kTileShift), 0, kTileCells * sizeof(std::uint32_t));
            if (t >= counts)
                std::memset(hue.data() + (t - counts) * kHueCells, 0, kHueCells * sizeof(HueSum));
            dirty[t] = 0;
        }
        anyDirty = false;
    }
};

} // namespace statescape::ui
