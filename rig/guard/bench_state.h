// Who has a bench, and whether it may be unsafe: two small files that outlive the rig, in
// ${XDG_STATE_HOME:-~/.local/state}/bmsrig.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rig/link/file_descriptor.h"

namespace bmsrig {

class BenchState {
  public:
    /// Of the bench that this file describes. Throws Error if there is no place for its files.
    explicit BenchState(const std::filesystem::path& bench);

    /// What is refused while the marker stands: everything but making the bench safe. Throws
    /// InputError that says since when, by whom, what could not be done, and what to do.
    void refuse_if_unsafe() const;

    /// Says that somebody has the bench; others may look too. Throws BenchInUse that names the
    /// process which has it for itself.
    void share();
    /// Has the bench for itself from now on, until the last copy of lock() is closed. Throws
    /// BenchInUse that names the process which has it already.
    void own();
    /// For whoever opens the bench's instruments: to make it safe has it for itself, anybody else
    /// shares it and is refused while it is unsafe. Throws as those do.
    void take(bool only_to_make_safe);
    [[nodiscard]] int lock() const { return lock_.number(); }

    /// Puts the marker there and waits until the disk has it: outputs may be on from now on.
    /// Throws Error if it cannot be written.
    void mark(const std::vector<std::string>& what_may_be_on) const;
    /// Takes it away: the bench is safe.
    void unmark() const;
    [[nodiscard]] bool is_marked() const { return std::filesystem::exists(marker_); }

    /// The bench file's full path.
    [[nodiscard]] const std::filesystem::path& bench() const { return bench_; }
    [[nodiscard]] const std::filesystem::path& marker() const { return marker_; }
    /// What the guard did when it last had to act.
    [[nodiscard]] const std::filesystem::path& report() const { return report_; }

  private:
    void open_lock();
    [[nodiscard]] std::string holder() const;
    std::filesystem::path bench_;
    std::filesystem::path marker_;
    std::filesystem::path report_;
    std::filesystem::path lock_file_;
    link::FileDescriptor lock_;
};

}  // namespace bmsrig
