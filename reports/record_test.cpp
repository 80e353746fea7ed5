#include "reports/record.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <limits>

#include "reports/can_blocks.h"
#include "reports/sqlite.h"
#include "rig/error.h"
#include "rig/test_folder.h"

namespace bmsrig {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Rows = std::vector<std::string>;

class RecordTest : public testing::Test {
  protected:
    void create() { record_ = Record::create(file_, header_, inputs_, requirements_); }

    /// Each row as text, its columns separated by '|', NULL as "-".
    [[nodiscard]] Rows query(const std::string& sql, int columns) const {
        Database database(file_, Database::Mode::read);
        Statement statement(database, sql);
        Rows rows;
        statement.start();
        while (statement.step()) {
            std::string row;
            for (int i = 0; i < columns; ++i) {
                if (i > 0) row += '|';
                row += statement.is_null(i) ? "-" : statement.bytes(i);
            }
            rows.push_back(row);
        }
        return rows;
    }

    TestFolder folder_;
    std::filesystem::path file_ = folder_.path() / "run.bmsrec";
    RunHeader header_{"b7e1",
                      "2024-05-06T07:08:09.123Z",
                      "victron_smallbms",
                      "victron_smallbms",
                      "virtual",
                      "SN0001",
                      "Ada",
                      "./smallbms --set cells=4",
                      18446744073709551615U,
                      {{"python", "3.11"}}};
    std::vector<InputFile> inputs_{{"fixture.yaml", "ab12", "title: smallBMS\n"}};
    std::vector<Requirement> requirements_{
        {"VSB-B", "second id", "text b", "observe b", "verify", "manual 2"},
        {"VSB-A", "first id", "text a", "observe a", "characterise", "manual 1"}};
    Trace trace_;
    std::unique_ptr<Record> record_;
};

TEST_F(RecordTest, HoldsTheRunFromItsFirstMoment) {
    create();
    EXPECT_THAT(
        query("SELECT id, schema, started_utc, plan, fixture, bench, serial, operator, "
              "uut_command, seed, "
              "verdict, ended_utc FROM run",
              12),
        ElementsAre(
            "b7e1|3|2024-05-06T07:08:09.123Z|victron_smallbms|victron_smallbms|virtual|SN0001|Ada|"
            "./smallbms --set cells=4|18446744073709551615|-|-"));
    EXPECT_THAT(query("SELECT name, value FROM property", 2), ElementsAre("python|3.11"));
    EXPECT_THAT(query("SELECT name, sha256, content FROM input_file", 3),
                ElementsAre("fixture.yaml|ab12|title: smallBMS\n"));
    EXPECT_THAT(query("SELECT * FROM requirement ORDER BY position", 7),
                ElementsAre("VSB-B|second id|text b|observe b|verify|manual 2|0",
                            "VSB-A|first id|text a|observe a|characterise|manual 1|1"));
}

TEST_F(RecordTest, SaysWhatItIsToOtherPrograms) {
    create();
    EXPECT_THAT(query("PRAGMA application_id", 1), ElementsAre("1112363858"));
    EXPECT_THAT(query("PRAGMA user_version", 1), ElementsAre("3"));
}

TEST_F(RecordTest, HoldsATestWithAllThatBelongsToIt) {
    create();
    trace_.attach(record_.get());
    const SignalId cell = trace_.declare({"cells.1", SignalKind::analog, Unit::volt});
    trace_.declare({"line.load", SignalKind::line, Unit::none});
    record_->begin_test({"test_a.py::test_x[4]", "Sheds the load", "Longer.", {"VSB-A", "VSB-B"}});
    trace_.append(cell, instant_from_ns(5), 3.3);
    trace_.mark(instant_from_ns(7), "cells to 2.7 V");
    Measurement measurement{"lead",
                            30.25,
                            0.5,
                            {"lead", Unit::second, 30, {}, Acceptance::simple, "VSB-A", "manual 1"},
                            Verdict::inconclusive,
                            instant_from_ns(9),
                            "cell 1"};
    record_->add_measurement(measurement);
    record_->add_log(instant_from_ns(11), "uut", "code A-B11");
    record_->add_transcript(1, '>', "at 0");
    record_->add_transcript(1, '<', "next -");
    trace_.flush();
    record_->end_test({Verdict::inconclusive, "straddles", "whole\ntext", 0.25, 60.5}, trace_);

    EXPECT_THAT(query("SELECT * FROM test", 9),
                ElementsAre("1|test_a.py::test_x[4]|Sheds the "
                            "load|Longer.|inconclusive|straddles|whole\ntext|0.25|60.5"));
    EXPECT_THAT(query("SELECT * FROM test_requirement", 2), ElementsAre("1|VSB-A", "1|VSB-B"));
    EXPECT_THAT(
        query("SELECT * FROM measurement", 14),
        ElementsAre("1|1|lead|30.25|s|0.5|30.0|-|simple|inconclusive|9|VSB-A|manual 1|cell 1"));
    EXPECT_THAT(query("SELECT * FROM log", 4), ElementsAre("1|11|uut|code A-B11"));
    EXPECT_THAT(query("SELECT * FROM mark", 3), ElementsAre("1|7|cells to 2.7 V"));
    // The line has not changed in this test.
    EXPECT_THAT(query("SELECT * FROM signal", 5), ElementsAre("1|0|cells.1|analog|V"));
    EXPECT_THAT(query("SELECT test, first, count FROM trace_block", 3), ElementsAre("1|0|1"));
    const auto changes = decode_changes(query("SELECT data FROM trace_block", 1).at(0));
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].value, 3.3);
    EXPECT_THAT(query("SELECT test, session, block FROM transcript_block", 3),
                ElementsAre("1|1|0"));
    EXPECT_EQ(decode_text(query("SELECT data FROM transcript_block", 1).at(0)),
              "> at 0\n< next -\n");
}

