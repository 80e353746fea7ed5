#include "reports/blocks.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "reports/frame.h"
#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Changes as a trace makes them: `back` follows from the order.
class Sequence {
  public:
    void add(std::int64_t ns, SignalId signal, double value) {
        const auto found = last_.find(signal);
        const std::size_t index = changes_.size();
        const std::size_t back = found == last_.end() ? 0 : index - found->second;
        changes_.push_back({instant_from_ns(ns), value, signal, static_cast<std::uint32_t>(back)});
        last_[signal] = index;
    }
    [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

  private:
    std::vector<Change> changes_;
    std::map<SignalId, std::size_t> last_;
};

/// Equal to the last bit; NaN included.
void expect_same(std::span<const Change> expected, std::span<const Change> got) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(to_ns(got[i].time), to_ns(expected[i].time)) << "change " << i;
        ASSERT_EQ(got[i].signal, expected[i].signal) << "change " << i;
        ASSERT_EQ(got[i].back, expected[i].back) << "change " << i;
        ASSERT_EQ(std::bit_cast<std::uint64_t>(got[i].value),
                  std::bit_cast<std::uint64_t>(expected[i].value))
            << "change " << i << ": " << got[i].value << " instead of " << expected[i].value;
    }
}

/// 64 noisy cells, ten readings a second, quantised to 0.1 mV.
std::vector<Change> noisy_cells(int ticks, bool multiplied) {
    Sequence sequence;
    std::minstd_rand random(7);
    std::uniform_int_distribution<int> noise(-20, 20);
    for (int tick = 0; tick < ticks; ++tick) {
        for (SignalId cell = 0; cell < 64; ++cell) {
            const double steps = 33'000 + noise(random);
            sequence.add(tick * 100'000'000LL, cell, multiplied ? steps * 1e-4 : steps / 1e4);
        }
    }
    return sequence.changes();
}

TEST(ChangesBlock, ComesBackAsItWas) {
    Sequence sequence;
    sequence.add(0, 3, 3.3);
    sequence.add(0, 4, 3.2999);
    sequence.add(5, 0, 1);
    sequence.add(1'000'000'000, 3, 2.8001);
    sequence.add(999'999'999, 0, 0);  // an edge that arrives late
    sequence.add(1'000'000'001, 4, 2.799912345);
    expect_same(sequence.changes(), decode_changes(encode_changes(sequence.changes())));
}

TEST(ChangesBlock, MayBeEmpty) {
    EXPECT_TRUE(decode_changes(encode_changes({})).empty());
}

TEST(ChangesBlock, KeepsEveryDoubleToTheLastBit) {
    using Limits = std::numeric_limits<double>;
    const std::vector<double> values{0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     Limits::quiet_NaN(),
                                     -Limits::quiet_NaN(),
                                     std::bit_cast<double>(~std::uint64_t{0}),
                                     Limits::infinity(),
                                     -Limits::infinity(),
                                     Limits::max(),
                                     Limits::lowest(),
                                     Limits::min(),
                                     Limits::denorm_min(),
                                     -Limits::denorm_min(),
                                     1e-9,
                                     1e-4,
                                     0.1,
                                     1.0 / 3,
                                     4503599627370497.0,
                                     450359962737.0496,
                                     -450359962737.0497,
                                     0.30000000000000004,
                                     -0.30000000000000004,
                                     2.7995,
                                     std::nextafter(2.7995, 3),
                                     std::nextafter(2.7995, 2),
                                     std::nextafter(std::nextafter(2.7995, 3), 3)};
    Sequence sequence;
    std::int64_t time = 0;
    for (const double before : values) {
        for (const double value : values) {
            sequence.add(++time, 0, before);
            sequence.add(time, 1, value);
            sequence.add(time, 0, value);
        }
    }
    expect_same(sequence.changes(), decode_changes(encode_changes(sequence.changes())));
}

TEST(ChangesBlock, KeepsTimesOverTheirWholeRange) {
    Sequence sequence;
    for (const std::int64_t time :
         {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
        sequence.add(time, 5, static_cast<double>(time));
    }
    expect_same(sequence.changes(), decode_changes(encode_changes(sequence.changes())));
}

TEST(ChangesBlock, KeepsRandomChangesOfManySignals) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 50; ++round) {
        Sequence sequence;
        const auto count = random() % 2000;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto bits = random();
            const double value = bits % 3 == 0
                                     ? std::bit_cast<double>(random())
                                     : static_cast<double>(static_cast<std::int32_t>(bits)) / 1e6;
            sequence.add(static_cast<std::int64_t>(random() >> (random() % 64)), random() % 5000,
                         value);
        }
        expect_same(sequence.changes(), decode_changes(encode_changes(sequence.changes())));
    }
}

