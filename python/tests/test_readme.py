"""The README's snippets are run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bmsrig import paths
from conftest import environment

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
FILES = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", README, re.S)
COMMANDS = [line for block in re.findall(r"<!-- run -->\n```sh\n(.*?)```", README, re.S) for line in block.splitlines()]

pytestmark = pytest.mark.xdist_group("readme")  # one command reads what another wrote


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks to the commands like the project's root."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    (folder / "fixtures").symlink_to(paths.fixtures_folder())
    for name, text in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_there_are_snippets():
    assert len(FILES) == 2
    assert len(COMMANDS) == 14


@pytest.mark.parametrize("command", COMMANDS)
def test_a_snippet_runs(workspace, command):
    done = subprocess.run(
        command, shell=True, cwd=workspace, capture_output=True, text=True, timeout=120, check=False, env=environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


def test_the_map_names_every_folder():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in listing.splitlines() if "/" in line and not line.startswith(".")}
    assert folders == set(re.findall(r"^\| \[(\w+)/\]", README, re.M))
