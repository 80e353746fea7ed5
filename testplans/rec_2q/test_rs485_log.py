"""The error log and the counters of exceeded cell voltages."""

import re

import pytest

ENTRY = re.compile(r"ERR: *(\d+) +ELE: *(\d+) +TIME: *(\d\d):(\d\d):(\d\d) +DATE: *(\d\d):(\d\d):(20\d\d)")
"""ERR: xx ELE: yy TIME: HH:MM:SS DATE: DD:MM:20YY (REC 2Q manual, Table 10)."""

FEWEST, MOST = 6, 7
"""The last 7 errors by the manual's list of features, 6 by its Table 10: either is right."""

HOT, ABSENT = 4, 8
"""Errors that leave the cells alone."""


def provoke_errors(rig):
    """Let eight errors come and go, two kinds in turn with other sensors; returns them, oldest first."""
    raised = []
    for number in range(8):
        sensor = rig.temperature(1 + number % 4)
        if number % 2 == 0:
            sensor.set(70)
        else:
            sensor.fault("absent")
        rig.line("relay").expect_inactive()
        raised.append((HOT if number % 2 == 0 else ABSENT, sensor.port))
        sensor.fault("none")
        sensor.set(25)
        rig.line("relay").expect_active(within=20)
    return [(error, int(port.partition(".")[2])) for error, port in raised]


def read_entry(rig):
    """The next entry of the log: its text, and the error with its element."""
    text = rig.rs485.read("ERRL")
    found = ENTRY.fullmatch(text.strip())
    assert found, f"ERRL? is answered with {text!r}"
    return text, (int(found[1]), int(found[2]))


@pytest.mark.requirement("R2Q-485-LOG")
def test_log_steps_back_and_wraps(rig):
    """Each ERRL? answers with the next older error; after the oldest that is kept comes the newest again."""
    rig.restart(sensors=4)
    raised = provoke_errors(rig)
    texts, errors = [], []
    while len(texts) < MOST + 2:
        text, error = read_entry(rig)
        if text in texts:
            break
        texts.append(text)
        errors.append(error)
    rig.measure("error_log_length", float(len(texts)))
    assert FEWEST <= len(texts) <= MOST
    assert errors == raised[::-1][: len(errors)]
    again = [text, *(read_entry(rig)[0] for _ in texts[1:])]
    assert again == texts


@pytest.mark.requirement("R2Q-485-LOG")
def test_log_is_erased(rig):
    """ERRD 1 answers that the log is deleted; what was in it is never answered again."""
    rig.temperature(1).set(70)
    rig.line("relay").expect_inactive()
    text, error = read_entry(rig)
    assert error == (HOT, 1)
    assert rig.rs485.command("ERRD 1", armed=True) == "DELETED_LOGS"
    for _ in range(MOST + 1):
        assert rig.rs485.read("ERRL") != text


@pytest.mark.requirement("R2Q-485-LOG")
def test_log_outlives_a_restart(rig):
    """An error of yesterday is still there after the unit was switched off and on."""
    rig.temperature(1).set(70)
    rig.line("relay").expect_inactive()
    rig.temperature(1).set(25)
    rig.line("relay").expect_active(within=20)
    rig.restart()
    assert read_entry(rig)[1] == (HOT, 1)


@pytest.mark.requirement("R2Q-485-LOG")
@pytest.mark.parametrize(("counter", "volts"), [("VMAX", 4.0), ("VMIN", 2.6)])
def test_exceeded_cell_voltages_are_counted(rig, counter, volts):
    """All cells beyond CMAX, or below CMIN, and back, three times: the counter goes on each time, the other one never.

    Whether it counts errors, cells or measurements the manual does not say ("number of exceeded values"): recorded.
    """
    other = {"VMAX": "VMIN", "VMIN": "VMAX"}[counter]
    before = rig.rs485.read(counter), rig.rs485.read(other)
    counts = [before[0]]
    for _ in range(3):
        rig.cells.set(volts)
        rig.line("relay").expect_inactive()
        rig.cells.set(3.30)
        rig.line("relay").expect_active(within=20)
        counts.append(rig.rs485.read(counter))
        assert counts[-1] > counts[-2], f"{counter} has not counted: {counts}"
    assert rig.rs485.read(other) == before[1]
    rig.measure("counts_of_an_excursion", (counts[-1] - counts[0]) / 3, comment=counter)


@pytest.mark.requirement("R2Q-485-LOG", "R2Q-E15")
def test_error_of_the_start_is_logged(rig):
    """An error that is found at the start stands in the log as every other one."""
    rig.rs485.command("ERRD 1", armed=True)
    rig.restart(fault="balancing")
    rig.wait(5)
    assert read_entry(rig)[1][0] == 15


@pytest.mark.requirement("R2Q-485-LOG", "R2Q-ENERGY")
def test_each_command_erases_its_own(rig):
    """ERRD leaves the counters of over- and under-voltages, and WHRE leaves the log."""
    for volts in (4.0, 2.6):
        rig.cells.set(volts)
        rig.line("relay").expect_inactive()
        rig.cells.set(3.30)
        rig.line("relay").expect_active(within=20)
    counted = rig.rs485.read("VMAX"), rig.rs485.read("VMIN")
    newest, _ = read_entry(rig)
    rig.rs485.command("WHRE 1", armed=True)
    assert newest in [read_entry(rig)[0] for _ in range(MOST)]
    rig.rs485.command("ERRD 1", armed=True)
    assert (rig.rs485.read("VMAX"), rig.rs485.read("VMIN")) == counted
