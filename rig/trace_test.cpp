#include "rig/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "rig/error.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;

Instant at(std::int64_t ns) {
    return instant_from_ns(ns);
}

/// Keeps what was written, as the record does.
class MemoryStore final : public TraceStore {
  public:
    void write(std::uint64_t first, std::span<const Change> changes) override {
        ASSERT_EQ(first, all.size()) << "blocks come in order, without gaps";
        all.insert(all.end(), changes.begin(), changes.end());
    }
    std::vector<Change> read(std::uint64_t first, std::size_t count) override {
        ++reads;
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
        return {begin, begin + static_cast<std::ptrdiff_t>(count)};
    }
    std::vector<Change> all;
    int reads = 0;
};

TEST(Trace, RefusesNamesThatAreTakenOrNone) {
    Trace trace;
    trace.declare({"line.load", SignalKind::line, Unit::none});
    EXPECT_THROW(trace.declare({"line.load"}), InputError);
    for (const char* name : {"", "Load", "line load", "line/load", "<b>"}) {
        EXPECT_THROW(trace.declare({name}), InputError) << name;
    }
    EXPECT_THROW(trace.declare({std::string(10'000, 'a')}), InputError);
    try {
        (void)trace.require("line.lod");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("did you mean \"line.load\"?"));
    }
}

TEST(Trace, FindsASignalThatIsKnownInsteadOfDeclaringItTwice) {
    Trace trace;
    const SignalInfo info{"cell.1", SignalKind::analog, Unit::volt};
    const SignalId cell = trace.find_or_declare(info);
    EXPECT_EQ(trace.find_or_declare(info), cell);
    EXPECT_EQ(trace.signals().size(), 1U);
    EXPECT_THROW(trace.find_or_declare({"cell.1", SignalKind::analog, Unit::celsius}), InputError);
}

TEST(Trace, KeepsChangesAndDropsWhatIsNone) {
    Trace trace;
    const SignalId cell = trace.declare({"cell.1", SignalKind::analog, Unit::volt});
    EXPECT_TRUE(trace.append(cell, at(0), 3.3));
    EXPECT_FALSE(trace.append(cell, at(5), 3.3));
    EXPECT_TRUE(trace.append(cell, at(10), std::nan("")));
    EXPECT_FALSE(trace.append(cell, at(11), std::nan("")));
    EXPECT_TRUE(trace.append(cell, at(20), 2.7));
    EXPECT_EQ(trace.size(), 3U);
    EXPECT_EQ(trace.last(cell)->number, 2U);
    EXPECT_EQ(trace.last(cell)->value, 2.7);
}

TEST(Trace, ASignalsTimeNeverGoesBackButSignalsMayArriveLate) {
    Trace trace;
    const SignalId a = trace.declare({"a"});
    const SignalId b = trace.declare({"b"});
    trace.append(a, at(100), 1);
    EXPECT_TRUE(trace.append(b, at(80), 1)) << "an edge stamped before its debounce ended";
    EXPECT_THROW(trace.append(a, at(99), 2), Error);
    EXPECT_TRUE(trace.append(a, at(100), 2)) << "two changes at one instant";
}

TEST(Trace, GivesTheValueInForceAtAnyTime) {
    Trace trace;
    const SignalId cell = trace.declare({"cell.1"});
    trace.append(cell, at(10), 1);
    trace.append(cell, at(20), 2);
    trace.append(cell, at(20), 3);
    EXPECT_FALSE(trace.value_at(cell, at(9)));
    EXPECT_EQ(trace.value_at(cell, at(10)), 1);
    EXPECT_EQ(trace.value_at(cell, at(19)), 1);
    EXPECT_EQ(trace.value_at(cell, at(20)), 3);
    EXPECT_EQ(trace.value_at(cell, at(1000)), 3);
}

TEST(Trace, GivesASignalsHistoryOldestFirst) {
    Trace trace;
    const SignalId a = trace.declare({"a"});
    const SignalId b = trace.declare({"b"});
    for (int i = 0; i < 10; ++i) {
        trace.append(a, at(i * 10), i);
        trace.append(b, at(i * 10), 100 + i);
    }
    const auto from_45 = trace.changes(a, at(45));
    ASSERT_EQ(from_45.size(), 6U) << "the one in force at 45 and the five after it";
    EXPECT_EQ(from_45.front().value, 4);
    EXPECT_EQ(from_45.back().value, 9);
    EXPECT_EQ(trace.changes(a, Instant::min(), 3).front().value, 7);
    const auto since = trace.changes_since(b, 17);
    ASSERT_EQ(since.size(), 2U);
    EXPECT_EQ(since.front().number, 17U);
    EXPECT_EQ(since.front().value, 108);
    EXPECT_TRUE(trace.changes_since(a, 19).empty());
}

TEST(Trace, SpillsToItsStoreAndStillAnswersFromIt) {
    MemoryStore store;
    Trace spilling(100 * sizeof(Change));
    Trace whole;
    spilling.attach(&store);
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same run every time
    std::vector<SignalId> signals;
    for (const char* name : {"a", "b", "c", "rare"}) {
        signals.push_back(spilling.declare({name}));
        whole.declare({name});
    }
    for (int i = 0; i < 5000; ++i) {
        const SignalId signal = i % 1500 == 3 ? signals[3] : signals[random() % 3];
        const auto value = static_cast<double>(random() % 5);
        spilling.append(signal, at(i), value);
        whole.append(signal, at(i), value);
    }
    EXPECT_LE(spilling.memory_bytes(), 2 * 100 * sizeof(Change));
    EXPECT_EQ(spilling.size(), whole.size());
    EXPECT_EQ(spilling.text(), whole.text());
    for (const SignalId signal : signals) {
        for (int t = 0; t < 5000; t += 333)
            EXPECT_EQ(spilling.value_at(signal, at(t)), whole.value_at(signal, at(t)));
    }
    EXPECT_GT(store.reads, 0) << "or the test proved nothing";
    spilling.flush();
    EXPECT_EQ(store.all.size(), whole.size());
    spilling.flush();
    EXPECT_EQ(store.all.size(), whole.size()) << "nothing is written twice";
}

TEST(Trace, WithoutAStoreKeepsAll) {
    Trace trace(16 * sizeof(Change));
    const SignalId a = trace.declare({"a"});
    for (int i = 0; i < 1000; ++i) trace.append(a, at(i), i);
    trace.flush();
    EXPECT_EQ(trace.value_at(a, at(3)), 3);
}

TEST(Trace, RestartForgetsAllButTheSignals) {
    Trace trace;
    const SignalId a = trace.declare({"a"});
    trace.append(a, at(100), 1);
    trace.mark(at(100), "step");
    ASSERT_EQ(trace.marks().size(), 1U);
    trace.restart();
    EXPECT_EQ(trace.size(), 0U);
    EXPECT_TRUE(trace.marks().empty());
    EXPECT_FALSE(trace.last(a));
    EXPECT_TRUE(trace.append(a, at(0), 1));
}

TEST(SignalKind, ValuesAreToldInTheFieldsWords) {
    EXPECT_EQ(describe_value(SignalKind::line, Unit::none, 2), "indeterminate");
    EXPECT_EQ(describe_value(SignalKind::stage, Unit::none, 2), "float");
    EXPECT_EQ(describe_value(SignalKind::contact, Unit::none, 1), "closed");
    EXPECT_EQ(describe_value(SignalKind::level, Unit::none, 0), "off");
    EXPECT_EQ(describe_value(SignalKind::analog, Unit::volt, 2.8), "2.8 V");
    EXPECT_EQ(describe_value(SignalKind::analog, Unit::volt, 5312 * 0.01), "53.12 V");
    EXPECT_EQ(describe_value(SignalKind::analog, Unit::volt, std::nan("")), "open");
    EXPECT_EQ(describe_value(SignalKind::line, Unit::none, 7), "7");
    EXPECT_EQ(to_string(SignalKind::contact), "contact");
}

}  // namespace
}  // namespace bmsrig
