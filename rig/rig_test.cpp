// The rig on the virtual bench, with the smallBMS in the loop.
#include "rig/rig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/steps/threshold_search.h"
#include "rig/test_rig.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Keeps what the rig tells.
class Notes final : public Journal {
  public:
    void add_measurement(const Measurement& measurement) override {
        measurements.push_back(measurement);
    }
    void add_log(Instant, std::string_view source, std::string_view text) override {
        logs.push_back(std::string(source) + ": " + std::string(text));
    }
    void add_transcript(int session, char who, std::string_view line) override {
        transcript.push_back(std::to_string(session) + who + std::string(line));
    }
    void add_can_event(std::string_view, const CanEvent&) override {}
    std::vector<Measurement> measurements;
    std::vector<std::string> logs;
    std::vector<std::string> transcript;
};

class RigOnBothCarriers : public testing::TestWithParam<const char*> {
  protected:
    Rig rig{options(GetParam()), make_instrument};

    LineLevel level(const char* line) { return rig.read_line(line).level; }
};

INSTANTIATE_TEST_SUITE_P(Carriers, RigOnBothCarriers,
                         testing::Values(VICTRON_SMALLBMS_PROGRAM, VICTRON_SMALLBMS_SO),
                         [](const auto& carrier) {
                             return carrier.index == 0 ? "process" : "shared_object";
                         });

TEST_P(RigOnBothCarriers, AHealthyBatteryHasLoadAndChargeOn) {
    rig.begin_test(1);
    EXPECT_EQ(rig.greeting()->product, "victron.smallbms");
    EXPECT_EQ(level("load"), LineLevel::active);
    EXPECT_EQ(level("charge"), LineLevel::active);
    EXPECT_EQ(level("pre_alarm"), LineLevel::inactive);
    EXPECT_EQ(level("led.load"), LineLevel::active);
    EXPECT_EQ(level("led.alarm"), LineLevel::inactive);
}

TEST_P(RigOnBothCarriers, ALowCellWarnsAndIsShedThirtySecondsLater) {
    rig.begin_test(1);
    rig.stimuli().apply("cell.3", 2.70, rig.now());
    const auto warned = rig.wait_for(rig.line_signal("pre_alarm"), 1, 5s);
    ASSERT_TRUE(warned);
    const auto shed = rig.wait_for(rig.line_signal("load"), 0, 60s);
    ASSERT_TRUE(shed);
    EXPECT_GE(shed->time - warned->time, 30s);
    EXPECT_LE(shed->time - warned->time, 31s);
    EXPECT_GE(rig.now() - shed->time, 20ms) << "an edge is known only after its debounce";
    EXPECT_EQ(level("charge"), LineLevel::active);
}

TEST_P(RigOnBothCarriers, AReleasedLoadFollowsTheBias) {
    rig.begin_test(1);
    rig.stimuli().apply("cell.1", 2.50, rig.now());
    ASSERT_TRUE(rig.wait_for(rig.line_signal("load"), 0, 60s));
    rig.set_bias("load", Bias::up);
    EXPECT_EQ(level("load"), LineLevel::active);
    rig.set_bias("load", Bias::none);
    EXPECT_EQ(level("load"), LineLevel::indeterminate) << "nobody pulls a floating output";
    rig.set_bias("load", Bias::down);
    EXPECT_EQ(level("load"), LineLevel::inactive);
    rig.set_bias("charge", Bias::down);
    EXPECT_EQ(level("charge"), LineLevel::active) << "a driven output does not follow";
}

TEST_P(RigOnBothCarriers, FindsAThresholdWithItsUncertainty) {
    rig.begin_test(1);
    ThresholdSearch search{"cell.2", "charge", LineLevel::inactive, 3.72, 3.78, 0.001, 1020ms};
    const auto found = find_threshold(rig, search);
    EXPECT_EQ(found.outcome, ThresholdResult::Outcome::found);
    EXPECT_NEAR(found.value, 3.75, found.uncertainty);
    EXPECT_GE(found.uncertainty, 0.0005);
    EXPECT_LT(found.uncertainty, 0.002);

    EXPECT_EQ(find_threshold(rig, search).outcome, ThresholdResult::Outcome::already)
        << "3.72 V is not below 3.60 V";
    rig.begin_test(1);
    search.stop = 3.74;
    EXPECT_EQ(find_threshold(rig, search).outcome, ThresholdResult::Outcome::never);
    search.step = 0;
    EXPECT_THROW(find_threshold(rig, search), InputError);
    search.step = 1e-9;
    EXPECT_THROW(find_threshold(rig, search), InputError) << "more than a million steps";
}

