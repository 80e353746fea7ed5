// The buses of the link, through a rig with a UUT that has nothing else.
#include <gmock/gmock.h>

#include <fstream>

#include "drivers/can/catalogue.h"
#include "rig/error.h"
#include "rig/hex.h"
#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* fixture_yaml = R"(format: 1
title: Bus echo
products: [bmsrig.bus_echo]
process: bus_echo
reaction_time: 10 ms
settings:
  memory: {scratch_file: true, source: bus_echo.c}
baseline: {cells: 3 V, temperatures: 25 degC, supply: 3.3 V, switches: {}}
self_test: {dead_supply: 0 V, baseline: {}, steps: []}
)";
constexpr const char* wiring_yaml = R"(format: 1
inputs:
  supply: {source: supply.1, unit: V, rating: [0 V, 60 V]}
loads: {}
lines:
  lamp: {port: lamp, reader: lines.1, debounce: 0 s}
buses:
  can: {adapter: can.1, databases: [rec]}
  rs485: {adapter: rs485.1}
)";
constexpr const char* bench_yaml = R"(format: 1
bench: virtual
fixture: echo
clock: virtual
seed: 1
instruments:
  supply: {driver: virtual_power_supply}
  lines: {driver: virtual_line_bank}
  can: {driver: virtual_can_adapter}
  rs485: {driver: virtual_serial_adapter}
)";

class Buses : public testing::Test {
  protected:
    Buses() {
        folder_.write("echo/fixture.yaml", fixture_yaml);
        folder_.write("echo/wiring.yaml", wiring_yaml);
        folder_.write("echo/limits.yaml", "format: 1\nlimits: {}\n");
        folder_.write(
            "echo/requirements.csv",
            "id,title,requirement,observe,kind,source\nE-1,Echo,It echoes,bus,verify,here\n");
        folder_.write("echo/benches/virtual.yaml", bench_yaml);
    }
    std::unique_ptr<Rig> rig() {
        RigOptions chosen = options(BUS_ECHO_SO, folder_.path() / "echo");
        chosen.can_databases.built_in = can_databases();
        return std::make_unique<Rig>(std::move(chosen), make_instrument);
    }
    std::string refusal() {
        try {
            rig()->begin_test(1);
        } catch (const Error& problem) {
            return problem.what();
        }
        return {};
    }
    TestFolder folder_;
};

double last(Rig& rig, const char* signal) {
    return rig.trace().last(rig.trace().require(signal))->value;
}

TEST_F(Buses, AFrameOfTheUutBecomesSignals) {
    const auto rig = this->rig();
    rig->begin_test(1);
    rig->stimuli().apply("supply", 4.125, rig->now());
    rig->run_for(1s);
    EXPECT_NEAR(last(*rig, "can.rec.cell1"), 4.125, 0.006) << "within the supply's accuracy";
    EXPECT_EQ(rig->trace().signals()[rig->trace().require("can.rec.cell1")].unit, Unit::volt);
    const auto heard = rig->can().identifier("can", 0x033, false);
    ASSERT_TRUE(heard);
    EXPECT_NEAR(static_cast<double>(heard->count), 10, 1.01);
    EXPECT_FALSE(rig->can().identifier("can", 0x033, true));
    EXPECT_FALSE(rig->can().identifier("can", 0x034, false));
}

TEST_F(Buses, AFrameIsRepeatedUntilItIsStopped) {
    const auto rig = this->rig();
    rig->begin_test(1);
    const auto heard = [&] {
        const auto echo = rig->can().identifier("can", 0x306, false);
        return echo ? echo->count : 0;
    };
    const auto id = rig->repeat_can("can", can_frame_from("305#").value(), 1s);
    rig->run_for(3500ms);
    EXPECT_EQ(heard(), 4);
    rig->stop_repeating_can(id);
    rig->stop_repeating_can(id);  // nothing to stop any more
    rig->run_for(5s);
    EXPECT_EQ(heard(), 4);
    static_cast<void>(rig->repeat_can("can", can_frame_from("305#").value(), 1s));
    rig->begin_test(2);
    rig->run_for(5s);
    EXPECT_EQ(heard(), 0) << "what a test leaves running ends with it";
    EXPECT_THROW(static_cast<void>(rig->repeat_can("can", can_frame_from("305#").value(), 0s)),
                 InputError);
}

TEST_F(Buses, ABusThatFallsSilentHasNoLoadAnyMore) {
    const auto rig = this->rig();
    rig->begin_test(1);
    rig->run_for(3s);
    EXPECT_GT(last(*rig, "bus.can.load"), 0);
    rig->turn_off();
    rig->run_for(3s);
    rig->end_test();
    EXPECT_EQ(last(*rig, "bus.can.load"), 0);
}

TEST_F(Buses, EveryFrameOfASpanIsKept) {
    const auto rig = this->rig();
    rig->begin_test(1);
    const auto frames = rig->watch_can("can", 1s).frames;
    ASSERT_THAT(frames, SizeIs(10));
    for (std::size_t i = 1; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].time - frames[i - 1].time, 100ms);
    }
}

TEST_F(Buses, FramesGoBothWays) {
    const auto rig = this->rig();
    rig->begin_test(1);
    rig->send_can("can", can_frame_from("305#0102").value());
    rig->run_for(10ms);
    const auto heard = rig->can().identifier("can", 0x306, false);
    ASSERT_TRUE(heard);
    EXPECT_EQ(to_string(heard->frame), "306#0102");
}

