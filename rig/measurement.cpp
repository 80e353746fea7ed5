#include "rig/measurement.h"

namespace bmsrig {

std::string Measurement::describe() const {
    std::string text = name + " = " + format_quantity(value, limit.unit);
    if (uncertainty > 0) text += " +/- " + format_quantity(uncertainty, limit.unit);
    text += limit.records_only() ? ", " : ", limit ";
    text += limit.describe() + ": " + std::string(to_string(verdict));
    if (!comment.empty()) text += " (" + comment + ")";
    return text;
}

}  // namespace bmsrig
