// Both carriers, the same controller: the same lines for the same inputs, to the last character.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "rig/error.h"
#include "rig/link/link.h"

namespace bmsrig::link {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Conversation {
    std::string lines;
    std::string error;  // what() of a LinkError
};

/// Starts the echo controller on one carrier and lets `talk` speak to it.
Conversation converse(const std::string& program, const Settings& settings,
                      const std::function<void(Link&)>& talk) {
    Conversation result;
    try {
        const auto link = Link::start(
            {.line = program, .settings = settings}, [&](char who, std::string_view line) {
                result.lines += std::string{who, ' '} + std::string(line) + "\n";
            });
        talk(*link);
        link->stop();
    } catch (const LinkError& error) {
        result.error = error.what();
    }
    return result;
}

/// The same on both carriers; expects the same lines and returns those of the process.
Conversation converse_on_both(const Settings& settings, const std::function<void(Link&)>& talk) {
    const Conversation process = converse(ECHO_CONTROLLER, settings, talk);
    const Conversation object = converse(ECHO_CONTROLLER_SO, settings, talk);
    EXPECT_EQ(process.lines, object.lines);
    EXPECT_EQ(process.error.empty(), object.error.empty()) << process.error << object.error;
    return process;
}

std::vector<PortValue> rest() {
    return {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}};
}

/// Random stimuli: equal for equal seeds.
class Stimuli {
  public:
    explicit Stimuli(std::uint64_t seed) : random_(seed) {}

    void play(Link& link, int count) {
        std::vector<PortValue> inputs = rest();
        std::vector<Payload> payloads;
        Answer answer;
        Instant now;
        int calls_at_now = 0;
        for (int i = 0; i < count; ++i) {
            link.exchange(now, inputs, payloads, answer);
            ++calls_at_now;
            const Instant latest = answer.next ? *answer.next : now + std::chrono::seconds{1};
            const Instant then = choose_time(now, latest, calls_at_now);
            if (then != now) calls_at_now = 0;
            now = then;
            inputs.clear();
            payloads.clear();
            for (std::uint32_t port = 0; port < 5; ++port) {
                if (below(3) == 0) inputs.push_back({port, value_of(port)});
            }
            while (below(4) == 0) payloads.push_back(payload());
        }
    }

  private:
    std::uint64_t below(std::uint64_t end) { return random_() % end; }

    Instant choose_time(Instant now, Instant latest, int calls_at_now) {
        if (below(8) == 0 && calls_at_now < 16) return now;
        if (below(2) == 0) return latest;
        return now + Duration{static_cast<std::int64_t>(
                         below(static_cast<std::uint64_t>((latest - now).count())) + 1)};
    }

    double value_of(std::uint32_t port) {
        if (port == 4) return static_cast<double>(below(2));
        switch (below(5)) {
            case 0:
                return std::numeric_limits<double>::quiet_NaN();
            case 1:
                return static_cast<double>(below(50'000)) / 10'000;
            case 2:
                return -static_cast<double>(below(1'000'000));
            case 3:
                return static_cast<double>(random_()) / 1e9;
            default:
                return any_double();
        }
    }

    double any_double() {
        while (true) {
            const auto value = std::bit_cast<double>(random_());
            // Beyond this the controller's product would be infinite, which no output may be.
            if (std::abs(value) < 1e150) return value;
        }
    }

    Payload payload() {
        static const std::vector<std::string> frames{"000#", "7FF#R", "1F3#00FF",
                                                     "1FFFFFFF#0011223344556677", "00000001#0A"};
        if (below(2) == 0) return {0, frames[below(frames.size())]};
        std::string bytes;
        do bytes += "0123456789ABCDEF"[below(16)], bytes += "0123456789ABCDEF"[below(16)];
        while (below(5) != 0 && bytes.size() < 120);
        return {1, bytes};
    }

    std::mt19937_64 random_;
};

TEST(Carriers, GiveIdenticalLinesForThousandsOfRandomStimuli) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Conversation talk =
            converse_on_both({{"period", std::to_string(1000 + seed)}},
                             [&](Link& link) { Stimuli(seed).play(link, 2500); });
        EXPECT_EQ(talk.error, "");
        EXPECT_GT(std::ranges::count(talk.lines, '\n'), 5000);
        EXPECT_THAT(talk.lines, HasSubstr("nan"));
        EXPECT_THAT(talk.lines, HasSubstr("! code A-B11\n! at "));
        EXPECT_THAT(talk.lines, HasSubstr(" can:"));
        EXPECT_THAT(talk.lines, HasSubstr(" rs485:"));
        EXPECT_TRUE(talk.lines.ends_with("> stop\n"));
    }
}

