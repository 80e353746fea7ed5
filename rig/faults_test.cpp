#include "rig/faults.h"

#include <gmock/gmock.h>

#include "rig/config/test_files.h"
#include "rig/config/wiring_reader.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

constexpr std::string_view text = R"(format: 1
inputs:
  cell.1: {source: cells.1, unit: V, rating: [0 V, 5 V], faults: [open, short, swapped, noise]}
  cell.2: {source: cells.2, unit: V, rating: [0 V, 5 V], faults: [open, short, swapped, noise]}
  cell.3: {source: cells.3, unit: V, rating: [0 V, 5 V], faults: [swapped]}
  cell.4: {source: cells.4, unit: V, rating: [0 V, 5 V]}
loads: {}
lines: {}
)";

class FaultsTest : public testing::Test {
  protected:
    const InputNet& cell(int number) const { return *wiring_.input_from({"cells", number}); }
    template <typename Action>
    std::string refusal(const Action& action) const {
        return refusal_in(folder_, action);
    }
    TestFolder folder_;
    Wiring wiring_ = Wiring::load(read_wiring_file(folder_.write("wiring.yaml", text)), {});
    Faults faults_{wiring_};
};

TEST_F(FaultsTest, RemembersWhatIsInForce) {
    EXPECT_EQ(faults_.at("cell.1"), "");
    faults_.inject(cell(1), "open");
    EXPECT_EQ(faults_.at("cell.1"), "open");
    EXPECT_EQ(faults_.at("cell.2"), "");
    faults_.inject(cell(1), "open");  // again: nothing new
    faults_.clear("cell.1");
    EXPECT_EQ(faults_.at("cell.1"), "");
    faults_.clear("cell.1");  // harmless
}

TEST_F(FaultsTest, RefusesWhatTheWiringDoesNotAllow) {
    EXPECT_EQ(
        refusal([&] { faults_.inject(cell(1), "reversed"); }),
        "cell.1: the fault \"reversed\" was asked for, but the wiring (wiring.yaml:3) allows: "
        "open, short, swapped, noise; refused, nothing was changed");
    EXPECT_THAT(refusal([&] { faults_.inject(cell(4), "open"); }), HasSubstr("allows: none"));
    EXPECT_EQ(faults_.at("cell.1"), "");
}

TEST_F(FaultsTest, NamesTheConflictOfTwoFaultsAtOnePlace) {
    faults_.inject(cell(1), "open");
    const std::string said = refusal([&] { faults_.inject(cell(1), "short"); });
    EXPECT_THAT(said, HasSubstr("cell.1: the fault \"short\" conflicts with \"open\""));
    EXPECT_THAT(said, HasSubstr("clear that first"));
    EXPECT_THAT(refusal([&] { faults_.inject(cell(1), "noise"); }),
                HasSubstr("conflicts with \"open\""));
    EXPECT_EQ(faults_.at("cell.1"), "open");
    faults_.inject(cell(2), "short");  // another place is free
}

TEST_F(FaultsTest, SwapsTwoCellsAndPutsThemBack) {
    EXPECT_TRUE(faults_.swap(cell(1), cell(2)));
    EXPECT_EQ(faults_.at("cell.1"), "swapped");
    EXPECT_EQ(*faults_.partner_of("cell.2"), "cell.1");
    EXPECT_FALSE(faults_.swap(cell(2), cell(1)));
    EXPECT_EQ(faults_.at("cell.2"), "");
    EXPECT_EQ(faults_.partner_of("cell.1"), nullptr);
}

TEST_F(FaultsTest, RefusesSwapsThatContradictEachOther) {
    faults_.swap(cell(1), cell(2));
    EXPECT_THAT(refusal([&] { faults_.swap(cell(3), cell(2)); }),
                HasSubstr("cell.2 is swapped with cell.1 already"));
    EXPECT_EQ(faults_.at("cell.3"), "");
    EXPECT_THAT(refusal([&] { faults_.swap(cell(3), cell(3)); }),
                HasSubstr("cannot be swapped with itself"));
    EXPECT_THAT(refusal([&] { faults_.swap(cell(3), cell(4)); }), HasSubstr("allows: none"));
    EXPECT_THAT(refusal([&] { faults_.inject(cell(1), "open"); }),
                HasSubstr("conflicts with \"swapped\" (with cell.2)"));
    EXPECT_THAT(refusal([&] { faults_.clear("cell.1"); }),
                HasSubstr("swap the same two again to put them back"));
}

}  // namespace
}  // namespace bmsrig
