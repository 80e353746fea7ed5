// The five verdicts and the rule that the worst wins.
#pragma once

#include <string_view>

namespace bmsrig {

/// Ordered from best to worst; combining keeps the worse.
/// error: the rig's own problem; it is never reported as fail, which is the UUT's.
enum class Verdict : unsigned char { pass, inconclusive, fail, aborted, error };

constexpr Verdict worst(Verdict a, Verdict b) {
    return a < b ? b : a;
}

/// "pass", "inconclusive", "fail", "aborted", "error".
std::string_view to_string(Verdict verdict);
/// Throws InputError for any other word.
Verdict verdict_from_string(std::string_view text);

}  // namespace bmsrig
