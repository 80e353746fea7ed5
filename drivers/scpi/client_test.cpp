#include "drivers/scpi/client.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "drivers/contract/workbench.h"
#include "drivers/scpi/connection.h"
#include "drivers/scpi/testing/scripted_peer.h"
#include "rig/error.h"

namespace bmsrig::scpi {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Long enough for a loaded machine where an answer comes, short where none is to come.
constexpr Duration patient = 20s;
constexpr Duration impatient = 30ms;

class ScpiClient : public testing::TestWithParam<ScriptedPeer::Wire> {
  protected:
    Client& open(Duration timeout = patient) {
        ClientSettings settings;
        settings.instrument = "it";
        settings.timeout = timeout;
        peer_.expects("*CLS\n");
        client_ = std::make_unique<Client>(reactor_, parse_address(peer_.address()), settings);
        EXPECT_TRUE(client_->open(0s));
        peer_.finish();
        return *client_;
    }
    /// Lets time run until something is thrown: its text.
    std::string thrown() {
        return text_of<InstrumentError>([&] { reactor_.wait([] { return false; }, patient); });
    }
    std::string named(const std::string& problem) {
        return "instrument \"it\" at " + peer_.address() + ": " + problem;
    }

    Reactor reactor_;
    ScriptedPeer peer_{reactor_, GetParam()};
    std::unique_ptr<Client> client_;
};

TEST_P(ScpiClient, SendsACommandWithTheLookForErrorsAndWaitsForNeither) {
    Client& client = open();
    client.command("SOUR1:VOLT 3.3");
    client.command("OUTP1 1");
    peer_.takes("SOUR1:VOLT 3.3").takes("OUTP1 1").finish();
    client.finish();
}

TEST_P(ScpiClient, MatchesAnswersInTheirOrderBehindCommandsThatAreOnTheirWay) {
    Client& client = open();
    client.command("SOUR1:VOLT 3.3");
    peer_.takes("SOUR1:VOLT 3.3")
        .answers("MEAS1:VOLT?", "3.2999")
        .answers("MEAS2:VOLT?", "+1.5E-1");
    EXPECT_EQ(client.query("MEAS1:VOLT?"), "3.2999");
    const std::string second = client.query("MEAS2:VOLT?");
    EXPECT_EQ(client.number("MEAS2:VOLT?", second), 0.15);
}

TEST_P(ScpiClient, TakesAnswersThatEndWithCarriageReturnToo) {
    Client& client = open();
    peer_.answers("*OPC?", "1\r");
    EXPECT_EQ(client.query("*OPC?"), "1");
}

TEST_P(ScpiClient, TakesAnAnswerInPieces) {
    Client& client = open();
    client.expect("MEAS1:VOLT?", [](std::string_view answer) -> std::optional<std::string> {
        EXPECT_EQ(answer, "3.3001");
        return std::nullopt;
    });
    peer_.expects("MEAS1:VOLT?\n").sends("3.3").finish();
    while (reactor_.run_one(reactor_.now() + 1ms)) {
    }
    peer_.sends("001\n");
    client.finish();
}

TEST_P(ScpiClient, ReadsTheErrorQueueUntilItIsEmptyAndQuotesTheCommands) {
    Client& client = open();
    client.command("SOUR1:VOLT 99");
    client.command("OUTP1 1");
    // The second look finds what the first has left, and there is a third.
    peer_.expects("SOUR1:VOLT 99\nSYST:ERR?\nOUTP1 1\nSYST:ERR?\n")
        .sends("-222,\"Data out of range\"\n")
        .sends("-350,\"Queue overflow\"\n")
        .answers("SYST:ERR?", "0,\"No error\"");
    const std::string text = thrown();
    EXPECT_THAT(text, StartsWith(named("it refused \"SOUR1:VOLT 99\" with error -222 (Data out of "
                                       "range), error -350 (Queue overflow)")));
    client.command("OUTP1 0");
    peer_.expects("OUTP1 0\nSYST:ERR?\n").sends("-240,\"Hardware error\"\n");
    peer_.answers("SYST:ERR?", "0,\"No error\"");
    EXPECT_THAT(thrown(), StartsWith(named("it refused \"OUTP1 0\" with error -240")))
        << "what has been told of, or found to be right, is not quoted again";
}

TEST_P(ScpiClient, NamesARefusalOnce) {
    Client& client = open();
    client.command("OUTP1 1");
    peer_.expects("OUTP1 1\nSYST:ERR?\n").sends("-113,\"Undefined header\"\n");
    peer_.answers("SYST:ERR?", "0,\"No error\"");
    EXPECT_THAT(thrown(), HasSubstr("\"OUTP1 1\" with error -113 (Undefined header);"));
    peer_.answers("*IDN?", "a,b,c,d");
    EXPECT_EQ(client.query("*IDN?"), "a,b,c,d");
}

TEST_P(ScpiClient, EndsAnErrorQueueThatHasNoEnd) {
    Client& client = open();
    client.command("OUTP1 1");
    peer_.expects("OUTP1 1\n");
    constexpr int more_than_a_queue_holds = 64;
    for (int i = 0; i < more_than_a_queue_holds; ++i) {
        peer_.answers("SYST:ERR?", "-113,\"Undefined header\"");
    }
    EXPECT_THAT(thrown(), HasSubstr("\"OUTP1 1\" with error -113"));
}

TEST_P(ScpiClient, LosesNothingOfWhatTheWireDoesNotTakeAtOnce) {
    Client& client = open();
    // A pty holds some thousand bytes.
    for (const char each : {'A', 'B', 'C'}) {
        const std::string text(30000, each);
        client.command(text);
        peer_.takes(text);
    }
    peer_.finish();
    client.finish();
}

TEST_P(ScpiClient, HandsOnWhatCameWithALineThatWasWrong) {
    Client& client = open();
    client.expect("A?", [](std::string_view) { return "A is wrong"; });
    std::string second;
    client.expect("B?", [&](std::string_view answer) -> std::optional<std::string> {
        second = answer;
        return std::nullopt;
    });
    peer_.expects("A?\nB?\n").sends("1\n2\n");
    EXPECT_EQ(thrown(), named("A is wrong"));
    client.finish();
    EXPECT_EQ(second, "2");
}

/// In this much real time, since silence is what it is about.
TEST_P(ScpiClient, CountsSilenceFromTheQueryAndFromTheAnswerBefore) {
    constexpr Duration timeout = 1s;
    Client& client = open(timeout);
    const auto pass = [&](Duration time) { reactor_.wait_alone([] { return false; }, time); };
    const auto fine = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
    pass(timeout * 11 / 10);  // nobody asked: no silence
    client.expect("A?", fine);
    client.expect("B?", fine);
    peer_.expects("A?\nB?\n");
    pass(timeout * 6 / 10);
    peer_.sends("1\n");
    pass(timeout * 6 / 10);
    EXPECT_TRUE(client.is_open());
    peer_.sends("2\n");
    client.finish();
}

TEST_P(ScpiClient, NamesSilenceWithTheQueryAndHowLong) {
    Client& client = open(impatient);
    peer_.expects("MEAS1:VOLT?\n");
    EXPECT_THAT(text_of<InstrumentError>([&] { client.query("MEAS1:VOLT?"); }),
                StartsWith(named("it has been silent for 0.03 s while an answer to \"MEAS1:VOLT?\" "
                                 "was awaited; expected an answer")));
    EXPECT_FALSE(client.is_open()) << "a late answer would be taken for the next one";
}

TEST_P(ScpiClient, NamesTheSilenceAfterACommandToo) {
    open(impatient).command("OUTP1 1");
    peer_.expects("OUTP1 1\nSYST:ERR?\n");
    EXPECT_THAT(thrown(), HasSubstr("an answer to \"SYST:ERR?\" was awaited"));
}

TEST_P(ScpiClient, NamesHalfALine) {
    Client& client = open(impatient);
    peer_.expects("MEAS1:VOLT?\n").sends("3.2");
    EXPECT_THAT(text_of<InstrumentError>([&] { client.query("MEAS1:VOLT?"); }),
                HasSubstr("after half a line: \"3.2\""));
}

TEST_P(ScpiClient, NamesGarbageByItsBytes) {
    Client& client = open();
    peer_.expects("MEAS1:VOLT?\n")
        .sends(
            "\xf8\x80\x01"
            "3\n");
    EXPECT_THAT(text_of<InstrumentError>([&] { client.query("MEAS1:VOLT?"); }),
                StartsWith(named("it sent garbage (\"\\xf8\\x80\\x013\") while an answer to "
                                 "\"MEAS1:VOLT?\" was awaited")));
}

TEST_P(ScpiClient, NamesAnAnswerThatIsNoNumberAndAnOverload) {
    Client& client = open();
    peer_.answers("MEAS1:VOLT?", "3,3V");
    const std::string answer = client.query("MEAS1:VOLT?");
    EXPECT_THAT(
        text_of<InstrumentError>([&] { static_cast<void>(client.number("MEAS1:VOLT?", answer)); }),
        StartsWith(named("it answered \"3,3V\" to \"MEAS1:VOLT?\"; expected a number")));
    EXPECT_THAT(
        text_of<InstrumentError>([&] { static_cast<void>(client.number("READ?", "+9.9E+37")); }),
        HasSubstr("an overload"));
    EXPECT_TRUE(std::isnan(client.number("READ?", "9.91E37")));
}

TEST_P(ScpiClient, NamesWhatNobodyAskedFor) {
    open();
    peer_.sends("hello\n");
    EXPECT_THAT(thrown(), StartsWith(named("it sent \"hello\" without having been asked")));
}

TEST_P(ScpiClient, NamesALineWithoutEnd) {
    Client& client = open();
    client.expect("MEAS1:VOLT?", [](std::string_view) { return std::nullopt; });
    peer_.expects("MEAS1:VOLT?\n").sends(std::string(66000, '3'));
    EXPECT_THAT(thrown(), AllOf(HasSubstr("without a line end"), HasSubstr("MEAS1:VOLT?")));
    peer_.finish();
}

TEST_P(ScpiClient, NamesAnErrorQueueThatIsNone) {
    open().command("OUTP1 1");
    peer_.expects("OUTP1 1\nSYST:ERR?\n").sends("ready\n");
    EXPECT_THAT(thrown(), HasSubstr("it answered \"ready\" to \"SYST:ERR?\"; expected an entry of "
                                    "its error queue"));
}

INSTANTIATE_TEST_SUITE_P(Wires, ScpiClient,
                         testing::Values(ScriptedPeer::Wire::tcp, ScriptedPeer::Wire::serial),
                         [](const auto& each) {
                             return each.param == ScriptedPeer::Wire::tcp ? "tcp" : "serial";
                         });

class ScpiClientOnTcp : public ScpiClient {};

TEST_P(ScpiClientOnTcp, NamesALostConnectionAtOnceAndUntilItIsOpenedAnew) {
    Client& client = open();
    peer_.closes();
    EXPECT_THAT(thrown(), StartsWith(named("the connection was closed by the instrument; the "
                                           "instrument may have been reset")));
    EXPECT_THAT(text_of<InstrumentError>([&] { client.command("OUTP1 1"); }),
                HasSubstr("it is connected again for the next test"));
    peer_.expects("*CLS\n");
    EXPECT_TRUE(client.open(patient));
    peer_.finish();
    EXPECT_EQ(peer_.connections(), 2);
    EXPECT_FALSE(client.open(patient)) << "it is open";
}

TEST_P(ScpiClientOnTcp, NamesAConnectionLostInTheMiddleOfAnAnswer) {
    Client& client = open();
    peer_.expects("MEAS1:VOLT?\n").sends("3.2").closes();
    EXPECT_THAT(text_of<InstrumentError>([&] { client.query("MEAS1:VOLT?"); }),
                AllOf(HasSubstr("in the middle of an answer (half a line: \"3.2\")"),
                      HasSubstr("while an answer to \"MEAS1:VOLT?\" was awaited")));
}

TEST_P(ScpiClientOnTcp, AConnectionOpenedAnewKnowsNothingOfTheOneBefore) {
    Client& client = open();
    client.command("SOUR1:VOLT 99");
    client.expect("MEAS1:VOLT?", [](std::string_view) { return std::nullopt; });
    peer_.expects("SOUR1:VOLT 99\nSYST:ERR?\nMEAS1:VOLT?\n");
    peer_.sends("-222,\"Data out of range\"\n3.").closes();
    EXPECT_THAT(thrown(), HasSubstr("in the middle of an answer"));
    peer_.expects("*CLS\n");
    client.open(patient);
    peer_.answers("*IDN?", "a,b,c,d");
    EXPECT_EQ(client.query("*IDN?"), "a,b,c,d");
    client.command("OUTP1 1");
    peer_.expects("OUTP1 1\nSYST:ERR?\n").sends("-113,\"Undefined header\"\n");
    peer_.answers("SYST:ERR?", "0,\"No error\"");
    EXPECT_THAT(thrown(), StartsWith(named("it refused \"OUTP1 1\" with error -113 (Undefined "
                                           "header); ")));
}

TEST_P(ScpiClientOnTcp, ASlowAnswerStallsNobody) {
    Client& client = open();
    int steps = 0;
    reactor_.set_runner([&](Instant limit) {
        // The rig has other work; the answer comes after three steps of it.
        if (++steps == 3) peer_.sends("3.3\n");
        reactor_.run_one(std::min(limit, reactor_.now() + 1ms));
    });
    peer_.expects("MEAS1:VOLT?\n");
    EXPECT_EQ(client.query("MEAS1:VOLT?"), "3.3");
    EXPECT_GE(steps, 3);
}

TEST_P(ScpiClientOnTcp, LooksAfterTheInstrumentBetweenCommands) {
    ClientSettings settings;
    settings.instrument = "it";
    settings.timeout = patient;
    settings.watch_interval = 1ms;
    Client client(reactor_, parse_address(peer_.address()), settings);
    client.watch("SYST:ALARM?", [](std::string_view answer) -> std::optional<std::string> {
        if (answer == "0") return std::nullopt;
        return "alarm " + std::string(answer);
    });
    peer_.expects("*CLS\n");
    client.open(0s);
    peer_.expects("SYST:ERR?\nSYST:ALARM?\n").sends("0,\"No error\"\n0\n");
    peer_.expects("SYST:ERR?\nSYST:ALARM?\n").sends("0,\"No error\"\n2\n");
    EXPECT_EQ(thrown(), named("alarm 2"));
}

TEST_P(ScpiClientOnTcp, LooksAfterASlowInstrumentOnceAtATime) {
    ClientSettings settings;
    settings.instrument = "it";
    settings.timeout = patient;
    settings.watch_interval = 1ms;
    Client client(reactor_, parse_address(peer_.address()), settings);
    peer_.expects("*CLS\n");
    client.open(0s);
    peer_.expects("SYST:ERR?\n").finish();
    reactor_.wait_alone([] { return false; }, 10 * settings.watch_interval);
    client.expect("*IDN?", [](std::string_view) { return std::nullopt; });
    peer_.sends("0,\"No error\"\n").answers("*IDN?", "a,b,c,d").finish();
}

/// An end with answers unread would be an abortion, at which an instrument may drop what it has not
/// carried out yet.
TEST_P(ScpiClientOnTcp, EndsWithoutAbortingWhatTheInstrumentStillDoes) {
    open();
    asio::ip::tcp::acceptor instrument(reactor_.io(), {asio::ip::address_v4::loopback(), 0});
    asio::ip::tcp::socket socket(reactor_.io());
    instrument.async_accept(socket, [](const boost::system::error_code&) {});
    const std::string address =
        "tcp 127.0.0.1:" + std::to_string(instrument.local_endpoint().port());
    auto client = std::make_unique<Client>(reactor_, parse_address(address), ClientSettings{"it"});
    client->open(patient);
    reactor_.wait_alone([&] { return socket.is_open(); }, patient);
    client->command("OUTP1 0");
    asio::write(socket, asio::buffer(std::string("0,\"No error\"\n")));
    client.reset();
    std::string heard;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(heard), end);
    EXPECT_EQ(end, asio::error::eof) << end.message();
    EXPECT_EQ(heard, "*CLS\nOUTP1 0\nSYST:ERR?\n");
}

