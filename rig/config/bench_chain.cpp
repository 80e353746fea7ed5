#include "rig/config/bench_chain.h"

#include <algorithm>
#include <ranges>

namespace bmsrig {

namespace {

const std::vector<std::string> keys{"format",      "bench",       "based_on",      "fixture",
                                    "clock",       "timing",      "seed",          "settings",
                                    "uut",         "instruments", "wiring_faults", "cannot",
                                    "calibration", "guard",       "serve"};

}  // namespace

BenchChain BenchChain::read(const std::filesystem::path& file) {
    BenchChain chain;
    std::filesystem::path next = file;
    while (!next.empty()) {
        chain.files_.push_back(next);
        chain.roots_.push_back(read_yaml_format(next, keys));
        const YamlNode* name = chain.roots_.back().find("based_on");
        next = name == nullptr ? std::filesystem::path() : chain.base_of(*name);
    }
    return chain;
}

std::filesystem::path BenchChain::base_of(const YamlNode& name) const {
    const std::filesystem::path base = name.text();
    const std::string wanted =
        "expected a bench file beside this one, or its way from here, such as "
        "../../<product>/benches/virtual.yaml";
    if (base.is_absolute()) {
        name.refuse(in_quotes(name.text()) + " is the same place on this machine only; " + wanted);
    }
    const std::filesystem::path file = (files_.back().parent_path() / base).lexically_normal();
    const auto is_base = [&](const auto& other) { return other.lexically_normal() == file; };
    if (std::ranges::any_of(files_, is_base)) {
        name.refuse(in_quotes(name.text()) +
                    " is based on this file; a bench cannot be based on itself");
    }
    if (files_.size() == most_files) {
        name.refuse("this is the file number " + std::to_string(most_files) +
                    " of a chain already; expected no more than " + std::to_string(most_files) +
                    ", the first and the last included");
    }
    if (!std::filesystem::exists(file)) {
        name.refuse("there is no file " + in_quotes(name.text()) + "; " + wanted);
    }
    return file;
}

const YamlNode* BenchChain::find(std::string_view key) const {
    for (const YamlNode& root : roots_) {
        if (const YamlNode* found = root.find(key)) return found;
    }
    return nullptr;
}

const YamlNode& BenchChain::at(std::string_view key) const {
    const YamlNode* found = find(key);
    return found == nullptr ? own(key) : *found;
}

std::vector<YamlNode> BenchChain::merged(std::string_view key) const {
    std::vector<YamlNode> all;
    for (const YamlNode& root : roots_ | std::views::reverse) {
        const YamlNode* mapping = root.find(key);
        if (mapping == nullptr) continue;
        for (const YamlNode& entry : mapping->entries()) {
            const auto same = std::ranges::find(all, entry.key(), &YamlNode::key);
            if (same == all.end()) {
                all.push_back(entry);
            } else {
                *same = entry;
            }
        }
    }
    return all;
}

}  // namespace bmsrig
