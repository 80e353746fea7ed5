// Expected values: REC 2Q manual, CAN communication: identifiers and cycles of each protocol,
// Tables 11 and 12; what the other side sends: the documents that protocols.csv names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>

#include "can_codecs/protocols.h"
#include "drivers/can/catalogue.h"

namespace bmsrig {
namespace {

using Identifiers = std::set<std::uint32_t>;
using Settings = std::vector<int>;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Identifiers of_rec{0x031, 0x032, 0x033, 0x034, 0x035, 0x036, 0x037, 0x038};
const Identifiers of_pylontech{0x351, 0x355, 0x356, 0x359, 0x35C, 0x35E};

Identifiers with_rec(std::initializer_list<std::uint32_t> more) {
    Identifiers all = of_rec;
    all.insert(more);
    return all;
}

struct Expected {
    const char* name;
    Identifiers identifiers;
    int cycle_ms;
    Settings bit_rate_settings;
};

/// By CHRG.
const std::vector<Expected> expected{
    {"rec", of_rec, 100, {2, 0, 1, 3, 4}},
    {"victron",
     {0x351, 0x355, 0x356, 0x35A, 0x35E, 0x35F, 0x360, 0x372, 0x373, 0x374, 0x375, 0x376, 0x377,
      0x379, 0x380, 0x381},
     100,
     {3, 2}},
    {"sma", {0x351, 0x355, 0x356, 0x35A, 0x35E, 0x35F}, 200, {3}},
    {"solax", of_pylontech, 200, {3}},
    {"studer", of_pylontech, 200, {3}},
    {"growatt",
     {0x311, 0x312, 0x313, 0x314, 0x315, 0x316, 0x317, 0x318, 0x319, 0x320, 0x321},
     100,
     {3}},
    {"solis", {0x351, 0x355, 0x356, 0x359}, 200, {3}},
    {"pylontech", of_pylontech, 100, {3}},
    {"tbb", of_pylontech, 200, {3}},
    {"tc", with_rec({0x1806E5F4, 0x1806E6F4, 0x1806E7F4}), 100, {130, 131}},
    {"zivan", with_rec({0x6C1, 0x6A1}), 100, {2, 1, 3}},
};

const CanProtocol& protocol(std::string_view name) {
    return *std::ranges::find(can_protocols(), name, &CanProtocol::name);
}

TEST(CanProtocols, AreThoseOfTheManual) {  // R2Q-CAN-SELECT
    ASSERT_EQ(can_protocols().size(), expected.size());
    for (std::size_t chrg = 0; chrg < expected.size(); ++chrg) {
        const CanProtocol& listed = can_protocols()[chrg];
        EXPECT_EQ(listed.name, expected[chrg].name);
        EXPECT_EQ(listed.chrg, static_cast<int>(chrg));
        EXPECT_EQ(listed.cycle, milliseconds(expected[chrg].cycle_ms)) << listed.name;
        EXPECT_EQ(listed.bit_rate_settings, expected[chrg].bit_rate_settings) << listed.name;
        EXPECT_EQ(listed.messages.size(), expected[chrg].identifiers.size()) << listed.name;
        Identifiers sent;
        for (const auto& message : listed.messages) {
            sent.insert(message.id);
            EXPECT_EQ(message.extended, message.id > 0x7FF) << listed.name << message.name;
        }
        EXPECT_EQ(sent, expected[chrg].identifiers) << listed.name;
    }
}

TEST(CanProtocols, AreTheSameForControllers) {  // R2Q-CAN-SELECT
    ASSERT_EQ(can_protocol_count, expected.size());
    for (std::size_t chrg = 0; chrg < expected.size(); ++chrg) {
        const can_protocol& listed = ::can_protocols[chrg];
        EXPECT_STREQ(listed.name, expected[chrg].name);
        EXPECT_EQ(listed.chrg, chrg);
        EXPECT_EQ(listed.cycle_ms, static_cast<std::uint32_t>(expected[chrg].cycle_ms));
        Identifiers sent;
        for (const can_slot& slot : std::span(listed.rotation, listed.slots)) {
            sent.insert(slot.id);
            EXPECT_EQ(slot.extended, slot.id > 0x7FF) << listed.name;
        }
        EXPECT_EQ(sent, expected[chrg].identifiers) << listed.name;
    }
}

// Log captured on a REC 9M: 0x351 three times in 18 slots.
TEST(CanProtocols, SayVictronsLimitsThreeTimesInARotation) {
    const can_protocol& victron = ::can_protocols[1];
    ASSERT_EQ(victron.slots, 18U);
    for (std::size_t slot = 0; slot < victron.slots; ++slot) {
        EXPECT_EQ(victron.rotation[slot].id == 0x351, slot % 6 == 0) << slot;
        EXPECT_EQ(victron.rotation[slot].database, CAN_VICTRON);
    }
    EXPECT_EQ(::can_protocols[9].rotation[0].database, CAN_TC);
    EXPECT_EQ(::can_protocols[9].rotation[3].database, CAN_REC);
    EXPECT_EQ(::can_protocols[6].rotation[0].database, CAN_PYLONTECH);
}

TEST(CanProtocols, SayWhatTheOtherSideSends) {
    for (const char* silent : {"rec", "zivan"}) EXPECT_FALSE(protocol(silent).keep_alive) << silent;
    const std::vector<std::uint8_t> zeros(8);
    for (const char* with_zeros : {"victron", "pylontech", "solax", "studer", "solis", "tbb"}) {
        const auto& heard = protocol(with_zeros).keep_alive;
        ASSERT_TRUE(heard) << with_zeros;
        EXPECT_EQ(heard->message.id, 0x305U) << with_zeros;
        EXPECT_FALSE(heard->message.extended) << with_zeros;
        EXPECT_EQ(heard->data, zeros) << with_zeros;
        EXPECT_EQ(heard->period, seconds(1)) << with_zeros;
    }
    EXPECT_EQ(protocol("sma").keep_alive->message.name, "InverterMeasurements");
    EXPECT_FALSE(protocol("sma").keep_alive->data);
    EXPECT_EQ(protocol("growatt").keep_alive->message.id, 0x301U);
    EXPECT_THAT(*protocol("growatt").keep_alive->data,
                testing::ElementsAre(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88));
    EXPECT_EQ(protocol("tc").keep_alive->message.id, 0x18FF50E5U);
    EXPECT_TRUE(protocol("tc").keep_alive->message.extended);
}

TEST(CanProtocols, SayWhenTheOtherSideGivesUp) {
    EXPECT_EQ(protocol("victron").receiver_timeout, seconds(3));
    EXPECT_EQ(protocol("sma").receiver_timeout, seconds(60));
    EXPECT_EQ(protocol("tc").receiver_timeout, seconds(5));
    for (const char* open :
         {"rec", "solax", "studer", "growatt", "solis", "pylontech", "tbb", "zivan"}) {
        EXPECT_FALSE(protocol(open).receiver_timeout) << open;
    }
}

TEST(CanProtocols, SayHowFarTheirLayoutIsPublic) {
    for (const CanProtocol& listed : can_protocols()) {
        const bool relative = listed.name == "solax" || listed.name == "studer" ||
                              listed.name == "solis" || listed.name == "tbb";
        const std::string known = relative                 ? "unconfirmed"
                                  : listed.name == "zivan" ? "unknown"
                                                           : "confirmed";
        EXPECT_EQ(listed.layout, known) << listed.name;
        EXPECT_THAT(listed.source, testing::HasSubstr("REC 2Q manual")) << listed.name;
    }
}

}  // namespace
}  // namespace bmsrig
