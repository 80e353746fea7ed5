#include "rig/config/bench_check.h"

#include <algorithm>

#include "rig/config/yaml_reader.h"
#include "rig/error.h"
#include "rig/names.h"

namespace bmsrig {

namespace {

void check_pin(const Pin& pin, int line, const std::string& net, const Fixture& fixture,
               const Bench& bench) {
    if (std::ranges::find(bench.instruments, pin.instrument, &InstrumentSpec::name) !=
        bench.instruments.end())
        return;
    const auto names = names_of(bench.instruments, &InstrumentSpec::name);
    throw InputError(bench.instruments_place.file, bench.instruments_place.line,
                     "instruments: \"" + pin.instrument + "\" is missing, which " + net + " in " +
                         fixture.wiring.file() + ":" + std::to_string(line) + " needs; " +
                         suggest(pin.instrument, names));
}

}  // namespace

void check_bench(const Fixture& fixture, const Bench& bench) {
    if (bench.fixture != fixture.name) {
        throw InputError(bench.fixture_place.file, bench.fixture_place.line,
                         "fixture: the bench is made for " + in_quotes(bench.fixture) +
                             "; expected " + in_quotes(fixture.name) + ", the fixture in " +
                             fixture.folder.string());
    }
    for (const InputNet& net : fixture.wiring.inputs()) {
        check_pin(net.source, net.line, "the input " + net.port, fixture, bench);
    }
    for (const LoadNet& net : fixture.wiring.loads()) {
        check_pin(net.across, net.line, "the load " + net.port, fixture, bench);
    }
    for (const LineNet& net : fixture.wiring.lines()) {
        check_pin(net.reader, net.line, "the line " + net.name, fixture, bench);
    }
    for (const ReadingNet& net : fixture.wiring.readings()) {
        check_pin(net.meter, net.line, "the reading " + net.name, fixture, bench);
    }
    for (const BusNet& net : fixture.wiring.buses()) {
        check_pin(net.adapter, net.line, "the bus " + net.name, fixture, bench);
    }
}

}  // namespace bmsrig
