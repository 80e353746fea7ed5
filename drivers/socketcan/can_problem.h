// What is wrong with a CAN network interface, in words that say what to do.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

namespace bmsrig {

/// `bit_rate` is the one that is wanted; 0: not known. To be put behind who has the problem.
std::string can_problem(const std::string& interface, std::uint32_t bit_rate,
                        const std::error_code& problem);
/// The command that brings an interface up at a bit rate.
std::string command_to_bring_up(const std::string& interface, const std::string& kind,
                                std::uint32_t bit_rate);

}  // namespace bmsrig
