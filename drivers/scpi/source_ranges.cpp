#include "drivers/scpi/source_ranges.h"

#include <algorithm>
#include <cmath>

#include "drivers/scpi/options.h"
#include "drivers/scpi/values.h"
#include "drivers/virtual_common/quantiser.h"
#include "rig/config/yaml_reader.h"
#include "rig/error.h"

namespace bmsrig::scpi {

namespace {

// What is a whole number of steps may miss it by a rounding error.
constexpr double slack = 1e-6;

SourceRange parse_range(std::string_view text, double resolution) {
    const auto parts = split(text, '/');
    if (parts.empty() || parts.size() > 2) throw InputError(in_quotes(text) + " is no range");
    const Quantity end = parse_quantity(parts[0]);
    const Quantity step =
        parts.size() == 2 ? parse_quantity(parts[1]) : Quantity{resolution, Unit::volt};
    if (end.unit != Unit::volt || step.unit != Unit::volt || step.value <= 0 ||
        step.value > end.value) {
        throw InputError(in_quotes(text) + " is no range");
    }
    return {end.value, step.value};
}

}  // namespace

double SourceRange::round(double value) const {
    return Quantiser(step, -end, end).round(value);
}

double SourceRange::towards_zero(double value) const {
    const double steps = std::floor(std::abs(value) / step + slack);
    return round(std::copysign(steps * step, value));
}

std::vector<SourceRange> take_source_ranges(InstrumentSpec& spec, const Range& whole) {
    const double largest = std::max(std::abs(whole.minimum), std::abs(whole.maximum));
    const DriverOption* option = find_option(spec, "ranges");
    if (option == nullptr) return {{largest, whole.resolution}};
    std::vector<SourceRange> ranges;
    const auto refuse = [&](const std::string& problem) {
        refuse_option(spec, *option,
                      problem +
                          "; expected ends and steps, the smallest range first, such as "
                          "\"20 mV / 0.5 uV, 200 mV / 5 uV\"");
    };
    try {
        for (const std::string_view part : split(option->text, ',')) {
            ranges.push_back(parse_range(part, whole.resolution));
        }
    } catch (const InputError& problem) {
        refuse(problem.what());
    }
    if (ranges.empty() || !std::ranges::is_sorted(ranges, {}, &SourceRange::end)) {
        refuse(in_quotes(option->text) + " does not grow");
    }
    if (ranges.back().end < largest || ranges.back().step != whole.resolution) {
        refuse("the last range goes to " + format_quantity(ranges.back().end, Unit::volt) +
               " in steps of " + format_quantity(ranges.back().step, Unit::volt) +
               ", but minimum, maximum and resolution say " + format_quantity(largest, Unit::volt) +
               " in steps of " + format_quantity(whole.resolution, Unit::volt));
    }
    return ranges;
}

const SourceRange& range_holding(const std::vector<SourceRange>& ranges, double value) {
    const auto found = std::ranges::find_if(ranges, [&](const SourceRange& range) {
        return std::abs(value) <= range.end * (1 + slack);
    });
    return found == ranges.end() ? ranges.back() : *found;
}

}  // namespace bmsrig::scpi
