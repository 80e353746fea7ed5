from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from bmsrig_reports.picture import BUCKETS, MOST_POINTS, Picture, make_picture
from bmsrig_reports.record import Changes, Mark, Signal, Test

CELL = Signal(0, "cells.1", "analog", "V")
LOAD = Signal(1, "line.load", "line", "")


def sample_test(*marks: Mark, seconds: float = 60.0) -> Test:
    return Test(1, "test", "", "", "pass", "", "", 0.1, seconds, marks=marks, signals=(CELL, LOAD))


def unpack(picture: Picture) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(picture.data)))


def points(signal: dict[str, Any]) -> list[tuple[int, float | None]]:
    now = 0
    found = []
    for step, value in zip(signal["times"], signal["values"], strict=True):
        now += step
        found.append((now, value))
    return found


def test_draws_every_change_of_a_short_trace() -> None:
    blocks: list[Changes] = [([0, 5_000_000], [0, 1], [3.3001, 1.0]), ([9_000_000_000], [0], [float("nan")])]
    picture = make_picture(sample_test(Mark(7_000_000, "cells to 2.7 V")), blocks)
    content = unpack(picture)
    assert content["end"] == 60_000_000
    assert content["marks"] == [[7_000, "cells to 2.7 V"]]
    cell, load = content["signals"]
    assert (cell["name"], cell["kind"], cell["unit"]) == ("cells.1", "analog", "V")
    assert points(cell) == [(0, 3.3001), (9_000_000, None)]
    assert points(load) == [(5_000, 1)]
    assert picture.caption == "3 changes, all of them drawn."


def test_a_test_without_a_trace_has_no_picture() -> None:
    assert make_picture(sample_test(), []).data == ""
    nameless = Test(1, "test", "", "", "aborted", "", "", 0, 0)
    assert make_picture(nameless, [([0], [0], [1.0])]).data == ""


def noisy(count: int) -> tuple[list[Changes], list[float]]:
    values = [3.3 + (number * 7919 % 1000) / 1e5 for number in range(count)]
    values[count // 3] = 0.5
    values[count // 2] = 4.9
    block = ([number * 600_000_000 // (count // 100) for number in range(count)], [0] * count, values)
    return [block], values


def test_thins_a_long_trace_but_keeps_its_extremes_and_its_end() -> None:
    blocks, values = noisy(100_000)
    picture = make_picture(sample_test(), blocks, blocks[0][0][-1])
    (cell,) = unpack(picture)["signals"]
    drawn = points(cell)
    assert len(drawn) <= 3 * (BUCKETS + 1)
    times = [time for time, _ in drawn]
    assert times == sorted(times)
    kept = [value for _, value in drawn]
    assert (min(kept), max(kept)) == (0.5, 4.9)  # type: ignore[type-var]
    assert drawn[-1] == (blocks[0][0][-1] // 1000, float(f"{values[-1]:.7g}"))
    assert "100,000 changes" in picture.caption
    assert "the record holds every change" in picture.caption


def test_thinning_keeps_a_gap() -> None:
    blocks, _ = noisy(20_000)
    blocks[0][2][7_777] = float("nan")
    (cell,) = unpack(make_picture(sample_test(), blocks, blocks[0][0][-1]))["signals"]
    assert None in cell["values"]


def test_thins_from_the_first_change_that_is_too_many() -> None:
    for count, whole in ((MOST_POINTS, True), (MOST_POINTS + 1, False)):
        blocks: list[Changes] = [(list(range(count)), [0] * count, [float(number) for number in range(count)])]
        picture = make_picture(sample_test(seconds=0), blocks, count - 1)
        (cell,) = unpack(picture)["signals"]
        assert (len(cell["values"]) == count) == whole
        assert picture.thinned != whole


def test_it_does_not_matter_how_a_trace_is_split_into_blocks() -> None:
    blocks, _ = noisy(20_000)
    times, signals, values = blocks[0]
    split = [
        (times[first : first + 777], signals[first : first + 777], values[first : first + 777])
        for first in range(0, len(times), 777)
    ]
    whole = make_picture(sample_test(), blocks, times[-1])
    assert make_picture(sample_test(), split, times[-1]) == whole


def test_a_signal_that_is_open_all_the_time_is_drawn_as_a_gap() -> None:
    blocks: list[Changes] = [(list(range(5000)), [0] * 5000, [float("nan")] * 5000)]
    (cell,) = unpack(make_picture(sample_test(), blocks, 60_000_000_000))["signals"]
    assert set(cell["values"]) == {None}