INSTANTIATE_TEST_SUITE_P(Wires, ScpiClientOnTcp, testing::Values(ScriptedPeer::Wire::tcp));

TEST(ScpiClientConnecting, NamesARefusedConnectionAndTriesForAsLongAsItMay) {
    Reactor reactor;
    // A port that somebody had and nobody has any more.
    const std::string address = ScriptedPeer(reactor).address();
    ClientSettings settings;
    settings.instrument = "it";
    Client client(reactor, parse_address(address), settings);
    EXPECT_THAT(text_of<InstrumentError>([&] { client.open(60ms); }),
                StartsWith("instrument \"it\" at " + address + ": it refused the connection"));
    EXPECT_GE(reactor.now(), Instant{50ms}) << "it tried again";
    EXPECT_THAT(text_of<InstrumentError>([&] { client.command("*RST"); }),
                HasSubstr("not connected yet"));
}

TEST(ScpiClientConnecting, SetsTheBitRateOfAPort) {
    Reactor reactor;
    const Pty port;
    Client client(reactor, parse_address("serial " + port.path() + " 57600"), {"it"});
    client.open(0s);
    termios settings{};
    ASSERT_EQ(::tcgetattr(client.descriptor(), &settings), 0);
    EXPECT_EQ(::cfgetospeed(&settings), static_cast<speed_t>(B57600));
    EXPECT_EQ(::cfgetispeed(&settings), static_cast<speed_t>(B57600));
}

