// The other end of the driver hosted_uut: a rig switches the BMS process of a laboratory on and
// off.
#pragma once

#include <memory>
#include <string>

#include "drivers/instrument_server/bridge.h"

namespace bmsrig {

class Laboratory;

/// Lines of text over TCP, on this machine alone, since a rig may say which program to start. The
/// newest connection is in charge. A backslash and a line end within a text stand there as \\ and
/// \n.
///
/// | from the rig       | answer | meaning |
/// |--------------------|--------|---|
/// | identify           | identity <manufacturer>,<model>,<serial>,<firmware> | |
/// | set <name>=<value> |        | a setting for the next start |
/// | command <text>     |        | which BMS process; otherwise the laboratory's own choice |
/// | on                 | running <product> <firmware>, or error <text> | ends a former one |
/// | off                | off    | harmless while it is off |
///
/// At any time come `log <line>`, which the UUT has logged, and `failed <text>`, when it has ended
/// by itself or broken its contract. When a rig leaves, the UUT goes on.
///
/// The option `listen` is "tcp 127.0.0.1:0" unless said.
class UutServer final : public Bridge {
  public:
    UutServer(InstrumentSpec& serve, Laboratory& laboratory, const BridgeContext& context,
              const std::string& fixture);
    ~UutServer() override;
    UutServer(const UutServer&) = delete;
    UutServer& operator=(const UutServer&) = delete;

    [[nodiscard]] ServedAs served_as() const override;

  private:
    struct Parts;
    std::shared_ptr<Parts> parts_;
};

}  // namespace bmsrig
