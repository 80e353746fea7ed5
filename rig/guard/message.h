// What the rig and the guard say to each other, over a socket of packets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rig/instruments/safe_action.h"
#include "rig/link/file_descriptor.h"

namespace bmsrig {

enum class GuardWord : unsigned char {
    hello,   ///< rig: limits, bench and files; with the watch page and the bench's lock
    ready,   ///< guard: the answer, with what it could not have
    begin,   ///< rig: a new list of actions follows
    action,  ///< rig: one of them, with its descriptor
    arm,     ///< rig: the list is complete; it replaces the former one, or what that had of the
             ///< same instruments
    disarm,  ///< rig: the bench is safe
    done,    ///< guard: the answer to arm and to disarm
    refused  ///< guard: the answer, with what is wrong
};

/// One packet, read and written field by field in the same order.
class GuardMessage {
  public:
    explicit GuardMessage(GuardWord word) : word_(word) {}

    [[nodiscard]] GuardWord word() const { return word_; }
    GuardMessage& add(std::int64_t number);
    GuardMessage& add(std::string_view text);
    GuardMessage& attach(int descriptor);  ///< borrowed until send()

    /// Throw Error if the message is shorter than that.
    std::int64_t take_number();
    std::string take_text();
    link::FileDescriptor take_descriptor();

    /// Throws std::system_error; of a gone receiver EPIPE.
    void send(int socket) const;
    /// Nothing at the end of the connection. Waits for a packet. Throws std::system_error.
    static std::optional<GuardMessage> receive(int socket);

  private:
    GuardWord word_;
    std::vector<std::uint8_t> bytes_;
    std::size_t taken_ = 0;
    std::vector<int> attached_;
    std::vector<link::FileDescriptor> received_;
};

GuardMessage message_of(const SafeAction& action);

/// An action as the guard has it, with a descriptor of its own.
struct GuardedAction {
    SafeAction action;  ///< whose descriptor means nothing here
    link::FileDescriptor connection;
};
GuardedAction action_of(GuardMessage& message);

}  // namespace bmsrig
