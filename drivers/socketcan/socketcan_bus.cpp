#include "drivers/socketcan/socketcan_bus.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "drivers/can/frame_length.h"
#include "drivers/socketcan/can_filters.h"
#include "drivers/socketcan/can_problem.h"
#include "drivers/socketcan/linux_frame.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

using namespace std::chrono_literals;

/// Frames in the kernel can no longer be taken back, so they are few; enough that the next one
/// stands ready when one has left.
constexpr std::size_t most_on_the_way = 4;
/// Of an error frame: the shortest flag, its delimiter and the intermission. What the frame had
/// taken before it was broken off, no adapter tells.
constexpr int error_frame_bits = 6 + 8 + 3;

}  // namespace

SocketCanBus::SocketCanBus(SocketCanSetup setup, CanPort port, Scheduler& scheduler,
                           const CanAdapter::Listener& listener)
    : setup_(std::move(setup)),
      port_(std::move(port)),
      scheduler_(scheduler),
      listener_(listener),
      settings_{.bit_rate = setup_.bit_rate} {
    open();
}

SocketCanBus::~SocketCanBus() {
    if (retry_) scheduler_.cancel(*retry_);
}

void SocketCanBus::open() {
    socket_.reset();
    on_the_way_.clear();
    lost_ = 0;
    try {
        check_link();
        socket_ = port_.open();
        socket_->on_ready([this] { hear(); });
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

void SocketCanBus::check_link() {
    link_ = port_.link->look();
    const bool is_controller = link_.bit_rate != 0 || link_.kind == "can";
    const bool is_as_wanted =
        link_.is_up && !link_.is_listen_only &&
        (!is_controller || setup_.bit_rate == 0 || link_.bit_rate == setup_.bit_rate);
    if (!is_as_wanted && is_controller && setup_.may_configure) {
        port_.link->configure(setup_.bit_rate, false);
        link_ = port_.link->look();
    }
    state_ = link_.state;
    const auto mend = [this](const std::string& seen) {
        throw InstrumentError(
            where() + ": " + seen + "; set it with \"sudo ip link set " + setup_.interface +
            " down; " + command_to_bring_up(setup_.interface, link_.kind, setup_.bit_rate) +
            (link_.kind == "vcan" ? "\"" : " listen-only off\"") +
            ", or let the rig do it with \"set_bit_rate: yes\" in the bench file");
    };
    if (!link_.is_up) mend("the interface is down");
    if (link_.is_listen_only) mend("the interface only listens");
    if (is_controller && setup_.bit_rate != 0 && link_.bit_rate != setup_.bit_rate) {
        mend("the interface works at " + std::to_string(link_.bit_rate) + " bit/s, expected " +
             std::to_string(setup_.bit_rate) + " bit/s as the bench file says");
    }
}

void SocketCanBus::restart() {
    retry_.reset();
    waiting_.clear();
    counts_ = {};
    is_stuck_ = false;
    last_ = {};
    const bool was_changed = settings_.listen_only || settings_.bit_rate != setup_.bit_rate;
    settings_ = {.bit_rate = setup_.bit_rate};
    if (!has_sound_socket() || was_changed) {
        open();
        return;
    }
    try {
        check_link();
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

/// An adapter that was pulled out between two tests and is back needs a new socket, and nobody's
/// test has failed.
bool SocketCanBus::has_sound_socket() {
    if (!socket_) return false;
    try {
        socket_->check();
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

void SocketCanBus::send(const CanFrame& frame) {
    if (settings_.listen_only) {
        throw InputError(where() + ": it only listens, so it cannot send " + to_string(frame) +
                         "; switch listen-only off first");
    }
    if (!passes(setup_.filters, linux_frame(frame))) {
        throw InputError(where() + ": its filters would not let it see " + to_string(frame) +
                         " leave; add the identifier to \"filters\" in the bench file");
    }
    if (!socket_) fail(failure_);
    if ((is_stuck_ || state_ == CanState::bus_off) && replace(frame)) return;
    if (waiting_.size() >= longest_queue) {
        throw InputError(where() + ": " + std::to_string(longest_queue) +
                         " frames of the rig wait for a bus of " + std::to_string(bit_rate()) +
                         " bit/s; it sends more than the bus can carry, or nobody acknowledges");
    }
    waiting_.push_back(frame);
    pump();
}

bool SocketCanBus::replace(const CanFrame& frame) {
    const auto same = std::ranges::find_if(waiting_, [&frame](const CanFrame& other) {
        return other.id == frame.id && other.extended == frame.extended;
    });
    if (same == waiting_.end()) return false;
    *same = frame;
    return true;
}

void SocketCanBus::pump() {
    // The kernel takes what is sent off the bus, and drops it without a word.
    if (state_ == CanState::bus_off) return;
    try {
        while (!waiting_.empty() && on_the_way_.size() < most_on_the_way) {
            if (!socket_->put(linux_frame(waiting_.front()))) {
                // Somebody else on this computer fills the queue of the interface.
                if (!retry_) {
                    retry_ = scheduler_.schedule(scheduler_.now() + 1ms, [this] {
                        retry_.reset();
                        if (socket_) pump();
                    });
                }
                return;
            }
            on_the_way_.push_back(waiting_.front());
            waiting_.pop_front();
        }
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

void SocketCanBus::hear() {
    try {
        while (socket_) {
            const auto arrival = socket_->take();
            if (!arrival) return;
            check_lost(*arrival);
            take(*arrival);
        }
    } catch (const std::system_error& problem) {
        fail(problem.code());
    }
}

void SocketCanBus::check_lost(const CanArrival& arrival) {
    const std::uint32_t now_lost = arrival.lost - std::exchange(lost_, arrival.lost);
    if (now_lost == 0) return;
    take(arrival);
    throw InstrumentError(where() + ", at " + format_time(arrival.time) + ": the kernel dropped " +
                          std::to_string(now_lost) +
                          " frames because the rig did not fetch them in time, so the record of "
                          "this bus has a gap; give the rig a processor of its own, or more room "
                          "with \"sudo sysctl net.core.rmem_max=8388608\"");
}

void SocketCanBus::take(const CanArrival& arrival) {
    if ((arrival.frame.can_id & CAN_ERR_FLAG) != 0) {
        take_error(arrival.frame, arrival.time);
        return;
    }
    CanEvent event;
    event.time = arrival.time;
    event.frame = rig_frame(arrival.frame);
    event.on_wire = bits(frame_bits(event.frame));
    event.own = arrival.is_own;
    if (arrival.is_own) {
        event.kind = CanEvent::Kind::sent;
        const auto sent = std::ranges::find(on_the_way_, event.frame);
        if (sent != on_the_way_.end()) on_the_way_.erase(sent);
        is_stuck_ = false;
    }
    // What came before the test began is none of its.
    if (arrival.time >= Instant{}) {
        ++(arrival.is_own ? counts_.sent : counts_.received);
        tell(event);
    }
    if (arrival.is_own && socket_) pump();
}

void SocketCanBus::take_error(const can_frame& raw, Instant time) {
    const CanErrorReport report = read_error_frame(raw);
    const bool was_off = state_ == CanState::bus_off;
    if (report.state) state_ = *report.state;
    if (report.has_counters) {
        counts_.transmit_errors = report.transmit_errors;
        counts_.receive_errors = report.receive_errors;
    }
    // The controller forgets what it was sending.
    if (report.state == CanState::bus_off) on_the_way_.clear();
    if (was_off && state_ != CanState::bus_off) pump();
    if (time < Instant{}) return;
    if (report.error != CanError::none) {
        ++counts_.error_frames;
        if (report.error == CanError::acknowledge) ++counts_.unacknowledged;
        if (report.is_own) {
            ++counts_.retransmissions;
            is_stuck_ = true;
        }
        CanEvent event;
        event.kind = CanEvent::Kind::error;
        event.time = time;
        event.on_wire = bits(error_frame_bits);
        event.error = report.error;
        event.own = report.is_own;
        tell(event);
    }
    if (report.has_overflown) {
        throw InstrumentError(where() + ", at " + format_time(time) +
                              ": the adapter's controller lost frames because the computer did not "
                              "fetch them in time, so the record of this bus has a gap");
    }
}

void SocketCanBus::tell(const CanEvent& event) {
    CanEvent told = event;
    told.time = last_ = std::max(event.time, last_);
    counts_.busy += event.on_wire;
    if (listener_) listener_(setup_.channel, told);
}

Duration SocketCanBus::bits(int count) const {
    constexpr std::int64_t second_ns = 1'000'000'000;
    return bit_rate() == 0 ? Duration{} : Duration{count * second_ns / bit_rate()};
}

std::uint32_t SocketCanBus::bit_rate() const {
    return link_.bit_rate != 0 ? link_.bit_rate : settings_.bit_rate;
}

void SocketCanBus::set_bit_rate(std::uint32_t bit_rate) {
    if (bit_rate != 0 && bit_rate != this->bit_rate()) {
        if (link_.bit_rate == 0 || !setup_.may_configure) {
            const std::string why =
                link_.bit_rate == 0
                    ? "the interface " + setup_.interface + " has no bit rate"
                    : "the rig may not set it; \"set_bit_rate: yes\" in the bench file allows it";
            throw BenchCannot("can_bit_rate", where() + ": cannot work at " +
                                                  std::to_string(bit_rate) + " bit/s: " + why);
        }
        configure(bit_rate, settings_.listen_only, "can_bit_rate");
    }
    settings_.bit_rate = bit_rate;
}

void SocketCanBus::set_listen_only(bool listens) {
    if (listens == settings_.listen_only) return;
    if (link_.bit_rate == 0 || !setup_.may_configure) {
        throw BenchCannot("can_listen_only",
                          where() + ": the interface " + setup_.interface +
                              (link_.bit_rate == 0 ? " has no such mode"
                                                   : " may not be set by the rig; \"set_bit_rate: "
                                                     "yes\" in the bench file allows it"));
    }
    configure(link_.bit_rate, listens, "can_listen_only");
    settings_.listen_only = listens;
}

void SocketCanBus::configure(std::uint32_t bit_rate, bool listens, const char* ability) {
    // What had not left before the interface goes down waits again.
    waiting_.insert(waiting_.begin(), on_the_way_.begin(), on_the_way_.end());
    on_the_way_.clear();
    socket_.reset();
    try {
        port_.link->configure(bit_rate, listens);
        link_ = port_.link->look();
        state_ = link_.state;
        socket_ = port_.open();
        lost_ = 0;
        socket_->on_ready([this] { hear(); });
    } catch (const std::system_error& problem) {
        failure_ = problem.code();
        if (problem.code().value() == EPERM || problem.code().value() == EOPNOTSUPP) {
            throw BenchCannot(
                ability, where() + ": " + can_problem(setup_.interface, bit_rate, problem.code()));
        }
        fail(problem.code());
    }
    if (!listens) pump();
}

void SocketCanBus::recover() {
    if (state_ != CanState::bus_off) return;
    try {
        port_.link->restart();
    } catch (const std::system_error& problem) {
        if (problem.code().value() == EBUSY) return;  // it recovers by itself
        throw InstrumentError(where() + ": its node is off the bus and cannot be put back: " +
                              can_problem(setup_.interface, bit_rate(), problem.code()) +
                              "; let it come back by itself with \"sudo ip link set " +
                              setup_.interface + " type can restart-ms 100\"");
    }
}

std::string SocketCanBus::where() const {
    return "instrument \"" + setup_.instrument + "\", channel " + std::to_string(setup_.channel) +
           " (" + setup_.interface + ")";
}

/// The socket is gone with that, and the next test opens another one.
void SocketCanBus::fail(const std::error_code& problem) {
    socket_.reset();
    failure_ = problem;
    throw InstrumentError(where() + ": " + can_problem(setup_.interface, bit_rate(), problem));
}

}  // namespace bmsrig
