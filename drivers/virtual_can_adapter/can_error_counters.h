// The error counters of a CAN node, and what they say about it.
#pragma once

#include "rig/instruments/can_adapter.h"

namespace bmsrig {

/// Fault confinement by the rules of ISO 11898-1.
class CanErrorCounters {
  public:
    [[nodiscard]] CanState state() const;
    [[nodiscard]] int transmit() const { return transmit_; }
    [[nodiscard]] int receive() const { return receive_; }
    /// 0 if it is not error active.
    [[nodiscard]] int transmit_errors_to_passive() const;

    void sent();
    void transmit_error();
    /// Nobody acknowledged its frame: no error of its own any more once it is error passive.
    void unacknowledged();
    void received();
    void receive_error();
    /// It was the first to complain: dominant bits, the others' flags, followed its own error flag.
    void answered_error_flag();

  private:
    void count_receive(int errors);
    int transmit_ = 0;
    int receive_ = 0;
};

}  // namespace bmsrig
