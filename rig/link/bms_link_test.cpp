// The C header's own parts: numbers, arguments, declarations, outputs and payloads, as a controller
// sees them.
#include "rig/link/bms_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string written(double value) {
    std::array<char, BMS_NUMBER_SIZE> text{};
    const std::size_t length = bms_write_number(text.data(), value);
    EXPECT_LT(length, text.size());
    return {text.data(), length};
}

/// The contract's text: the shortest that reads back, as the C++ library writes it.
std::string shortest(double value) {
    std::array<char, 64> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

void expect_round_trip(double value) {
    ASSERT_EQ(written(value), shortest(value));
    double back = 0;
    ASSERT_TRUE(bms_read_number(written(value).c_str(), &back)) << written(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value))
        << written(value);
}

TEST(BmsLinkNumber, WritesTheShortestTextOfKnownNumbers) {
    EXPECT_EQ(written(0), "0");
    EXPECT_EQ(written(-0.0), "-0");
    EXPECT_EQ(written(2.8), "2.8");
    EXPECT_EQ(written(-3.2954), "-3.2954");
    EXPECT_EQ(written(0.1 + 0.2), "0.30000000000000004");
    EXPECT_EQ(written(100000), "1e+05");
    EXPECT_EQ(written(123456), "123456");
    EXPECT_EQ(written(1e-6), "1e-06");
    EXPECT_EQ(written(5e-324), "5e-324");
    EXPECT_EQ(written(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(written(-std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(BmsLinkNumber, AgreesWithToCharsOnEveryPowerOfTwoAndItsNeighbours) {
    for (int exponent = -1074; exponent <= 1023; ++exponent) {
        const double power = std::ldexp(1.0, exponent);
        expect_round_trip(power);
        expect_round_trip(std::nextafter(power, 0));
        expect_round_trip(-std::nextafter(power, 1e308));
    }
}

TEST(BmsLinkNumber, AgreesWithToCharsOnRandomBits) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 60'000; ++i) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) expect_round_trip(value);
    }
}

TEST(BmsLinkNumber, AgreesWithToCharsOnShortDecimals) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 200'000; ++i) {
        const auto digits = static_cast<double>(random() >> (random() % 60));
        expect_round_trip(digits / std::pow(10, random() % 20));
        expect_round_trip(digits);
    }
}

TEST(BmsLinkNumber, ReadsWhatTheContractAllows) {
    double value = 0;
    EXPECT_TRUE(bms_read_number("nan", &value));
    EXPECT_TRUE(std::isnan(value));
    EXPECT_TRUE(bms_read_number("-12.50e-1", &value));
    EXPECT_EQ(value, -1.25);
    EXPECT_TRUE(bms_read_number("3E2", &value));
    EXPECT_EQ(value, 300);
    EXPECT_TRUE(bms_read_number("123456789012345678901234567890", &value));
    EXPECT_EQ(value, 123456789012345678901234567890.0);
}

TEST(BmsLinkNumber, RefusesEverythingElse) {
    for (const char* text :
         {"",       "-",
          "inf",    "-nan",
          "NaN",    ".5",
          "5.",     "1..2",
          "1.2.3",  "+1",
          "1e",     "1e+",
          "1e2.5",  " 1",
          "1 ",     "0x10",
          "1,5",    "1e999",
          "1e-999", "1e99999999999",
          "1_0",    "1234567890123456789012345678901234567890123456789012345678901234"}) {
        double value = 0;
        EXPECT_FALSE(bms_read_number(text, &value)) << text;
    }
}

/// A console that keeps its lines.
struct Console {
    std::vector<std::string> said;
    std::vector<std::string> logged;
    bms_console console{this, [](void* host, int is_log, const char* text, std::size_t length) {
                            auto& self = *static_cast<Console*>(host);
                            (is_log != 0 ? self.logged : self.said).emplace_back(text, length);
                        }};
};

struct Arguments {
    explicit Arguments(std::vector<std::string> list) : words(std::move(list)) {
        words.insert(words.begin(), "program");
        for (std::string& word : words) pointers.push_back(word.data());
    }
    bms_argument_kind next() {
        return bms_next_argument(static_cast<int>(pointers.size()), pointers.data(), &index,
                                 &console.console, &argument);
    }
    std::vector<std::string> words;
    std::vector<char*> pointers;
    Console console;
    bms_argument argument{};
    int index = 1;
};

TEST(BmsLinkArguments, AreReadInOrder) {
    Arguments arguments(
        {"--set", "cells=8", "--set", "name=a=b", "--defect", "late", "--list-defects"});
    EXPECT_EQ(arguments.next(), BMS_ARGUMENT_SET);
    EXPECT_STREQ(arguments.argument.name, "cells");
    EXPECT_STREQ(arguments.argument.value, "8");
    EXPECT_EQ(arguments.next(), BMS_ARGUMENT_SET);
    EXPECT_STREQ(arguments.argument.value, "a=b");
    EXPECT_EQ(arguments.next(), BMS_ARGUMENT_DEFECT);
    EXPECT_STREQ(arguments.argument.name, "late");
    EXPECT_EQ(arguments.next(), BMS_ARGUMENT_LIST_DEFECTS);
    EXPECT_EQ(arguments.next(), BMS_ARGUMENT_END);
    EXPECT_TRUE(arguments.console.logged.empty());
}

TEST(BmsLinkArguments, WrongOnesAreRefusedWithAMessageThatQuotesThem) {
    const std::vector<std::vector<std::string>> wrong{{"--help"},
                                                      {"--set"},
                                                      {"--set", "cells"},
                                                      {"--set", "=8"},
                                                      {"--defect"},
                                                      {"--defect", ""},
                                                      {"--set", std::string(64, 'n') + "=1"}};
    for (const auto& words : wrong) {
        Arguments arguments(words);
        EXPECT_EQ(arguments.next(), BMS_ARGUMENT_WRONG) << words.back();
        ASSERT_EQ(arguments.console.logged.size(), 1U) << words.back();
        EXPECT_THAT(arguments.console.logged.front(), HasSubstr("\"" + words.back() + "\""));
        EXPECT_THAT(arguments.console.logged.front(), HasSubstr("expected --set name=value"));
    }
}

TEST(BmsLinkLog, LinesOfAnyLengthArrive) {
    Console console;
    std::string text(2000, 'x');
    text += "\nsecond";
    bms_complain(&console.console, "%s", text.c_str());
    EXPECT_THAT(console.logged, ElementsAre(std::string(2000, 'x'), "second"));
}

/// Declares ports and lets a test call the functions that a controller calls.
class BmsLinkIo : public testing::Test {
  protected:
    BmsLinkIo() {
        io_.console = console_.console;
        bms_declare_product(&io_.ports, "test", "1");
        in_ = bms_declare_input(&io_.ports, "in", BMS_VOLT);
        stage_ = bms_declare_output(&io_.ports, "stage", BMS_STAGE);
        number_ = bms_declare_output(&io_.ports, "number", BMS_AMPERE);
        can_ = bms_declare_can(&io_.ports, "can", 250'000);
        serial_ = bms_declare_serial(&io_.ports, "serial", 9600);
        bms_link_prepare(&io_);
    }
    ~BmsLinkIo() override { bms_link_free(&io_); }

    /// What the answer would say of its outputs; ends the call.
    std::string answer() {
        bms_controller controller{};
        controller.advance = [](void*, std::int64_t, bms_io*) { return std::int64_t{BMS_NEVER}; };
        bms_link_advance(&controller, nullptr, 0, &io_);
        bms_link_text text{};
        bms_link_put_answer(&text, BMS_NEVER, &io_);
        std::string line(text.text, text.length);
        std::free(text.text);  // NOLINT(cppcoreguidelines-no-malloc): what C made
        bms_link_answered(&io_);
        return line;
    }

    Console console_;
    bms_io io_{};
    std::uint32_t in_ = 0;
    std::uint32_t stage_ = 0;
    std::uint32_t number_ = 0;
    std::uint32_t can_ = 0;
    std::uint32_t serial_ = 0;
};

TEST_F(BmsLinkIo, FirstAnswerNamesEveryOutput) {
    EXPECT_EQ(answer(), "next - stage=float number=nan\n");
}

TEST_F(BmsLinkIo, FirstAnswerHasTheOutputsThatWereSetFirst) {
    bms_set(&io_, number_, 1.5);
    EXPECT_EQ(answer(), "next - number=1.5 stage=float\n");
}

TEST_F(BmsLinkIo, OutputsStandInTheOrderInWhichTheyChanged) {
    answer();
    bms_set(&io_, number_, 1.5);
    bms_set(&io_, stage_, BMS_HIGH);
    bms_set(&io_, number_, 2);
    EXPECT_EQ(answer(), "next - stage=high number=2\n");
}

TEST_F(BmsLinkIo, TheSameValueAgainIsNoChange) {
    bms_set(&io_, number_, 1.5);
    answer();
    bms_set(&io_, number_, 1.5);
    bms_set(&io_, stage_, BMS_LOW);
    bms_set(&io_, stage_, BMS_FLOAT);
    EXPECT_EQ(answer(), "next -\n");
    bms_set(&io_, number_, NAN);
    EXPECT_EQ(answer(), "next - number=nan\n");
    bms_set(&io_, number_, NAN);
    EXPECT_EQ(answer(), "next -\n");
}

TEST_F(BmsLinkIo, ImpossibleValuesAndPortsEndTheController) {
    struct Case {
        std::uint32_t port;
        double value;
        const char* text;
    };
    for (const Case& wrong : {Case{stage_, 3, "stage"}, Case{number_, INFINITY, "number"},
                              Case{in_, 1, "not an output"}, Case{99, 1, "port 99"}}) {
        bms_set(&io_, wrong.port, wrong.value);
        EXPECT_EQ(io_.failed, 1) << wrong.text;
        EXPECT_THAT(static_cast<const char*>(io_.error), HasSubstr(wrong.text));
        io_.failed = 0;
    }
}

TEST_F(BmsLinkIo, SendsFramesInTheNotationOfTheContract) {
    answer();
    const bms_can_frame standard{0x1F3, 0, 0, 2, {0, 0xFF}};
    const bms_can_frame extended{0x1ABCDEF0, 1, 1, 0, {}};
    bms_send_can(&io_, can_, &standard);
    bms_send_can(&io_, can_, &extended);
    const std::array<unsigned char, 2> bytes{0x0A, 0x0B};
    bms_send_serial(&io_, serial_, bytes.data(), bytes.size());
    EXPECT_EQ(answer(), "next - can:1F3#00FF can:1ABCDEF0#R serial:0A0B\n");
    EXPECT_EQ(answer(), "next -\n");
}

TEST_F(BmsLinkIo, ImpossiblePayloadsEndTheController) {
    const std::array<unsigned char, 1> byte{1};
    const std::vector<std::function<void()>> wrong{
        [&] {
            const bms_can_frame frame{0x800, 0, 0, 0, {}};
            bms_send_can(&io_, can_, &frame);
        },
        [&] {
            const bms_can_frame frame{1, 0, 0, 9, {}};
            bms_send_can(&io_, can_, &frame);
        },
        [&] {
            const bms_can_frame frame{1, 0, 1, 1, {}};
            bms_send_can(&io_, can_, &frame);
        },
        [&] {
            const bms_can_frame frame{1, 0, 0, 0, {}};
            bms_send_can(&io_, serial_, &frame);
        },
        [&] { bms_send_serial(&io_, can_, byte.data(), 1); },
        [&] { bms_send_serial(&io_, serial_, byte.data(), 0); },
        [&] {
            const std::vector<unsigned char> many(15'000);
            bms_send_serial(&io_, serial_, many.data(), many.size());
            bms_send_serial(&io_, serial_, many.data(), many.size());
        },
    };
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        wrong[i]();
        EXPECT_EQ(io_.failed, 1) << i;
        io_.failed = 0;
    }
}

TEST_F(BmsLinkIo, ReceivesWhatTheRigSends) {
    bms_link_receive(&io_, can_, "1f3#00FF", 8);
    bms_link_receive(&io_, can_, "1ABCDEF0#R", 10);
    bms_link_receive(&io_, serial_, "0A0BFF", 6);
    ASSERT_EQ(bms_received_count(&io_), 3U);
    bms_can_frame frame{};
    bms_received_can(&io_, 0, &frame);
    EXPECT_EQ(frame.id, 0x1F3U);
    EXPECT_EQ(frame.extended, 0);
    EXPECT_EQ(frame.length, 2);
    EXPECT_EQ(frame.data[1], 0xFF);
    bms_received_can(&io_, 1, &frame);
    EXPECT_EQ(frame.id, 0x1ABCDEF0U);
    EXPECT_EQ(frame.extended, 1);
    EXPECT_EQ(frame.remote, 1);
    EXPECT_EQ(bms_received_bus(&io_, 2), serial_);
    std::array<unsigned char, 2> bytes{};
    EXPECT_EQ(bms_received_serial(&io_, 2, bytes.data(), bytes.size()), 3U);
    EXPECT_THAT(bytes, ElementsAre(0x0A, 0x0B));
}

TEST(BmsLinkDeclarations, WrongOnesSayWhatIsWrong) {
    struct Case {
        std::function<void(bms_ports*)> declare;
        const char* text;
    };
    const std::string long_name(300, 'n');
    const std::vector<Case> wrong{
        {[](bms_ports* ports) { bms_declare_product(ports, "two words", "1"); }, "one word"},
        {[](bms_ports* ports) { bms_declare_product(ports, "a", ""); }, "one word"},
        {[](bms_ports* ports) { bms_declare_input(ports, "Cell", BMS_VOLT); }, "a-z"},
        {[](bms_ports* ports) { bms_declare_input(ports, "", BMS_VOLT); }, "a-z"},
        {[&](bms_ports* ports) { bms_declare_input(ports, long_name.c_str(), BMS_VOLT); }, "a-z"},
        {[](bms_ports* ports) { bms_declare_input(ports, "in", BMS_STAGE); }, "direction"},
        {[](bms_ports* ports) {
             bms_declare_input(ports, "a", BMS_VOLT), bms_declare_output(ports, "a", BMS_VOLT);
         },
         "stands already"},
        {[](bms_ports* ports) { bms_declare_can(ports, "can", 0); }, "bit rate"},
        {[](bms_ports* ports) {
             bms_declare_can(ports, "a", 1), bms_declare_serial(ports, "a", 1);
         },
         "stands already"},
    };
    for (const Case& test : wrong) {
        bms_io io{};
        test.declare(&io.ports);
        EXPECT_THAT(static_cast<const char*>(io.ports.error), HasSubstr(test.text));
        bms_link_free(&io);
    }
}

int open_with(void (*describe)(void*, bms_ports*), Console& console) {
    static int state = 0;
    const bms_controller controller{[](int, char**, bms_console*, void** made) {
                                        *made = &state;
                                        return 0;
                                    },
                                    describe, nullptr, [](void*) { return 0; }};
    bms_io io{};
    io.console = console.console;
    void* made = nullptr;
    const int status = bms_link_open(&controller, 0, nullptr, &io, &made);
    EXPECT_EQ(made, nullptr);
    return status;
}

TEST(BmsLinkDeclarations, AControllerWithoutAProductDoesNotStart) {
    Console console;
    EXPECT_EQ(open_with([](void*, bms_ports*) {}, console), 1);
    EXPECT_THAT(console.logged, ElementsAre(HasSubstr("no product")));
}

TEST(BmsLinkDeclarations, MoreOutputsThanALineHoldsDoNotStart) {
    Console console;
    EXPECT_EQ(open_with(
                  [](void*, bms_ports* ports) {
                      bms_declare_product(ports, "a", "1");
                      for (int i = 0; i < 700; ++i)
                          bms_declare_output(ports, ("out" + std::to_string(i)).c_str(), BMS_VOLT);
                  },
                  console),
              1);
    EXPECT_THAT(console.logged, ElementsAre(HasSubstr("more outputs")));
}

}  // namespace