TEST_P(RigOnBothCarriers, APowerCycleTakesNewSettingsAndTheirLimits) {
    rig.begin_test(1);
    rig.power_cycle({{"under_voltage", "2.60"}, {"cells", "8"}});
    EXPECT_EQ(rig.stimuli().cells(), 8);
    EXPECT_DOUBLE_EQ(*rig.fixture().limit("under_voltage_threshold").low, 2.595);
    rig.stimuli().apply("cell.8", 2.70, rig.now());
    EXPECT_TRUE(rig.wait_for(rig.line_signal("pre_alarm"), 1, 5s));
    EXPECT_FALSE(rig.wait_for(rig.line_signal("load"), 0, 120s)) << "2.70 V is above 2.60 V";
    EXPECT_EQ(rig.power_cycles(), 2U);
    rig.begin_test(1);
    EXPECT_EQ(rig.stimuli().cells(), 4) << "the next test starts from the run's settings";
    EXPECT_THROW(rig.power_cycle({{"under_voltage", "1.0"}}), InputError);
    EXPECT_THROW(rig.power_cycle({{"no_such", "1"}}), InputError);
}

TEST_P(RigOnBothCarriers, TellsItsJournalAllThatWasSaid) {
    Notes notes;
    rig.attach(&notes, nullptr);
    rig.begin_test(1);
    ASSERT_FALSE(notes.transcript.empty());
    EXPECT_THAT(notes.transcript.front(), testing::StartsWith("1#command "));
    EXPECT_EQ(notes.transcript.at(1), "1<bmslink 1 victron.smallbms " + rig.greeting()->firmware);
    EXPECT_THAT(notes.transcript, testing::Contains(HasSubstr("1>at 0 cell.1=3.3")));
    rig.measure("under_voltage_threshold", 2.80, 0.001, "cell 1");
    rig.measure("under_voltage_threshold", 2.70, 0.001, "cell 2");
    ASSERT_EQ(notes.measurements.size(), 2U);
    EXPECT_EQ(notes.measurements[0].verdict, Verdict::pass);
    EXPECT_EQ(notes.measurements[1].verdict, Verdict::fail);
    EXPECT_EQ(rig.verdict(), Verdict::fail);
    EXPECT_EQ(rig.failed().size(), 1U);
    EXPECT_THROW(rig.measure("no_such_limit", 1, 0), Error);
    rig.log("rig", "a remark");
    EXPECT_EQ(notes.logs.back(), "rig: a remark");
    rig.begin_test(2);
    EXPECT_EQ(rig.verdict(), Verdict::pass) << "a new test has no verdict yet";
    rig.attach(nullptr, nullptr);
}

TEST_P(RigOnBothCarriers, RoundsTimesToTheNanosecondBeforeJudging) {
    rig.begin_test(1);
    const double lead = 130.003 - 100.003;  // 29.999999999999986 as doubles go
    EXPECT_LT(lead, 30.0);
    EXPECT_EQ(rig.measure("pre_alarm_lead_time", lead, 0).verdict, Verdict::pass);
    EXPECT_EQ(rig.measure("pre_alarm_lead_time", 29.999999999, 0).verdict, Verdict::fail);
}

TEST_P(RigOnBothCarriers, SafeMeansOffAndGone) {
    rig.begin_test(1);
    auto& cells = dynamic_cast<CellSimulator&>(*rig.instruments().front());
    rig.end_test();
    EXPECT_FALSE(std::abs(cells.read_voltage(1).value()) < 5)
        << "the output is off: nothing to read but NaN";
    rig.make_safe();
    rig.end_test();
}

TEST_P(RigOnBothCarriers, WatchReturnsTheFirstChangeOrNothing) {
    rig.begin_test(1);
    const Instant start = rig.now();
    EXPECT_FALSE(rig.watch(rig.line_signal("load"), 10s));
    EXPECT_EQ(rig.now(), start + 10s);
    rig.stimuli().apply("remote.link", 0, rig.now());
    const auto change = rig.watch(rig.line_signal("load"), 10s);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->value, 0);
    EXPECT_LT(rig.now(), start + 12s);
    EXPECT_THROW(rig.run_until(start), Error);
}

TEST_P(RigOnBothCarriers, ATestCannotOutlastItsClock) {
    rig.begin_test(1);
    const Duration century = std::chrono::hours{24} * 36'525;
    rig.run_for(century);
    rig.run_for(century);
    EXPECT_THROW(rig.run_for(century), Error);
    EXPECT_THROW(rig.wait_for(rig.line_signal("load"), 0, century), Error);
    EXPECT_THROW(rig.run_for(-1s), Error);
}

TEST_P(RigOnBothCarriers, AnInterruptLeavesTheCall) {
    rig.begin_test(1);
    int calls = 0;
    rig.set_interrupt_check([&] {
        if (++calls > 3) throw Aborted("the operator");
    });
    EXPECT_THROW(
        while (true) {
            rig.stimuli().apply("cell.1", 3.30 + (calls % 2) * 0.01, rig.now());
            rig.run_for(1s);
        },
        Aborted);
    rig.set_interrupt_check({});
    rig.end_test();
}