TEST_F(RecordTest, ATestThatWasNotRunHasNoPartInTheVerdict) {
    create();
    record_->begin_test({"first", "", "", {"VSB-A"}});
    record_->end_test({}, trace_);
    record_->begin_test({"second", "A fault", "", {"VSB-B"}});
    record_->add_log(instant_from_ns(11), "uut", "hello");
    record_->leave_out_test("this bench has no switch");
    EXPECT_THROW(record_->leave_out_test("again"), Error) << "no test runs";
    record_->end_run(Verdict::pass, "", "2024-05-06T07:09:00.000Z");
    EXPECT_THAT(query("SELECT name, verdict, message FROM test", 3),
                ElementsAre("first|pass|", "second|not_run|this bench has no switch"));
    EXPECT_THAT(query("SELECT * FROM test_requirement", 2), ElementsAre("1|VSB-A", "2|VSB-B"));
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("pass"));
}

/// A frame every 10 ms; the first of its two bytes counts.
CanEvent frame_number(int number) {
    CanEvent event;
    event.time = instant_from_ns(number * 10'000'000LL);
    event.on_wire = Duration{250'000};
    event.frame.id = 0x351;
    event.frame.length = 2;
    event.frame.data[0] = static_cast<std::uint8_t>(number);
    return event;
}

TEST_F(RecordTest, HoldsTheFramesOfEveryBusOfEveryTest) {
    create();
    record_->name_can_message("can", 0x351, false, "Limits");
    record_->name_can_message("can", 0x351, false, "BatteryLimits");
    for (const char* test : {"first", "second"}) {
        record_->begin_test({test, "", "", {}});
        for (int i = 0; i < 3; ++i) record_->add_can_event("can", frame_number(i));
        record_->add_can_event("other", frame_number(7));
        record_->end_test({}, trace_);
    }
    EXPECT_THAT(query("SELECT test, bus, block, count FROM can_block ORDER BY rowid", 4),
                ElementsAre("1|can|0|3", "1|other|0|1", "2|can|0|3", "2|other|0|1"));
    const auto events =
        decode_can_events(query("SELECT data FROM can_block WHERE test = 2", 1).at(0));
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[2].frame, frame_number(2).frame);
    EXPECT_EQ(events[2].time, frame_number(2).time);
    EXPECT_THAT(query("SELECT * FROM can_message", 4), ElementsAre("can|849|0|BatteryLimits"));
}

