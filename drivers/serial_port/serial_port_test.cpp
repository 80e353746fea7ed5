#include "drivers/serial_port/serial_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "drivers/common/pty.h"
#include "drivers/contract/workbench.h"
#include "drivers/serial_port/serial_line.h"
#include "rig/error.h"
#include "rig/instruments/serial_adapter.h"
#include "rig/test_folder.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

/// The driver at one end of a pseudo terminal, the test at the other.
class SerialPortTest : public testing::Test {
  protected:
    SerialPortTest() : wire(std::in_place) {
        options = {{"devices", wire->path()}, {"bit_rate", "56000"}};
    }
    SerialAdapter& port() {
        if (!made) {
            made =
                make_instrument(spec_of("bus", "serial_port", options), {scheduler, 1, &reactor});
            dynamic_cast<SerialAdapter&>(*made).on_byte(
                [this](int channel, Instant time, std::uint8_t byte) {
                    EXPECT_EQ(channel, 1);
                    EXPECT_GE(time, last);
                    EXPECT_LE(time, reactor.now());
                    last = time;
                    heard.push_back(byte);
                });
        }
        return dynamic_cast<SerialAdapter&>(*made);
    }
    /// Its name goes with it: that of the pty alone may be another test's the next moment.
    void pull_out() {
        std::filesystem::remove(by_id);
        wire.reset();
    }
    /// Another adapter at the same place, as /dev/serial/by-id has it.
    void plug() {
        pull_out();
        wire.emplace();
        std::filesystem::create_symlink(wire->path(), by_id);
        options[0].second = by_id;
    }
    void expect_works() {
        port().restart(1);
        EXPECT_EQ(bit_rate_of(wire->descriptor()), 56'000U);
        put({1, 2, 3});
        EXPECT_TRUE(hears({1, 2, 3}));
        port().send(1, Bytes{4, 5});
        EXPECT_EQ(get(2), (Bytes{4, 5}));
    }
    /// The other end sends.
    void put(const Bytes& bytes) {
        ASSERT_EQ(::write(wire->descriptor(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// What the other end gets, as soon as it is all there.
    Bytes get(std::size_t count) {
        Bytes got;
        static_cast<void>(reactor.wait(
            [&] {
                Bytes part(count - got.size());
                const ssize_t size = ::read(wire->descriptor(), part.data(), part.size());
                if (size > 0) got.insert(got.end(), part.begin(), part.begin() + size);
                return got.size() == count;
            },
            10s));
        return got;
    }
    /// How many bytes the other end gets before this one.
    std::size_t count_before(std::uint8_t end) {
        std::size_t count = 0;
        bool has_ended = false;
        EXPECT_TRUE(reactor.wait(
            [&] {
                Bytes part(4096);
                const ssize_t size = ::read(wire->descriptor(), part.data(), part.size());
                part.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
                count += part.size();
                has_ended = has_ended || (!part.empty() && part.back() == end);
                return has_ended;
            },
            10s));
        return count - 1;
    }
    /// Has the terminal hand over what is put without marks of its own, so that the test makes
    /// them.
    void hand_over_as_it_is() const {
        termios mode{};
        ASSERT_EQ(tcgetattr(wire->descriptor(), &mode), 0);
        mode.c_iflag &= ~static_cast<tcflag_t>(PARMRK);
        ASSERT_EQ(tcsetattr(wire->descriptor(), TCSANOW, &mode), 0);
    }
    bool hears(const Bytes& bytes) {
        return reactor.wait([&] { return heard.size() >= bytes.size(); }, 10s) && heard == bytes;
    }
    template <typename Action>
    static std::string said(const Action& action) {
        const std::string text = text_of<InstrumentError>(action);
        EXPECT_THAT(text, HasSubstr("\"bus\""));
        EXPECT_THAT(text, HasSubstr("channel 1"));
        return text;
    }

    TestFolder folder;
    const std::filesystem::path by_id = folder.path() / "adapter";
    std::optional<Pty> wire;
    Reactor reactor;
    Scheduler scheduler;
    Options options;
    Bytes heard;
    Instant last;
    std::unique_ptr<Instrument> made;
};

// A terminal would translate, mark or act upon many of them.
TEST_F(SerialPortTest, CarriesEveryByteBothWays) {
    Bytes all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<std::uint8_t>(byte));
    all.push_back(0xFF);
    all.push_back(0x00);
    port();
    put(all);
    EXPECT_TRUE(hears(all));
    port().send(1, all);
    EXPECT_EQ(get(all.size()), all);
    EXPECT_EQ(port().counts(1).received, all.size());
    EXPECT_EQ(port().counts(1).sent, all.size());
    EXPECT_EQ(port().counts(1).framing_errors, 0U);
}

TEST_F(SerialPortTest, WorksAtRatesThatPosixDoesNotKnow) {
    port();
    EXPECT_EQ(bit_rate_of(wire->descriptor()), 56'000U);
    port().set_bit_rate(1, 12'345);
    EXPECT_EQ(bit_rate_of(wire->descriptor()), 12'345U);
    EXPECT_EQ(port().bit_rate(1), 12'345U);
    port().set_bit_rate(1, 0);
    EXPECT_EQ(port().bit_rate(1), 56'000U) << "the bench file's: it cannot know the UUT's";
    port().set_bit_rate(1, 12'345);
    port().restart(1);
    EXPECT_EQ(bit_rate_of(wire->descriptor()), 56'000U);
}

// REC 2Q manual, RS-485 communication: 8 data bits, 1 stop bit, no parity, no flow control.
TEST_F(SerialPortTest, WorksWithEightBitsAndNoParity) {
    port();
    termios mode{};
    ASSERT_EQ(tcgetattr(wire->descriptor(), &mode), 0);
    EXPECT_EQ(mode.c_cflag & (CSIZE | CSTOPB | PARENB | CRTSCTS), tcflag_t{CS8});
    EXPECT_EQ(mode.c_iflag & (IXON | IXOFF | ISTRIP), 0U);
}

TEST_F(SerialPortTest, SendsMoreThanThePortHasRoomFor) {
    const Bytes much(100'000, 0x55);
    port().send(1, much);
    EXPECT_EQ(get(much.size()), much);
}

TEST_F(SerialPortTest, SwallowsItsOwnEchoAndCountsCollisions) {
    options.emplace_back("echo", "yes");
    port().send(1, Bytes{1, 2, 3});
    EXPECT_EQ(get(3), (Bytes{1, 2, 3}));
    put({1, 2, 3, 9});
    EXPECT_TRUE(hears({9}));
    EXPECT_EQ(port().counts(1).collisions, 0U);
    port().send(1, Bytes{4, 5});
    EXPECT_EQ(get(2), (Bytes{4, 5}));
    put({4, 7, 8});
    EXPECT_TRUE(hears({9, 7, 8}));
    EXPECT_EQ(port().counts(1).collisions, 1U);
    EXPECT_EQ(port().counts(1).received, 3U);
}

TEST_F(SerialPortTest, HearsItsEchoWhereItWasNotToldOfOne) {
    port().send(1, Bytes{1});
    EXPECT_EQ(get(1), Bytes{1});
    put({1});
    EXPECT_TRUE(hears({1}));
}

// A pseudo terminal has no RS-485 mode.
TEST_F(SerialPortTest, SaysWhoSwitchesTheDriverOfTheWire) {
    EXPECT_THAT(port().identify().firmware, HasSubstr("the adapter switches the RS-485 driver"));
}

TEST_F(SerialPortTest, RefusesAnotherAdapterThanThatOfTheBenchFile) {
    options.emplace_back("serial_number", "A10K9X");
    port();
    EXPECT_THAT(text_of<InstrumentError>([&] { made->identify(); }),
                HasSubstr("its serial number is \"" + wire->path() + "\", expected \"A10K9X\""));
}

TEST_F(SerialPortTest, HasThePortForItself) {
    port();
    const std::string text = said(
        [&] { make_instrument(spec_of("bus", "serial_port", options), {scheduler, 1, &reactor}); });
    EXPECT_THAT(text, HasSubstr("in use by process " + std::to_string(::getpid())));
    made.reset();
    port();  // it is free again
}

TEST_F(SerialPortTest, NamesAPortThatIsNone) {
    options = {{"devices", "/dev/ttyNone"}, {"bit_rate", "9600"}};
    EXPECT_THAT(said([&] { port(); }), HasSubstr("there is no serial port /dev/ttyNone"));
    options = {{"devices", "/dev/null"}, {"bit_rate", "9600"}};
    EXPECT_THAT(said([&] { port(); }), HasSubstr("/dev/null is no serial port"));
}

TEST_F(SerialPortTest, NamesAPortThatVanishesAndOpensItAgain) {
    plug();
    port();
    pull_out();
    const std::string text =
        said([&] { static_cast<void>(reactor.wait([] { return false; }, 10s)); });
    EXPECT_THAT(text, HasSubstr("has vanished"));
    EXPECT_THAT(said([&] { port().send(1, Bytes{1}); }), HasSubstr("failed before"));
    made->make_safe();
    EXPECT_THAT(said([&] { port().restart(1); }), HasSubstr("there is no serial port"));
    EXPECT_THAT(said([&] { port().restart(1); }), HasSubstr("there is no serial port"));
    plug();
    expect_works();
}

TEST_F(SerialPortTest, NamesAPortThatVanishesBeforeTimeRuns) {
    port();
    wire.reset();
    EXPECT_THAT(said([&] { port().send(1, Bytes{1}); }), HasSubstr("has vanished"));
}

// Nobody's test has failed.
TEST_F(SerialPortTest, FindsAPortAgainThatVanishedBetweenTwoTests) {
    plug();
    port().set_bit_rate(1, 9'600);
    plug();
    expect_works();
}

TEST_F(SerialPortTest, NamesAPortThatVanishesWhileMuchWaitsToBeSent) {
    port().send(1, Bytes(1'000'000, 0x55));
    wire.reset();
    EXPECT_THAT(said([&] { static_cast<void>(reactor.wait([] { return false; }, 10s)); }),
                HasSubstr("has vanished"));
}

TEST_F(SerialPortTest, ForgetsWhatCameBeforeTheTestBegan) {
    port();
    put({1, 2, 3});
    port().restart(1);
    put({4});
    EXPECT_TRUE(hears({4}));
    EXPECT_EQ(port().counts(1).received, 1U);
}

// termios(3), PARMRK: a byte with an error comes as FF 00 and the byte.
TEST_F(SerialPortTest, CountsBytesWithoutTheirStopBit) {
    port();
    hand_over_as_it_is();
    put({0xFF, 0x00, 0x41, 0x42});
    EXPECT_TRUE(hears({0x41, 0x42}));
    EXPECT_EQ(port().counts(1).framing_errors, 1U);
    EXPECT_EQ(port().counts(1).received, 2U);
}

TEST_F(SerialPortTest, ForgetsHalfAMarkOfTheTestBefore) {
    port();
    hand_over_as_it_is();
    put({0x41, 0xFF});
    EXPECT_TRUE(hears({0x41}));
    port().restart(1);
    put({0x00, 0x42});
    EXPECT_TRUE(hears({0x41, 0x00, 0x42}));
    EXPECT_EQ(port().counts(1).framing_errors, 0U);
    EXPECT_EQ(port().counts(1).received, 2U) << "of this test";
}

// The echo of the test before does not come any more.
TEST_F(SerialPortTest, SwallowsNoByteForATestBefore) {
    options.emplace_back("echo", "yes");
    port().send(1, Bytes{1, 2, 3});
    EXPECT_EQ(get(3), (Bytes{1, 2, 3}));
    port().restart(1);
    put({1, 2});
    EXPECT_TRUE(hears({1, 2}));
    EXPECT_EQ(port().counts(1).collisions, 0U);
}

// A pty has room for some thousand bytes.
TEST_F(SerialPortTest, SendsNothingMoreWhenItWasMadeSafeOrATestBegins) {
    const Bytes much(100'000, 0x55);
    port().send(1, much);
    made->make_safe();
    port().send(1, Bytes{0x66});
    EXPECT_LT(count_before(0x66), much.size());
    port().send(1, much);
    port().restart(1);
    port().send(1, Bytes{0x77});
    EXPECT_LT(count_before(0x77), much.size());
}

TEST_F(SerialPortTest, SendsAllOfItWhenItWasMadeSafeWhereTheBenchFileSaysSo) {
    options.emplace_back("safe", "hold");
    const Bytes much(100'000, 0x55);
    port().send(1, much);
    made->make_safe();
    port().send(1, Bytes{0x66});
    EXPECT_EQ(count_before(0x66), much.size());
}

TEST_F(SerialPortTest, CannotSpoilItsWire) {
    port().set_faults(1, {});
    EXPECT_THROW(port().set_faults(1, {.bit_errors = 2}), InputError);
    try {
        port().set_faults(1, {.bit_errors = 0.1});
        FAIL() << "no port can";
    } catch (const BenchCannot& problem) {
        EXPECT_EQ(problem.ability(), "serial_faults");
    }
}

TEST_F(SerialPortTest, RefusesOptionsThatAreNone) {
    for (const auto& [wrong, naming] : std::vector<std::pair<Options, std::string>>{
             {{}, "devices: /dev/ttyUSB0"},
             {{{"devices", "/dev/ttyUSB0"}}, "bit_rate: 56000"},
             {{{"devices", "/dev/ttyUSB0"}, {"bit_rate", "9600"}, {"rs485", "yes"}},
              "expected one of kernel, rts, none"}}) {
        options = wrong;
        const std::string text = text_of<InputError>([&] { port(); });
        EXPECT_THAT(text, HasSubstr("bench.yaml:10"));
        EXPECT_THAT(text, HasSubstr(naming));
    }
}

}  // namespace
}  // namespace bmsrig
