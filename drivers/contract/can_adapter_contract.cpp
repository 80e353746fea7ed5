// What every CAN adapter must do.
#include "drivers/contract/contract.h"
#include "drivers/contract/real_ports.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

class CanAdapterContract : public DriverContract {
  protected:
    CanAdapter& adapter() { return as<CanAdapter>(); }
};

TEST_P(CanAdapterContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, adapter().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { adapter().send(channel, {}); }, named);
        expect_refused([&] { adapter().set_bit_rate(channel, 250'000); }, named);
        expect_refused([&] { static_cast<void>(adapter().bit_rate(channel)); }, named);
        expect_refused([&] { static_cast<void>(adapter().counts(channel)); }, named);
        expect_refused([&] { adapter().set_listen_only(channel, true); }, named);
        expect_refused([&] { static_cast<void>(adapter().settings(channel)); }, named);
        expect_refused([&] { static_cast<void>(adapter().state(channel)); }, named);
        expect_refused([&] { adapter().recover(channel); }, named);
        expect_refused([&] { adapter().set_fault(channel, CanFault::none); }, named);
    }
}

TEST_P(CanAdapterContract, WorksAtTheRateItWasGiven) {
    for (const std::uint32_t rate : {125'000U, 250'000U, 500'000U}) {
        adapter().set_bit_rate(1, rate);
        EXPECT_EQ(adapter().bit_rate(1), rate);
        EXPECT_EQ(adapter().settings(1).bit_rate, rate);
    }
}

TEST_P(CanAdapterContract, RefusesBitRatesThatCanDoesNotHave) {
    adapter().set_bit_rate(1, 250'000);
    for (const std::uint32_t rate : {1U, 9'999U, 1'000'001U}) {
        expect_refused([&] { adapter().set_bit_rate(1, rate); }, std::to_string(rate));
    }
    EXPECT_EQ(adapter().bit_rate(1), 250'000U);
}

TEST_P(CanAdapterContract, SendsNothingWhileItListens) {
    adapter().set_bit_rate(1, 250'000);
    EXPECT_FALSE(adapter().settings(1).listen_only);
    adapter().set_listen_only(1, true);
    EXPECT_TRUE(adapter().settings(1).listen_only);
    const std::string text = text_of<InputError>([&] { adapter().send(1, {}); });
    EXPECT_NE(text.find("\"it\""), std::string::npos) << text;
    adapter().set_listen_only(1, false);
    EXPECT_FALSE(adapter().settings(1).listen_only);
}

TEST_P(CanAdapterContract, BeginsActiveAndNeedsNoRecovery) {
    EXPECT_EQ(adapter().state(1), CanState::error_active);
    adapter().recover(1);
    EXPECT_EQ(adapter().state(1), CanState::error_active);
}

TEST_P(CanAdapterContract, BreaksItsBusOrRefusesTo) {
    const std::string text = text_of<BenchCannot>([&] {
        adapter().set_fault(1, CanFault::short_circuit);
        adapter().set_fault(1, CanFault::none);
    });
    if (dynamic_cast<CanTerminals*>(instrument_.get()) != nullptr) {
        EXPECT_EQ(text, "");
    } else {
        EXPECT_NE(text.find("\"it\""), std::string::npos) << "refused with: " << text;
    }
}

TEST_P(CanAdapterContract, HandsOnWhatTheUutSends) {
    auto* wires = dynamic_cast<CanTerminals*>(instrument_.get());
    if (wires == nullptr) GTEST_SKIP() << "a real adapter hears what a UUT sends";
    const CanFrame frame = can_frame_from("1806E5F4#0102").value();
    std::vector<CanFrame> heard;
    adapter().on_event([&](int, const CanEvent& event) { heard.push_back(event.frame); });
    wires->connect(1, 250'000, [](const CanFrame&) {});
    wires->transmit(1, frame);
    run_until(scheduler_.now() + 10ms);
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0], frame);
    EXPECT_EQ(adapter().counts(1).received, 1U);
    restart(seed);
    EXPECT_EQ(adapter().counts(1).received, 0U) << "a new test begins";
}

INSTANTIATE_TEST_SUITE_P(Drivers, CanAdapterContract, testing::ValuesIn(can_adapter_cases()),
                         case_name);

}  // namespace
}  // namespace bmsrig
