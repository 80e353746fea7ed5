// The unit's side: what a REC BMS answers to what it receives.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drivers/rs485/decoder.h"
#include "drivers/rs485/instructions.h"

namespace bmsrig::rs485 {

/// What the BMS behind a Unit knows. Only asked for what its table has, and of the type it says.
class Registers {
  public:
    Registers() = default;
    Registers(const Registers&) = delete;
    Registers& operator=(const Registers&) = delete;
    virtual ~Registers() = default;

    /// The present value of a float or an integer.
    virtual double number(Name name) = 0;
    /// A value that the table allows. Returns false to refuse it, and keeps the old one.
    virtual bool set_number(Name name, double value) = 0;
    /// Asked only for texts that the table does not give. ERRL steps to the next older entry.
    virtual std::string text(Name name) = 0;
    /// A list for each BMS unit.
    virtual std::vector<std::vector<float>> floats(Name name) = 0;
    virtual std::vector<Byte> bytes(Name name) = 0;
    /// WHRE, ERRD (ERLD), FUSE, and RESE when armed; the value is what stood behind the mnemonic.
    /// Returns false to refuse it.
    virtual bool command(Name name, double value) = 0;
};

/// Deliberate defects of a unit.
struct Flaws {
    bool crc_low_byte_first = false;
    /// A value outside its range is answered with NOT OK, but set_number() is called with it.
    bool takes_refused_values = false;
};

struct UnitOptions {
    Byte address = 1;
    std::int64_t bit_rate = 56'000;  ///< tells when a piece of several bytes began to arrive
    Flaws flaws{};
    /// Whether RESE? is obeyed.
    bool armed = false;
};

/// Answers the instructions addressed to it, and is silent otherwise: frames for others, damaged
/// ones and those too short for an instruction. What it does not understand gets NOT OK.
class Unit {
  public:
    /// Called with each complete frame of an answer, ready for the transmitter.
    using AnswerSink = std::function<void(std::span<const Byte> frame)>;

    /// The table and the registers must outlive it.
    Unit(const Table& table, UnitOptions options, Registers& registers);

    /// Bytes that came completely at this time, cut anywhere. What the sink gets is the answer at
    /// once; when it is sent is the caller's matter.
    void received(std::span<const Byte> bytes, Time now, const AnswerSink& answer);

    /// When expire() is to be called if nothing comes before: a frame may stand inside one that was
    /// never finished.
    [[nodiscard]] std::optional<Time> due() const { return decoder_.due(); }
    void expire(Time now, const AnswerSink& answer);

    [[nodiscard]] const Counts& counts() const { return decoder_.counts(); }

  private:
    void take(const Frame& frame, const AnswerSink& answer);
    void take_query(const Instruction& instruction, Byte asker, const AnswerSink& answer);
    bool take_value(const Instruction& instruction, std::string_view text);
    bool take_command(const Instruction& instruction, std::string_view text);
    void send_array(const Instruction& instruction, Byte asker, const AnswerSink& answer);
    void send(Byte asker, std::span<const Byte> payload, const AnswerSink& answer) const;
    void send(Byte asker, std::string_view text, const AnswerSink& answer) const;

    const Table& table_;
    UnitOptions options_;
    Registers& registers_;
    Decoder decoder_;
};

}  // namespace bmsrig::rs485
