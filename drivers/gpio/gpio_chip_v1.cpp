// libgpiod 1.6 (Debian 12): one descriptor for each line, no numbers on events, no debounce, and a
// buffer of 16 events a line that drops the newest when it is full.
#include <gpiod.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "drivers/gpio/kernel_gpio.h"

namespace bmsrig {

namespace {

constexpr std::size_t kernel_buffer = 16;

int flags_of(const GpioInputSettings& settings) {
    int flags = settings.active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    switch (settings.bias) {
        case Bias::none:
            flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
            break;
        case Bias::down:
            flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
            break;
        case Bias::up:
            flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
            break;
    }
    return flags;
}

void request(gpiod_line* line, const std::string& consumer, int type, int flags, int value) {
    const gpiod_line_request_config config{consumer.c_str(), type, flags};
    if (gpiod_line_request(line, &config, value) < 0) throw_errno("gpiod_line_request");
}

class InputV1 final : public GpioInput {
  public:
    InputV1(gpiod_line* line, std::string consumer, const GpioInputSettings& settings)
        : line_(line), consumer_(std::move(consumer)) {
        open(settings);
    }
    ~InputV1() override { gpiod_line_release(line_); }

    [[nodiscard]] int descriptor() const override { return gpiod_line_event_get_fd(line_); }
    void read_events(std::vector<GpioEvent>& into) override;
    bool active() override {
        const int value = gpiod_line_get_value(line_);
        if (value < 0) throw_errno("gpiod_line_get_value");
        return value == 1;
    }
    bool configure(const GpioInputSettings& settings) override {
        gpiod_line_release(line_);  // the kernel's first interface cannot change a line with events
        open(settings);
        return true;
    }

  private:
    void open(const GpioInputSettings& settings) {
        if (settings.debounce != Duration::zero()) {
            throw std::system_error(ENOTSUP, std::generic_category(), "libgpiod 1.6: debounce");
        }
        request(line_, consumer_, GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES, flags_of(settings), 0);
        set_non_blocking(descriptor());
    }

    gpiod_line* line_;
    std::string consumer_;
};

void InputV1::read_events(std::vector<GpioEvent>& into) {
    std::array<gpiod_line_event, 4> events{};  // mostly one waits
    std::size_t in_all = 0;
    for (;;) {
        const int count = gpiod_line_event_read_multiple(line_, events.data(), events.size());
        if (count < 0 && errno == EAGAIN) break;
        if (count < 0) throw_errno("gpiod_line_event_read_multiple");
        for (int i = 0; i < count; ++i) {
            const auto& [stamp, type] = events.at(static_cast<std::size_t>(i));
            into.push_back(
                {std::chrono::seconds{stamp.tv_sec} + std::chrono::nanoseconds{stamp.tv_nsec},
                 type == GPIOD_LINE_EVENT_RISING_EDGE, false});
        }
        in_all += static_cast<std::size_t>(count);
        if (static_cast<std::size_t>(count) < events.size()) break;  // that was all
    }
    // Nobody says whether a full buffer dropped anything: it counts as a loss.
    if (in_all >= kernel_buffer) into.back().after_loss = true;
}

class OutputV1 final : public GpioOutput {
  public:
    OutputV1(gpiod_line* line, const std::string& consumer, bool active_low, bool active)
        : line_(line) {
        request(line, consumer, GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
                active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0, active ? 1 : 0);
    }
    ~OutputV1() override { gpiod_line_release(line_); }
    void set(bool active) override {
        if (gpiod_line_set_value(line_, active ? 1 : 0) < 0) throw_errno("gpiod_line_set_value");
    }

  private:
    gpiod_line* line_;
};

class ChipV1 final : public GpioChip {
  public:
    explicit ChipV1(std::string path)
        : path_(std::move(path)), chip_(gpiod_chip_open(path_.c_str())) {
        if (!chip_) throw_errno("gpiod_chip_open");
    }
    [[nodiscard]] std::string path() const override { return path_; }
    [[nodiscard]] std::string name() const override { return gpiod_chip_name(chip_.get()); }
    [[nodiscard]] std::string label() const override { return gpiod_chip_label(chip_.get()); }
    [[nodiscard]] unsigned lines() const override { return gpiod_chip_num_lines(chip_.get()); }
    GpioLineInfo info(unsigned offset) override {
        gpiod_line* line = at(offset);
        if (gpiod_line_update(line) < 0) throw_errno("gpiod_line_update");
        const char* name = gpiod_line_name(line);
        const char* consumer = gpiod_line_consumer(line);
        return {name == nullptr ? "" : name, consumer == nullptr ? "" : consumer,
                gpiod_line_is_used(line)};
    }
    std::unique_ptr<GpioInput> request_input(unsigned offset, const std::string& consumer,
                                             const GpioInputSettings& settings) override {
        return std::make_unique<InputV1>(at(offset), consumer, settings);
    }
    std::unique_ptr<GpioOutput> request_output(unsigned offset, const std::string& consumer,
                                               bool active_low, bool active) override {
        return std::make_unique<OutputV1>(at(offset), consumer, active_low, active);
    }

  private:
    gpiod_line* at(unsigned offset) {
        gpiod_line* line = gpiod_chip_get_line(chip_.get(), offset);
        if (line == nullptr) throw_errno("gpiod_chip_get_line");
        return line;
    }

    struct Close {
        void operator()(gpiod_chip* chip) const { gpiod_chip_close(chip); }
    };
    std::string path_;
    std::unique_ptr<gpiod_chip, Close> chip_;
};

}  // namespace

std::unique_ptr<GpioChip> open_kernel_chip(const std::string& path) {
    return std::make_unique<ChipV1>(path);
}

std::string libgpiod_version() {
    return gpiod_version_string();
}

}  // namespace bmsrig
