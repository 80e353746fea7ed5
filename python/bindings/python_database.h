// A CAN database that is written in Python.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "rig/can_database.h"

namespace bmsrig::python {

/// What `_core.CanDatabase` is when Python code derives from it: decode() and encode() call the
/// derived class, from any thread.
class PythonDatabase : public CanDatabase {
  public:
    PythonDatabase(std::string name, std::vector<Message> messages)
        : name_(std::move(name)), messages_(std::move(messages)) {}

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::vector<Message>& messages() const override { return messages_; }

    /// Both throw Error if the derived class lacks the method, raises, or gives another number of
    /// values or bytes.
    void decode(std::size_t message, std::span<const std::uint8_t> data,
                std::span<double> values) const override;
    [[nodiscard]] std::vector<std::uint8_t> encode(std::size_t message,
                                                   std::span<const double> values) const override;

  private:
    /// Calls the derived class, and makes an Error of what goes wrong there.
    template <typename Result>
    Result call(const char* method, std::size_t message, const pybind11::object& argument) const;

    std::string name_;
    std::vector<Message> messages_;
};

}  // namespace bmsrig::python