TEST(RigRatings, RefuseAndChangeNothing) {
    Rig rig(options(), make_instrument);
    rig.begin_test(1);
    for (const double volts : {5.001, -0.001, std::nan(""), HUGE_VAL}) {
        EXPECT_THROW(rig.stimuli().apply("cell.1", volts, rig.now()), RatingError) << volts;
    }
    const std::vector<double> one_too_high{3.3, 3.3, 3.3, 6.0};
    EXPECT_THROW(rig.stimuli().apply_cells(one_too_high, rig.now()), RatingError);
    const std::vector<double> too_few{3.3};
    EXPECT_THROW(rig.stimuli().apply_cells(too_few, rig.now()), InputError);
    EXPECT_EQ(rig.trace().last(rig.trace().require("cell.1"))->value, 3.3);
    EXPECT_THROW(rig.stimuli().apply("supply", 70.01, rig.now()), RatingError);
    EXPECT_THROW(rig.stimuli().apply("temp.1", 126, rig.now()), RatingError);
    EXPECT_THROW(rig.stimuli().apply("remote.link", 0.5, rig.now()), InputError);
    EXPECT_THROW(rig.stimuli().apply("cell.5", 3.3, rig.now()), InputError);
}

TEST(RigStimuli, AreInForceAfterQuantisingAndCanBeReadBack) {
    Rig rig(options(), make_instrument);
    rig.begin_test(1);
    EXPECT_DOUBLE_EQ(rig.stimuli().apply("cell.1", 3.30004, rig.now()), 3.3);
    EXPECT_DOUBLE_EQ(rig.stimuli().apply("cell.1", 3.30006, rig.now()), 3.3001);
    rig.settle();
    for (const std::string& port : rig.stimuli().analog_ports()) {
        const double applied = rig.trace().last(rig.trace().require(port))->value;
        EXPECT_NEAR(rig.stimuli().read(port), applied, 2 * rig.stimuli().accuracy(port)) << port;
    }
    EXPECT_EQ(rig.stimuli().read("remote.link"), 1);
    EXPECT_EQ(rig.stimuli().unit("temp.1"), Unit::celsius);
    EXPECT_EQ(rig.stimuli().accuracy("remote.h"), 0);
}

TEST(RigFaults, ReachTheUut) {
    Rig rig(options(), make_instrument);
    rig.begin_test(1);
    rig.stimuli().set_fault("cell.2", "open");
    EXPECT_TRUE(rig.wait_for(rig.line_signal("pre_alarm"), 1, 5s))
        << "an open sense wire is a cell of no voltage";
    rig.stimuli().set_fault("cell.2", "none");
    EXPECT_TRUE(rig.wait_for(rig.line_signal("pre_alarm"), 0, 5s));
    rig.stimuli().set_fault("temp.1", "absent");
    EXPECT_TRUE(rig.wait_for(rig.line_signal("charge"), 0, 5s))
        << "no charging without a temperature";
    EXPECT_THROW(rig.stimuli().set_fault("cell.1", "absent"), InputError);
    EXPECT_THROW(rig.stimuli().set_fault("temp.1", "reversed"), InputError);
    EXPECT_THROW(rig.stimuli().set_fault("supply", "open"), InputError);
}

TEST(RigSupply, HighFollowsTheSupplyAndDiesWithIt) {
    Rig rig(options(), make_instrument);
    rig.begin_test(1);
    rig.stimuli().apply("supply", 8, rig.now());
    rig.settle();
    EXPECT_EQ(rig.read_line("load").level, LineLevel::active);
    rig.stimuli().apply("supply", 3, rig.now());
    rig.settle();
    EXPECT_EQ(rig.read_line("load").level, LineLevel::inactive);
}

class BadUut : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(BadUut, IsALinkErrorAndTheBenchIsSafe) {
    Rig rig(options(GetParam().first), make_instrument);
    try {
        rig.begin_test(1);
        FAIL() << "was taken";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr(GetParam().second));
    }
    rig.end_test();
    EXPECT_FALSE(rig.greeting());
}

INSTANTIATE_TEST_SUITE_P(Commands, BadUut,
                         testing::Values(std::pair{"/no/such/program", "/no/such/program"},
                                         std::pair{"/no/such.so", "/no/such.so"},
                                         std::pair{"false", "false"},
                                         std::pair{"echo hello", "hello"}));

