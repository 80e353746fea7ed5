#include "reports/can_blocks.h"

#include <gmock/gmock.h>

#include <random>

#include "reports/blocks.h"
#include "reports/can_collector.h"
#include "reports/can_summary.h"
#include "reports/frame.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Kind = CanEvent::Kind;

CanFrame frame(std::uint32_t id, std::vector<std::uint8_t> bytes, bool extended = false) {
    CanFrame made;
    made.id = id;
    made.extended = extended;
    made.length = static_cast<std::uint8_t>(bytes.size());
    std::ranges::copy(bytes, made.data.begin());
    return made;
}

CanEvent received(std::int64_t ns, const CanFrame& what, std::int64_t on_wire = 250'000) {
    return {Kind::received, instant_from_ns(ns), Duration{on_wire}, what, CanError::none};
}

std::string packed(std::span<const CanEvent> events) {
    CanBlockWriter writer(events.size());
    for (const CanEvent& event : events) writer.add(event);
    return writer.take();
}

void expect_same(std::span<const CanEvent> expected, std::span<const CanEvent> got) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(got[i].kind, expected[i].kind) << "event " << i;
        ASSERT_EQ(to_ns(got[i].time), to_ns(expected[i].time)) << "event " << i;
        ASSERT_EQ(got[i].on_wire, expected[i].on_wire) << "event " << i;
        ASSERT_EQ(got[i].frame, expected[i].frame) << "event " << i;
        ASSERT_EQ(got[i].error, expected[i].error) << "event " << i;
    }
}

/// Eight identifiers every 100 ms, one after another as a bus of 250 kbit/s takes them. The frames
/// of `noisy` of them change each time, and so does how long these hold the bus.
std::vector<CanEvent> unit_with(int noisy, int slots) {
    std::vector<CanEvent> events;
    std::minstd_rand random(3);
    for (std::int64_t slot = 0; slot < slots; ++slot) {
        std::int64_t time = slot * 100'000'000;
        for (std::uint32_t id = 0; id < 8; ++id) {
            const bool changes = std::cmp_less(id, noisy);
            const auto bits = static_cast<std::int64_t>(111 + (changes ? random() % 10 : 5));
            time += bits * 4000;
            const auto byte = static_cast<std::uint8_t>(changes ? random() : 7);
            events.push_back(
                received(time, frame(0x31 + id, {1, 2, 3, 4, 5, 6, byte, 8}), bits * 4000));
        }
    }
    return events;
}

