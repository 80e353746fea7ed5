#include "drivers/rs485/instructions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace bmsrig::rs485 {
namespace {

std::vector<std::string> names(const Table& table) {
    std::vector<std::string> list;
    for (const Instruction& instruction : table.instructions)
        list.push_back(to_string(instruction.name));
    return list;
}

TEST(Name, HasFourPrintableCharacters) {
    EXPECT_EQ(to_string("CMAX"_name), "CMAX");
    EXPECT_EQ(name_from("*IDN"), "*IDN"_name);
    EXPECT_NE("CMAX"_name, "CMIN"_name);
    for (const std::string_view text : {"", "CMA", "CMAXX", "CM X", "CMA\n", "CMA\x80"})
        EXPECT_EQ(name_from(text), std::nullopt);
}

// REC 2Q manual, Table 10: every instruction it lists.
TEST(Rec2q, HasTable10) {
    EXPECT_THAT(
        names(rec_2q()),
        testing::UnorderedElementsAre(
            "*IDN", "LCD1", "LCD3", "CELL", "PTEM", "RINT", "BTEM", "ERRO", "BVOL", "BMIN", "CMAX",
            "MAXH", "CMIN", "MINH", "RELV", "RELH", "CHAR", "CHIS", "CFVC", "RAZL", "UBDI", "TMAX",
            "TMIN", "TBAL", "BMTH", "IOFF", "IOJA", "CYCL", "CAPA", "CHEM", "SOCH", "SOCS", "CHRG",
            "CHAC", "DCHC", "MAXC", "MAXD", "CLOW", "CCMX", "DCMX", "CHCU", "SISN", "CANS", "RSBR",
            "WHIN", "WHOU", "WHRE", "WCIB", "TIME", "DATE", "VMAX", "VMIN", "ERRL", "ERRD", "FUSE",
            "SWVR", "HWVR", "EAVC", "ODDC", "REFC", "OP1L", "OP1H", "OP1T", "OP1V", "OP2L", "OP2H",
            "OP2T", "OP2V", "PRCT", "RESE", "RSTN"));
    EXPECT_EQ(rec_2q().name, "rec_2q");
}

TEST(Rec2q, KnowsWhatAnInstructionIs) {
    const Instruction& cmax = *find(rec_2q(), "CMAX"_name);
    EXPECT_EQ(cmax.mnemonic, "CMAX");
    EXPECT_TRUE(cmax.is_setting() && cmax.is_readable() && cmax.is_number());
    EXPECT_EQ(cmax.unit, "V");
    EXPECT_EQ(cmax.minimum, 2.0);
    EXPECT_EQ(cmax.maximum, 4.25);
    EXPECT_EQ(cmax.initial, 3.85);
    EXPECT_EQ(find(rec_2q(), "IOJA"_name)->initial, 0.01953125);
    EXPECT_EQ(find(rec_2q(), "IOJA"_name)->decimals, 8);
    EXPECT_EQ(find(rec_2q(), "UBDI"_name)->decimals, 3);
    EXPECT_EQ(find(rec_2q(), "*IDN"_name)->text, "REC-BMS 2Q");
    EXPECT_EQ(find(rec_2q(), "WHRE"_name)->text, "Cleared energy counter");
    EXPECT_TRUE(find(rec_2q(), "WHRE"_name)->is_command());
    EXPECT_FALSE(find(rec_2q(), "WHRE"_name)->is_readable());
    EXPECT_TRUE(find(rec_2q(), "FUSE"_name)->is_command());
    EXPECT_TRUE(find(rec_2q(), "FUSE"_name)->is_readable());
    EXPECT_EQ(find(rec_2q(), "RESE"_name)->access, Access::armed);
    EXPECT_FALSE(find(rec_2q(), "RESE"_name)->is_readable());
    EXPECT_TRUE(find(rec_2q(), "LCD1"_name)->counts_bytes);
    EXPECT_TRUE(find(rec_2q(), "CELL"_name)->is_array());
    EXPECT_FALSE(find(rec_2q(), "CELL"_name)->counts_bytes);
    EXPECT_TRUE(std::isnan(find(rec_2q(), "WHIN"_name)->minimum));
    EXPECT_EQ(find(rec_2q(), "XXXX"_name), nullptr);
}

TEST(Rec2q, AllowsWhatIsInRange) {
    const Instruction& cmax = *find(rec_2q(), "CMAX"_name);
    EXPECT_TRUE(cmax.allows(2.0) && cmax.allows(4.25) && cmax.allows(3.655));
    EXPECT_FALSE(cmax.allows(1.99) || cmax.allows(4.2501) || cmax.allows(std::nan("")));
    const Instruction& chem = *find(rec_2q(), "CHEM"_name);
    EXPECT_TRUE(chem.allows(1) && chem.allows(7));
    EXPECT_FALSE(chem.allows(1.5) || chem.allows(8));
    EXPECT_FALSE(find(rec_2q(), "WHIN"_name)->allows(0));
}

TEST(Rec2q, AllowsOnlyTheBitRatesThereAre) {
    const Instruction& cans = *find(rec_2q(), "CANS"_name);
    std::vector<int> allowed;
    for (int value = -1; value <= 200; ++value) {
        if (cans.allows(value)) allowed.push_back(value);
    }
    EXPECT_THAT(allowed, testing::ElementsAre(0, 1, 2, 3, 4, 128, 129, 130, 131, 132));
}

TEST(RecAbms, SpeaksItsDialect) {
    std::vector<std::string> abms = names(rec_abms());
    for (const std::string name :
         {"STRN", "WCBI", "ERLD", "RE1L", "RE1H", "RE1T", "RE1V", "OP2L", "OP2H", "SERI"})
        EXPECT_THAT(abms, testing::Contains(name));
    for (const std::string name : {"SISN", "WCIB", "ERRD", "OP1L", "OP1H", "OP1T", "OP1V"})
        EXPECT_THAT(abms, testing::Not(testing::Contains(name)));
    EXPECT_EQ(find(rec_abms(), "*IDN"_name)->text, "REC-ABMS");
}

// Both tables are read by people and by fixtures, so each is complete; they must not drift apart.
TEST(RecAbms, SharesTheRestWithThe2q) {
    int shared = 0;
    for (const Instruction& ours : rec_abms().instructions) {
        const Instruction* const theirs = find(rec_2q(), ours.name);
        if (theirs == nullptr || ours.name == "*IDN"_name) continue;
        ++shared;
        EXPECT_EQ(ours.access, theirs->access) << ours.mnemonic;
        EXPECT_EQ(ours.type, theirs->type) << ours.mnemonic;
        EXPECT_EQ(ours.unit, theirs->unit) << ours.mnemonic;
        EXPECT_EQ(ours.decimals, theirs->decimals) << ours.mnemonic;
        EXPECT_EQ(ours.text, theirs->text) << ours.mnemonic;
        EXPECT_EQ(ours.counts_bytes, theirs->counts_bytes) << ours.mnemonic;
        EXPECT_EQ(ours.choices.size(), theirs->choices.size()) << ours.mnemonic;
        if (!ours.is_setting()) continue;
        EXPECT_EQ(ours.minimum, theirs->minimum) << ours.mnemonic;
        EXPECT_EQ(ours.maximum, theirs->maximum) << ours.mnemonic;
        EXPECT_EQ(ours.initial, theirs->initial) << ours.mnemonic;
    }
    EXPECT_EQ(shared, 63);
}

TEST(Tables, HaveSettingsThatAllowTheirOwnValues) {
    for (const Table* const table : {&rec_2q(), &rec_abms()}) {
        for (const Instruction& instruction : table->instructions) {
            EXPECT_FALSE(instruction.source.empty()) << instruction.mnemonic;
            if (!instruction.is_setting()) continue;
            EXPECT_TRUE(instruction.allows(instruction.minimum)) << instruction.mnemonic;
            EXPECT_TRUE(instruction.allows(instruction.maximum)) << instruction.mnemonic;
            EXPECT_TRUE(instruction.allows(instruction.initial)) << instruction.mnemonic;
        }
    }
}

}  // namespace
}  // namespace bmsrig::rs485
