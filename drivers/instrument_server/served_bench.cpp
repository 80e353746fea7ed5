#include "drivers/instrument_server/served_bench.h"

#include <set>

namespace bmsrig {

namespace {

/// As a YAML scalar: in double quotes, where only these two need care.
std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

}  // namespace

std::string served_bench_text(const Bench& bench, const Settings& settings,
                              const std::vector<ServedInstrument>& served) {
    std::string text =
        "# Written by `bmsrig instruments`, which serves these instruments: the addresses hold for "
        "as\n# long as it runs.\n"
        "format: 1\n"
        "bench: " +
        bench.name +
        "_served\n"
        "fixture: " +
        bench.fixture +
        "\n"
        "clock: real\n"
        "seed: " +
        std::to_string(bench.seed) + "\n";
    const auto values = settings.explicit_values();
    if (!values.empty()) text += "\nsettings:\n";
    for (const auto& [name, value] : values) text += "  " + name + ": " + quoted(value) + "\n";

    std::set<std::string> cannot;
    for (const ServedInstrument& instrument : served) {
        cannot.insert(instrument.as.cannot.begin(), instrument.as.cannot.end());
    }
    if (!cannot.empty()) {
        text +=
            "\n# For which real instruments have no means; tests that need it are left out.\n"
            "cannot:\n";
    }
    for (const std::string& ability : cannot) text += "  - " + ability + "\n";

    text += "\ninstruments:\n";
    for (const ServedInstrument& instrument : served) {
        text += "  " + instrument.name + ":\n    driver: " + instrument.as.driver + "\n";
        for (const auto& [key, value] : instrument.as.options) {
            text += "    " + key + ": " + quoted(value) + "\n";
        }
    }
    return text;
}

}  // namespace bmsrig
