#include "drivers/rs485/instructions.h"

#include <algorithm>
#include <cmath>

namespace bmsrig::rs485 {

std::string to_string(Name name) {
    const auto packed = static_cast<std::uint32_t>(name);
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += static_cast<char>(packed >> static_cast<unsigned>(shift) & 0xFFU);
    return text;
}

bool Instruction::allows(double value) const {
    // A comparison with NaN is false: neither a value nor a range that is none allows anything.
    const bool is_in_range = value >= minimum && value <= maximum;
    if (!is_in_range) return false;
    if (type == Type::integer && value != std::floor(value)) return false;
    return choices.empty() || std::ranges::any_of(choices, [value](const Choices& some) {
               return value >= some.low && value <= some.high;
           });
}

const Instruction* find(const Table& table, Name name) {
    const auto found = std::ranges::find(table.instructions, name, &Instruction::name);
    return found == table.instructions.end() ? nullptr : &*found;
}

}  // namespace bmsrig::rs485
