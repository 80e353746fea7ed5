#include "drivers/virtual_serial_adapter/uart.h"

namespace bmsrig {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

/// The level on the wire, by time in units of half a sampled bit times the rate it was sent at.
class Wire {
  public:
    explicit Wire(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::int64_t bits() const {
        return static_cast<std::int64_t>(bytes_.size()) * bits_per_byte;
    }
    /// Idle is high.
    [[nodiscard]] bool bit(std::int64_t index) const {
        if (index < 0 || index >= bits()) return true;
        const auto byte = static_cast<std::size_t>(index / bits_per_byte);
        const auto place = static_cast<unsigned>(index % bits_per_byte);
        if (place == 0) return false;
        return place == bits_per_byte - 1 || (bytes_[byte] >> (place - 1) & 1U) != 0;
    }

  private:
    std::span<const std::uint8_t> bytes_;
};

}  // namespace

std::vector<SampledByte> sample_bytes(std::span<const std::uint8_t> bytes, std::uint32_t sent_at,
                                      std::uint32_t sampled_at) {
    const Wire wire(bytes);
    const std::int64_t tx = sent_at;
    const std::int64_t rx = sampled_at;
    std::vector<SampledByte> found;
    for (std::int64_t edge = 0; edge < wire.bits();) {
        if (wire.bit(edge) || !wire.bit(edge - 1)) {  // no falling edge
            ++edge;
            continue;
        }
        // `half` halves of a sampled bit after the edge, which lies edge / tx s after the start.
        const auto at = [&](std::int64_t half) { return wire.bit(edge + half * tx / (2 * rx)); };
        SampledByte sampled;
        for (int i = 0; i < 8; ++i) {
            if (at(3 + 2 * i)) sampled.byte |= static_cast<std::uint8_t>(1U << i);
        }
        sampled.has_stop_bit = at(2 * bits_per_byte - 1);
        sampled.after = Duration{edge * second_ns / tx + bits_per_byte * second_ns / rx};
        found.push_back(sampled);
        // From the middle of the stop bit on it looks for the next falling edge.
        edge += (2 * bits_per_byte - 1) * tx / (2 * rx);
        if (sampled.has_stop_bit) ++edge;
    }
    return found;
}

}  // namespace bmsrig
