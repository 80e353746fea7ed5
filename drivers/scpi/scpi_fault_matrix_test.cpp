// Cells behind a fault matrix, both served: what the drivers tell the relays, and what comes of it
// at the UUT's plug.
#include <gtest/gtest.h>

#include "drivers/contract/served.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/instruments/terminals.h"

namespace bmsrig::scpi {
namespace {

using namespace std::chrono_literals;

class ServedMatrix : public testing::Test {
  protected:
    ServedMatrix() {
        served_.serve(reactor_, "scpi_fault_matrix");
        matrix_ = make("matrix", "scpi_fault_matrix", {});
        cells_ = make("cells", "scpi_cell_simulator",
                      {{"faults", "matrix"}, {"settling_time", "20 ms"}}, cells_options_);
        matrix_->restart(1);
        cells_->restart(1);
    }
    std::unique_ptr<Instrument> make(const std::string& name, const std::string& driver,
                                     Options options, const Options& more = {}) {
        const Options told = more.empty() ? served_.served_as().options : more;
        options.insert(options.end(), told.begin(), told.end());
        const DriverContext context{scheduler_, 1, &reactor_, [this](std::string_view sought) {
                                        return sought == "matrix" ? matrix_.get() : nullptr;
                                    }};
        return make_instrument(spec_of(name, driver, options), context);
    }
    CellSimulator& cells() { return dynamic_cast<CellSimulator&>(*cells_); }
    void settle() {
        cells().finish();
        matrix_->finish();
        const Instant settled = std::max(cells().settled_at(), matrix_->settled_at());
        reactor_.wait([] { return false; }, std::max(settled - reactor_.now(), Duration::zero()));
    }
    /// What stands at the UUT's plug once relays and cell have settled.
    double at_plug(int channel) {
        settle();
        matrix_
            ->identify();  // the virtual cells are brought up to the moment at which they are asked
        return dynamic_cast<SourceTerminals&>(served_.instrument()).terminal_value(channel);
    }

    Reactor reactor_;
    Scheduler scheduler_;
    ServedInstrument served_{reactor_, "scpi_cell_simulator",
                             spec_of("it", "virtual_cell_simulator", {{"channels", "4"}})};
    const Options cells_options_ = served_.served_as().options;
    std::unique_ptr<Instrument> matrix_;
    std::unique_ptr<Instrument> cells_;
};

TEST_F(ServedMatrix, MakesEveryFaultAndTakesItBack) {
    constexpr double near = 2e-3;
    cells().set_voltage(2, volts(3.3));
    EXPECT_NEAR(at_plug(2), 3.3, near);
    cells().set_fault(2, CellFault::shorted);
    EXPECT_NEAR(at_plug(2), 0, near);
    cells().set_fault(2, CellFault::reversed);
    EXPECT_NEAR(at_plug(2), -3.3, near);
    EXPECT_NEAR(cells().read_voltage(2).value(), -3.3, near);
    cells().set_fault(2, CellFault::open);
    EXPECT_TRUE(std::isnan(at_plug(2)));
    cells().set_fault(2, CellFault::none);
    EXPECT_NEAR(at_plug(2), 3.3, near);
    EXPECT_NEAR(cells().read_voltage(2).value(), 3.3, near);
}

}  // namespace
}  // namespace bmsrig::scpi
