// Random numbers of an instrument or a step: the same on every machine, and independent of every
// other one's.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string_view>

namespace bmsrig {

/// One stream of random numbers, decided by the seed, the name of whoever draws, the channel and
/// what it is for alone. The generator is std::mt19937_64, whose numbers the C++ standard lays
/// down; the distributions are our own, since those of the standard library differ from one library
/// to another.
class RandomSource {
  public:
    /// No draw of noise() lies further from zero than this.
    static constexpr double noise_bound = 4;

    RandomSource(std::uint64_t seed, std::string_view name, int channel, std::string_view purpose);

    /// Evenly spread over -1 .. 1.
    double symmetric();
    /// Bell-shaped, mean 0, standard deviation 1, never beyond +/-noise_bound.
    double noise();

  private:
    std::uint64_t draw();

    std::uint64_t key_;
    std::unique_ptr<std::mt19937_64>
        generator_;  // made at the first draw: most channels of most tests never draw
};

}  // namespace bmsrig
