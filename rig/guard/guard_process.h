// The guard's own side: holds what makes the bench safe, watches the rig, and acts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/guard/message.h"
#include "rig/guard/report.h"
#include "rig/guard/rig_watcher.h"
#include "rig/guard/safe_writer.h"
#include "rig/guard/watch_page.h"
#include "rig/link/file_descriptor.h"

namespace bmsrig {

class GuardProcess {
  public:
    /// `means` says what the kernel gave this process, for the rig's record.
    GuardProcess(link::FileDescriptor socket, std::string means);

    /// Until the rig has let go of its guard, or is gone. 0 if the bench is safe then.
    int run();

  private:
    enum class Event : unsigned char { nothing, message, rig_is_gone };
    Event wait();
    void heed(GuardMessage message);
    void meet(GuardMessage& hello);
    void arm(bool are_all);
    void answer(GuardWord word, std::string_view text = {});
    void kill_rig();
    int act(std::string_view why);
    void tell(bool is_safe);

    link::FileDescriptor socket_;
    link::FileDescriptor rig_;   ///< its process: readable when it has ended
    link::FileDescriptor lock_;  ///< of the bench, until this process ends
    std::string means_;
    std::string bench_;
    std::string marker_;
    std::string report_file_;
    std::optional<SharedWatchPage> page_;
    std::optional<RigWatcher> watcher_;
    std::vector<GuardedAction> coming_;
    std::string problem_;                ///< of those
    std::unique_ptr<SafeWriter> armed_;  ///< the actions; nullptr while the bench is safe
    GuardReport report_;
};

}  // namespace bmsrig
