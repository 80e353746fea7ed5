// The golden vectors of test_data, for tests and benchmarks.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "rig/can_database.h"

namespace bmsrig {

inline std::size_t message_of(const CanDatabase& database, std::uint32_t id) {
    const auto& messages = database.messages();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].id == id) return i;
    }
    throw std::out_of_range(database.name() + " has no such message");
}

/// A line of golden_vectors.csv.
struct GoldenFrame {
    int line = 0;
    std::string database;
    std::uint32_t id = 0;
    std::vector<std::uint8_t> data;
    std::map<std::string, double> values;  ///< signals not named are 0
    std::string text;                      ///< of a message that is a text

    [[nodiscard]] double value_of(const std::string& signal, std::size_t place) const {
        if (place < text.size()) return text[place];
        const auto named = values.find(signal);
        return named == values.end() ? 0 : named->second;
    }
};

inline std::vector<GoldenFrame> golden_frames() {
    std::vector<GoldenFrame> frames;
    std::ifstream file(std::string(BMSRIG_SOURCE_DIR) +
                       "/drivers/can/test_data/golden_vectors.csv");
    std::string row;
    for (int line = 1; std::getline(file, row); ++line) {
        std::istringstream columns(row);
        GoldenFrame frame;
        frame.line = line;
        std::string id;
        std::string data;
        std::string signals;
        std::getline(columns, frame.database, ',');
        std::getline(columns, id, ',');
        std::getline(columns, data, ',');
        std::getline(columns, signals, ',');
        if (line == 1 || signals.empty()) continue;  // the head, and a frame no database knows
        frame.id = static_cast<std::uint32_t>(std::stoul(id, nullptr, 16));
        for (std::size_t i = 0; i < data.size(); i += 2)
            frame.data.push_back(
                static_cast<std::uint8_t>(std::stoul(data.substr(i, 2), nullptr, 16)));
        std::istringstream pairs(signals);
        for (std::string pair; pairs >> pair;) {
            const std::string name = pair.substr(0, pair.find('='));
            const std::string value = pair.substr(name.size() + 1);
            if (name == "text")
                frame.text = value;
            else
                frame.values[name] = std::stod(value);
        }
        frames.push_back(std::move(frame));
    }
    return frames;
}

}  // namespace bmsrig
