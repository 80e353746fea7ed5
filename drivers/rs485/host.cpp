#include "drivers/rs485/host.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "drivers/rs485/numbers.h"

namespace bmsrig::rs485 {

namespace {

constexpr double relative_tolerance = 1e-4;  // four decimals of scientific notation
constexpr double slack = 1 + 1e-9;           // for the rounding of binary numbers
constexpr std::size_t first_digit = 0x30;

std::string quote(std::string_view text) {
    return '"' + std::string(text) + '"';
}

/// Table 10 calls it WCIB, public drivers WCBI: a unit may know either.
bool is_balanced_cells(Name name) {
    return name == "WCIB"_name || name == "WCBI"_name;
}

/// Older REC units say SET.
bool is_acceptance(std::string_view text) {
    return text == "OK" || text == "SET";
}

std::vector<float> floats_from(std::span<const Byte> bytes) {
    std::vector<float> values;
    for (; bytes.size() >= sizeof(float); bytes = bytes.subspan(sizeof(float))) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < sizeof(float); ++i)
            bits |= static_cast<std::uint32_t>(bytes[i]) << 8 * i;
        values.push_back(std::bit_cast<float>(bits));
    }
    return values;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
    constexpr std::array<std::string_view, 6> words{"pending", "answered",     "no answer",
                                                    "refused", "wrong answer", "differs"};
    return words.at(static_cast<std::size_t>(outcome));
}

Host::Host(const Table& table, HostOptions options)
    : table_(table), options_(options), decoder_(byte_time(options.bit_rate)) {}

void Host::set_bit_rate(std::int64_t bit_rate) {
    options_.bit_rate = bit_rate;
    decoder_.set_byte_time(byte_time(bit_rate));
}

void Host::query(Name name, Time now) {
    const Instruction& instruction = require(name);
    if (!instruction.is_readable())
        throw std::invalid_argument(std::string(instruction.mnemonic) + " cannot be read");
    begin(instruction, now);
    asked_ = is_balanced_cells(name) ? balanced_cells_.value_or(name) : name;
    prepare(Step::ask, to_string(asked_) + "?", now);
}

void Host::write(Name name, double value, Time now) {
    const Instruction& instruction = require(name);
    if (!instruction.is_setting())
        throw std::invalid_argument(std::string(instruction.mnemonic) + " is no setting");
    const FixedNumber number = fixed(value, instruction.decimals);
    begin(instruction, now);
    written_ = value;
    const double half_a_digit = 0.5 * std::pow(10, -number.decimals);
    tolerance_ = slack * std::max(half_a_digit, relative_tolerance * std::abs(value));
    prepare(Step::tell, to_string(name) + " " + number.text, now);
}

void Host::command(Name name, Arming arming, Time now) {
    const Instruction& instruction = require(name);
    const bool is_reset = instruction.access == Access::armed;
    if (!instruction.is_command() && !is_reset)
        throw std::invalid_argument(std::string(instruction.mnemonic) + " is no command");
    if (arming != Arming::armed) {
        throw std::invalid_argument(std::string(instruction.mnemonic) + " " +
                                    (is_reset ? "stops the unit" : "erases evidence") +
                                    "; expected it to be armed");
    }
    begin(instruction, now);
    prepare(Step::order, to_string(name) + (is_reset ? "?" : " 1"), now);
}

const Instruction& Host::require(Name name) const {
    const Instruction* const instruction = find(table_, name);
    if (instruction == nullptr) {
        throw std::invalid_argument(std::string(table_.name) + " has no instruction " +
                                    quote(to_string(name)));
    }
    return *instruction;
}

void Host::begin(const Instruction& instruction, Time now) {
    decoder_.expire(now, [this](const Frame&) { ++strays_; });
    // What was sent more than once may be answered once more.
    if (reply_.attempts > 1) quiet_until_ = sent_at_ + options_.timeout;
    instruction_ = &instruction;
    reply_ = {};
    busy_ = true;
    accepted_ = false;
    other_name_tried_ = false;
}

