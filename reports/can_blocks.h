// CAN blocks: how what stood on a CAN bus lies in a record, packed and compressed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reports/columns.h"
#include "rig/instruments/can_adapter.h"

namespace bmsrig {

/// What frames are told apart by: who spoke, and everything before the data. Error frames are told
/// apart by their cause.
struct CanIdentity {
    CanEvent::Kind kind = CanEvent::Kind::received;
    CanError error = CanError::none;
    bool extended = false;
    bool remote = false;
    std::uint32_t id = 0;
    bool operator==(const CanIdentity&) const = default;
};

/// What both sides remember of an identity within a block, so that a frame that comes as the one
/// before it is one byte.
struct CanIdentityState {
    CanIdentity identity;
    std::uint64_t start = 0;    ///< ns, of its last frame
    std::uint64_t period = 0;   ///< ns, between the starts of its last two frames
    std::uint64_t gap = 0;      ///< ns, between whatever was before its last frame and that
    std::uint64_t on_wire = 0;  ///< ns, of its last frame
    std::uint64_t data = 0;     ///< all eight bytes
    std::uint8_t length = 0;
    std::uint8_t timing = 0;       ///< writing only: what has told its last frame's time
    std::uint32_t next = no_next;  ///< which identity came after its last frame
    static constexpr std::uint32_t no_next = UINT32_MAX;
};

/// The columns of a block, in the order in which they are written.
enum class CanColumn : unsigned char {
    tags,
    others,
    newcomers,
    times,
    wires,
    lengths,
    masks,
    bytes
};
constexpr std::size_t can_columns = 8;

/// Takes the events of a bus as they come, and packs them.
class CanBlockWriter {
  public:
    /// Room for `most` events at a time.
    explicit CanBlockWriter(std::size_t most);

    /// Throws Error if the block is full or if a frame cannot be one (an impossible identifier or
    /// length).
    void add(const CanEvent& event);
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool full() const { return size_ == most_; }
    /// The events since the last call, as one block.
    std::string take();

  private:
    ColumnWriter& column(CanColumn which) { return columns_[static_cast<std::size_t>(which)]; }
    std::uint32_t name(const CanIdentity& identity);
    std::uint8_t write_time(CanIdentityState& state, std::uint64_t start);
    std::uint8_t write_frame(CanIdentityState& state, const CanEvent& event);

    std::size_t most_;
    std::size_t size_ = 0;
    std::array<ColumnWriter, can_columns> columns_;
    std::vector<CanIdentityState> states_;
    std::unordered_map<std::uint64_t, std::uint32_t>
        places_;                                      // packed identity -> place in states_
    std::uint32_t last_ = CanIdentityState::no_next;  // the identity of the last event
    std::uint64_t end_ = 0;                           // ns, of the last event
};

/// Reads one block, event by event. Its functions throw InputError if the bytes are no such block.
class CanBlockReader {
  public:
    explicit CanBlockReader(std::string_view blob);
    CanBlockReader(const CanBlockReader&) = delete;  // the columns look into the content
    CanBlockReader& operator=(const CanBlockReader&) = delete;
    ~CanBlockReader() = default;

    /// How many events the block holds.
    [[nodiscard]] std::uint64_t size() const { return count_; }
    /// Reads the next event; false behind the last one.
    bool next(CanEvent& event);
    /// The place of the last event's identity among those of the block, in the order in which they
    /// came first.
    [[nodiscard]] std::uint32_t place() const { return last_; }

  private:
    ColumnReader& column(CanColumn which) { return columns_[static_cast<std::size_t>(which)]; }
    std::uint32_t read_place(std::uint8_t tag);
    CanIdentity read_identity();
    std::uint64_t read_start(const CanIdentityState& state, std::uint8_t tag);
    void read_frame(CanIdentityState& state, std::uint8_t tag);

    std::string content_;
    std::uint64_t count_ = 0;
    std::uint64_t read_ = 0;
    std::array<ColumnReader, can_columns> columns_;
    std::vector<CanIdentityState> states_;
    std::uint32_t last_ = CanIdentityState::no_next;
    std::uint64_t end_ = 0;
};

/// All events of a block. Throws InputError if the bytes are no such block.
std::vector<CanEvent> decode_can_events(std::string_view blob);

}  // namespace bmsrig
