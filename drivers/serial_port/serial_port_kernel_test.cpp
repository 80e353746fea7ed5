// The driver of serial ports against the kernel: two UARTs whose lines are crossed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/contract/workbench.h"
#include "drivers/socketcan/kernel_buses.h"
#include "rig/error.h"
#include "rig/instruments/serial_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

constexpr Duration long_enough = 30s;

class SerialPortKernelTest : public KernelTest {
  protected:
    SerialPortKernelTest() : KernelTest("BMSRIG_TTY", 2) {}
    std::unique_ptr<Instrument> make(const std::string& device, Options options = {}) {
        options.emplace_back("devices", device);
        options.emplace_back("bit_rate", "115200");
        return make_instrument(spec_of("bus", "serial_port", options), {scheduler, 1, &reactor});
    }
    static SerialAdapter& port(const std::unique_ptr<Instrument>& instrument) {
        return dynamic_cast<SerialAdapter&>(*instrument);
    }

    Reactor reactor;
    Scheduler scheduler;
};

TEST_F(SerialPortKernelTest, CarriesEveryByteBothWays) {
    const auto here = make(names[0]);
    const auto there = make(names[1]);
    Bytes all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<std::uint8_t>(byte));
    for (const auto& [from, to] : {std::pair(&here, &there), std::pair(&there, &here)}) {
        Bytes heard;
        Instant last;
        port(*to).on_byte([&](int, Instant time, std::uint8_t byte) {
            EXPECT_GE(time, last);
            last = time;
            heard.push_back(byte);
        });
        port(*from).send(1, all);
        EXPECT_TRUE(reactor.wait([&] { return heard.size() >= all.size(); }, long_enough));
        EXPECT_EQ(heard, all);
        EXPECT_EQ(port(*to).counts(1).framing_errors, 0U);
        port(*to).on_byte({});
    }
}

// A 16550A divides 115,200 bit/s by a whole number: to 57,600 or 38,400, and 56,000 would be 2.9 %
// off.
TEST_F(SerialPortKernelTest, RefusesRatesThatItsUartDoesNotReach) {
    const auto here = make(names[0]);
    for (const std::uint32_t rate : {9'600U, 38'000U, 57'600U, 115'200U}) {
        port(here).set_bit_rate(1, rate);
        EXPECT_EQ(port(here).bit_rate(1), rate);
    }
    EXPECT_THAT(text_of<InstrumentError>([&] { port(here).set_bit_rate(1, 56'000); }),
                HasSubstr("cannot work at 56000 bit/s, the nearest it has is 57600"));
}

TEST_F(SerialPortKernelTest, TakesAnRs485ModeOrSaysThatTheAdapterSwitches) {
    EXPECT_THAT(make(names[0])->identify().firmware, HasSubstr("switches the RS-485 driver"));
    const auto here = make(names[0], {{"rs485", "rts"}});
    const auto there = make(names[1]);
    EXPECT_THAT(here->identify().firmware, HasSubstr("the rig switches"));
    Bytes heard;
    port(there).on_byte([&](int, Instant, std::uint8_t byte) { heard.push_back(byte); });
    port(here).send(1, Bytes{1, 2, 3});
    EXPECT_TRUE(reactor.wait([&] { return heard.size() == 3; }, long_enough));
}

TEST_F(SerialPortKernelTest, HasThePortForItself) {
    const auto here = make(names[0]);
    EXPECT_THAT(text_of<InstrumentError>([&] { make(names[0]); }), HasSubstr("in use by"));
}

}  // namespace
}  // namespace bmsrig
