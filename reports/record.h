// The record: an SQLite file to which a run is written as it happens; the only thing reports are
// made from. The schema stands in record_schema.sql beside this file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/blocks.h"
#include "rig/config/fixture.h"
#include "rig/journal.h"
#include "rig/measurement.h"
#include "rig/trace.h"
#include "rig/verdict.h"

namespace bmsrig {

/// What is known when a run starts.
struct RunHeader {
    std::string id;           ///< a UUID
    std::string started_utc;  ///< ISO 8601 with milliseconds
    std::string plan;
    std::string fixture;
    std::string bench;
    std::string serial;
    std::string operator_name;
    std::string uut_command;
    std::uint64_t seed = 1;
    /// name -> value: versions of bmsrig, Python, compiler, libraries, the UUT's greeting and hash,
    /// host, settings in force
    std::map<std::string, std::string> properties;
};

/// A file that decided the run, kept whole.
struct InputFile {
    std::string name;  ///< "fixture.yaml", "benches/virtual.yaml"
    std::string sha256;
    std::string content;
};

struct TestHeader {
    std::string name;   ///< pytest's node id
    std::string title;  ///< first line of the docstring
    std::string description;
    std::vector<std::string> requirements;
};

struct TestResult {
    Verdict verdict = Verdict::pass;
    std::string message;  ///< one line: why it is not a pass
    std::string details;  ///< the whole error text, with the signal's history
    double wall_seconds = 0;
    double simulated_seconds = 0;
};

/// Writes one run. Everything since the last commit is in one transaction; end_test and end_run
/// commit, and so do a spill of the trace and every full block of CAN frames. After kill -9 the
/// file opens and holds every ended test. All functions throw Error with the file's name and
/// SQLite's words if the disk is full or the file cannot be written.
class Record : public TraceStore, public Journal {
  public:
    /// Creates the file. Throws InputError if it exists already (a record is never overwritten) or
    /// the folder is missing.
    static std::unique_ptr<Record> create(const std::filesystem::path& file,
                                          const RunHeader& header,
                                          const std::vector<InputFile>& inputs,
                                          const std::vector<Requirement>& requirements);

    ~Record() override = default;

    virtual void set_property(std::string_view name, std::string_view value) = 0;
    /// What an identifier on a bus is called, for readers of the record; the last call counts.
    virtual void name_can_message(std::string_view bus, std::uint32_t id, bool extended,
                                  std::string_view name) = 0;

    virtual void begin_test(const TestHeader& header) = 0;
    /// Stores the marks and the names of the signals of the trace that have changed; their changes
    /// came through write().
    virtual void end_test(const TestResult& result, const Trace& trace) = 0;

    /// Ends the test as one that was not run: it has no verdict, and the run's does not count it.
    virtual void leave_out_test(std::string_view reason) = 0;

    /// Commits everything and writes the run's verdict: the worst of its tests and of `floor`
    /// (aborted, error).
    virtual void end_run(Verdict floor, std::string_view message, std::string_view ended_utc) = 0;
    [[nodiscard]] virtual std::uint64_t bytes_written() const = 0;
};

}  // namespace bmsrig
