#include "rig/wiring_proof.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "rig/config/yaml_reader.h"

namespace bmsrig {

namespace {

constexpr std::string_view supply_port = "supply";

std::string word(LineLevel level) {
    return std::string(to_string(level));
}

/// Two stimuli are named, of more the first alone: the words stand at every line of the report.
std::string words_of(const SelfTestPlan::Step& step) {
    const auto word = [&](std::size_t i) {
        return step.apply[i].first + " at " + format_number(step.apply[i].second);
    };
    if (step.apply.size() == 2) return word(0) + ", " + word(1);
    if (step.apply.size() == 1) return word(0);
    return word(0) + " and " + std::to_string(step.apply.size() - 1) + " more";
}

class WiringProof {
  public:
    explicit WiringProof(Rig& rig) : rig_(rig), plan_(rig.fixture().self_test) {
        for (const LineNet& net : rig.fixture().wiring.lines()) {
            report_.lines.push_back({net.name, "", "", true});
        }
    }

    WiringReport run(std::uint64_t seed) {
        rig_.begin_unpowered(seed);
        prove_unpowered();
        rig_.end_test();
        if (!report_.faults.empty()) return std::move(report_);
        rig_.begin_test(seed);
        look(plan_.baseline, "baseline");
        for (const SelfTestPlan::Step& step : plan_.steps) take(step);
        rig_.end_test();
        compare();
        return std::move(report_);
    }

  private:
    [[nodiscard]] const std::vector<LineNet>& nets() const { return rig_.fixture().wiring.lines(); }
    [[nodiscard]] LineLevel level(const LineNet& net) const {
        return rig_.read_line(net.name).level;
    }
    [[nodiscard]] std::string place(const LineNet& net) const {
        return "line " + net.name + " (" + to_string(net.reader) + ", " +
               std::filesystem::path(rig_.fixture().wiring.file()).filename().string() + ":" +
               std::to_string(net.line) + ")";
    }
    LineProof& proof(const std::string& line) {
        return *std::ranges::find(report_.lines, line, &LineProof::line);
    }
    void find_fault(const LineNet& net, const std::string& text) {
        proof(net.name).ok = false;
        report_.faults.push_back(place(net) + ": " + text);
    }

    // Without power.
    void prove_unpowered();
    void prove_stage(const LineNet& net);
    void judge_stage(const LineNet& net, LineLevel up, LineLevel down);

    // With power.
    void take(const SelfTestPlan::Step& step);
    void look(const std::map<std::string, bool>& expected, const std::string& when);
    void compare();
    void accuse(const LineNet& net);
    void note_doubt(const LineNet& net);
    void note_silence();
    void find_blind_spots();

