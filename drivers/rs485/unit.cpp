#include "drivers/rs485/unit.h"

#include <algorithm>
#include <bit>

#include "drivers/rs485/numbers.h"

namespace bmsrig::rs485 {

namespace {

constexpr std::size_t shortest_payload = name_length + 1;  // "CMAX?"
constexpr std::string_view refusal = "NOT OK";
constexpr std::string_view acceptance = "OK";

std::vector<Byte> little_endian(std::span<const float> values) {
    std::vector<Byte> bytes;
    bytes.reserve(values.size() * sizeof(float));
    for (const float value : values) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<Byte>(bits >> shift & 0xFFU));
    }
    return bytes;
}

}  // namespace

Unit::Unit(const Table& table, UnitOptions options, Registers& registers)
    : table_(table),
      options_(options),
      registers_(registers),
      decoder_(byte_time(options.bit_rate)) {}

void Unit::received(std::span<const Byte> bytes, Time now, const AnswerSink& answer) {
    decoder_.received(bytes, now, [&](const Frame& frame) { take(frame, answer); });
}

void Unit::expire(Time now, const AnswerSink& answer) {
    decoder_.expire(now, [&](const Frame& frame) { take(frame, answer); });
}

void Unit::take(const Frame& frame, const AnswerSink& answer) {
    // Address 0 is the host's: a unit that is set to it would answer other units' answers.
    if (frame.destination != options_.address || options_.address == host_address) return;
    if (frame.payload.size() < shortest_payload) return;
    const std::string_view text = text_of(frame.payload);
    const std::optional<Name> name = name_from(text.substr(0, name_length));
    const Instruction* const instruction = name ? find(table_, *name) : nullptr;
    const std::string_view rest = text.substr(name_length);
    if (instruction == nullptr) return send(frame.sender, refusal, answer);
    if (instruction->access == Access::armed) {
        if (options_.armed && rest == "?") registers_.command(instruction->name, 1);
        return;
    }
    if (rest == "?") return take_query(*instruction, frame.sender, answer);
    if (rest.front() != ' ') return send(frame.sender, refusal, answer);
    if (instruction->is_setting()) {
        const bool taken = take_value(*instruction, rest.substr(1));
        return send(frame.sender, taken ? acceptance : refusal, answer);
    }
    const bool done = instruction->is_command() && take_command(*instruction, rest.substr(1));
    const std::string_view reply = instruction->text.empty() ? acceptance : instruction->text;
    send(frame.sender, done ? reply : refusal, answer);
}

void Unit::take_query(const Instruction& instruction, Byte asker, const AnswerSink& answer) {
    if (!instruction.is_readable()) return send(asker, refusal, answer);
    switch (instruction.type) {
        case Type::floating:
            return send(asker, scientific(registers_.number(instruction.name)), answer);
        case Type::integer:
            return send(asker, fixed(registers_.number(instruction.name), 0).text, answer);
        case Type::text:
            if (!instruction.text.empty()) return send(asker, instruction.text, answer);
            return send(asker, registers_.text(instruction.name), answer);
        default:
            return send_array(instruction, asker, answer);
    }
}

bool Unit::take_value(const Instruction& instruction, std::string_view text) {
    const std::optional<double> value = number_from(text);
    if (!value) return false;
    if (instruction.allows(*value)) return registers_.set_number(instruction.name, *value);
    if (options_.flaws.takes_refused_values) registers_.set_number(instruction.name, *value);
    return false;
}

bool Unit::take_command(const Instruction& instruction, std::string_view text) {
    const std::optional<double> value = number_from(text);
    return value == 1 && registers_.command(instruction.name, *value);
}

void Unit::send_array(const Instruction& instruction, Byte asker, const AnswerSink& answer) {
    std::vector<std::vector<Byte>> arrays;
    if (instruction.type == Type::bytes) {
        arrays.push_back(registers_.bytes(instruction.name));
    } else {
        for (const std::vector<float>& values : registers_.floats(instruction.name))
            arrays.push_back(little_endian(values));
    }
    const std::size_t count =
        instruction.counts_bytes && !arrays.empty() ? arrays.front().size() : arrays.size();
    send(asker, std::to_string(count), answer);
    for (const std::vector<Byte>& bytes : arrays) send(asker, bytes, answer);
}

void Unit::send(Byte asker, std::span<const Byte> payload, const AnswerSink& answer) const {
    const CrcOrder order =
        options_.flaws.crc_low_byte_first ? CrcOrder::low_first : CrcOrder::high_first;
    answer(encode({asker, options_.address, payload}, order).bytes());
}

void Unit::send(Byte asker, std::string_view text, const AnswerSink& answer) const {
    send(asker, payload_of(text.substr(0, most_payload)), answer);
}

}  // namespace bmsrig::rs485
