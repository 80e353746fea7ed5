// The frames of golden_frames.csv, for tests, the benchmark and the seeds of the fuzz targets.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "drivers/rs485/frame.h"

namespace bmsrig::rs485 {

/// A frame that did not come from the encoder under test.
struct GoldenFrame {
    std::vector<Byte> bytes;
    Byte destination;
    Byte sender;
    std::string text;  ///< the payload, empty where it is none
    std::string kind;  ///< manual, public (real ones) or synthetic
    std::string note;
};

inline std::vector<Byte> bytes_from_hex(const std::string& text) {
    std::vector<Byte> bytes;
    std::istringstream words(text);
    std::string word;
    while (words >> word) bytes.push_back(static_cast<Byte>(std::stoi(word, nullptr, 16)));
    return bytes;
}

/// The file's frames. Throws std::runtime_error if it cannot be read.
inline std::vector<GoldenFrame> golden_frames(const std::string& file = RS485_GOLDEN_FRAMES) {
    std::ifstream lines(file);
    std::string line;
    if (!std::getline(lines, line)) throw std::runtime_error(file + " cannot be read");
    std::vector<GoldenFrame> frames;
    while (std::getline(lines, line)) {
        std::vector<std::string> cells;
        std::istringstream row(line + ",");
        for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
        if (cells.size() != 7) throw std::runtime_error(file + ": expected 7 columns: " + line);
        frames.push_back({bytes_from_hex(cells[0]), static_cast<Byte>(std::stoi(cells[1])),
                          static_cast<Byte>(std::stoi(cells[2])), cells[3], cells[4], cells[6]});
    }
    return frames;
}

/// The golden frame with this payload or note.
inline std::vector<Byte> golden(const std::string& text) {
    for (const GoldenFrame& frame : golden_frames()) {
        if (frame.text == text || frame.note == text) return frame.bytes;
    }
    throw std::runtime_error("no golden frame " + text);
}

}  // namespace bmsrig::rs485
