#include "drivers/bloomy_bs1200/bloomy_bs1200.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <sstream>
#include <system_error>
#include <utility>

#include "drivers/bloomy_bs1200/bs1200_box.h"
#include "drivers/socketcan/can_link.h"
#include "drivers/socketcan/can_problem.h"
#include "drivers/socketcan/error_frame.h"
#include "drivers/socketcan/linux_frame.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/quantity.h"

namespace bmsrig {

namespace {

using namespace std::chrono_literals;

/// A box sends its readings every few milliseconds; one that says nothing for so long is off.
constexpr Duration longest_silence = 1s;
/// What is older is not read any more, but waited for anew.
constexpr Duration freshness = 100ms;

class BloomyBs1200 final : public CellSimulator {
  public:
    BloomyBs1200(Bs1200Options options, Bs1200Context context)
        : options_(std::move(options)), context_(std::move(context)) {
        for (const int number : options_.boxes) boxes_.emplace_back(number);
        open();
        begin();
    }
    ~BloomyBs1200() override {
        cancel(writing_);
        cancel(looking_);
    }
    BloomyBs1200(const BloomyBs1200&) = delete;
    BloomyBs1200& operator=(const BloomyBs1200&) = delete;

    [[nodiscard]] const std::string& name() const override { return options_.name; }
    [[nodiscard]] int channels() const override {
        return static_cast<int>(boxes_.size()) * bs1200::cells_in_box;
    }
    Identity identify() override;
    void make_safe() override;
    void finish() override;
    [[nodiscard]] std::vector<SafeAction> safe_actions() const override;
    [[nodiscard]] Instant settled_at() const override;
    void restart(std::uint64_t seed) override;

    [[nodiscard]] Volts minimum() const override { return volts(0); }
    [[nodiscard]] Volts maximum() const override { return volts(bs1200::highest_voltage); }
    [[nodiscard]] Volts resolution() const override { return volts(bs1200::to_volts(1)); }
    [[nodiscard]] Volts accuracy() const override { return volts(options_.accuracy); }

    Volts set_voltage(int channel, Volts voltage) override {
        check_voltage(channel, voltage);
        const Volts in_force = set(channel, voltage);
        write();
        return in_force;
    }
    std::vector<Volts> set_voltages(std::span<const Volts> voltages) override;
    Volts read_voltage(int channel) override {
        return volts(read(channel, &Bs1200Box::voltage, std::numeric_limits<double>::quiet_NaN()));
    }
    Amperes read_current(int channel) override {
        return amperes(read(channel, &Bs1200Box::current, 0));
    }
    void set_current_limits(int channel, Amperes source, Amperes sink) override;
    void set_fault(int channel, CellFault fault) override {
        check_channel(name(), channel, channels());
        if (fault != CellFault::none) refuse_fault(to_string(fault));
    }
    void exchange(int channel, int other) override {
        check_channel(name(), channel, channels());
        check_channel(name(), other, channels());
        refuse_fault("exchanged");
    }
    void set_output(int channel, bool on) override {
        check_channel(name(), channel, channels());
        box_of(channel).switch_on(cell_of(channel), on);
        write();
    }

  private:
    using Reading = Bs1200Box::Reading (Bs1200Box::*)(std::size_t) const;

    [[nodiscard]] Bs1200Box& box_of(int channel) {
        return boxes_.at(static_cast<std::size_t>(channel - 1) / bs1200::cells_in_box);
    }
    [[nodiscard]] static std::size_t cell_of(int channel) {
        return static_cast<std::size_t>(channel - 1) % bs1200::cells_in_box;
    }
    [[nodiscard]] std::string where() const {
        return "instrument \"" + name() + "\" (" + options_.interface + ")";
    }
    void check_voltage(int channel, const Volts& voltage) const;
    Volts set(int channel, const Volts& voltage) {
        const std::uint16_t number = bs1200::from_volts(voltage.value());
        box_of(channel).set(cell_of(channel), number);
        return volts(bs1200::to_volts(number));
    }
    [[noreturn]] void refuse_fault(std::string_view fault) const {
        throw BenchCannot("cell_faults", where() + ": a BS1200 has no relays in its wires (" +
                                             std::string(fault) +
                                             " was asked for); a fault matrix has");
    }

