// The driver of a BS1200 at virtual boxes, on a CAN cable within the test program.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "drivers/bloomy_bs1200/bloomy_bs1200.h"
#include "drivers/contract/contract.h"
#include "drivers/instrument_server/bs1200_server.h"
#include "drivers/socketcan/can_cable.h"
#include "rig/clock.h"

namespace bmsrig {

/// Two boxes, which send their readings as time goes by. Their time is their own, and their frames
/// have its stamps: those of a loaded machine are late.
class VirtualBs1200 {
  public:
    explicit VirtualBs1200(Reactor& reactor)
        : reactor_(reactor),
          timer_(reactor.io()),
          spec_(spec_of("it", "virtual_cell_simulator",
                        {{"channels", "24"},
                         // A box reads back what was set 10 ms ago.
                         {"settling_time", "2 ms"},
                         {"update_interval", "1 ms"}})),
          cells_(make_instrument(spec_, {scheduler_, 1})) {
        InstrumentSpec serve = spec_of("it", "bloomy_bs1200", {{"interface", "vcan1"}});
        server_ = make_bloomy_bs1200_bridge(
            serve, *cells_,
            {reactor, scheduler_, spec_, [](std::string_view) {}, bench_, [this] { catch_up(); },
             "2026-03-01"},
            [this](const auto&) { return cable_.plug(CanCable::End::instrument); });
        go_on();
    }
    CanCable& cable() { return cable_; }

  private:
    [[nodiscard]] Instant present() const { return Instant{stopwatch() - begun_}; }
    void catch_up() { scheduler_.run_until(present()); }
    void go_on() {
        timer_.expires_after(std::chrono::milliseconds{1});
        timer_.async_wait([this](const boost::system::error_code& cancelled) {
            if (cancelled) return;
            catch_up();
            go_on();
        });
    }

    Reactor& reactor_;
    Scheduler scheduler_;
    Duration begun_ = stopwatch();
    CanCable cable_{[this] { return reactor_.now() - (present() - scheduler_.now()); },
                    [this](auto handler) { boost::asio::post(reactor_.io(), std::move(handler)); }};
    boost::asio::steady_timer timer_;
    std::map<std::string, Instrument*> bench_;
    InstrumentSpec spec_;
    std::unique_ptr<Instrument> cells_;
    std::unique_ptr<Bridge> server_;
};

inline DriverCase served_bs1200() {
    const auto wired = [](const InstrumentSpec& spec, const DriverContext& context) {
        Reactor& reactor = *context.reactor;
        auto boxes = std::make_shared<VirtualBs1200>(reactor);
        Bs1200Options options;
        options.name = spec.name;
        options.interface = "vcan1";
        options.boxes = {1, 2};
        auto instrument = make_bloomy_bs1200(
            options,
            {context.scheduler, [boxes] { return boxes->cable().plug(CanCable::End::rig); },
             [&context_scheduler = context.scheduler, &reactor] {
                 return std::max(reactor.now(), context_scheduler.now());
             },
             [&reactor](const auto& done, Duration timeout) {
                 return reactor.wait(done, timeout);
             }});
        instrument->restart(1);  // as at the start of every test
        return Wired{nullptr, std::move(instrument), std::move(boxes)};
    };
    return {"bloomy_bs1200", {}, ClockKind::real_time, wired};
}

}  // namespace bmsrig
