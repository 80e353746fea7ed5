#include "drivers/scpi/core.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>
#include <utility>

#include "drivers/scpi/address.h"
#include "drivers/scpi/client.h"
#include "drivers/scpi/options.h"
#include "drivers/scpi/profile.h"
#include "drivers/scpi/values.h"
#include "drivers/virtual_common/quantiser.h"
#include "drivers/virtual_common/virtual_instrument.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig::scpi {

namespace {

constexpr double longest_seconds = 60;

Duration take_time(InstrumentSpec& spec, std::string_view key, double otherwise, double least) {
    return duration_from_seconds(spec.number(key, Unit::second, otherwise, least, longest_seconds));
}

std::vector<std::string> take_list(InstrumentSpec& spec, std::string_view key) {
    const DriverOption* option = find_option(spec, key);
    if (option == nullptr) return {};
    const auto parts = split(option->text, ',');
    return {parts.begin(), parts.end()};
}

}  // namespace

Core::Core(InstrumentSpec& spec, const DriverContext& context, const CoreDefaults& defaults)
    : name_(spec.name), reactor_(require_reactor(spec, context)), scheduler_(context.scheduler) {
    apply_profile(spec, defaults.profile);
    identify_ =
        CommandTemplate::take(spec, "identify", {CommandTemplate::Kind::query, {}, {}, true});
    calibration_date_ =
        CommandTemplate::take(spec, "calibration_date", {CommandTemplate::Kind::query});
    reset_ = CommandTemplate::take(spec, "reset", {});
    calibrated_ = spec.date("calibrated");
    holds_ = defaults.takes_safe && take_word(spec, "safe", {"off", "hold"}, "off") == "hold";
    joins_ = take_word(spec, "messages", {"joined", "single"}, "joined") == "joined";
    constexpr int shortest = 64;
    constexpr int usual = 1024;
    constexpr int longest = 65536;
    longest_message_ =
        static_cast<std::size_t>(spec.integer("longest_message", usual, shortest, longest));
    patience_ = take_time(spec, "patience", 2, 0);
    settling_ = take_time(spec, "latency", 2e-3, 0) +
                take_time(spec, defaults.settling_option, to_seconds(defaults.settling), 0);
    take_units(spec, defaults, reactor_);
}

Core::~Core() = default;

void Core::take_units(InstrumentSpec& spec, const CoreDefaults& defaults, Reactor& reactor) {
    channels_ = spec.integer("channels", defaults.channels, 1, defaults.most_channels);
    const std::vector<Address> addresses = take_addresses(spec);
    per_unit_ = addresses.size() == 1 ? channels_ : defaults.channels_per_unit;
    const auto most = static_cast<std::size_t>(per_unit_) * addresses.size();
    const auto count = static_cast<std::size_t>(channels_);
    if (per_unit_ == 0 || count > most || count + static_cast<std::size_t>(per_unit_) <= most) {
        throw InputError(
            spec.file, spec.line,
            "instrument \"" + name_ + "\": " + std::to_string(addresses.size()) +
                " addresses stand here for " + std::to_string(channels_) + " channels; expected " +
                (per_unit_ == 0 ? "one address" : "one for each " + std::to_string(per_unit_)));
    }
    if (defaults.channels_per_unit != 0 && per_unit_ > defaults.channels_per_unit) {
        throw InputError(spec.file, spec.line,
                         "instrument \"" + name_ + "\": one unit has " +
                             std::to_string(defaults.channels_per_unit) + " channels, not " +
                             std::to_string(channels_) + "; give several units with \"addresses\"");
    }
    numbers_ =
        take_channels(spec, "numbers", static_cast<std::size_t>(per_unit_), counted(1, per_unit_));
    serials_ = take_list(spec, "serial_number");
    if (!serials_.empty() && serials_.size() != addresses.size()) {
        refuse_option(
            spec, *find_option(spec, "serial_number"),
            "expected one for each of the " + std::to_string(addresses.size()) + " units");
    }
    ClientSettings settings;
    settings.instrument = name_;
    settings.timeout = take_time(spec, "timeout", 1, 1e-3);
    settings.watch_interval = take_time(spec, "watch_interval", 0, 0);
    line_end_ = take_word(spec, "line_end", {"lf", "crlf"}, "lf") == "lf" ? "\n" : "\r\n";
    settings.line_end = line_end_;
    settings.error_query =
        CommandTemplate::take(spec, "error", {CommandTemplate::Kind::query}).fill({});
    for (const Address& address : addresses) {
        clients_.push_back(std::make_unique<Client>(reactor, address, settings));
    }
    idn_.resize(clients_.size());
}