void Host::prepare(Step step, std::string payload, Time now) {
    step_ = step;
    payload_ = std::move(payload);
    waiting_ = false;
    deadline_ = std::max(now, may_send_at()) + options_.timeout;
    reply_.attempts = 0;
    heard_ = 0;
}

Time Host::may_send_at() const {
    return std::max(last_byte_ + options_.idle, quiet_until_);
}

std::span<const Byte> Host::advance(Time now) {
    decoder_.expire(now, [&](const Frame& frame) { take(frame, now); });
    if (!is_pending()) return {};
    if (waiting_) {
        if (now < deadline_) return {};
        retry(now, "no answer to " + quote(payload_));
    } else if (now >= deadline_ && now < may_send_at()) {
        ++reply_.attempts;
        retry(now, "the bus is never idle, so " + quote(payload_) + " could not be sent");
    }
    return is_pending() && now >= may_send_at() ? transmit(now) : std::span<const Byte>{};
}

std::span<const Byte> Host::transmit(Time now) {
    sent_.emplace(Frame{options_.unit, options_.host, payload_of(payload_)});
    const std::span<const Byte> bytes = sent_->bytes();
    sent_at_ = now + byte_time(options_.bit_rate) * static_cast<std::int64_t>(bytes.size());
    last_byte_ = sent_at_;
    deadline_ = sent_at_ + options_.timeout;
    waiting_ = true;
    ++reply_.attempts;
    count_.reset();
    reply_.floats.clear();
    reply_.bytes.clear();
    if (instruction_->access == Access::armed) finish(Outcome::answered);
    return bytes;
}

void Host::retry(Time now, const std::string& problem) {
    waiting_ = false;
    deadline_ = now + options_.timeout;
    if (reply_.attempts <= options_.retries || try_other_name(now)) return;
    finish(
        Outcome::no_answer,
        problem + " within " + std::to_string(options_.timeout / std::chrono::milliseconds(1)) +
            " ms, sent " + std::to_string(reply_.attempts) + " times" +
            (heard_ == 0 ? ""
                         : "; " + std::to_string(heard_) + " bytes came, but no answer in them"));
}

void Host::received(std::span<const Byte> bytes, Time now) {
    if (bytes.empty()) return;
    heard_ += bytes.size();
    last_byte_ = std::max(last_byte_, now);
    decoder_.received(bytes, now, [&](const Frame& frame) { take(frame, now); });
}

std::optional<Time> Host::due() const {
    if (!is_pending()) return std::nullopt;
    const Time next = waiting_ ? deadline_ : std::min(may_send_at(), deadline_);
    const std::optional<Time> inside = decoder_.due();
    return inside ? std::min(next, *inside) : next;
}

bool Host::is_answer(const Frame& frame) {
    const bool is_echo = frame.destination == options_.unit && frame.sender == options_.host &&
                         text_of(frame.payload) == payload_;
    if (is_echo) return false;
    if (frame.destination == options_.host && frame.sender == options_.unit) {
        order_ = AddressOrder::destination_first;
        return true;
    }
    if (frame.destination == options_.unit && frame.sender == options_.host) {
        order_ = AddressOrder::sender_first;
        return true;
    }
    return false;
}

void Host::take(const Frame& frame, Time now) {
    if (!is_pending() || !waiting_ || !is_answer(frame)) {
        ++strays_;
        return;
    }
    if (!count_) {
        reply_.answer_time = now - sent_at_;
        const std::string_view text = text_of(frame.payload);
        if (text == "NOT OK") return take_refusal(now);
        switch (step_) {
            case Step::tell:
                return take_written(text, now);
            case Step::read_back:
                return take_read_back(text, now);
            case Step::order:
                reply_.text = text;
                return finish(Outcome::answered);
            case Step::ask:
                break;
        }
        if (!instruction_->is_array()) return take_scalar(text, now);
        return take_count(frame.payload, now);
    }
    take_array(frame.payload, now);
}

void Host::take_scalar(std::string_view text, Time now) {
    reply_.text = text;
    if (!instruction_->is_number()) return finish(Outcome::answered);
    const std::optional<double> number = number_from(text);
    if (!number) {
        return take_wrong(now,
                          quote(payload_) + " was answered with " + quote(text) + ", not a number");
    }
    reply_.number = *number;
    finish(Outcome::answered);
}

