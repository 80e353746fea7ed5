#include "drivers/can/frame_length.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace bmsrig {

namespace {

constexpr unsigned identifier_width = 11;
constexpr unsigned extension_width = 18;

struct BitCount {
    int bits = 0;
    void put(bool /*bit*/) { ++bits; }
};

struct BitRecord {
    std::vector<bool> bits;
    void put(bool bit) { bits.push_back(bit); }
};

/// The bits of a frame as they go out to a wire, with the checksum and those that stuffing adds.
template <typename Wire>
class Stuffer {
  public:
    explicit Stuffer(Wire& wire) : wire_(wire) {}
    void put(std::uint32_t value, unsigned width) {
        for (unsigned i = width; i-- > 0;) put_bit((value >> i & 1U) != 0);
    }
    void put_checksum() { put(checksum_, checksum_width); }

  private:
    static constexpr unsigned checksum_width = 15;
    static constexpr std::uint32_t polynomial = 0x4599;
    static constexpr std::uint32_t mask = 0x7FFF;
    static constexpr int longest_run = 5;

    void put_bit(bool bit) {
        const bool carry = bit != ((checksum_ >> (checksum_width - 1) & 1U) != 0);
        checksum_ = checksum_ << 1U & mask;
        if (carry) checksum_ ^= polynomial;
        wire_.put(bit);
        run_ = bit == last_ ? run_ + 1 : 1;
        last_ = bit;
        if (run_ < longest_run) return;
        wire_.put(!bit);  // the stuff bit, which begins a run of its own
        last_ = !bit;
        run_ = 1;
    }

    Wire& wire_;
    std::uint32_t checksum_ = 0;
    int run_ = 0;
    bool last_ = true;  // the idle bus
};

/// From the start of frame to the end of the checksum.
template <typename Wire>
Wire stuffed(const CanFrame& frame) {
    Wire wire;
    Stuffer out(wire);
    out.put(0, 1);  // start of frame
    if (frame.extended) {
        out.put(frame.id >> extension_width, identifier_width);
        out.put(0b11, 2);  // substitute remote request, identifier extension
        out.put(frame.id, extension_width);
        out.put(frame.remote ? 1 : 0, 1);
        out.put(0, 2);  // reserved
    } else {
        out.put(frame.id, identifier_width);
        out.put(frame.remote ? 1 : 0, 1);
        out.put(0, 2);  // identifier extension, reserved
    }
    out.put(frame.length, 4);
    if (!frame.remote) {  // it only asks for so many
        for (const std::uint8_t byte : frame.bytes()) out.put(byte, 8);
    }
    out.put_checksum();
    return wire;
}

}  // namespace

int frame_bits(const CanFrame& frame) {
    // Checksum delimiter, acknowledge slot and delimiter, end of frame, interframe space.
    constexpr int after_checksum = 1 + 1 + 1 + 7 + 3;
    return stuffed<BitCount>(frame).bits + after_checksum;
}

std::uint64_t arbitration_field(const CanFrame& frame) {
    const std::uint64_t base = frame.extended ? frame.id >> extension_width : frame.id;
    const std::uint64_t extension = frame.extended ? frame.id & ((1U << extension_width) - 1) : 0;
    const std::uint64_t remote = frame.remote ? 1 : 0;
    const std::uint64_t extended = frame.extended ? 1 : 0;
    // After the base stands the remote request of a standard frame, or its recessive substitute.
    const std::uint64_t after_base = (extended | remote) << 1U | extended;
    return ((base << 2U | after_base) << extension_width | extension) << 1U | (extended & remote);
}

int bits_to_difference(const CanFrame& one, const CanFrame& other) {
    const auto first = stuffed<BitRecord>(one);
    const auto second = stuffed<BitRecord>(other);
    const auto difference = std::ranges::mismatch(first.bits, second.bits).in1;
    return static_cast<int>(difference - first.bits.begin()) + 1;
}

}  // namespace bmsrig
