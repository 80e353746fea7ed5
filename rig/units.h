// Strong types for what a bench applies and reads. Boost.Units behind one header, so that the rest
// of the project sees only these names.
#pragma once

#include <boost/units/absolute.hpp>
#include <boost/units/quantity.hpp>
#include <boost/units/systems/si/current.hpp>
#include <boost/units/systems/si/electric_potential.hpp>
#include <boost/units/systems/si/io.hpp>
#include <boost/units/systems/si/resistance.hpp>
#include <boost/units/systems/temperature/celsius.hpp>

namespace bmsrig {

using Volts = boost::units::quantity<boost::units::si::electric_potential>;
using Amperes = boost::units::quantity<boost::units::si::current>;
using Ohms = boost::units::quantity<boost::units::si::resistance>;
/// A temperature on the Celsius scale; the difference of two is a CelsiusDelta.
using Celsius = boost::units::quantity<boost::units::absolute<boost::units::celsius::temperature>>;
using CelsiusDelta = boost::units::quantity<boost::units::celsius::temperature>;

constexpr Volts volts(double value) {
    return Volts::from_value(value);
}
constexpr Amperes amperes(double value) {
    return Amperes::from_value(value);
}
constexpr Ohms ohms(double value) {
    return Ohms::from_value(value);
}
constexpr Celsius celsius(double value) {
    return Celsius::from_value(value);
}

inline namespace literals {
constexpr Volts operator""_V(long double v) {
    return volts(static_cast<double>(v));
}
constexpr Volts operator""_mV(long double v) {
    return volts(static_cast<double>(v) / 1e3);
}
constexpr Amperes operator""_A(long double v) {
    return amperes(static_cast<double>(v));
}
constexpr Ohms operator""_ohm(long double v) {
    return ohms(static_cast<double>(v));
}
constexpr Celsius operator""_degC(long double v) {
    return celsius(static_cast<double>(v));
}
}  // namespace literals

}  // namespace bmsrig
