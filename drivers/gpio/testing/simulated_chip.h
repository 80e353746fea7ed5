// Tests on the simulated chip that BMSRIG_GPIO_CHIP names: real libgpiod, the real kernel, lines
// that the test pulls up and down.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "drivers/contract/workbench.h"
#include "drivers/gpio/gpio_chip.h"
#include "drivers/gpio/gpio_line_bank.h"
#include "drivers/gpio/gpio_line_driver.h"
#include "drivers/gpio/gpio_sim.h"
#include "rig/instruments/line_bank.h"
#include "rig/instruments/line_driver.h"

namespace bmsrig {

class SimulatedChip : public testing::Test {
  protected:
    void SetUp() override {
        const char* chip = std::getenv("BMSRIG_GPIO_CHIP");
        if (chip == nullptr) {
            GTEST_SKIP() << "BMSRIG_GPIO_CHIP names no GPIO chip; `make kernel-test` runs this "
                            "where there is one";
        }
        chip_ = chip;
        if (!GpioSim::is_one(chip_)) {
            GTEST_SKIP() << chip_ << " is no simulated chip (gpio-sim), so nothing pulls its lines";
        }
        sim_.emplace(chip_);
        for (unsigned line = 0; line < 16; ++line) sim_->pull(line, false);
    }

    template <typename Interface>
    std::unique_ptr<Interface> make(const std::string& driver, const std::string& name,
                                    const std::string& lines, const Options& more = {}) {
        Options options{{"chip", chip_}, {"lines", lines}};
        options.insert(options.end(), more.begin(), more.end());
        auto made = make_instrument(spec_of(name, driver, options), {scheduler_, 1, &reactor_});
        return std::unique_ptr<Interface>(&dynamic_cast<Interface&>(*made.release()));
    }
    std::unique_ptr<LineBank> bank(const std::string& lines, const Options& more = {},
                                   const std::string& name = "lines") {
        return make<LineBank>("gpio_line_bank", name, lines, more);
    }
    std::unique_ptr<LineDriver> contacts(const std::string& lines, const Options& more = {}) {
        return make<LineDriver>("gpio_line_driver", "switches", lines, more);
    }

    /// Lets time run until `done` holds; what is never done fails.
    void run_until(const std::function<bool()>& done) {
        const Instant deadline = reactor_.now() + std::chrono::seconds{30};
        while (!done()) {
            ASSERT_LT(reactor_.now(), deadline) << "it did not happen within 30 s";
            const Instant limit = scheduler_.next_due().value_or(deadline);
            reactor_.run_one(limit);
            scheduler_.run_until(std::max(scheduler_.now(), reactor_.now()));
        }
    }
    void run_for(Duration duration) {
        const Instant end = reactor_.now() + duration;
        run_until([&] { return reactor_.now() >= end; });
    }
    /// The next edges of a bank, `count` of them.
    std::vector<Edge> edges_of(LineBank& bank, std::size_t count) {
        std::vector<Edge> edges;
        run_until([&] {
            for (const Edge& edge : bank.take_edges()) edges.push_back(edge);
            return edges.size() >= count;
        });
        return edges;
    }

    std::string chip_;
    std::optional<GpioSim> sim_;
    Scheduler scheduler_;
    Reactor reactor_;
};

}  // namespace bmsrig