/// A UUT in two lines of shell that greets as told, for what the wiring must refuse.
class Greeting : public testing::Test {
  protected:
    std::string error_of(const std::string& ports) {
        const std::string lines = "bmslink 1 " + ports;
        Rig rig(options("printf '" + lines + "ready\\n'"), make_instrument);
        try {
            rig.begin_test(1);
        } catch (const WiringError& error) {
            return error.what();
        }
        return "no WiringError";
    }
    const std::string cells =
        "in cell.1 V\\nin cell.2 V\\nin cell.3 V\\nin cell.4 V\\nin temp.1 degC\\n";
    const std::string rest = "in supply V\\nin remote.h V\\nin remote.l V\\nin remote.link bool\\n";
    const std::string outputs =
        "out load stage\\nout charge stage\\nout pre_alarm stage\\nout led.load level\\n";
};

TEST_F(Greeting, OfAnotherProductIsRefused) {
    EXPECT_THAT(error_of("rec.2q 1.0\\n"), HasSubstr("victron.smallbms"));
}

TEST_F(Greeting, WithoutAWiredInputIsRefusedWithTheWiringsLine) {
    const std::string error = error_of("victron.smallbms 1.0\\n" + cells);
    EXPECT_THAT(error, HasSubstr("wiring.yaml:"));
    EXPECT_THAT(error, HasSubstr("\"supply\""));
}

TEST_F(Greeting, WithAnInputNobodyDrivesIsRefused) {
    EXPECT_THAT(error_of("victron.smallbms 1.0\\n" + cells + rest + "in shunt V\\n" + outputs +
                         "out led.alarm level\\n"),
                HasSubstr("\"shunt\""));
}

TEST_F(Greeting, WithoutAReadOutputIsRefused) {
    EXPECT_THAT(error_of("victron.smallbms 1.0\\n" + cells + rest + outputs),
                HasSubstr("led.alarm"));
}

TEST_F(Greeting, WithAnOutputOfAnotherKindIsRefused) {
    EXPECT_THAT(
        error_of("victron.smallbms 1.0\\n" + cells + rest + outputs + "out led.alarm stage\\n"),
        HasSubstr("expected a contact or a level"));
}

TEST(RigFiles, ThatDoNotFitAreRefused) {
    RigOptions wrong = options();
    wrong.bench = fixture_folder / "no_such.yaml";
    EXPECT_THROW(Rig(wrong, make_instrument), InputError);
    wrong = options();
    wrong.fixture = "/no/such/fixture";
    EXPECT_THROW(Rig(wrong, make_instrument), InputError);
    wrong = options();
    wrong.settings = {{"cells", "5"}};
    EXPECT_THROW(Rig(wrong, make_instrument), InputError);
}

TEST(RigFiles, AnInstrumentWithTooFewChannelsIsNamed) {
    const auto file = std::filesystem::path(testing::TempDir()) / "few_channels.yaml";
    std::ifstream good(fixture_folder / "benches/virtual.yaml");
    std::string text((std::istreambuf_iterator<char>(good)), {});
    const auto at = text.find("channels: 16");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 12, "channels: 3");
    std::ofstream(file) << text;
    RigOptions wrong = options();
    wrong.bench = file;
    try {
        const Rig rig(wrong, make_instrument);
        FAIL() << "was taken";
    } catch (const WiringError& error) {
        EXPECT_THAT(error.what(), HasSubstr("cells.4"));
    }
}

/// Lines of copper, to which nothing is joined.
class CopperLines final : public LineBank {
  public:
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] int channels() const override { return 8; }
    Identity identify() override { return {}; }
    void make_safe() override {}
    [[nodiscard]] Instant settled_at() const override { return {}; }
    void restart(std::uint64_t /*seed*/) override {}
    void set_debounce(int /*channel*/, Duration /*debounce*/) override {}
    void set_bias(int /*channel*/, Bias /*bias*/) override {}
    [[nodiscard]] Bias bias(int /*channel*/) const override { return Bias::down; }
    LineLevel read(int /*channel*/) override { return LineLevel::inactive; }
    std::vector<Edge> take_edges() override { return {}; }
    [[nodiscard]] Duration stamp_uncertainty() const override { return {}; }

  private:
    std::string name_ = "lines";
};

std::unique_ptr<Instrument> make_with_copper_lines(const InstrumentSpec& spec,
                                                   const DriverContext& context) {
    if (spec.name == "lines") return std::make_unique<CopperLines>();
    return make_instrument(spec, context);
}

TEST(RigWithABoard, RunsWithoutALink) {
    Rig rig(options("none"), make_with_copper_lines);
    rig.begin_test(1);
    EXPECT_FALSE(rig.greeting());
    EXPECT_EQ(rig.exchanges(), 0U);
    EXPECT_EQ(rig.read_line("load").level, LineLevel::inactive);
    rig.run_for(10s);
    rig.end_test();
}

TEST(RigWithABoard, ABmsProcessCannotReachItsLines) {
    Rig rig(options(), make_with_copper_lines);
    EXPECT_THROW(rig.begin_test(1), WiringError);
}

}  // namespace
}  // namespace bmsrig
