#include "drivers/virtual_can_adapter/frame_length.h"

#include <cstdint>

namespace bmsrig {

namespace {

/// The bits of a frame as they go out, counted with those that stuffing adds.
class BitCounter {
  public:
    void put(std::uint32_t value, int width) {
        for (int i = width; i-- > 0;) put_bit((value >> i & 1U) != 0);
    }
    void put_checksum() { put(checksum_, checksum_width); }
    [[nodiscard]] int bits() const { return bits_; }

  private:
    static constexpr int checksum_width = 15;
    static constexpr std::uint32_t polynomial = 0x4599;
    static constexpr std::uint32_t mask = 0x7FFF;
    static constexpr int longest_run = 5;

    void put_bit(bool bit) {
        const bool carry = bit != ((checksum_ >> (checksum_width - 1) & 1U) != 0);
        checksum_ = checksum_ << 1U & mask;
        if (carry) checksum_ ^= polynomial;
        ++bits_;
        run_ = bit == last_ ? run_ + 1 : 1;
        last_ = bit;
        if (run_ < longest_run) return;
        ++bits_;  // the stuff bit, which begins a run of its own
        last_ = !bit;
        run_ = 1;
    }

    std::uint32_t checksum_ = 0;
    int bits_ = 0;
    int run_ = 0;
    bool last_ = true;  // the idle bus
};

}  // namespace

int frame_bits(const CanFrame& frame) {
    constexpr int identifier_width = 11;
    constexpr int extension_width = 18;
    // Checksum delimiter, acknowledge slot and delimiter, end of frame, interframe space.
    constexpr int after_checksum = 1 + 1 + 1 + 7 + 3;
    BitCounter counter;
    counter.put(0, 1);  // start of frame
    if (frame.extended) {
        counter.put(frame.id >> extension_width, identifier_width);
        counter.put(0b11, 2);  // substitute remote request, identifier extension
        counter.put(frame.id, extension_width);
        counter.put(frame.remote ? 1 : 0, 1);
        counter.put(0, 2);  // reserved
    } else {
        counter.put(frame.id, identifier_width);
        counter.put(frame.remote ? 1 : 0, 1);
        counter.put(0, 2);  // identifier extension, reserved
    }
    counter.put(frame.length, 4);
    for (const std::uint8_t byte : frame.bytes()) counter.put(byte, 8);
    counter.put_checksum();
    return counter.bits() + after_checksum;
}

}  // namespace bmsrig
