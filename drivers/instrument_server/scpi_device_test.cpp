#include "drivers/instrument_server/scpi_device.h"

#include <gtest/gtest.h>

#include "rig/error.h"

namespace bmsrig::scpi_server {
namespace {

class ScpiDevice : public testing::Test {
  protected:
    ScpiDevice() {
        device.add("SOURce#:VOLTage[:LEVel][:IMMediate]", [this](Call& call) {
            const double value = call.number({Unit::volt, 0, 5, 1});
            const auto channels = call.channels(8);
            call.finish();
            for (const int channel : channels) set.emplace_back(channel, value);
        });
        device.add("SOURce#:VOLTage[:LEVel][:IMMediate]?",
                   [](Call& call) { call.answer(number_text(call.channels(8).front() / 10.0)); });
        device.add("DISPlay:TEXT", [this](Call& call) { text = call.string(); });
        device.add("BEYOND", [](Call&) { throw RatingError("beyond the range"); });
        device.add("FAIL", [](Call&) { throw InstrumentError("the fuse is \"open\""); });
    }
    /// The number of the oldest error.
    int error() { return std::stoi(device.status().take_error()); }

    int resets = 0;
    std::vector<std::pair<int, double>> set;
    std::string text;
    Device device{{"Maker", "Model", "SN1", "1.0", "2026-03-01"}, [this] { ++resets; }};
};

using Settings = std::vector<std::pair<int, double>>;

TEST_F(ScpiDevice, TakesShortAndLongFormsInAnyCase) {
    for (const char* message :
         {"SOUR2:VOLT 3.3", "SOURCE2:VOLTAGE 3.3", ":source2:volt:lev 3.3", "Sour2:Voltage:Imm 3.3",
          "sOUR2:vOLT:lEVEL:iMMEDIATE 3.3V", "SOUR2:VOLT 3300 MV", "SOUR:VOLT 3.3,(@2)"}) {
        set.clear();
        EXPECT_EQ(device.execute(message), "");
        EXPECT_EQ(set, (Settings{{2, 3.3}})) << message;
        EXPECT_EQ(error(), 0) << message;
    }
    for (const char* message : {"SOU2:VOLT 3.3", "SOURC:VOLT 1", "SOUR:VOLTA 1",
                                "SOUR:VOLT:IMM:LEV 1", "VOLT 1", "SOUR:VOLT2 1"}) {
        EXPECT_EQ(device.execute(message), "");
        EXPECT_EQ(error(), -113) << message;
    }
}

TEST_F(ScpiDevice, AnswersStandOnOneLine) {
    EXPECT_EQ(device.execute("SOUR3:VOLT?;:SYST:VERS?;*OPC?"), "0.3;1999.0;1");
    EXPECT_EQ(device.execute("*IDN?"), "Maker,Model,SN1,1.0");
    EXPECT_EQ(device.execute("CAL:DATE?"), "\"2026-03-01\"");
    EXPECT_EQ(device.execute("*TST?"), "0");
}

TEST_F(ScpiDevice, NumbersHaveUnitsAndNamesForTheirLimits) {
    device.execute("SOUR1:VOLT MIN;VOLT MAXIMUM;VOLT DEF;VOLT 2500000 UV");
    EXPECT_EQ(set, (Settings{{1, 0}, {1, 5}, {1, 1}, {1, 2.5}}));
    for (const auto& [message, number] :
         std::vector<std::pair<std::string, int>>{{"SOUR:VOLT 5.1", -222},
                                                  {"SOUR:VOLT -1 MV", -222},
                                                  {"SOUR:VOLT 1 A", -131},
                                                  {"SOUR:VOLT 1 FURLONG", -131},
                                                  {"SOUR:VOLT HIGH", -104},
                                                  {"SOUR:VOLT", -109},
                                                  {"SOUR:VOLT \"1\"", -104},
                                                  {"SOUR:VOLT 1,2", -108},
                                                  {"SOUR:VOLT 1,(@1:2),3", -108},
                                                  {"SOUR9:VOLT 1", -114},
                                                  {"SOUR0:VOLT 1", -114},
                                                  {"SOUR:VOLT 1,(@9)", -222},
                                                  {"*ESE 256", -222},
                                                  {"*RST 1", -108},
                                                  {"*IDN? 1", -108}}) {
        set.clear();
        device.execute(message);
        EXPECT_EQ(error(), number) << message;
        EXPECT_TRUE(set.empty()) << message;
    }
    EXPECT_EQ(resets, 0);
}

TEST_F(ScpiDevice, AnErrorEndsItsMessageAndNoOther) {
    EXPECT_EQ(device.execute("*OPC?;NONSENSE;*OPC?"), "1");
    EXPECT_EQ(device.execute("SYST:ERR:COUN?"), "1");
    EXPECT_EQ(device.execute("SYST:ERR?"), "-113,\"Undefined header;NONSENSE\"");
    EXPECT_EQ(device.execute("SYSTem:ERRor:NEXT?"), "0,\"No error\"");
}

TEST_F(ScpiDevice, AFailingInstrumentSaysWhyWithoutQuotes) {
    device.execute("FAIL");
    EXPECT_EQ(device.execute("SYST:ERR?"), "-240,\"Hardware error;the fuse is 'open'\"");
    device.execute("BEYOND");
    EXPECT_EQ(device.execute("SYST:ERR?"), "-222,\"Data out of range;beyond the range\"");
}

TEST_F(ScpiDevice, TheQueueOverflows) {
    for (std::size_t i = 0; i < Status::queue_size + 5; ++i) device.execute("NONSENSE");
    EXPECT_EQ(device.status().errors(), Status::queue_size);
    for (std::size_t i = 1; i < Status::queue_size; ++i) EXPECT_EQ(error(), -113);
    EXPECT_EQ(error(), -350);
    EXPECT_EQ(error(), 0);
}

TEST_F(ScpiDevice, TheStatusRegistersFollowTheStandard) {
    EXPECT_EQ(device.execute("*ESR?"), "128");  // power on
    EXPECT_EQ(device.execute("*ESR?"), "0");
    device.execute("*ESE 31.7;*SRE #H20");  // numbers are rounded (IEEE 488.2, 7.7.2)
    EXPECT_EQ(device.execute("*ESE?;*SRE?"), "32;32");
    device.execute("NONSENSE");
    EXPECT_EQ(device.execute("*STB?"), "100");  // error queue, event summary, service request
    EXPECT_EQ(device.execute("*ESR?"), "32");   // command error
    EXPECT_EQ(device.execute("*STB?"), "4");
    device.execute("*CLS");
    EXPECT_EQ(device.execute("*STB?;:SYST:ERR:COUN?"), "0;0");
    device.execute("SOUR:VOLT 6");
    EXPECT_EQ(device.execute("*ESR?"), "16");  // execution error
    device.execute("*OPC");
    EXPECT_EQ(device.execute("*ESR?"), "1");
    device.execute("NONSENSE;*CLS");
    EXPECT_EQ(device.execute("*ESR?"), "32") << "the error ended the message before *CLS";
    device.execute("NONSENSE");
    device.execute("*CLS");
    EXPECT_EQ(device.execute("*ESR?"), "0");
}

TEST_F(ScpiDevice, StringsAndReset) {
    device.execute("DISP:TEXT 'a;b';*RST");
    EXPECT_EQ(text, "a;b");
    EXPECT_EQ(resets, 1);
    EXPECT_FALSE(device.waits_for_completion());
    for (const char* waits : {"*OPC?", "*WAI"}) {
        device.execute(waits);
        EXPECT_TRUE(device.waits_for_completion()) << waits;
        device.execute("*CLS");
        EXPECT_FALSE(device.waits_for_completion()) << "the message before asked for it";
    }
}

TEST_F(ScpiDevice, ACommandIsAddedOnce) {
    EXPECT_THROW(device.add("DISPlay:TEXT", [](Call&) {}), Error);
}

TEST(ScpiNumbers, AnswersReadBackAsTheSameNumber) {
    EXPECT_EQ(number_text(3.3), "3.3");
    EXPECT_EQ(number_text(-1.5e-7), "-1.5E-07");
    EXPECT_EQ(number_text(std::nan("")), "9.91E37");
    EXPECT_EQ(number_text(INFINITY), "9.9E37");
}

}  // namespace
}  // namespace bmsrig::scpi_server