TEST(Carriers, GiveIdenticalGreetings) {
    const Conversation talk = converse_on_both({}, [](Link& link) {
        EXPECT_EQ(link.greeting().product, "bmsrig.echo");
        EXPECT_EQ(link.greeting().ports.size(), 12U);
        EXPECT_EQ(link.greeting().ports[8],
                  (Port{"out.bool", PortDirection::output, PortKind::boolean}));
        EXPECT_EQ(link.greeting().buses.at(0), (Bus{"can", true, 250'000}));
        EXPECT_EQ(link.log_tail(), "echo with a period of 1000000 ns");
    });
    EXPECT_EQ(
        talk.lines,
        "! echo with a period of 1000000 ns\n< bmslink 1 bmsrig.echo 1.0\n< in in.volt V\n< in "
        "in.ampere A\n"
        "< in in.celsius degC\n< in in.ohm ohm\n< in in.bool bool\n< out out.volt V\n< out "
        "out.product V\n"
        "< out out.ratio ratio\n< out out.bool bool\n< out out.stage stage\n< out out.contact "
        "contact\n"
        "< out out.level level\n< bus can can 250000\n< bus rs485 serial 9600\n< ready\n> stop\n");
}

TEST(Carriers, FillTheAnswer) {
    converse_on_both({}, [](Link& link) {
        Answer answer;
        link.exchange(Instant{}, rest(), {}, answer);
        EXPECT_EQ(answer.next, instant_from_ns(1'000'000));
        EXPECT_EQ(answer.outputs.size(), 7U);
        const std::vector<PortValue> inputs{{0, 2.5}, {4, 1}};
        const std::vector<Payload> payloads{{0, "1F3#00FF"}, {1, "0A0B"}};
        link.exchange(instant_from_ns(5), inputs, payloads, answer);
        EXPECT_FALSE(answer.next.has_value());
        ASSERT_EQ(answer.outputs.size(), 3U);
        EXPECT_EQ(answer.outputs[0].port, 9U);
        EXPECT_EQ(answer.outputs[0].value, 1);
        EXPECT_EQ(answer.outputs[1].port, 5U);
        EXPECT_EQ(answer.outputs[1].value, 2.5);
        ASSERT_EQ(answer.payloads.size(), 2U);
        EXPECT_EQ(answer.payloads[0].text, "1F2#00FF");
        EXPECT_EQ(answer.payloads[1].bus, 1U);
        EXPECT_EQ(answer.payloads[1].text, "0B0A");
        EXPECT_EQ(link.counts().exchanges, 2U);
        EXPECT_EQ(link.counts().log_lines, 3U);
    });
}

TEST(Carriers, FailAlike) {
    struct Case {
        Settings settings;
        std::string text;
    };
    const std::vector<Case> cases{
        {{{"fail_at", "2"}}, "gave up: \"3 V is too much\""},
        {{{"next", "0"}}, "not in the future"},
        {{{"status", "3"}}, "exited with status 3 after stop"},
        {{{"unknown", "3"}}, "exited with status 2"},
        {{{"period", "0"}}, "period=0: unknown or out of range"},
        {{{"period", "1s"}}, "period=1s: expected a number"},
    };
    for (const Case& test : cases) {
        const auto talk = [](Link& link) {
            Answer answer;
            link.exchange(Instant{}, rest(), {}, answer);
            const std::vector<PortValue> inputs{{0, 3}};
            link.exchange(instant_from_ns(5), inputs, {}, answer);
        };
        converse_on_both(test.settings, talk);
        EXPECT_THAT(converse(ECHO_CONTROLLER, test.settings, talk).error, HasSubstr(test.text));
        EXPECT_THAT(converse(ECHO_CONTROLLER_SO, test.settings, talk).error, HasSubstr(test.text));
    }
}

TEST(Carriers, AControllerThatOnlyListsItsDefectsDoesNotGreet) {
    for (const std::string program : {ECHO_CONTROLLER, ECHO_CONTROLLER_SO}) {
        const Conversation talk = converse(program + " --list-defects", {}, [](Link&) {});
        EXPECT_EQ(talk.lines, "< none\n");
        EXPECT_THAT(talk.error, HasSubstr("did not greet as the contract says"));
        EXPECT_THAT(talk.error, HasSubstr("seen: \"none\""));
    }
}

TEST(Carriers, ManySharedObjectsInOneProcessDoNotDisturbEachOther) {
    const auto first = Link::start({.line = ECHO_CONTROLLER_SO, .settings = {}});
    const auto second = Link::start({.line = ECHO_CONTROLLER_SO, .settings = {{"period", "77"}}});
    Answer answer;
    first->exchange(Instant{}, rest(), {}, answer);
    EXPECT_EQ(answer.next, instant_from_ns(1'000'000));
    second->exchange(Instant{}, rest(), {}, answer);
    EXPECT_EQ(answer.next, instant_from_ns(77));
    first->stop();
    second->exchange(instant_from_ns(77), {}, {}, answer);
    EXPECT_EQ(answer.next, instant_from_ns(154));
}

TEST(SharedObject, AFileThatIsNoneIsRefused) {
    EXPECT_THAT(converse("./no_such_file.so", {}, [](Link&) {}).error,
                HasSubstr("cannot be loaded"));
    EXPECT_THAT(converse("libm.so", {}, [](Link&) {}).error, HasSubstr("cannot be loaded"));
}

TEST(SharedObject, OneWithoutAnEntryIsRefused) {
    EXPECT_THAT(converse(FOREIGN_SO, {}, [](Link&) {}).error, HasSubstr("has no entry"));
}

TEST(SharedObject, OneOfAnotherVersionIsRefused) {
    EXPECT_THAT(converse(OTHER_VERSION_SO, {}, [](Link&) {}).error,
                AllOf(HasSubstr("was made with version 2 of bms_link.h, and 7 bytes"),
                      HasSubstr("expected: a shared object made with this version's bms_link.h")));
}

TEST(SharedObject, ExceptionsOfAControllerAreFailures) {
    const auto talk = [](Link& link) {
        Answer answer;
        link.exchange(Instant{}, {}, {}, answer);
    };
    const auto error_of = [&](const std::string& place, const std::function<void(Link&)>& speak) {
        return converse(THROWING_SO " --defect " + place, {}, speak).error;
    };
    EXPECT_THAT(error_of("create", talk), HasSubstr("let an exception out: thrown in create"));
    EXPECT_THAT(error_of("advance", talk), HasSubstr("let an exception out: thrown in advance"));
    EXPECT_THAT(error_of("other", talk), HasSubstr("is no std::exception"));
    EXPECT_THAT(error_of("stop", talk), HasSubstr("let an exception out: thrown in stop"));
    const auto fail = [](Link& link) {
        Answer answer;
        link.exchange(instant_from_ns(1), {}, {}, answer);
    };
    EXPECT_THAT(error_of("stop", fail),
                AllOf(HasSubstr("was called first at another time"),
                      HasSubstr("its end: let an exception out: thrown in stop")));
}

TEST(SharedObject, WhatTheSinkThrowsReachesTheCaller) {
    struct Full : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    const auto start = [] {
        return Link::start({.line = ECHO_CONTROLLER_SO, .settings = {}},
                           [](char who, std::string_view) {
                               if (who == '!') throw Full("disk full");
                           });
    };
    EXPECT_THROW(start(), Full);
}

}  // namespace
}  // namespace bmsrig::link
