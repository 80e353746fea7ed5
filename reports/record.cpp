#include "reports/record.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "record_schema.h"
#include "reports/can_collector.h"
#include "reports/sqlite.h"
#include "reports/transcript.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr int schema_version = 3;
/// Blocks end at multiples of this, which is also how much the trace reads back at a time.
constexpr std::uint64_t block_changes = 64U << 10U;

std::string text(Verdict verdict) {
    return std::string(to_string(verdict));
}

/// Takes the name before anybody else can: a record is never overwritten.
void claim_file(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor >= 0) {
        ::close(descriptor);
        return;
    }
    if (errno == EEXIST) {
        throw InputError(file.string(), 0,
                         "exists already, and a record is never overwritten; choose another name");
    }
    throw InputError(file.string(), 0,
                     "cannot create the record: " + std::string(std::strerror(errno)) +
                         "; choose a folder that exists and can be written to");
}

Database open_new(const std::filesystem::path& file) {
    claim_file(file);
    return {file, Database::Mode::write};
}

/// What a record holds from its first moment.
void write_beginning(Database& database, const RunHeader& header,
                     const std::vector<InputFile>& inputs,
                     const std::vector<Requirement>& requirements) {
    // In one transaction of the classic journal: the file itself is a record from here on, whatever
    // becomes of its log.
    database.begin();
    database.execute(record_schema);
    Statement(database,
              "INSERT INTO run (id, schema, started_utc, plan, fixture, bench, serial, operator, "
              "uut_command, seed) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(header.id, schema_version, header.started_utc, header.plan, header.fixture,
             header.bench, header.serial, header.operator_name, header.uut_command,
             std::to_string(header.seed));
    Statement property(database, "INSERT INTO property VALUES (?, ?)");
    for (const auto& [name, value] : header.properties) property.run(name, value);
    Statement input(database, "INSERT INTO input_file VALUES (?, ?, ?)");
    for (const auto& file : inputs) input.run(file.name, file.sha256, file.content);
    Statement requirement(database, "INSERT INTO requirement VALUES (?, ?, ?, ?, ?, ?, ?)");
    int position = 0;
    for (const auto& each : requirements) {
        requirement.run(each.id, each.title, each.text, each.observe, each.kind, each.source,
                        position++);
    }
    database.commit();
    // From here on a commit is one append to the write-ahead log. NORMAL: it outlives kill -9
    // without a sync each time, and a power cut costs the last tests at most, never the file. An
    // ordinary test fits into 8 MiB of cache, so that nothing is written before it commits.
    database.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192");
}

class SqliteRecord final : public Record {
  public:
    SqliteRecord(const std::filesystem::path& file, const RunHeader& header,
                 const std::vector<InputFile>& inputs, const std::vector<Requirement>& requirements)
        : file_(file.string()), database_(open_new(file)) {
        write_beginning(database_, header, inputs, requirements);
        statements_.emplace(database_);
    }

