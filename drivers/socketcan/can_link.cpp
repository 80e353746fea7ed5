#include "drivers/socketcan/can_link.h"

#include <libmnl/libmnl.h>
#include <linux/can/netlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <system_error>
#include <utility>

#include "drivers/common/descriptor_watch.h"

namespace bmsrig {

namespace {

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

using Socket = std::unique_ptr<mnl_socket, int (*)(mnl_socket*)>;

/// `groups`: of news that it hears unasked.
Socket open_netlink(int flags, unsigned groups) {
    Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags), mnl_socket_close);
    if (!socket || mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0) {
        throw_errno("netlink");
    }
    return socket;
}

/// One question to the kernel, or one order.
class Request {
  public:
    Request(std::uint16_t type, std::uint16_t flags, const std::string& interface)
        : header_(mnl_nlmsg_put_header(buffer_.data())),
          link_(static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header_, sizeof(ifinfomsg)))) {
        header_->nlmsg_type = type;
        header_->nlmsg_flags = NLM_F_REQUEST | flags;
        header_->nlmsg_seq = 1;
        link_->ifi_family = AF_UNSPEC;
        link_->ifi_index = static_cast<int>(::if_nametoindex(interface.c_str()));
        if (link_->ifi_index == 0) throw_errno("if_nametoindex");
    }

    nlmsghdr* header() { return header_; }
    ifinfomsg& link() { return *link_; }

    void ask(mnl_cb_t take, void* into) {
        const Socket socket = open_netlink(0, 0);
        if (mnl_socket_sendto(socket.get(), header_, header_->nlmsg_len) < 0) {
            throw_errno("netlink");
        }
        alignas(nlmsghdr) std::array<char, 32768> answer{};
        const ssize_t length = mnl_socket_recvfrom(socket.get(), answer.data(), answer.size());
        if (length < 0 ||
            mnl_cb_run(answer.data(), static_cast<std::size_t>(length), header_->nlmsg_seq,
                       mnl_socket_get_portid(socket.get()), take, into) < 0) {
            throw_errno("netlink");
        }
    }
    void order() { ask(nullptr, nullptr); }

  private:
    alignas(nlmsghdr) std::array<char, 1024> buffer_{};
    nlmsghdr* header_;
    ifinfomsg* link_;
};

template <typename Value>
Value payload(const nlattr* attribute) {
    Value value{};
    std::memcpy(&value, mnl_attr_get_payload(attribute),
                std::min<std::size_t>(sizeof value, mnl_attr_get_payload_len(attribute)));
    return value;
}

CanState from_netlink(std::uint32_t state) {
    if (state == CAN_STATE_BUS_OFF) return CanState::bus_off;
    if (state == CAN_STATE_ERROR_PASSIVE) return CanState::error_passive;
    return CanState::error_active;  // also with the counters at the warning level, or stopped
}

int take_controller(const nlattr* attribute, void* into) {
    auto& state = *static_cast<CanLinkState*>(into);
    switch (mnl_attr_get_type(attribute)) {
        case IFLA_CAN_BITTIMING:
            state.bit_rate = payload<can_bittiming>(attribute).bitrate;
            break;
        case IFLA_CAN_STATE:
            state.state = from_netlink(mnl_attr_get_u32(attribute));
            break;
        case IFLA_CAN_CTRLMODE:
            state.is_listen_only =
                (payload<can_ctrlmode>(attribute).flags & CAN_CTRLMODE_LISTENONLY) != 0;
            break;
        case IFLA_CAN_BERR_COUNTER: {
            const auto counters = payload<can_berr_counter>(attribute);
            state.transmit_errors = counters.txerr;
            state.receive_errors = counters.rxerr;
            break;
        }
        default:
            break;
    }
    return MNL_CB_OK;
}

int take_link_info(const nlattr* attribute, void* into) {
    const auto type = mnl_attr_get_type(attribute);
    auto& state = *static_cast<CanLinkState*>(into);
    if (type == IFLA_INFO_KIND) state.kind = mnl_attr_get_str(attribute);
    // The data of another kind has other numbers.
    if (type == IFLA_INFO_DATA && state.kind == "can") {
        return mnl_attr_parse_nested(attribute, take_controller, into);
    }
    return MNL_CB_OK;
}

