"""Steps that test plans share: what several products must do alike is written once, here.

A step takes the rig, applies, expects and measures; its name begins with what comes of it:

``measure_...``  values are judged by a limit of the fixture, and recorded
``record_...``   values are recorded by limits that never judge
``expect_...``   nothing is measured

Each of them raises ExpectationFailed, the UUT's failure, if a line does not do what it should. Voltages are in V,
temperatures in degC, times in s. Steps that leave the battery healthy say so; otherwise what they applied stands.
"""
