#include <gmock/gmock.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

CanFrame frame(const char* text) {
    return can_frame_from(text).value();
}

class VirtualCanAdapterTest : public testing::Test {
  protected:
    void make(const Options& options) {
        adapter_ = bench_.make<CanAdapter>("virtual_can_adapter", options);
        adapter_->on_event([this](int channel, const CanEvent& event) {
            if (event.kind != CanEvent::Kind::received) return;
            heard_.emplace_back(event.time, std::to_string(channel) + ":" + to_string(event.frame));
        });
    }
    [[nodiscard]] CanTerminals& uut() const {
        return dynamic_cast<CanTerminals&>(*adapter_.instrument);
    }
    void connect(std::uint32_t bit_rate, int channel = 1) {
        uut().connect(channel, bit_rate, [this](const CanFrame& received) {
            uut_heard_.emplace_back(bench_.now(), to_string(received));
        });
    }
    Workbench bench_;
    Made<CanAdapter> adapter_;
    std::vector<std::pair<Instant, std::string>> heard_;
    std::vector<std::pair<Instant, std::string>> uut_heard_;
};

TEST_F(VirtualCanAdapterTest, AFrameTakesItsTimeOnTheWire) {
    make({});
    EXPECT_EQ(adapter_->bit_rate(1), 0);
    connect(250'000);
    EXPECT_EQ(adapter_->bit_rate(1), 250'000);
    uut().transmit(1, frame("031#8EC414C0FD940000"));  // 118 bits of 4 us
    bench_.run_to_rest();
    EXPECT_THAT(heard_, ElementsAre(Pair(Instant{472us}, "1:031#8EC414C0FD940000")));
    EXPECT_EQ(adapter_->counts(1).received, 1);
    EXPECT_EQ(adapter_->counts(1).busy, 472us);
}

TEST_F(VirtualCanAdapterTest, BothSidesAreHeard) {
    make({});
    connect(500'000);
    adapter_->send(1, frame("305#"));  // 50 bits of 2 us
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre(Pair(Instant{100us}, "305#")));
    EXPECT_TRUE(heard_.empty()) << "nobody hears itself";
    EXPECT_EQ(adapter_->counts(1).sent, 1);
}

TEST_F(VirtualCanAdapterTest, TheLowerIdentifierGoesFirst) {
    make({});
    connect(500'000);
    for (const char* text : {"355#", "356#"}) uut().transmit(1, frame(text));
    for (const char* text : {"100#", "355#R"}) adapter_->send(1, frame(text));
    uut().transmit(1, frame("18000000#"));  // behind its own frames: one transmitter, one queue
    bench_.run_to_rest();
    std::vector<std::pair<Instant, std::string>> all = heard_;
    all.insert(all.end(), uut_heard_.begin(), uut_heard_.end());
    std::ranges::sort(all);
    std::vector<std::string> order;
    for (const auto& [time, text] : all) order.push_back(text);
    EXPECT_THAT(order, ElementsAre("1:355#", "100#", "355#R", "1:356#", "1:18000000#"));
}

TEST_F(VirtualCanAdapterTest, ItsOwnBitRateIsThatOfTheBenchFile) {
    make({{"bit_rate", "500000"}});
    connect(250'000);
    EXPECT_EQ(adapter_->bit_rate(1), 500'000);
    adapter_->set_bit_rate(1, 250'000);
    uut().transmit(1, frame("031#00"));
    bench_.run_to_rest();
    EXPECT_EQ(heard_.size(), 1);
    adapter_.instrument->restart(1);
    EXPECT_EQ(adapter_->bit_rate(1), 500'000) << "that of the bench file again";
}

TEST_F(VirtualCanAdapterTest, AUnitWithoutPowerSendsNothing) {
    make({});
    connect(250'000);
    uut().transmit(1, frame("031#00"));
    uut().transmit(1, frame("032#00"));
    bench_.run_for(10us);
    uut().disconnect(1);
    bench_.run_to_rest();
    EXPECT_TRUE(heard_.empty());
    EXPECT_EQ(adapter_->counts(1).error_frames, 1) << "the frame that was cut";
}

TEST_F(VirtualCanAdapterTest, AFloodEndsWithAnErrorInsteadOfTheMemory) {
    make({});
    connect(250'000);
    const auto flood = [&] {
        for (int i = 0; i < 20'000; ++i) uut().transmit(1, frame("031#0102030405060708"));
    };
    EXPECT_THAT(text_of<InstrumentError>(flood),
                HasSubstr("10000 frames of the UUT wait for a bus of 250000 bit/s"));
    bench_.run_to_rest();
    EXPECT_EQ(heard_.size(), 10'001U) << "one was on the wire at once";
}

TEST_F(VirtualCanAdapterTest, AFloodOfTheRigIsItsUsersMistake) {
    make({});
    connect(250'000);
    const auto flood = [&] {
        for (int i = 0; i < 20'000; ++i) adapter_->send(1, frame("305#"));
    };
    EXPECT_THAT(text_of<InputError>(flood),
                HasSubstr("10000 frames of the rig wait for a bus of 250000 bit/s"));
}

TEST_F(VirtualCanAdapterTest, ANodeAloneAtNoRateWaitsForSomebodyToSpeakTo) {
    make({});
    for (int i = 0; i < 20'000; ++i) adapter_->send(1, frame("305#"));
    EXPECT_EQ(bench_.run_to_rest(), 0);
    connect(500'000);
    bench_.run_to_rest();
    EXPECT_THAT(uut_heard_, ElementsAre(Pair(Instant{100us}, "305#")));
}

TEST_F(VirtualCanAdapterTest, ChannelsAreBusesOfTheirOwn) {
    make({{"channels", "2"}});
    connect(250'000, 1);
    connect(1'000'000, 2);
    uut().transmit(1, frame("305#"));
    uut().transmit(2, frame("305#"));
    bench_.run_to_rest();
    EXPECT_THAT(heard_, ElementsAre(Pair(Instant{50us}, "2:305#"), Pair(Instant{200us}, "1:305#")));
    EXPECT_THAT(text_of<std::exception>([&] { adapter_->send(3, frame("305#")); }),
                HasSubstr("channel 3"));
}

TEST_F(VirtualCanAdapterTest, MadeSafeItKeepsStill) {
    make({});
    connect(250'000);
    adapter_->send(1, frame("305#"));
    adapter_->send(1, frame("306#"));
    adapter_.instrument->make_safe();
    bench_.run_to_rest();
    EXPECT_EQ(uut_heard_.size(), 1) << "what is on the wire ends";
}

}  // namespace
}  // namespace bmsrig
