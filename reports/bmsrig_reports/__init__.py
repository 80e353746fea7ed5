"""Reports on runs: everything here is made from a record alone, so it can be made again at any time."""
