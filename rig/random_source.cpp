#include "rig/random_source.h"

#include <cmath>

namespace bmsrig {

namespace {

/// FNV-1a, 64 bit.
std::uint64_t hash(std::string_view text, std::uint64_t state) {
    for (const char letter : text) {
        state = (state ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
    }
    return state;
}

/// The finaliser of SplitMix64: neighbouring seeds and channels give keys that have nothing in
/// common.
std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
}

}  // namespace

RandomSource::RandomSource(std::uint64_t seed, std::string_view name, int channel,
                           std::string_view purpose) {
    constexpr std::uint64_t offset_basis = 0xcbf29ce484222325ULL;
    const std::uint64_t names = hash(purpose, mix(hash(name, offset_basis)));
    key_ = mix(mix(mix(seed) ^ names) ^ static_cast<std::uint64_t>(channel));
}

std::uint64_t RandomSource::draw() {
    if (!generator_) generator_ = std::make_unique<std::mt19937_64>(key_);
    return (*generator_)();
}

double RandomSource::symmetric() {
    constexpr double steps = 9007199254740992.0;  // 2^53: what a double holds exactly
    return 2 * (static_cast<double>(draw() >> 11U) / steps) - 1;
}

double RandomSource::noise() {
    // The sum of twelve even numbers has variance 1 in units of their range (Irwin-Hall). In
    // integers it is exact, while a logarithm or cosine may differ in its last bit between
    // machines.
    constexpr unsigned lanes = 4;
    constexpr unsigned lane_bits = 16;
    constexpr double range = 65536;
    for (;;) {
        std::uint64_t sum = 0;
        for (unsigned i = 0; i < 12 / lanes; ++i) {
            const std::uint64_t bits = draw();
            for (unsigned lane = 0; lane < lanes; ++lane)
                sum += (bits >> (lane * lane_bits)) & 0xffffU;
        }
        const double deviation = (static_cast<double>(sum) - 12 * (range - 1) / 2) / range;
        if (std::abs(deviation) <= noise_bound) return deviation;
    }
}

}  // namespace bmsrig
