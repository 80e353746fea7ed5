#include "drivers/can/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <set>

#include "can_codecs/protocols.h"
#include "drivers/can/golden_frames.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Bytes = std::vector<std::uint8_t>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> decoded(const CanDatabase& database, std::uint32_t id, const Bytes& data) {
    const std::size_t message = message_of(database, id);
    std::vector<double> values(database.messages()[message].signals.size());
    database.decode(message, data, values);
    return values;
}

TEST(CanCatalogue, HasTheDatabasesByName) {
    std::vector<std::string> names;
    for (const CanDatabase* database : can_databases()) names.push_back(database->name());
    EXPECT_THAT(names, UnorderedElementsAre("rec", "victron", "sma", "pylontech", "growatt", "tc",
                                            "zivan"));
    EXPECT_EQ(can_database("victron").name(), "victron");
    try {
        can_database("solax");
        FAIL() << "there is no such database";
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(),
                     "there is no CAN database solax; there are rec, victron, sma, pylontech, "
                     "growatt, tc, zivan");
    }
}

TEST(CanCatalogue, DescribesItsSignals) {
    const CanDatabase& rec = can_database("rec");
    const auto& pack = rec.messages()[message_of(rec, 0x031)];
    EXPECT_EQ(pack.name, "BatteryPack");
    EXPECT_EQ(pack.length, 8);
    EXPECT_EQ(pack.signals[3].name, "Current");
    EXPECT_EQ(pack.signals[3].unit, "A");
    EXPECT_EQ(pack.signals[3].resolution, 0.02);
    EXPECT_EQ(pack.signals[3].low, -655.36);
    EXPECT_EQ(pack.signals[3].high, 655.34);
    EXPECT_EQ(pack.signals[4].words.at(2), "cell under-voltage");
}

TEST(GoldenVectors, AreDecoded) {
    for (const GoldenFrame& golden : golden_frames()) {
        const CanDatabase& database = can_database(golden.database);
        const auto& message = database.messages()[message_of(database, golden.id)];
        const auto values = decoded(database, golden.id, golden.data);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string& name = message.signals[i].name;
            EXPECT_NEAR(values[i], golden.value_of(name, i), 1e-9)
                << "line " << golden.line << ": " << name;
        }
    }
}

TEST(GoldenVectors, AreEncoded) {
    for (const GoldenFrame& golden : golden_frames()) {
        const CanDatabase& database = can_database(golden.database);
        const std::size_t message = message_of(database, golden.id);
        std::vector<double> values;
        for (const auto& signal : database.messages()[message].signals) {
            values.push_back(golden.value_of(signal.name, values.size()));
        }
        Bytes data = database.encode(message, values);
        // A REC 9M sends more bytes than a REC Q, and zeros in them.
        data.resize(golden.data.size());
        EXPECT_EQ(data, golden.data) << "line " << golden.line;
    }
}

TEST(GoldenVectors, AreThereForEveryMessage) {
    std::set<std::pair<std::string, std::uint32_t>> seen;
    for (const GoldenFrame& frame : golden_frames()) seen.emplace(frame.database, frame.id);
    for (const CanDatabase* database : can_databases()) {
        for (const auto& message : database->messages()) {
            EXPECT_TRUE(seen.contains({database->name(), message.id}))
                << database->name() << "." << message.name;
        }
    }
}

TEST(GoldenVectors, AreAllThere) {
    const auto frames = golden_frames();
    EXPECT_EQ(frames.size(), 166U);
    for (const GoldenFrame& frame : frames) {
        const auto& message = can_database(frame.database)
                                  .messages()[message_of(can_database(frame.database), frame.id)];
        for (const auto& [name, value] : frame.values) {
            EXPECT_TRUE(std::ranges::any_of(
                message.signals, [&](const auto& signal) { return signal.name == name; }))
                << "line " << frame.line << ": " << name;
        }
    }
}

/// Each signal of the catalogue, by itself.
struct OneSignal {
    const CanDatabase* database;
    std::size_t message;
    std::size_t signal;
    [[nodiscard]] const CanDatabase::Signal& get() const {
        return database->messages()[message].signals[signal];
    }
};

std::vector<OneSignal> all_signals() {
    std::vector<OneSignal> all;
    for (const CanDatabase* database : can_databases()) {
        for (std::size_t m = 0; m < database->messages().size(); ++m) {
            for (std::size_t s = 0; s < database->messages()[m].signals.size(); ++s)
                all.push_back({database, m, s});
        }
    }
    return all;
}

/// Sends values of each signal there and back, all others of its message standing at their low end.
class EverySignal : public testing::Test {
  protected:
    /// `low` and `high` come as a signal's own ends, `step` as its resolution.
    using Check = std::function<void(double low, double high, double step)>;

