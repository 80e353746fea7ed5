"""The bring-up of a bench: what is found, what is said of it, and what is told to do."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
from bmsrig import InstrumentError, _core, paths
from bmsrig.bring_up.finding import amount
from bmsrig.cli.check_bench import check
from conftest import BMSRIG
from laboratory import Laboratory

SMALLBMS = paths.fixtures_folder() / "victron_smallbms"
TODAY = date(2026, 3, 31)


def check_bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BMSRIG, "check-bench", *map(str, arguments)], capture_output=True, text=True, timeout=200, check=False
    )


def bench_of(folder: Path, product: str, changes: dict[str, str]) -> Path:
    """The product's virtual bench with these texts changed; each must stand there."""
    text = (paths.fixtures_folder() / product / "benches" / "virtual.yaml").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "mine.yaml"
    file.write_text(text)
    return file


class WrongInstrument:
    """A rig one of whose instruments is not what it should be."""

    def __init__(self, core: _core.Rig, port: str, answer) -> None:
        self._core, self._port, self._answer = core, port, answer

    def __getattr__(self, name: str):
        return getattr(self._core, name)

    def read(self, port: str) -> float:
        value = self._core.read(port)
        return self._answer(value) if port == self._port else value


@pytest.fixture(scope="module")
def core() -> _core.Rig:
    return _core.Rig(
        fixture=SMALLBMS,
        bench=SMALLBENCH,
        settings=[],
        uut="",
        process_folder=str(paths.process_folder()),
        seed=None,
        answer_timeout=5.0,
    )


SMALLBENCH = SMALLBMS / "benches" / "virtual.yaml"


def found(findings, what: str):
    (finding,) = [finding for finding in findings if finding.what == what]
    return finding


def test_every_output_is_set_at_three_points_and_read(core):
    findings = check(core, TODAY)
    assert all(finding.ok for finding in findings), [str(each) for each in findings if not each.ok]
    cell = found(findings, "output cell.4")
    # The baseline of 3.3 V, and half way from there to the ends of the rating, 0 and 5 V (fixture.yaml, wiring.yaml).
    assert cell.seen.startswith("set to 1.65 3.3 4.15 V: reads ")
    # The bench file: accuracy 0.3 mV, both ways; noise 20 uV, of which no draw is beyond 4 times.
    assert "allowed +/- 600 uV" in cell.seen
    assert abs(cell.figures["deviation_V"]) <= 0.6e-3
    assert 0 < cell.figures["noise_rms_V"] < 80e-6
    assert found(findings, "contact remote.link").ok
    assert found(findings, "line load").ok


def test_an_output_that_reads_wrong_is_bad_and_says_what_to_look_for(core):
    findings = check(WrongInstrument(core, "cell.2", lambda value: value + 0.02), TODAY)
    bad = [finding for finding in findings if not finding.ok]
    assert [finding.what for finding in bad] == ["output cell.2"]
    assert "reads 20" in bad[0].seen
    assert "mV off" in bad[0].seen
    assert "sense wires that are swapped" in bad[0].advice
    assert bad[0].figures["deviation_V"] == pytest.approx(0.02, abs=0.6e-3)


def test_an_output_that_is_open_reads_nothing_and_is_bad(core):
    findings = check(WrongInstrument(core, "cell.2", lambda _: float("nan")), TODAY)
    (bad,) = [finding for finding in findings if not finding.ok]
    assert (bad.what, bad.seen) == ("output cell.2", "set to 1.65 V, nothing is read: the output or its sense is open")


def test_an_instrument_that_fails_in_between_does_not_end_the_check(core):
    def fail(_: float) -> float:
        raise InstrumentError("instrument supply at tcp 10.0.0.7:5025 does not answer MEAS:VOLT? within 1 s")

    findings = check(WrongInstrument(core, "supply", fail), TODAY)
    bad = [finding for finding in findings if not finding.ok]
    assert [(finding.what, finding.seen) for finding in bad] == [
        ("output supply", "instrument supply at tcp 10.0.0.7:5025 does not answer MEAS:VOLT? within 1 s")
    ]
    assert found(findings, "line load").ok, "looked at all the same"


def test_a_unit_that_does_not_come_on_does_not_hide_the_instruments():
    done = check_bench("--fixture", "victron_smallbms", "--uut", "false")
    assert done.returncode == 3
    assert "BAD  power-on at the baseline" in done.stdout
    assert "ok   output cell.1" in done.stdout
    assert "set to 1.65 3.3 4.15 V" in done.stdout
    assert "BAD  wiring" in done.stdout


