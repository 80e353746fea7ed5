#include "drivers/instrument_server/bs1200_server.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "drivers/bloomy_bs1200/bs1200_frames.h"
#include "drivers/instrument_server/can_wire.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/quantity.h"

namespace bmsrig {

namespace {

constexpr std::uint8_t room_temperature = 25;  // degC

class Bs1200Server final : public Bridge {
  public:
    Bs1200Server(CellSimulator& cells, BridgeContext context, const std::string& interface,
                 Duration period, const OpenCanSocket& open)
        : cells_(cells),
          context_(std::move(context)),
          period_(period),
          set_(static_cast<std::size_t>(cells.channels())),
          wire_("instrument \"" + cells.name() + "\"", interface, open,
                [this](const can_frame& frame) { take(rig_frame(frame)); }) {
        std::string numbers;
        for (int box = 1; box <= boxes(); ++box) {
            numbers += (numbers.empty() ? "" : " ") + std::to_string(box);
        }
        served_ = {
            "bloomy_bs1200",
            interface,
            {{"interface", interface},
             {"boxes", numbers},
             {"accuracy", format_quantity(std::max(cells.accuracy().value(), 0.1e-3), Unit::volt)}},
            {"cell_faults"}};
        tell_again();
    }
    ~Bs1200Server() override {
        if (telling_) context_.scheduler.cancel(*telling_);
    }
    Bs1200Server(const Bs1200Server&) = delete;
    Bs1200Server& operator=(const Bs1200Server&) = delete;

    [[nodiscard]] ServedAs served_as() const override { return served_; }
    void pass() override { wire_.pump(); }

  private:
    struct Cell {
        double set = 0;  // V
        bool on = false;
        double source = bs1200::highest_current;  // A
        double sink = bs1200::highest_current;
    };

    [[nodiscard]] int boxes() const {
        return (cells_.channels() + bs1200::cells_in_box - 1) / bs1200::cells_in_box;
    }
    /// nullptr: the virtual cell simulator has no such cell.
    Cell* cell(int channel) {
        if (channel < 1 || channel > cells_.channels()) return nullptr;
        return &set_[static_cast<std::size_t>(channel) - 1];
    }

    void take(const CanFrame& frame) {
        if (frame.extended || frame.remote) return;
        const int box = static_cast<int>(frame.id & 0xFU);
        if (box < 1 || box > boxes()) return;
        context_.catch_up();
        const std::uint32_t base = frame.id - static_cast<std::uint32_t>(box);
        const int before = (box - 1) * bs1200::cells_in_box;  // cells of the boxes before it
        try {
            if (take_voltages(base, before, frame) || take_switch(base, before, frame)) return;
            take_limits(base, before, frame);
        } catch (const RatingError& problem) {
            context_.log(problem.what());  // a box says nothing either
        }
    }

    bool take_voltages(std::uint32_t base, int before, const CanFrame& frame) {
        const std::uint32_t group = (base - bs1200::set_voltages) / bs1200::next_cells;
        const bool is_one = base >= bs1200::set_voltages && group < 3;
        if (!is_one || frame.length != 2 * bs1200::cells_in_frame) return false;
        for (int i = 0; i < bs1200::cells_in_frame; ++i) {
            const int channel = before + static_cast<int>(group) * bs1200::cells_in_frame + i + 1;
            Cell* found = cell(channel);
            if (found == nullptr) continue;
            found->set =
                bs1200::to_volts(bs1200::number_at(frame, 2 * static_cast<std::size_t>(i)));
            if (found->on) cells_.set_voltage(channel, volts(found->set));
        }
        return true;
    }

    bool take_switch(std::uint32_t base, int before, const CanFrame& frame) {
        if (base == bs1200::enable_all && frame.length == 1) {
            for (int i = 1; i <= bs1200::cells_in_box; ++i) turn(before + i, frame.data[0] != 0);
            return true;
        }
        if (base != bs1200::enable_cell || frame.length != 2) return false;
        turn(before + frame.data[0] + 1, frame.data[1] != 0);
        return true;
    }

    void turn(int channel, bool on) {
        Cell* found = cell(channel);
        if (found == nullptr || (!on && !found->on)) return;
        found->on = on;
        if (on) {
            cells_.set_voltage(channel, volts(found->set));
        } else {
            cells_.set_output(channel, false);
        }
    }

