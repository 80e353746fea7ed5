#include "reports/can_summary.h"

#include <gmock/gmock.h>

#include "reports/can_blocks.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::SizeIs;

CanEvent event(CanEvent::Kind kind, std::int64_t ms, std::uint32_t id, std::uint8_t byte) {
    CanEvent made;
    made.kind = kind;
    made.time = instant_from_ns(ms * 1'000'000);
    made.on_wire = Duration{250'000};
    if (kind == CanEvent::Kind::error) {
        made.error = CanError::coding;
    } else {
        made.frame.id = id;
        made.frame.length = 1;
        made.frame.data[0] = byte;
    }
    return made;
}

TEST(CanSummary, CountsAndTimesEachIdentifier) {
    using enum CanEvent::Kind;
    CanBlockWriter writer(10);
    for (const CanEvent& each : {event(received, 100, 0x351, 1), event(sent, 105, 0x351, 9),
                                 event(received, 110, 0x355, 2), event(received, 200, 0x351, 3),
                                 event(error, 250, 0, 0), event(received, 290, 0x351, 4),
                                 event(error, 300, 0, 0), event(received, 400, 0x351, 5)}) {
        writer.add(each);
    }
    const auto summaries = summarise_can_events(writer.take());
    ASSERT_THAT(summaries, SizeIs(4));
    EXPECT_EQ(summaries[0].last.kind, received);
    EXPECT_EQ(summaries[0].last.frame.id, 0x351U);
    EXPECT_EQ(summaries[0].last.frame.data[0], 5);
    EXPECT_EQ(summaries[0].count, 4U);
    EXPECT_EQ(to_ns(summaries[0].first), 100'000'000);
    EXPECT_EQ(to_ns(summaries[0].last.time), 400'000'000);
    EXPECT_EQ(summaries[0].shortest.count(), 90'000'000);
    EXPECT_EQ(summaries[0].longest.count(), 110'000'000);
    EXPECT_EQ(summaries[1].last.kind, sent);
    EXPECT_EQ(summaries[1].count, 1U);
    EXPECT_EQ(summaries[1].shortest.count(), 0);
    EXPECT_EQ(summaries[1].longest.count(), 0);
    EXPECT_EQ(summaries[2].last.frame.id, 0x355U);
    EXPECT_EQ(summaries[3].last.kind, error);
    EXPECT_EQ(summaries[3].last.error, CanError::coding);
    EXPECT_EQ(summaries[3].count, 2U);
    EXPECT_EQ(summaries[3].longest.count(), 50'000'000);
}

TEST(CanSummary, RefusesWhatIsNoBlock) {
    EXPECT_THROW(summarise_can_events("BMF1hello"), InputError);
}

}  // namespace
}  // namespace bmsrig
