// An instrument hears anything: it stays whole, says what was wrong by a number of the standard,
// and then understands what is right. The input: messages, one on each line.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "drivers/instrument_server/scpi_device.h"

using namespace bmsrig::scpi_server;

namespace {

void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", property);
    std::abort();
}

constexpr int channels = 16;
constexpr NumberRange range{bmsrig::Unit::volt, 0, 5, 0};

void add_commands(Device& device) {
    device.add("SOURce#:VOLTage[:LEVel][:IMMediate][:AMPLitude]", [](Call& call) {
        const double value = call.number(range);
        require(value >= range.minimum && value <= range.maximum, "a number is within its range");
        const auto asked = call.channels(channels);
        call.finish();
        for (const int channel : asked) {
            require(channel >= 1 && channel <= channels, "a channel is there");
        }
    });
    device.add("OUTPut#[:STATe]", [](Call& call) { static_cast<void>(call.boolean()); });
    device.add("OUTPut#:FAULt", [](Call& call) {
        require(call.word({"NONE", "OPENcircuit"}) < 2, "a word is one of those");
    });
    device.add("DISPlay:TEXT", [](Call& call) { static_cast<void>(call.string()); });
    device.add("ROUTe:CLOSe?",
               [](Call& call) { call.answer(std::to_string(call.any_list().size())); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Device device({"M", "T", "S", "1", ""}, [] {});
    add_commands(device);
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string answer = device.execute(rest.substr(0, end));
        require(answer.find('\n') == std::string::npos, "an answer is one line");
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    require(device.status().errors() <= Status::queue_size, "the queue has an end");
    while (device.status().errors() > 0) {
        const std::string error = device.status().take_error();
        const int number = std::stoi(error);
        require(number <= -100 && number > -500, "an error has a number of the standard");
        require(error.ends_with('"') && std::count(error.begin(), error.end(), '"') == 2,
                "its text stands in quotes");
    }
    require(device.execute("*OPC?") == "1", "it still understands what is right");
    return 0;
}
