"""Options that several jobs share: which bench, which UUT, which settings."""

from __future__ import annotations

import argparse

from bmsrig.pytest_plugin import command
from bmsrig.run import parse_setting


def add_bench_options(parser: argparse.ArgumentParser) -> None:
    """Add --fixture, --bench, --uut and --set."""
    parser.add_argument(
        "--fixture", default="", metavar="NAME", help="a fixture's name or folder; default: what a bench file says"
    )
    parser.add_argument("--bench", default="virtual", metavar="NAME", help="a bench of the fixture, or a .yaml file")
    parser.add_argument(
        "--uut", default=None, type=command, metavar="COMMAND", help="the BMS process; default: what the bench says"
    )
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="NAME=VALUE", help="a setting")


def settings_of(options: argparse.Namespace) -> list[tuple[str, str]]:
    """The settings as pairs. Raises InputError."""
    return [parse_setting(text) for text in options.settings]
