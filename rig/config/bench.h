// A bench: which driver stands behind each instrument that the wiring names. One YAML file, or a
// chain of them: a file may be based on another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rig/config/settings.h"
#include "rig/config/wiring_fault.h"
#include "rig/guard/guard_limits.h"
#include "rig/quantity.h"
#include "rig/time.h"

namespace bmsrig {

/// One option of a driver as the file has it; the driver takes it with the unit it wants.
struct DriverOption {
    std::string key;
    std::string text;
    int line = 0;
    std::string file{};  ///< where it stands; empty: in that of the instrument
};

/// The instruments' part of a bench file: a name, a driver and that driver's options.
/// A driver takes its options one by one and ends with `finish`, so that what nobody knows is
/// refused.
class InstrumentSpec {
  public:
    std::string name;
    std::string driver;
    std::string file;
    int line = 0;
    std::vector<DriverOption> options;

    /// The value in the base unit; `otherwise` where the file says nothing. Throws InputError with
    /// file and line on a wrong unit or a value outside low..high.
    [[nodiscard]] double number(std::string_view key, Unit unit, double otherwise, double low,
                                double high);
    [[nodiscard]] int integer(std::string_view key, int otherwise, int low, int high);
    [[nodiscard]] std::string word(std::string_view key, std::string_view otherwise);
    /// A day as ISO 8601 has it, such as 2026-03-31; empty where the file says nothing.
    [[nodiscard]] std::string date(std::string_view key);
    /// Throws InputError that names the first option nobody took, with its line and the known ones.
    void finish() const;

  private:
    const DriverOption* take(std::string_view key);
    [[noreturn]] void refuse(const DriverOption& option, const std::string& expected) const;
    std::vector<std::string> known_;
};

enum class ClockKind : unsigned char { virtual_time, real_time };

/// Where something is said: a bench may be said by several files.
struct FilePlace {
    std::string file;
    int line = 0;
};

/// A setting of the product as a bench has it.
struct BenchSetting {
    std::string name;
    std::string value;
    FilePlace place;
};

/// What becomes of instruments whose calibration has run out.
struct CalibrationRule {
    bool refuses_expired = false;  ///< otherwise they are marked in the record
    int valid_for_days = 365;
    bool is_required = false;  ///< an instrument without a date is refused too
    FilePlace place;
};

/// What a bench file says of its guard.
struct BenchGuard {
    GuardLimits limits;
    std::string off_because;  ///< empty: the guard is on wherever it has something to guard
};

struct Bench {
    std::filesystem::path file;
    std::vector<std::filesystem::path> files;  ///< `file` first, then what it is based on
    std::string name;
    std::string fixture;  ///< the fixture it was made for
    FilePlace fixture_place;
    ClockKind clock = ClockKind::virtual_time;
    std::uint64_t seed = 1;
    /// How late the rig may be in real time for what it has scheduled; a test in which it was later
    /// is inconclusive.
    Duration allowed_lateness = std::chrono::milliseconds{10};
    std::vector<BenchSetting> settings;  ///< overlay the fixture's defaults
    std::string uut;  ///< command of the UUT; empty: the fixture's own BMS process; "none": a board
                      ///< on the bench
    std::vector<InstrumentSpec> instruments;
    FilePlace instruments_place;  ///< where they begin
    BenchGuard guard;
    /// Put into a virtual bench on purpose, to see whether the self-test finds them.
    std::vector<WiringFault> wiring_faults;
    std::vector<std::string> cannot;  ///< abilities it lacks (rig/ability.h), in order
    CalibrationRule calibration;
    /// How a laboratory without hardware serves its instruments: the driver is that of the real
    /// one. Nothing of it matters to a rig.
    std::vector<InstrumentSpec> serve;

    /// Throws InputError with file and line.
    static Bench load(const std::filesystem::path& file);

    /// Overlays a fixture's settings with this bench's. Throws InputError with file and line on a
    /// setting that the product does not have, or a value out of its range.
    void apply_settings(Settings& product) const;
};

}  // namespace bmsrig