TEST(ScpiClientConnecting, GivesAnInstrumentUpThatTakesNoMore) {
    Reactor reactor;
    const Pty port;  // nobody reads
    Client client(reactor, parse_address("serial " + port.path() + " 115200"), {"it"});
    client.open(0s);
    EXPECT_THAT(text_of<InstrumentError>([&] {
                    for (int i = 0; i < 20; ++i) client.command(std::string(60000, 'A'));
                }),
                HasSubstr("the instrument takes no more commands"));
    EXPECT_FALSE(client.is_open());
}

TEST(ScpiClientConnecting, NamesAPortThatIsNotThere) {
    Reactor reactor;
    Client client(reactor, parse_address("serial /dev/no_such_port 9600"), {"it"});
    EXPECT_THAT(text_of<InstrumentError>([&] { client.open(0s); }),
                HasSubstr("at serial /dev/no_such_port 9600: it cannot be opened: No such file"));
}

/// The guard has a copy of each connection, and may have to use it after the rig gave it up.
TEST(ScpiConnection, EndsTheOneBeforeWhenItIsOpenedAnewWhoeverHasACopy) {
    Reactor reactor;
    const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
    boost::asio::ip::tcp::acceptor instrument(reactor.io(), any);
    const std::string address =
        "tcp 127.0.0.1:" + std::to_string(instrument.local_endpoint().port());
    Connection connection(reactor, parse_address(address), [](auto) {}, [](const auto&) {});
    EXPECT_EQ(connection.open(patient), "");
    auto before = instrument.accept();
    const link::FileDescriptor copy(::dup(connection.descriptor()));
    connection.close();
    ASSERT_EQ(::send(copy.number(), "x", 1, MSG_NOSIGNAL), 1);
    char byte = 0;
    EXPECT_EQ(before.read_some(boost::asio::buffer(&byte, 1)), 1U);
    EXPECT_EQ(connection.open(patient), "");
    pollfd end{before.native_handle(), POLLIN, 0};
    constexpr int patient_ms = 20'000;
    ASSERT_EQ(::poll(&end, 1, patient_ms), 1) << "it is served twice";
    EXPECT_EQ(::recv(before.native_handle(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace bmsrig::scpi