    void take_limits(std::uint32_t base, int before, const CanFrame& frame) {
        if (base == bs1200::set_limits && frame.length == 4) {
            for (int i = 1; i <= bs1200::cells_in_box; ++i) {
                limit(before + i, bs1200::to_amperes(bs1200::number_at(frame, 2)),
                      bs1200::to_amperes(bs1200::number_at(frame, 0)));
            }
        } else if (frame.length == 3) {
            const double limit_asked = bs1200::to_amperes(bs1200::number_at(frame, 1));
            const int channel = before + frame.data[0] + 1;
            if (base == bs1200::set_sink) limit(channel, std::nullopt, limit_asked);
            if (base == bs1200::set_source) limit(channel, limit_asked, std::nullopt);
        }
    }

    void limit(int channel, std::optional<double> source, std::optional<double> sink) {
        Cell* found = cell(channel);
        if (found == nullptr) return;
        found->source = source.value_or(found->source);
        found->sink = sink.value_or(found->sink);
        cells_.set_current_limits(channel, amperes(found->source), amperes(found->sink));
    }

    void tell_again() {
        telling_ = context_.scheduler.schedule(context_.scheduler.now() + period_, [this] {
            for (int box = 1; box <= boxes(); ++box) tell(box);
            tell_again();
        });
    }

    void tell(int box) {
        CanFrame status = bs1200::frame(bs1200::status, box);
        for (const std::uint8_t byte :
             {bs1200::fans_turn, room_temperature, room_temperature, room_temperature}) {
            bs1200::put_byte(status, byte);
        }
        wire_.put(linux_frame(status));
        for (int group = 0; group < bs1200::cells_in_box / bs1200::cells_in_frame; ++group) {
            const auto next = static_cast<std::uint32_t>(group) * bs1200::next_cells;
            CanFrame voltages = bs1200::frame(bs1200::voltages + next, box);
            CanFrame currents = bs1200::frame(bs1200::currents + next, box);
            for (int i = 1; i <= bs1200::cells_in_frame; ++i) {
                const int channel =
                    (box - 1) * bs1200::cells_in_box + group * bs1200::cells_in_frame + i;
                const bool is_there = cell(channel) != nullptr && cell(channel)->on;
                const double voltage = is_there ? cells_.read_voltage(channel).value() : 0;
                const double current = is_there ? cells_.read_current(channel).value() : 0;
                // An open terminal and a small negative reading both are 0 to a box.
                bs1200::put_number(voltages, bs1200::from_volts(std::fmax(voltage, 0)));
                bs1200::put_number(currents, bs1200::amperes_to_reading(current));
            }
            wire_.put(linux_frame(voltages));
            wire_.put(linux_frame(currents));
        }
    }

    CellSimulator& cells_;
    BridgeContext context_;
    Duration period_;
    std::vector<Cell> set_;
    CanWire wire_;
    ServedAs served_;
    std::optional<Scheduler::EventId> telling_;
};

}  // namespace

std::unique_ptr<Bridge> make_bloomy_bs1200_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                  const BridgeContext& context) {
    return make_bloomy_bs1200_bridge(serve, instrument, context,
                                     [&context](const std::string& interface) {
                                         return open_can_socket(context.reactor, interface);
                                     });
}

std::unique_ptr<Bridge> make_bloomy_bs1200_bridge(InstrumentSpec& serve, Instrument& instrument,
                                                  const BridgeContext& context,
                                                  const OpenCanSocket& open) {
    const auto refuse = [&serve](const std::string& text) {
        throw InputError(serve.file, serve.line, "serve." + serve.name + ": " + text);
    };
    auto* cells = dynamic_cast<CellSimulator*>(&instrument);
    if (cells == nullptr) refuse("\"" + instrument.name() + "\" is no cell simulator");
    constexpr int most_cells = bs1200::last_box * bs1200::cells_in_box;
    if (cells->channels() > most_cells) {
        refuse("it has " + std::to_string(cells->channels()) + " cells; expected at most " +
               std::to_string(most_cells) + ", 12 in each of 15 boxes");
    }
    const std::string interface = serve.word("interface", "");
    if (interface.empty()) {
        refuse("it does not say its CAN interface; expected such as \"interface: vcan1\"");
    }
    const double period = serve.number("period", Unit::second, 10e-3, 1e-3, 1);
    return std::make_unique<Bs1200Server>(*cells, context, interface, duration_from_seconds(period),
                                          open);
}

}  // namespace bmsrig
