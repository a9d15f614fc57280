// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

/// Feeds every file of the folders named to the target: the corpus as a test, without a fuzzer.
int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; ++i)
        for (const auto &entry : std::filesystem::directory_iterator(argv[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
            // On the heap and exactly as long, so that a sanitizer sees the first byte read too far.
            const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
            std::fprintf(stderr, "%s\n", entry.path().c_str());
            LLVMFuzzerTestOneInput(input.data(), input.size());
            ++files;
        }
    std::printf("%d inputs\n", files);
    return files > 0 ? 0 : 1;
}
