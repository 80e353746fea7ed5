#include <gmock/gmock.h>

#include <bit>

#include "drivers/contract/workbench.h"
#include "rig/error.h"
#include "rig/hex.h"
#include "rig/instruments/serial_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class VirtualSerialAdapterTest : public testing::Test {
  protected:
    void make(const Options& options, std::uint64_t seed = 1) {
        adapter_ = bench_.make<SerialAdapter>("virtual_serial_adapter", options, seed);
        adapter_->on_byte([this](int /*channel*/, Instant time, std::uint8_t byte) {
            times_.push_back(time);
            heard_ += hex({&byte, 1});
        });
    }
    [[nodiscard]] SerialTerminals& uut() const {
        return dynamic_cast<SerialTerminals&>(*adapter_.instrument);
    }
    void connect(std::uint32_t bit_rate) {
        uut().connect(1, bit_rate, [this](std::span<const std::uint8_t> bytes) {
            uut_heard_.emplace_back(bench_.now(), hex(bytes));
        });
    }
    void send(const char* text) {
        std::vector<std::uint8_t> bytes;
        bytes_from_hex(text, bytes);
        adapter_->send(1, bytes);
    }
    void transmit(const char* text) {
        std::vector<std::uint8_t> bytes;
        bytes_from_hex(text, bytes);
        uut().transmit(1, bytes);
    }
    Workbench bench_;
    Made<SerialAdapter> adapter_;
    std::string heard_;
    std::vector<Instant> times_;
    std::vector<std::pair<Instant, std::string>> uut_heard_;
};

TEST_F(VirtualSerialAdapterTest, EachByteTakesTenBits) {
    make({});
    connect(10'000);
    EXPECT_EQ(adapter_->bit_rate(1), 10'000);
    transmit("5501AA");
    bench_.run_to_rest();
    EXPECT_EQ(heard_, "5501AA");
    EXPECT_THAT(times_, ElementsAre(Instant{1ms}, Instant{2ms}, Instant{3ms}));
    EXPECT_EQ(adapter_->counts(1).received, 3);
}

// REC 2Q manual: 56 kbit/s. A query of 12 bytes takes 12 x 10 / 56,000 s = 2.14 ms.
TEST_F(VirtualSerialAdapterTest, TheUutHasAllThatWasSentAtItsEnd) {
    make({});
    connect(56'000);
    send("550100054C4344313F46D0AA");
    bench_.run_to_rest();
    ASSERT_EQ(uut_heard_.size(), 1);
    EXPECT_EQ(uut_heard_[0].second, "550100054C4344313F46D0AA");
    EXPECT_NEAR(to_seconds(uut_heard_[0].first.time_since_epoch()), 120.0 / 56'000, 20e-9);
    EXPECT_EQ(adapter_->counts(1).sent, 12);
}

TEST_F(VirtualSerialAdapterTest, WhatFollowsWaitsForWhatIsLeaving) {
    make({});
    connect(10'000);
    send("0102");
    send("03");
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre(Pair(Instant{2ms}, "0102"), Pair(Instant{3ms}, "03")));
}

TEST_F(VirtualSerialAdapterTest, WhoSpeaksTogetherGarblesBoth) {
    make({});
    connect(10'000);
    send("0102");
    bench_.run_for(500us);
    transmit("0F");
    bench_.run_to_rest();
    EXPECT_EQ(heard_, "F0");
    EXPECT_EQ(uut_heard_[0].second, "FEFD") << "both bytes of the rig met the UUT's";
    EXPECT_EQ(adapter_->counts(1).collisions, 3);
    send("0102");
    bench_.run_to_rest();
    EXPECT_EQ(uut_heard_[1].second, "0102") << "alone again";
}

TEST_F(VirtualSerialAdapterTest, AnotherBitRateIsGarbage) {
    make({{"bit_rate", "115200"}});
    connect(56'000);
    EXPECT_EQ(adapter_->bit_rate(1), 115'200);
    send("5501");
    transmit("5501");
    bench_.run_to_rest();
    EXPECT_NE(heard_, "5501");
    EXPECT_GT(adapter_->counts(1).framing_errors, 0);
    for (const auto& [time, text] : uut_heard_) EXPECT_NE(text, "5501");
    adapter_->set_bit_rate(1, 56'000);
    heard_.clear();
    transmit("5501");
    bench_.run_to_rest();
    EXPECT_EQ(heard_, "5501");
}

TEST_F(VirtualSerialAdapterTest, LosesAndFlipsAsOftenAsItIsTold) {
    make({});
    connect(1'000'000);
    const std::vector<std::uint8_t> zeros(10'000, 0);
    adapter_->set_faults(1, {0, 0.1});
    uut().transmit(1, zeros);
    bench_.run_to_rest();
    EXPECT_NEAR(static_cast<double>(times_.size()), 9000, 200);
    int flipped = 0;
    adapter_->on_byte([&](int, Instant, std::uint8_t byte) { flipped += std::popcount(byte); });
    adapter_->set_faults(1, {0.01, 0});
    uut().transmit(1, zeros);
    bench_.run_to_rest();
    EXPECT_NEAR(flipped, 800, 150);
    for (const double wrong : {-0.1, 1.1, std::nan("")}) {
        EXPECT_THAT(text_of<InputError>([&] { adapter_->set_faults(1, {wrong, 0}); }),
                    HasSubstr("expected 0 to 1"));
        EXPECT_THAT(text_of<InputError>([&] { adapter_->set_faults(1, {0, wrong}); }),
                    HasSubstr("expected 0 to 1"));
    }
}

TEST_F(VirtualSerialAdapterTest, TheSameSeedSpoilsTheSameBytes) {
    const auto run = [&](std::uint64_t seed) {
        make({}, seed);
        connect(1'000'000);
        adapter_->set_faults(1, {0.05, 0.05});
        heard_.clear();
        uut().transmit(1, std::vector<std::uint8_t>(200, 0x5A));
        bench_.run_to_rest();
        return heard_;
    };
    const std::string first = run(1);
    EXPECT_EQ(run(1), first);
    EXPECT_NE(run(2), first);
}

TEST_F(VirtualSerialAdapterTest, AUnitWithoutPowerIsSilentAndDeaf) {
    make({});
    connect(10'000);
    transmit("010203");
    bench_.run_for(1500us);
    uut().disconnect(1);
    send("55");
    bench_.run_to_rest();
    EXPECT_EQ(heard_, "01");
    EXPECT_TRUE(uut_heard_.empty());
    connect(10'000);
    transmit("04");
    bench_.run_to_rest();
    EXPECT_EQ(heard_, "0104");
}

TEST_F(VirtualSerialAdapterTest, WhatAUnitLeftUnsaidIsNotInTheWayOfTheNext) {
    make({});
    connect(10'000);
    transmit("010203040506");
    bench_.run_for(1500us);
    uut().disconnect(1);
    connect(10'000);
    send("55");
    bench_.run_to_rest();
    EXPECT_EQ(adapter_->counts(1).collisions, 0);
    EXPECT_THAT(uut_heard_, ElementsAre(Pair(Instant{2500us}, "55")));
    transmit("07");
    bench_.run_to_rest();
    EXPECT_EQ(heard_, "0107");
    EXPECT_EQ(times_.back(), Instant{3500us});
}

TEST_F(VirtualSerialAdapterTest, AtNoRateNothingLeaves) {
    make({});
    send("55");
    EXPECT_EQ(bench_.run_to_rest(), 0);
    EXPECT_EQ(adapter_->bit_rate(1), 0);
}

}  // namespace
}  // namespace bmsrig