void Host::take_written(std::string_view text, Time now) {
    reply_.text = text;
    if (!is_acceptance(text)) {
        return take_wrong(
            now, quote(payload_) + " was answered with " + quote(text) + ", neither OK nor NOT OK");
    }
    accepted_ = true;
    prepare(Step::read_back, std::string(instruction_->mnemonic) + "?", now);
}

void Host::take_refusal(Time now) {
    if (step_ == Step::ask && try_other_name(now)) return;
    if (step_ != Step::read_back) reply_.text = "NOT OK";
    reply_.problem = quote(payload_) + " was refused: NOT OK";
    if (step_ != Step::tell) return finish(Outcome::refused, std::move(reply_.problem));
    prepare(Step::read_back, std::string(instruction_->mnemonic) + "?", now);
}

void Host::take_read_back(std::string_view text, Time now) {
    const std::optional<double> number = number_from(text);
    if (!number) {
        return take_wrong(now,
                          quote(payload_) + " was answered with " + quote(text) + ", not a number");
    }
    reply_.number = *number;
    if (!accepted_) return finish(Outcome::refused, std::move(reply_.problem));
    if (std::abs(*number - written_) <= tolerance_) return finish(Outcome::answered);
    finish(Outcome::differs, std::string(instruction_->mnemonic) + " was accepted as " +
                                 fixed(written_, instruction_->decimals).text +
                                 ", but reads back as " + std::string(text));
}

void Host::take_count(std::span<const Byte> payload, Time now) {
    reply_.text = text_of(payload);
    // The manual says "first answer is 28" and leaves open whether as text or as a byte.
    reply_.binary_count = payload.size() == 1 && payload.front() < first_digit;
    const std::optional<double> number =
        reply_.binary_count ? payload.front() : number_from(reply_.text);
    if (!number || *number < 1 || *number > most_payload || *number != std::floor(*number)) {
        return take_wrong(
            now, quote(payload_) + " was answered with " + quote(reply_.text) + ", not a count");
    }
    count_ = static_cast<std::size_t>(*number);
    deadline_ = now + options_.timeout;
}

void Host::take_array(std::span<const Byte> payload, Time now) {
    const std::size_t item = instruction_->type == Type::floats ? sizeof(float) : 1;
    const bool fits = !instruction_->counts_bytes || payload.size() == *count_;
    if (!fits || payload.size() % item != 0) {
        return take_wrong(now, quote(payload_) + " was answered with " +
                                   std::to_string(payload.size()) +
                                   " bytes of data after the count " + std::to_string(*count_));
    }
    if (item == 1) {
        reply_.bytes.assign(payload.begin(), payload.end());
        return finish(Outcome::answered);
    }
    reply_.floats.push_back(floats_from(payload));
    deadline_ = now + options_.timeout;
    if (instruction_->counts_bytes || reply_.floats.size() == *count_) finish(Outcome::answered);
}

void Host::take_wrong(Time now, std::string problem) {
    if (reply_.attempts > options_.retries)
        return finish(Outcome::wrong_answer, std::move(problem));
    // Perhaps what came is part of another answer, whose beginning was lost: let it pass.
    waiting_ = false;
    quiet_until_ = now + options_.timeout;
    deadline_ = quiet_until_ + options_.timeout;
}

bool Host::try_other_name(Time now) {
    if (!is_balanced_cells(instruction_->name) || other_name_tried_) return false;
    other_name_tried_ = true;
    asked_ = asked_ == "WCIB"_name ? "WCBI"_name : "WCIB"_name;
    prepare(Step::ask, to_string(asked_) + "?", now);
    return true;
}

void Host::finish(Outcome outcome, std::string problem) {
    if (outcome == Outcome::answered && is_balanced_cells(instruction_->name))
        balanced_cells_ = asked_;
    reply_.outcome = outcome;
    reply_.problem = std::move(problem);
    waiting_ = false;
    busy_ = false;
}

}  // namespace bmsrig::rs485
