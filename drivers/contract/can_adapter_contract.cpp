// What every CAN adapter must do.
#include "drivers/contract/contract.h"
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
    }
}

TEST_P(CanAdapterContract, WorksAtTheRateItWasGiven) {
    for (const std::uint32_t rate : {125'000U, 250'000U, 500'000U}) {
        adapter().set_bit_rate(1, rate);
        EXPECT_EQ(adapter().bit_rate(1), rate);
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

INSTANTIATE_TEST_SUITE_P(Drivers, CanAdapterContract,
                         testing::Values(DriverCase{"virtual_can_adapter", {}}), case_name);

}  // namespace
}  // namespace bmsrig
