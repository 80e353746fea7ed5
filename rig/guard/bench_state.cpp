#include "rig/guard/bench_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

#include "rig/error.h"

namespace bmsrig {

namespace {

std::filesystem::path state_folder() {
    const auto of = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path(value == nullptr ? "" : value);
    };
    const std::filesystem::path chosen = of("XDG_STATE_HOME");
    if (chosen.is_absolute()) return chosen / "bmsrig";
    const std::filesystem::path home = of("HOME");
    if (home.is_absolute()) return home / ".local/state/bmsrig";
    throw Error(
        "there is no place to note that a bench may be unsafe: neither XDG_STATE_HOME nor HOME is "
        "the absolute path of a folder; set one of them");
}

/// FNV-1a: the same on every machine and in every version.
std::string hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    std::string hex(16, '0');
    for (auto digit = hex.rbegin(); digit != hex.rend(); ++digit, hash >>= 4U) {
        *digit = "0123456789abcdef"[hash & 0xfU];
    }
    return hex;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return {text.data(), size};
}

std::string content_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

void sync_folder_of(const std::filesystem::path& file) {
    const link::FileDescriptor folder(
        ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.is_open()) ::fsync(folder.number());
}

/// Returns when the disk has it.
void write_to_disk(const std::filesystem::path& file, const std::string& text) {
    const link::FileDescriptor open(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!open.is_open() ||
        ::write(open.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(open.number()) != 0) {
        throw Error("the file " + file.string() +
                    ", which says that the bench may be unsafe, cannot be written: " +
                    std::strerror(errno) + "; without it no output is switched on");
    }
    sync_folder_of(file);
}

}  // namespace

BenchState::BenchState(const std::filesystem::path& bench)
    : bench_(std::filesystem::weakly_canonical(bench)) {
    const std::filesystem::path folder = state_folder();
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) {
        throw Error("the folder " + folder.string() +
                    ", in which is noted that a bench may be unsafe, cannot be made: " +
                    problem.message() + "; set XDG_STATE_HOME to one that can");
    }
    const std::string name = hash_of(bench_.string());
    marker_ = folder / (name + ".unsafe");
    report_ = folder / (name + ".report");
    lock_file_ = folder / (name + ".lock");
}

void BenchState::refuse_if_unsafe() const {
    if (!is_marked()) return;
    throw InputError(bench_.string(), 0,
                     "this bench was left unsafe, its outputs may be on:\n" + content_of(marker_) +
                         "look at the bench, then run: bmsrig make-safe --bench " +
                         bench_.string() +
                         "\nif an instrument can no longer be reached, switch it off by hand and "
                         "delete " +
                         marker_.string());
}

void BenchState::open_lock() {
    if (lock_.is_open()) return;
    lock_ = link::FileDescriptor(::open(lock_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!lock_.is_open()) {
        throw Error("the file " + lock_file_.string() + ", by which rigs keep apart, cannot be " +
                    "opened: " + std::strerror(errno));
    }
}

std::string BenchState::holder() const {
    // Whoever only looks at the bench does not write there: the number may be that of long ago.
    const std::string pid = content_of(lock_file_);
    const bool is_there = !pid.empty() && std::filesystem::exists("/proc/" + pid);
    return is_there ? "process " + pid : "another process";
}

void BenchState::share() {
    open_lock();
    if (::flock(lock_.number(), LOCK_SH | LOCK_NB) == 0) return;
    throw BenchInUse(bench_.string(), 0,
                     "the bench is in use by " + holder() +
                         " (or by its guard, which is making it safe); wait until it has ended");
}

void BenchState::own() {
    open_lock();
    if (::flock(lock_.number(), LOCK_EX | LOCK_NB) != 0) {
        throw BenchInUse(bench_.string(), 0,
                         "the bench is in use by " + holder() + "; wait until it has ended");
    }
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(lock_.number(), 0) != 0 ||
        ::pwrite(lock_.number(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        throw Error("the file " + lock_file_.string() +
                    " cannot be written: " + std::strerror(errno));
    }
}

void BenchState::take(bool only_to_make_safe) {
    if (only_to_make_safe) return own();
    share();
    refuse_if_unsafe();
}

void BenchState::mark(const std::vector<std::string>& what_may_be_on) const {
    std::string text = "bench:   " + bench_.string() + "\nsince:   " + utc_now() +
                       "\nby:      process " + std::to_string(::getpid()) + "\n";
    for (const std::string& each : what_may_be_on) text += "to do:   " + each + "\n";
    write_to_disk(marker_, text);
}

void BenchState::unmark() const {
    std::error_code ignored;
    if (std::filesystem::remove(marker_, ignored)) sync_folder_of(marker_);
}

}  // namespace bmsrig