def test_instruments_that_cannot_be_opened_do_not_hide_the_others(tmp_path):
    bench = bench_of(
        tmp_path,
        "rec_2q",
        {
            "clock: virtual ": "clock: real ",
            "driver: virtual_can_adapter": "driver: socketcan_adapter\n    interfaces: nosuch0",
            "driver: virtual_serial_adapter": "driver: serial_port\n    devices: /dev/nosuch\n    bit_rate: 56000",
        },
    )
    file = tmp_path / "found.json"
    done = check_bench("--bench", bench, "--json", file)
    assert done.returncode == 3, done.stdout + done.stderr
    told = json.loads(file.read_text())
    assert told["ready"] is False
    bad = {each["what"]: each["seen"] for each in told["findings"] if not each["ok"]}
    assert set(bad) == {"instrument can", "instrument rs485", "wiring"}
    assert "nosuch0" in bad["instrument can"]
    assert "/dev/nosuch" in bad["instrument rs485"]
    assert "ok   instrument cells" in done.stdout
    assert "3 of " in done.stdout.splitlines()[-1]


def test_a_chip_that_is_not_there_does_not_hide_the_others(tmp_path):
    changes = {
        "clock: virtual ": "clock: real ",
        "driver: virtual_line_driver": "driver: gpio_line_driver\n    chip: nosuch\n    lines: LINE_1 LINE_2 LINE_3",
    }
    done = check_bench("--bench", bench_of(tmp_path, "victron_smallbms", changes))
    assert done.returncode == 3, done.stdout + done.stderr
    bad = next(line for line in done.stdout.splitlines() if line.startswith("BAD  instrument"))
    assert "mine.yaml:" in bad
    assert '"nosuch"' in bad
    assert "ok   instrument cells" in done.stdout


def test_what_is_wrong_beside_the_instruments_is_said_alone(tmp_path):
    bench = bench_of(tmp_path, "victron_smallbms", {"clock: virtual ": "clock: real "})
    done = check_bench("--bench", bench, "--set", "cells=99")
    assert done.returncode == 4
    assert "cells" in done.stderr
    assert "instrument" not in done.stdout


def test_a_run_names_all_instruments_that_cannot_be_opened(plan, bmsrig, tmp_path):
    bench = bench_of(
        tmp_path,
        "rec_2q",
        {
            "clock: virtual ": "clock: real ",
            "driver: virtual_can_adapter": "driver: socketcan_adapter\n    interfaces: nosuch0",
            "driver: virtual_serial_adapter": "driver: serial_port\n    devices: /dev/nosuch\n    bit_rate: 56000",
        },
    )
    done = bmsrig(plan("def test_it(rig):\n    pass\n"), "--bench", str(bench), fixture="rec_2q")
    assert done.status != 0
    assert "nosuch0" in done.output
    assert "/dev/nosuch" in done.output


def test_in_real_time_the_computer_is_looked_at_too(tmp_path):
    bench = bench_of(tmp_path, "victron_smallbms", {"clock: virtual ": "timing: {lateness: 10 s}\nclock: real "})
    file = tmp_path / "found.json"
    done = check_bench("--bench", bench, "--json", file)
    assert done.returncode == 0, done.stdout + done.stderr
    told = {each["what"]: each for each in json.loads(file.read_text())["findings"]}
    assert "999 events" in told["timing"]["seen"] or "1000 events" in told["timing"]["seen"]
    assert told["timing"]["figures"]["lateness_worst_s"] > 0
    assert "memory" in told["priority"]["seen"]
    assert not [what for what in told if what.startswith("latency")], "virtual instruments have no wire"
    assert told["kernel"]["seen"].startswith("Linux ")


def test_a_computer_that_is_late_is_bad(tmp_path):
    bench = bench_of(tmp_path, "victron_smallbms", {"clock: virtual ": "timing: {lateness: 1 ns}\nclock: real "})
    done = check_bench("--bench", bench)
    assert done.returncode == 3
    assert "BAD  timing" in done.stdout


