// A bench some of whose instruments cannot be opened.
#include "rig/bench_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rig/error.h"
#include "rig/guard/bench_in_test.h"
#include "rig/test_folder.h"
#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;

/// Makes all but these, which do not answer.
InstrumentFactory all_but(std::vector<std::string> silent) {
    return [silent = std::move(silent)](const InstrumentSpec& spec, const DriverContext& context) {
        if (std::ranges::find(silent, spec.name) != silent.end())
            throw InstrumentError("instrument \"" + spec.name + "\" does not answer");
        return make_instrument(spec, context);
    };
}

TEST(BenchProbe, WhatCannotBeOpenedDoesNotHideTheOthers) {
    const BenchProbe probe{options(VICTRON_SMALLBMS_SO).bench, all_but({"supply", "lines"})};
    std::vector<std::string> opened;
    std::vector<std::string> problems;
    for (const auto& found : probe.found()) {
        if (found.instrument) opened.push_back(found.name);
        if (!found.problem.empty()) problems.push_back(found.problem);
    }
    EXPECT_THAT(opened, ElementsAre("cells", "temperatures", "switches"));
    EXPECT_THAT(problems, ElementsAre("instrument \"supply\" does not answer",
                                      "instrument \"lines\" does not answer"));
}

/// Says no where the test wants it to, and tells what it was told.
class Recorder : public Instrument {
  public:
    Recorder(std::string name, std::vector<std::string>& told)
        : name_(std::move(name)), told_(told) {}
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return 1; }
    Identity identify() override { return {}; }
    void make_safe() override { tell("make_safe", name_ == "temperatures"); }
    void finish() override { tell("finish", name_ == "supply"); }
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {}

  private:
    void tell(const std::string& call, bool fails) {
        told_.push_back(call + " " + name_);
        if (fails) throw InstrumentError(name_ + " says no to " + call);
    }
    std::string name_;
    std::vector<std::string>& told_;
};

TEST(BenchProbe, SwitchesOffWhatItCanAndNamesTheRest) {
    std::vector<std::string> told;
    BenchProbe probe{options(VICTRON_SMALLBMS_SO).bench,
                     [&](const InstrumentSpec& spec, const DriverContext&) {
                         if (spec.name == "lines") throw InputError("there are no lines");
                         return std::make_unique<Recorder>(spec.name, told);
                     }};
    EXPECT_THAT(probe.make_safe(),
                ElementsAre("", "temperatures says no to make_safe", "supply says no to finish", "",
                            "there are no lines"));
    // Everything is off before anybody is waited for.
    EXPECT_THAT(told, ElementsAre("make_safe cells", "make_safe temperatures", "make_safe supply",
                                  "make_safe switches", "finish cells", "finish supply",
                                  "finish switches"));
}

/// Whose order is interrupted by a problem of the other, once.
class Interrupted final : public Recorder {
  public:
    Interrupted(std::string name, std::vector<std::string>& told, std::string other)
        : Recorder(std::move(name), told), other_(std::move(other)) {}
    void make_safe() override {
        if (!std::exchange(was_interrupted_, true))
            throw InstrumentError("instrument \"" + other_ + "\": its connection was closed");
        Recorder::make_safe();
    }

  private:
    std::string other_;
    bool was_interrupted_ = false;
};

TEST(BenchProbe, AnInstrumentsProblemTakesNoOthersTurn) {
    std::vector<std::string> told;
    BenchProbe probe{options(VICTRON_SMALLBMS_SO).bench,
                     [&](const InstrumentSpec& spec, const DriverContext&) {
                         if (spec.name == "switches")
                             return std::unique_ptr<Recorder>(
                                 std::make_unique<Interrupted>(spec.name, told, "cells"));
                         return std::make_unique<Recorder>(spec.name, told);
                     }};
    EXPECT_THAT(probe.make_safe(), ElementsAre("instrument \"cells\": its connection was closed",
                                               "temperatures says no to make_safe",
                                               "supply says no to finish", "", ""));
    EXPECT_THAT(told, ElementsAre("make_safe cells", "make_safe temperatures", "make_safe supply",
                                  "make_safe switches", "make_safe lines", "finish supply",
                                  "finish switches", "finish lines"));
}

/// Whose connection was lost.
class Unconnected final : public Recorder {
  public:
    using Recorder::Recorder;
    [[nodiscard]] bool has_to_connect() const override { return true; }
};

TEST(BenchProbe, WhatHasToConnectFirstKeepsNoOtherSwitchedOnMeanwhile) {
    std::vector<std::string> told;
    BenchProbe probe{
        options(VICTRON_SMALLBMS_SO).bench, [&](const InstrumentSpec& spec, const DriverContext&) {
            if (spec.name == "cells")
                return std::unique_ptr<Recorder>(std::make_unique<Unconnected>(spec.name, told));
            return std::make_unique<Recorder>(spec.name, told);
        }};
    probe.make_safe();
    EXPECT_THAT(std::vector<std::string>(told.begin(), told.begin() + 6),
                ElementsAre("make_safe temperatures", "make_safe supply", "make_safe switches",
                            "make_safe lines", "make_safe cells", "finish cells"));
}

TEST(BenchProbe, OfABenchInUseNothingIsOpened) {
    const TestFolder folder;
    ::setenv("XDG_STATE_HOME", (folder.path() / "state").c_str(), 1);
    const auto file = folder.write(
        "bench.yaml",
        changed(content_of(options(VICTRON_SMALLBMS_SO).bench), "clock: virtual", "clock: real"));
    int opened = 0;
    const InstrumentFactory count = [&](const InstrumentSpec& spec, const DriverContext& context) {
        ++opened;
        return make_instrument(spec, context);
    };
    BenchState other(file);
    other.share();
    EXPECT_THROW((BenchProbe{file, count, true}), BenchInUse);
    EXPECT_EQ(opened, 0);
    EXPECT_NO_THROW((BenchProbe{file, count})) << "others may look too";
    EXPECT_EQ(opened, 5);
    other.mark({});
    EXPECT_THROW((BenchProbe{file, count}), InputError) << "it was left unsafe";
    EXPECT_EQ(opened, 5);
}

TEST(BenchProbe, ARigNamesAllThatCannotBeOpened) {
    try {
        const Rig rig{options(VICTRON_SMALLBMS_SO), all_but({"supply", "lines"})};
        FAIL() << "the rig opened a bench without its supply";
    } catch (const InstrumentError& problem) {
        EXPECT_STREQ(problem.what(),
                     "instrument \"supply\" does not answer\ninstrument \"lines\" does not answer");
    }
}

TEST(BenchProbe, AWrongFileIsTheFilesMistakeUnlessAnInstrumentIsMissing) {
    const auto refuse_lines = [](const std::vector<std::string>& silent) {
        return [make = all_but(silent)](const InstrumentSpec& spec, const DriverContext& context) {
            if (spec.name == "lines") throw InputError("bench.yaml", 7, "lines need a supply");
            return make(spec, context);
        };
    };
    EXPECT_THROW((Rig{options(VICTRON_SMALLBMS_SO), refuse_lines({})}), InputError);
    EXPECT_THROW((Rig{options(VICTRON_SMALLBMS_SO), refuse_lines({"supply"})}), InstrumentError);
}

}  // namespace
}  // namespace bmsrig
