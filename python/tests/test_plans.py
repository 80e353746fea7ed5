"""The plans must pass good units and catch bad ones, by the requirement that they break."""

from __future__ import annotations

import subprocess
import sys

import pytest
from bmsrig import _core, paths
from defects import CAUGHT_BY, NOT_ASKED, REC_2Q, REC_ABMS, RECORDED_BY, SMALLBMS, SMART, VEBUS

IN_PYTHON = paths.fixtures_folder() / SMALLBMS / "bms" / "in_python.py"
PRODUCTS = list(CAUGHT_BY)
ADJUSTED = [
    (product, settings)
    for product in (SMALLBMS, VEBUS, SMART)
    for settings in (["under_voltage=2.6", "pre_alarm=2.85"], ["pre_alarm=3.15"])
]


def bad_unit(product: str, defect: str) -> str:
    """As a shared object: the same source as the program, and much faster."""
    return f'"{paths.process_folder() / product}.so" --defect {defect}'


def failed_requirements(done) -> set[object]:
    return {
        row[0]
        for row in done.rows(
            "SELECT requirement FROM test_requirement JOIN test ON test.id = test WHERE verdict = 'fail'"
        )
    }


def measured(done, name: str) -> list[object]:
    """The lowest and the highest value of a measurement."""
    return list(done.rows(f"SELECT min(value), max(value) FROM measurement WHERE name = '{name}'")[0])


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_list_of_defects_is_complete(product):
    done = subprocess.run(
        [paths.process_folder() / product, "--list-defects"], capture_output=True, text=True, check=True
    )
    listed = [*CAUGHT_BY[product], *RECORDED_BY[product], *NOT_ASKED.get(product, ())]
    assert sorted(done.stdout.split()) == sorted(listed)


@pytest.mark.parametrize(("product", "defect"), [(each, defect) for each in PRODUCTS for defect in CAUGHT_BY[each]])
def test_a_defective_unit_is_caught_by_the_requirement_it_breaks(bmsrig, product, defect):
    requirement = CAUGHT_BY[product][defect]
    # Some requirements have hundreds of tests; a few that fail are enough to know.
    chosen = ("--requirement", requirement, "--no-self-test", "--maxfail=3")
    done = bmsrig(product, "--uut", bad_unit(product, defect), "-q", *chosen, fixture=product)
    assert done.status == 1, done.output
    assert done.rows("SELECT count(*) FROM test WHERE verdict IN ('error', 'aborted')") == [(0,)]
    assert requirement in failed_requirements(done), done.output


@pytest.mark.parametrize(
    ("product", "defect"), [(each, list(CAUGHT_BY[each])[index]) for each in PRODUCTS for index in (0, -1)]
)
def test_a_whole_plan_judges_a_defective_unit_and_never_blames_the_rig(bmsrig, product, defect):
    done = bmsrig(product, "--uut", bad_unit(product, defect), "-q", fixture=product)
    assert done.status == 1, done.output
    assert done.rows("SELECT count(*) FROM test WHERE verdict IN ('error', 'aborted')") == [(0,)]


@pytest.mark.parametrize(("product", "defect"), [(each, defect) for each in PRODUCTS for defect in RECORDED_BY[each]])
def test_a_defect_in_what_is_only_characterised_is_recorded(bmsrig, product, defect):
    requirement, name, good, bad = RECORDED_BY[product][defect]
    chosen = ("-q", "--requirement", requirement, "--no-self-test")
    done = bmsrig(product, *chosen, fixture=product)
    assert measured(done, name) == pytest.approx([good, good], rel=0.02)
    done = bmsrig(product, "--uut", bad_unit(product, defect), *chosen, fixture=product)
    assert done.status == 0, done.output
    assert measured(done, name) == pytest.approx([bad, bad], rel=0.02)


@pytest.mark.parametrize(
    ("product", "settings"),
    [
        *((SMALLBMS, [f"cells={cells}"]) for cells in (4, 8, 16)),
        *((VEBUS, [f"cells={cells}"]) for cells in (4, 8, 16)),
        *((SMART, [f"cells={cells}"]) for cells in (4, 20)),
        *((REC_2Q, [f"cells={cells}"]) for cells in (4, 16)),
        (REC_2Q, ["cells=7", "can_order=turns"]),
        (REC_ABMS, ["cells=4", "can_order=turns"]),
        (REC_ABMS, ["cells=16"]),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_good_unit_passes_every_requirement(bmsrig, product, settings):
    options = [word for each in settings for word in ("--set", each)]
    done = bmsrig(product, *options, fixture=product)
    assert done.status == 0, done.output
    assert "have no test" not in done.output


def virtual_benches():
    """Every product with each of its benches; those that are served run in real time, in the kernel lane."""
    for product in PRODUCTS:
        folder = paths.fixtures_folder() / product
        for bench in paths.benches_of(folder):
            if not _core.Bench.load(paths.find_bench(bench, folder)).is_real_time:
                yield product, bench


@pytest.mark.parametrize(("product", "bench"), virtual_benches())
def test_a_good_unit_passes_on_every_bench(bmsrig, product, bench):
    done = bmsrig(product, "--bench", bench, fixture=product)
    assert done.status == 0, done.output


@pytest.mark.parametrize(
    ("product", "settings"), ADJUSTED, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_good_unit_passes_with_an_adjusted_battery(bmsrig, product, settings):
    options = [word for each in settings for word in ("--set", each)]
    done = bmsrig(product, *options, fixture=product)
    assert done.status == 0, done.output


def test_a_unit_written_in_python_passes(bmsrig):
    done = bmsrig(SMALLBMS, "--uut", f"{sys.executable} {IN_PYTHON}")
    assert done.status == 0, done.output


@pytest.mark.parametrize("period", ["200_000_000", "1_000_000_000"], ids=["200ms", "1s"])
def test_units_that_look_often_or_as_seldom_as_allowed_pass_alike(bmsrig, tmp_path, period):
    good = IN_PYTHON.read_text()
    other = good.replace("SAMPLE, LEAD = 500_000_000", f"SAMPLE, LEAD = {period}")
    assert other != good
    (tmp_path / "other.py").write_text(other)
    chosen = "not each_cell and not minibms"  # the searches take this slow process too long
    done = bmsrig(SMALLBMS, "--uut", f"{sys.executable} {tmp_path / 'other.py'}", "-k", chosen)
    assert done.status == 0, done.output


def test_a_bad_unit_written_in_python_fails(bmsrig, tmp_path):
    good = IN_PYTHON.read_text()
    bad = good.replace("30_000_000_000", "29_000_000_000")
    assert bad != good
    (tmp_path / "bad.py").write_text(bad)
    done = bmsrig(SMALLBMS, "--uut", f"{sys.executable} {tmp_path / 'bad.py'}")
    assert done.status == 1, done.output
    assert {"VSB-PRE-LEAD", "VSB-PRE-FASTFALL"} <= failed_requirements(done)
