"""RS-485 in the ABMS's dialect: all of its instructions, and no harm from those of its relatives."""

import pytest
from bmsrig.rs485 import instructions
from bmsrig.steps.rec import current, frames
from bmsrig.steps.rec.arbiter import measure_reports
from bmsrig.steps.rec.instructions import expect_beyond_refused, expect_range_taken, expect_typed_answer

TABLE = instructions("rec_abms")
QUERIES = [each for each in TABLE if each.is_readable]
SETTINGS = [each for each in TABLE if each.is_setting]

OWN = ["STRN", "WCBI", "ERLD", "RE1L", "RE1H", "OP2L", "OP2H"]
"""What the ABMS says in its own words, or only the ABMS has."""

FOREIGN = sorted({each.name for each in instructions("rec_2q")} - {each.name for each in TABLE})
"""Instructions that only the 2Q knows."""


def named(rows):
    """A test for each of these instructions."""
    return pytest.mark.parametrize("instruction", rows, ids=lambda each: each.name)


@pytest.mark.requirement("RAB-485")
def test_the_dialect_is_in_the_table():
    """The instructions that make the dialect are among those that the tests below ask for."""
    assert set(OWN) <= {each.name for each in TABLE}


@pytest.mark.requirement("RAB-485")
@named(QUERIES)
def test_every_query_is_answered_with_its_type(rig, instruction):
    """A number reads as a number, a text has letters or digits, an array has its two frames."""
    expect_typed_answer(rig, instruction)


@pytest.mark.requirement("RAB-485")
@named(SETTINGS)
def test_every_setting_takes_its_range_and_no_more(rig, instruction):
    """Written and read back at its minimum, maximum and default; a step outside is refused."""
    expect_range_taken(rig, instruction)
    expect_beyond_refused(rig, instruction)


@pytest.mark.requirement("RAB-485")
def test_log_is_erased_in_the_dialect(rig):
    """ERLD 1 is what ERRD 1 is elsewhere."""
    rig.temperature(1).set(65)
    rig.line("relay.dch").expect_inactive()
    before = rig.rs485.read("ERRL")
    assert rig.rs485.command("ERLD 1", armed=True) == "DELETED_LOGS"
    assert rig.rs485.read("ERRL") != before


@pytest.mark.requirement("RAB-485")
def test_balanced_cells_in_the_dialect(rig):
    """WCBI has a bit for each cell whose resistor is joined."""
    last = len(rig.cells)
    rig.cells.set([3.45] * (last - 1) + [3.65])
    rig.line(f"balance.{last}").expect_active()
    joined = sum(1 << cell.number - 1 for cell in rig.cells if rig.line(f"balance.{cell.number}").is_active)
    assert rig.rs485.read("WCBI") == joined


@pytest.mark.requirement("RAB-485")
@pytest.mark.parametrize("mnemonic", [*FOREIGN, "QQQQ", "RE9L"])
def test_unknown_instructions_do_not_disturb(rig, mnemonic):
    """Queries and sets of instructions that it does not know: nothing changes, and the next query is answered."""
    before = {each.name: rig.rs485.read(each.name) for each in SETTINGS if each.name in OWN}
    for payload in (f"{mnemonic}?", f"{mnemonic} 1"):
        answer = frames.take_apart(rig.rs485.send(frames.frame(payload.encode())))
        words = answer[0].payload.decode("ascii", "replace") if answer else ""
        rig.measure("unknown_instruction_answered", float(bool(answer)), comment=f"{payload}: {words!r}")
        assert words != "OK"
    assert {name: rig.rs485.read(name) for name in before} == before
    assert rig.line("relay.dch").is_active


@pytest.mark.requirement("RAB-485")
def test_reports_are_those_of_what_stands_at_the_unit(rig):
    """Cells, temperatures, pack voltage and current on both buses, against what the bench applied."""
    measure_reports(rig, comment="healthy")
    rig.cells.set([3.20 + 0.011 * number for number in range(len(rig.cells))])
    rig.temperature(1).set(37)
    current.apply(rig, -60.0)
    measure_reports(rig, comment="discharging")
