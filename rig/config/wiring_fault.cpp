#include "rig/config/wiring_fault.h"

#include <algorithm>
#include <array>

#include "rig/config/yaml_reader.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

struct Word {
    WiringFault::Kind kind;
    std::string_view text;
    bool has_other;
};

using Kind = WiringFault::Kind;
constexpr std::array<Word, 8> words{{{Kind::open, "open", false},
                                     {Kind::no_pull_down, "no_pull_down", false},
                                     {Kind::no_pull_up, "no_pull_up", false},
                                     {Kind::short_to_minus, "short_to_minus", false},
                                     {Kind::short_to_plus, "short_to_plus", false},
                                     {Kind::swapped, "swapped", true},
                                     {Kind::wired_to, "wired_to", true},
                                     {Kind::joined, "joined", true}}};

}  // namespace

std::string_view to_string(WiringFault::Kind kind) {
    return std::ranges::find(words, kind, &Word::kind)->text;
}

std::vector<WiringFault> read_wiring_faults(const YamlNode& node) {
    const auto known = names_of(words, &Word::text);
    std::vector<WiringFault> faults;
    for (const YamlNode& item : node.items()) {
        item.allow_keys({"line", "fault", "with"});
        const std::string& text = item.at("fault").word(known);
        const Word& word = *std::ranges::find(words, text, &Word::text);
        WiringFault fault{item.at("line").text(), word.kind, "", item.file(), item.line()};
        if (word.has_other) {
            fault.other = item.at("with").text();
            if (fault.other == fault.name) item.at("with").refuse("expected another line");
        } else if (const YamlNode* with = item.find("with")) {
            with->refuse("the fault " + text + " has no second line; expected none");
        }
        const auto same = [&](const WiringFault& each) {
            return each.name == fault.name && each.kind == fault.kind;
        };
        if (std::ranges::any_of(faults, same)) {
            item.refuse("line " + fault.name + " has the fault " + text +
                        " already; expected once");
        }
        faults.push_back(fault);
    }
    return faults;
}

}  // namespace bmsrig
