// What the fuzz targets have in common.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "drivers/rs485/frame.h"

namespace bmsrig::rs485 {

/// Ends the run with what does not hold, so that the fuzzer keeps the input.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", property);
    std::abort();
}

/// Every frame in these bytes, found in the plainest way: whatever encodes to what stands there.
inline std::vector<std::vector<Byte>> frames_found_plainly(std::span<const Byte> bytes) {
    std::vector<std::vector<Byte>> frames;
    for (std::size_t at = 0; at + frame_overhead <= bytes.size();) {
        const std::size_t size = bytes[at + 3] + frame_overhead;
        std::size_t step = 1;
        if (bytes[at] == frame_begin && at + size <= bytes.size()) {
            const std::span<const Byte> there = bytes.subspan(at, size);
            const EncodedFrame again =
                encode({there[1], there[2], there.subspan(4, size - frame_overhead)});
            if (std::equal(there.begin(), there.end(), again.bytes().begin())) {
                frames.emplace_back(there.begin(), there.end());
                step = size;
            }
        }
        at += step;
    }
    return frames;
}

}  // namespace bmsrig::rs485
