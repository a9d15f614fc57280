// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/procfs/proc_reader.h"
#include "fuzz.h"

#include <array>
#include <filesystem>
#include <vector>

using namespace statescape;

namespace {
constexpr std::array kFiles{"stat",     "vmstat",       "meminfo",         "net/dev",
                            "net/snmp", "pressure/cpu", "pressure/memory", "pressure/io"};

/// A folder of links that look like /proc and end in files in memory.
class FakeProc {
public:
    FakeProc()
    {
        std::string name = "/tmp/statescape-fuzz-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        std::filesystem::create_directory(m_folder / "net");
        std::filesystem::create_directory(m_folder / "pressure");
        for (std::size_t i = 0; i < kFiles.size(); ++i)
            std::filesystem::create_symlink(m_files[i].path(), m_folder / kFiles[i]);
    }
    ~FakeProc() { std::filesystem::remove_all(m_folder); }
    FakeProc(const FakeProc &) = delete;
    FakeProc &operator=(const FakeProc &) = delete;
    /// @param text the files' texts in the order of kFiles, apart by a zero byte
    void fill(std::string_view text)
    {
        for (auto &file : m_files) {
            const auto end = text.find('\0');
            file.fill(text.substr(0, end));
            text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        }
    }
    [[nodiscard]] std::string path() const { return m_folder.string(); }

private:
    std::filesystem::path m_folder;
    std::array<fuzz::MemoryFile, kFiles.size()> m_files;
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static FakeProc proc;
    proc.fill(fuzz::textOf(data, size));
    auto reader = procfs::ProcReader::open(proc.path());
    constexpr std::uint64_t kUntouched = 0xfeedfacecafebeef;
    std::vector<std::uint64_t> slots(schema::slotWords(), kUntouched);
    const auto good = reader.read(~0U, slots);
    const auto again = reader.read(~0U, slots);
    fuzz::require((good & ~again) == 0, "what could be read can be read again");
    for (std::size_t slot = 0; slot < schema::kSlotCount; ++slot) {
        const auto &info = schema::info(static_cast<schema::Slot>(slot));
        if (schema::info(info.probe).origin == schema::ProbeOrigin::Bpf)
            fuzz::require(slots[schema::slotOffset(static_cast<schema::Slot>(slot))] == kUntouched,
                          "the kernel probes' slots stay untouched");
    }
    return 0;
}