    Rig& rig_;
    const SelfTestPlan& plan_;
    WiringReport report_;
    /// What each line showed and should have shown, one after the other.
    std::map<std::string, std::vector<LineLevel>> seen_;
    std::map<std::string, std::vector<LineLevel>> expected_;
    std::vector<const LineNet*> silent_;
    std::map<const LineNet*, std::vector<const LineNet*>> doubles_;  ///< whose answers a line gives
};

void WiringProof::prove_unpowered() {
    for (const InputNet& net : rig_.fixture().wiring.inputs()) {
        if (net.port != supply_port) continue;
        rig_.stimuli().apply(supply_port, plan_.dead_supply_volts, rig_.now());
    }
    rig_.run_until(rig_.settled_at());  // nobody reacts
    for (const LineNet& net : nets()) {
        if (net.stage) rig_.set_bias(net.name, Bias::none);
    }
    for (const LineNet& net : nets()) {
        if (net.stage) {
            prove_stage(net);
        } else if (level(net) == LineLevel::inactive) {
            proof(net.name).unpowered = "dark";
        } else {
            proof(net.name).unpowered = word(level(net));
            find_fault(net, "reads " + word(level(net)) +
                                " while the unit has no power; expected inactive. Look for stray "
                                "light or a short at its sensor");
        }
    }
}

/// All other lines hang free meanwhile, so that whatever moves with this one is joined to it.
void WiringProof::prove_stage(const LineNet& net) {
    std::map<std::string, LineLevel> with_up;
    rig_.set_bias(net.name, Bias::up);
    for (const LineNet& other : nets()) with_up[other.name] = level(other);
    rig_.set_bias(net.name, Bias::down);
    const LineLevel down = level(net);
    for (const LineNet& other : nets()) {
        if (!other.stage || other.name <= net.name) continue;  // each pair once
        if (with_up[other.name] != other.stage->high_level() ||
            level(other) != other.stage->low_level())
            continue;
        proof(net.name).ok = proof(other.name).ok = false;
        report_.faults.push_back(place(net) + " and " + place(other) +
                                 " follow each other's pull resistors: both read one net. Either a "
                                 "line is wired to the wrong net, or the two outputs are shorted "
                                 "together");
    }
    judge_stage(net, with_up[net.name], down);
    rig_.set_bias(net.name, Bias::none);
}

void WiringProof::judge_stage(const LineNet& net, LineLevel up, LineLevel down) {
    const LineLevel high = net.stage->high_level();
    const LineLevel low = net.stage->low_level();
    auto& words = proof(net.name).unpowered;
    if (up == high && down == low) {
        words = "floats";
        return;
    }
    words = word(down) + " pulled down, " + word(up) + " pulled up";
    const std::string saw = "reads " + words + " while the unit has no power: ";
    if (up == high && down == LineLevel::indeterminate) {
        find_fault(net, saw + "the pull-down is missing");
    } else if (up == LineLevel::indeterminate && down == low) {
        find_fault(net, saw + "the pull-up is missing");
    } else if (up == low && down == low) {
        find_fault(net, saw + "it is shorted to battery minus");
    } else if (up == down) {
        find_fault(net, saw +
                            "it is shorted to battery plus or to another voltage, or both pulls "
                            "are missing");
    } else {
        find_fault(net, saw + "expected " + word(low) + " and " + word(high) +
                            "; check its wire, its pull resistors and its level shifter");
    }
}

/// From the step before straight to this one: an operator waits for the self-test.
void WiringProof::take(const SelfTestPlan::Step& step) {
    rig_.stimuli().apply_baseline(rig_.fixture().baseline, rig_.now());
    for (const auto& [port, value] : step.apply) {
        rig_.stimuli().apply(port, value, rig_.now());
    }
    const std::string words = words_of(step);
    rig_.mark(words);
    rig_.settle();
    auto expected = plan_.baseline;
    for (const auto& [line, active] : step.lines) expected[line] = active;
    look(expected, words);
}

void WiringProof::look(const std::map<std::string, bool>& expected, const std::string& when) {
    for (const auto& [line, active] : expected) {
        const LineLevel seen = rig_.read_line(line).level;
        seen_[line].push_back(seen);
        expected_[line].push_back(active ? LineLevel::active : LineLevel::inactive);
        auto& words = proof(line).powered;
        words += (words.empty() ? "" : ", ") + word(seen) + " (" + when + ")";
    }
}

void WiringProof::compare() {
    for (const LineNet& net : nets()) {
        if (!plan_.baseline.contains(net.name) || seen_[net.name] == expected_[net.name]) continue;
        accuse(net);
    }
    note_silence();
    find_blind_spots();
}

/// A line that answers exactly as another one should, while that other does not: no single fault of
/// a unit looks like that.
void WiringProof::accuse(const LineNet& net) {
    for (const LineNet& other : nets()) {
        if (other.name == net.name || other.stage.has_value() != net.stage.has_value() ||
            !plan_.baseline.contains(other.name) || seen_[net.name] != expected_[other.name])
            continue;
        if (seen_[other.name] == expected_[other.name]) {
            doubles_[&net].push_back(&other);
            continue;
        }
        const bool is_swapped = seen_[other.name] == expected_[net.name];
        if (is_swapped && other.name < net.name) return;  // named already
        proof(net.name).ok = proof(other.name).ok = false;
        report_.faults.push_back(
            is_swapped
                ? place(net) + " and " + place(other) +
                      " each answer as the other should: their wires are swapped, or those of the "
                      "unit's outputs"
                : place(net) + " answers as line " + other.name + " should, and " + place(other) +
                      " does not: it is wired to the net of " + other.name);
        return;
    }
    proof(net.name).ok = false;
    if (std::ranges::all_of(seen_[net.name],
                            [](LineLevel each) { return each == LineLevel::inactive; })) {
        silent_.push_back(&net);
    } else {
        note_doubt(net);
    }
}

/// A bad unit may answer so, and so may a line on the wrong net beside that net's own reader.
void WiringProof::note_doubt(const LineNet& net) {
    std::string like;
    for (const LineNet* other : doubles_[&net]) like += (like.empty() ? "" : " or ") + other->name;
    report_.notes.push_back(
        place(net) + " does not answer as the fixture's self_test says" +
        (like.empty() ? "" : ", but exactly as " + like + " should") +
        ": the unit drives it so, or its wire lies elsewhere; look at it before "
        "the unit is blamed");
}

/// A broken wire cannot be told from a dead output, nor a unit without power from one that is dead.
void WiringProof::note_silence() {
    const bool all_are_silent = std::ranges::all_of(plan_.baseline, [&](const auto& line) {
        const auto& expected = expected_[line.first];
        return std::ranges::find(expected, LineLevel::active) == expected.end() ||
               std::ranges::find(silent_, line.first, &LineNet::name) != silent_.end();
    });
    if (!silent_.empty() && all_are_silent) {
        report_.notes.emplace_back(
            "no line ever became active: look whether the unit is plugged in and has its supply "
            "before it is blamed");
        return;
    }
    for (const LineNet* net : silent_) {
        report_.notes.push_back(place(*net) +
                                " stayed inactive all the time, where it should not: a " +
                                (net->stage ? "broken wire looks like a dead output"
                                            : "sensor that sees nothing looks like a dead lamp") +
                                "; look at it before the unit is blamed");
    }
}

void WiringProof::find_blind_spots() {
    for (const LineNet& net : nets()) {
        if (plan_.baseline.contains(net.name)) continue;
        report_.blind_spots.push_back(
            "line " + net.name +
            " is not named in self_test.baseline of fixture.yaml: that it "
            "reads its own net is not proven");
    }
    for (std::size_t i = 0; i < nets().size(); ++i) {
        for (std::size_t j = i + 1; j < nets().size(); ++j) {
            const LineNet& one = nets()[i];
            const LineNet& two = nets()[j];
            if (one.stage.has_value() != two.stage.has_value() ||
                !plan_.baseline.contains(one.name) || !plan_.baseline.contains(two.name) ||
                expected_[one.name] != expected_[two.name])
                continue;
            report_.blind_spots.push_back("lines " + one.name + " and " + two.name +
                                          " answer alike to every stimulus of self_test in "
                                          "fixture.yaml: were they swapped, nobody would see it");
        }
    }
}

}  // namespace

WiringReport prove_wiring(Rig& rig, std::uint64_t seed) {
    return WiringProof(rig).run(seed);
}

}  // namespace bmsrig