    void for_each(const Check& check) {
        for (const OneSignal& one : all_signals()) {
            const testing::ScopedTrace trace(__FILE__, __LINE__, one.get().name);
            tested_ = one;
            check(one.get().low, one.get().high, one.get().resolution);
        }
    }

    void expect_back(double value, double expected) {
        const auto& signals = tested_.database->messages()[tested_.message].signals;
        std::vector<double> values;
        for (const auto& signal : signals) values.push_back(signal.low);
        values[tested_.signal] = value;
        std::vector<double> back(signals.size());
        tested_.database->decode(tested_.message, tested_.database->encode(tested_.message, values),
                                 back);
        values[tested_.signal] = expected;
        for (std::size_t i = 0; i < back.size(); ++i) {
            EXPECT_NEAR(back[i], values[i], 1e-9 * std::max(1.0, std::abs(values[i])))
                << signals[i].name << " for " << value;
        }
    }

  private:
    OneSignal tested_{};
};

TEST_F(EverySignal, ComesBackAtItsEndsAndAStepFromThem) {
    for_each([this](double low, double high, double step) {
        for (const double value : {low, low + step, high - step, high}) expect_back(value, value);
    });
}

TEST_F(EverySignal, IsRoundedToTheNextStep) {
    for_each([this](double low, double high, double step) {
        expect_back(high - 0.6 * step, high - step);
        expect_back(low + 0.6 * step, low + step);
    });
}

TEST_F(EverySignal, IsTakenAsTheNearestEndBeyondItsRange) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for_each([this](double low, double high, double step) {
        expect_back(high + step, high);
        expect_back(low - step, low);
        expect_back(infinity, high);
        expect_back(-infinity, low);
        expect_back(nan, low);
    });
}

TEST(CanDecoding, GivesNoNumberWhereTheFrameIsTooShort) {
    // The first two of three, as a Pylontech pack sends them.
    const auto state = decoded(can_database("victron"), 0x355, {0x58, 0x00, 0x5E, 0x00});
    EXPECT_THAT(state, ElementsAre(88, 94, testing::IsNan()));
    // A number cut in half is none.
    EXPECT_THAT(decoded(can_database("rec"), 0x031, {0x8E, 0xC4, 0x14}),
                ElementsAre(71, 98, testing::IsNan(), testing::IsNan(), testing::IsNan(),
                            testing::IsNan()));
    EXPECT_THAT(
        decoded(can_database("rec"), 0x038, {0x01, 0x18}),
        ElementsAre(280, testing::IsNan(), testing::IsNan(), testing::IsNan(), testing::IsNan(),
                    testing::IsNan(), testing::IsNan(), testing::IsNan()));
    for (const OneSignal& one : all_signals()) {
        const auto& message = one.database->messages()[one.message];
        EXPECT_THAT(decoded(*one.database, message.id, {}), Each(testing::IsNan()));
    }
}

TEST(CanDecoding, ReadsALongerFrameAsFarAsItsMessageGoes) {
    EXPECT_EQ(decoded(can_database("victron"), 0x356, {0x89, 0x16, 0x35, 0, 0x8E, 0, 0xFF, 0xFF}),
              decoded(can_database("victron"), 0x356, {0x89, 0x16, 0x35, 0, 0x8E, 0}));
}

TEST(CanDecoding, TakesEveryFrameThereCanBe) {
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        for (const CanDatabase* database : can_databases()) {
            for (std::size_t m = 0; m < database->messages().size(); ++m) {
                const auto& signals = database->messages()[m].signals;
                Bytes data(random() % 9);
                for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
                std::vector<double> values(signals.size());
                database->decode(m, data, values);
                std::vector<double> again(signals.size());
                database->decode(m, database->encode(m, values), again);
                for (std::size_t i = 0; i < values.size(); ++i) {
                    const bool inside = signals[i].low <= values[i] && values[i] <= signals[i].high;
                    ASSERT_TRUE(!inside || again[i] == values[i]) << signals[i].name;
                }
            }
        }
    }
}

TEST(CanDecoding, RefusesAnotherNumberOfValues) {
    const CanDatabase& rec = can_database("rec");
    std::vector<double> few(5);
    try {
        rec.decode(message_of(rec, 0x031), Bytes(8), few);
        FAIL() << "five values for six signals";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "message rec.BatteryPack has 6 signals, but there are 5 values");
    }
    EXPECT_THROW(static_cast<void>(rec.encode(message_of(rec, 0x037), few)), Error);
}

}  // namespace
}  // namespace bmsrig
