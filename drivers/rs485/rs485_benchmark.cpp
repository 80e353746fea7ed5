// Bytes of valid frames decoded per second on one core, beside its limit and beside memcpy of the
// same bytes, in the same run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "drivers/rs485/decoder.h"
#include "drivers/rs485/golden.h"

namespace {

using namespace bmsrig::rs485;

constexpr double limit = 500e6;  // bytes a second
constexpr std::size_t block = 1U << 20U;
constexpr int blocks = 2;
constexpr int rounds = 300;  // short ones: between two of the scheduler's turns

double seconds(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The best of some rounds: the others were disturbed.
double best_rate(const std::function<void()>& work) {
    double best = 0;
    for (int round = 0; round < rounds; ++round)
        best = std::max(best, static_cast<double>(block) * blocks / seconds(work));
    return best;
}

/// A block of the same frames over and over, whole ones only.
std::vector<Byte> stream(const std::vector<std::vector<Byte>>& frames) {
    std::vector<Byte> bytes;
    for (std::size_t i = 0; bytes.size() + longest_frame < block; ++i) {
        const std::vector<Byte>& frame = frames[i % frames.size()];
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    bytes.resize(block);  // the rest is no frame
    return bytes;
}

/// Decodes in pieces of this size, cut without regard to frames.
double decode_rate(const std::vector<Byte>& bytes, std::size_t piece) {
    std::uint64_t payload = 0;
    std::uint64_t dropped = 0;
    const double rate = best_rate([&] {
        Decoder decoder;
        for (int i = 0; i < blocks; ++i) {
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                decoder.received({bytes.data() + at, std::min(piece, bytes.size() - at)}, Time{0},
                                 [&](const Frame& frame) { payload += frame.payload.size(); });
            }
        }
        dropped = decoder.counts().dropped_bytes;
    });
    if (payload == 0 || dropped > longest_frame * blocks) std::puts("frames were lost");
    return rate;
}

void report(const char* name, double rate, double copy) {
    std::printf("%-38s %7.0f MB/s = %5.2f x the limit of 500 MB/s = %.3f x memcpy%s\n", name,
                rate / 1e6, rate / limit, rate / copy, rate < limit ? "   MISSED" : "");
}

}  // namespace

int main() {
    const std::vector<Byte> payload(64, 0x55);  // what is hardest to tell from a frame's beginning
    const EncodedFrame cells = encode({0, 1, payload});
    const std::vector<std::vector<Byte>> poll{
        golden("28"),
        golden("LCD1 data 3.3;3.35;-12.5;25;53.2;0.71;0.98"),
        golden("8"),
        golden("LCD3 data minBMS1 cell5 maxBMS1 cell12 maxTempBMS1 sensor2 Ah=280 (BE)"),
        golden("1"),
        {cells.bytes().begin(), cells.bytes().end()},
        golden("1"),
        golden("PTEM data 2 sensors"),
        golden("4"),
        golden("ERRO none")};
    const std::vector<Byte> answers = stream(poll);
    const std::vector<Byte> queries = stream({golden("LCD1?"), golden("CMAX?")});

    std::vector<Byte> copied(block);
    const double copy = best_rate([&] {
        for (int i = 0; i < blocks; ++i) {
            std::memcpy(copied.data(), answers.data(), block);
            asm volatile("" : : "r"(copied.data()) : "memory");  // it is not left out
        }
    });
    std::printf("memcpy: %.0f MB/s\n", copy / 1e6);
    report("the answers of a poll, 4 KiB at a time", decode_rate(answers, 4096), copy);
    report("the answers of a poll, 61 at a time", decode_rate(answers, 61), copy);
    report("queries of 12 bytes, 4 KiB at a time", decode_rate(queries, 4096), copy);
}
