#include "drivers/instrument_server/scpi_status.h"

#include <algorithm>

namespace bmsrig::scpi_server {

namespace {

/// The class of an error is the hundreds of its number (SCPI-99 volume 2, 21.8.2).
Event event_of(int number) {
    switch (-number / 100) {
        case 1:
            return Event::command_error;
        case 2:
            return Event::execution_error;
        case 4:
            return Event::query_error;
        default:
            return Event::device_error;
    }
}

std::string entry(Code code, const std::string& detail) {
    std::string text = std::to_string(code.number) + ",\"" + code.text;
    if (!detail.empty()) {
        // The standard limits the text to 255 characters; a quote would end it.
        constexpr std::size_t longest = 200;
        std::string shown = detail.substr(0, longest);
        std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, ' ');
        std::ranges::replace(shown, '"', '\'');
        text += ";" + shown;
    }
    return text + "\"";
}

}  // namespace

void Status::add(const Failure& failure) {
    raise(event_of(failure.code().number));
    if (queue_.size() == queue_size) {
        queue_.back() = entry(code::queue_overflow, {});
        return;
    }
    queue_.push_back(entry(failure.code(), failure.detail()));
}

std::string Status::take_error() {
    if (queue_.empty()) return "0,\"No error\"";
    std::string oldest = std::move(queue_.front());
    queue_.pop_front();
    return oldest;
}

std::uint8_t Status::take_events() {
    const std::uint8_t events = events_;
    events_ = 0;
    return events;
}

std::uint8_t Status::byte() const {
    constexpr unsigned has_errors = 1U << 2U;
    constexpr unsigned has_event = 1U << 5U;
    constexpr unsigned wants_service = 1U << 6U;
    unsigned bits = 0;
    if (!queue_.empty()) bits |= has_errors;
    if ((events_ & event_enable) != 0) bits |= has_event;
    if ((bits & service_enable) != 0) bits |= wants_service;
    return static_cast<std::uint8_t>(bits);
}

void Status::clear() {
    queue_.clear();
    events_ = 0;
}

}  // namespace bmsrig::scpi_server