    void open();
    [[nodiscard]] bool has_sound_socket();
    void begin();
    void switch_all_off();
    void write();
    void look_after_boxes();
    void cancel(std::optional<Scheduler::EventId>& event) {
        if (event) context_.scheduler.cancel(*event);
        event.reset();
    }
    void send(const CanFrame& frame);
    void drain();
    double read(int channel, Reading reading, double when_off);
    void hear();
    void take(const CanArrival& arrival);
    void take_status(const CanFrame& frame);
    [[noreturn]] void fail(const std::error_code& problem) {
        socket_.reset();
        failure_ = problem;
        throw InstrumentError(where() + ": " +
                              can_problem(options_.interface, bs1200::bit_rate, problem));
    }

    Bs1200Options options_;
    Bs1200Context context_;
    std::vector<Bs1200Box> boxes_;
    std::unique_ptr<CanSocket> socket_;  // none after it failed
    std::error_code failure_;            // why
    std::vector<CanFrame> waiting_;      // the kernel's queue is short
    std::vector<CanFrame> unseen_;       // that switch off, until they have been on the bus
    std::optional<Scheduler::EventId> writing_;
    std::optional<Scheduler::EventId> looking_;
    Instant settled_at_;
    std::vector<int> fans_stand_;  // boxes of which this was told
    bool is_unheard_ = false;      // and this was told
};

void BloomyBs1200::open() {
    try {
        socket_ = context_.open();
        socket_->on_ready([this] { hear(); });
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

/// As after power-on: off, the limits those of the bench file.
void BloomyBs1200::begin() {
    switch_all_off();
    for (const Bs1200Box& box : boxes_) {
        CanFrame limits = bs1200::frame(bs1200::set_limits, box.number());
        bs1200::put_number(limits, bs1200::from_amperes(options_.limits.sink));
        bs1200::put_number(limits, bs1200::from_amperes(options_.limits.source));
        send(limits);
    }
    settled_at_ = Instant{};
}

void BloomyBs1200::switch_all_off() {
    waiting_.clear();
    unseen_.clear();
    for (Bs1200Box& box : boxes_) {
        box.all_off();
        CanFrame off = bs1200::frame(bs1200::enable_all, box.number());
        bs1200::put_byte(off, 0);
        unseen_.push_back(off);
        send(off);
    }
}

/// A box that is off or not on this bus takes nothing, and the kernel keeps what is sent to it.
void BloomyBs1200::finish() {
    if (!socket_) return;
    const auto has_left = [this] {
        if (socket_) drain();  // the kernel may have had no room
        return unseen_.empty() || !socket_;
    };
    if (context_.wait(has_left, longest_silence)) return;
    throw InstrumentError(where() + ": nobody has taken the frame that switches box " +
                          std::to_string(unseen_.front().id - bs1200::enable_all) +
                          " off within 1 s; its cells may be on; see whether it has power, is "
                          "joined to this bus, and works at 1 Mbit/s");
}

void BloomyBs1200::make_safe() {
    if (options_.holds) return;
    // An interface that went down in the test may be back, and the cells are still on.
    if (!socket_) open();
    switch_all_off();
}

void BloomyBs1200::restart(std::uint64_t /*seed*/) {
    writing_.reset();  // the scheduler has forgotten them
    looking_.reset();
    is_unheard_ = false;
    fans_stand_.clear();
    boxes_.clear();
    for (const int number : options_.boxes) boxes_.emplace_back(number);
    if (!has_sound_socket()) open();
    begin();
}

/// An adapter that was pulled out between two tests and is back needs a new socket.
bool BloomyBs1200::has_sound_socket() {
    try {
        if (socket_) socket_->check();
        return socket_ != nullptr;
    } catch (const std::system_error&) {
        return false;
    }
}

std::vector<SafeAction> BloomyBs1200::safe_actions() const {
    std::vector<SafeAction> actions;
    if (options_.holds || !socket_) return actions;
    for (const Bs1200Box& box : boxes_) {
        CanFrame off = bs1200::frame(bs1200::enable_all, box.number());
        bs1200::put_byte(off, 0);
        const can_frame raw = linux_frame(off);
        SafeAction action;
        action.kind = SafeAction::Kind::frame;
        action.does = "switches the 12 cells of box " + std::to_string(box.number()) + " of \"" +
                      name() + "\" on " + options_.interface + " off";
        action.descriptor = socket_->descriptor();
        action.bytes.resize(sizeof raw);
        std::memcpy(action.bytes.data(), &raw, sizeof raw);
        actions.push_back(action);
    }
    return actions;
}

Instant BloomyBs1200::settled_at() const {
    return settled_at_;
}

void BloomyBs1200::check_voltage(int channel, const Volts& voltage) const {
    check_channel(name(), channel, channels());
    if (voltage >= minimum() && voltage <= maximum()) return;
    throw RatingError("instrument \"" + name() + "\", channel " + std::to_string(channel) + ": " +
                      format_quantity(voltage.value(), Unit::volt) +
                      " was asked for, but its range is 0 V .. 5 V; refused, nothing was changed");
}

std::vector<Volts> BloomyBs1200::set_voltages(std::span<const Volts> voltages) {
    for (std::size_t i = 0; i < voltages.size(); ++i) {
        check_voltage(static_cast<int>(i) + 1, voltages[i]);
    }
    std::vector<Volts> in_force;
    in_force.reserve(voltages.size());
    for (std::size_t i = 0; i < voltages.size(); ++i) {
        in_force.push_back(set(static_cast<int>(i) + 1, voltages[i]));
    }
    write();
    return in_force;
}

void BloomyBs1200::set_current_limits(int channel, Amperes source, Amperes sink) {
    check_channel(name(), channel, channels());
    check_current_limits(name(), channel, source, sink,
                         {bs1200::highest_current, bs1200::highest_current});
    for (const auto& [base, limit] :
         {std::pair{bs1200::set_sink, sink}, std::pair{bs1200::set_source, source}}) {
        CanFrame frame = bs1200::frame(base, box_of(channel).number());
        bs1200::put_byte(frame, static_cast<std::uint8_t>(cell_of(channel)));
        bs1200::put_number(frame, bs1200::from_amperes(limit.value()));
        send(frame);
    }
}

/// Sends what is due, and comes back for what must wait.
void BloomyBs1200::write() {
    cancel(writing_);
    const Instant now = context_.now();
    std::optional<Instant> next;
    for (Bs1200Box& box : boxes_) {
        for (const CanFrame& frame : box.take_due(now)) send(frame);
        if (const auto due = box.next_due()) next = next ? std::min(*next, *due) : due;
    }
    constexpr Duration readback_delay = 10ms;
    settled_at_ = std::max(now, next.value_or(now)) + readback_delay;
    look_after_boxes();
    if (!next) return;
    writing_ = context_.scheduler.schedule(std::max(*next, context_.scheduler.now()), [this] {
        writing_.reset();
        write();
    });
}

/// A box that lost its power, or its cable, says nothing: a test must not go on with its cells.
void BloomyBs1200::look_after_boxes() {
    if (looking_) return;
    const Instant begin = context_.now();
    looking_ = context_.scheduler.schedule(begin + longest_silence, [this, begin] {
        looking_.reset();
        hear();
        const Instant now = context_.now();
        bool is_one_on = false;
        for (const Bs1200Box& box : boxes_) {
            if (!box.is_one_on()) continue;
            is_one_on = true;
            if (box.last_heard().value_or(begin) + longest_silence > now) continue;
            throw InstrumentError(where() + ": box " + std::to_string(box.number()) +
                                  " has sent no reading for 1 s, and cells of it are on; expected "
                                  "one every few milliseconds; see whether the box has power, and "
                                  "its cable is in its place");
        }
        if (is_one_on) look_after_boxes();
    });
}

void BloomyBs1200::send(const CanFrame& frame) {
    waiting_.push_back(frame);
    drain();
}

void BloomyBs1200::drain() {
    try {
        if (!socket_) throw std::system_error(failure_);
        std::size_t sent = 0;
        while (sent < waiting_.size() && socket_->put(linux_frame(waiting_[sent]))) ++sent;
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(sent));
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

double BloomyBs1200::read(int channel, Reading reading, double when_off) {
    check_channel(name(), channel, channels());
    const Bs1200Box& box = box_of(channel);
    const std::size_t cell = cell_of(channel);
    if (!box.is_on(cell)) return when_off;
    const Instant asked = context_.now();
    const auto is_there = [&] {
        const auto time = (box.*reading)(cell).time;
        return time && *time >= std::max(box.valid_from(cell), asked - freshness);
    };
    if (!is_there() && !context_.wait(is_there, longest_silence)) {
        throw InstrumentError(
            where() + ", channel " + std::to_string(channel) + ": box " +
            std::to_string(box.number()) + " has sent no reading of cell " +
            std::to_string(cell + 1) +
            " for 1 s; expected one every few milliseconds; see whether "
            "the box has power, has this number, and the bus its two terminating resistors");
    }
    return (box.*reading)(cell).value;
}

void BloomyBs1200::hear() {
    try {
        while (socket_) {
            const auto arrival = socket_->take();
            if (!arrival) return;
            take(*arrival);
        }
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

void BloomyBs1200::take(const CanArrival& arrival) {
    if ((arrival.frame.can_id & CAN_ERR_FLAG) != 0) {
        const CanErrorReport report = read_error_frame(arrival.frame);
        if (report.state == CanState::bus_off) {
            throw InstrumentError(where() + ", at " + format_time(arrival.time) +
                                  ": its node is off the bus, so the boxes hear nothing; see "
                                  "whether CAN-H and CAN-L are in their places, and whether "
                                  "everything on this bus works at 1 Mbit/s");
        }
        const bool is_unheard = report.error == CanError::acknowledge && report.is_own;
        if (is_unheard && !std::exchange(is_unheard_, true)) {
            throw InstrumentError(where() + ", at " + format_time(arrival.time) +
                                  ": nobody acknowledges what is sent to the box; see whether it "
                                  "has power, is joined to this bus, and works at 1 Mbit/s");
        }
        return;
    }
    if (arrival.is_own) {
        std::erase(unseen_, rig_frame(arrival.frame));
        if (!waiting_.empty()) drain();
        return;
    }
    const CanFrame frame = rig_frame(arrival.frame);
    for (Bs1200Box& box : boxes_) {
        if (box.hear(frame, arrival.time)) return;
    }
    take_status(frame);
}

/// A box without its fans gets hot and switches off by itself.
void BloomyBs1200::take_status(const CanFrame& frame) {
    if (frame.extended || frame.length < 1) return;
    for (const Bs1200Box& box : boxes_) {
        if (frame.id != bs1200::frame(bs1200::status, box.number()).id) continue;
        const auto told = std::ranges::find(fans_stand_, box.number());
        if (frame.data[0] == bs1200::fans_turn) {
            if (told != fans_stand_.end()) fans_stand_.erase(told);
        } else if (told == fans_stand_.end()) {
            fans_stand_.push_back(box.number());
            throw InstrumentError(where() + ": a fan of box " + std::to_string(box.number()) +
                                  " stands still (status " + std::to_string(frame.data[0]) +
                                  ", expected 16); switch the box off and mend it");
        }
    }
}

Identity BloomyBs1200::identify() {
    const auto told = [](const std::string& text) { return text.empty() ? "not told" : text; };
    std::string boxes;
    for (const Bs1200Box& box : boxes_) boxes += ' ' + std::to_string(box.number());
    return {"Bloomy", "BS1200, box" + boxes, told(options_.serial_number), "not told",
            options_.calibrated};
}

std::vector<int> take_boxes(InstrumentSpec& spec) {
    std::vector<int> boxes;
    const std::string text = spec.word("boxes", "1");
    std::istringstream words(text);
    bool is_wrong = false;
    for (std::string word; words >> word;) {
        int box = -1;
        const char* end = word.data() + word.size();
        const auto [stopped, problem] = std::from_chars(word.data(), end, box);
        is_wrong |= problem != std::errc{} || stopped != end || box < 0 || box > bs1200::last_box ||
                    std::ranges::find(boxes, box) != boxes.end();
        boxes.push_back(box);
    }
    if (boxes.empty() || is_wrong) {
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name + "\": boxes is \"" + text +
                             "\"; expected the numbers of the boxes, each once and from 0 to 15, "
                             "such as \"1 2\"");
    }
    return boxes;
}

/// A raw socket on the interface, once that is as the box needs it.
std::unique_ptr<CanSocket> open_at_rate(Reactor& reactor, const std::string& name,
                                        const std::string& interface) {
    const CanLinkState link = make_can_link(interface)->look();
    if (!link.is_up) throw std::system_error(ENETDOWN, std::system_category());
    if (link.bit_rate != 0 && link.bit_rate != bs1200::bit_rate) {
        throw InstrumentError("instrument \"" + name + "\" (" + interface +
                              "): the interface works "
                              "at " +
                              std::to_string(link.bit_rate) +
                              " bit/s, expected 1000000; set it with \"sudo ip link set " +
                              interface + " down; " +
                              command_to_bring_up(interface, link.kind, bs1200::bit_rate) + "\"");
    }
    return open_can_socket(reactor, interface);
}

}  // namespace

std::unique_ptr<Instrument> make_bloomy_bs1200(const Bs1200Options& options,
                                               const Bs1200Context& context) {
    return std::make_unique<BloomyBs1200>(options, context);
}

std::unique_ptr<Instrument> make_bloomy_bs1200(InstrumentSpec& spec, const DriverContext& context) {
    Reactor& reactor = require_reactor(spec, context);
    const auto refuse = [&spec](const std::string& text) {
        throw InputError(spec.file, spec.line, "instrument \"" + spec.name + "\": " + text);
    };
    Bs1200Options options;
    options.name = spec.name;
    options.interface = spec.word("interface", "");
    options.boxes = take_boxes(spec);
    options.accuracy = spec.number("accuracy", Unit::volt, 2e-3, 0.1e-3, 0.1);
    constexpr double most = bs1200::highest_current;
    options.limits = take_current_limits(spec, most, most);
    options.serial_number = spec.word("serial_number", "");
    options.calibrated = spec.date("calibrated");
    const std::string safe = spec.word("safe", "off");
    if (safe != "off" && safe != "hold") {
        refuse("safe is \"" + safe + "\"; expected off or hold");
    }
    options.holds = safe == "hold";
    if (options.interface.empty()) {
        refuse("it does not say its CAN interface; expected such as \"interface: can1\"");
    }
    Scheduler& scheduler = context.scheduler;
    return make_bloomy_bs1200(
        options,
        {scheduler,
         [&reactor, options] { return open_at_rate(reactor, options.name, options.interface); },
         [&reactor, &scheduler] { return std::max(reactor.now(), scheduler.now()); },
         [&reactor](const auto& done, Duration timeout) { return reactor.wait(done, timeout); }});
}

}  // namespace bmsrig
