// Analogue outputs, sources that can be open, contacts and the UUT's log: what the smallBMS does
// not have, on the benches of its larger relatives.
#include <gmock/gmock.h>

#include <cmath>

#include "rig/error.h"
#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SmartBms : public testing::Test {
  protected:
    SmartBms() { rig_.begin_test(1); }
    LineLevel level(const char* line) { return rig_.read_line(line).level; }
    Rig rig_{options("", fixtures_folder / "victron_smart_bms_12_200"), make_instrument};
};

TEST_F(SmartBms, AMeterReadsAnAnalogueOutputIntoTheTrace) {
    rig_.stimuli().apply("alternator", 14.0, rig_.now());
    rig_.settle();
    EXPECT_EQ(level("alternator.on"), LineLevel::active);
    // Smart BMS 12-200 manual, 3.4, table 1: a fuse of 125 A limits to 100 A.
    const double limit = rig_.read_meter("alternator.limit");
    EXPECT_NEAR(limit, 100, rig_.meter_accuracy("alternator.limit"));
    EXPECT_EQ(rig_.trace().last(rig_.trace().require("reading.alternator.limit"))->value, limit);
    EXPECT_THROW(rig_.read_meter("alternator.limits"), InputError);
    rig_.power_cycle({{"fuse", "2x7.5"}});
    EXPECT_NEAR(rig_.read_meter("alternator.limit"), 9, rig_.meter_accuracy("alternator.limit"));
    rig_.end_test();
    EXPECT_TRUE(std::isnan(rig_.read_meter("alternator.limit"))) << "the unit is off";
}

TEST_F(SmartBms, ASourceCanBeOpen) {
    rig_.stimuli().apply("alternator", 14.0, rig_.now());
    rig_.settle();
    EXPECT_EQ(level("alternator.on"), LineLevel::active);
    rig_.stimuli().open("alternator", rig_.now());
    rig_.settle();
    EXPECT_EQ(level("alternator.on"), LineLevel::inactive);
    EXPECT_TRUE(std::isnan(rig_.trace().last(rig_.trace().require("alternator"))->value));
}

TEST_F(SmartBms, ConflictingSourcesAreRefused) {
    rig_.stimuli().apply("remote.h", 5.0, rig_.now());  // the link is closed
    EXPECT_THROW(rig_.stimuli().apply("remote.l", 1.0, rig_.now()), InputError);
    rig_.stimuli().open("remote.h", rig_.now());
    rig_.stimuli().apply("remote.l", 1.0, rig_.now());
}

TEST_F(SmartBms, ItsLogIsHeard) {
    EXPECT_FALSE(rig_.wait_for_log("code", 0, 10s));
    rig_.stimuli().apply("cable", 0, rig_.now());
    const Instant cut = rig_.now();
    const auto number = rig_.wait_for_log("code E-B32", 0, 5s);
    ASSERT_TRUE(number);
    EXPECT_GE(rig_.uut_log()[*number].time, cut);
    EXPECT_LE(rig_.uut_log()[*number].time, cut + 1100ms);
    EXPECT_FALSE(rig_.wait_for_log("code E-B32", *number + 1, 5s)) << "it is told once";
    rig_.begin_test(1);
    EXPECT_TRUE(rig_.uut_log().empty());
}

TEST_F(SmartBms, MadeSafeItsPortsReadOpen) {
    EXPECT_EQ(level("system.charge"), LineLevel::active);
    rig_.make_safe();
    rig_.run_for(1s);
    EXPECT_EQ(level("system.charge"), LineLevel::inactive);
    EXPECT_EQ(level("load"), LineLevel::inactive);
}

class VebusBms : public testing::Test {
  protected:
    const std::filesystem::path folder_ = fixtures_folder / "victron_vebus_bms";
};

TEST_F(VebusBms, AnotherVariantHasOtherNets) {
    Rig rig(options("", folder_), make_instrument);
    rig.begin_test(1);
    EXPECT_NEAR(rig.read_meter("gx_pow"), 13.2, 1.1) << "from the battery";
    EXPECT_TRUE(rig.stimuli().has("remote.link"));
    rig.power_cycle({{"variant", "v1"}});
    EXPECT_FALSE(rig.stimuli().has("remote.link"));
    EXPECT_THROW(rig.read_meter("gx_pow"), InputError);
    EXPECT_THROW(static_cast<void>(rig.read_line("led.status")), InputError);
    EXPECT_EQ(rig.read_line("load").level, LineLevel::active);
    rig.begin_test(2);
    EXPECT_TRUE(rig.stimuli().has("remote.link")) << "the run's own settings again";
}

TEST_F(VebusBms, AUnitThatLacksAReadingIsRefusedByLine) {
    // A V1 has no GX-Pow, which the wiring of the V2 reads.
    Rig rig(options(std::string(BMSRIG_PROCESS_FOLDER) + "/victron_vebus_bms --set variant=v1",
                    folder_),
            make_instrument);
    std::string said;
    try {
        rig.begin_test(1);
    } catch (const WiringError& problem) {
        said = problem.what();
    }
    EXPECT_THAT(said, HasSubstr("wiring.yaml:"));
    EXPECT_THAT(said, HasSubstr("which the UUT victron.vebus_bms does not have"));
}

TEST_F(VebusBms, AUnitWithAnOutputOfAnotherVariantIsRefused) {
    TestFolder folder;
    const auto program = folder.write("v1_with_gx_pow", "#!/bin/sh\n" BMSRIG_PROCESS_FOLDER
                                                        "/victron_vebus_bms --set variant=v1 | "
                                                        "sed -u '2i out gx_pow V'\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    RigOptions chosen = options("\"" + program.string() + "\"", folder_);
    chosen.settings = {{"variant", "v1"}};
    Rig rig(chosen, make_instrument);
    std::string said;
    try {
        rig.begin_test(1);
    } catch (const WiringError& problem) {
        said = problem.what();
    }
    EXPECT_THAT(said, HasSubstr("has an output \"gx_pow\", which the product does not have with "
                                "these settings"));
}

}  // namespace
}  // namespace bmsrig
