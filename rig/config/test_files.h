// For tests of readers: files in a folder of their own, and what a reader says about them.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rig/error.h"

namespace bmsrig {

/// A folder that goes with the test.
class TestFolder {
  public:
    TestFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "bmsrig_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no folder for the test: " + name);
        path_ = name;
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    std::filesystem::path write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

/// The message with which `action` refuses its input, the folder taken off; "" if it does not.
template <typename Action>
std::string refusal_in(const TestFolder& folder, const Action& action) {
    try {
        action();
    } catch (const InputError& problem) {
        std::string text = problem.what();
        const std::string prefix = folder.path().string() + "/";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }
    return {};
}

/// A mistake in a file and how the message about it begins and what else it says.
struct Mistake {
    std::string what;    ///< for whoever reads the test
    std::string from;    ///< text in the good file
    std::string to;      ///< what stands there instead
    std::string begins;  ///< "<file>:<line>: ..."
    std::vector<std::string> says;
};

/// `text` with the one place where it says `from` changed to `to`. Throws if there is none, or more
/// than one.
inline std::string changed(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) {
        throw std::logic_error("the good file must say this once: " + from);
    }
    return text.replace(at, from.size(), to);
}

}  // namespace bmsrig
