// Sixteen cells set in one message and read back, through the driver beside a bare loop of blocking
// socket calls that exchanges the same bytes with the same instrument, in the same run: with the
// instrument on another processor than the rig, as every real one is, and on the same one, where an
// answer takes 4 us and nothing is left but what system calls and copies cost.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "drivers/contract/workbench.h"
#include "rig/clock.h"
#include "rig/instruments/cell_simulator.h"
#include "rig/link/file_descriptor.h"

namespace {

using namespace bmsrig;
using link::FileDescriptor;

constexpr int cells = 16;
constexpr int rounds = 400;  // of each, in turns: what disturbs the machine disturbs both
constexpr double limit = 1.2;

/// Of the calling thread and those that it starts from now on.
void stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) {
        throw std::runtime_error("cannot stay on processor " + std::to_string(processor));
    }
}

void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) throw std::runtime_error("the connection ended");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

/// An instrument that answers at once: one thread, one connection after the other.
class Instrument16 {
  public:
    Instrument16() : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* plain = reinterpret_cast<sockaddr*>(&address_);
        if (::bind(listening_.number(), plain, size) != 0 ||
            ::listen(listening_.number(), 4) != 0 ||
            ::getsockname(listening_.number(), plain, &size) != 0) {
            throw std::runtime_error("no port for the benchmark");
        }
        thread_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) serve();
        });
    }
    ~Instrument16() {
        thread_.request_stop();
        ::shutdown(listening_.number(), SHUT_RDWR);
        thread_.join();
        for (std::jthread& each : connections_) each.join();
    }
    Instrument16(const Instrument16&) = delete;
    Instrument16& operator=(const Instrument16&) = delete;

    [[nodiscard]] const sockaddr_in& address() const { return address_; }

  private:
    void serve() {
        FileDescriptor connection(::accept(listening_.number(), nullptr, nullptr));
        if (!connection.is_open()) return;
        connections_.emplace_back([socket = std::move(connection)] { talk(socket.number()); });
    }
    static void talk(int socket) {
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::array<char, 4096> bytes{};
        std::string received;
        for (;;) {
            const auto count = ::recv(socket, bytes.data(), bytes.size(), 0);
            if (count <= 0) return;
            received.append(bytes.data(), static_cast<std::size_t>(count));
            std::string answers;
            for (auto end = received.find('\n'); end != std::string::npos;
                 end = received.find('\n')) {
                answers += answer_to(std::string_view(received).substr(0, end));
                received.erase(0, end + 1);
            }
            if (!answers.empty()) send_all(socket, answers);
        }
    }
    static std::string_view answer_to(std::string_view message) {
        if (!message.ends_with('?')) return "";
        if (message.starts_with("MEAS")) return "3.30012\n";
        if (message.starts_with("SYST")) return "0,\"No error\"\n";
        return message.starts_with("*IDN") ? "Maker,Model,SN1,1.0\n" : "\"2026-03-01\"\n";
    }

    FileDescriptor listening_;
    sockaddr_in address_{};
    std::vector<std::jthread> connections_;
    std::jthread thread_;
};

/// What the driver says, said by hand.
class BareLoop {
  public:
    explicit BareLoop(const sockaddr_in& address) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const int on = 1;
        ::setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto* plain = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(socket_.number(), plain, sizeof address) != 0) {
            throw std::runtime_error("no connection for the benchmark");
        }
    }
    void set(const std::string& voltages) {
        send_all(socket_.number(),
                 ":SOUR:VOLT " + voltages + ",(@1:" + std::to_string(cells) + ")\nSYST:ERR?\n");
        ++waiting_;
    }
    double read(int cell) {
        send_all(socket_.number(), "MEAS" + std::to_string(cell) + ":VOLT?\n");
        for (; waiting_ > 0; --waiting_) {
            if (line() != "0,\"No error\"") throw std::runtime_error("refused");
        }
        return std::strtod(line().c_str(), nullptr);
    }

  private:
    std::string line() {
        for (;;) {
            const auto end = received_.find('\n');
            if (end != std::string::npos) {
                std::string found = received_.substr(0, end);
                received_.erase(0, end + 1);
                return found;
            }
            std::array<char, 4096> bytes{};
            const auto count = ::recv(socket_.number(), bytes.data(), bytes.size(), 0);
            if (count <= 0) throw std::runtime_error("the connection ended");
            received_.append(bytes.data(), static_cast<std::size_t>(count));
        }
    }

    FileDescriptor socket_;
    std::string received_;
    int waiting_ = 0;
};

double seconds(const auto& work) {
    const Duration begin = stopwatch();
    work();
    return to_seconds(stopwatch() - begin);
}

double median(std::vector<double> all) {
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::ranges::nth_element(all, middle);
    return *middle;
}

void report(const char* what, double ours, double bare, bool has_limit) {
    std::printf("%-32s %8.1f us, bare %8.1f us, ratio %.3f", what, ours * 1e6, bare * 1e6,
                ours / bare);
    if (has_limit) std::printf(" (limit %.1f)", limit);
    std::printf("\n");
}

/// Whether both read the same.
bool compare(const char* where, int instrument, int rig, bool has_limit) {
    stay_on(instrument);
    const Instrument16 peer;
    stay_on(rig);
    Reactor reactor;
    Scheduler scheduler;
    const auto made = make_instrument(
        spec_of("cells", "scpi_cell_simulator",
                {{"address", "tcp 127.0.0.1:" + std::to_string(ntohs(peer.address().sin_port))},
                 {"channels", std::to_string(cells)},
                 {"minimum", "0 V"},
                 {"maximum", "5 V"},
                 {"resolution", "0.1 mV"},
                 {"accuracy", "1 mV"}}),
        {scheduler, 1, &reactor});
    auto& driver = dynamic_cast<CellSimulator&>(*made);
    driver.restart(1);
    BareLoop bare(peer.address());

    const std::vector<Volts> voltages(cells, volts(3.3));
    std::string text;
    for (int cell = 0; cell < cells; ++cell) text += cell == 0 ? "3.3" : ",3.3";
    driver.set_voltages(voltages);  // switches them on
    double sum = driver.read_voltage(1).value();
    std::vector<double> ours;
    std::vector<double> bares;
    std::vector<double> our_sets;
    std::vector<double> bare_sets;
    for (int round = 0; round < rounds; ++round) {
        ours.push_back(seconds([&] {
            our_sets.push_back(seconds([&] { driver.set_voltages(voltages); }));
            for (int cell = 1; cell <= cells; ++cell) sum += driver.read_voltage(cell).value();
        }));
        bares.push_back(seconds([&] {
            bare_sets.push_back(seconds([&] { bare.set(text); }));
            for (int cell = 1; cell <= cells; ++cell) sum -= bare.read(cell);
        }));
    }
    const bool is_right = std::abs(sum - 3.30012) < 1e-6;
    if (!is_right) std::printf("the two did not read the same\n");
    std::printf("%s\n", where);
    report("  16 cells set and read", median(ours), median(bares), has_limit);
    report("  16 cells set in one message", median(our_sets), median(bare_sets), false);
    return is_right;
}

}  // namespace

int main() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    std::vector<int> processors;
    for (int each = 0; each < CPU_SETSIZE; ++each) {
        if (CPU_ISSET(each, &allowed)) processors.push_back(each);
    }
    const int first = processors.front();
    const int last = processors.back();
    const bool are_apart = first != last;
    bool is_right = compare("on the same processor", first, first, !are_apart);
    if (are_apart) is_right = compare("on two processors", last, first, true) && is_right;
    return is_right ? 0 : 1;
}
