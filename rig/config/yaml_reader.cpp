#include "rig/config/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "rig/config/text_file.h"
#include "rig/config/yaml_builder.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

constexpr std::int64_t newest_format = 1;

std::string_view example(Unit unit) {
    switch (unit) {
        case Unit::volt:
            return "2.80 V";
        case Unit::ampere:
            return "1 A";
        case Unit::ohm:
            return "10 kohm";
        case Unit::celsius:
            return "25 degC";
        case Unit::second:
            return "20 ms";
        default:
            return "0.5";
    }
}

}  // namespace

std::string shortened(std::string_view text) {
    constexpr std::size_t longest = 60;
    if (text.size() <= longest) {
        std::string shown(text);
        std::ranges::replace_if(shown, [](unsigned char c) { return c < ' '; }, ' ');
        return shown;
    }
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;  // a whole character
    return shortened(text.substr(0, end)) + "...";
}

std::string in_quotes(std::string_view text) {
    return "\"" + shortened(text) + "\"";
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    });
}

std::string joined(const std::vector<std::string>& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
    return list;
}

std::string unknown_name(std::string_view what, std::string_view wrong,
                         const std::vector<std::string>& known) {
    std::string text = "unknown " + std::string(what) + " " + in_quotes(wrong) + "; ";
    const std::string hint = suggest(wrong, known);
    if (hint.starts_with("did you mean")) return text + hint + " Known: " + joined(known);
    return text + hint;
}

void YamlNode::refuse(const std::string& problem) const {
    throw InputError(*file_, line_, (path_.empty() ? "" : path_ + ": ") + problem);
}

void YamlNode::expected(const std::string& what) const {
    switch (kind_) {
        case Kind::empty:
            refuse("nothing stands here; expected " + what);
        case Kind::sequence:
            refuse("a list stands here; expected " + what);
        case Kind::mapping:
            refuse("a mapping (key: value) stands here; expected " + what);
        case Kind::scalar:
            break;
    }
    refuse(in_quotes(text_) + " stands here; expected " + what);
}

const std::string& YamlNode::text() const {
    if (kind_ != Kind::scalar || text_.empty()) expected("a text");
    return text_;
}

const std::string& YamlNode::word(const std::vector<std::string>& words) const {
    if (kind_ != Kind::scalar || std::ranges::find(words, text_) == words.end()) {
        expected("one of: " + joined(words));
    }
    return text_;
}

bool YamlNode::boolean() const {
    return word({"true", "false"}) == "true";
}

std::int64_t YamlNode::integer(std::int64_t low, std::int64_t high) const {
    std::int64_t value = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, problem] = std::from_chars(text_.data(), end, value);
    if (kind_ != Kind::scalar || problem != std::errc{} || stop != end || value < low ||
        value > high) {
        expected("a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

Quantity YamlNode::quantity() const {
    if (kind_ != Kind::scalar) expected("a number and its unit, such as \"2.80 V\"");
    try {
        return parse_quantity(shortened(text_));  // no quantity is that long
    } catch (const InputError& problem) {
        refuse(problem.what());
    }
}

double YamlNode::number(Unit unit) const {
    const std::string wanted = "a number in " +
                               std::string(unit == Unit::none ? "no unit" : to_string(unit)) +
                               ", such as \"" + std::string(example(unit)) + "\"";
    if (kind_ != Kind::scalar) expected(wanted);
    const Quantity found = quantity();
    if (found.unit != unit) expected(wanted);
    return found.value;
}

Duration YamlNode::duration() const {
    const double seconds = number(Unit::second);
    if (seconds < 0) expected("a time of zero or more");
    try {
        return duration_from_seconds(seconds);
    } catch (const InputError& problem) {
        refuse(problem.what());
    }
}

const std::vector<YamlNode>& YamlNode::items() const {
    if (kind_ != Kind::sequence) expected("a list, such as [a, b]");
    return children_;
}

const std::vector<YamlNode>& YamlNode::entries() const {
    if (kind_ != Kind::mapping) expected("a mapping (key: value)");
    return children_;
}

void YamlNode::allow_keys(const std::vector<std::string>& known) const {
    for (const YamlNode& entry : entries()) {
        if (std::ranges::find(known, entry.key_) != known.end()) continue;
        throw InputError(
            *file_, entry.key_line_,
            (path_.empty() ? "" : path_ + ": ") + unknown_name("key", entry.key_, known));
    }
}

const YamlNode* YamlNode::find(std::string_view key) const {
    const auto found = std::ranges::find(children_, key, &YamlNode::key_);
    return found == children_.end() ? nullptr : &*found;
}

const YamlNode& YamlNode::at(std::string_view key) const {
    static_cast<void>(entries());
    if (const YamlNode* found = find(key)) return *found;
    refuse("the key \"" + std::string(key) + "\" is missing");
}

namespace {

/// The library says what its scanner met; who wrote the file wants to know what to look for.
std::string in_plain_words(const std::string& problem) {
    namespace said = YAML::ErrorMsg;
    const std::pair<std::string_view, const char*> words[] = {
        {said::EOF_IN_SCALAR, "a quote is opened here or above and never closed"},
        {said::MAP_VALUE,
         "a colon stands where none may; look for a line above that lacks one, at the indentation "
         "(spaces, no tabs), and put a text that has \": \" in it in quotes"},
        {said::END_OF_MAP,
         "this line does not fit the one above; look for a missing colon, and whether both are "
         "indented alike"},
        {said::END_OF_SEQ, "this line does not fit the list above; each entry begins with \"- \""},
        {said::FLOW_END, "a ] or } stands here that nothing opened"},
        {said::END_OF_MAP_FLOW, "a { is opened above and never closed"},
        {said::END_OF_SEQ_FLOW, "a [ is opened above and never closed"},
        {said::TAB_IN_INDENTATION, "this line is indented by a tab; use spaces"},
        {said::UNKNOWN_TOKEN,
         "a sign stands here that means something else; indent by spaces, and put a text that "
         "begins with @, ` or % in quotes"},
    };
    const auto* const known =
        std::ranges::find(words, problem, &std::pair<std::string_view, const char*>::first);
    return known == std::end(words) ? problem : known->second;
}

}  // namespace

YamlNode read_yaml(const std::filesystem::path& file) {
    return parse_yaml(read_text_file(file), file.string());
}

YamlNode parse_yaml(std::string text, const std::string& name) {
    // yaml-cpp 0.7 overlooks a quote that is never closed if a line end is the last thing in the
    // file.
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    std::istringstream stream(text);
    YamlBuilder builder(name);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& problem) {
        throw InputError(name, problem.mark.line + 1,
                         "is not correct YAML: " + in_plain_words(problem.msg));
    }
    YamlNode root = builder.take();
    if (root.kind() == YamlNode::Kind::empty) {
        throw InputError(name, 0, "holds nothing but comments");
    }
    static_cast<void>(root.entries());
    return root;
}

YamlNode read_yaml_format(const std::filesystem::path& file,
                          const std::vector<std::string>& known_keys) {
    YamlNode root = read_yaml(file);
    const YamlNode& format = root.at("format");
    const std::int64_t version = format.integer(1, INT32_MAX);
    if (version > newest_format) {
        format.refuse("the file has format " + std::to_string(version) +
                      ", but this bmsrig knows formats up to " + std::to_string(newest_format) +
                      "; use a newer bmsrig");
    }
    root.allow_keys(known_keys);
    return root;
}

}  // namespace bmsrig
