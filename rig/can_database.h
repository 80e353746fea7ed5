// The layout of CAN messages: what the bytes of a frame mean. drivers/can has those that were
// generated from DBC files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace bmsrig {

class CanDatabase {
  public:
    struct Signal {
        std::string name;  ///< as the DBC file has it, unique in the database: "SOC"
        std::string unit;  ///< as the DBC file has it: "V", "A", "degC", "%"
        double resolution = 1;
        double low = 0;  ///< the range that the file states
        double high = 0;
        std::map<int, std::string> words{};  ///< a value table's words by raw value
        bool multiplexed = false;            ///< some frames of its message do not carry it
    };
    struct Message {
        std::uint32_t id = 0;
        bool extended = false;
        std::string name;
        std::uint8_t length = 0;
        std::vector<Signal> signals;
    };

    virtual ~CanDatabase() = default;
    CanDatabase(const CanDatabase&) = delete;
    CanDatabase& operator=(const CanDatabase&) = delete;

    /// "rec", "victron".
    [[nodiscard]] virtual const std::string& name() const = 0;
    [[nodiscard]] virtual const std::vector<Message>& messages() const = 0;

    /// Physical values of a message's signals, in their order; NaN where `data` is too short for
    /// one, or another multiplexer value stands in it.
    virtual void decode(std::size_t message, std::span<const std::uint8_t> data,
                        std::span<double> values) const = 0;
    /// The inverse. A value outside its signal's range is taken as the nearest end.
    [[nodiscard]] virtual std::vector<std::uint8_t> encode(
        std::size_t message, std::span<const double> values) const = 0;

  protected:
    CanDatabase() = default;
};

}  // namespace bmsrig
