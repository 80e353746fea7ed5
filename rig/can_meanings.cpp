#include "rig/can_meanings.h"

#include <algorithm>
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
        Meaning meaning{&database, i, {}};
        for (const CanDatabase::Signal& signal : message.signals) {
            const SignalInfo info = info_of(database, signal);
            const auto known = trace_.find(info.name);
            meaning.signals.push_back(known ? *known : trace_.declare(info));
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
    if (heard.any && heard.frame == frame) return;  // nothing that it says has changed
    if (!heard.any) heard.meanings = meanings_of(frame);
    heard.any = true;
    heard.frame = frame;
    if (heard.meanings == nullptr || frame.remote) return;
    for (const Meaning& meaning : *heard.meanings) decode(meaning, time, frame);
}

void CanMeanings::decode(const Meaning& meaning, Instant time, const CanFrame& frame) {
    const std::span values = std::span(values_).first(meaning.signals.size());
    meaning.database->decode(meaning.message, frame.bytes(), values);
    for (std::size_t i = 0; i < values.size(); ++i) {
        trace_.append(meaning.signals[i], time, values[i]);
    }
}

}  // namespace bmsrig