TEST(CanBlock, ComesBackAsItWas) {
    CanFrame remote = frame(0x305, {});
    remote.remote = true;
    const std::vector<CanEvent> events{
        received(1'000, frame(0x351, {0x3A, 2, 0x58})),
        {Kind::sent, instant_from_ns(2'000'000), Duration{400}, frame(0x305, {0, 0}), {}},
        {Kind::error, instant_from_ns(2'500'000), Duration{92'000}, {}, CanError::coding},
        {Kind::error, instant_from_ns(2'600'000), Duration{92'000}, {}, CanError::acknowledge},
        {Kind::error, instant_from_ns(2'700'000), Duration{92'000}, {}, CanError::bit},
        received(3'000'000, frame(0x351, {0x3A, 2})),
        received(3'000'001, frame(0x351, {0x3A, 2}, true)),
        received(4'000'000, frame(0x1806E5F4, {1, 2, 3, 4, 5, 6, 7, 8}, true)),
        received(5'000'000, remote),
        received(6'000'000, frame(0x351, {})),
        received(7'000'000, frame(0x7FF, {255}), 0),
        received(8'000'000, frame(0x1FFFFFFF, {0, 0, 0, 0, 0, 0, 0, 1}, true)),
    };
    expect_same(events, decode_can_events(packed(events)));
}

TEST(CanBlock, MayBeEmpty) {
    EXPECT_TRUE(decode_can_events(packed({})).empty());
}

TEST(CanBlock, KeepsTimesOverTheirWholeRange) {
    std::vector<CanEvent> events;
    for (const std::int64_t time : {INT64_MIN, INT64_MAX, std::int64_t{0}, INT64_MIN, INT64_MIN}) {
        events.push_back(received(time, frame(1, {}), time));
        events.push_back(received(time, frame(2, {}), INT64_MAX));
    }
    expect_same(events, decode_can_events(packed(events)));
}

TEST(CanBlock, KeepsRandomEvents) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 200; ++round) {
        std::vector<CanEvent> events;
        const auto count = random() % 1000;
        for (std::uint64_t i = 0; i < count; ++i) {
            const bool extended = random() % 2 == 0;
            CanFrame made = frame(random() % (random() % 2 == 0 ? 4 : 0x800), {}, extended);
            if (extended) made.id = static_cast<std::uint32_t>(random() % 0x20000000);
            made.remote = random() % 8 == 0;
            made.length = random() % 9;
            for (std::size_t at = 0; at < made.length; ++at)
                made.data.at(at) = static_cast<std::uint8_t>(random() % 4);
            events.push_back({static_cast<Kind>(random() % 3),
                              instant_from_ns(static_cast<std::int64_t>(random() >> 8U)),
                              Duration{random() % 1'000'000}, made,
                              static_cast<CanError>(random() % 4)});
        }
        expect_same(events, decode_can_events(packed(events)));
    }
}

TEST(CanBlock, StartsAnewWhenTaken) {
    const auto all = unit_with(4, 100);
    CanBlockWriter writer(100);
    for (std::size_t first = 0; first < all.size(); first += 100) {
        const auto part = std::span(all).subspan(first, 100);
        for (const CanEvent& event : part) writer.add(event);
        ASSERT_TRUE(writer.full());
        expect_same(part, decode_can_events(writer.take()));
        ASSERT_EQ(writer.size(), 0U);
    }
}

TEST(CanBlock, NeedsNextToNothingForFramesThatRepeatThemselves) {
    const auto events = unit_with(0, 8000);
    const std::string block = packed(events);
    expect_same(events, decode_can_events(block));
    EXPECT_LT(static_cast<double>(block.size()) / static_cast<double>(events.size()), 0.02);
}

TEST(CanBlock, NeedsLessThanAByteForAFrameWhereOneIdentifierOfEightChanges) {
    const auto events = unit_with(1, 8000);
    const std::string block = packed(events);
    expect_same(events, decode_can_events(block));
    EXPECT_LT(static_cast<double>(block.size()) / static_cast<double>(events.size()), 1.0);
}

TEST(CanBlock, RefusesWhatNoFrameCanBe) {
    CanBlockWriter writer(1);
    CanFrame made = frame(0x800, {});
    EXPECT_THAT([&] { writer.add(received(0, made)); }, ThrowsMessage<Error>(HasSubstr("2048")));
    made = frame(0x20000000, {}, true);
    EXPECT_THROW(writer.add(received(0, made)), Error);
    made = frame(1, {});
    made.length = 9;
    EXPECT_THAT([&] { writer.add(received(0, made)); }, ThrowsMessage<Error>(HasSubstr("9 bytes")));
    writer.add(received(0, frame(1, {1})));
    EXPECT_THAT([&] { writer.add(received(0, frame(1, {1}))); },
                ThrowsMessage<Error>(HasSubstr("is full")));
    EXPECT_EQ(decode_can_events(writer.take()).size(), 1U);
}

TEST(CanBlock, IsRefusedWhereverItIsCutOrDamaged) {
    const auto events = unit_with(3, 10);
    const std::string block = packed(events);
    for (std::size_t size = 0; size < block.size(); ++size) {
        EXPECT_THROW(decode_can_events(std::string_view(block).substr(0, size)), InputError)
            << "cut to " << size;
    }
    std::size_t refused = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        std::string damaged = block;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        try {
            // A bit of zstd's header may carry nothing.
            expect_same(events, decode_can_events(damaged));
        } catch (const InputError&) {
            ++refused;
        }
    }
    EXPECT_GE(refused, block.size() - 2);
    EXPECT_THAT([] { decode_can_events(encode_changes({})); },
                ThrowsMessage<InputError>(HasSubstr("a block of CAN frames")));
}

/// A block of one event from its columns: tags, others, newcomers, times, wires, lengths, masks,
/// bytes.
std::string block_of(std::string_view count, const std::vector<std::string>& columns) {
    std::string content(count);
    for (const auto& column : columns) content += static_cast<char>(column.size());
    for (const auto& column : columns) content += column;
    return pack_frame("BMF1", content, 1);
}

TEST(CanBlock, IsRefusedIfItsColumnsLie) {
    const std::string zero(1, '\0');
    const std::string newcomer = zero + "\x51";
    const std::vector<std::string> good{"\x3E", zero,   newcomer, "\x02",
                                        "\x02", "\x01", "\x01",   "\x07"};
    expect_same(std::vector{received(2, frame(0x51, {7}), 1)},
                decode_can_events(block_of("\x01", good)));
    const auto with = [&](std::size_t column, const std::string& bytes) {
        auto columns = good;
        columns[column] = bytes;
        return [columns] { decode_can_events(block_of("\x01", columns)); };
    };
    const auto says = [](const char* words) { return ThrowsMessage<InputError>(HasSubstr(words)); };
    EXPECT_THAT([&] { decode_can_events(block_of("\x7F", good)); }, says("impossible"));
    EXPECT_THAT([&] { decode_can_events(block_of("\x02", good)); }, says("ends too early"));
    EXPECT_THAT([&] { decode_can_events(pack_frame("BMF1", "\x01\x01", 1)); },
                says("ends too early"));
    EXPECT_THAT([&] { decode_can_events(pack_frame("BMF1", std::string(9, '\x01'), 1)); },
                says("column is missing"));
    EXPECT_THAT(with(0, "\x7E"), says("no known form"));
    EXPECT_THAT(with(0, "\x3F"), says("no known time"));
    EXPECT_THAT(with(0, "\x3A"), says("nothing has followed before"));
    EXPECT_THAT(with(1, "\x01"), says("not among its 0"));
    EXPECT_THAT(with(2, std::string("\x30\x51", 2)), says("identifier is impossible"));
    EXPECT_THAT(with(2, zero + "\x80\x10"), says("identifier is impossible"));
    EXPECT_THAT(with(2, zero + "\x80\x80\x80\x80\x02"), says("identifier is impossible"));
    EXPECT_THAT(with(2, zero), says("ends too early"));
    EXPECT_THAT(with(3, ""), says("ends too early"));
    EXPECT_THAT(with(4, ""), says("ends too early"));
    EXPECT_THAT(with(5, "\x09"), says("more than 8 bytes"));
    EXPECT_THAT(with(6, "\x03"), says("ends too early"));
    EXPECT_THAT(with(7, "\x07\x07"), says("more than its events explain"));
    EXPECT_THAT(with(3, std::string(11, '\xFF')), says("64 bits"));
}

TEST(CanBlock, IsReadOrRefusedWhateverItsContentIs) {
    const std::string content =
        unpack_frame("BMF1", packed(unit_with(3, 20)), "a block of CAN frames");
    std::minstd_rand random(5);
    int refused = 0;
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string damaged = content;
        for (auto left = random() % 3 + 1; left > 0; --left)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        const std::string block = pack_frame("BMF1", damaged, 1);
        try {
            const auto events = decode_can_events(block);
            std::uint64_t counted = 0;
            for (const CanSummary& each : summarise_can_events(block)) counted += each.count;
            ASSERT_EQ(counted, events.size());
            ++read;
        } catch (const InputError&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 1000);
    EXPECT_GT(read, 1000);
}

TEST(CanCollector, StoresFullBlocksAndWhatIsLeftBusByBus) {
    struct Stored {
        std::string bus;
        int block;
        std::size_t count;
    };
    std::vector<Stored> stored;
    std::map<std::string, std::vector<CanEvent>> found;
    CanCollector collector(
        [&](std::string_view bus, int block, std::size_t count, std::string_view data) {
            stored.push_back({std::string(bus), block, count});
            for (const CanEvent& event : decode_can_events(data))
                found[std::string(bus)].push_back(event);
        });
    const auto events = unit_with(2, 10'000);
    for (const CanEvent& event : events) collector.add("can", event);
    ASSERT_EQ(stored.size(), 1U);
    collector.add("other", events[0]);
    collector.flush();
    collector.flush();
    collector.add("other", events[1]);
    collector.finish();
    collector.add("other", events[2]);
    collector.finish();
    std::vector<std::string> rows;
    for (const Stored& each : stored) {
        rows.push_back(each.bus + " " + std::to_string(each.block) + " " +
                       std::to_string(each.count));
    }
    EXPECT_THAT(rows,
                ElementsAre("can 0 65536", "can 1 14464", "other 0 1", "other 1 1", "other 0 1"));
    expect_same(events, found["can"]);
    expect_same(std::span(events).first(3), found["other"]);
}

}  // namespace
}  // namespace bmsrig
