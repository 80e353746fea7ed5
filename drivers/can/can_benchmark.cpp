// How many frames a second become numbers: through the catalogue, and through the bare C codec.
#include <array>
#include <cstdint>
#include <cstdio>

#include "can_codecs/rec.h"
#include "drivers/can/catalogue.h"
#include "drivers/can/golden_frames.h"
#include "rig/clock.h"

namespace {

using Frame = std::array<std::uint8_t, 8>;

// As in test_data/golden_vectors.csv.
constexpr Frame pack{0x8E, 0xC4, 0x14, 0xC0, 0xFD, 0x94, 0x00, 0x00};    // 0x031
constexpr Frame cells{0x0C, 0xF0, 0x0C, 0xF3, 0x0C, 0xF8, 0x0C, 0xF6};   // 0x033
constexpr Frame limits{0x02, 0x3C, 0x03, 0xE8, 0x07, 0xD0, 0x01, 0xD0};  // 0x037

/// So that the compiler cannot know what a frame says, or leave out what nobody reads.
template <typename Value>
void touch(Value& value) {
    asm volatile("" : "+m"(value));
}

void decode_bare(const Frame& first, const Frame& second, const Frame& third,
                 std::array<double, 6>& values) {
    rec_battery_pack_t state{};
    rec_battery_pack_unpack(&state, first.data(), first.size());
    values[0] = rec_battery_pack_soc_decode(state.soc);
    values[1] = rec_battery_pack_soh_decode(state.soh);
    values[2] = rec_battery_pack_pack_voltage_decode(state.pack_voltage);
    values[3] = rec_battery_pack_current_decode(state.current);
    values[4] = rec_battery_pack_error_number_decode(state.error_number);
    values[5] = rec_battery_pack_error_element_decode(state.error_element);
    touch(values);
    rec_cells1_to4_t voltages{};
    rec_cells1_to4_unpack(&voltages, second.data(), second.size());
    values[0] = rec_cells1_to4_cell1_decode(voltages.cell1);
    values[1] = rec_cells1_to4_cell2_decode(voltages.cell2);
    values[2] = rec_cells1_to4_cell3_decode(voltages.cell3);
    values[3] = rec_cells1_to4_cell4_decode(voltages.cell4);
    touch(values);
    rec_limits_t allowed{};
    rec_limits_unpack(&allowed, third.data(), third.size());
    values[0] = rec_limits_cvl_decode(allowed.cvl);
    values[1] = rec_limits_ccl_decode(allowed.ccl);
    values[2] = rec_limits_dcl_decode(allowed.dcl);
    values[3] = rec_limits_dvl_decode(allowed.dvl);
    touch(values);
}

/// Frames a second of something that decodes three of them.
template <typename DecodeThree>
double frames_per_second(DecodeThree decode_three) {
    constexpr int rounds = 10'000;
    const bmsrig::Duration start = bmsrig::stopwatch();
    double frames = 0;
    double seconds = 0;
    while (seconds < 0.5) {
        for (int i = 0; i < rounds; ++i) decode_three();
        frames += 3.0 * rounds;
        seconds = bmsrig::to_seconds(bmsrig::stopwatch() - start);
    }
    return frames / seconds;
}

}  // namespace

int main() {
    const bmsrig::CanDatabase& rec = bmsrig::can_database("rec");
    const std::array<std::size_t, 3> messages{bmsrig::message_of(rec, 0x031),
                                              bmsrig::message_of(rec, 0x033),
                                              bmsrig::message_of(rec, 0x037)};
    std::array<Frame, 3> frames{pack, cells, limits};
    std::array<double, 6> values{};
    const double bare = frames_per_second([&] {
        touch(frames);
        decode_bare(frames[0], frames[1], frames[2], values);
    });
    const double catalogue = frames_per_second([&] {
        touch(frames);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const std::size_t count = rec.messages()[messages[i]].signals.size();
            rec.decode(messages[i], frames[i], std::span(values).first(count));
            touch(values);
        }
    });
    std::printf("bare_c %.0f\ncatalogue %.0f\n", bare, catalogue);
    return 0;
}