@pytest.mark.parametrize(
    ("real", "wrong", "seen"),
    [
        ('serial_number: "supply"', 'serial_number: "MY1"', "another instrument is there: virtual power supply"),
        ("address: ", 'address: "tcp 127.0.0.1:1" # ', "nothing listens there"),
    ],
    ids=["another", "absent"],
)
def test_one_wrong_instrument_keeps_none_from_being_looked_at_and_nothing_is_switched_on(tmp_path, real, wrong, seen):
    laboratory = Laboratory(tmp_path, "victron_smallbms", "cells: {as: bloomy_abs}\nsupply: {as: scpi_power_supply}")
    try:
        head, entry, rest = laboratory.out.read_text().partition("  supply:\n")
        assert real in rest
        others = {"temperatures": "temperature_simulator", "switches": "line_driver", "lines": "line_bank"}
        virtual = "".join(f"  {name}: {{driver: virtual_{kind}, channels: 5}}\n" for name, kind in others.items())
        bench = tmp_path / "wrong.yaml"
        bench.write_text(head + entry + rest.replace(real, wrong, 1) + virtual)
        done = check_bench("--bench", bench)
        assert done.returncode == 3, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        (told,) = [line for line in lines if seen in line]
        assert told.startswith('BAD  instrument supply        instrument "supply" at tcp 127.0.0.1:')
        for name in ("cells", *others):
            assert [line for line in lines if line.startswith(f"ok   instrument {name} ")], done.stdout
        assert not [line for line in lines if " output " in line]
        with laboratory.connect("supply") as supply:
            assert supply.ask("OUTP?") == "0"
    finally:
        laboratory.end()


def test_each_reading_is_a_query_on_the_wire_and_every_unit_has_its_address(tmp_path):
    serve = "cells: {as: bloomy_abs}\nsupply: {as: scpi_power_supply, latency: 30 ms}"
    laboratory = Laboratory(tmp_path, "rec_2q", serve)
    try:
        others = {
            "shunt": "virtual_shunt_injector, channels: 1, minimum: -130 mV, maximum: 130 mV",
            "temperatures": "virtual_temperature_simulator, channels: 5",
            "switches": "virtual_line_driver, channels: 2",
            "meters": "virtual_meter, channels: 1, unit: ratio, resolution: 0.001 ratio, accuracy: 0.001 ratio",
            "lines": "virtual_line_bank, channels: 4",
            "balancing": "virtual_line_bank, channels: 16",
            "lamps": "virtual_line_bank, channels: 3",
            "can": "virtual_can_adapter",
            "rs485": "virtual_serial_adapter",
        }
        virtual = "".join(f"  {name}: {{driver: {driver}}}\n" for name, driver in others.items())
        bench = tmp_path / "mine.yaml"
        bench.write_text(laboratory.out.read_text() + virtual)
        file = tmp_path / "found.json"
        check_bench("--bench", bench, "--json", file)
        told = {each["what"]: each for each in json.loads(file.read_text())["findings"]}
        first, second = laboratory.addresses("cells")
        assert told["instrument cells"]["seen"].endswith(f", 16 channels at {first}, {second}")
        # 30 ms are what the served supply takes to answer a query; an answer that was there before would come sooner.
        assert told["latency supply"]["figures"]["median_s"] >= 0.030
        assert told["latency supply"]["seen"].startswith("30 queries, each answered in ")
        assert "latency shunt" not in told
    finally:
        laboratory.end()


def test_an_expired_calibration_is_seen_and_refused_as_the_bench_file_says(tmp_path):
    old = {"driver: virtual_power_supply": "driver: virtual_power_supply\n    calibrated: 2020-01-31"}
    done = check_bench("--bench", bench_of(tmp_path, "victron_smallbms", old))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "see  calibration supply" in done.stdout
    assert "-> have it calibrated or replaced; until then plans run and records are marked" in done.stdout
    strict = {**old, "clock: virtual ": "calibration: {expired: refuse}\nclock: virtual "}
    done = check_bench("--bench", bench_of(tmp_path, "victron_smallbms", strict))
    assert done.returncode == 3
    assert "BAD  calibration supply" in done.stdout
    assert "EXPIRED: calibrated 2020-01-31" in done.stdout
    assert "until then no plan runs here, the bench file refuses it" in done.stdout
    assert "records are marked" not in done.stdout


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(3e-4, "V", "300 uV"), (-0.0021, "V", "-2.1 mV"), (0, "V", "0 V"), (12, "V", "12 V"), (0.05, "degC", "0.05 degC")],
)
def test_amounts_are_told_as_people_say_them(value, unit, words):
    assert amount(value, unit) == words
