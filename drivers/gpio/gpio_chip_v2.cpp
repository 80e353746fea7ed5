// libgpiod 2.x: the kernel numbers the events of a line, keeps as many as it is asked to, and can
// debounce.
#include <gpiod.h>

#include <cerrno>
#include <system_error>

#include "drivers/gpio/kernel_gpio.h"

namespace bmsrig {

namespace {

struct Free {
    void operator()(gpiod_chip* it) const { gpiod_chip_close(it); }
    void operator()(gpiod_chip_info* it) const { gpiod_chip_info_free(it); }
    void operator()(gpiod_line_info* it) const { gpiod_line_info_free(it); }
    void operator()(gpiod_line_settings* it) const { gpiod_line_settings_free(it); }
    void operator()(gpiod_line_config* it) const { gpiod_line_config_free(it); }
    void operator()(gpiod_request_config* it) const { gpiod_request_config_free(it); }
    void operator()(gpiod_line_request* it) const { gpiod_line_request_release(it); }
    void operator()(gpiod_edge_event_buffer* it) const { gpiod_edge_event_buffer_free(it); }
};
template <typename Thing>
using Owned = std::unique_ptr<Thing, Free>;

/// What libgpiod made, or its error.
template <typename Thing>
Owned<Thing> owned(Thing* made, std::string_view call) {
    if (made == nullptr) throw_errno(call);
    return Owned<Thing>(made);
}

void check(int result, std::string_view call) {
    if (result < 0) throw_errno(call);
}

gpiod_line_bias bias_of(Bias bias) {
    switch (bias) {
        case Bias::none:
            return GPIOD_LINE_BIAS_DISABLED;
        case Bias::down:
            return GPIOD_LINE_BIAS_PULL_DOWN;
        case Bias::up:
            return GPIOD_LINE_BIAS_PULL_UP;
    }
    return GPIOD_LINE_BIAS_AS_IS;
}

Owned<gpiod_line_config> config_of(unsigned offset, gpiod_line_settings* settings) {
    auto config = owned(gpiod_line_config_new(), "gpiod_line_config_new");
    check(gpiod_line_config_add_line_settings(config.get(), &offset, 1, settings),
          "gpiod_line_config_add_line_settings");
    return config;
}

Owned<gpiod_line_config> input_config(unsigned offset, const GpioInputSettings& wanted) {
    const auto settings = owned(gpiod_line_settings_new(), "gpiod_line_settings_new");
    check(gpiod_line_settings_set_direction(settings.get(), GPIOD_LINE_DIRECTION_INPUT),
          "gpiod_line_settings_set_direction");
    check(gpiod_line_settings_set_edge_detection(settings.get(), GPIOD_LINE_EDGE_BOTH),
          "gpiod_line_settings_set_edge_detection");
    check(gpiod_line_settings_set_bias(settings.get(), bias_of(wanted.bias)),
          "gpiod_line_settings_set_bias");
    check(gpiod_line_settings_set_event_clock(settings.get(), GPIOD_LINE_CLOCK_MONOTONIC),
          "gpiod_line_settings_set_event_clock");
    gpiod_line_settings_set_active_low(settings.get(), wanted.active_low);
    const auto period = std::chrono::ceil<std::chrono::microseconds>(wanted.debounce);
    gpiod_line_settings_set_debounce_period_us(settings.get(),
                                               static_cast<unsigned long>(period.count()));
    return config_of(offset, settings.get());
}

Owned<gpiod_line_request> request(gpiod_chip* chip, gpiod_line_config* lines,
                                  const std::string& consumer, std::size_t event_buffer) {
    const auto config = owned(gpiod_request_config_new(), "gpiod_request_config_new");
    gpiod_request_config_set_consumer(config.get(), consumer.c_str());
    gpiod_request_config_set_event_buffer_size(config.get(), event_buffer);
    return owned(gpiod_chip_request_lines(chip, config.get(), lines), "gpiod_chip_request_lines");
}

class InputV2 final : public GpioInput {
  public:
    InputV2(gpiod_chip* chip, unsigned offset, const std::string& consumer,
            const GpioInputSettings& settings)
        : offset_(offset),
          request_(
              request(chip, input_config(offset, settings).get(), consumer, settings.event_buffer)),
          buffer_(owned(gpiod_edge_event_buffer_new(capacity), "gpiod_edge_event_buffer_new")) {
        set_non_blocking(descriptor());
    }

