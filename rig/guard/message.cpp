#include "rig/guard/message.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::size_t most_descriptors = 4;
constexpr std::size_t longest_message =
    std::size_t{128} * 1024;  // below what a socket takes by default

using Control = std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))>;

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

GuardMessage& GuardMessage::add(std::int64_t number) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof number);
    std::memcpy(&bytes_[at], &number, sizeof number);  // both ends are on one machine
    return *this;
}

GuardMessage& GuardMessage::add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
}

GuardMessage& GuardMessage::attach(int descriptor) {
    attached_.push_back(descriptor);
    return *this;
}

std::int64_t GuardMessage::take_number() {
    std::int64_t number = 0;
    if (bytes_.size() - taken_ < sizeof number) throw Error("a message of the guard is too short");
    std::memcpy(&number, &bytes_[taken_], sizeof number);
    taken_ += sizeof number;
    return number;
}

std::string GuardMessage::take_text() {
    const auto size = static_cast<std::size_t>(take_number());
    if (bytes_.size() - taken_ < size) throw Error("a message of the guard is too short");
    const auto* begin = bytes_.data() + taken_;
    taken_ += size;
    return {begin, begin + size};
}

link::FileDescriptor GuardMessage::take_descriptor() {
    if (received_.empty()) throw Error("a message of the guard is without its descriptor");
    link::FileDescriptor first = std::move(received_.front());
    received_.erase(received_.begin());
    return first;
}

void GuardMessage::send(int socket) const {
    if (bytes_.size() > longest_message) {
        throw Error("an action for the guard takes " + std::to_string(bytes_.size()) +
                    " bytes; expected at most " + std::to_string(longest_message));
    }
    auto word = static_cast<std::uint8_t>(word_);
    std::array<iovec, 2> parts{iovec{&word, 1},
                               iovec{const_cast<std::uint8_t*>(bytes_.data()), bytes_.size()}};
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    alignas(cmsghdr) Control control{};
    if (!attached_.empty()) {
        const std::size_t size = attached_.size() * sizeof(int);
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(size);
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(rights), attached_.data(), size);
    }
    while (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) throw_errno("sendmsg");
    }
}

std::optional<GuardMessage> GuardMessage::receive(int socket) {
    std::vector<std::uint8_t> bytes(longest_message + 1);
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) Control control{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t size = 0;
    while ((size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0) {
        if (errno == ECONNRESET) return std::nullopt;
        if (errno != EINTR) throw_errno("recvmsg");
    }
    if (size == 0) return std::nullopt;
    GuardMessage message(static_cast<GuardWord>(bytes.front()));
    bytes.resize(static_cast<std::size_t>(size));
    bytes.erase(bytes.begin());
    message.bytes_ = std::move(bytes);
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr;
         each = CMSG_NXTHDR(&header, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(each) + (i * sizeof number), sizeof number);
            message.received_.emplace_back(number);
        }
    }
    return message;
}

GuardMessage message_of(const SafeAction& action) {
    GuardMessage message(GuardWord::action);
    message.add(static_cast<std::int64_t>(action.kind)).add(action.instrument).add(action.does);
    message.add(
        std::string_view(reinterpret_cast<const char*>(action.bytes.data()), action.bytes.size()));
    message.add(action.answer).add(action.path);
    message.add(static_cast<std::int64_t>(action.levels.size()));
    for (const auto& [offset, level] : action.levels) {
        message.add(static_cast<std::int64_t>(offset)).add(std::int64_t{level});
    }
    if (action.kind != SafeAction::Kind::lines) message.attach(action.descriptor);
    return message;
}

GuardedAction action_of(GuardMessage& message) {
    GuardedAction guarded;
    SafeAction& action = guarded.action;
    action.kind = static_cast<SafeAction::Kind>(message.take_number());
    action.instrument = message.take_text();
    action.does = message.take_text();
    const std::string bytes = message.take_text();
    action.bytes.assign(bytes.begin(), bytes.end());
    action.answer = message.take_text();
    action.path = message.take_text();
    const std::int64_t levels = message.take_number();
    for (std::int64_t i = 0; i < levels; ++i) {
        const auto offset = static_cast<std::uint32_t>(message.take_number());
        action.levels.emplace_back(offset, message.take_number() != 0);
    }
    if (action.kind != SafeAction::Kind::lines) {
        guarded.connection = message.take_descriptor();
    } else {
        guarded.connection = link::FileDescriptor(::open(action.path.c_str(), O_RDWR | O_CLOEXEC));
        if (!guarded.connection.is_open()) {
            throw Error(action.does + ": the GPIO chip " + action.path +
                        " cannot be opened by the guard: " + std::strerror(errno));
        }
    }
    return guarded;
}

}  // namespace bmsrig
