#include "drivers/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "drivers/contract/workbench.h"
#include "rig/error.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/line_driver.h"
#include "rig/instruments/temperature_simulator.h"
#include "rig/instruments/voltage_source.h"

namespace bmsrig {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

template <typename Interface>
bool makes(const std::string& driver) {
    Workbench bench;
    const auto made = bench.make<Instrument>(driver, {});
    return dynamic_cast<Interface*>(made.instrument.get()) != nullptr;
}

TEST(RegistryTest, MakesEveryKindOfInstrument) {
    EXPECT_TRUE(makes<CellSimulator>("virtual_cell_simulator"));
    EXPECT_TRUE(makes<LineBank>("virtual_line_bank"));
    EXPECT_TRUE(makes<LineDriver>("virtual_line_driver"));
    EXPECT_TRUE(makes<PowerSupply>("virtual_power_supply"));
    EXPECT_TRUE(makes<ShuntInjector>("virtual_shunt_injector"));
    EXPECT_TRUE(makes<TemperatureSimulator>("virtual_temperature_simulator"));
}

TEST(RegistryTest, ListsEachDriverOnceInOrderOfKindAndName) {
    std::vector<std::pair<std::string, std::string>> order;
    std::set<std::string> names;
    for (const DriverInfo& driver : driver_registry()) {
        order.emplace_back(driver.kind, driver.name);
        names.insert(driver.name);
        EXPECT_FALSE(driver.description.empty());
    }
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(names.size(), order.size());
}

TEST(RegistryTest, AnUnknownDriverNamesFileLineTheNearestAndAll) {
    Workbench bench;
    const std::string text = text_of<InputError>(
        [&] { bench.make<Instrument>("virtual_cell_simulater", {}, 1, "cells"); });
    EXPECT_THAT(text, StartsWith("bench.yaml:10: "));
    EXPECT_THAT(text, HasSubstr("\"cells\""));
    EXPECT_THAT(text, HasSubstr("\"virtual_cell_simulater\""));
    EXPECT_THAT(text, HasSubstr("did you mean \"virtual_cell_simulator\"?"));
    for (const DriverInfo& driver : driver_registry()) EXPECT_THAT(text, HasSubstr(driver.name));
}

TEST(RegistryTest, ADriverLikeNoneNamesAllOfThemOnce) {
    Workbench bench;
    const std::string text =
        text_of<InputError>([&] { bench.make<Instrument>(std::string(10000, 'x'), {}); });
    EXPECT_LT(text.size(), 1000U);
    EXPECT_THAT(text, HasSubstr("there are: " + driver_registry().front().name));
    EXPECT_EQ(text.find("there are"), text.rfind("there are"));
}

TEST(RegistryTest, AnOptionThatNobodyTakesIsRefusedWithItsLine) {
    Workbench bench;
    for (const DriverInfo& driver : driver_registry()) {
        if (!driver.name.starts_with("virtual_")) continue;  // takes a real bench
        const std::string text = text_of<InputError>(
            [&] { bench.make<Instrument>(driver.name, {{"channels", "2"}, {"chanels", "3"}}); });
        EXPECT_THAT(text, StartsWith("bench.yaml:12: ")) << driver.name;
        EXPECT_THAT(text, HasSubstr("chanels"));
    }
}

}  // namespace
}  // namespace bmsrig
