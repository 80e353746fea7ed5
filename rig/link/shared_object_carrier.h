// Carries the conversation as calls into a shared object made with bms_link.h, in the rig's own
// address space.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "rig/link/bms_link.h"
#include "rig/link/carrier.h"

namespace bmsrig::link {

/// A call cannot be given up: a controller that hangs or crashes takes the rig with it.
class SharedObjectCarrier final : public Carrier {
  public:
    /// Loads the object, creates a controller with these arguments and lets it describe itself.
    SharedObjectCarrier(std::vector<std::string> arguments, LogTaker& log);
    ~SharedObjectCarrier() override;
    SharedObjectCarrier(const SharedObjectCarrier&) = delete;
    SharedObjectCarrier& operator=(const SharedObjectCarrier&) = delete;

    std::string_view greeting_line() override;
    void greeted(const Greeting& greeting) override;
    [[nodiscard]] bool needs_line() const override { return false; }
    std::string_view answer(const Call& call, std::string_view line, Answer& answer) override;
    void stop() override;
    std::string end() noexcept override;

  private:
    void load();
    void open();
    int close();
    void rethrow();
    static void take_line(void* self, int is_log, const char* text, std::size_t length);
    std::string_view read_answer(std::int64_t next, Answer& answer);

    std::vector<std::string> arguments_;
    std::vector<char*> argv_;
    LogTaker& log_;
    void* library_ = nullptr;
    const bms_link_entry* entry_ = nullptr;
    void* state_ = nullptr;
    bms_io io_{};
    int status_ = 0;  // what the controller gave back at its end
    std::exception_ptr
        trouble_;           // thrown by whoever takes the log: must not pass through the controller
    std::string greeting_;  // as the program would have written it
    std::size_t greeting_read_ = 0;
    std::string line_;  // of an answer that is not as it should be
};

}  // namespace bmsrig::link
