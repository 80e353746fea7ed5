"""``bmsrig instruments``: what is served on real wires, driven by clients that know nothing of it."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pyvisa
from bmsrig import paths
from conftest import BMSRIG
from laboratory import ANSWER, Laboratory
from processes import becomes_true, children, is_running

SERVE = """
cells: {as: bloomy_abs, calibrated: 2026-03-01}
temperatures: {as: scpi_temperature_simulator}
supply: {as: scpi_power_supply, listen: pty}
shunt: {as: scpi_shunt_injector, ranges: "20 mV, 200 mV"}
switches: {as: scpi_line_driver}
meters: {as: scpi_meter}
faults: {as: scpi_fault_matrix, of: cells}
uut: {as: hosted_uut}
"""

pytestmark = pytest.mark.xdist_group("instruments")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    laboratory = Laboratory(tmp_path_factory.mktemp("lab"), "rec_2q", SERVE)
    yield laboratory
    laboratory.end()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Laboratory]]:
    """Start a laboratory of its own for this test."""
    started: list[Laboratory] = []

    def start(serve: str, *arguments: str) -> Laboratory:
        started.append(Laboratory(tmp_path, "rec_2q", serve, *arguments))
        return started[-1]

    yield start
    for laboratory in started:
        laboratory.end()


@pytest.fixture(scope="module")
def visa() -> Iterator[pyvisa.ResourceManager]:
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


def resource(visa: pyvisa.ResourceManager, address: str, line_end: str = "\n") -> pyvisa.resources.MessageBasedResource:
    kind, place, *_ = address.split()
    name = "TCPIP::{}::{}::SOCKET".format(*place.split(":")) if kind == "tcp" else f"ASRL{place}::INSTR"
    opened = visa.open_resource(name, read_termination="\n", write_termination=line_end, timeout=ANSWER * 1000)
    assert isinstance(opened, pyvisa.resources.MessageBasedResource)
    return opened


def test_the_table_names_what_is_served_where(lab):
    assert lab.said[0].split() == ["instrument", "driver", "address"]
    table = {line.split()[0]: line for line in lab.said[1:9]}
    assert set(table) == {"cells", "temperatures", "supply", "shunt", "switches", "meters", "faults", "uut"}
    for name, line in table.items():
        assert ", ".join(lab.addresses(name)) in line


def test_visa_drives_both_units_of_the_cell_simulator(lab, visa):
    for unit, address in enumerate(lab.addresses("cells"), start=1):
        with resource(visa, address, "\r\n") as cells:
            assert cells.query("*IDN?") == f"bmsrig,ABS,cells-{unit},0.1.0"
            assert cells.query("CAL:DATE?") == '"2026-03-01"'
            cells.write("*RST;*CLS")
            cells.write(f"SOUR:VOLT {3 + unit / 10:.4f},(@1:8)")
            cells.write("output:state on,(@1,3:8)")
            assert cells.query("*OPC?") == "1"
            volts = cells.query_ascii_values("Measure:Voltage:DC? (@1:8)")
            assert math.isclose(volts[0], 3 + unit / 10, abs_tol=1e-3)
            assert volts[1] == 9.91e37  # its output is off
            assert cells.query("OUTP? (@1:3)") == "1,0,1"
            assert cells.query("SYST:ERR?") == '0,"No error"'


def test_visa_sees_what_it_did_wrong(lab, visa):
    with resource(visa, lab.addresses("shunt")[0]) as shunt:
        shunt.write("*CLS")
        shunt.write("SOUR:VOLT 50 MV")
        shunt.write("SOURCE:VOLTS 1")
        shunt.write("SOUR:VOLT 1 A")
        assert shunt.query("SYST:ERR:COUN?") == "3"
        assert shunt.query("SYST:ERR?").startswith('-222,"Data out of range')
        assert shunt.query("SYST:ERR?").startswith('-113,"Undefined header')
        assert shunt.query("SYST:ERR?").startswith('-131,"Invalid suffix')
        shunt.write("SOUR:VOLT:RANG 200 MV;:SOUR:VOLT 50 MV;:OUTP 1")
        assert shunt.query("*OPC?;:SYST:ERR?") == '1;0,"No error"'
        assert math.isclose(float(shunt.query("MEAS:VOLT?")), 0.05, abs_tol=2e-6)


def test_visa_drives_a_supply_on_a_terminal(lab, visa):
    with resource(visa, lab.addresses("supply")[0]) as supply:
        supply.write("SOUR:VOLT 52.5;:OUTP 1")
        assert supply.query("*OPC?") == "1"
        assert math.isclose(float(supply.query("MEAS:VOLT?")), 52.5, abs_tol=0.02)
        supply.write("OUTP OFF")
        assert supply.query("MEAS:VOLT?") == "9.91E37"


def test_a_fault_matrix_stands_at_the_plug_of_the_cells(lab):
    with lab.connect("cells") as cells, lab.connect("faults") as faults:
        cells.ask("SOUR5:VOLT 3.2;:OUTP5 1;*OPC?")
        faults.ask("ROUT:CLOS (@105);*OPC?")
        assert cells.ask("MEAS5:VOLT?") == "9.91E37"
        faults.ask("ROUT:OPEN (@105);*OPC?")
        assert float(cells.ask("MEAS5:VOLT?")) == pytest.approx(3.2, abs=1e-3)


def test_several_clients_share_an_instrument(lab):
    with lab.connect("switches") as one, lab.connect("switches") as other:
        one.ask("ROUT:CLOS (@2);*OPC?")
        assert other.ask("ROUT:CLOS? (@1:2)") == "0,1"
        other.say("NONSENSE")
        other.ask("*OPC?")
        assert one.ask("SYST:ERR?").startswith("-113")


def test_garbage_is_an_error_and_nothing_worse(lab):
    with lab.connect("temperatures") as sensors:
        sensors.socket.sendall(bytes(range(256)) + b"\n" + b"A" * 100_000 + b"\n")
        errors = [sensors.ask("SYST:ERR?") for _ in range(3)]
        assert errors[0].startswith("-101,")
        assert "-363," in " ".join(errors)
        assert sensors.ask("*CLS;*OPC?") == "1"


def test_the_uut_is_switched_on_and_feels_the_instruments(lab):
    with lab.connect("uut") as uut, lab.connect("cells") as cells, lab.connect("meters") as meter:
        assert uut.ask("identify").startswith("identity bmsrig,hosted UUT,rec_2q,")
        cells.ask("SOUR:VOLT 3.3,(@1:8);:OUTP 1,(@1:8);*OPC?")
        uut.say("set cells=8")
        answer = uut.ask("on")
        assert answer.startswith("running "), answer
        assert 0 <= float(meter.ask("READ1?")) <= 1  # its control pilot stands at something now
        assert uut.ask("off") == "off"
        assert meter.ask("READ1?") == "9.91E37"


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        (["set cells=99", "on"], "cells"),
        (["set colour=red", "on"], "colour"),
        (["command /no/such/process", "on"], "/no/such/process"),
        (["dance"], "expected identify, set, command, on or off"),
    ],
)
def test_a_uut_that_does_not_start_says_why(lab, requests, words):
    with lab.connect("uut") as uut:
        for request in requests[:-1]:
            uut.say(request)
        answer = uut.ask(requests[-1])
        assert answer.startswith("error ")
        assert words in answer
        assert uut.ask("off") == "off"


def test_the_uut_is_whose_who_came_last(lab):
    """A rig that comes while another is still connected is heard from its first word on, and the other one is left."""
    with lab.connect("uut") as first, lab.connect("uut") as second:
        second.say("identify")
        assert second.line().startswith(b"identity ")
        with lab.connect("uut") as third:
            assert third.ask("identify").startswith("identity ")
            assert second.line() == b""
            assert first.line() == b""


def test_a_uut_that_dies_is_told(lab):
    with lab.connect("uut") as uut, lab.connect("cells") as cells:
        assert uut.ask("on").startswith("running ")
        [child] = children(lab.process.pid)
        subprocess.run(["kill", "-9", str(child)], check=True)
        cells.say("OUTP7 0;:SOUR7:VOLT 2.9;:OUTP7 1")  # who feels nothing is not asked
        assert uut.line().startswith(b"failed ")
        assert uut.ask("on").startswith("running ")
        assert uut.ask("off") == "off"


def test_a_slow_instrument_stalls_no_other(served):
    lab = served("supply: {as: scpi_power_supply, latency: 1 s}\nmeters: {as: scpi_meter}")
    with lab.connect("supply") as supply, lab.connect("meters") as meter:
        began = time.monotonic()
        supply.say("*IDN?")
        answers = 0
        while time.monotonic() < began + 0.5:  # before the slow answer can be there
            assert meter.ask("*OPC?") == "1"
            answers += 1
        assert answers > 3
        assert supply.line().startswith(b"bmsrig,")
        assert time.monotonic() - began >= 1.0


def test_a_message_before_the_answer_interrupts_where_it_is_told_to(served):
    lab = served("supply: {as: scpi_power_supply, latency: 1 s, interrupts: yes}")
    with lab.connect("supply") as supply:
        supply.say("MEAS:VOLT?")
        assert supply.ask("SYST:ERR?") == '-410,"Query INTERRUPTED"'


def test_wires_misbehave_on_purpose(served):
    lab = served(
        "supply: {as: scpi_power_supply, drops_connection_after: 3}\n"
        "shunt: {as: scpi_shunt_injector, garbage_every: 2}\n"
        "meters: {as: scpi_meter, half_lines_every: 2, line_end: CRLF}\n"
        "temperatures: {as: scpi_temperature_simulator, talks_unasked_every: 2}\n"
        "switches: {as: scpi_line_driver, errors_every: 2, connections: 1}\n"
        'cells: {as: scpi_cell_simulator, identity: "Other,Model,SN9,2.0", serial_number: SN8}\n'
    )
    with lab.connect("supply") as supply:
        assert [supply.ask("*OPC?") for _ in range(3)] == ["1", "1", ""]
    with lab.connect("supply") as again:
        assert again.ask("*OPC?") == "1"
    with lab.connect("shunt") as shunt:
        assert shunt.ask("SYST:VERS?") == "1999.0"
        shunt.say("SYST:VERS?")
        assert b"\x81" in shunt.line()
    with lab.connect("meters") as meter:
        meter.say("SYST:VERS?;VERS?")
        assert meter.line() == b"1999.0;1999.0\r\n"
        meter.say("SYST:VERS?")
        assert meter.ask("SYST:VERS?") == "1991999.0"
    with lab.connect("temperatures") as sensors:
        sensors.say("*OPC?\n*OPC?")
        assert [sensors.line() for _ in range(3)] == [b"1\n", b"*\n", b"1\n"]
    with lab.connect("switches") as card:
        assert card.ask("*OPC?") == "1"
        assert card.ask("SYST:ERR?").startswith("-240,")
        with lab.connect("switches") as one_too_many:
            assert one_too_many.line() == b""
    with lab.connect("cells") as cells:
        assert cells.ask("*IDN?") == "Other,Model,SN9,2.0"
    assert 'serial_number: "SN8"' in lab.out.read_text()


def test_every_message_is_logged_where_asked_for(served):
    lab = served("meters: {as: scpi_meter}", "--log")
    with lab.connect("meters") as meter:
        meter.ask("*OPC?")
    _, said = lab.end()
    assert "meters > *OPC?\nmeters < 1\n" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_the_uut(served, number):
    lab = served("uut: {as: hosted_uut}")
    with lab.connect("uut") as uut:
        assert uut.ask("on").startswith("running ")
        [child] = children(lab.process.pid)
        status, said = lab.end(number)
        assert (status, said) == (0, "ended\n")
        assert becomes_true(lambda: not is_running(child))


@pytest.mark.parametrize(
    ("serve", "words"),
    [
        ("cells: {as: scpi_meter}", "is of another kind"),
        ("cells: {as: no_such_driver}", "nothing serves"),
        ("nothing: {as: scpi_meter}", 'no instrument "nothing"'),
        ("cells: {as: bloomy_abs, colour: red}", "colour"),
        ("cells: {as: bloomy_abs, listen: udp 5025}", "udp 5025"),
        ('shunt: {as: scpi_shunt_injector, ranges: "1 mV, 2 mV"}', "rising order"),
        ("uut: {as: hosted_uut, listen: tcp 0.0.0.0:0}", "other machines"),
    ],
)
def test_a_wrong_bench_is_refused_with_its_line(tmp_path, serve, words):
    with pytest.raises(AssertionError, match=words):
        Laboratory(tmp_path, "rec_2q", serve)


@pytest.mark.parametrize("bench", sorted(paths.fixtures_folder().glob("*/benches/lab.yaml")), ids=lambda b: b.parts[-3])
def test_a_lab_bench_serves_all_that_the_wiring_names(bench):
    wiring = (bench.parents[1] / "wiring.yaml").read_text()
    named = set(re.findall(r"(?:source|across|reader|meter|adapter): (\w+)\.", wiring))
    served = re.findall(r"^  (\w+):", bench.read_text().partition("serve:\n")[2], re.M)
    assert len(named) > 3
    assert sorted({*named, "uut"}) == sorted(served)


def test_a_bench_that_is_not_there_is_named(tmp_path):
    done = subprocess.run(
        [BMSRIG, "instruments", "--bench", str(tmp_path / "x.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert "x.yaml: there is no such file" in done.stderr
