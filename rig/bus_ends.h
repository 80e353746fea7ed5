// The buses of one kind where the rig stands on them: found by name, told apart by adapter and
// channel.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/names.h"
#include "rig/wiring.h"

namespace bmsrig {

/// `Adapter` is the interface of the instrument, `Kept` what is remembered of a bus.
template <typename Adapter, typename Kept>
class BusEnds {
  public:
    struct End {
        const BusNet* net = nullptr;
        Adapter* adapter = nullptr;
        Kept kept;
        [[nodiscard]] int channel() const { return net->adapter.channel; }
    };

    /// `kind` is for messages: "CAN", "serial".
    explicit BusEnds(std::string kind) : kind_(std::move(kind)) {}

    void clear() { ends_.clear(); }
    /// The net must outlive this.
    End& add(const BusNet& net, Adapter& adapter) {
        End& end = ends_[net.name];
        end.net = &net;
        end.adapter = &adapter;
        return end;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        return names_of(ends_, &decltype(ends_)::value_type::first);
    }
    /// Throws Error naming the buses of this kind that there are.
    [[nodiscard]] const End& at(std::string_view bus) const {
        const auto found = ends_.find(bus);
        if (found != ends_.end()) return found->second;
        throw InputError(unknown_name(kind_ + " bus", bus, names()));
    }
    [[nodiscard]] End& at(std::string_view bus) {
        return const_cast<End&>(std::as_const(*this).at(bus));  // it is this object's own
    }
    /// Calls `action` for every end.
    template <typename Action>
    void each(const Action& action) {
        for (auto& [name, end] : ends_) action(end);
    }
    /// Calls `action` for the end at this channel of an adapter.
    template <typename Action>
    void at(const Adapter* adapter, int channel, const Action& action) {
        each([&](End& end) {
            if (end.adapter == adapter && end.channel() == channel) action(end);
        });
    }

  private:
    std::string kind_;
    std::map<std::string, End, std::less<>> ends_;
};

}  // namespace bmsrig
