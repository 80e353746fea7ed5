// A bench some of whose instruments cannot be opened.
#include "rig/bench_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rig/error.h"
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
