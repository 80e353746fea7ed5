// The netlist between the bench and the UUT, from a fixture's wiring.yaml, and the electrical truth
// on its lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/config/settings.h"
#include "rig/config/yaml_reader.h"
#include "rig/instruments/line_bank.h"
#include "rig/quantity.h"
#include "rig/time.h"

namespace bmsrig {

/// An end point at an instrument: "cells.3" is channel 3 of the instrument that the bench file
/// calls "cells".
struct Pin {
    std::string instrument;
    int channel = 1;
    bool operator==(const Pin&) const = default;
};
std::string to_string(const Pin& pin);

/// What a contact puts on a net in one of its two positions.
struct ContactLevel {
    enum class Kind : unsigned char { fixed, floating, supply } kind = Kind::fixed;
    double volts = 0;  ///< for fixed
};

/// A net that the bench drives and the UUT feels.
struct InputNet {
    std::string port;  ///< the UUT's port
    Unit unit = Unit::volt;
    Pin source;
    std::optional<double> rating_low;  ///< what the UUT stands; requests beyond are refused
    std::optional<double> rating_high;
    /// Set where a contact of a line driver stands in the net; otherwise the source's value reaches
    /// the port as it is.
    std::optional<ContactLevel> closed;
    std::optional<ContactLevel> open;
    std::vector<std::string> faults;  ///< that may be injected here, in the words of the file
    int line = 0;                     ///< in wiring.yaml

    [[nodiscard]] bool is_contact() const { return closed.has_value() || unit == Unit::boolean; }
};

/// A resistor that a contact of the UUT joins across a source, such as a balancing load.
struct LoadNet {
    std::string port;  ///< the UUT's contact
    Pin across;
    double ohms = 0;
    int line = 0;
};

/// A line that the UUT drives and the bench reads.
struct LineNet {
    std::string name;  ///< "load": what plans call it
    std::string port;  ///< the UUT's output port
    Pin reader;
    Duration debounce{};
    /// Electrical stage; absent for lamps and contacts, which are active when lit or closed.
    struct Stage {
        double high_drop_volts = 0;  ///< high stands this far below the supply
        double high_ohms = 1;        ///< source resistance while high
        double low_drop_volts = 0;   ///< low stands this far above 0 V
        double low_ohms = 1;         ///< sink resistance while low
        /// An output that sinks or floats, a transistor's open collector: it is active while it
        /// sinks, and the line bank pulls it up unless a test says otherwise.
        bool is_open_collector = false;
        std::optional<double> pull_down_ohms;  ///< joined to 0 V by Bias::down
        std::optional<double> pull_up_ohms;    ///< joined to pull_up_volts by Bias::up
        double pull_up_volts = 0;
        double low_below_volts = 0;  ///< the level shifter's thresholds
        double high_above_volts = 0;