void Core::check(int channel) const {
    check_channel(name_, channel, channels_);
}

std::vector<int> Core::channels_of(std::size_t unit) const {
    const int first = static_cast<int>(unit) * per_unit_ + 1;
    return counted(first, std::min(first + per_unit_ - 1, channels_));
}

std::vector<std::string> Core::fill(const CommandTemplate& command, std::span<const int> channels,
                                    std::span<const double> values) const {
    if (command.empty() || channels.empty()) return {};
    std::vector<int> numbers;
    numbers.reserve(channels.size());
    for (const int channel : channels) numbers.push_back(number_of(channel));
    if (command.has(Hole::channels) && (values.empty() || command.has(Hole::values))) {
        return {command.fill({.channels = numbers, .values = values})};
    }
    std::vector<std::string> commands;
    commands.reserve(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        commands.push_back(command.fill({.channel = numbers[i],
                                         .channels = {&numbers[i], 1},
                                         .value = values.empty() ? 0 : values[i]}));
    }
    return commands;
}

std::vector<std::string> Core::messages(const std::vector<std::string>& commands) const {
    if (!joins_) return commands;
    std::vector<std::string> made;
    std::vector<std::string> together;
    std::size_t length = 0;
    for (const std::string& command : commands) {
        if (length + command.size() + 2 > longest_message_ && !together.empty()) {
            made.push_back(in_one_message(std::exchange(together, {})));
            length = 0;
        }
        length += command.size() + 2;
        together.push_back(command);
    }
    if (!together.empty()) made.push_back(in_one_message(together));
    return made;
}

void Core::send(std::size_t unit, const std::vector<std::string>& commands) {
    clients_[unit]->commands(messages(commands));
}

void Core::expect(std::size_t unit, const std::string& query, AnswerCheck check) {
    clients_[unit]->expect(query, std::move(check));
}

void Core::watch(const std::string& query, const AnswerCheck& check) {
    for (const auto& unit : clients_) unit->watch(query, check);
}

double Core::read(const CommandTemplate& query, int channel) {
    check(channel);
    Client& unit = *clients_[unit_of(channel)];
    const int number = number_of(channel);
    const std::string text = query.fill({.channel = number, .channels = {&number, 1}});
    return unit.number(text, unit.query(text));
}

Identity Core::identify() {
    Identity all;
    for (std::size_t unit = 0; unit < units(); ++unit) {
        clients_[unit]->open(patience_);
        const Identity one = identify(unit);
        if (unit == 0) {
            all = one;
            continue;
        }
        all.serial += ", " + one.serial;
        if (one.firmware != all.firmware) all.firmware += ", " + one.firmware;
        all.calibrated = older_date(all.calibrated, one.calibrated);
    }
    return all;
}

Identity Core::identify(std::size_t unit) {
    Client& asked = *clients_[unit];
    idn_[unit] = asked.query_alone(identify_.fill({}));
    const auto fields = split(idn_[unit], ',');
    constexpr std::size_t expected = 4;
    if (fields.size() < expected) {
        asked.give_up("it says it is " + shown(idn_[unit]) +
                      "; expected maker, model, serial number and firmware by commas");
    }
    Identity identity{std::string(fields[0]), std::string(fields[1]), std::string(fields[2]),
                      std::string(fields[3]), calibrated_};
    for (std::size_t i = expected; i < fields.size(); ++i)
        identity.firmware.append(",").append(fields[i]);
    check_serial(unit, identity);
    if (!calibration_date_.empty() && calibrated_.empty()) {
        identity.calibrated = iso_date(asked.query_alone(calibration_date_.fill({})));
    }
    return identity;
}

