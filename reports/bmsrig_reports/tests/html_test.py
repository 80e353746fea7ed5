from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bmsrig_reports.html import UPLOT, render_html, write_html
from bmsrig_reports.picture import Picture, make_picture
from bmsrig_reports.record import RecordError, RecordFile
from bmsrig_reports.tests.sample import (
    HOSTILE,
    SampleMeasurement,
    SampleRun,
    SampleTest,
    decode_json,
    write_record,
)

SIGNALS = (("cells.1", "analog", "V"), ("line.load", "line", ""))
CHANGES = ((0, 0, 3.3), (0, 1, 1.0), (5_000_000_000, 0, 2.7), (35_000_000_000, 1, 0.0))
VOID = {"meta", "input", "br", "rect", "line", "path", "circle", "link", "img"}


class Page(HTMLParser):
    """A page as a browser takes it: its elements with their attributes, its visible text, its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif not self.open or self.open[-1] != "style":
            self.text += data

    def with_id(self, id_: str) -> dict[str, str | None]:
        (found,) = [attributes for _, attributes in self.elements if attributes.get("id") == id_]
        return found


def render(tmp_path: Path, run: SampleRun) -> str:
    path = tmp_path / "run.db"
    path.unlink(missing_ok=True)
    with RecordFile(write_record(path, run), decode_json) as file:
        return render_html(file.read(), lambda test: make_picture(test, file.trace(test.id), file.trace_end(test.id)))


def test_shows_the_run_its_tests_and_measurements(tmp_path: Path) -> None:
    test = SampleTest(
        verdict="fail",
        message="line load stayed active",
        details="E   assert shed",
        measurements=[SampleMeasurement(value=2.779, verdict="fail")],
        marks=[(5_000_000_000, "cell 3 to 2.7 V")],
        log=[(0, "uut", "smallbms ready")],
        signals=SIGNALS,
        changes=CHANGES,
    )
    page = Page(render(tmp_path, SampleRun(tests=[test], verdict="fail")))
    assert page.open == []
    for words in (
        "Victron smallBMS",
        "SN0001",
        "2024-05-06T07:08:09.123Z",
        "Ada",
        "18446744073709551615",
        "smallbms --set cells=4",
        "Load disconnects on cell under-voltage",
        "line load stayed active",
        "E   assert shed",
        "under_voltage_threshold",
        "2.7790 \u00b1 0.0015 V",
        "2.795 to 2.805 V",
        "manual, section 6",
        "cell 3",
        "cell 3 to 2.7 V",
        "smallbms ready",
        "4 changes, all of them drawn.",
        "SHA-256 ab12",
        "title: <b>smallBMS</b>",
        "bench-7",
    ):
        assert words in page.text, words
    assert page.with_id("test-1").keys() >= {"open"}
    assert page.with_id("trace-1")["type"] == "text/plain"


def test_passing_tests_are_closed(tmp_path: Path) -> None:
    assert "open" not in Page(render(tmp_path, SampleRun())).with_id("test-1")


def test_names_requirements_without_a_test(tmp_path: Path) -> None:
    page = Page(render(tmp_path, SampleRun()))
    assert "1 without a test: VSB-CHARGE-OV" in " ".join(page.text.split())
    assert {attributes.get("href") for tag, attributes in page.elements if tag == "a"} >= {
        "#test-1",
        "#requirement-VSB-LOAD-UV",
    }


def test_says_that_a_run_was_cut_off(tmp_path: Path) -> None:
    page = Page(render(tmp_path, SampleRun(verdict=None)))
    assert "the rig ended without closing the record" in page.text
    assert "not closed" in page.text
    assert "aborted" in page.text


def test_an_empty_run_is_a_page_too(tmp_path: Path) -> None:
    run = SampleRun(serial="", tests=[], requirements=[], properties={})
    page = Page(render(tmp_path, run))
    for words in (
        "No serial number given",
        "No test ran.",
        "Nothing was measured.",
        "The fixture states no requirements.",
    ):
        assert words in page.text


def hostile_run() -> SampleRun:
    measurement = SampleMeasurement(
        name=HOSTILE, unit=HOSTILE, acceptance=HOSTILE, requirement=HOSTILE, source=HOSTILE, comment=HOSTILE
    )
    test = SampleTest(
        name=HOSTILE,
        title=HOSTILE,
        description=HOSTILE,
        verdict="fail",
        message=HOSTILE,
        details=HOSTILE,
        requirements=[HOSTILE],
        measurements=[measurement],
        marks=[(0, HOSTILE)],
        log=[(0, HOSTILE, HOSTILE)],
        signals=[(HOSTILE, "analog", HOSTILE)],
        changes=[(0, 0, 1.0)],
    )
    return SampleRun(
        serial=HOSTILE,
        plan=HOSTILE,
        message=HOSTILE,
        properties={HOSTILE: HOSTILE, "fixture.title": HOSTILE},
        requirements=[(HOSTILE, HOSTILE)],
        tests=[test],
        verdict="fail",
    )


def test_hostile_texts_stay_text(tmp_path: Path) -> None:
    html = render(tmp_path, hostile_run())
    page = Page(html)
    assert page.open == []
    plain = Page(
        render(
            tmp_path,
            SampleRun(
                verdict="fail",
                tests=[
                    SampleTest(
                        verdict="fail",
                        message="m",
                        details="d",
                        measurements=[SampleMeasurement()],
                        marks=[(0, "m")],
                        log=[(0, "l", "l")],
                        signals=SIGNALS[:1],
                        changes=[(0, 0, 1.0)],
                    )
                ],
            ),
        )
    )
    assert len(page.scripts) == len(plain.scripts)
    assert not any("alert(1)" in script for script in page.scripts)
    assert "</script><script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    handlers = [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert handlers == []
    assert "\x00" not in html
    assert "\u2400\u241b[31m" in page.text


def test_links_hit_their_targets_whatever_the_names(tmp_path: Path) -> None:
    page = Page(render(tmp_path, hostile_run()))
    ids = {attributes.get("id") for _, attributes in page.elements}
    links = {str(attributes["href"]) for tag, attributes in page.elements if tag == "a"}
    assert {link for link in links if link.startswith("#test-")} == {"#test-1"}
    assert "test-1" in ids


def test_names_of_ten_thousand_characters_do_no_harm(tmp_path: Path) -> None:
    long = "n" * 10_000
    page = Page(render(tmp_path, SampleRun(serial=long, tests=[SampleTest(name=long, title=long, message=long)])))
    assert page.open == []
    assert long in page.text


def test_asks_nothing_of_the_network(tmp_path: Path) -> None:
    html = render(tmp_path, SampleRun(tests=[SampleTest(signals=SIGNALS, changes=CHANGES)]))
    page = Page(html)
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert "src" not in attributes
        assert str(attributes.get("href", "#")).startswith("#")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket|\bimport\(", html)


def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    run = SampleRun(tests=[SampleTest(signals=SIGNALS, changes=CHANGES)])
    assert render(tmp_path, run) == render(tmp_path, run)


def test_writes_the_file(tmp_path: Path) -> None:
    record = write_record(tmp_path / "run.db", SampleRun())
    write_html(record, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(RecordError):
        write_html(tmp_path / "none.db", tmp_path / "other.html")
    assert not (tmp_path / "other.html").exists()


def test_a_picture_without_data_leaves_no_trace(tmp_path: Path) -> None:
    with RecordFile(write_record(tmp_path / "run.db", SampleRun())) as file:
        page = Page(render_html(file.read(), lambda _: Picture("", 0, False)))
    assert "figure" not in {tag for tag, _ in page.elements}


def test_the_vendored_files_are_those_of_the_package() -> None:
    lines = (UPLOT / "VERSION").read_text(encoding="utf-8").splitlines()
    hashes = dict(line.split() for line in lines if " sha512-" in line)
    assert {"uPlot.iife.min.js", "uPlot.min.css", "LICENSE"} <= hashes.keys()
    for name in ("uPlot.iife.min.js", "uPlot.min.css", "LICENSE"):
        digest = base64.b64encode(hashlib.sha512((UPLOT / name).read_bytes()).digest()).decode()
        assert hashes[name] == f"sha512-{digest}", name
    assert "v1.6.32" in (UPLOT / "uPlot.iife.min.js").read_text(encoding="utf-8")[:100]
