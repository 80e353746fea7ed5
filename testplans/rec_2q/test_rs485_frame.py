"""RS-485 framing, byte by byte: what the unit answers, what it must not answer, and that nothing on the wire harms it.

The frames are written out, and the answers taken apart by hand, so that an error which host and unit share is seen.
"""

import pytest
from bmsrig.failure import ExpectationFailed
from bmsrig.steps.rec import frames

LCD1 = bytes.fromhex("55 01 00 05 4C 43 44 31 3F 46 D0 AA")
"""The query that the manual prints (REC 2Q manual, Protocol)."""

CMAX = bytes.fromhex("55 01 00 05 43 4D 41 58 3F FE B8 AA")
NATURAL = {
    "55 01 00 05 4F 50 31 54 3F 48 AA AA": "OP1T?, whose CRC ends in AA",
    "55 01 00 05 52 41 5A 4C 3F AA 38 AA": "RAZL?, whose CRC begins with AA",
    "55 01 00 09 43 4D 41 58 20 32 2E 30 35 0B AA AA": "CMAX 2.05, whose CRC ends in AA",
}
WRONG_CRCS = {
    "low byte first": "55 01 00 05 4C 43 44 31 3F D0 46 AA",
    "one bit wrong": "55 01 00 05 4C 43 44 31 3F 46 D1 AA",
    "none": "55 01 00 05 4C 43 44 31 3F 00 00 AA",
    "a bit of the payload wrong": "55 01 00 05 4C 43 44 33 3F 46 D0 AA",
}
FOREIGN = {
    "unit 2": "55 02 00 05 4C 43 44 31 3F 53 90 AA",
    "unit 6": "55 06 00 05 4C 43 44 31 3F A0 91 AA",
    "unit 15": "55 0F 00 05 4C 43 44 31 3F CA 51 AA",
    "the master": "55 10 00 05 4C 43 44 31 3F 86 10 AA",
}


def expect_answers(rig, query=LCD1):
    """The unit answers LCD1 with its two frames: whatever was on the wire before did no harm."""
    count, data = frames.expect_frames(rig.rs485.send(query), 2)
    assert count.payload == b"28"
    assert len(data.payload) == 28


def expect_silence(rig, data):
    """The unit answers nothing at all, and works on."""
    answer = rig.rs485.send(data)
    if answer:
        raise ExpectationFailed(
            f"rs485: expected no answer to {data.hex(' ').upper()}, but the unit sent {answer.hex(' ').upper()}"
        )
    expect_answers(rig)


