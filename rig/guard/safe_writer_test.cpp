// What the guard does at the instruments, at the other ends of sockets.
#include "rig/guard/safe_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <tuple>

#include "rig/guard/far_end.h"
#include "rig/guard/watch_page.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

/// It does what can be done at once, and waits for nothing.
constexpr std::int64_t at_once = 0;
/// Longer than any machine needs for what is to happen.
constexpr std::int64_t patient = 20'000'000'000;

class SafeWriterTest : public testing::Test {
  protected:
    SafeWriterTest() { std::signal(SIGPIPE, SIG_IGN); }  // as the guard does
    [[nodiscard]] SafeAction asking(const std::string& answer,
                                    std::string_view bytes = "off\n") const {
        SafeAction action = end.action("cells", bytes);
        action.answer = answer;
        return action;
    }
    /// With descriptors of its own, as the guard has them.
    static SafeWriter writer(const std::vector<SafeAction>& actions) {
        std::vector<GuardedAction> guarded;
        for (const SafeAction& action : actions) {
            guarded.push_back({action, link::FileDescriptor(::dup(action.descriptor))});
        }
        return SafeWriter(std::move(guarded));
    }
    /// What it has to say of what was not done.
    static std::string undone(const std::vector<SafeAction>& actions, std::int64_t longest) {
        SafeWriter writer = SafeWriterTest::writer(actions);
        GuardReport report;
        const bool is_safe = writer.run(monotonic_ns() + longest);
        writer.tell(report);
        EXPECT_EQ(is_safe, report.text().empty());
        return std::string(report.text());
    }

    FarEnd end;
};

TEST_F(SafeWriterTest, IsDoneWithTheAnswer) {
    std::thread instrument([this] {
        EXPECT_EQ(end.receive_until("off\n"), "off\n");
        end.say("do");
        end.say("ne\n");
    });
    EXPECT_EQ(undone({asking("done\n")}, patient), "");
    instrument.join();
}

TEST_F(SafeWriterTest, WhatWasSaidBeforeIsNoAnswer) {
    end.say("done\n");
    EXPECT_EQ(undone({asking("done\n")}, at_once),
              "not done: switches \"cells\" off: expected the answer \"done\", got none\n");
}

TEST(GuardReport, AnAnswerIsToldOnOneLine) {
    EXPECT_EQ(GuardReport().add_quoted("no\x1b\r\nbusy\r\n").text(), "\"no???busy\"");
    EXPECT_EQ(GuardReport().add_quoted("\n").text(), "\"\"");
}

TEST_F(SafeWriterTest, FindsTheAnswerBehindMuchElse) {
    std::thread instrument([this] {
        std::ignore = end.receive_until("off\n");
        for (int i = 0; i < 100; ++i) end.say("3.2999\n");
        end.say("done\n");
    });
    EXPECT_EQ(undone({asking("done\n")}, patient), "");
    instrument.join();
}

TEST_F(SafeWriterTest, AConnectionThatEndsWithoutTheAnswerIsNotDone) {
    std::thread instrument([this] {
        std::ignore = end.receive_until("off\n");
        end.say("no\n");
        end.far.close();
    });
    EXPECT_EQ(undone({asking("done\n")}, patient),
              "not done: switches \"cells\" off: Connection reset by peer\n");
    instrument.join();
}

TEST_F(SafeWriterTest, BytesThatNobodyTakesAreNotDone) {
    EXPECT_EQ(undone({asking("")}, at_once),
              "not done: switches \"cells\" off: the instrument has not taken the bytes\n");
    EXPECT_EQ(end.received(), "off\n");
}

TEST_F(SafeWriterTest, WaitsForRoom) {
    const std::string before(4096, '.');
    ASSERT_EQ(::fcntl(end.near.number(), F_SETFL, O_NONBLOCK), 0);
    while (::write(end.near.number(), before.data(), before.size()) > 0) {
    }
    EXPECT_THAT(undone({asking("")}, at_once), HasSubstr("has not taken the bytes"));
    std::thread instrument(
        [this] { EXPECT_THAT(end.receive_until("off\n"), HasSubstr(".off\n")); });
    EXPECT_EQ(undone({asking("")}, patient), "");
    instrument.join();
}

TEST_F(SafeWriterTest, WhatIsSilentKeepsNoOtherWaiting) {
    FarEnd closed;
    closed.far.close();
    const FarEnd other;
    const std::string text =
        undone({asking("done\n"), closed.action("relays"), other.action("supply")}, at_once);
    EXPECT_EQ(end.received(), "off\n");
    EXPECT_EQ(other.received(), "off\n");
    EXPECT_THAT(text, HasSubstr("not done: switches \"relays\" off: Broken pipe\n"));
}

TEST_F(SafeWriterTest, DoesTheActionsOfOneConnectionOneAfterTheOther) {
    std::thread instrument([this] {
        EXPECT_EQ(end.receive_until("first\n"), "first\n");
        EXPECT_EQ(end.received(), "") << "the second waits for the answer to the first";
        end.say("1\n");
        EXPECT_EQ(end.receive_until("second\n"), "second\n");
        end.say("2\n");
        EXPECT_EQ(end.receive_until("third\n"), "third\n");
        end.say("3\n");
    });
    EXPECT_EQ(
        undone({asking("1\n", "first\n"), asking("2\n", "second\n"), asking("3\n", "third\n")},
               patient),
        "");
    instrument.join();
}

TEST_F(SafeWriterTest, NamesEachActionOfAConnectionThatIsGone) {
    end.far.close();
    EXPECT_EQ(undone({asking("1\n", "first\n"), end.action("supply")}, patient),
              "not done: switches \"cells\" off: Broken pipe\n"
              "not done: switches \"supply\" off: Broken pipe\n");
}

/// struct can_frame: 0x541, one byte, a zero. What it has been on the bus shows its echo.
TEST_F(SafeWriterTest, AFrameIsDoneWhenItHasBeenOnTheBus) {
    constexpr std::string_view frame("\x41\x05\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16);
    constexpr std::string_view other("\x41\x05\0\0\1\0\0\0\1\0\0\0\0\0\0\0", 16);
    SafeAction action = end.action("cells", frame);
    action.kind = SafeAction::Kind::frame;
    end.say(other);
    EXPECT_EQ(undone({action}, at_once),
              "not done: switches \"cells\" off: nobody on the bus has taken the frame\n");
    EXPECT_EQ(end.received(), frame);
    std::thread bus([&] {
        std::ignore = end.receive_until(frame);
        end.say(other);
        end.say(frame);
    });
    EXPECT_EQ(undone({action}, patient), "");
    bus.join();
}

TEST_F(SafeWriterTest, GivesItsActionsBack) {
    SafeWriter before = writer({asking("done\n"), end.action("supply")});
    const auto actions = before.take_back();
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_EQ(actions[1].action.instrument, "supply");
    EXPECT_TRUE(actions[1].connection.is_open());
    EXPECT_TRUE(before.run(monotonic_ns()));
    EXPECT_EQ(end.received(), "") << "it has nothing to do any more";
}

}  // namespace
}  // namespace bmsrig