void Core::check_serial(std::size_t unit, const Identity& identity) const {
    if (serials_.empty() || serials_[unit] == identity.serial) return;
    // Left at once: what is told to this instrument from now on would reach the other.
    clients_[unit]->give_up("another instrument is there: " + identity.model +
                            " with the serial number " + identity.serial + "; expected " +
                            serials_[unit] + ", as the bench file says");
}

void Core::start(const StateOf& power_on) {
    for (std::size_t unit = 0; unit < units(); ++unit) {
        if (clients_[unit]->open(patience_)) identify(unit);
        std::vector<std::string> commands;
        if (!reset_.empty()) commands.push_back(reset_.fill({}));
        std::ranges::copy(power_on(unit), std::back_inserter(commands));
        send(unit, commands);
    }
    for (const auto& unit : clients_) unit->finish();
    reactor_.wait_alone([] { return false; }, settling_);
    settled_at_ = Instant{};
}

bool Core::has_to_connect() const {
    return !std::ranges::all_of(clients_, [](const auto& unit) { return unit->is_open(); });
}

void Core::make_safe(const StateOf& off) {
    std::exception_ptr problem;
    std::vector<std::size_t> order(units());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_partition(order,
                                  [&](std::size_t unit) { return clients_[unit]->is_open(); });
    for (const std::size_t unit : order) {
        try {
            // What is connected anew may be another instrument, in use by others.
            if (clients_[unit]->open(patience_) && !serials_.empty()) identify(unit);
            send(unit, off(unit));
        } catch (const InstrumentError&) {
            if (!problem) problem = std::current_exception();  // the others all the same
        }
    }
    moved();
    if (problem) std::rethrow_exception(problem);
}

void Core::finish() {
    for (const auto& unit : clients_) {
        if (unit->is_open()) unit->finish();
    }
}

std::vector<SafeAction> Core::safe_actions(const StateOf& off) const {
    std::vector<SafeAction> actions;
    for (std::size_t unit = 0; unit < units() && !holds_; ++unit) {
        if (!clients_[unit]->is_open()) continue;
        // Ends a line that the rig did not finish; nobody else's answer looks like its identity.
        std::string text = line_end_;
        for (const std::string& message : messages(off(unit))) text += message + line_end_;
        text += identify_.fill({}) + line_end_;
        SafeAction action;
        action.does = "switches \"" + name_ + "\" at " + clients_[unit]->address() + " off";
        action.descriptor = clients_[unit]->descriptor();
        action.bytes.assign(text.begin(), text.end());
        action.answer = idn_[unit];
        actions.push_back(std::move(action));
    }
    return actions;
}

Instant Core::now() const {
    return std::max(reactor_.now(), scheduler_.now());
}

void Core::moved(Duration longer) {
    settled_at_ = std::max(settled_at_, now() + settling_ + longer);
}

Range take_range(InstrumentSpec& spec, Unit unit, double most) {
    Range range;
    range.unit = unit;
    const auto take = [&](std::string_view key, double low) {
        const double value = spec.number(key, unit, std::nan(""), low, most);
        if (!std::isnan(value)) return value;
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name + "\": the option \"" + std::string(key) +
                             "\" is missing; expected it from the instrument's data sheet");
    };
    constexpr double finest = 1e-9;
    range.minimum = take("minimum", -most);
    range.maximum = take("maximum", -most);
    range.resolution = take("resolution", finest);
    range.accuracy = take("accuracy", finest);
    if (range.minimum >= range.maximum) {
        throw InputError(spec.file, spec.line,
                         "instrument \"" + spec.name + "\": minimum " +
                             format_quantity(range.minimum, unit) + " is not below maximum " +
                             format_quantity(range.maximum, unit));
    }
    return range;
}

double in_force(const Core& core, const Range& range, int channel, double value) {
    core.check(channel);
    if (value >= range.minimum && value <= range.maximum) {
        return Quantiser(range.resolution, range.minimum, range.maximum).round(value);
    }
    throw RatingError(
        "instrument \"" + core.name() + "\", channel " + std::to_string(channel) + ": " +
        format_quantity(value, range.unit) + " was asked for, but its range is " +
        format_quantity(range.minimum, range.unit) + " .. " +
        format_quantity(range.maximum, range.unit) + "; refused, nothing was changed");
}

}  // namespace bmsrig::scpi
