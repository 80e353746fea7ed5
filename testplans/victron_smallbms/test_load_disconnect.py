"""The Load output: high while the battery is healthy, released when a cell is under-voltage.

Every test starts from the baseline of the fixture: all cells at 3.30 V, 25 degC, the remote terminals linked.
"""

import pytest
from bmsrig.steps.adjustment import adjust, adjusted_to
from bmsrig.steps.battery import LOW_CELL
from bmsrig.steps.lead import release_time, shortest_lead
from bmsrig.steps.lines import expect_sources
from bmsrig.steps.recovery import measure_recovery_thresholds, measure_return_with_the_last_cell
from bmsrig.steps.thresholds import measure_falling_thresholds


@pytest.mark.requirement("VSB-LOAD-HIGH")
def test_load_is_high_with_a_healthy_battery(rig):
    """With all cells inside their limits and the system on, Load sources, and goes on doing so."""
    expect_sources(rig, "load", seconds=120)


@pytest.mark.requirement("VSB-LOAD-UV")
@adjusted_to(2.60, 2.70, 2.80)
def test_each_cell_releases_load_at_the_under_voltage_threshold(rig, adjusted):
    """Each cell alone releases Load at the threshold, wherever in its range that was adjusted on the battery.

    The lead is over before the search begins, so that Load follows the cell at once.
    """
    nominal = adjust(rig, "under_voltage", adjusted)
    measure_falling_thresholds(
        rig, nominal, until="load", becomes="inactive", limit="under_voltage_threshold", lead=shortest_lead(rig)
    )


@pytest.mark.requirement("VSB-LOAD-RECOVER")
def test_load_returns_when_the_low_cell_is_recovered(rig):
    """After a release, each cell alone keeps Load released until it has reached 3.20 V again."""
    measure_recovery_thresholds(
        rig, 3.20, tripped_at=LOW_CELL, line="load", limit="load_recovery_threshold", within=release_time(rig)
    )


@pytest.mark.requirement("VSB-LOAD-RECOVER")
def test_load_returns_only_when_all_cells_are_recovered(rig):
    """One recovered cell is not enough while another is still below 3.20 V, though above every trip threshold."""
    measure_return_with_the_last_cell(
        rig, tripped_at=LOW_CELL, held_at=3.15, line="load", limit="load_recovery_time", within=release_time(rig)
    )


@pytest.mark.requirement("VSB-LOAD-FLOAT")
def test_released_load_floats(rig):
    """A released Load neither sources nor sinks: it follows a pull-down and a weak pull-up."""
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    rig.line("load").expect_floating()