TEST_F(Buses, BytesGoBothWaysAndTakeTheirTime) {
    const auto rig = this->rig();
    rig->begin_test(1);
    const std::vector<std::uint8_t> bytes{1, 2, 3};
    const Instant start = rig->now();
    rig->send_serial("rs485", bytes);
    ASSERT_TRUE(rig->wait_for_serial("rs485", 1s));
    rig->run_for(1s);
    const auto back = rig->take_serial("rs485");
    ASSERT_THAT(back, SizeIs(3));
    EXPECT_EQ(back[0].byte, 3);
    EXPECT_EQ(back[2].byte, 1);
    // 9600 bit/s: three bytes there, then one, two and three back.
    EXPECT_NEAR(to_seconds(back[0].time - start), 40.0 / 9600, 1e-6);
    EXPECT_NEAR(to_seconds(back[2].time - start), 60.0 / 9600, 1e-6);
    EXPECT_FALSE(rig->wait_for_serial("rs485", 1s)) << "all has been taken";
}

TEST_F(Buses, NothingOfATestReachesTheNext) {
    const auto rig = this->rig();
    rig->begin_test(1);
    const std::vector<std::uint8_t> bytes{1};
    rig->send_serial("rs485", bytes);
    rig->run_for(1s);
    rig->begin_test(1);
    EXPECT_TRUE(rig->take_serial("rs485").empty());
    EXPECT_LE(rig->can().identifier("can", 0x033, false)->count, 2);
}

TEST_F(Buses, AUnitThatIsOffIsSilent) {
    const auto rig = this->rig();
    rig->begin_test(1);
    rig->turn_off();
    EXPECT_TRUE(rig->watch_can("can", 1s).frames.empty());
    rig->power_cycle({});
    EXPECT_FALSE(rig->watch_can("can", 1s).frames.empty());
}

TEST_F(Buses, ItsFileOutlivesAPowerCycleAndIsNewForEveryTest) {
    const auto rig = this->rig();
    rig->begin_test(1);
    EXPECT_EQ(rig->read_line("lamp").level, LineLevel::inactive) << "its first start";
    const std::filesystem::path file = rig->scratch_file("memory");
    EXPECT_TRUE(std::filesystem::exists(file));
    rig->power_cycle({});
    EXPECT_EQ(rig->read_line("lamp").level, LineLevel::active);
    rig->turn_off();
    std::ofstream(file) << "0";
    rig->power_cycle({});
    EXPECT_EQ(rig->read_line("lamp").level, LineLevel::inactive);
    rig->power_cycle({});
    rig->begin_test(1);
    EXPECT_EQ(rig->read_line("lamp").level, LineLevel::inactive) << "a new unit";
    EXPECT_THROW(static_cast<void>(rig->scratch_file("memories")), InputError);
    EXPECT_THROW(rig->power_cycle({{"memory", "/etc/passwd"}}), InputError);
}

TEST_F(Buses, NamesThatAreNoneNameThoseThereAre) {
    const auto rig = this->rig();
    rig->begin_test(1);
    try {
        rig->send_can("cam", {});
        FAIL();
    } catch (const InputError& problem) {
        EXPECT_THAT(problem.what(), HasSubstr("\"can\""));
    }
    EXPECT_THROW(rig->send_can("rs485", {}), InputError);
    EXPECT_THROW(rig->take_serial("can"), InputError);
    EXPECT_THROW(rig->watch_can("x", 1s), InputError);
}

TEST_F(Buses, WhatDoesNotFitIsRefusedByLine) {
    const std::string good = wiring_yaml;
    const auto with = [&](const std::string& from, const std::string& to) {
        folder_.write("echo/wiring.yaml", changed(good, from, to));
        return refusal();
    };
    EXPECT_THAT(with("databases: [rec]", "databases: [recs]"),
                HasSubstr("wiring.yaml:8: bus can: unknown CAN database \"recs\""));
    EXPECT_THAT(with("adapter: rs485.1", "adapter: lines.2"),
                HasSubstr("wiring.yaml:9: bus rs485 ends at lines.2, but that instrument of the "
                          "bench is of another kind"));
    EXPECT_THAT(
        with("adapter: can.1", "adapter: can.2"),
        HasSubstr("wiring.yaml:8: bus can ends at can.2, but that instrument of the bench has "
                  "1 channel"));
    EXPECT_THAT(with("  rs485: {adapter: rs485.1}\n", ""),
                HasSubstr("has a bus \"rs485\" that the wiring does not join"));
    EXPECT_THAT(with("  rs485: {adapter: rs485.1}\n",
                     "  rs485: {adapter: rs485.1}\n  lin: {adapter: rs486.1}\n"),
                HasSubstr("instruments: \"rs486\" is missing"));
    folder_.write(
        "echo/benches/virtual.yaml",
        changed(bench_yaml, "  can: {", "  other: {driver: virtual_serial_adapter}\n  can: {"));
    EXPECT_THAT(with("  rs485: {adapter: rs485.1}\n",
                     "  rs485: {adapter: rs485.1}\n  lin: {adapter: other.1}\n"),
                HasSubstr("joins the bus \"lin\", which the UUT bmsrig.bus_echo does not have; "
                          "did you mean"));
    EXPECT_THAT(with("adapter: can.1, databases: [rec]", "adapter: other.1"),
                HasSubstr("says that its bus \"can\" is CAN, but the wiring ends it at other.1, an "
                          "adapter for serial buses"));
}

}  // namespace
}  // namespace bmsrig
