// What every serial adapter must do.
#include "drivers/contract/contract.h"
#include "drivers/contract/real_ports.h"
#include "rig/instruments/serial_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

class SerialAdapterContract : public DriverContract {
  protected:
    SerialAdapter& adapter() { return as<SerialAdapter>(); }
};

TEST_P(SerialAdapterContract, RefusesChannelsThatItDoesNotHave) {
    for (const int channel : {-1, 0, adapter().channels() + 1}) {
        const std::string named = "channel " + std::to_string(channel);
        expect_refused([&] { adapter().send(channel, {}); }, named);
        expect_refused([&] { adapter().set_bit_rate(channel, 9600); }, named);
        expect_refused([&] { adapter().set_faults(channel, {}); }, named);
        expect_refused([&] { static_cast<void>(adapter().bit_rate(channel)); }, named);
        expect_refused([&] { static_cast<void>(adapter().counts(channel)); }, named);
    }
}

// REC's units speak at 56,000 bit/s, which is none of the usual rates.
TEST_P(SerialAdapterContract, WorksAtAnyRate) {
    for (const std::uint32_t rate : {9600U, 56'000U, 115'200U}) {
        adapter().set_bit_rate(1, rate);
        EXPECT_EQ(adapter().bit_rate(1), rate);
    }
}

TEST_P(SerialAdapterContract, HandsOnEveryByteInItsOrder) {
    auto* wires = dynamic_cast<SerialTerminals*>(instrument_.get());
    if (wires == nullptr) GTEST_SKIP() << "a real adapter hears what a UUT sends";
    const std::vector<std::uint8_t> sent{0x55, 0x00, 0xFF, 0xAA};
    std::vector<std::uint8_t> heard;
    Instant last;
    adapter().on_byte([&](int, Instant time, std::uint8_t byte) {
        EXPECT_GE(time, last);
        last = time;
        heard.push_back(byte);
    });
    wires->connect(1, 56'000, [](std::span<const std::uint8_t>) {});
    wires->transmit(1, sent);
    run_until(scheduler_.now() + 10ms);
    EXPECT_EQ(heard, sent);
    EXPECT_EQ(adapter().counts(1).received, sent.size());
    restart(seed);
    EXPECT_EQ(adapter().counts(1).received, 0U) << "a new test begins";
}

INSTANTIATE_TEST_SUITE_P(Drivers, SerialAdapterContract,
                         testing::Values(DriverCase{"virtual_serial_adapter", {}},
                                         serial_port_case()),
                         case_name);

}  // namespace
}  // namespace bmsrig
