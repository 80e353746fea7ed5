// Tells when a descriptor has something to read, for as long as this lives.
#pragma once

#include <functional>
#include <memory>

#include "rig/reactor.h"

namespace bmsrig {

/// The descriptor stays that of whoever opened it, and must outlive this.
class DescriptorWatch {
  public:
    /// `ready` reads what waits; it is called again for as long as something does.
    DescriptorWatch(Reactor& reactor, int descriptor, std::function<void()> ready);
    ~DescriptorWatch();
    DescriptorWatch(const DescriptorWatch&) = delete;
    DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  private:
    struct State;
    static void wait(const std::shared_ptr<State>& state);
    std::shared_ptr<State> state_;
};

}  // namespace bmsrig
