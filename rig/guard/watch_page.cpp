#include "rig/guard/watch_page.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "rig/system_time.h"

namespace bmsrig {

namespace {

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

link::FileDescriptor new_memory() {
    link::FileDescriptor memory(::memfd_create("bmsrig-watch", MFD_CLOEXEC));
    if (!memory.is_open()) throw_errno("memfd_create");
    if (::ftruncate(memory.number(), sizeof(WatchPage)) != 0) throw_errno("ftruncate");
    return memory;
}

void* map(int descriptor) {
    void* where = ::mmap(nullptr, sizeof(WatchPage), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_POPULATE, descriptor, 0);
    if (where == MAP_FAILED) throw_errno("mmap");
    return where;
}

}  // namespace

SharedWatchPage::SharedWatchPage()
    : descriptor_(new_memory()), page_(new(map(descriptor_.number())) WatchPage) {}

SharedWatchPage::SharedWatchPage(link::FileDescriptor descriptor)
    : descriptor_(std::move(descriptor)),
      page_(static_cast<WatchPage*>(map(descriptor_.number()))) {}

SharedWatchPage::~SharedWatchPage() {
    ::munmap(page_, sizeof(WatchPage));
}

std::int64_t monotonic_ns() {
    return read_clock(CLOCK_MONOTONIC).count();
}

}  // namespace bmsrig
