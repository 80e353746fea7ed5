#include "drivers/common/descriptor_watch.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace bmsrig {

struct DescriptorWatch::State {
    boost::asio::posix::stream_descriptor descriptor;
    std::function<void()> ready;
};

DescriptorWatch::DescriptorWatch(Reactor& reactor, int descriptor, std::function<void()> ready)
    : state_(std::make_shared<State>(
          boost::asio::posix::stream_descriptor{reactor.io(), descriptor}, std::move(ready))) {
    wait(state_);
}

DescriptorWatch::~DescriptorWatch() {
    state_->descriptor.release();
}

void DescriptorWatch::wait(const std::shared_ptr<State>& state) {
    // A handler that is due already when the watch ends finds nobody.
    state->descriptor.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [weak = std::weak_ptr(state)](const boost::system::error_code& ended) {
            const auto alive = weak.lock();
            if (ended || !alive) return;
            alive->ready();
            // Waiting anew is a call of the kernel: what was just read goes its way first.
            boost::asio::post(alive->descriptor.get_executor(), [weak] {
                const auto still_alive = weak.lock();
                if (still_alive && still_alive->descriptor.is_open()) wait(still_alive);
            });
        });
}

}  // namespace bmsrig