int take_attribute(const nlattr* attribute, void* into) {
    if (mnl_attr_get_type(attribute) != IFLA_LINKINFO) return MNL_CB_OK;
    return mnl_attr_parse_nested(attribute, take_link_info, into);
}

int take_link(const nlmsghdr* header, void* into) {
    const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
    static_cast<CanLinkState*>(into)->is_up = (link->ifi_flags & IFF_UP) != 0;
    return mnl_attr_parse(header, sizeof(ifinfomsg), take_attribute, into);
}

/// What it says is not read: whoever wants to know looks at the interface. More news than fit
/// (ENOBUFS) are news as well.
void drain(mnl_socket* news) {
    std::array<char, 8192> text{};
    while (mnl_socket_recvfrom(news, text.data(), text.size()) >= 0 || errno != EAGAIN) {
    }
}

class NetlinkCanLink final : public CanLink {
  public:
    explicit NetlinkCanLink(std::string interface) : interface_(std::move(interface)) {}

    CanLinkState look() override {
        CanLinkState state;
        Request(RTM_GETLINK, 0, interface_).ask(take_link, &state);
        return state;
    }

    void configure(std::uint32_t bit_rate, bool listen_only) override {
        set_up(false);
        try {
            set_modes(bit_rate, listen_only, true);
        } catch (const std::system_error& problem) {
            if (problem.code().value() != EOPNOTSUPP) throw;
            set_modes(bit_rate, listen_only, false);
        }
        set_up(true);
    }

    void restart() override {
        change([](nlmsghdr* header) { mnl_attr_put_u32(header, IFLA_CAN_RESTART, 1); });
    }

    void on_change(Reactor& reactor, std::function<void()> changed) override {
        watch_.reset();
        news_ = open_netlink(SOCK_NONBLOCK, RTMGRP_LINK);
        watch_ = std::make_unique<DescriptorWatch>(reactor, mnl_socket_get_fd(news_.get()),
                                                   [this, changed = std::move(changed)] {
                                                       drain(news_.get());
                                                       changed();
                                                   });
    }

  private:
    void set_up(bool up) {
        Request request(RTM_NEWLINK, NLM_F_ACK, interface_);
        request.link().ifi_change = IFF_UP;
        request.link().ifi_flags = up ? IFF_UP : 0;
        request.order();
    }

    void change(const std::function<void(nlmsghdr*)>& put) {
        Request request(RTM_NEWLINK, NLM_F_ACK, interface_);
        nlmsghdr* header = request.header();
        nlattr* info = mnl_attr_nest_start(header, IFLA_LINKINFO);
        mnl_attr_put_str(header, IFLA_INFO_KIND, "can");
        nlattr* data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
        put(header);
        mnl_attr_nest_end(header, data);
        mnl_attr_nest_end(header, info);
        request.order();
    }

    /// Not every controller can report each error on the bus.
    void set_modes(std::uint32_t bit_rate, bool listen_only, bool reports_errors) {
        change([&](nlmsghdr* header) {
            can_bittiming timing{};
            timing.bitrate = bit_rate;
            if (bit_rate != 0) mnl_attr_put(header, IFLA_CAN_BITTIMING, sizeof timing, &timing);
            can_ctrlmode modes{};
            modes.mask = CAN_CTRLMODE_LISTENONLY | CAN_CTRLMODE_BERR_REPORTING;
            modes.flags = (listen_only ? CAN_CTRLMODE_LISTENONLY : 0U) |
                          (reports_errors ? CAN_CTRLMODE_BERR_REPORTING : 0U);
            mnl_attr_put(header, IFLA_CAN_CTRLMODE, sizeof modes, &modes);
        });
    }

    std::string interface_;
    Socket news_{nullptr, mnl_socket_close};  // of changes, once somebody wants to know
    std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace

std::unique_ptr<CanLink> make_can_link(const std::string& interface) {
    return std::make_unique<NetlinkCanLink>(interface);
}

}  // namespace bmsrig
