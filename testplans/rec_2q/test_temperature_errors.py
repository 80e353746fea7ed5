"""Errors 4, 5, 7 and 8: the battery too hot or cold, the unit too hot, a sensor missing; and which sensor counts."""

import pytest
from bmsrig.steps.battery import HEALTHY_TEMPERATURE
from bmsrig.steps.rec.errors import (
    expect_error,
    expect_error_stays,
    expect_no_error,
    measure_release,
    measure_trip,
    wait_for_error,
)
from bmsrig.steps.rec.guards import GUARDS, measure_release_threshold, measure_trip_threshold
from bmsrig.steps.rec.timing import SHOWN_WITHIN

ADJUSTED = [
    (4, {}),
    (4, {"tmax": 40}),
    (4, {"tmax": 65}),
    (5, {}),
    (5, {"tbal": 45, "bmth": 10}),
    (5, {"tbal": 65, "bmth": 2}),
    (7, {}),
    (7, {"tmin": 0}),
    (7, {"tmin": -20}),
]
EACH_GUARD = pytest.mark.parametrize(
    ("error", "settings"),
    [
        pytest.param(
            error,
            settings,
            marks=pytest.mark.requirement(f"R2Q-E{error}"),
            id=f"error-{error}-{'-'.join(f'{value:g}' for value in settings.values()) or 'as-set'}",
        )
        for error, settings in ADJUSTED
    ],
)


@EACH_GUARD
def test_temperature_trips_and_is_released(rig, error, settings):
    """Far beyond its threshold, then healthy: delay, relay, limits on CAN, and the way back."""
    if settings:
        rig.restart(**settings)
    guard = GUARDS[error]
    measure_trip(rig, error, guard.apply(rig, guard.beyond(rig, by=3)))
    measure_release(rig, error, guard.apply(rig, guard.healthy))


@EACH_GUARD
def test_thresholds_of_temperature(rig, error, settings):
    """Searched outwards to the trip, then back to the release."""
    if settings:
        rig.restart(**settings)
    measure_trip_threshold(rig, GUARDS[error])
    measure_release_threshold(rig, GUARDS[error])


@pytest.mark.requirement("R2Q-E8")
def test_sensor_that_goes_missing(rig):
    """Error 8 after the usual delay, for as long as it is away, and for 5 s after it is back."""
    lost = rig.now
    rig.temperature(1).fault("absent")
    measure_trip(rig, 8, lost, element=1)
    expect_error_stays(rig, 8, seconds=20)
    back = rig.now
    rig.temperature(1).fault("none")
    measure_release(rig, 8, back, within=5 + SHOWN_WITHIN)


@pytest.mark.requirement("R2Q-E8")
def test_sensor_that_is_back_too_shortly(rig):
    """Back for less than 5 s, and away again: error 8 stays."""
    rig.temperature(1).fault("absent")
    wait_for_error(rig, 8)
    for _ in range(3):
        rig.temperature(1).fault("none")
        expect_error_stays(rig, 8, seconds=4)
        rig.temperature(1).fault("absent")
        expect_error_stays(rig, 8, seconds=SHOWN_WITHIN)


@pytest.mark.requirement("R2Q-E8")
def test_start_without_a_sensor(rig, switch_off, switch_on):
    """Error 8 from the start, and the relay is not closed; whether the unit works when the sensor comes is recorded."""
    switch_off(rig)
    rig.temperature(1).fault("absent")
    switch_on(rig)
    expect_error(rig, 8, within=13)
    rig.line("relay").expect_stays_inactive(seconds=10)
    rig.temperature(1).fault("none")
    rig.wait(5 + SHOWN_WITHIN + rig.setting("prct"))
    rig.measure("error_8_after_start_clears", float(rig.line("relay").is_active))


@pytest.mark.requirement("R2Q-SENSORS")
@pytest.mark.parametrize("sensors", [1, 2, 3, 4])
def test_each_sensor_counts(rig, sensors):
    """Each sensor alone hot is error 4, alone cold error 7, alone missing error 8, under its own number."""
    rig.restart(sensors=sensors)
    for number in range(1, sensors + 1):
        sensor = rig.temperature(number)
        for error, value in ((4, rig.setting("tmax") + 2), (7, rig.setting("tmin") - 2)):
            with rig.step(f"sensor {number}: error {error}"):
                sensor.set(value)
                expect_error(rig, error, element=number)
                sensor.set(HEALTHY_TEMPERATURE)
                wait_for_error(rig, 0)
        with rig.step(f"sensor {number} is missing"):
            sensor.fault("absent")
            expect_error(rig, 8, element=number)
            sensor.fault("none")
            wait_for_error(rig, 0, within=5 + SHOWN_WITHIN)


@pytest.mark.requirement("R2Q-SENSORS")
def test_warmest_and_coldest_sensor_count(rig):
    """Four sensors: an average that is healthy does not help, the warmest trips error 4 and the coldest error 7."""
    rig.restart(sensors=4)
    values = [20.0, 30.0, -5.0, 45.0]
    for number, value in enumerate(values, start=1):
        rig.temperature(number).set(value)
    expect_error_stays(rig, 0, seconds=SHOWN_WITHIN)
    assert rig.rs485.array("PTEM") == pytest.approx(values, abs=0.6)
    with rig.step("one is too warm, the others cold"):
        rig.temperature(4).set(rig.setting("tmax") + 1.5)
        expect_error(rig, 4, element=4)
        rig.temperature(4).set(45.0)
        expect_no_error(rig)
    with rig.step("one is too cold, the others warm"):
        rig.temperature(3).set(rig.setting("tmin") - 1.5)
        expect_error(rig, 7, element=3)
        rig.temperature(3).set(-5.0)
        expect_no_error(rig)


@pytest.mark.requirement("R2Q-E5")
def test_hot_unit_stops_balancing_only(rig):
    """With cells above the end voltage the unit balances; too hot it does not, while the relay stays closed."""
    rig.cells.set(rig.setting("bvol") + 0.03)
    rig.line("balance.1").expect_active()
    rig.temperature("case_temp").set(rig.setting("tbal") + 3)
    wait_for_error(rig, 5)
    for number in range(1, len(rig.cells) + 1):
        rig.line(f"balance.{number}").expect_inactive(within=2.5)
        rig.line(f"balance.{number}").expect_stays_inactive(seconds=1.25)
    rig.line("relay").expect_active(within=0)
    rig.temperature("case_temp").set(HEALTHY_TEMPERATURE)
    rig.line("balance.1").expect_active()