TEST(ChangesBlock, KnowsHowFarBackAChangeBeforeTheBlockIs) {
    const auto all = noisy_cells(10, false);
    const auto half = std::span(all).subspan(333);
    expect_same(half, decode_changes(encode_changes(half)));
}

TEST(ChangesBlock, NeedsLessThanFiveBytesForAChangeOfANoisyCell) {
    for (const bool multiplied : {false, true}) {
        const auto changes = noisy_cells(1024, multiplied);
        const std::string block = encode_changes(changes);
        expect_same(changes, decode_changes(block));
        EXPECT_LT(static_cast<double>(block.size()) / static_cast<double>(changes.size()), 5.0);
    }
}

TEST(ChangesBlock, RefusesAnImpossibleSignal) {
    const Change change{instant_from_ns(0), 1, 1U << 20U, 0};
    EXPECT_THAT([&] { encode_changes(std::span(&change, 1)); },
                ThrowsMessage<Error>(HasSubstr("1048576")));
}

TEST(ChangesBlock, IsRefusedWhereverItIsCutOrDamaged) {
    const auto changes = noisy_cells(4, false);
    const std::string block = encode_changes(changes);
    for (std::size_t size = 0; size < block.size(); ++size) {
        EXPECT_THROW(decode_changes(std::string_view(block).substr(0, size)), InputError)
            << "cut to " << size;
    }
    std::size_t refused = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        std::string damaged = block;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        try {
            expect_same(changes,
                        decode_changes(damaged));  // a bit of zstd's header that carries nothing
        } catch (const InputError&) {
            ++refused;
        }
    }
    EXPECT_GE(refused, block.size() - 2);
}

TEST(ChangesBlock, IsRefusedIfItsColumnsLie) {
    const std::string one_column_each("\x01\x01\x01\x01\x01\x01\x01\x00", 8);
    const std::string columns("\x00\x01\x00\x01\x00", 5);
    const auto pack = [](const std::string& content) { return pack_frame("BMC1", content, 1); };
    const auto decode = [&](const std::string& content) { return decode_changes(pack(content)); };
    EXPECT_EQ(decode(one_column_each + columns).size(),
              1U);  // the bytes that are changed below are good

    EXPECT_THAT([&] { decode(std::string("\x7F\x01", 2)); },
                ThrowsMessage<InputError>(HasSubstr("impossible")));
    EXPECT_THAT([&] { decode("\x01\xFF\xFF\xFF\xFF\x0F"); },
                ThrowsMessage<InputError>(HasSubstr("impossible")));
    EXPECT_THAT([&] { decode(one_column_each); },
                ThrowsMessage<InputError>(HasSubstr("column is missing")));
    EXPECT_THAT([&] { decode(one_column_each + columns + "x"); },
                ThrowsMessage<InputError>(HasSubstr("more follows")));
    EXPECT_THAT([&] { decode(one_column_each + std::string("\x00\x03\x00\x01\x00", 5)); },
                ThrowsMessage<InputError>(HasSubstr("not among its 1")));
    EXPECT_THAT([&] { decode(one_column_each + std::string("\x00\x01\x00\x0A\x00", 5)); },
                ThrowsMessage<InputError>(HasSubstr("no known form")));
    EXPECT_THAT([&] { decode(one_column_each + std::string("\x00\x01\x00\x09\x00", 5)); },
                ThrowsMessage<InputError>(HasSubstr("ends too early")));
    EXPECT_THAT([&] { decode(std::string(11, '\xFF')); },
                ThrowsMessage<InputError>(HasSubstr("64 bits")));
}

TEST(TextBlock, ComesBackAsItWas) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "> at " + std::to_string(i) + " cell.1=3.3\n";
    const std::string block = encode_text(text);
    EXPECT_LT(block.size(), text.size() / 5);
    EXPECT_EQ(decode_text(block), text);
    EXPECT_EQ(decode_text(encode_text("")), "");
    const std::string_view bytes("a\0\xFF", 3);
    EXPECT_EQ(decode_text(encode_text(bytes)), bytes);
}

TEST(TextBlock, IsRefusedIfItIsNone) {
    EXPECT_THAT([] { decode_text("hello"); },
                ThrowsMessage<InputError>(HasSubstr("not a block of text")));
    EXPECT_THAT([] { decode_text(encode_changes({})); },
                ThrowsMessage<InputError>(HasSubstr("BMT1")));
    EXPECT_THAT([] { decode_text("BMT1hello"); }, ThrowsMessage<InputError>(HasSubstr("length")));
    const std::string block = encode_text("some text");
    EXPECT_THROW(decode_text(std::string_view(block).substr(0, block.size() - 1)), InputError);
}

}  // namespace
}  // namespace bmsrig
