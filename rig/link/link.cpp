#include "rig/link/link.h"

#include <memory>
#include <utility>

#include "rig/link/command_line.h"
#include "rig/link/process_carrier.h"
#include "rig/link/session.h"
#include "rig/link/shared_object_carrier.h"

namespace bmsrig::link {

std::unique_ptr<Link> Link::start(const Command& command, TranscriptSink sink, LogSink log) {
    const std::vector<std::string> arguments = arguments_of(command);
    const auto make_carrier = [&](LogTaker& taker) -> std::unique_ptr<Carrier> {
        if (is_shared_object(arguments))
            return std::make_unique<SharedObjectCarrier>(arguments, taker);
        return std::make_unique<ProcessCarrier>(
            arguments,
            Timeouts{command.greeting_timeout, command.answer_timeout, command.stop_timeout,
                     command.shares_processor},
            taker);
    };
    return std::make_unique<Session>(describe_command(arguments), std::move(sink), make_carrier,
                                     std::move(log));
}

}  // namespace bmsrig::link
