// Turns yaml-cpp's events into YamlNodes. Its own document tree loses what we need: keys that stand
// twice, and whether a value came from an alias.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "rig/config/yaml_reader.h"

namespace bmsrig {

class YamlBuilder : public YAML::EventHandler {
  public:
    explicit YamlBuilder(const std::string& file)
        : file_(std::make_shared<const std::string>(file)) {}

    /// The finished tree; an empty node if the document held nothing.
    [[nodiscard]] YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

  private:
    /// A mapping or list that is still being read, with the key that waits for its value.
    struct Open {
        YamlNode node;
        std::optional<std::string> key;
        int key_line = 0;
        std::unordered_map<std::string, int> seen;  // key -> line
    };
    [[noreturn]] void refuse(int line, const std::string& problem) const;
    void check_plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const;
    [[nodiscard]] bool awaits_key() const;
    void take_key(const std::string& key, int line);
    [[nodiscard]] YamlNode start(YamlNode::Kind kind, int line) const;
    void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor);
    void close();
    void place(YamlNode node);

    std::shared_ptr<const std::string> file_;
    YamlNode root_;
    std::vector<Open> open_;
};

}  // namespace bmsrig
