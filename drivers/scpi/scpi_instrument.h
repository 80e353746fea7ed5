// The part of a SCPI driver that follows from its core, for any interface.
#pragma once

#include <string>
#include <vector>

#include "drivers/scpi/core.h"

namespace bmsrig::scpi {

/// An `Interface` (CellSimulator, ...) of real instruments. What is left to a driver is its own
/// functions, its states off and of power-on, and forgetting what it was told.
template <typename Interface>
class ScpiInstrument : public Interface {
  public:
    [[nodiscard]] const std::string& name() const override { return core_.name(); }
    [[nodiscard]] int channels() const override { return core_.channels(); }
    Identity identify() override { return core_.identify(); }
    void make_safe() override {
        if (core_.holds()) return;
        forget();
        core_.make_safe([this](std::size_t unit) { return off(unit); });
    }
    [[nodiscard]] bool has_to_connect() const override { return core_.has_to_connect(); }
    void finish() override { core_.finish(); }
    [[nodiscard]] std::vector<SafeAction> safe_actions() const override {
        return core_.safe_actions([this](std::size_t unit) { return off(unit); });
    }
    [[nodiscard]] Instant settled_at() const override { return core_.settled_at(); }
    void restart(std::uint64_t /*seed*/) override {
        forget();
        core_.start([this](std::size_t unit) { return power_on(unit); });
    }

  protected:
    ScpiInstrument(InstrumentSpec& spec, const DriverContext& context, const CoreDefaults& defaults)
        : core_(spec, context, defaults) {}

    /// The commands that make a unit safe.
    [[nodiscard]] virtual std::vector<std::string> off(std::size_t unit) const = 0;
    /// Those that put it into the state of power-on, after its reset.
    [[nodiscard]] virtual std::vector<std::string> power_on(std::size_t unit) const {
        return off(unit);
    }
    /// What the driver has noted of outputs and faults is no longer so: all is off.
    virtual void forget() = 0;

    Core core_;
};

inline void append(std::vector<std::string>& commands, const std::vector<std::string>& more) {
    commands.insert(commands.end(), more.begin(), more.end());
}

}  // namespace bmsrig::scpi
