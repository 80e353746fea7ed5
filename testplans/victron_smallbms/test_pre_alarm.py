"""The pre-alarm output: floats while the battery is healthy, and warns 30 s before Load is released."""

import pytest


@pytest.mark.requirement("VSB-PRE-FLOAT")
def test_pre_alarm_floats_with_a_healthy_battery(rig):
    """With all cells above the pre-alarm threshold the output floats, also just above it."""
    rig.line("pre_alarm").expect_inactive()
    rig.line("pre_alarm").expect_floating()
    rig.cells.set(rig.setting("pre_alarm") + 0.020)
    rig.line("pre_alarm").expect_stays_inactive(seconds=120)


@pytest.mark.requirement("VSB-PRE-TRIP")
@pytest.mark.parametrize("setting", [None, 2.85, 3.00, 3.15], ids=lambda v: "as-set" if v is None else f"{v:.2f}V")
def test_each_cell_trips_the_pre_alarm_at_its_threshold(rig, setting):
    """Each cell alone drives pre-alarm high at the threshold, wherever in its range that was adjusted."""
    if setting is not None:
        rig.restart(pre_alarm=setting)
    nominal = rig.setting("pre_alarm")
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: threshold near {nominal:.2f} V"):
            threshold = cell.lower_through(nominal, until="pre_alarm", becomes="active")
            rig.measure("pre_alarm_threshold", threshold, comment=f"cell {cell.number}")
            rig.cells.set(3.30)
            rig.line("pre_alarm").expect_inactive()


@pytest.mark.requirement("VSB-PRE-TRIP")
def test_pre_alarm_is_driven_high(rig):
    """The warning is a driven level: it stays high against the pull-down."""
    fallen = rig.cell(1).set(3.00)
    warned = rig.line("pre_alarm").expect_active()
    rig.measure("pre_alarm_reaction_time", warned.time - fallen.time)
    rig.line("pre_alarm").expect_driven_high()


@pytest.mark.requirement("VSB-PRE-LEAD")
def test_pre_alarm_leads_load_disconnect(rig):
    """A cell that sinks at once below both thresholds still leaves the user 30 s, whichever cell it is."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number} sinks at once"):
            cell.set(2.70)
            warned = rig.line("pre_alarm").expect_active()
            shed = rig.line("load").expect_inactive(within=60)
            rig.measure("pre_alarm_lead_time", shed.time - warned.time, comment=f"cell {cell.number}")
            rig.cells.set(3.30)
            rig.line("load").expect_active()


@pytest.mark.requirement("VSB-PRE-LEAD")
def test_lead_counts_from_the_first_warning(rig, lead):
    """A cell that has warned for long already is shed as soon as it is under-voltage: the lead is over."""
    rig.cell(1).set(3.00)
    warned = rig.line("pre_alarm").expect_active()
    rig.line("load").expect_stays_active(seconds=lead + 15)
    fallen = rig.cell(1).set(2.70)
    shed = rig.line("load").expect_inactive()
    rig.measure("load_reaction_time", shed.time - fallen.time)
    rig.measure("pre_alarm_lead_time", shed.time - warned.time)


@pytest.mark.requirement("VSB-PRE-FASTFALL")
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.9], ids=lambda s: f"in-{s:g}s")
def test_fast_fall_warns_first_and_holds_load(rig, seconds):
    """From 3.30 V to 2.50 V in less than 1 s: the warning comes first, Load is held for 30 s, then released."""
    rig.cell(2).ramp(to=2.50, seconds=seconds)
    warned = rig.line("pre_alarm").expect_active()
    assert rig.line("load").is_active, rig.line("load")
    shed = rig.line("load").expect_inactive(within=60)
    rig.measure("fast_fall_lead_time", shed.time - warned.time)


@pytest.mark.requirement("VSB-PRE-CANCEL")
@pytest.mark.parametrize("lowest", [3.00, 2.70], ids=["below-pre-alarm", "below-under-voltage"])
def test_recovery_before_the_release_cancels_it(rig, lowest, lead):
    """A cell that is well again within the 30 s ends the warning, and Load stays high."""
    rig.cell(1).set(lowest)
    rig.line("pre_alarm").expect_active()
    rig.wait(lead / 2)
    recovered = rig.cell(1).set(3.30)
    ended = rig.line("pre_alarm").expect_inactive()
    rig.measure("pre_alarm_cancel_time", ended.time - recovered.time)
    rig.line("load").expect_stays_active(seconds=2 * lead)


@pytest.mark.requirement("VSB-PRE-LEAD", "VSB-PRE-CANCEL")
def test_a_cancelled_warning_leaves_a_whole_lead_to_the_next(rig, lead):
    """The 30 s begin anew with every warning: time from a cancelled one does not count."""
    rig.cell(1).set(2.70)
    rig.line("pre_alarm").expect_active()
    rig.wait(lead - 5)
    rig.cell(1).set(3.30)
    rig.line("pre_alarm").expect_inactive()

    rig.cell(1).set(2.70)
    warned = rig.line("pre_alarm").expect_active()
    shed = rig.line("load").expect_inactive(within=60)
    rig.measure("pre_alarm_lead_time", shed.time - warned.time)


@pytest.mark.requirement("VSB-PRE-DIP")
@pytest.mark.parametrize("back_to", [2.95, 3.15], ids=lambda v: f"back-to-{v:.2f}V")
def test_dip_with_partial_recovery(rig, back_to, lead):
    """A dip below under-voltage, then back to between it and 3.20 V: record whether Load is released at 30 s."""
    rig.cell(1).set(2.70)
    warned = rig.line("pre_alarm").expect_active()
    rig.wait(5)
    rig.cell(1).set(back_to)
    rig.wait(lead + 5)
    load = rig.line("load")
    comment = f"2.70 V for 5 s, then {back_to:.2f} V"
    rig.measure("dip_releases_load", 0 if load.is_active else 1, comment=comment)
    if not load.is_active:
        rig.measure("dip_release_delay", load.last_edge.time - warned.time, comment=comment)


@pytest.mark.requirement("VSB-PRE-END")
def test_pre_alarm_floats_again_at_the_release(rig):
    """When Load is released the warning has done its work: the output floats, also while the cell stays low."""
    rig.cell(1).set(2.70)
    rig.line("pre_alarm").expect_active()
    shed = rig.line("load").expect_inactive(within=60)
    ended = rig.line("pre_alarm").expect_inactive()
    rig.measure("pre_alarm_end_delay", ended.time - shed.time)
    rig.line("pre_alarm").expect_floating()
    rig.line("pre_alarm").expect_stays_inactive(seconds=60)
