#include "rig/config/yaml_builder.h"

#include <utility>

#include "rig/error.h"

namespace bmsrig {

namespace {

int line_of(const YAML::Mark& mark) {
    return mark.line + 1;
}

}  // namespace

void YamlBuilder::refuse(int line, const std::string& problem) const {
    throw InputError(*file_, line, problem);
}

void YamlBuilder::check_plain(const YAML::Mark& mark, const std::string& tag,
                              YAML::anchor_t anchor) const {
    if (anchor != 0) {
        refuse(line_of(mark), "an anchor (&) stands here; write the value out instead");
    }
    // "?" and "!" are what yaml-cpp calls plain and quoted values.
    if (!tag.empty() && tag != "?" && tag != "!") {
        refuse(line_of(mark),
               "the tag " + in_quotes(tag) + " stands here; expected a value without a tag");
    }
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
    if (root_.kind() != YamlNode::Kind::empty) {
        refuse(line_of(mark), "a second document begins here (---); expected one in a file");
    }
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
    check_plain(mark, {}, anchor);
    if (awaits_key()) refuse(line_of(mark), "an empty key stands here; expected a name");
    place(start(YamlNode::Kind::empty, line_of(mark)));
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) {
    refuse(line_of(mark), "an alias (*) stands here; write the value out instead");
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
    check_plain(mark, tag, anchor);
    if (awaits_key()) return take_key(value, line_of(mark));
    YamlNode node = start(YamlNode::Kind::scalar, line_of(mark));
    node.line_ = line_of(mark);
    node.text_ = value;
    place(std::move(node));
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                  YAML::anchor_t anchor, YAML::EmitterStyle::value /*style*/) {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
    open(YamlNode::Kind::mapping, mark, tag, anchor);
}

bool YamlBuilder::awaits_key() const {
    return !open_.empty() && open_.back().node.kind() == YamlNode::Kind::mapping &&
           !open_.back().key;
}

void YamlBuilder::take_key(const std::string& key, int line) {
    Open& mapping = open_.back();
    const auto [first, is_new] = mapping.seen.emplace(key, line);
    if (!is_new) {
        refuse(line, "the key " + in_quotes(key) + " stands twice, first in line " +
                         std::to_string(first->second) + "; expected each key once");
    }
    mapping.key = key;
    mapping.key_line = line;
}

YamlNode YamlBuilder::start(YamlNode::Kind kind, int line) const {
    YamlNode node;
    node.kind_ = kind;
    node.file_ = file_;
    node.line_ = node.key_line_ = line;
    if (open_.empty()) return node;
    const Open& parent = open_.back();
    if (parent.key) {
        node.line_ = node.key_line_ = parent.key_line;
        node.key_ = *parent.key;
        node.path_ =
            parent.node.path_ + (parent.node.path_.empty() ? "" : ".") + shortened(*parent.key);
    } else {
        node.key_ = "[" + std::to_string(parent.node.children_.size() + 1) + "]";
        node.path_ = parent.node.path_ + node.key_;
    }
    return node;
}

void YamlBuilder::open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
    check_plain(mark, tag, anchor);
    if (awaits_key()) refuse(line_of(mark), "a list or mapping stands as a key; expected a name");
    open_.push_back({start(kind, line_of(mark)), std::nullopt, 0, {}});
}

void YamlBuilder::close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(node));
}

void YamlBuilder::place(YamlNode node) {
    if (open_.empty()) {
        root_ = std::move(node);
        return;
    }
    open_.back().node.children_.push_back(std::move(node));
    open_.back().key.reset();
}

}  // namespace bmsrig
