// The commands of a kind of instrument, joined to a virtual one.
#pragma once

#include "drivers/instrument_server/scpi_device.h"

namespace bmsrig::scpi_server {

/// Handlers take all their parameters and call Call::finish() before they act: a message that is
/// wrong changes nothing.
class CommandSet {
  public:
    virtual ~CommandSet() = default;
    CommandSet(const CommandSet&) = delete;
    CommandSet& operator=(const CommandSet&) = delete;

    /// To be called once; this outlives the device.
    virtual void add_to(Device& device) = 0;
    /// As after power-on, which is the safe state.
    virtual void reset() = 0;

  protected:
    CommandSet() = default;
};

/// Of a vector with one element for each channel.
template <typename Vector>
auto& at_channel(Vector& vector, int channel) {
    return vector[static_cast<std::size_t>(channel) - 1];
}

/// Adds the query of something that channels have: `read` gives the text of one.
template <typename Read>
void add_channel_query(Device& device, std::string_view pattern, int count, Read read) {
    device.add(pattern, [count, read](Call& call) {
        const auto channels = call.channels(count);
        call.finish();
        std::string text;
        for (const int channel : channels) {
            if (!text.empty()) text += ',';
            text += read(channel);
        }
        call.answer(std::move(text));
    });
}

/// Adds "<header> <value>[,<value>...][,<list>]": one value for all channels, or one for each.
/// `take` takes a value of the call, `set` sets a channel; all values are taken before the first is
/// set.
template <typename Take, typename Set>
void add_channel_setting(Device& device, std::string_view pattern, int count, Take take, Set set) {
    device.add(pattern, [count, take, set](Call& call) {
        std::vector<decltype(take(call))> values{take(call)};
        while (!call.has(Parameter::Kind::channels) && call.has_more()) {
            values.push_back(take(call));
        }
        const auto channels = call.channels(count);
        call.finish();
        if (values.size() != 1 && values.size() != channels.size()) {
            throw Failure(values.size() < channels.size() ? code::missing : code::not_allowed);
        }
        for (std::size_t i = 0; i < channels.size(); ++i) {
            set(channels[i], values.size() == 1 ? values.front() : values[i]);
        }
    });
}

}  // namespace bmsrig::scpi_server
