#include "rig/link/shared_object_carrier.h"

#include <dlfcn.h>

#include <filesystem>
#include <utility>

#include "rig/link/breach.h"

namespace bmsrig::link {

namespace {

static_assert(static_cast<int>(PortKind::volt) == BMS_VOLT &&
              static_cast<int>(PortKind::ampere) == BMS_AMPERE &&
              static_cast<int>(PortKind::celsius) == BMS_CELSIUS &&
              static_cast<int>(PortKind::ohm) == BMS_OHM &&
              static_cast<int>(PortKind::boolean) == BMS_BOOL &&
              static_cast<int>(PortKind::ratio) == BMS_RATIO &&
              static_cast<int>(PortKind::stage) == BMS_STAGE &&
              static_cast<int>(PortKind::contact) == BMS_CONTACT &&
              static_cast<int>(PortKind::level) == BMS_LEVEL);

constexpr const char* made_how =
    "a shared object made with this version's bms_link.h and -DBMS_LINK_SHARED_OBJECT";

std::string why() {
    const char* text = dlerror();
    return text != nullptr ? text : "no reason given";
}

/// Runs a call into the controller, which must not throw but may be C++.
template <typename CallIn>
auto guarded(CallIn call) {
    try {
        return call();
    } catch (const std::exception& error) {
        throw Breach{std::string("let an exception out: ") + error.what(), "none", {}};
    } catch (...) {
        throw Breach{"let an exception out that is no std::exception", "none", {}};
    }
}

}  // namespace

SharedObjectCarrier::SharedObjectCarrier(std::vector<std::string> arguments, LogTaker& log)
    : arguments_(std::move(arguments)), log_(log) {
    for (std::string& argument : arguments_) argv_.push_back(argument.data());
    argv_.push_back(nullptr);
    try {
        load();
        open();
    } catch (...) {
        end();
        if (library_ != nullptr) dlclose(library_);
        throw;
    }
}

SharedObjectCarrier::~SharedObjectCarrier() {
    end();
    dlclose(library_);
}

void SharedObjectCarrier::load() {
    // dlopen looks for a bare name in the system's folders; a command names a file.
    const std::string path = std::filesystem::absolute(arguments_.front()).string();
    // Stays mapped when the last controller has gone: a campaign loads it once, not once a run.
    library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library_ == nullptr) throw Breach{"cannot be loaded: " + why(), made_how, {}};
    void* const symbol = dlsym(library_, BMS_LINK_ENTRY_SYMBOL);
    if (symbol == nullptr) throw Breach{"has no entry: " + why(), made_how, {}};
    entry_ = reinterpret_cast<const bms_link_entry* (*)()>(symbol)();
    if (entry_->version != BMS_LINK_VERSION || entry_->io_size != sizeof(bms_io)) {
        throw Breach{"was made with version " + std::to_string(entry_->version) +
                         " of bms_link.h, and " + std::to_string(entry_->io_size) +
                         " bytes of state",
                     std::string(made_how) + ": version " + std::to_string(BMS_LINK_VERSION) +
                         ", " + std::to_string(sizeof(bms_io)) + " bytes",
                     {}};
    }
}

void SharedObjectCarrier::open() {
    io_.console.host = this;
    io_.console.line = &SharedObjectCarrier::take_line;
    status_ = guarded([&] {
        return entry_->open(static_cast<int>(arguments_.size()), argv_.data(), &io_, &state_);
    });
    rethrow();
    if (state_ == nullptr) return;  // what it said is its greeting, its status the end
    bms_link_text text{};
    bms_link_put_greeting(&text, &io_.ports);
    greeting_.append(text.text, text.length);
    std::free(text.text);  // NOLINT(cppcoreguidelines-no-malloc): C's text
}

void SharedObjectCarrier::take_line(void* self, int is_log, const char* text, std::size_t length) {
    auto& carrier = *static_cast<SharedObjectCarrier*>(self);
    if (is_log == 0) {
        carrier.greeting_.append(text, length) += '\n';
        return;
    }
    if (carrier.trouble_) return;
    try {
        carrier.log_.take_log_line({text, length});
    } catch (...) {
        carrier.trouble_ = std::current_exception();
    }
}

void SharedObjectCarrier::rethrow() {
    if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
}

std::string_view SharedObjectCarrier::greeting_line() {
    if (greeting_read_ == greeting_.size()) {
        throw Breach{
            "ended before its greeting was complete", "a greeting that ends with \"ready\"", {}};
    }
    const std::size_t begin = greeting_read_;
    const std::size_t end = greeting_.find('\n', begin);
    greeting_read_ = end + 1;
    return std::string_view(greeting_).substr(begin, end - begin);
}

void SharedObjectCarrier::greeted(const Greeting& greeting) {
    // The port numbers of the greeting are those of the controller: both count in the order of
    // declaration.
    if (greeting_read_ != greeting_.size() || greeting.ports.size() != io_.ports.port_count) {
        throw Breach{"spoke on after its greeting", "nothing before the first call", {}};
    }
}

std::string_view SharedObjectCarrier::answer(const Call& call, std::string_view /*line*/,
                                             Answer& answer) {
    for (const PortValue& input : call.inputs) entry_->name_input(&io_, input.port, input.value);
    for (const Payload& payload : call.payloads) {
        entry_->receive(&io_, payload.bus, payload.text.data(), payload.text.size());
    }
    const std::int64_t next =
        guarded([&] { return entry_->advance(state_, to_ns(call.now), &io_); });
    if (trouble_) rethrow();
    const std::string_view line = read_answer(next, answer);
    entry_->answered(&io_);
    return line;
}

std::string_view SharedObjectCarrier::read_answer(std::int64_t next, Answer& answer) {
    if (io_.failed != 0) {
        line_ = std::string("error ") + static_cast<const char*>(io_.error);
        return line_;
    }
    if (next != BMS_NEVER) answer.next = instant_from_ns(next);
    for (std::uint32_t i = 0; i < io_.changed_count; ++i) {
        const std::uint32_t port = io_.changed[i];
        answer.outputs.push_back({port, io_.values[port]});
    }
    for (std::size_t i = 0; i < io_.sent.count; ++i) {
        const bms_link_payload& payload = io_.sent.items[i];
        answer.payloads.push_back(
            {payload.bus, std::string(io_.sent.text + payload.offset, payload.length)});
    }
    return {};
}

int SharedObjectCarrier::close() {
    try {
        return guarded([this] { return entry_->close(std::exchange(state_, nullptr), &io_); });
    } catch (const Breach&) {
        bms_link_free(&io_);  // the exception went past it
        throw;
    }
}

void SharedObjectCarrier::stop() {
    status_ = close();
    rethrow();
    if (status_ != 0) {
        throw Breach{
            "exited with status " + std::to_string(status_) + " after stop", "status 0", {}};
    }
}

std::string SharedObjectCarrier::end() noexcept {
    if (state_ == nullptr) return "exited with status " + std::to_string(status_);
    try {
        close();
        return "it was stopped";
    } catch (const Breach& breach) {
        return breach.what;
    }
}

}  // namespace bmsrig::link
