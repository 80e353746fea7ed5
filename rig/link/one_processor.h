// Two that take turns are fastest on one processor: waking the other one on an idle processor takes
// ten times as long as everything else in an exchange.
#pragma once

namespace bmsrig::link {

/// While one of these lives, the thread that made it, and the processes that it starts, stay on the
/// processor on which it is. They may nest; the last to go gives the thread back its processors.
/// Where the system does not allow it, nothing happens.
class OneProcessor {
  public:
    OneProcessor();
    ~OneProcessor();
    OneProcessor(const OneProcessor&) = delete;
    OneProcessor& operator=(const OneProcessor&) = delete;
};

}  // namespace bmsrig::link
