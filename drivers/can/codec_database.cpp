#include "drivers/can/codec_database.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "rig/error.h"

namespace bmsrig {

CodecDatabase::CodecDatabase(std::string name, std::vector<Codec> codecs) : name_(std::move(name)) {
    for (Codec& codec : codecs) {
        functions_.push_back({codec.decode, codec.encode, codec.message.length,
                              codec.message.signals.size(), std::move(codec.bytes_needed)});
        messages_.push_back(std::move(codec.message));
    }
}

void CodecDatabase::refuse(std::size_t message, std::size_t values) const {
    const Message& refused = messages_[message];
    throw Error("message " + name_ + "." + refused.name + " has " +
                std::to_string(refused.signals.size()) + " signals, but there are " +
                std::to_string(values) + " values");
}

void CodecDatabase::decode(std::size_t message, std::span<const std::uint8_t> data,
                           std::span<double> values) const {
    const Functions& functions = functions_.at(message);
    if (values.size() != functions.signals) refuse(message, values.size());
    if (data.size() >= functions.length) {
        functions.decode(data.data(), values.data());
        return;
    }
    std::array<std::uint8_t, 8> padded{};
    std::ranges::copy(data, padded.begin());
    functions.decode(padded.data(), values.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (functions.bytes_needed[i] > data.size())
            values[i] = std::numeric_limits<double>::quiet_NaN();
    }
}

std::vector<std::uint8_t> CodecDatabase::encode(std::size_t message,
                                                std::span<const double> values) const {
    const Message& layout = messages_.at(message);
    if (values.size() != layout.signals.size()) refuse(message, values.size());
    std::vector<double> inside;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const CanDatabase::Signal& signal = layout.signals[i];
        // Of a number and what is not one, fmax gives the number.
        inside.push_back(std::fmin(std::fmax(signal.low, values[i]), signal.high));
    }
    std::vector<std::uint8_t> data(layout.length);
    functions_[message].encode(inside.data(), data.data());
    return data;
}

}  // namespace bmsrig
