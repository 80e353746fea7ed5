// The host's side: asks and tells a unit, with timeouts and retries. It has no clock and sends
// nothing itself: it is told the time, and says what to send and when it wants to be called again.
#pragma once

#include <string>
#include <vector>

#include "drivers/rs485/decoder.h"
#include "drivers/rs485/instructions.h"

namespace bmsrig::rs485 {

/// How an exchange ended.
enum class Outcome : std::uint8_t {
    pending,
    answered,      ///< a write: accepted, and read back as written
    no_answer,     ///< after all retries
    refused,       ///< NOT OK
    wrong_answer,  ///< after all retries, an answer that is none to this instruction
    differs,       ///< accepted, but read back as something else
};

std::string_view to_string(Outcome outcome);

/// What came of an exchange. Only what belongs to the instruction's type is filled.
struct Reply {
    Outcome outcome = Outcome::pending;
    double number = 0;  ///< of a write: read back, also when it was refused
    std::string text;   ///< the answer as it came, of a write that to the write
    std::vector<std::vector<float>> floats;  ///< a list for each BMS unit
    std::vector<Byte> bytes;
    std::string problem;  ///< in words, unless answered
    int attempts = 0;     ///< how often the last instruction was sent
    /// From the end of the last instruction to the end of the first frame of its answer.
    Time answer_time{0};
    bool binary_count = false;  ///< an array's count came as a byte instead of as text
};

/// Which address stands first in answers. The manual does not say; both are accepted.
enum class AddressOrder : std::uint8_t { unknown, destination_first, sender_first };

/// What erases evidence or stops the unit is only sent when armed.
enum class Arming : std::uint8_t { safe, armed };

struct HostOptions {
    Byte unit = 1;
    Byte host = host_address;
    Time timeout = std::chrono::milliseconds(350);  ///< for each frame of an answer
    int retries = 4;
    Time idle = std::chrono::milliseconds(20);  ///< of silence before an instruction
    std::int64_t bit_rate = 56'000;
};

/// One exchange at a time: query(), write() or command(), then advance() whenever it is due and
/// received() whenever something came, until reply() is no longer pending.
class Host {
  public:
    /// The table must outlive it.
    Host(const Table& table, HostOptions options);

    /// Of what is sent and heard from now on.
    void set_bit_rate(std::int64_t bit_rate);

    /// Throws std::invalid_argument if the table has no such instruction to read.
    void query(Name name, Time now);
    /// Sends a value, whether or not it is in range, and reads it back. Throws
    /// std::invalid_argument if the table has no such setting or the value is not finite.
    void write(Name name, double value, Time now);
    /// WHRE, ERRD (ERLD) and FUSE; RESE, which has no answer. Throws std::invalid_argument if it is
    /// none of these or not armed.
    void command(Name name, Arming arming, Time now);

    /// What is to be sent at this time; mostly nothing. Valid until the next call.
    std::span<const Byte> advance(Time now);
    /// Bytes of which the last came completely at this time.
    void received(std::span<const Byte> bytes, Time now);
    /// When advance() has something to do if nothing comes before, which may be at once (a time
    /// that has passed); none when the exchange is over.
    [[nodiscard]] std::optional<Time> due() const;

    [[nodiscard]] bool is_pending() const { return reply_.outcome == Outcome::pending && busy_; }
    [[nodiscard]] const Reply& reply() const { return reply_; }

    /// Seen in the answers so far.
    [[nodiscard]] AddressOrder address_order() const { return order_; }
    [[nodiscard]] const Counts& counts() const { return decoder_.counts(); }
    /// Whole frames that were no answer: of or to others, late ones, and our own instruction heard
    /// again.
    [[nodiscard]] std::uint64_t stray_frames() const { return strays_; }

  private:
    enum class Step : std::uint8_t { ask, tell, order, read_back };

    const Instruction& require(Name name) const;
    void begin(const Instruction& instruction, Time now);
    void prepare(Step step, std::string payload, Time now);
    std::span<const Byte> transmit(Time now);
    void retry(Time now, const std::string& problem);
    void take(const Frame& frame, Time now);
    bool is_answer(const Frame& frame);
    void take_scalar(std::string_view text, Time now);
    void take_written(std::string_view text, Time now);
    void take_read_back(std::string_view text, Time now);
    void take_wrong(Time now, std::string problem);
    void take_count(std::span<const Byte> payload, Time now);
    void take_array(std::span<const Byte> payload, Time now);
    void take_refusal(Time now);
    bool try_other_name(Time now);
    void finish(Outcome outcome, std::string problem = {});
    [[nodiscard]] Time may_send_at() const;

    const Table& table_;
    HostOptions options_;
    Decoder decoder_;
    AddressOrder order_ = AddressOrder::unknown;
    std::uint64_t strays_ = 0;
    std::optional<Name> balanced_cells_;  // what this unit has shown to call WCIB

    const Instruction* instruction_ = nullptr;
    Name asked_{};
    Step step_ = Step::ask;
    std::string payload_;
    std::optional<EncodedFrame> sent_;
    std::uint64_t heard_ = 0;  // bytes since it was asked
    bool busy_ = false;
    bool waiting_ = false;  // for an answer; otherwise for the bus to be idle
    bool other_name_tried_ = false;
    Time last_byte_{-std::chrono::hours(1)};  // on the bus, whoever sent it
    Time quiet_until_{0};                     // answers to what was sent twice may still come
    Time sent_at_{0};                         // the end of the instruction
    Time deadline_{0};                        // of the next frame, or of the bus to become idle
    std::optional<std::size_t> count_;        // of an array: the first frame has come
    double written_ = 0;
    double tolerance_ = 0;
    bool accepted_ = false;
    Reply reply_;
};

}  // namespace bmsrig::rs485
