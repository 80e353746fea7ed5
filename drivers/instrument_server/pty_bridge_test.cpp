#include "drivers/instrument_server/pty_bridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/instrument_server/bridge_test_bench.h"
#include "rig/error.h"
#include "rig/instruments/serial_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

/// The real driver at the pseudo terminal, a UUT at 56,000 bit/s on the virtual wire. The wire is
/// in virtual time, the pseudo terminal is as fast as the kernel.
class PtyBridgeTest : public testing::Test {
  protected:
    PtyBridgeTest()
        : adapter(
              make_instrument(spec_of("bus", "virtual_serial_adapter", {}), {bench.scheduler, 1})) {
        InstrumentSpec serve = spec_of("bus", "serial_port", {{"bit_rate", "56000"}});
        bridge = make_serial_port_bridge(serve, *adapter, bench.context);
        serve.finish();
        dynamic_cast<SerialTerminals&>(*adapter).connect(
            1, 56'000, [this](std::span<const std::uint8_t> bytes) {
                uut_heard.insert(uut_heard.end(), bytes.begin(), bytes.end());
            });
    }
    SerialAdapter& port() {
        if (!driver) {
            driver = make_instrument(spec_of("bus", "serial_port", bridge->served_as().options),
                                     {rig_scheduler, 1, &bench.reactor});
            dynamic_cast<SerialAdapter&>(*driver).on_byte(
                [this](int, Instant, std::uint8_t byte) { heard.push_back(byte); });
            bridge->pass();
        }
        return dynamic_cast<SerialAdapter&>(*driver);
    }
    bool comes(const std::function<bool()>& done) { return bench.reactor.wait(done, 10s); }

    BridgeTestBench bench;
    std::unique_ptr<Instrument> adapter;
    std::unique_ptr<Bridge> bridge;
    Scheduler rig_scheduler;
    std::unique_ptr<Instrument> driver;
    Bytes uut_heard;
    Bytes heard;
};

TEST_F(PtyBridgeTest, TheRealDriverSpeaksWithTheUutThroughIt) {
    const Bytes query{0x55, 0x01, 0x00, 0x05, 0xFF, 0x00, 0xAA};
    port().send(1, query);
    ASSERT_TRUE(comes([this] { return bench.caught_up > 0; }));
    bench.run(1ms);
    EXPECT_TRUE(uut_heard.empty()) << "7 bytes take 1.25 ms at 56,000 bit/s";
    bench.run(1ms);
    EXPECT_EQ(uut_heard, query);
    dynamic_cast<SerialTerminals&>(*adapter).transmit(1, query);
    bench.run(2ms);
    EXPECT_TRUE(comes([&] { return heard.size() == query.size(); }));
    EXPECT_EQ(heard, query);
}

// The pseudo terminal carries bytes at any rate; the virtual wire does not.
TEST_F(PtyBridgeTest, TheVirtualWireHasTheRateThatTheRigSets) {
    port().set_bit_rate(1, 115'200);
    bridge->pass();
    EXPECT_EQ(dynamic_cast<SerialAdapter&>(*adapter).bit_rate(1), 115'200U);
    port().send(1, Bytes{0x55, 0x01, 0x02});
    ASSERT_TRUE(comes([this] { return bench.caught_up > 0; }));
    bench.run(2ms);
    EXPECT_NE(uut_heard, (Bytes{0x55, 0x01, 0x02}));
}

TEST_F(PtyBridgeTest, SaysOnceThatNobodyReads) {
    dynamic_cast<SerialTerminals&>(*adapter).transmit(1, Bytes(100'000, 0x55));
    bench.run(20s);
    ASSERT_EQ(bench.logged.size(), 1U);
    EXPECT_THAT(bench.logged[0], HasSubstr("nobody reads"));
}

TEST_F(PtyBridgeTest, SaysHowTheRigFindsIt) {
    const ServedAs served = bridge->served_as();
    EXPECT_EQ(served.driver, "serial_port");
    EXPECT_THAT(served.address, testing::StartsWith("/dev/pts/"));
    EXPECT_THAT(served.options, testing::ElementsAre(testing::Pair("devices", served.address),
                                                     testing::Pair("bit_rate", "56000"),
                                                     testing::Pair("rs485", "none")));
    EXPECT_THAT(served.cannot, testing::ElementsAre("serial_faults"));
}

TEST_F(PtyBridgeTest, RefusesToGuessTheBitRate) {
    InstrumentSpec serve = spec_of("bus", "serial_port", {});
    const auto fresh =
        make_instrument(spec_of("bus", "virtual_serial_adapter", {}), {bench.scheduler, 1});
    EXPECT_THAT(text_of<InputError>([&] {
                    static_cast<void>(make_serial_port_bridge(serve, *fresh, bench.context));
                }),
                HasSubstr("bench.yaml:10: serve.bus: it does not say at which bit rate"));
}

}  // namespace
}  // namespace bmsrig
