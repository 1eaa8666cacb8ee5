"""The GitHub action: what it declares, and its check run as a runner runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import rmwlint as package

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return loaded


def test_every_input_is_used_and_none_is_pasted_into_a_script(action: dict[str, Any]) -> None:
    steps = action["runs"]["steps"]
    used = {name for step in steps for name in re.findall(r"inputs\.([\w-]+)", json.dumps(step["env"]))}
    assert used == set(action["inputs"])
    assert all(given["description"] and "default" in given for given in action["inputs"].values())
    assert not any("${{" in step["run"] for step in steps)


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="needs bash")
class TestCheck:
    def run(self, action: dict[str, Any], folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
        """The step of that name, with an rmwlint on the path that is the one under test."""
        bin_folder = folder / "bin"
        bin_folder.mkdir(exist_ok=True)
        start = bin_folder / "rmwlint"
        start.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m rmwlint "$@"\n')
        start.chmod(0o755)
        step = next(step for step in action["runs"]["steps"] if step["name"] == "Check")
        values = {name: given["default"] for name, given in action["inputs"].items()}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        environment = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], value)
            for name, value in step["env"].items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env={
                **os.environ,
                **environment,
                "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(Path(package.__file__).parents[1]),
            },
            capture_output=True,
            encoding="utf-8",
        )

    def test_annotations(self, action: dict[str, Any], demo: Path, tmp_path: Path) -> None:
        run = self.run(action, tmp_path, paths=f"{demo}\n{demo}/shop", arguments="--no-cache")
        assert (run.returncode, run.stderr) == (1, "")
        assert run.stdout.startswith("::error title=RMW")

    def test_a_log_in_a_file(self, action: dict[str, Any], demo: Path, tmp_path: Path) -> None:
        run = self.run(
            action, tmp_path, paths=str(demo), output_format="sarif", output_file="out put.sarif",
            arguments="--no-cache  --select RMW104",
        )  # fmt: skip
        assert (run.returncode, run.stdout, run.stderr) == (1, "", "")
        assert len(json.loads((tmp_path / "out put.sarif").read_bytes())["runs"][0]["results"]) == 1

    def test_a_baseline(self, action: dict[str, Any], demo: Path, tmp_path: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "rmwlint", "baseline", "--no-cache", "-o", str(tmp_path / "old.json"), str(demo)],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        run = self.run(action, tmp_path, paths=str(demo), baseline="old.json", arguments="--no-cache")
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")

    def test_what_is_given_is_never_run(self, action: dict[str, Any], tmp_path: Path) -> None:
        run = self.run(
            action, tmp_path, paths="$(touch$IFS'a'); -h", since="`touch b`", arguments="$(touch c)"
        )
        assert run.returncode == 2
        assert sorted(os.listdir(tmp_path)) == ["bin"]