TEST_F(RecordTest, HoldsTheFramesOfALongTestBeforeItEnds) {
    create();
    record_->begin_test({"long", "", "", {}});
    for (int i = 0; i < 65'536; ++i) record_->add_can_event("can", frame_number(i));
    // Another connection sees only what is committed.
    EXPECT_THAT(query("SELECT block, count FROM can_block", 2), ElementsAre("0|65536"));
    record_->add_can_event("can", frame_number(65'536));
    const Change change{instant_from_ns(0), 1, 0, 0};
    record_->write(0, std::span(&change, 1));
    EXPECT_THAT(query("SELECT block, count FROM can_block", 2), ElementsAre("0|65536", "1|1"));
}

TEST_F(RecordTest, NamesTheTestThatRuns) {
    create();
    record_->begin_test({"test_a", "", "", {}});
    EXPECT_THAT(query("SELECT name, verdict, message FROM test", 3),
                ElementsAre("test_a|aborted|the rig ended during this test"));
}

TEST_F(RecordTest, ClosesWithTheWorstVerdict) {
    create();
    for (const Verdict verdict : {Verdict::pass, Verdict::fail, Verdict::inconclusive}) {
        record_->begin_test({"test", "", "", {}});
        record_->end_test({verdict, "", "", 0, 0}, trace_);
    }
    record_->end_run(Verdict::pass, "done", "2024-05-06T08:00:00.000Z");
    EXPECT_THAT(query("SELECT verdict, message, ended_utc FROM run", 3),
                ElementsAre("fail|done|2024-05-06T08:00:00.000Z"));
}

TEST_F(RecordTest, ClosesNoBetterThanItsFloor) {
    create();
    record_->begin_test({"test", "", "", {}});
    record_->end_test({Verdict::fail, "", "", 0, 0}, trace_);
    record_->end_run(Verdict::error, "the UUT did not start", "2024-05-06T08:00:00.000Z");
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("error"));
}

TEST_F(RecordTest, ClosedDuringATestIsAborted) {
    create();
    record_->begin_test({"test", "", "", {}});
    record_->add_measurement({});
    record_->add_transcript(1, '>', "at 0");
    record_->add_can_event("can", frame_number(1));
    record_->end_run(Verdict::pass, "", "2024-05-06T08:00:00.000Z");
    EXPECT_THAT(query("SELECT count FROM can_block", 1), ElementsAre("1"));
    EXPECT_THAT(query("SELECT verdict FROM run UNION ALL SELECT verdict FROM test", 1),
                ElementsAre("aborted", "aborted"));
    EXPECT_THAT(
        query("SELECT count(*) FROM measurement UNION ALL SELECT count(*) FROM transcript_block",
              1),
        ElementsAre("1", "1"));
}

TEST_F(RecordTest, IsASingleFileWhenTheRunHasEnded) {
    create();
    record_->begin_test({"test", "", "", {}});
    record_->end_test({}, trace_);
    record_->end_run(Verdict::pass, "", "2024-05-06T08:00:00.000Z");
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "run.bmsrec-wal"));
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "run.bmsrec-journal"));
    EXPECT_EQ(record_->bytes_written(), std::filesystem::file_size(file_));
    std::filesystem::copy_file(file_, folder_.path() / "copy.bmsrec");
    file_ = folder_.path() / "copy.bmsrec";
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("pass"));
}

TEST_F(RecordTest, EndsAlsoWhileSomebodyReadsIt) {
    create();
    Database reader(file_, Database::Mode::read);
    Statement reading(reader, "SELECT name FROM property");
    reading.start();
    ASSERT_TRUE(reading.step());
    EXPECT_NO_THROW(record_->end_run(Verdict::pass, "", "2024-05-06T08:00:00.000Z"));
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("pass"));
}

TEST_F(RecordTest, LeftOpenKeepsWhatItTook) {
    create();
    record_->begin_test({"test", "", "", {}});
    record_->add_measurement({});
    record_->add_transcript(1, '>', "at 0");
    record_->add_can_event("can", frame_number(1));
    record_->set_property("greeting", "bmslink 1");
    record_->set_property("greeting", "bmslink 1 later");
    record_.reset();
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("-"));
    EXPECT_THAT(
        query("SELECT count(*) FROM measurement UNION ALL SELECT count(*) FROM transcript_block",
              1),
        ElementsAre("1", "1"));
    EXPECT_THAT(query("SELECT count FROM can_block", 1), ElementsAre("1"));
    EXPECT_THAT(query("SELECT value FROM property WHERE name = 'greeting'", 1),
                ElementsAre("bmslink 1 later"));
}

TEST_F(RecordTest, IsNeverOverwritten) {
    std::ofstream(file_) << "precious";
    EXPECT_THAT([this] { create(); }, ThrowsMessage<InputError>(AllOf(
                                          HasSubstr(file_.string()), HasSubstr("exists already"))));
    EXPECT_EQ(std::filesystem::file_size(file_), 8U);
}

