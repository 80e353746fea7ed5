#include "rig/scratch_files.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

ScratchFiles::~ScratchFiles() {
    std::error_code ignored;  // what is left is the system's to clean up
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void ScratchFiles::clear() {
    if (folder_.empty()) return;
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, problem)) {
        std::filesystem::remove_all(entry.path(), problem);
    }
    if (problem) {
        throw Error("the scratch files in " + folder_.string() + " cannot be removed: " +
                    problem.message() + "; the next unit would not be a new one");
    }
}

std::vector<std::pair<std::string, std::string>> ScratchFiles::arguments(const Settings& settings) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const SettingSpec& spec : settings.specs()) {
        if (!spec.is_scratch_file) continue;
        make_folder();
        found.emplace_back(spec.name, (folder_ / spec.name).string());
    }
    return found;
}

std::filesystem::path ScratchFiles::path(const Settings& settings, std::string_view setting) const {
    std::vector<std::string> names;
    for (const SettingSpec& spec : settings.specs()) {
        if (!spec.is_scratch_file) continue;
        if (spec.name == setting && !folder_.empty()) return folder_ / spec.name;
        names.push_back(spec.name);
    }
    throw InputError(unknown_name("scratch file", setting, names));
}

void ScratchFiles::make_folder() {
    if (!folder_.empty()) return;
    std::string name = (std::filesystem::temp_directory_path() / "bmsrig-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw Error("a folder " + name + " for the UUT's files cannot be made: " +
                    std::error_code(errno, std::generic_category()).message());
    }
    folder_ = name;
}

}  // namespace bmsrig