        /// The bias that a test begins with: the one against which the output works.
        [[nodiscard]] Bias resting_bias() const {
            return is_open_collector ? Bias::up : Bias::down;
        }
        /// What the level shifter's low and high mean.
        [[nodiscard]] LineLevel low_level() const {
            return is_open_collector ? LineLevel::active : LineLevel::inactive;
        }
        [[nodiscard]] LineLevel high_level() const {
            return is_open_collector ? LineLevel::inactive : LineLevel::active;
        }
    };
    std::optional<Stage> stage;
    int line = 0;
};

/// An analogue output of the UUT that a meter reads.
struct ReadingNet {
    std::string name;  ///< what plans call it
    std::string port;  ///< the UUT's output port
    Pin meter;
    Unit unit = Unit::volt;
    int line = 0;
};

/// A bus that the UUT and the bench speak on.
struct BusNet {
    std::string name;  ///< of the bus in the UUT's greeting, and what plans call it
    Pin adapter;
    /// What a CAN bus's frames mean: databases by their names. Empty for a serial bus.
    std::vector<std::string> databases;
    int line = 0;
};

/// What the bench must never have at the same time.
struct Conflict {
    enum class State : unsigned char { closed, open, driven };
    std::vector<std::pair<std::string, State>> ports;  ///< of contacts and voltage sources
    std::string reason;
    int line = 0;
};
std::string_view to_string(Conflict::State state);

/// Stage codes as in rig/trace.h.
enum class StageState : unsigned char { low = 0, high = 1, floating = 2 };

/// The sources that meet on a net, each a voltage behind a resistance. The line bank switches its
/// two resistors, one at a time: Bias::down joins the pull-down, Bias::up the pull-up, Bias::none
/// neither. A run starts with the stage's resting bias.
class Node {
  public:
    void join(double volts, double ohms);
    /// The UUT's stage. One that is high while the UUT's supply is open (NaN) or below its drop
    /// gives nothing.
    void join(const LineNet::Stage& stage, StageState state, double supply_volts);
    /// The resistor of the line bank.
    void join(const LineNet::Stage& stage, Bias bias);
    [[nodiscard]] double volts() const;  ///< NaN if nothing drives or pulls it

  private:
    double siemens_ = 0;
    double amperes_ = 0;
};

/// What the level shifter makes of it: high at its threshold and above, low at its threshold and
/// below; between the thresholds, or floating, it is indeterminate.
LineLevel line_level(const LineNet::Stage& stage, double volts);

/// A wiring file's nets.
struct Netlist {
    std::vector<InputNet> inputs;
    std::vector<LoadNet> loads;
    std::vector<LineNet> lines;
    std::vector<ReadingNet> readings;
    std::vector<BusNet> buses;
    std::vector<Conflict> conflicts;
    std::vector<std::string> left_out;  ///< inputs and lines whose `when` does not hold
    /// Names of repeated nets beyond what their `count` is now: "cell.9" of a battery of eight.
    std::vector<std::string> beyond_count;
};

/// Checked netlist: no port, line, source pin or reader stands twice, a contact's supply and a
/// load's source are nets.
class Wiring {
  public:
    /// Of a wiring.yaml; nets with `count` are repeated for 1..setting, `<n>` standing for the
    /// number. Throws InputError with file and line on anything it does not understand, a pin or
    /// port used twice, ratings or thresholds the wrong way round.
    static Wiring load(const YamlNode& file, const Settings& settings);

    [[nodiscard]] const std::vector<InputNet>& inputs() const { return nets_.inputs; }
    [[nodiscard]] const std::vector<LoadNet>& loads() const { return nets_.loads; }
    [[nodiscard]] const std::vector<LineNet>& lines() const { return nets_.lines; }
    [[nodiscard]] const std::vector<ReadingNet>& readings() const { return nets_.readings; }
    [[nodiscard]] const std::vector<BusNet>& buses() const { return nets_.buses; }
    [[nodiscard]] const std::vector<Conflict>& conflicts() const { return nets_.conflicts; }
    /// Whether the file has an input or a line of this name that the present settings leave out.
    [[nodiscard]] bool leaves_out(std::string_view name) const;
    /// Whether it is left out, or a repeated net of this number would exist with a higher count:
    /// a fixture may name it and is passed over.
    [[nodiscard]] bool passes_over(std::string_view name) const;
    [[nodiscard]] const std::string& file() const { return file_; }

    /// The net that a source pin drives, or nullptr.
    [[nodiscard]] const InputNet* input_from(const Pin& source) const;
    /// Throws Error that names the lines there are.
    [[nodiscard]] const LineNet& line(std::string_view name) const;
    /// Throws Error that names the readings there are.
    [[nodiscard]] const ReadingNet& reading(std::string_view name) const;
    /// Throws Error that names the buses there are.
    [[nodiscard]] const BusNet& bus(std::string_view name) const;

  private:
    std::string file_;
    Netlist nets_;
};

}  // namespace bmsrig
