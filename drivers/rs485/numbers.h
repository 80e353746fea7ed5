// Numbers as they stand in payloads; the same in every locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bmsrig::rs485 {

/// The finite number that the text is, blanks around it and a plus left aside; of any width.
std::optional<double> number_from(std::string_view text);

/// As a unit answers: four decimals, an exponent without plus or leading zero ("-1.2351e2").
std::string scientific(double value);

/// A value as a host sends it.
struct FixedNumber {
    std::string text;
    int decimals;
};

/// With so many decimals at least, and with as many more, up to eight, as the value needs.
FixedNumber fixed(double value, int decimals);

}  // namespace bmsrig::rs485
