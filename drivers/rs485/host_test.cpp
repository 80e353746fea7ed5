#include "drivers/rs485/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>

#include "drivers/rs485/fake_registers.h"
#include "drivers/rs485/golden.h"

namespace bmsrig::rs485 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// Bytes, and how long after the end of the instruction they have come.
struct Piece {
    Time delay;
    std::vector<Byte> bytes;
};

/// A host and whatever stands at the other end of the wire, in a time of its own.
struct HostTest : testing::Test {
    /// What comes back for an instruction's text.
    using Other = std::function<std::vector<Piece>(const std::string& text)>;

    const Reply& run() {
        while (host.is_pending()) {
            const Time due = std::max(now, host.due().value());
            const auto next = std::ranges::min_element(coming, {}, &Piece::delay);
            if (next != coming.end() && next->delay < due) {
                now = std::max(now, next->delay);
                const Piece piece = std::move(*next);
                coming.erase(next);
                host.received(piece.bytes, now);
            } else {
                now = due;
            }
            listen(host.advance(now));
        }
        return host.reply();
    }
    void listen(std::span<const Byte> bytes) {
        if (bytes.empty()) return;
        sent_at.push_back(now);
        sent.emplace_back(text_of(bytes.subspan(4, bytes.size() - 7)));
        const Time end = now + byte_time(56'000) * static_cast<std::int64_t>(bytes.size());
        for (Piece piece : other(sent.back())) {
            piece.delay += end;
            coming.push_back(std::move(piece));
        }
    }
    const Reply& query(Name name) {
        host.query(name, now);
        return run();
    }
    const Reply& write(Name name, double value) {
        host.write(name, value, now);
        return run();
    }

    static std::vector<Byte> answer(const std::string& text, Byte destination = 0,
                                    Byte sender = 1) {
        const EncodedFrame frame = encode({destination, sender, payload_of(text)});
        return {frame.bytes().begin(), frame.bytes().end()};
    }
    /// Always the same answer, 5 ms after the instruction.
    static Other always(std::vector<Byte> bytes) {
        return [bytes = std::move(bytes)](const std::string&) {
            return std::vector<Piece>{{5ms, bytes}};
        };
    }
    static std::vector<Piece> nothing(const std::string& /*text*/) { return {}; }

    std::optional<Host> made{std::in_place, rec_2q(), HostOptions{}};
    Host& host = *made;
    Other other = nothing;
    Time now = 1s;
    std::vector<Piece> coming;
    std::vector<std::string> sent;
    std::vector<Time> sent_at;
};

TEST_F(HostTest, ReadsANumber) {
    other = always(golden("3.8500e0"));
    const Reply& reply = query("CMAX"_name);
    EXPECT_EQ(reply.outcome, Outcome::answered);
    EXPECT_EQ(reply.number, 3.85);
    EXPECT_EQ(reply.text, "3.8500e0");
    EXPECT_EQ(reply.attempts, 1);
    EXPECT_EQ(reply.answer_time, 5ms);
    EXPECT_EQ(host.address_order(), AddressOrder::destination_first);
    EXPECT_THAT(sent, ElementsAre("CMAX?"));
    EXPECT_FALSE(host.is_pending());
    EXPECT_EQ(host.due(), std::nullopt);
    EXPECT_TRUE(host.advance(now + 1s).empty());
}

TEST_F(HostTest, SendsTheManualsBytes) {
    host.query("LCD1"_name, now);
    const std::span<const Byte> bytes = host.advance(now);
    EXPECT_THAT(bytes, testing::ElementsAreArray(golden("LCD1?")));
    EXPECT_TRUE(host.advance(now).empty());
}

TEST_F(HostTest, ReadsTextsAsTheyAre) {
    other = always(golden("REC-BMS 2Q"));
    EXPECT_EQ(query("*IDN"_name).text, "REC-BMS 2Q");
}

TEST_F(HostTest, ReadsArraysOfTwoFrames) {
    other = [](const std::string&) {
        return std::vector<Piece>{{5ms, golden("28")},
                                  {13ms, golden("LCD1 data 3.3;3.35;-12.5;25;53.2;0.71;0.98")}};
    };
    const Reply& reply = query("LCD1"_name);
    EXPECT_EQ(reply.outcome, Outcome::answered);
    ASSERT_EQ(reply.floats.size(), 1U);
    EXPECT_THAT(reply.floats[0], ElementsAre(3.3F, 3.35F, -12.5F, 25.0F, 53.2F, 0.71F, 0.98F));
    EXPECT_EQ(reply.answer_time, 5ms);
    EXPECT_FALSE(reply.binary_count);

    other = [](const std::string&) {
        return std::vector<Piece>{{5ms, golden("4")},
                                  {300ms, golden("ERRO present; BMS1; error2; cell5")}};
    };
    EXPECT_THAT(query("ERRO"_name).bytes, ElementsAre(1, 1, 2, 5));
}

TEST_F(HostTest, TakesABinaryCountAsWell) {
    other = [](const std::string&) {
        return std::vector<Piece>{{5ms, answer("\x04")}, {9ms, golden("ERRO none")}};
    };
    EXPECT_THAT(query("ERRO"_name).bytes, ElementsAre(0, 1, 0, 0));
    EXPECT_TRUE(host.reply().binary_count);
}

TEST_F(HostTest, ReadsAFrameForEachBmsUnit) {
    other = [](const std::string&) {
        return std::vector<Piece>{
            {5ms, answer("2")}, {15ms, golden("PTEM data 2 sensors")}, {25ms, golden("BTEM data")}};
    };
    const Reply& reply = query("PTEM"_name);
    EXPECT_THAT(reply.floats, ElementsAre(ElementsAre(25.0F, 24.5F), ElementsAre(31.0F)));
}

TEST_F(HostTest, AsksAgainAfter350Milliseconds) {
    int asked = 0;
    other = [&asked](const std::string&) {
        return ++asked < 5 ? std::vector<Piece>{} : std::vector<Piece>{{349ms, golden("3.8500e0")}};
    };
    const Reply& reply = query("CMAX"_name);
    EXPECT_EQ(reply.outcome, Outcome::answered);
    EXPECT_EQ(reply.attempts, 5);
    const Time wire = byte_time(56'000) * 12;
    for (std::size_t i = 1; i < sent_at.size(); ++i)
        EXPECT_EQ(sent_at[i] - sent_at[i - 1], wire + 350ms);
}

TEST_F(HostTest, KnowsHowLongItSendsAtAnotherRate) {
    host.set_bit_rate(115'200);
    host.query("CMAX"_name, now);
    host.advance(now);
    EXPECT_EQ(host.due(), now + byte_time(115'200) * 12 + 350ms);
}

TEST_F(HostTest, GivesUpAfterFourRetries) {
    const Reply& reply = query("CMAX"_name);
    EXPECT_EQ(reply.outcome, Outcome::no_answer);
    EXPECT_EQ(sent.size(), 5U);
    EXPECT_EQ(reply.problem, R"(no answer to "CMAX?" within 350 ms, sent 5 times)");
}

TEST_F(HostTest, AsksAgainWhenAnAnswerIsDamagedOrIncomplete) {
    std::vector<Byte> damaged = golden("3.8500e0");
    damaged[6] ^= 1U;
    other = always(damaged);
    EXPECT_EQ(query("CMAX"_name).outcome, Outcome::no_answer);
    EXPECT_EQ(host.counts().bad_crcs, 5U);

    other = always(golden("28"));
    EXPECT_EQ(query("LCD1"_name).outcome, Outcome::no_answer);
}

TEST_F(HostTest, WaitsForTwentyMillisecondsOfSilence) {
    other = always(golden("3.8500e0"));
    query("CMAX"_name);
    const Time end = now;
    query("CMAX"_name);
    EXPECT_EQ(sent_at[1], end + 20ms);

    host.query("CMAX"_name, now + 1s);
    host.received(std::vector<Byte>{7}, now + 1s);
    EXPECT_TRUE(host.advance(now + 1s + 19ms).empty());
    EXPECT_EQ(host.due(), now + 1s + 20ms);
    EXPECT_FALSE(host.advance(now + 1s + 20ms).empty());
}

TEST_F(HostTest, GivesUpOnABusThatIsNeverIdle) {
    host.query("CMAX"_name, now);
    const std::vector<Byte> noise{0};
    for (; host.is_pending() && now < 10s; now += 1ms) {
        host.received(noise, now);
        EXPECT_TRUE(host.advance(now).empty());
    }
    EXPECT_EQ(host.reply().outcome, Outcome::no_answer);
    EXPECT_THAT(host.reply().problem, HasSubstr("never idle"));
    EXPECT_LT(now, 4s);
}

TEST_F(HostTest, DoesNotTakeALateAnswerForThatOfTheNextInstruction) {
    int asked = 0;
    other = [&asked](const std::string& text) {
        if (text == "CMIN?") return std::vector<Piece>{{5ms, answer("2.8000e0")}};
        ++asked;  // the first answer is late, so that the second comes when nobody waits for it
        return std::vector<Piece>{{asked == 1 ? 360ms : 50ms, golden("3.8500e0")}};
    };
    EXPECT_EQ(query("CMAX"_name).number, 3.85);
    EXPECT_EQ(query("CMIN"_name).number, 2.8);
    EXPECT_EQ(host.stray_frames(), 1U);
}

TEST_F(HostTest, TakesBothOrdersOfTheAddresses) {
    other = always(answer("3.85", 1, 0));
    EXPECT_EQ(query("CMAX"_name).number, 3.85);
    EXPECT_EQ(host.address_order(), AddressOrder::sender_first);
}

TEST_F(HostTest, IgnoresOthersAndItsOwnEcho) {
    other = [](const std::string& text) {
        return std::vector<Piece>{{0ms, answer(text, 1, 0)},
                                  {1ms, answer("1.0", 0, 2)},
                                  {2ms, answer("1.0", 2, 0)},
                                  {9ms, answer("3.85")}};
    };
    EXPECT_EQ(query("CMAX"_name).number, 3.85);
    EXPECT_EQ(host.stray_frames(), 3U);
}

TEST_F(HostTest, WritesAndReadsBack) {
    other = [](const std::string& text) {
        return std::vector<Piece>{{5ms, text.ends_with('?') ? golden("3.8500e0") : golden("OK")}};
    };
    const Reply& reply = write("CMAX"_name, 3.85);
    EXPECT_EQ(reply.outcome, Outcome::answered);
    EXPECT_EQ(reply.number, 3.85);
    EXPECT_EQ(reply.text, "OK");
    EXPECT_THAT(sent, ElementsAre("CMAX 3.85", "CMAX?"));
}

TEST_F(HostTest, TakesTheWordOfOlderUnits) {
    other = [](const std::string& text) {
        return std::vector<Piece>{{5ms, text.ends_with('?') ? golden("3.8500e0") : answer("SET")}};
    };
    EXPECT_EQ(write("CMAX"_name, 3.85).outcome, Outcome::answered);
}

TEST_F(HostTest, SeesThatAWriteDidNotArrive) {
    other = [](const std::string& text) {
        return std::vector<Piece>{{5ms, text.ends_with('?') ? golden("3.8500e0") : golden("OK")}};
    };
    EXPECT_EQ(write("CMAX"_name, 3.854).outcome, Outcome::differs);
    EXPECT_EQ(host.reply().problem, "CMAX was accepted as 3.854, but reads back as 3.8500e0");
    // Half of the last decimal sent, or four decimals of the answer, may be lost: the larger.
    EXPECT_EQ(write("CMAX"_name, 3.8503).outcome, Outcome::answered);
    EXPECT_EQ(write("CMAX"_name, 3.8504).outcome, Outcome::differs);
}

TEST_F(HostTest, KnowsThatFourDecimalsDoNotHoldIoja) {
    other = [](const std::string& text) {
        return std::vector<Piece>{{5ms, text.ends_with('?') ? answer("1.9531e-2") : golden("OK")}};
    };
    EXPECT_EQ(write("IOJA"_name, 0.01953125).outcome, Outcome::answered);
    EXPECT_EQ(sent[0], "IOJA 0.01953125");
}

TEST_F(HostTest, ReadsBackWhatWasRefusedToo) {
    other = [](const std::string& text) {
        return std::vector<Piece>{
            {5ms, text.ends_with('?') ? golden("3.8500e0") : golden("NOT OK")}};
    };
    const Reply& reply = write("CMAX"_name, 9);
    EXPECT_EQ(reply.outcome, Outcome::refused);
    EXPECT_EQ(reply.number, 3.85);
    EXPECT_EQ(reply.text, "NOT OK");
    EXPECT_EQ(reply.problem, R"("CMAX 9.00" was refused: NOT OK)");
}

TEST_F(HostTest, TellsWrongAnswers) {
    other = always(answer("banana"));
    EXPECT_EQ(query("CMAX"_name).outcome, Outcome::wrong_answer);
    EXPECT_EQ(host.reply().problem, R"("CMAX?" was answered with "banana", not a number)");
    EXPECT_EQ(query("CELL"_name).outcome, Outcome::wrong_answer);
    EXPECT_EQ(host.reply().problem, R"("CELL?" was answered with "banana", not a count)");
    EXPECT_EQ(write("CMAX"_name, 3).outcome, Outcome::wrong_answer);
    EXPECT_THAT(host.reply().problem, HasSubstr("neither OK nor NOT OK"));
    for (const std::string count : {"0", "-1", "1.5", "256"}) {
        other = always(answer(count));
        EXPECT_EQ(query("CELL"_name).outcome, Outcome::wrong_answer) << count;
    }
    other = [](const std::string&) {
        return std::vector<Piece>{{5ms, answer("28")}, {9ms, answer("1234")}};
    };
    EXPECT_EQ(query("LCD1"_name).outcome, Outcome::wrong_answer);
    EXPECT_THAT(host.reply().problem, HasSubstr("4 bytes of data after the count 28"));
    other = [](const std::string&) {
        return std::vector<Piece>{{5ms, answer("1")}, {9ms, answer("12345")}};
    };
    EXPECT_EQ(query("CELL"_name).outcome, Outcome::wrong_answer);
    other = [](const std::string& text) {
        return std::vector<Piece>{{5ms, text.ends_with('?') ? answer("?") : golden("OK")}};
    };
    EXPECT_EQ(write("CMAX"_name, 3).outcome, Outcome::wrong_answer);
}

TEST_F(HostTest, AsksAgainWhenTheCountWasLost) {
    int asked = 0;
    other = [&asked](const std::string&) {
        std::vector<Piece> pieces{{5ms, golden("4")}, {40ms, golden("ERRO none")}};
        if (++asked == 1) pieces.erase(pieces.begin());
        return pieces;
    };
    EXPECT_THAT(query("ERRO"_name).bytes, ElementsAre(0, 1, 0, 0));
    EXPECT_EQ(host.reply().attempts, 2);
    EXPECT_GE(sent_at[1] - sent_at[0], 350ms);
}

TEST_F(HostTest, TellsARefusedQuery) {
    other = always(golden("NOT OK"));
    EXPECT_EQ(query("CMAX"_name).outcome, Outcome::refused);
    EXPECT_EQ(host.reply().problem, R"("CMAX?" was refused: NOT OK)");
    EXPECT_EQ(sent.size(), 1U);
}

TEST_F(HostTest, TriesTheOtherNameOfTheBalancedCellsAndRemembersIt) {
    other = [](const std::string& text) {
        return text == "WCBI?" ? std::vector<Piece>{{5ms, answer("5")}} : nothing(text);
    };
    EXPECT_EQ(query("WCIB"_name).number, 5);
    EXPECT_EQ(sent.size(), 6U);
    EXPECT_EQ(query("WCIB"_name).number, 5);
    EXPECT_EQ(sent.size(), 7U);
    other = [](const std::string& text) {
        return std::vector<Piece>{{5ms, text == "WCIB?" ? answer("6") : golden("NOT OK")}};
    };
    EXPECT_EQ(query("WCIB"_name).number, 6);
    other = nothing;
    EXPECT_EQ(query("WCIB"_name).outcome, Outcome::no_answer);
    EXPECT_EQ(sent.size(), 19U);
}

TEST_F(HostTest, SendsWhatErasesOnlyWhenArmed) {
    for (const Name name : {"FUSE"_name, "ERRD"_name, "WHRE"_name, "RESE"_name})
        EXPECT_THROW(host.command(name, Arming::safe, now), std::invalid_argument);
    EXPECT_FALSE(host.is_pending());
    other = always(golden("DELETED_LOGS"));
    host.command("ERRD"_name, Arming::armed, now);
    EXPECT_EQ(run().text, "DELETED_LOGS");
    EXPECT_THAT(sent, ElementsAre("ERRD 1"));
    other = always(golden("NOT OK"));
    host.command("WHRE"_name, Arming::armed, now);
    EXPECT_EQ(run().outcome, Outcome::refused);
}

TEST_F(HostTest, ExpectsNoAnswerToAReset) {
    host.command("RESE"_name, Arming::armed, now);
    EXPECT_EQ(run().outcome, Outcome::answered);
    EXPECT_THAT(sent, ElementsAre("RESE?"));
}

TEST_F(HostTest, RefusesWhatTheTableDoesNotHave) {
    EXPECT_THROW(host.query("ABCD"_name, now), std::invalid_argument);
    EXPECT_THROW(host.query("RESE"_name, now), std::invalid_argument);
    EXPECT_THROW(host.query("WHRE"_name, now), std::invalid_argument);
    EXPECT_THROW(host.write("CELL"_name, 1, now), std::invalid_argument);
    EXPECT_THROW(host.write("WHIN"_name, 1, now), std::invalid_argument);
    EXPECT_THROW(host.write("CMAX"_name, std::nan(""), now), std::invalid_argument);
    EXPECT_THROW(host.command("CMAX"_name, Arming::armed, now), std::invalid_argument);
    EXPECT_FALSE(host.is_pending());
}

TEST(OutcomeTest, HasWords) {
    EXPECT_EQ(to_string(Outcome::pending), "pending");
    EXPECT_EQ(to_string(Outcome::no_answer), "no answer");
    EXPECT_EQ(to_string(Outcome::differs), "differs");
}

/// Every setting of both tables, through a unit whose answers come in pieces over a wire that flips
/// bits: whatever arrives is right.
TEST_F(HostTest, AndAUnitUnderstandEachOtherOverABadWire) {
    std::mt19937 random(1);
    for (const Table* const table : {&rec_2q(), &rec_abms()}) {
        FakeRegisters registers(*table);
        Unit unit(*table, {}, registers);
        made.emplace(*table, HostOptions{.retries = 30});
        const auto wire = [&random](std::vector<Byte> bytes) {
            for (Byte& byte : bytes) {
                if (random() % 100 == 0) byte ^= 1U << random() % 8;
            }
            return bytes;
        };
        other = [&](const std::string& text) {
            std::vector<Piece> pieces;
            const std::vector<Byte> asked = wire(answer(text, 1, 0));
            Time delay = 5ms;
            unit.received(asked, now + 3ms, [&](std::span<const Byte> frame) {
                for (const Byte byte : wire({frame.begin(), frame.end()}))
                    pieces.push_back({delay += byte_time(56'000), {byte}});
            });
            return pieces;
        };
        for (const Instruction& instruction : table->instructions) {
            if (!instruction.is_setting()) continue;
            for (const double value :
                 {instruction.minimum, instruction.maximum, instruction.initial}) {
                EXPECT_EQ(write(instruction.name, value).outcome, Outcome::answered)
                    << instruction.mnemonic << " " << value << ": " << host.reply().problem;
                EXPECT_EQ(registers.numbers[instruction.name], value) << instruction.mnemonic;
            }
            const double beyond = instruction.maximum + 1;
            EXPECT_EQ(write(instruction.name, beyond).outcome, Outcome::refused);
            EXPECT_EQ(registers.numbers[instruction.name], instruction.initial);
        }
        EXPECT_GT(host.counts().bad_crcs, 0U);
        EXPECT_GT(unit.counts().bad_crcs, 0U);
    }
}

}  // namespace
}  // namespace bmsrig::rs485