@pytest.mark.requirement("R2Q-485-FRAME")
def test_query_of_the_manual(rig):
    """LCD1 is answered by two whole frames, the count 28 as text and 28 bytes of data, between unit 1 and host 0."""
    answer = frames.expect_frames(rig.rs485.send(LCD1), 2)
    assert [len(each.payload) for each in answer] == [2, 28]
    assert answer[0].payload == b"28"
    for each in answer:  # which of the two stands first, no document says
        assert {each.destination, each.sender} == {0, 1}


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize("query", NATURAL, ids=NATURAL.values())
def test_start_and_end_marks_inside_a_frame(rig, query):
    """There is no escaping: 55 and AA inside a frame are data."""
    (answer,) = frames.expect_frames(rig.rs485.send(bytes.fromhex(query)), 1)
    assert answer.payload
    assert answer.payload != b"NOT OK"


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize(
    ("mnemonic", "count"), [("LCD1", b"28"), ("LCD3", b"8"), ("ERRO", b"4"), ("CELL", b"1"), ("PTEM", b"1")]
)
def test_arrays_come_in_two_frames(rig, mnemonic, count):
    """First the count as decimal text (of bytes, or of units), then the data, without a query in between."""
    answer = frames.take_apart(rig.rs485.send(frames.frame(mnemonic.encode() + b"?")))
    sizes = {"LCD1": 28, "LCD3": 8, "ERRO": 4, "CELL": 4 * len(rig.cells), "PTEM": 4 * int(rig.setting("sensors"))}
    assert [each.payload for each in answer[:1]] == [count]
    assert [len(each.payload) for each in answer[1:]] == [sizes[mnemonic]]


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize("query", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_address_is_not_answered(rig, query):
    """A sound query to somebody else is none of the unit's business."""
    expect_silence(rig, bytes.fromhex(query))


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize("query", WRONG_CRCS.values(), ids=WRONG_CRCS)
def test_a_wrong_crc_is_not_answered(rig, query):
    """Neither a bit on the wire nor another idea of the CRC makes an answer."""
    expect_silence(rig, bytes.fromhex(query))


@pytest.mark.requirement("R2Q-485-FRAME")
def test_a_set_with_a_wrong_crc_is_not_obeyed(rig):
    """CMAX 3.60 with a bit wrong: no answer, and CMAX is what it was."""
    before = rig.rs485.read("CMAX")
    good = frames.frame(b"CMAX 3.60")
    expect_silence(rig, good[:-2] + bytes([good[-2] ^ 1, good[-1]]))
    assert rig.rs485.read("CMAX") == before


@pytest.mark.requirement("R2Q-485-FRAME")
def test_short_frames_are_not_answered(rig):
    """A frame that breaks off anywhere, with the wire at rest after it: no answer, and the next query is heard."""
    for length in range(1, len(LCD1)):
        with rig.step(f"the first {length} bytes"):
            expect_silence(rig, LCD1[:length])


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize("last", [0x00, 0x55, 0xFF], ids=lambda byte: f"{byte:02X}")
def test_a_wrong_end_is_not_answered(rig, last):
    """The last byte has to be AA."""
    expect_silence(rig, LCD1[:-1] + bytes([last]))


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize("garbage", ["00", "FF", "AA AA AA", "01 00 05 4C 43 44 31 3F 46 D0 AA"])
def test_garbage_before_a_frame_is_skipped(rig, garbage):
    """Bytes that begin no frame, straight before a query: it is answered all the same."""
    expect_answers(rig, bytes.fromhex(garbage) + LCD1)


@pytest.mark.requirement("R2Q-485-FRAME")
@pytest.mark.parametrize("garbage", ["55", "55 01 00 FF", "55 55 55 55", "55 01 00 05 4C 43 44 31 3F 46 D0 55"])
def test_garbage_that_looks_like_a_beginning(rig, garbage):
    """Bytes that do begin a frame, and then the wire at rest: no answer, and the next query is heard."""
    expect_silence(rig, bytes.fromhex(garbage))


@pytest.mark.requirement("R2Q-485-FRAME")
def test_random_garbage_does_no_harm(rig):
    """Bursts of random bytes between queries: each query is answered, and no setting changes."""
    before = rig.rs485.read("CMAX")
    for _ in range(20):
        rig.rs485.send(rig.random.randbytes(rig.random.randrange(1, 60)))
        expect_answers(rig)
    assert rig.rs485.read("CMAX") == before


@pytest.mark.requirement("R2Q-485-FRAME")
def test_bit_errors_do_no_harm(rig):
    """One bit in a hundred turned over, in both directions: a setting is an old or a new value, never another one."""
    written = {rig.rs485.read("CMAX")}
    with rig.rs485.wire.bit_errors(0.01):
        for step in range(20):
            value = 3.70 + 0.01 * step
            written.add(round(value, 2))
            rig.rs485.send(frames.frame(f"CMAX {value:.2f}".encode()))
    expect_answers(rig)
    assert round(rig.rs485.read("CMAX"), 4) in written


@pytest.mark.requirement("R2Q-485-FRAME")
def test_lost_bytes_do_no_harm(rig):
    """Every tenth byte lost, in both directions: queries are answered again as soon as the wire is sound."""
    with rig.rs485.wire.lost_bytes(0.1):
        for _ in range(20):
            rig.rs485.send(LCD1)
    expect_answers(rig)


@pytest.mark.requirement("R2Q-485-FRAME")
def test_unknown_instructions_do_no_harm(rig):
    """What an unknown mnemonic is answered with is recorded; the unit works on."""
    for payload in (b"QQQQ?", b"QQQQ 1", b"CMAX", b"?", b"", b"cmax?"):
        with rig.step(f"payload {payload!r}"):
            answer = frames.take_apart(rig.rs485.send(frames.frame(payload)))
            comment = f"{payload.decode()!r}: {answer[0].payload.decode('ascii', 'replace')!r}" if answer else ""
            rig.measure("unknown_instruction_answered", float(bool(answer)), comment=comment or f"{payload.decode()!r}")
            expect_answers(rig)
    assert frames.take_apart(rig.rs485.send(CMAX))
