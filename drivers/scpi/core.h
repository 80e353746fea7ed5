// What all SCPI drivers have in common: their units with a client each, which channel is where,
// identity, the known state at the start of a test, the safe state, and when everything has
// settled.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/scpi/template.h"
#include "rig/driver_context.h"
#include "rig/instruments/instrument.h"

namespace bmsrig::scpi {

class Client;

/// What is wrong with an answer, in words; nothing if it is right.
using AnswerCheck = std::function<std::optional<std::string>(std::string_view answer)>;

struct CoreDefaults {
    std::string_view profile;  ///< where the bench file names none
    int channels = 1;
    int most_channels = 64;
    /// Of one address, where there are several; 0: all at one address.
    int channels_per_unit = 0;
    std::string_view settling_option = "settling_time";
    Duration settling = std::chrono::milliseconds{10};
    bool takes_safe = true;  ///< the option `safe`; otherwise the driver does
};

/// Takes these options:
///
/// | option           | default      | meaning |
/// |------------------|--------------|---|
/// | profile          | the driver's | where the options come from that are not said here |
/// | address          |              | "tcp HOST:PORT" or "serial PATH BIT_RATE" |
/// | addresses        |              | several by commas: units whose channels follow one another |
/// | channels         | the driver's | of all units together |
/// | numbers          | 1:channels   | how the instrument numbers them ("101:108") |
/// | timeout          | 1 s          | longest time to an answer |
/// | patience         | 2 s          | for how long it tries to connect |
/// | latency          | 2 ms         | from sending a command to its effect |
/// | settling_time    | the driver's | from there until the output stands; of relays operate_time |
/// | watch_interval   | 0 s          | how often it is looked after between commands; 0: never |
/// | line_end         | lf           | lf or crlf |
/// | messages         | joined       | several commands in one message, or each a message: single |
/// | longest_message  | 1024         | characters of a message |
/// | serial_number    |              | expected of it, by commas for several units |
/// | calibrated       |              | date of the calibration, where it does not tell |
/// | safe             | off          | off, or hold: make_safe and the guard leave it alone |
/// | identify, calibration_date, error | | queries |
/// | reset            | none         | commands at the start of each test |
class Core {
  public:
    Core(InstrumentSpec& spec, const DriverContext& context, const CoreDefaults& defaults);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] int channels() const { return channels_; }
    /// Throws RatingError unless the channel exists.
    void check(int channel) const;

    [[nodiscard]] std::size_t units() const { return clients_.size(); }
    /// Of a channel.
    [[nodiscard]] std::size_t unit_of(int channel) const {
        return static_cast<std::size_t>((channel - 1) / per_unit_);
    }
    /// How the instrument numbers a channel.
    [[nodiscard]] int number_of(int channel) const {
        return numbers_[static_cast<std::size_t>((channel - 1) % per_unit_)];
    }
    /// The channels of a unit, as the rig counts them.
    [[nodiscard]] std::vector<int> channels_of(std::size_t unit) const;

    /// A command for these channels of one unit, or a command for each if it takes one alone.
    /// `values`: none, or one for each.
    [[nodiscard]] std::vector<std::string> fill(const CommandTemplate& command,
                                                std::span<const int> channels,
                                                std::span<const double> values = {}) const;
    /// Sends commands to a unit, in as few messages as it understands, and waits for nothing.
    void send(std::size_t unit, const std::vector<std::string>& commands);
    /// Asks a unit and goes on; the answer is checked when it comes.
    void expect(std::size_t unit, const std::string& query, AnswerCheck check);
    /// A query that goes out after every command to any unit, and at every watch_interval.
    void watch(const std::string& query, const AnswerCheck& check);
    /// Asks a channel and lets the rig run until the answer is here.
    double read(const CommandTemplate& query, int channel);

    Identity identify();
    /// The commands of a unit that make its state: off, and that of power-on.
    using StateOf = std::function<std::vector<std::string>(std::size_t unit)>;
    /// Connects where there is no connection (any more), puts every unit into a known state and
    /// waits until it stands. For restart().
    void start(const StateOf& power_on);
    /// Whether any unit's connection was lost.
    [[nodiscard]] bool has_to_connect() const;
    /// Those first that are connected: for another connection it waits.
    void make_safe(const StateOf& off);
    /// Returns when every unit has carried out what it was sent. Throws what one has against it.
    void finish();
    [[nodiscard]] std::vector<SafeAction> safe_actions(const StateOf& off) const;
    [[nodiscard]] bool holds() const { return holds_; }

    /// Something has been told to move just now, and needs so much longer than usual.
    void moved(Duration longer = {});
    [[nodiscard]] Instant settled_at() const { return settled_at_; }
    [[nodiscard]] Instant now() const;

  private:
    void take_units(InstrumentSpec& spec, const CoreDefaults& defaults, Reactor& reactor);
    Identity identify(std::size_t unit);
    void check_serial(std::size_t unit, const Identity& identity) const;
    [[nodiscard]] std::vector<std::string> messages(const std::vector<std::string>& commands) const;

    std::string name_;
    Reactor& reactor_;
    Scheduler& scheduler_;
    int channels_ = 1;
    int per_unit_ = 1;
    std::vector<int> numbers_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::string> idn_;      // of each unit, as it answered last
    std::vector<std::string> serials_;  // expected; empty: any
    std::string calibrated_;
    bool holds_ = false;
    bool joins_ = true;
    std::size_t longest_message_ = 0;
    std::string line_end_;
    Duration patience_{};
    Duration settling_{};
    CommandTemplate identify_;
    CommandTemplate calibration_date_;
    CommandTemplate reset_;
    Instant settled_at_;
};

/// What a channel can be set to, in the instrument's base unit.
struct Range {
    Unit unit = Unit::volt;
    double minimum = 0;
    double maximum = 0;
    double resolution = 0;
    double accuracy = 0;
};
/// Takes minimum, maximum, resolution and accuracy. Throws InputError if one is missing, in the
/// wrong unit, beyond +/-`most`, or if they contradict one another.
Range take_range(InstrumentSpec& spec, Unit unit, double most);
/// The value in force after quantising. Throws RatingError that names instrument and channel.
double in_force(const Core& core, const Range& range, int channel, double value);

}  // namespace bmsrig::scpi
