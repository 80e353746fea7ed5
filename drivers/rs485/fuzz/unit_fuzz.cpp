// A unit hears anything: it answers only what is addressed to it, in frames that are right, and
// holds no value that its table does not allow. The input is a list of records: a kind, a length,
// so many bytes; they are heard as they are, or as the payload of a frame to this unit or to
// another.
#include <optional>

#include "drivers/rs485/fake_registers.h"
#include "drivers/rs485/fuzz/property.h"

using namespace bmsrig::rs485;

namespace {

constexpr Byte own_address = 3;

/// Judges every answer as it comes.
class Judge {
  public:
    explicit Judge(const Table& table)
        : table_(table), registers_(table), unit_(table, {.address = own_address}, registers_) {}

    void hear(std::span<const Byte> bytes) {
        all_.insert(all_.end(), bytes.begin(), bytes.end());
        unit_.received(bytes, Time{0}, sink());
    }

    void end() {
        unit_.expire(longest_gap, sink());
        bool was_meant = false;
        for (const std::vector<Byte>& frame : frames_found_plainly(all_))
            was_meant = was_meant || (frame[1] == own_address && frame.size() >= 12);
        require(was_meant || answers_ == 0, "a unit that is not meant is silent");
        for (const auto& [name, value] : registers_.numbers) {
            const Instruction* const instruction = find(table_, name);
            require(instruction != nullptr, "only what the table has is asked for");
            require(!instruction->is_setting() || instruction->allows(value),
                    "every value is one that the table allows");
        }
        for (const auto& [name, value] : registers_.commands)
            require(name != "RESE"_name && value == 1, "only commands that are not dangerous");
    }

  private:
    Unit::AnswerSink sink() {
        return [this](std::span<const Byte> frame) {
            ++answers_;
            const std::vector<std::vector<Byte>> found = frames_found_plainly(frame);
            require(found.size() == 1 && found[0].size() == frame.size(), "an answer is a frame");
            require(frame[2] == own_address, "an answer says who answers");
            if (text_of(frame.subspan(4, frame.size() - 7)) == "NOT OK")
                require(registers_.numbers == before_, "NOT OK changes nothing");
            before_ = registers_.numbers;
        };
    }

    const Table& table_;
    FakeRegisters registers_;
    Unit unit_;
    std::vector<Byte> all_;
    std::map<Name, double> before_ = registers_.numbers;
    std::size_t answers_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const Byte> rest{data, size};
    const bool is_abms = !rest.empty() && (rest.front() & 0x80U) != 0;
    Judge judge(is_abms ? rec_abms() : rec_2q());
    while (rest.size() >= 2) {
        const unsigned kind = rest[0] & 3U;
        const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
        const std::span<const Byte> bytes = rest.subspan(2, length);
        rest = rest.subspan(2 + length);
        if (kind == 0) {
            judge.hear(bytes);
        } else {
            const Byte destination = kind == 3 ? Byte{4} : own_address;
            judge.hear(encode({destination, 0, bytes}).bytes());
        }
    }
    judge.end();
    return 0;
}
