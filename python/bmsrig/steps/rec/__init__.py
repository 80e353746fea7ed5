"""Steps for the REC units: what the plans of the 2Q and the ABMS do alike."""
