// A CAN collector: what stands on the buses of a test, collected into blocks before it is stored.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reports/can_blocks.h"

namespace bmsrig {

/// Collects the events of one test, bus by bus. Memory does not grow with the test.
class CanCollector {
  public:
    /// Events in a full block: half a minute of a full bus of 250 kbit/s, a quarter of an hour
    /// of a unit with eight identifiers a tenth of a second.
    static constexpr std::size_t block_events = 64U << 10U;

    /// Takes a block, packed; those of a bus count from 0. `count` is how many events it holds.
    using Store = std::function<void(std::string_view bus, int block, std::size_t count,
                                     std::string_view data)>;

    explicit CanCollector(Store store) : store_(std::move(store)) {}

    void add(std::string_view bus, const CanEvent& event);
    /// Stores what has been collected, however little it is.
    void flush();
    /// Stores what is left; the blocks of the next test count from 0 again.
    void finish();

  private:
    struct Bus {
        std::string name;
        std::unique_ptr<CanBlockWriter> writer;
        int blocks = 0;
    };
    Bus& bus_of(std::string_view name);
    void store(Bus& bus);

    Store store_;
    std::vector<Bus> buses_;  // few; the order in which they first spoke
};

}  // namespace bmsrig
