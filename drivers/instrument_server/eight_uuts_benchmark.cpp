// How much of a processor one rig takes for eight UUTs side by side: 128 cells set and read back
// once a second over SCPI, 24 lines that move, 8 CAN buses with eight frames each every 100 ms. The
// instruments and the traffic are processes of their own, and do not count. Needs a simulated GPIO
// chip (BMSRIG_GPIO_CHIP) and vcan0 to vcan7: make kernel-test has them.
#include <linux/can.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "drivers/can/catalogue.h"
#include "drivers/contract/served.h"
#include "drivers/gpio/gpio_sim.h"
#include "rig/rig.h"
#include "rig/test_folder.h"

namespace {

using namespace bmsrig;

constexpr int uuts = 8;
constexpr int cells_each = 16;
constexpr int lines_each = 3;
constexpr int frames_each = 8;
constexpr int seconds = 20;
constexpr double wanted_share = 0.30;

std::string number(int value) {
    return std::to_string(value);
}

/// A process that ends with this one.
class Child {
  public:
    explicit Child(const std::function<void()>& run) : pid_(::fork()) {
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            run();
        } catch (const std::exception& problem) {
            std::fprintf(stderr, "eight_uuts_benchmark: %s\n", problem.what());
        }
        std::_Exit(1);
    }
    ~Child() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

  private:
    pid_t pid_;
};

/// Eight units of the cell simulator, as a laboratory serves them; what the bench file says of them
/// goes to `told`.
void serve_cells(int told) {
    Reactor reactor;
    std::vector<std::unique_ptr<ServedInstrument>> served;
    std::string text;
    for (int uut = 1; uut <= uuts; ++uut) {
        const std::string name = "cells" + number(uut);
        served.push_back(std::make_unique<ServedInstrument>(
            reactor, "bloomy_abs",
            spec_of(name, "virtual_cell_simulator", {{"channels", number(cells_each)}})));
        text += "  " + name + ":\n    driver: bloomy_abs\n";
        for (const auto& [key, value] : served.back()->served_as().options) {
            text.append("    ").append(key).append(": \"").append(value).append("\"\n");
        }
    }
    if (::write(told, text.data(), text.size()) < 0) throw std::runtime_error("nobody listens");
    ::close(told);
    for (;;) reactor.run_one(reactor.now() + std::chrono::seconds{1});
}

