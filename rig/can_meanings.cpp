#include "rig/can_meanings.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "rig/names.h"

namespace bmsrig {

namespace {

SignalInfo info_of(const CanDatabase& database, const CanDatabase::Signal& signal) {
    SignalInfo info{lower_case("can." + database.name() + "." + signal.name), SignalKind::analog};
    if (const auto unit = find_unit(signal.unit)) {
        info.unit = *unit;
    } else {
        info.other_unit = signal.unit;
    }
    return info;
}

}  // namespace

void CanMeanings::add(const CanDatabase& database) {
    for (std::size_t i = 0; i < database.messages().size(); ++i) {
        const CanDatabase::Message& message = database.messages()[i];
        Meaning meaning{&database, i, {}, false};
        for (const CanDatabase::Signal& signal : message.signals) {
            meaning.signals.push_back(trace_.find_or_declare(info_of(database, signal)));
            meaning.multiplexed = meaning.multiplexed || signal.multiplexed;
        }
        values_.resize(std::max(values_.size(), message.signals.size()));
        meanings_.at(message.id, message.extended).push_back(std::move(meaning));
    }
}

/// An identifier of 11 bits may be sent with 29 (REC units do, by a setting): the payload is the
/// same, so that it means the same unless a database says otherwise.
const std::vector<CanMeanings::Meaning>* CanMeanings::meanings_of(const CanFrame& frame) const {
    const auto* found = meanings_.find(frame.id, frame.extended);
    return found != nullptr || !frame.extended ? found : meanings_.find(frame.id, false);
}

void CanMeanings::take(Instant time, const CanFrame& frame) {
    Heard& heard = heard_.at(frame.id, frame.extended);
    if (heard.any && heard.repeats_say_nothing && heard.frame == frame) return;
    if (!heard.any) {
        heard.any = true;
        heard.meanings = meanings_of(frame);
        heard.repeats_say_nothing = heard.meanings == nullptr ||
                                    std::ranges::none_of(*heard.meanings, &Meaning::multiplexed);
    }
    heard.frame = frame;
    if (heard.meanings == nullptr || frame.remote) return;
    for (const Meaning& meaning : *heard.meanings) decode(meaning, time, frame);
}

void CanMeanings::decode(const Meaning& meaning, Instant time, const CanFrame& frame) {
    const std::span values = std::span(values_).first(meaning.signals.size());
    meaning.database->decode(meaning.message, frame.bytes(), values);
    if (meaning.multiplexed) {
        append_carried(meaning, time, frame);
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        trace_.append(meaning.signals[i], time, values[i]);
    }
}

void CanMeanings::append_carried(const Meaning& meaning, Instant time, const CanFrame& frame) {
    const CanDatabase::Message& message = meaning.database->messages()[meaning.message];
    const bool is_whole = frame.length >= message.length;
    for (std::size_t i = 0; i < meaning.signals.size(); ++i) {
        const bool multiplexed = message.signals[i].multiplexed;
        if (multiplexed && is_whole && std::isnan(values_[i])) continue;  // it is another page
        trace_.append(meaning.signals[i], time, values_[i]);
        if (multiplexed) carried_[meaning.signals[i]] = time;
    }
}

std::optional<Instant> CanMeanings::carried(SignalId signal) const {
    const auto found = carried_.find(signal);
    return found == carried_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace bmsrig
