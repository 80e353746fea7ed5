"""Writes the sources that the table of protocols becomes."""

from __future__ import annotations

import json

from cantools.database.can import Message

from bmsrig_dbc.tables import KeepAlive, Protocol


def c_header(databases: list[str]) -> str:
    """What controllers see of the protocols."""
    numbers = ", ".join(f"CAN_{name.upper()}" for name in databases)
    return f"""/* Generated from protocols.csv: what a BMS sends in which order by the setting CHRG. */
#ifndef CAN_PROTOCOLS_H
#define CAN_PROTOCOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

enum can_database_number {{ {numbers} }};

/* A message of a rotation. */
struct can_slot {{
    uint8_t database;
    uint32_t id;
    bool extended; /* the layout itself has 29 bits */
}};

struct can_protocol {{
    uint8_t chrg;
    const char* name;
    uint32_t cycle_ms;
    size_t slots;
    const struct can_slot* rotation;
}};

/* By ascending CHRG. */
extern const struct can_protocol can_protocols[];
extern const size_t can_protocol_count;

#ifdef __cplusplus
}}
#endif

#endif
"""


def c_source(protocols: list[Protocol]) -> str:
    """The tables behind that header."""
    rotations = ""
    rows = ""
    for protocol in protocols:
        slots = "".join(
            f"    {{CAN_{database.upper()}, {message.frame_id:#x}u, {_truth(message.is_extended_frame)}}},\n"
            for database, message in protocol.sends
        )
        rotations += f"static const struct can_slot {protocol.name}_rotation[] = {{\n{slots}}};\n\n"
        rows += (
            f"    {{{protocol.chrg}, {json.dumps(protocol.name)}, {protocol.cycle_ms}u, {len(protocol.sends)}u, "
            f"{protocol.name}_rotation}},\n"
        )
    return (
        f'/* Generated from protocols.csv. */\n#include "protocols.h"\n\n{rotations}'
        f"const struct can_protocol can_protocols[] = {{\n{rows}}};\n"
        f"const size_t can_protocol_count = {len(protocols)}u;\n"
    )


def catalogue_source(databases: list[str], protocols: list[Protocol]) -> str:
    """The C++ source of the lists that the rig's catalogue holds."""
    declared = "".join(f"const CanDatabase& {name}_database();\n" for name in databases)
    listed = ", ".join(f"&{name}_database()" for name in databases)
    rows = "".join(_row(protocol) for protocol in protocols)
    return (
        '// Generated from the DBC files and protocols.csv.\n#include "drivers/can/catalogue.h"\n\n'
        f"namespace bmsrig {{\n\n{declared}\n"
        "const std::vector<const CanDatabase*>& can_databases() {\n"
        f"    static const std::vector<const CanDatabase*> all{{{listed}}};\n    return all;\n}}\n\n"
        "const std::vector<CanProtocol>& can_protocols() {\n"
        f"    static const std::vector<CanProtocol> all{{\n{rows}    }};\n    return all;\n}}\n\n"
        "}  // namespace bmsrig\n"
    )


def _row(protocol: Protocol) -> str:
    distinct = {message.frame_id: (database, message) for database, message in protocol.sends}.values()
    messages = ",\n                      ".join(_message(database, message) for database, message in distinct)
    timeout = "std::nullopt"
    if protocol.receiver_timeout_s is not None:
        timeout = f"std::chrono::milliseconds({protocol.receiver_timeout_s * 1000:.0f})"
    return f"""        {{.name = {json.dumps(protocol.name)},
         .chrg = {protocol.chrg},
         .cycle = std::chrono::milliseconds({protocol.cycle_ms}),
         .messages = {{{messages}}},
         .bit_rate_settings = {{{", ".join(map(str, protocol.cans))}}},
         .keep_alive = {_keep_alive(protocol.keep_alive)},
         .receiver_timeout = {timeout},
         .layout = {json.dumps(protocol.layout)},
         .source = {json.dumps(protocol.source)}}},
"""


def _keep_alive(heard: KeepAlive | None) -> str:
    if heard is None:
        return "std::nullopt"
    data = "std::nullopt"
    if heard.data is not None:
        data = f"std::vector<std::uint8_t>{{{', '.join(f'{byte:#04x}' for byte in heard.data)}}}"
    return (
        f"CanProtocol::KeepAlive{{{_message(heard.database, heard.message)}, "
        f"std::chrono::milliseconds({heard.period_ms}), {data}}}"
    )


def _message(database: str, message: Message) -> str:
    extended = _truth(message.is_extended_frame)
    return f"{{{json.dumps(database)}, {json.dumps(message.name)}, {message.frame_id:#x}, {extended}}}"


def _truth(value: bool) -> str:
    return "true" if value else "false"
