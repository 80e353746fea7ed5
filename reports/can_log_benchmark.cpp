// How fast a log of CAN frames becomes signals of a trace: by the rig, and by the bare C codec that
// is below it. The log is what a record holds of a unit that sends REC's eight messages every
// 100 ms and measures anew every 1.25 s; it is read block by block, and the trace goes to a store
// that takes and forgets it, so that the memory does not grow with the log.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "can_codecs/rec.h"
#include "drivers/can/catalogue.h"
#include "reports/can_blocks.h"
#include "reports/can_collector.h"
#include "rig/can_meanings.h"
#include "rig/clock.h"

namespace {

using namespace std::chrono_literals;
using bmsrig::CanEvent;

constexpr bmsrig::Duration slot = 100ms;
constexpr bmsrig::Duration frame_time = 236us;  // 118 bits at 500 kbit/s
constexpr int slots_of_a_cycle = 12;            // a cycle of 1.25 s, nearly

/// A battery that is charged while its cells are measured with a noise of 1 mV.
class Unit {
  public:
    /// The eight frames of a slot.
    std::span<const CanEvent> next() {
        if (slot_ % slots_of_a_cycle == 0) measure();
        bmsrig::Instant time{slot_++ * slot};
        for (CanEvent& event : events_) {
            time += frame_time;
            event.time = time;
            event.on_wire = frame_time;
        }
        return events_;
    }

  private:
    void measure() {
        const bmsrig::CanDatabase& rec = bmsrig::can_database("rec");
        soc_ = soc_ < 100 ? soc_ + 1e-3 : 0;
        std::normal_distribution<double> millivolts(0, 1e-3);
        const auto cell = [&] { return 3.3 + millivolts(random_); };
        const double ampere = 40 + 100 * millivolts(random_);
        const std::vector<std::vector<double>> values{
            {soc_, 98, 52.8 + 4 * millivolts(random_), ampere, 0, 0},
            {25, 26, 25, 27, 0, 0, 0, 0},
            {cell(), cell(), cell(), cell()},
            {cell(), cell(), cell(), cell()},
            {cell(), cell(), cell(), cell()},
            {cell(), cell(), cell(), cell()},
            {57.2, 60, 100, 46.4},
            {280, 31, 0, 1, 0, 0, 0, 0}};
        for (std::size_t i = 0; i < events_.size(); ++i) {
            const auto data = rec.encode(i, values[i]);
            bmsrig::CanFrame& frame = events_[i].frame;
            frame.id = rec.messages()[i].id;
            frame.length = static_cast<std::uint8_t>(data.size());
            std::ranges::copy(data, frame.data.begin());
        }
    }

    std::mt19937 random_{1};
    std::array<CanEvent, 8> events_;
    std::int64_t slot_ = 0;
    double soc_ = 50;
};

/// The blocks of a record.
std::vector<std::string> make_log(std::size_t frames) {
    std::vector<std::string> blocks;
    bmsrig::CanBlockWriter writer(bmsrig::CanCollector::block_events);
    Unit unit;
    for (std::size_t i = 0; i < frames; i += 8) {
        for (const CanEvent& event : unit.next()) {
            writer.add(event);
            if (writer.full()) blocks.push_back(writer.take());
        }
    }
    if (writer.size() > 0) blocks.push_back(writer.take());
    return blocks;
}

/// Takes the trace and forgets it.
class Nowhere final : public bmsrig::TraceStore {
  public:
    void write(std::uint64_t /*first*/, std::span<const bmsrig::Change> changes) override {
        changes_ += changes.size();
    }
    std::vector<bmsrig::Change> read(std::uint64_t /*first*/, std::size_t count) override {
        return std::vector<bmsrig::Change>(count);
    }
    [[nodiscard]] std::size_t changes() const { return changes_; }

