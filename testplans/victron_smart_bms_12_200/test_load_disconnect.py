"""The Load output: high while the battery is healthy, released when a cell is under-voltage.

Every test starts from the baseline of the fixture: all cells at 3.30 V, 25 degC, the remote terminals linked, the
engine at rest.
"""

import pytest
from bmsrig.steps.adjustment import adjust, adjusted_to
from bmsrig.steps.battery import LOW_CELL
from bmsrig.steps.disturbances import expect_noise_releases_once, record_open_cell_wires
from bmsrig.steps.independence import expect_each_cell_triggers_all_outputs, expect_under_voltage_leaves
from bmsrig.steps.lead import release_time, shortest_lead
from bmsrig.steps.lines import expect_released, expect_sources
from bmsrig.steps.recovery import measure_recovery_thresholds, measure_return_with_the_last_cell
from bmsrig.steps.thresholds import measure_falling_thresholds


@pytest.mark.requirement("VS2-LOAD")
def test_load_is_high_with_a_healthy_battery(rig):
    """With all cells inside their limits Load sources, and goes on doing so."""
    expect_sources(rig, "load", seconds=120)


@pytest.mark.requirement("VS2-LOAD")
@adjusted_to(2.60, 2.70, 2.80)
def test_each_cell_releases_load_at_the_under_voltage_threshold(rig, adjusted):
    """Each cell of each battery releases Load at the threshold, wherever in its range that was adjusted.

    The lead is over before the search begins, so that Load follows the cell at once.
    """
    nominal = adjust(rig, "under_voltage", adjusted)
    measure_falling_thresholds(
        rig, nominal, until="load", becomes="inactive", limit="under_voltage_threshold", lead=shortest_lead(rig)
    )


@pytest.mark.requirement("VS2-LOAD")
def test_load_returns_when_the_low_cell_is_recovered(rig):
    """After a release, each cell alone keeps Load released until it has reached 3.20 V again."""
    measure_recovery_thresholds(
        rig, 3.20, tripped_at=LOW_CELL, line="load", limit="load_recovery_threshold", within=release_time(rig)
    )


@pytest.mark.requirement("VS2-LOAD")
def test_load_returns_only_when_all_cells_are_recovered(rig):
    """One recovered cell is not enough while another is still below 3.20 V, though above every trip threshold."""
    measure_return_with_the_last_cell(
        rig, tripped_at=LOW_CELL, held_at=3.15, line="load", limit="load_recovery_time", within=release_time(rig)
    )


@pytest.mark.requirement("VS2-LOAD")
def test_released_load_floats(rig):
    """A released Load neither sources nor sinks: it follows a pull-down and a weak pull-up."""
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    expect_released(rig, ["load"], seconds=60)


@pytest.mark.requirement("VS2-LOAD", "VS2-PRE", "VS2-CHG")
def test_every_cell_alone_triggers_all_three_outputs(rig):
    """Each cell, at each position, warns and sheds when it is low and stops charging when it is high."""
    expect_each_cell_triggers_all_outputs(rig)


@pytest.mark.requirement("VS2-LOAD", "VS2-CHG")
def test_under_voltage_never_releases_charge(rig):
    """A discharged battery may always be charged: before, at and long after the release of Load."""
    expect_under_voltage_leaves(rig, {"charge": "active"})


@pytest.mark.requirement("VS2-LOAD")
def test_noise_across_the_threshold_releases_load_once(rig):
    """Noise takes a cell to and fro across under-voltage: Load is released, and does not chatter."""
    expect_noise_releases_once(rig)


@pytest.mark.requirement("VS2-LOAD")
def test_broken_cell_wires(rig):
    """No document says what the unit makes of a broken sense wire: record it, and see it recover."""
    record_open_cell_wires(rig)
