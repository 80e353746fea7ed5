// GPIO chips whose lines do what a test says, and which write down what is asked of them.
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "drivers/gpio/gpio_chip.h"
#include "rig/reactor.h"

namespace bmsrig {

class ScriptedInput;

/// A line of a scripted chip.
struct ScriptedLine {
    GpioLineInfo info;
    bool level = false;              ///< electrical: true is high
    ScriptedInput* input = nullptr;  ///< while it is requested
    bool active_low = false;
};

/// One chip unless a test says more, /dev/gpiochip0 with the label "scripted", lines LINE_0 to
/// LINE_7.
class ScriptedGpio final : public GpioSystem {
  public:
    ScriptedGpio() : lines_(8) {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            lines_[i].info.name = "LINE_" + std::to_string(i);
        }
    }

    std::vector<std::string> paths() override { return chips; }
    std::unique_ptr<GpioChip> open(const std::string& path) override;
    [[nodiscard]] std::string library() const override { return "libgpiod 0.0"; }

    ScriptedLine& line(unsigned offset) { return lines_.at(offset); }
    std::vector<ScriptedLine>& lines() { return lines_; }
    std::vector<std::string> chips{"/dev/gpiochip0"};  ///< they share their lines, if several
    /// As libgpiod 1.6: a line that is set up anew is released for a moment.
    bool reopens = false;

    /// The line goes to this electrical level, and tells of it.
    void drive(unsigned offset, bool high, Duration stamp);
    /// It tells of an edge, whatever its level is now.
    void tell(unsigned offset, const GpioEvent& event);

    /// From now on, what is asked for with a text that begins so fails with this errno.
    void fail(const std::string& request, int error) { failures_[request] = error; }
    [[nodiscard]] bool fails() const { return !failures_.empty(); }
    void asked(const std::string& request) {
        for (const auto& [begin, error] : failures_) {
            if (request.starts_with(begin))
                throw std::system_error(error, std::generic_category(), begin);
        }
        requests_.push_back(request);
    }
    /// What was asked since the last call, in words.
    std::vector<std::string> take_requests() { return std::exchange(requests_, {}); }

  private:
    std::vector<ScriptedLine> lines_;
    std::map<std::string, int> failures_;
    std::vector<std::string> requests_;
};

inline std::string in_words(const GpioInputSettings& settings) {
    return "bias " + std::string(to_string(settings.bias)) +
           (settings.active_low ? ", active low" : "") + ", debounce " +
           format_duration(settings.debounce) + ", buffer " + std::to_string(settings.event_buffer);
}

class ScriptedInput final : public GpioInput {
  public:
    ScriptedInput(ScriptedGpio& gpio, unsigned offset, const GpioInputSettings& settings)
        : gpio_(gpio), offset_(offset), event_(eventfd(0, EFD_NONBLOCK)) {
        gpio_.line(offset_).input = this;
        gpio_.line(offset_).active_low = settings.active_low;
    }
    ~ScriptedInput() override {
        gpio_.line(offset_).input = nullptr;
        if (!events_.empty() && !gpio_.fails()) {
            ADD_FAILURE() << events_.size() << " events of line " << offset_ << " were never read";
        }
        close(event_);
    }

    [[nodiscard]] int descriptor() const override { return event_; }
    void read_events(std::vector<GpioEvent>& into) override {
        gpio_.asked("read " + std::to_string(offset_));
        std::uint64_t count = 0;
        if (::read(event_, &count, sizeof count) < 0 && errno != EAGAIN) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
        into.insert(into.end(), events_.begin(), events_.end());
        events_.clear();
    }
    bool active() override {
        const ScriptedLine& line = gpio_.line(offset_);
        return line.level != line.active_low;
    }
    bool configure(const GpioInputSettings& settings) override {
        gpio_.asked("configure " + std::to_string(offset_) + ": " + in_words(settings));
        if (gpio_.reopens) events_.clear();
        return gpio_.reopens;
    }
    void tell(const GpioEvent& event) {
        events_.push_back(event);
        const std::uint64_t one = 1;
        if (::write(event_, &one, sizeof one) < 0) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
    }

  private:
    ScriptedGpio& gpio_;
    unsigned offset_;
    int event_;
    std::vector<GpioEvent> events_;
};

class ScriptedOutput final : public GpioOutput {
  public:
    ScriptedOutput(ScriptedGpio& gpio, unsigned offset) : gpio_(gpio), offset_(offset) {}
    ~ScriptedOutput() override { gpio_.asked("release " + std::to_string(offset_)); }
    void set(bool active) override {
        gpio_.asked("set " + std::to_string(offset_) + (active ? " active" : " inactive"));
    }

  private:
    ScriptedGpio& gpio_;
    unsigned offset_;
};

class ScriptedChip final : public GpioChip {
  public:
    ScriptedChip(ScriptedGpio& gpio, std::string path) : gpio_(gpio), path_(std::move(path)) {}
    [[nodiscard]] std::string path() const override { return path_; }
    [[nodiscard]] std::string name() const override { return path_.substr(path_.rfind('/') + 1); }
    [[nodiscard]] std::string label() const override { return "scripted"; }
    [[nodiscard]] unsigned lines() const override {
        return static_cast<unsigned>(gpio_.lines().size());
    }
    GpioLineInfo info(unsigned offset) override { return gpio_.line(offset).info; }
    std::unique_ptr<GpioInput> request_input(unsigned offset, const std::string& consumer,
                                             const GpioInputSettings& settings) override {
        gpio_.asked("input " + std::to_string(offset) + " for " + consumer + ": " +
                    in_words(settings));
        return std::make_unique<ScriptedInput>(gpio_, offset, settings);
    }
    std::unique_ptr<GpioOutput> request_output(unsigned offset, const std::string& consumer,
                                               bool active_low, bool active) override {
        gpio_.asked("output " + std::to_string(offset) + " for " + consumer + ":" +
                    (active_low ? " active low," : "") + (active ? " active" : " inactive"));
        return std::make_unique<ScriptedOutput>(gpio_, offset);
    }

  private:
    ScriptedGpio& gpio_;
    std::string path_;
};

inline std::unique_ptr<GpioChip> ScriptedGpio::open(const std::string& path) {
    asked("open " + path);
    return std::make_unique<ScriptedChip>(*this, path);
}

inline void ScriptedGpio::drive(unsigned offset, bool high, Duration stamp) {
    ScriptedLine& line = lines_.at(offset);
    if (std::exchange(line.level, high) == high) return;
    tell(offset, {stamp, high != line.active_low, false});
}

inline void ScriptedGpio::tell(unsigned offset, const GpioEvent& event) {
    if (lines_.at(offset).input != nullptr) lines_.at(offset).input->tell(event);
}

/// What CLOCK_MONOTONIC showed at this moment of a test in virtual time.
inline Duration stamp_of(const Reactor& reactor, Instant when) {
    return when - reactor.at_monotonic(Duration::zero());
}

}  // namespace bmsrig
