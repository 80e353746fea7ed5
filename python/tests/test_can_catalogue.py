"""Another implementation of the DBC format reads the same values out of the same frames as the catalogue does."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import cantools.database
import pytest
from bmsrig import _core

CAN = Path(__file__).resolve().parents[2] / "drivers" / "can"


def library(name: str) -> cantools.database.can.Database:
    return cantools.database.load_file(CAN / "dbc" / f"{name}.dbc")


def captured(name: str) -> list[tuple[int, bytes]]:
    with (CAN / "test_data" / "golden_vectors.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["database"] == name]
    return [(int(row["id"], 16), bytes.fromhex(row["data"])) for row in rows if row["signals"]]


def assert_alike(database: _core.CanDatabase, peer: cantools.database.can.Database, index: int, data: bytes) -> None:
    message = database.messages[index]
    expected = peer.decode_message(message.id, data, decode_choices=False)
    values = dict(zip((signal.name for signal in message.signals), database.decode(index, data), strict=True))
    assert values == expected, f"{message.name} {data.hex()}"


@pytest.mark.parametrize("name", _core.can_databases())
def test_known_frames_are_read_alike(name):
    database, peer = _core.can_database(name), library(name)
    index_of = {message.id: index for index, message in enumerate(database.messages)}
    frames = captured(name)
    assert {identifier for identifier, _ in frames} == set(index_of)
    for identifier, data in frames:
        assert_alike(database, peer, index_of[identifier], data)


@pytest.mark.parametrize("name", _core.can_databases())
def test_random_frames_are_read_alike(name):
    database, peer = _core.can_database(name), library(name)
    dice = random.Random(1)
    for index, message in enumerate(database.messages):
        for _ in range(200):
            assert_alike(database, peer, index, dice.randbytes(message.length))


@pytest.mark.parametrize("name", _core.can_databases())
def test_values_within_their_ranges_are_written_alike(name):
    database, peer = _core.can_database(name), library(name)
    dice = random.Random(2)
    for index, message in enumerate(database.messages):
        for _ in range(200):
            steps = [round((signal.high - signal.low) / signal.resolution) for signal in message.signals]
            values = [
                signal.low + dice.randint(0, most) * signal.resolution
                for signal, most in zip(message.signals, steps, strict=True)
            ]
            named = dict(zip((signal.name for signal in message.signals), values, strict=True))
            assert database.encode(index, values) == peer.encode_message(message.id, named, strict=False), named


@pytest.mark.parametrize("name", _core.can_databases())
def test_signals_are_described_alike(name):
    peer = library(name)
    for message in _core.can_database(name).messages:
        other = peer.get_message_by_frame_id(message.id)
        assert (message.name, message.length, message.extended) == (other.name, other.length, other.is_extended_frame)
        for signal, known in zip(message.signals, other.signals, strict=True):
            assert (signal.name, signal.unit, signal.resolution) == (known.name, known.unit or "", known.scale)
            assert (signal.low, signal.high) == (known.minimum, known.maximum)
            assert signal.words == {number: str(word) for number, word in (known.choices or {}).items()}


def test_an_unknown_database_is_refused_by_name():
    with pytest.raises(_core.InputError, match="there is no CAN database solax; there are rec, victron, sma, "):
        _core.can_database("solax")


def test_protocols_are_said_as_in_their_table():
    with (CAN / "protocols.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    protocols = _core.can_protocols()
    assert len(rows) == len(protocols)
    for protocol, row in zip(protocols, rows, strict=True):
        assert (protocol.name, protocol.chrg) == (row["name"], int(row["chrg"]))
        assert protocol.cycle == pytest.approx(int(row["cycle_ms"]) / 1000)
        assert [str(number) for number in protocol.bit_rate_settings] == row["cans"].split()
        assert [f"{message.database}.{message.name}" for message in protocol.messages] == list(
            dict.fromkeys(row["sends"].split())
        )
        assert (protocol.layout, protocol.source) == (row["layout"], row["source"])
        assert protocol.receiver_timeout == (float(row["receiver_timeout_s"]) if row["receiver_timeout_s"] else None)


def test_protocols_say_what_the_other_side_sends():
    heard = {protocol.name: protocol.keep_alive for protocol in _core.can_protocols()}
    growatt, sma, charger = heard["growatt"], heard["sma"], heard["tc"]
    assert (growatt.message.id, growatt.data, growatt.period) == (0x301, bytes.fromhex("1122334455667788"), 1)
    assert (sma.message.database, sma.message.name, sma.data) == ("sma", "InverterMeasurements", None)
    assert (charger.message.id, charger.message.extended) == (0x18FF50E5, True)
    assert heard["rec"] is None
