"""The same seed gives the same trace, byte for byte: twice, and on both carriers."""

from __future__ import annotations

import threading

import pytest
from bmsrig import Rig, _core, paths

FIXTURE = paths.fixtures_folder() / "victron_smallbms"


def open_rig(uut: str = "", bench: str = "virtual_noisy", seed: int | None = None) -> _core.Rig:
    return _core.Rig(
        fixture=FIXTURE,
        bench=paths.find_bench(bench, FIXTURE),
        settings=[],
        uut=uut,
        process_folder=str(paths.process_folder()),
        seed=seed,
        answer_timeout=5.0,
    )


def exercise(core: _core.Rig, seed: int) -> str:
    """A test with thresholds, edges and restarts; returns its trace and its readbacks."""
    core.begin_test(seed)
    rig = Rig(core)
    for cell in rig.cells:
        cell.lower_through(3.10, until="pre_alarm", becomes="active")
        rig.cells.set(3.30)
        rig.settle()
    rig.cell(2).set(2.70)
    rig.line("load").expect_inactive(within=60)
    readbacks = [cell.read() for cell in rig.cells]
    rig.restart(under_voltage=2.65)
    rig.wait(100)
    text = f"{rig.trace_text}\n{readbacks}"
    core.end_test()
    return text


def test_the_same_seed_gives_the_same_trace():
    first = exercise(open_rig(), seed=7)
    assert first.count("\n") > 100
    assert exercise(open_rig(), seed=7) == first


def test_a_test_does_not_depend_on_the_one_before():
    core = open_rig()
    first = exercise(core, seed=7)
    exercise(core, seed=8)
    assert exercise(core, seed=7) == first


def test_another_seed_gives_another_trace():
    assert exercise(open_rig(), seed=7) != exercise(open_rig(), seed=8)


def test_both_carriers_give_the_same_trace():
    shared_object = f'"{paths.process_folder() / "victron_smallbms.so"}"'
    assert exercise(open_rig(uut=shared_object), seed=7) == exercise(open_rig(), seed=7)


@pytest.mark.parametrize("order", ["together", "turns"])
@pytest.mark.parametrize("chrg", range(11))
def test_both_carriers_send_the_same_frames(chrg, order):
    fixture = paths.fixtures_folder() / "rec_2q"

    def frames(uut: str) -> tuple[list[tuple[float, int, bool, bool, bytes]], str]:
        """What a REC 2Q sends at rest and while error 1 opens its relay, and the trace of it."""
        core = _core.Rig(
            fixture=fixture,
            bench=paths.find_bench("virtual", fixture),
            settings=[("chrg", str(chrg)), ("can_order", order)],
            uut=uut,
            process_folder=str(paths.process_folder()),
            seed=None,
            answer_timeout=5.0,
        )
        core.begin_test(1)
        rig = Rig(core)
        seen = core.can_watch("can", 8.0)[0]
        rig.cells.set(3.9)
        seen += core.can_watch("can", 8.0)[0]
        assert not rig.line("relay").is_active
        text = rig.trace_text
        core.end_test()
        return seen, text

    as_process = frames("")
    assert len(as_process[0]) > 60
    assert frames(f'"{paths.process_folder() / "rec_2q.so"}"') == as_process


def test_other_threads_run_while_the_rig_does():
    core = open_rig()
    core.begin_test(1)
    rig_thread = threading.Thread(target=core.run_for, args=(3600.0,))
    rig_thread.start()
    turns = 0
    while rig_thread.is_alive():
        turns += 1
    rig_thread.join()
    core.end_test()
    assert turns > 100, "the interpreter lock was held all the time"


@pytest.mark.parametrize("bench", ["virtual", "virtual_noisy"])
def test_readbacks_lie_within_the_accuracy_of_their_instrument(bench):
    core = open_rig(bench=bench)
    core.begin_test(3)
    rig = Rig(core)
    applied = [rig.cell(n).set(3.0 + n / 10) for n in range(1, len(rig.cells) + 1)]
    rig.settle()
    errors = [abs(cell.read() - value.value) for cell, value in zip(rig.cells, applied, strict=True)]
    assert max(errors) <= 2 * rig.cell(1).accuracy
    assert max(errors) > 0, "readbacks that are exact to the last bit were never read"
    core.end_test()
