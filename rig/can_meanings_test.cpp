#include "rig/can_meanings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace bmsrig {
namespace {

using namespace std::chrono_literals;

/// A database of one message of one byte, which is its value.
class OneByte final : public CanDatabase {
  public:
    OneByte(std::string name, std::uint32_t id, bool extended)
        : name_(std::move(name)), messages_{{id, extended, "Only", 1, {{"Speed", "rpm"}}}} {}
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::vector<Message>& messages() const override { return messages_; }
    void decode(std::size_t /*message*/, std::span<const std::uint8_t> data,
                std::span<double> values) const override {
        ++decoded;
        values[0] = data[0];
    }
    [[nodiscard]] std::vector<std::uint8_t> encode(std::size_t /*message*/,
                                                   std::span<const double> values) const override {
        return {static_cast<std::uint8_t>(values[0])};
    }
    mutable int decoded = 0;

  private:
    std::string name_;
    std::vector<Message> messages_;
};

class CanMeaningsTest : public testing::Test {
  protected:
    void take(const char* text) {
        meanings_.take(Instant{++time_ * 1ms}, can_frame_from(text).value());
    }
    /// The last value of a signal; -1 if it has none.
    double last(const char* signal) {
        const auto change = trace_.last(trace_.require(signal));
        return change ? change->value : -1;
    }
    Trace trace_;
    CanMeanings meanings_{trace_};
    int time_ = 0;
};

TEST_F(CanMeaningsTest, EveryDatabaseReadsAFrameThatItKnows) {
    const OneByte first("first", 0x351, false);
    const OneByte second("second", 0x351, false);
    const OneByte other("other", 0x355, false);
    for (const OneByte* database : {&first, &second, &other}) meanings_.add(*database);
    take("351#07");
    EXPECT_EQ(last("can.first.speed"), 7);
    EXPECT_EQ(last("can.second.speed"), 7);
    EXPECT_EQ(last("can.other.speed"), -1);
}

TEST_F(CanMeaningsTest, KeepsAUnitThatTheRigDoesNotReckonWith) {
    const OneByte database("motor", 0x10, false);
    meanings_.add(database);
    EXPECT_EQ(trace_.signals()[trace_.require("can.motor.speed")].unit_name(), "rpm");
}

TEST_F(CanMeaningsTest, AFrameThatRepeatsIsNotReadAgain) {
    const OneByte database("motor", 0x10, false);
    meanings_.add(database);
    for (const char* frame : {"010#07", "010#07", "010#08", "011#07", "010#R"}) take(frame);
    EXPECT_EQ(database.decoded, 2);
    EXPECT_EQ(last("can.motor.speed"), 8);
}

TEST_F(CanMeaningsTest, AFrameThatGrowsByZerosIsReadAgain) {
    const OneByte database("motor", 0x10, false);
    meanings_.add(database);
    for (const char* frame : {"010#07", "010#0700", "010#07"}) take(frame);
    EXPECT_EQ(database.decoded, 3);
}

TEST_F(CanMeaningsTest, AShortIdentifierMeansTheSameWith29Bits) {
    const OneByte rec("rec", 0x31, false);
    const OneByte tc("tc", 0x1806E5F4, true);
    for (const OneByte* database : {&rec, &tc}) meanings_.add(*database);
    take("00000031#05");
    take("1806E5F4#06");
    EXPECT_EQ(last("can.rec.speed"), 5);
    EXPECT_EQ(last("can.tc.speed"), 6);
}

TEST_F(CanMeaningsTest, ADatabaseMayGiveTheLongFormatAMeaningOfItsOwn) {
    const OneByte brief("brief", 0x31, false);
    const OneByte full("full", 0x31, true);
    for (const OneByte* database : {&brief, &full}) meanings_.add(*database);
    take("00000031#05");
    EXPECT_EQ(last("can.brief.speed"), -1);
    EXPECT_EQ(last("can.full.speed"), 5);
}

/// Its first byte says whether the second is the one number or the other.
class TwoPages final : public CanDatabase {
  public:
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::vector<Message>& messages() const override { return messages_; }
    void decode(std::size_t /*message*/, std::span<const std::uint8_t> data,
                std::span<double> values) const override {
        std::ranges::fill(values, std::nan(""));
        if (!data.empty()) values[0] = data[0];
        if (data.size() > 1 && data[0] < 2) values[1U + data[0]] = data[1];
    }
    [[nodiscard]] std::vector<std::uint8_t> encode(
        std::size_t /*message*/, std::span<const double> /*values*/) const override {
        return {};
    }

  private:
    static Signal multiplexed(const char* name) {
        Signal signal{name, "V"};
        signal.multiplexed = true;
        return signal;
    }
    std::string name_ = "pages";
    std::vector<Message> messages_{
        {0x100, false, "Pages", 2, {{"Page", ""}, multiplexed("First"), multiplexed("Second")}}};
};

TEST_F(CanMeaningsTest, AMultiplexedSignalKeepsItsValueWhileAnotherPageIsSent) {
    const TwoPages database;
    meanings_.add(database);
    const SignalId first = trace_.require("can.pages.first");
    const SignalId second = trace_.require("can.pages.second");
    take("100#0007");
    take("100#0109");
    EXPECT_EQ(last("can.pages.first"), 7);
    EXPECT_EQ(last("can.pages.second"), 9);
    EXPECT_EQ(meanings_.carried(first), Instant{1ms});
    EXPECT_EQ(meanings_.carried(second), Instant{2ms});
    take("100#0109");
    EXPECT_EQ(meanings_.carried(second), Instant{3ms}) << "also when it says the same again";
    take("100#0204");
    EXPECT_EQ(meanings_.carried(first), Instant{1ms});
    take("100#00");  // too short for what it announces
    EXPECT_TRUE(std::isnan(last("can.pages.first")));
    EXPECT_EQ(last("can.pages.page"), 0);
    EXPECT_FALSE(meanings_.carried(trace_.require("can.pages.page")));
}

}  // namespace
}  // namespace bmsrig
