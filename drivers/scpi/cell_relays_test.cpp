#include "drivers/scpi/cell_relays.h"

#include <gmock/gmock.h>

#include "drivers/contract/workbench.h"
#include "rig/error.h"

namespace bmsrig::scpi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CellRelaysTest : public testing::Test {
  protected:
    static CellRelays take(const Options& options) {
        InstrumentSpec spec = spec_of("matrix", "scpi_fault_matrix", options);
        return CellRelays::take(spec, 4);
    }
    std::set<int> of(int cell, CellFault fault) { return relays_.energised({{cell, fault}}, {}); }
    /// No step on the way from one set to another is dangerous.
    void expect_safe_way(std::set<int> from, const std::set<int>& to) {
        for (const CellRelays::Move& move : relays_.moves(from, to)) {
            for (const int relay : move.relays) {
                if (move.energise) {
                    from.insert(relay);
                } else {
                    from.erase(relay);
                }
            }
            EXPECT_EQ(relays_.danger(from), std::nullopt);
        }
        EXPECT_EQ(from, to);
    }

    CellRelays relays_ = take({{"exchange_relays", "401:403"}});
};

TEST_F(CellRelaysTest, PartsASourceBeforeItsWiresAreJoined) {
    EXPECT_THAT(of(2, CellFault::open), ElementsAre(102));
    EXPECT_THAT(of(2, CellFault::shorted), ElementsAre(102, 202));
    EXPECT_THAT(of(2, CellFault::reversed), ElementsAre(302));
    EXPECT_TRUE(of(2, CellFault::none).empty());
}

TEST_F(CellRelaysTest, NeverShortsACellOnTheWayBetweenAnyTwoFaults) {
    for (const auto from :
         {CellFault::none, CellFault::open, CellFault::shorted, CellFault::reversed}) {
        for (const auto to :
             {CellFault::none, CellFault::open, CellFault::shorted, CellFault::reversed}) {
            expect_safe_way(of(2, from), of(2, to));
        }
    }
    expect_safe_way(of(1, CellFault::shorted), relays_.energised({}, {1}));
}

TEST_F(CellRelaysTest, NamesWhatWouldShortACell) {
    EXPECT_THAT(relays_.danger({203}).value(),
                HasSubstr("the source of cell 3 would be shorted: relay 203 without relay 103"));
    EXPECT_THAT(relays_.danger({401, 402}).value(),
                HasSubstr("cell 2 would be joined to two sources: relays 401 and 402"));
    EXPECT_THAT(relays_.danger({401, 102, 202}).value(), HasSubstr("cell 2, exchanged"));
    EXPECT_EQ(relays_.danger({401, 403}), std::nullopt);
    EXPECT_EQ(relays_.danger({101, 102, 201, 202}), std::nullopt);
}

TEST_F(CellRelaysTest, CannotDoWhatItHasNoRelayFor) {
    const CellRelays few = take({{"reverse_relays", "none"}});
    EXPECT_THAT(text_of<BenchCannot>(
                    [&] { static_cast<void>(few.energised({{1, CellFault::reversed}}, {})); }),
                HasSubstr("no relay that makes cell 1 reversed"));
    EXPECT_THAT(text_of<BenchCannot>([&] { static_cast<void>(few.energised({}, {1})); }),
                HasSubstr("cell 1"));
}

TEST_F(CellRelaysTest, RefusesARelayWithTwoTasks) {
    EXPECT_THAT(text_of<InputError>([&] { take({{"short_relays", "104:107"}}); }),
                HasSubstr("relay 104 has two tasks"));
    EXPECT_THAT(text_of<InputError>([&] { take({{"open_relays", "1:3"}}); }),
                HasSubstr("names 3 channels; expected 4"));
}

}  // namespace
}  // namespace bmsrig::scpi
