// The packets between the rig and its guard.
#include "rig/guard/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <system_error>

#include "rig/error.h"
#include "rig/guard/far_end.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::Pair;

class GuardMessageTest : public testing::Test {
  protected:
    GuardMessageTest() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw std::runtime_error("no sockets for the test");
        }
        rig = link::FileDescriptor(ends[0]);
        guard = link::FileDescriptor(ends[1]);
    }
    link::FileDescriptor rig;
    link::FileDescriptor guard;
};

TEST_F(GuardMessageTest, BringsAnActionWithItsConnection) {
    const FarEnd end;
    SafeAction sent = end.action("cells");
    sent.answer = "done\n";
    message_of(sent).send(rig.number());
    auto message = GuardMessage::receive(guard.number());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->word(), GuardWord::action);
    const GuardedAction got = action_of(*message);
    EXPECT_EQ(got.action.kind, SafeAction::Kind::write);
    EXPECT_EQ(got.action.instrument, "cells");
    EXPECT_EQ(got.action.does, sent.does);
    EXPECT_EQ(got.action.bytes, sent.bytes);
    EXPECT_EQ(got.action.answer, "done\n");
    ASSERT_EQ(::send(got.connection.number(), "x", 1, MSG_NOSIGNAL), 1);
    EXPECT_EQ(end.received(), "x");
}

TEST_F(GuardMessageTest, BringsLevelsOfLines) {
    SafeAction sent;
    sent.kind = SafeAction::Kind::lines;
    sent.path = "/dev/null";  // it opens
    sent.levels = {{1, true}, {7, false}};
    message_of(sent).send(rig.number());
    auto message = GuardMessage::receive(guard.number());
    ASSERT_TRUE(message);
    const GuardedAction got = action_of(*message);
    EXPECT_EQ(got.action.kind, SafeAction::Kind::lines);
    EXPECT_THAT(got.action.levels, ElementsAre(Pair(1U, true), Pair(7U, false)));
    EXPECT_TRUE(got.connection.is_open());
}

TEST_F(GuardMessageTest, WhatIsTooShortIsRefused) {
    GuardMessage(GuardWord::arm).add(std::string_view("abc")).send(rig.number());
    auto message = GuardMessage::receive(guard.number());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->take_text(), "abc");
    EXPECT_THROW(message->take_number(), Error);
    EXPECT_THROW(message->take_text(), Error);
    EXPECT_THROW(message->take_descriptor(), Error);
}

TEST_F(GuardMessageTest, WhatWouldNotFitIsNotSent) {
    const std::string large(128 * 1024, 'x');
    EXPECT_THROW(GuardMessage(GuardWord::action).add(large).send(rig.number()), Error);
    GuardMessage(GuardWord::action).add(large.substr(100)).send(rig.number());
    auto message = GuardMessage::receive(guard.number());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->take_text().size(), large.size() - 100);
}

TEST_F(GuardMessageTest, TheOtherEndMayBeGone) {
    rig.close();
    EXPECT_FALSE(GuardMessage::receive(guard.number()));
    EXPECT_THROW(GuardMessage(GuardWord::done).send(guard.number()), std::system_error);
}

TEST_F(GuardMessageTest, TheOtherEndMayBeGoneWithoutHavingReadTheAnswer) {
    GuardMessage(GuardWord::done).send(guard.number());
    rig.close();
    EXPECT_FALSE(GuardMessage::receive(guard.number()));
}

}  // namespace
}  // namespace bmsrig