TEST_F(RecordTest, NeedsAFolderThatExists) {
    file_ = folder_.path() / "missing/run.bmsrec";
    EXPECT_THAT(
        [this] { create(); },
        ThrowsMessage<InputError>(AllOf(HasSubstr(file_.string()), HasSubstr("choose a folder"))));
}

TEST_F(RecordTest, TakesNothingWhileNoTestRuns) {
    create();
    const Change change{instant_from_ns(0), 1, 0, 0};
    EXPECT_THROW(record_->add_measurement({}), Error);
    EXPECT_THROW(record_->add_log(instant_from_ns(0), "rig", "x"), Error);
    EXPECT_THROW(record_->add_transcript(1, '>', "x"), Error);
    EXPECT_THROW(record_->add_can_event("can", frame_number(1)), Error);
    EXPECT_THROW(record_->write(0, std::span(&change, 1)), Error);
    EXPECT_THROW(record_->end_test({}, trace_), Error);
    record_->begin_test({"a", "", "", {}});
    EXPECT_THROW(record_->begin_test({"b", "", "", {}}), Error);
}

TEST_F(RecordTest, RefusesAMeasurementThatIsNoNumber) {
    create();
    record_->begin_test({"a", "", "", {}});
    Measurement measurement;
    measurement.name = "lead";
    measurement.value = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT([&] { record_->add_measurement(measurement); },
                ThrowsMessage<Error>(HasSubstr("\"lead\"")));
    measurement.value = 1;
    measurement.uncertainty = std::numeric_limits<double>::infinity();
    EXPECT_THROW(record_->add_measurement(measurement), Error);
}