  private:
    std::size_t changes_ = 0;
};

/// So that the compiler cannot leave out what nobody reads.
template <typename Value>
void touch(Value& value) {
    asm volatile("" : "+m"(value));
}

/// What generated C alone makes of a frame: all of its numbers.
void decode_bare(const bmsrig::CanFrame& frame, std::array<double, 8>& values) {
    switch (frame.id) {
        case REC_BATTERY_PACK_FRAME_ID: {
            rec_battery_pack_t pack{};
            rec_battery_pack_unpack(&pack, frame.data.data(), frame.length);
            values = {rec_battery_pack_soc_decode(pack.soc),
                      rec_battery_pack_soh_decode(pack.soh),
                      rec_battery_pack_pack_voltage_decode(pack.pack_voltage),
                      rec_battery_pack_current_decode(pack.current),
                      rec_battery_pack_error_number_decode(pack.error_number),
                      rec_battery_pack_error_element_decode(pack.error_element)};
            break;
        }
        case REC_TEMPERATURES_FRAME_ID: {
            rec_temperatures_t all{};
            rec_temperatures_unpack(&all, frame.data.data(), frame.length);
            values = {rec_temperatures_temperature1_decode(all.temperature1),
                      rec_temperatures_temperature2_decode(all.temperature2),
                      rec_temperatures_temperature3_decode(all.temperature3),
                      rec_temperatures_temperature4_decode(all.temperature4),
                      rec_temperatures_temperature5_decode(all.temperature5),
                      rec_temperatures_temperature6_decode(all.temperature6),
                      rec_temperatures_temperature7_decode(all.temperature7),
                      rec_temperatures_temperature8_decode(all.temperature8)};
            break;
        }
        case REC_LIMITS_FRAME_ID: {
            rec_limits_t limits{};
            rec_limits_unpack(&limits, frame.data.data(), frame.length);
            values = {rec_limits_cvl_decode(limits.cvl), rec_limits_ccl_decode(limits.ccl),
                      rec_limits_dcl_decode(limits.dcl), rec_limits_dvl_decode(limits.dvl)};
            break;
        }
        case REC_STATUS_FRAME_ID: {
            rec_status_t status{};
            rec_status_unpack(&status, frame.data.data(), frame.length);
            values = {rec_status_ah_decode(status.ah),
                      rec_status_bms_temperature_decode(status.bms_temperature),
                      rec_status_precharge_decode(status.precharge),
                      rec_status_relay_decode(status.relay),
                      rec_status_opto1_decode(status.opto1),
                      rec_status_opto2_decode(status.opto2),
                      rec_status_balancing_mask_decode(status.balancing_mask),
                      rec_status_shutdown_announced_decode(status.shutdown_announced)};
            break;
        }
        default: {  // the four messages of cells are alike
            rec_cells1_to4_t cells{};
            rec_cells1_to4_unpack(&cells, frame.data.data(), frame.length);
            values = {
                rec_cells1_to4_cell1_decode(cells.cell1), rec_cells1_to4_cell2_decode(cells.cell2),
                rec_cells1_to4_cell3_decode(cells.cell3), rec_cells1_to4_cell4_decode(cells.cell4)};
            break;
        }
    }
    touch(values);
}

/// Reads the whole log, and gives each of its frames away.
template <typename Take>
double frames_per_second(const std::vector<std::string>& log, const Take& take) {
    const bmsrig::Duration start = bmsrig::stopwatch();
    double frames = 0;
    CanEvent event;
    for (const std::string& block : log) {
        bmsrig::CanBlockReader reader(block);
        while (reader.next(event)) take(event);
        frames += static_cast<double>(reader.size());
    }
    return frames / bmsrig::to_seconds(bmsrig::stopwatch() - start);
}

double peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

void print_frames(std::size_t count) {
    Unit unit;
    for (std::size_t i = 0; i < count; i += 8) {
        for (const CanEvent& event : unit.next())
            std::printf("%s\n", to_string(event.frame).c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "--frames") {  // of the log, for others to decode
        print_frames(std::strtoul(argv[2], nullptr, 10));
        return 0;
    }
    constexpr std::size_t frames = 10'000'000;
    const std::vector<std::string> log = make_log(frames);
    std::array<double, 8> values{};
    const double bare =
        frames_per_second(log, [&](const CanEvent& event) { decode_bare(event.frame, values); });
    const double reading =
        frames_per_second(log, [&](CanEvent& event) { touch(event.frame.data); });

    Nowhere store;
    bmsrig::Trace trace;
    trace.attach(&store);
    bmsrig::CanMeanings meanings(trace);
    meanings.add(bmsrig::can_database("rec"));
    const double to_trace = frames_per_second(
        log, [&](const CanEvent& event) { meanings.take(event.time, event.frame); });
    trace.flush();
    std::printf("reading %.0f\nbare_c %.0f\ntrace %.0f\nchanges %zu\nmebibytes %.1f\n", reading,
                bare, to_trace, store.changes(), peak_mebibytes());
    return 0;
}