    ~SqliteRecord() override {
        // What was taken belongs into the file, also when the run ends by an exception; nobody is
        // left to tell.
        try {
            finish_collecting();
            database_.commit();
        } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
        }
    }

    SqliteRecord(const SqliteRecord&) = delete;
    SqliteRecord& operator=(const SqliteRecord&) = delete;

    void set_property(std::string_view name, std::string_view value) override {
        database_.begin();
        statements_->property.run(name, value);
    }

    void name_can_message(std::string_view bus, std::uint32_t id, bool extended,
                          std::string_view name) override {
        database_.begin();
        statements_->can_message.run(bus, std::int64_t{id}, extended ? 1 : 0, name);
    }

    void begin_test(const TestHeader& header) override {
        if (running_)
            throw Error(file_ +
                        ": a test begins while another one runs; end_test() was not called");
        database_.begin();
        ++test_;
        statements_->begin_test.run(test_, header.name, header.title, header.description);
        for (const auto& each : header.requirements) statements_->test_requirement.run(test_, each);
        running_ = true;
        // Committed at once, so that after a crash the record names the test during which it
        // happened.
        database_.commit();
    }

    void add_measurement(const Measurement& measurement) override {
        require_test("a measurement");
        if (!std::isfinite(measurement.value) || !std::isfinite(measurement.uncertainty)) {
            throw Error(file_ + ": measurement \"" + measurement.name +
                        "\" is no finite number: " + measurement.describe());
        }
        const Limit& limit = measurement.limit;
        database_.begin();
        statements_->measurement.run(test_, measurement.name, measurement.value,
                                     to_string(limit.unit), measurement.uncertainty, limit.low,
                                     limit.high, to_string(limit.acceptance),
                                     to_string(measurement.verdict), to_ns(measurement.time),
                                     limit.requirement, limit.source, measurement.comment);
    }

    void add_log(Instant time, std::string_view source, std::string_view line) override {
        require_test("a log line");
        database_.begin();
        statements_->log.run(test_, to_ns(time), source, line);
    }

    void add_can_event(std::string_view bus, const CanEvent& event) override {
        require_test("a CAN frame");
        can_.add(bus, event);
    }

    void add_transcript(int session, char who, std::string_view line) override {
        require_test("a line of a transcript");
        transcript_.add(session, who, line);
    }

    void end_test(const TestResult& result, const Trace& trace) override {
        require_test("a test's end");
        running_ = false;
        worst_ = worst(worst_, result.verdict);
        database_.begin();
        finish_collecting();
        const auto& signals = trace.signals();
        for (std::size_t id = 0; id < signals.size(); ++id) {
            // CAN alone declares hundreds, most of which say nothing in most tests.
            if (!trace.last(static_cast<SignalId>(id))) continue;
            statements_->signal.run(test_, static_cast<std::int64_t>(id), signals[id].name,
                                    to_string(signals[id].kind), signals[id].unit_name());
        }
        for (const auto& mark : trace.marks())
            statements_->mark.run(test_, to_ns(mark.time), mark.text);
        statements_->end_test.run(test_, to_string(result.verdict), result.message, result.details,
                                  result.wall_seconds, result.simulated_seconds);
        database_.commit();
    }

    void leave_out_test(std::string_view reason) override {
        require_test("that a test was not run");
        running_ = false;
        database_.begin();
        finish_collecting();
        statements_->end_test.run(test_, "not_run", reason, "", 0.0, 0.0);
        database_.commit();
    }

    void end_run(Verdict floor, std::string_view message, std::string_view ended_utc) override {
        database_.begin();
        if (running_) {  // its row says "aborted" since it began
            finish_collecting();
            worst_ = worst(worst_, Verdict::aborted);
            running_ = false;
        }
        statements_->end_run.run(text(worst(worst_, floor)), message, ended_utc);
        database_.commit();
        // A finished record is a single file that can be copied. While somebody reads it the log
        // cannot go; then whoever closes it last tidies up, and nothing is lost.
        statements_.reset();
        if (sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                      nullptr, nullptr) == SQLITE_OK) {
            sqlite3_exec(database_.handle(), "PRAGMA journal_mode = DELETE", nullptr, nullptr,
                         nullptr);
        }
        statements_.emplace(database_);
    }

    std::uint64_t bytes_written() const override {
        statements_->size.start();
        statements_->size.step();
        const std::int64_t bytes = statements_->size.integer(0);
        statements_->size.step();
        return static_cast<std::uint64_t>(bytes);
    }

    void write(std::uint64_t first, std::span<const Change> changes) override {
        require_test("a part of the trace");
        database_.begin();
        while (!changes.empty()) {
            const std::uint64_t room = block_changes - first % block_changes;
            const auto count =
                static_cast<std::size_t>(std::min<std::uint64_t>(room, changes.size()));
            const std::string block = encode_changes(changes.first(count));
            statements_->write.run(test_, static_cast<std::int64_t>(first),
                                   static_cast<std::int64_t>(count), Blob{block});
            first += count;
            changes = changes.subspan(count);
        }
        can_.flush();  // who reads a run that goes on, or was killed, finds the frames of its trace
        database_.commit();
    }

    std::vector<Change> read(std::uint64_t first, std::size_t count) override {
        std::vector<Change> found;
        if (count == 0) return found;
        found.reserve(count);
        const std::uint64_t end = first + count;
        Statement& query = statements_->read;
        query.start(test_, static_cast<std::int64_t>(first), static_cast<std::int64_t>(end));
        while (query.step()) {
            const auto block_first = static_cast<std::uint64_t>(query.integer(0));
            const std::vector<Change> block = decode_changes(query.bytes(1));
            const std::uint64_t from = std::max(first, block_first);
            const std::uint64_t to = std::min(end, block_first + block.size());
            if (from != first + found.size() || from > to) break;  // a hole; told below
            found.insert(found.end(),
                         block.begin() + static_cast<std::ptrdiff_t>(from - block_first),
                         block.begin() + static_cast<std::ptrdiff_t>(to - block_first));
        }
        if (found.size() != count) {
            throw Error(file_ + ": changes " + std::to_string(first + found.size()) + " to " +
                        std::to_string(end - 1) + " of test " + std::to_string(test_) +
                        " were asked for, but were never written");
        }
        return found;
    }

  private:
    struct Statements {
        explicit Statements(Database& database)
            : property(database, "INSERT OR REPLACE INTO property VALUES (?, ?)"),
              begin_test(database,
                         "INSERT INTO test VALUES (?, ?, ?, ?, 'aborted', 'the rig ended during "
                         "this test', '', 0, 0)"),
              test_requirement(database, "INSERT INTO test_requirement VALUES (?, ?)"),
              measurement(
                  database,
                  "INSERT INTO measurement VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
              log(database, "INSERT INTO log VALUES (?, ?, ?, ?)"),
              transcript(database, "INSERT INTO transcript_block VALUES (?, ?, ?, ?)"),
              can_block(database, "INSERT INTO can_block VALUES (?, ?, ?, ?, ?)"),
              can_message(database, "INSERT OR REPLACE INTO can_message VALUES (?, ?, ?, ?)"),
              signal(database, "INSERT INTO signal VALUES (?, ?, ?, ?, ?)"),
              mark(database, "INSERT INTO mark VALUES (?, ?, ?)"),
              end_test(
                  database,
                  "UPDATE test SET verdict = ?2, message = ?3, details = ?4, wall_seconds = ?5, "
                  "simulated_seconds = ?6 WHERE id = ?1"),
              end_run(database, "UPDATE run SET verdict = ?, message = ?, ended_utc = ?"),
              write(database, "INSERT INTO trace_block VALUES (?, ?, ?, ?)"),
              // The block that holds ?2 is the last one that begins at or before it.
              read(database,
                   "SELECT first, data FROM trace_block WHERE test = ?1 AND first < ?3 AND first "
                   ">= coalesce("
                   "(SELECT max(first) FROM trace_block WHERE test = ?1 AND first <= ?2), 0) ORDER "
                   "BY first"),
              size(database,
                   "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()") {}
        Statement property;
        Statement begin_test;
        Statement test_requirement;
        Statement measurement;
        Statement log;
        Statement transcript;
        Statement can_block;
        Statement can_message;
        Statement signal;
        Statement mark;
        Statement end_test;
        Statement end_run;
        Statement write;
        Statement read;
        Statement size;
    };

    /// What is collected goes into the present test.
    void finish_collecting() {
        transcript_.finish();
        can_.finish();
    }

    void require_test(std::string_view what) const {
        if (!running_)
            throw Error(file_ + ": " + std::string(what) + " was to be stored while no test runs");
    }

    std::string file_;
    Database database_;
    mutable std::optional<Statements>
        statements_;  // mutable: a query changes a statement's state, not the record
    TranscriptCollector transcript_{[this](int session, int block, std::string_view lines) {
        database_.begin();
        const std::string data = encode_text(lines);
        statements_->transcript.run(test_, session, block, Blob{data});
    }};
    CanCollector can_{[this](std::string_view bus, int block, std::size_t count,
                             std::string_view data) {
        database_.begin();
        statements_->can_block.run(test_, bus, block, static_cast<std::int64_t>(count), Blob{data});
        database_.commit();
    }};
    std::int64_t test_ = 0;
    bool running_ = false;
    Verdict worst_ = Verdict::pass;
};

}  // namespace

std::unique_ptr<Record> Record::create(const std::filesystem::path& file, const RunHeader& header,
                                       const std::vector<InputFile>& inputs,
                                       const std::vector<Requirement>& requirements) {
    return std::make_unique<SqliteRecord>(file, header, inputs, requirements);
}

}  // namespace bmsrig
