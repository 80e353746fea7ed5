#include "rig/link/file_descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace bmsrig::link {

namespace {

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

/// In a process without standard streams a pipe would take their numbers, and the child's dup2
/// would not open them.
FileDescriptor above_standard_streams(int number) {
    FileDescriptor low(number);
    if (number > STDERR_FILENO) return low;
    FileDescriptor high(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!high.is_open()) throw_errno("fcntl");
    return high;
}

}  // namespace

void FileDescriptor::close() {
    if (is_open()) ::close(std::exchange(number_, -1));
}

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
    FileDescriptor read_end = above_standard_streams(ends[0]);
    return {std::move(read_end), above_standard_streams(ends[1])};
}

void make_non_blocking(const FileDescriptor& file) {
    const int flags = ::fcntl(file.number(), F_GETFL);
    if (flags < 0 || ::fcntl(file.number(), F_SETFL, flags | O_NONBLOCK) != 0) throw_errno("fcntl");
}

}  // namespace bmsrig::link
