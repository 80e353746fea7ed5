// A started process with three pipes: its start, its signals and its end, without any of the link's
// words.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "rig/link/file_descriptor.h"

namespace bmsrig::link {

/// Leads a process group of its own, so that a Ctrl-C at the terminal does not reach it, and is
/// killed by the kernel when the thread that started it ends.
class ChildProcess {
  public:
    /// Throws Breach if it cannot be started.
    explicit ChildProcess(const std::vector<std::string>& arguments);
    /// Kills and reaps it if that has not been done.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    FileDescriptor standard_input;  ///< our ends, all of them non-blocking
    FileDescriptor standard_output;
    FileDescriptor standard_error;

    /// Readable for poll() as soon as the process has exited.
    [[nodiscard]] int exit_descriptor() const { return exit_.number(); }
    /// To every process of its group; nothing once it is reaped.
    void signal_group(int signal) const;
    /// Waits for its exit, kills what is left of its group, and takes its status.
    void reap();
    [[nodiscard]] bool is_reaped() const { return status_.has_value(); }

    /// Status of exit(); -1 if a signal ended it. Only after reap().
    [[nodiscard]] int exit_status() const;
    /// "exited with status 3", "was ended by signal 11 (Segmentation fault)". Only after reap().
    [[nodiscard]] std::string how_it_ended() const;

  private:
    void start(const std::vector<std::string>& arguments, const Pipe& input, const Pipe& output,
               const Pipe& log);

    pid_t pid_ = -1;
    FileDescriptor exit_;
    std::optional<int> status_;  // as waitpid() gives it
};

}  // namespace bmsrig::link
