#include "rig/config/limits_reader.h"

#include <cmath>
#include <sstream>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

/// The number nearest to `value` that has nine decimals: 2.8 - 0.005 becomes the double that
/// "2.795" reads as.
double tidy(double value) {
    return std::round(value * 1e9) / 1e9;
}

Quantity term_value(const YamlNode& node, const std::string& term, const LimitContext& context) {
    constexpr std::string_view setting = "setting ";
    if (term == "reaction_time") return {to_seconds(context.reaction_time), Unit::second};
    if (!term.starts_with(setting)) {
        try {
            return parse_quantity(shortened(term));
        } catch (const InputError& problem) {
            node.refuse(std::string(problem.what()) +
                        ", \"setting <name>\", \"reaction_time\", or a sum of these");
        }
    }
    const std::string name = term.substr(setting.size());
    const auto names = context.settings.names();
    if (!context.settings.has(name)) node.refuse(unknown_name("setting", name, names));
    if (!context.settings.spec(name).choices.empty()) {
        node.refuse("the setting " + name + " is a choice; expected one that is a number");
    }
    return {context.settings.number(name), context.settings.spec(name).unit};
}

/// "a + b - c", the signs between spaces.
Quantity sum(const YamlNode& node, const LimitContext& context) {
    Quantity total;
    bool is_first = true;
    double sign = 1;
    std::string term;
    const auto add = [&] {
        const Quantity value = term_value(node, term, context);
        if (!is_first && value.unit != total.unit) {
            node.refuse("a sum of " + in_quotes(to_string(total.unit)) + " and " +
                        in_quotes(to_string(value.unit)) + "; expected one unit");
        }
        total = {total.value + sign * value.value, value.unit};
        is_first = false;
        term.clear();
    };
    std::istringstream words(node.text());
    for (std::string word; words >> word;) {
        if (word == "+" || word == "-") {
            add();
            sign = word == "+" ? 1 : -1;
        } else {
            term += (term.empty() ? "" : " ") + word;
        }
    }
    add();
    return total;
}

/// Reads one limit. The first number gives the limit's unit; the others must agree with it.
class LimitReader {
  public:
    LimitReader(const YamlNode& node, const LimitContext& context)
        : node_(node), context_(context) {}

    Limit read() {
        node_.allow_keys({"requirement", "unit", "nominal", "tolerance", "low", "high",
                          "acceptance", "record", "source"});
        if (!is_name(node_.key())) node_.refuse("a limit's name has only a-z, 0-9, _ and . in it");
        limit_.name = node_.key();
        limit_.source = node_.at("source").text();
        if (const YamlNode* unit = node_.find("unit")) read_unit(*unit);
        read_band();
        if (const YamlNode* acceptance = node_.find("acceptance")) {
            const std::string word = acceptance->word({"guarded", "simple", "relaxed"});
            for (const auto each : {Acceptance::simple, Acceptance::relaxed}) {
                if (word == to_string(each)) limit_.acceptance = each;
            }
        }
        if (const YamlNode* requirement = node_.find("requirement")) read_requirement(*requirement);
        return limit_;
    }

  private:
    void read_unit(const YamlNode& node) {
        try {
            limit_.unit = unit_from_string(node.text());
        } catch (const InputError& problem) {
            node.refuse(problem.what());
        }
        has_unit_ = true;
    }

    double value(const YamlNode& node) {
        const Quantity found = sum(node, context_);
        if (has_unit_ && found.unit != limit_.unit) {
            node.refuse("the unit is " + in_quotes(to_string(found.unit)) + "; expected " +
                        in_quotes(to_string(limit_.unit)) + " as in the rest of this limit");
        }
        limit_.unit = found.unit;
        has_unit_ = true;
        return found.value;
    }

    void read_band() {
        const YamlNode* nominal = node_.find("nominal");
        const YamlNode* low = node_.find("low");
        const YamlNode* high = node_.find("high");
        const YamlNode* record = node_.find("record");
        const bool records = record != nullptr && record->boolean();
        if (records) {
            for (const char* key : {"nominal", "tolerance", "low", "high", "acceptance"}) {
                if (const YamlNode* end = node_.find(key)) {
                    end->refuse("stands beside record: true; expected one of them");
                }
            }
            static_cast<void>(node_.at("unit"));
        } else if (nominal != nullptr || node_.find("tolerance") != nullptr) {
            if (low != nullptr) {
                low->refuse("stands beside nominal and tolerance; expected one or the other");
            }
            if (high != nullptr) {
                high->refuse("stands beside nominal and tolerance; expected one or the other");
            }
            read_tolerance(node_.at("nominal"), node_.at("tolerance"));
        } else if (low != nullptr || high != nullptr) {
            if (low != nullptr) limit_.low = tidy(value(*low));
            if (high != nullptr) limit_.high = tidy(value(*high));
            if (low != nullptr && high != nullptr && *limit_.low > *limit_.high) {
                high->refuse("the limit ends at " + format_quantity(*limit_.high, limit_.unit) +
                             ", below its low end " + format_quantity(*limit_.low, limit_.unit) +
                             "; expected low <= high");
            }
        } else {
            node_.refuse(
                "the limit has no end; expected nominal and tolerance, low, high, or record: true");
        }
    }

    void read_tolerance(const YamlNode& nominal, const YamlNode& tolerance) {
        const double middle = value(nominal);
        const double width = value(tolerance);
        if (width <= 0) {
            tolerance.refuse(in_quotes(tolerance.text()) + " stands here; expected more than zero");
        }
        limit_.low = tidy(middle - width);
        limit_.high = tidy(middle + width);
    }

    void read_requirement(const YamlNode& node) {
        const Requirement* found = find_requirement(context_.requirements, node.text());
        if (found == nullptr) {
            std::vector<std::string> ids;
            ids.reserve(context_.requirements.size());
            for (const auto& requirement : context_.requirements) ids.push_back(requirement.id);
            node.refuse(unknown_name("requirement", node.text(), ids));
        }
        if (found->kind == "characterise" && !limit_.records_only()) {
            node.refuse("the requirement " + found->id +
                        " is only characterised; expected record: true, no limits");
        }
        limit_.requirement = found->id;
    }

    const YamlNode& node_;
    const LimitContext& context_;
    Limit limit_;
    bool has_unit_ = false;
};

}  // namespace

YamlNode read_limits_file(const std::filesystem::path& file) {
    return read_yaml_format(file, {"format", "limits"});
}

std::vector<Limit> read_limits(const YamlNode& root, const LimitContext& context) {
    std::vector<Limit> limits;
    for (const YamlNode& entry : root.at("limits").entries()) {
        limits.push_back(LimitReader(entry, context).read());
    }
    return limits;
}

}  // namespace bmsrig