TEST_F(RecordTest, KeepsHostileTextsAsTheyAre) {
    const std::string long_name(10'000, 'n');
    const std::vector<std::string> names{"'; DROP TABLE test; --",
                                         "\"quoted\"",
                                         "../../etc/passwd",
                                         "a\\b",
                                         "<script>alert(1)</script>",
                                         "%s%n",
                                         long_name,
                                         "",
                                         "\u20AC \U0001F50B",
                                         std::string("nul\0inside", 10)};
    header_.serial = names[0];
    create();
    for (const auto& name : names) {
        record_->begin_test({name, name, name, {name}});
        record_->add_log(instant_from_ns(0), name, name);
        record_->end_test({Verdict::fail, name, name, 0, 0}, trace_);
    }
    EXPECT_THAT(query("SELECT serial FROM run", 1), ElementsAre(names[0]));
    for (const char* sql :
         {"SELECT name FROM test ORDER BY id", "SELECT details FROM test ORDER BY id",
          "SELECT requirement FROM test_requirement ORDER BY test",
          "SELECT text FROM log ORDER BY test"}) {
        EXPECT_EQ(query(sql, 1), names) << sql;
    }
    EXPECT_THAT(query("SELECT count(*) FROM test WHERE name IS NULL OR message IS NULL", 1),
                ElementsAre("0"));
}

TEST_F(RecordTest, StoresReplacementsForBytesThatAreNoText) {
    create();
    record_->begin_test({"a\xFFz", "", "", {}});
    EXPECT_THAT(query("SELECT name FROM test", 1), ElementsAre("a\uFFFDz"));
}

/// A test whose trace of `count` changes of three signals went through a small memory into the
/// record.
void fill(Trace& trace, int count) {
    for (int i = 0; i < count; ++i)
        trace.append(static_cast<SignalId>(i % 3), instant_from_ns(i), i + 0.5);
}

TEST_F(RecordTest, GivesBackTheTraceThatLeftMemory) {
    create();
    Trace small(1000 * sizeof(Change));
    small.attach(record_.get());
    for (const char* name : {"a", "b", "c"}) small.declare({name, SignalKind::analog, Unit::none});
    for (const char* test : {"first", "second"}) {
        record_->begin_test({test, "", "", {}});
        fill(small, 200'000);
        ASSERT_EQ(small.size(), 200'000U);
        const auto all = small.changes(1, instant_from_ns(0));
        ASSERT_EQ(all.size(), 66'667U);
        for (std::size_t i = 0; i < all.size(); ++i) {
            ASSERT_EQ(all[i].number, i * 3 + 1);
            ASSERT_EQ(all[i].value, static_cast<double>(i * 3 + 1) + 0.5);
        }
        small.flush();
        record_->end_test({}, small);
        small.restart();
    }
    EXPECT_THAT(
        query("SELECT test, sum(count), max(count) <= 65536 FROM trace_block GROUP BY test", 3),
        ElementsAre("1|200000|1", "2|200000|1"));
}

TEST_F(RecordTest, GivesBackAnyPartOfWhatWasWritten) {
    create();
    record_->begin_test({"a", "", "", {}});
    std::vector<Change> changes;
    changes.reserve(150'000);
    for (std::uint32_t i = 0; i < 150'000; ++i) {
        changes.push_back({instant_from_ns(i), i / 7.0, i % 5, i < 5 ? 0U : 5U});
    }
    record_->write(0, std::span(changes).first(100));
    record_->write(100, std::span(changes).subspan(100));
    for (const auto& [first, count] :
         std::vector<std::pair<std::size_t, std::size_t>>{{0, 1},
                                                          {0, 100},
                                                          {99, 2},
                                                          {100, 1},
                                                          {0, 150'000},
                                                          {65'535, 2},
                                                          {131'072, 18'928},
                                                          {149'999, 1},
                                                          {7, 0}}) {
        const auto part = record_->read(first, count);
        ASSERT_EQ(part.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(part[i].time, changes[first + i].time);
            ASSERT_EQ(part[i].value, changes[first + i].value);
            ASSERT_EQ(part[i].signal, changes[first + i].signal);
            ASSERT_EQ(part[i].back, changes[first + i].back);
        }
    }
    EXPECT_THAT([&] { record_->read(149'999, 2); }, ThrowsMessage<Error>(HasSubstr("150000")));
    EXPECT_THAT([&] { record_->read(500'000, 1); },
                ThrowsMessage<Error>(HasSubstr(file_.string())));
}

/// No file of this process may grow beyond `bytes`, as on a disk that is full.
class FullDisk {
  public:
    explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    void (*handler_)(int);
    rlimit before_{};
};

TEST_F(RecordTest, NamesTheFileWhenTheDiskIsFull) {
    create();
    record_->begin_test({"kept", "", "", {}});
    record_->end_test({}, trace_);
    record_->begin_test({"lost", "", "", {}});
    {
        const FullDisk disk(256U << 10U);
        const auto write_much = [this] {
            for (int i = 0; i < 100; ++i)
                record_->add_log(instant_from_ns(i), "uut", std::string(10'000, 'x'));
            record_->end_test({}, trace_);
        };
        EXPECT_THAT(write_much, ThrowsMessage<Error>(AllOf(HasSubstr(file_.string()),
                                                           HasSubstr("make room on the disk"))));
    }
    // When there is room again the record goes on.
    record_->end_run(Verdict::error, "disk full", "2024-05-06T08:00:00.000Z");
    EXPECT_THAT(query("SELECT name || verdict FROM test", 1).at(0), "keptpass");
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("error"));
}

TEST_F(RecordTest, SurvivesADiskThatStaysFull) {
    create();
    const FullDisk disk(256U << 10U);
    record_->begin_test({"lost", "", "", {}});
    for (int i = 0; i < 8; ++i)
        record_->add_log(instant_from_ns(i), "uut", std::string(100'000, 'x'));
    EXPECT_NO_THROW(record_.reset());
    EXPECT_THAT(query("SELECT verdict FROM run", 1), ElementsAre("-"));
}

TEST_F(RecordTest, NamesTheFileWhenItIsDamaged) {
    std::ofstream(file_) << std::string(5000, 'x');
    EXPECT_THAT(
        [this] { (void)query("SELECT 1 FROM run", 1); },
        ThrowsMessage<Error>(AllOf(HasSubstr(file_.string()), HasSubstr("damaged or no record"))));
    EXPECT_THAT([this] { const Database missing(folder_.path() / "none", Database::Mode::read); },
                ThrowsMessage<Error>(HasSubstr("none")));
}

TEST_F(RecordTest, CannotBeChangedByAReader) {
    create();
    Database reader(file_, Database::Mode::read);
    EXPECT_THAT(
        [&] { reader.execute("DELETE FROM run"); },
        ThrowsMessage<Error>(AllOf(HasSubstr(file_.string()), HasSubstr("can be written to"))));
}

}  // namespace
}  // namespace bmsrig
