// A BMS that is nothing but its registers: for tests, the benchmark and the fuzz targets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "drivers/rs485/unit.h"

namespace bmsrig::rs485 {

/// Every setting of a table at its default, and the values of the golden frames.
class FakeRegisters : public Registers {
  public:
    explicit FakeRegisters(const Table& table) {
        for (const Instruction& instruction : table.instructions) {
            if (instruction.is_setting()) numbers[instruction.name] = instruction.initial;
        }
    }

    double number(Name name) override { return numbers[name]; }
    bool set_number(Name name, double value) override {
        if (name == refused) return false;
        numbers[name] = value;
        return true;
    }
    std::string text(Name name) override { return texts[name]; }
    std::vector<std::vector<float>> floats(Name name) override { return arrays[name]; }
    std::vector<Byte> bytes(Name name) override {
        return name == "ERRO"_name ? std::vector<Byte>{1, 1, 2, 5}
                                   : std::vector<Byte>{1, 5, 1, 12, 1, 2, 1, 24};
    }
    bool command(Name name, double value) override {
        commands.emplace_back(name, value);
        return name != refused;
    }

    std::map<Name, double> numbers;
    std::map<Name, std::string> texts{{"SWVR"_name, "1.6"}, {"TIME"_name, "12:34:56"}};
    std::map<Name, std::vector<std::vector<float>>> arrays{
        {"LCD1"_name, {{3.3F, 3.35F, -12.5F, 25.0F, 53.2F, 0.71F, 0.98F}}},
        {"CELL"_name, {{3.3F, 3.31F, 3.32F, 3.33F}}},
        {"PTEM"_name, {{25.0F, 24.5F}}},
        {"BTEM"_name, {{31.0F}}},
        {"RINT"_name, {{0.001F, 0.002F}, {0.003F}}}};
    std::vector<std::pair<Name, double>> commands;
    Name refused{};  ///< what this BMS does not take although the table does
};

}  // namespace bmsrig::rs485
