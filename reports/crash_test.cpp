// kill -9 at any point: the record opens and holds every ended test.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <random>

#include "reports/can_blocks.h"
#include "reports/record.h"
#include "reports/sqlite.h"
#include "rig/test_folder.h"

namespace bmsrig {
namespace {

constexpr int measurements_each = 5;
constexpr int changes_each = 40;
constexpr int frames_each = 70;

/// Writes tests without end and says a byte for each that has ended.
[[noreturn]] void write_tests(const std::filesystem::path& file, int says) {
    auto record = Record::create(file, {}, {}, {});
    Trace trace(16 * sizeof(Change));  // spills within each test
    trace.attach(record.get());
    const SignalId cell = trace.declare({"cells.1", SignalKind::analog, Unit::volt});
    for (int test = 1;; ++test) {
        record->begin_test({"test_" + std::to_string(test), "", "", {}});
        for (int i = 0; i < changes_each; ++i) trace.append(cell, instant_from_ns(i), i);
        for (int i = 0; i < measurements_each; ++i) record->add_measurement({});
        record->add_log(instant_from_ns(0), "uut", "hello");
        record->add_transcript(1, '>', std::string(2000, 'x'));
        CanEvent frame;
        for (int i = 0; i < frames_each; ++i) {
            frame.time = instant_from_ns(i);
            record->add_can_event("can", frame);
        }
        trace.flush();
        record->end_test({}, trace);
        trace.restart();
        const char ended = '.';
        if (write(says, &ended, 1) != 1) _exit(1);
    }
}

std::int64_t number(Database& database, const char* sql) {
    Statement query(database, sql);
    query.start();
    query.step();
    return query.integer(0);
}

std::int64_t frames_of_ended_tests(Database& database) {
    Statement blocks(
        database,
        "SELECT count, data FROM can_block WHERE test IN (SELECT id FROM test WHERE verdict = "
        "'pass')");
    blocks.start();
    std::int64_t frames = 0;
    while (blocks.step()) {
        const auto events = decode_can_events(blocks.bytes(1));
        EXPECT_EQ(events.size(), static_cast<std::size_t>(blocks.integer(0)));
        frames += static_cast<std::int64_t>(events.size());
    }
    return frames;
}

/// Every test that has ended is whole; returns how many have.
std::int64_t check(const std::filesystem::path& file) {
    Database database(file, Database::Mode::write);
    Statement integrity(database, "PRAGMA integrity_check");
    integrity.start();
    EXPECT_TRUE(integrity.step());
    EXPECT_EQ(integrity.bytes(0), "ok");
    EXPECT_EQ(number(database, "SELECT count(*) FROM run WHERE verdict IS NULL"), 1);
    const std::int64_t ended = number(database, "SELECT count(*) FROM test WHERE verdict = 'pass'");
    EXPECT_LE(number(database, "SELECT count(*) FROM test WHERE verdict <> 'pass'"), 1);
    const auto per_test = [&](const std::string& table) {
        return number(database, ("SELECT count(*) FROM " + table +
                                 " WHERE test IN (SELECT id FROM test WHERE verdict = 'pass')")
                                    .c_str());
    };
    EXPECT_EQ(per_test("measurement"), ended * measurements_each);
    EXPECT_EQ(per_test("log"), ended);
    EXPECT_EQ(per_test("transcript_block"), ended);
    EXPECT_EQ(per_test("signal"), ended);
    Statement blocks(
        database,
        "SELECT data FROM trace_block WHERE test IN (SELECT id FROM test WHERE verdict = 'pass')");
    blocks.start();
    std::int64_t changes = 0;
    while (blocks.step())
        changes += static_cast<std::int64_t>(decode_changes(blocks.bytes(0)).size());
    EXPECT_EQ(changes, ended * changes_each);
    EXPECT_EQ(frames_of_ended_tests(database), ended * frames_each);
    return ended;
}

TEST(Crash, LeavesARecordWithEveryEndedTest) {
    const TestFolder folder;
    std::minstd_rand random(std::random_device{}());
    std::int64_t most = 0;
    for (int round = 0; round < 60; ++round) {
        const auto file = folder.path() / (std::to_string(round) + ".bmsrec");
        int pipe_ends[2];
        ASSERT_EQ(pipe(pipe_ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            close(pipe_ends[0]);
            write_tests(file, pipe_ends[1]);
        }
        close(pipe_ends[1]);
        // Some tests, and then some way into the next: the child runs on while this loop burns a
        // random time.
        std::int64_t said = 0;
        char byte = 0;
        for (auto wait = random() % 40 + 1; wait > 0 && read(pipe_ends[0], &byte, 1) == 1; --wait)
            ++said;
        for (auto spin = random() % 400'000; spin > 0; --spin)
            std::atomic_signal_fence(std::memory_order_seq_cst);
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
        while (read(pipe_ends[0], &byte, 1) == 1) ++said;
        close(pipe_ends[0]);
        const std::int64_t ended = check(file);
        ASSERT_GE(ended, said) << "round " << round;
        ASSERT_LE(ended, said + 1) << "round " << round;
        most = std::max(most, ended);
    }
    EXPECT_GT(most, 10);
}

TEST(Crash, BeforeTheFirstTestLeavesTheRunItself) {
    const TestFolder folder;
    const auto file = folder.path() / "run.bmsrec";
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto record = Record::create(file, {}, {}, {});
        kill(getpid(), SIGKILL);
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    // Even without the log beside it, as when somebody copies the one file.
    std::filesystem::remove(folder.path() / "run.bmsrec-wal");
    std::filesystem::remove(folder.path() / "run.bmsrec-shm");
    EXPECT_EQ(check(file), 0);
}

}  // namespace
}  // namespace bmsrig