    [[nodiscard]] int descriptor() const override {
        return gpiod_line_request_get_fd(request_.get());
    }
    void read_events(std::vector<GpioEvent>& into) override;
    bool active() override {
        const auto value = gpiod_line_request_get_value(request_.get(), offset_);
        if (value == GPIOD_LINE_VALUE_ERROR) throw_errno("gpiod_line_request_get_value");
        return value == GPIOD_LINE_VALUE_ACTIVE;
    }
    bool configure(const GpioInputSettings& settings) override {
        check(gpiod_line_request_reconfigure_lines(request_.get(),
                                                   input_config(offset_, settings).get()),
              "gpiod_line_request_reconfigure_lines");
        return false;
    }

  private:
    // libgpiod clears the whole buffer for each read, and mostly one event waits.
    static constexpr std::size_t capacity = 4;
    unsigned offset_;
    Owned<gpiod_line_request> request_;
    Owned<gpiod_edge_event_buffer> buffer_;
    unsigned long number_ = 0;  // of the last event; the kernel counts from 1
};

void InputV2::read_events(std::vector<GpioEvent>& into) {
    for (;;) {
        const int count =
            gpiod_line_request_read_edge_events(request_.get(), buffer_.get(), capacity);
        if (count < 0 && errno == EAGAIN) return;
        check(count, "gpiod_line_request_read_edge_events");
        for (int i = 0; i < count; ++i) {
            auto* event =
                gpiod_edge_event_buffer_get_event(buffer_.get(), static_cast<unsigned long>(i));
            const unsigned long number = gpiod_edge_event_get_line_seqno(event);
            const auto stamp = static_cast<std::int64_t>(gpiod_edge_event_get_timestamp_ns(event));
            into.push_back({std::chrono::nanoseconds{stamp},
                            gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
                            number != number_ + 1});
            number_ = number;
        }
        if (static_cast<std::size_t>(count) < capacity) return;  // that was all
    }
}

class OutputV2 final : public GpioOutput {
  public:
    OutputV2(unsigned offset, Owned<gpiod_line_request> request)
        : offset_(offset), request_(std::move(request)) {}
    void set(bool active) override {
        check(gpiod_line_request_set_value(
                  request_.get(), offset_,
                  active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE),
              "gpiod_line_request_set_value");
    }

  private:
    unsigned offset_;
    Owned<gpiod_line_request> request_;
};

class ChipV2 final : public GpioChip {
  public:
    explicit ChipV2(std::string path)
        : path_(std::move(path)),
          chip_(owned(gpiod_chip_open(path_.c_str()), "gpiod_chip_open")),
          info_(owned(gpiod_chip_get_info(chip_.get()), "gpiod_chip_get_info")) {}

    [[nodiscard]] std::string path() const override { return path_; }
    [[nodiscard]] std::string name() const override {
        return gpiod_chip_info_get_name(info_.get());
    }
    [[nodiscard]] std::string label() const override {
        return gpiod_chip_info_get_label(info_.get());
    }
    [[nodiscard]] unsigned lines() const override {
        return static_cast<unsigned>(gpiod_chip_info_get_num_lines(info_.get()));
    }
    GpioLineInfo info(unsigned offset) override {
        const auto line =
            owned(gpiod_chip_get_line_info(chip_.get(), offset), "gpiod_chip_get_line_info");
        const char* name = gpiod_line_info_get_name(line.get());
        const char* consumer = gpiod_line_info_get_consumer(line.get());
        return {name == nullptr ? "" : name, consumer == nullptr ? "" : consumer,
                gpiod_line_info_is_used(line.get())};
    }
    std::unique_ptr<GpioInput> request_input(unsigned offset, const std::string& consumer,
                                             const GpioInputSettings& settings) override {
        return std::make_unique<InputV2>(chip_.get(), offset, consumer, settings);
    }
    std::unique_ptr<GpioOutput> request_output(unsigned offset, const std::string& consumer,
                                               bool active_low, bool active) override;

  private:
    std::string path_;
    Owned<gpiod_chip> chip_;
    Owned<gpiod_chip_info> info_;
};

std::unique_ptr<GpioOutput> ChipV2::request_output(unsigned offset, const std::string& consumer,
                                                   bool active_low, bool active) {
    const auto settings = owned(gpiod_line_settings_new(), "gpiod_line_settings_new");
    check(gpiod_line_settings_set_direction(settings.get(), GPIOD_LINE_DIRECTION_OUTPUT),
          "gpiod_line_settings_set_direction");
    check(gpiod_line_settings_set_output_value(
              settings.get(), active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE),
          "gpiod_line_settings_set_output_value");
    gpiod_line_settings_set_active_low(settings.get(), active_low);
    return std::make_unique<OutputV2>(
        offset, request(chip_.get(), config_of(offset, settings.get()).get(), consumer, 0));
}

}  // namespace

std::unique_ptr<GpioChip> open_kernel_chip(const std::string& path) {
    return std::make_unique<ChipV2>(path);
}

std::string libgpiod_version() {
    return gpiod_api_version();
}

}  // namespace bmsrig