int open_bus(const std::string& interface) {
    const int bus = ::socket(PF_CAN, SOCK_RAW, CAN_RAW);
    ifreq request{};
    std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    sockaddr_can address{};
    if (bus < 0 || ::ioctl(bus, SIOCGIFINDEX, &request) != 0) {
        throw std::runtime_error("no CAN interface " + interface);
    }
    address.can_family = AF_CAN;
    address.can_ifindex = request.ifr_ifindex;
    if (::bind(bus, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("no CAN bus on " + interface);
    }
    return bus;
}

/// What eight UUTs do: their frames every 100 ms, and every half second a line of each moves.
void make_traffic(const std::string& chip) {
    GpioSim lines(chip);
    std::array<int, uuts> buses{};
    for (int uut = 0; uut < uuts; ++uut) buses.at(uut) = open_bus("vcan" + number(uut));
    Reactor reactor;
    const auto clock = make_real_clock(reactor);
    for (int tick = 1;; ++tick) {
        const Instant due{tick * std::chrono::milliseconds{100}};
        while (clock->wait_until(due) != Clock::Woken::at_deadline) {
        }
        for (const int bus : buses) {
            for (unsigned id = 0; id < frames_each; ++id) {
                can_frame frame{};
                frame.can_id = 0x351 + id;
                frame.len = 8;
                std::memcpy(frame.data, &tick, sizeof tick);  // so that each is news
                if (::write(bus, &frame, sizeof frame) < 0) throw std::runtime_error("CAN write");
            }
        }
        if (tick % 5 != 0) continue;
        for (unsigned uut = 0; uut < uuts; ++uut) {
            lines.pull(uut * lines_each + static_cast<unsigned>(tick / 5 % lines_each),
                       tick / 5 / lines_each % 2 == 0);
        }
    }
}

/// Victron's database under a name of its own: signals of the trace are named after it, and each of
/// the buses has its own.
class NamedDatabase final : public CanDatabase {
  public:
    explicit NamedDatabase(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::vector<Message>& messages() const override {
        return victron_.messages();
    }
    void decode(std::size_t message, std::span<const std::uint8_t> data,
                std::span<double> values) const override {
        victron_.decode(message, data, values);
    }
    [[nodiscard]] std::vector<std::uint8_t> encode(std::size_t message,
                                                   std::span<const double> values) const override {
        return victron_.encode(message, values);
    }

  private:
    std::string name_;
    const CanDatabase& victron_ = can_database("victron");
};

/// A fixture of eight UUTs, and the bench for it.
class EightUuts {
  public:
    EightUuts(const std::string& cells, const std::string& chip) {
        for (int uut = 1; uut <= uuts; ++uut) {
            databases_.push_back(std::make_unique<NamedDatabase>("victron" + number(uut)));
        }
        folder_.write(
            "uuts/fixture.yaml",
            "format: 1\ntitle: Eight\nproducts: [none]\nprocess: none\nreaction_time: 1 s\n"
            "off_time: 0 s\nsettings: {}\n"
            "baseline: {cells: 3.3 V, temperatures: 25 degC, supply: 12 V, switches: {}}\n"
            "self_test: {dead_supply: 0 V, baseline: {}, steps: []}\n");
        folder_.write("uuts/limits.yaml",
                      "format: 1\nlimits:\n"
                      "  delay: {requirement: A-1, high: reaction_time, source: this file}\n");
        folder_.write("uuts/requirements.csv",
                      "id,title,requirement,observe,kind,source\n"
                      "A-1,Delay,text,line,verify,this file\n");
        folder_.write("uuts/wiring.yaml", wiring());
        folder_.write("uuts/benches/bench.yaml", bench(cells, chip));
    }

    [[nodiscard]] RigOptions options() const {
        RigOptions options;
        options.fixture = folder_.path() / "uuts";
        options.bench = folder_.path() / "uuts/benches/bench.yaml";
        for (const auto& database : databases_) {
            options.can_databases.built_in.push_back(database.get());
        }
        return options;
    }

  private:
    static std::string wiring() {
        std::string inputs = "format: 1\ninputs:\n";
        std::string lines = "lines:\n";
        std::string buses = "buses:\n";
        for (int uut = 0; uut < uuts; ++uut) {
            for (int cell = 1; cell <= cells_each; ++cell) {
                inputs += "  cell." + number(uut * cells_each + cell) + ": {source: cells" +
                          number(uut + 1) + "." + number(cell) + ", unit: V, rating: [0 V, 5 V]}\n";
            }
            for (int line = 1; line <= lines_each; ++line) {
                const std::string channel = number(uut * lines_each + line);
                lines += "  line" + channel + ": {port: line" + channel + ", reader: lines." +
                         channel + ", debounce: 0 s}\n";
            }
            buses += "  can" + number(uut + 1) + ": {adapter: can." + number(uut + 1) +
                     ", databases: [victron" + number(uut + 1) + "]}\n";
        }
        return inputs + "loads: {}\n" + lines + buses;
    }

    static std::string bench(const std::string& cells, const std::string& chip) {
        std::string text =
            "format: 1\nbench: eight\nfixture: uuts\nclock: real\nuut: none\n"
            "guard: {off: a benchmark of the rig alone}\ninstruments:\n" +
            cells + "  lines:\n    driver: gpio_line_bank\n    chip: " + chip + "\n    lines:";
        for (int line = 0; line < uuts * lines_each; ++line) text += " LINE_" + number(line);
        text += "\n  can:\n    driver: socketcan_adapter\n    interfaces:";
        for (int uut = 0; uut < uuts; ++uut) text += " vcan" + number(uut);
        return text + "\n";
    }

    TestFolder folder_;
    std::vector<std::unique_ptr<NamedDatabase>> databases_;
};

double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto all = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return all(usage.ru_utime) + all(usage.ru_stime);
}

/// Sets and reads back every cell once a second, as a plan would.
double share_of_a_processor(Rig& rig) {
    rig.begin_test(1);
    const double before = processor_seconds();
    const Instant start = rig.now();
    for (int second = 0; second < seconds; ++second) {
        rig.run_until(start + std::chrono::seconds{second + 1});
        std::vector<double> values(static_cast<std::size_t>(rig.stimuli().cells()),
                                   3.3 + 0.001 * second);
        rig.stimuli().apply_cells(values, rig.now());
        for (int cell = 1; cell <= uuts * cells_each; ++cell) {
            rig.stimuli().read("cell." + number(cell));
        }
    }
    return (processor_seconds() - before) / to_seconds(rig.now() - start);
}

std::string take_all(int descriptor) {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = ::read(descriptor, bytes.data(), bytes.size())) > 0;) {
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
}

int run() {
    const char* chip = std::getenv("BMSRIG_GPIO_CHIP");
    if (chip == nullptr || ::if_nametoindex("vcan7") == 0) {
        std::puts("eight UUTs: needs a simulated GPIO chip and vcan0 to vcan7 (make kernel-test)");
        return 0;
    }
    std::array<int, 2> told{};
    if (::pipe(told.data()) != 0) return 1;
    const Child cells([&] { serve_cells(told[1]); });
    ::close(told[1]);
    const std::string text = take_all(told[0]);
    const Child traffic([&] { make_traffic(chip); });
    const EightUuts bench(text, chip);
    Rig rig(bench.options(), make_instrument);
    const double share = share_of_a_processor(rig);
    std::printf(
        "eight UUTs in one loop: %.1f %% of a processor (limit %.0f %%, ratio %.2f); %llu changes "
        "in the trace in %d s\n",
        share * 100, wanted_share * 100, share / wanted_share,
        static_cast<unsigned long long>(rig.trace().size()), seconds);
    std::printf("timing: %s\n", rig.punctuality().text().c_str());
    rig.end_test();
    std::puts(share <= wanted_share ? "within its limit" : "A LIMIT IS MISSED");
    return 0;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "eight_uuts_benchmark: %s\n", problem.what());
        return 1;
    }
}
