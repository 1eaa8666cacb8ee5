"""The plugin in the real flake8, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

RACE = """\
import os


def forget(path):
    if os.path.exists(path):
        os.remove(path)
"""

MODEL = """\
from django.db import models


class Order(models.Model):
    retries = models.IntegerField(default=0)
"""

COUNTER = """\
from shop.models import Order


def retry(pk):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    order.save()
"""


def _installed() -> bool:
    """Whether flake8 finds the plugin by itself, as it does where rmwlint is installed."""
    return any(point.name == "RMW" for point in entry_points(group="flake8.extension"))


def flake8(folder: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("flake8")
    config = folder / "flake8.cfg"
    if not config.exists():
        local = f"[flake8:local-plugins]\nextension =\n    RMW = rmwlint.flake8:Plugin\npaths =\n    {ROOT}\n"
        config.write_text("[flake8]\n" if _installed() else local)
    return subprocess.run(
        [sys.executable, "-m", "flake8", "--config", str(config), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        input=stdin,
        timeout=120,
        check=False,
    )


def test_a_violation_is_reported_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "cache.py").write_text(RACE)
    result = flake8(tmp_path, "cache.py")
    assert result.stderr == ""
    assert [line.split(" ", 2)[:2] for line in result.stdout.splitlines()] == [["cache.py:6:9:", "RMW406"]]
    assert result.returncode == 1


def test_it_knows_what_other_modules_say(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").write_text("")
    (shop / "models.py").write_text(MODEL)
    (shop / "orders.py").write_text(COUNTER)
    assert "shop/orders.py:7:5: RMW104" in flake8(tmp_path, "shop").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--ignore=RMW406",),
        ("--extend-ignore=RMW",),
        ("--select=E,W",),
        ("--per-file-ignores=cache.py:RMW406",),
    ],
)
def test_flake8_decides_what_is_selected(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "cache.py").write_text(RACE)
    result = flake8(tmp_path, *arguments, "cache.py")
    assert (result.stdout, result.returncode) == ("", 0)


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: RMW406", "# rmwlint: ignore[RMW406] one process"])
def test_a_comment_silences_it(tmp_path: Path, comment: str) -> None:
    (tmp_path / "cache.py").write_text(RACE.replace("os.remove(path)", f"os.remove(path)  {comment}"))
    assert flake8(tmp_path, "cache.py").stdout == ""


def test_the_confidence_is_an_option(tmp_path: Path) -> None:
    (tmp_path / "cache.py").write_text(
        "import os\n\n\ndef size(path):\n    if os.path.exists(path):\n        return open(path).read()\n    return None\n"
    )
    quiet = flake8(tmp_path, "--select=RMW", "--rmwlint-min-confidence=high", "cache.py")
    assert quiet.stdout == ""
    wrong = flake8(tmp_path, "--rmwlint-min-confidence=certain", "cache.py")
    assert wrong.returncode == 2
    assert "certain" in wrong.stderr


def test_the_settings_file_is_an_option(tmp_path: Path) -> None:
    (tmp_path / "cache.py").write_text(RACE)
    (tmp_path / "other.toml").write_text('ignore = ["RMW406"]\n')
    settings = tmp_path / "rmwlint.toml"
    for text in ('ignore = ["RMW406"]\n', '[tool.rmwlint]\nignore = ["RMW406"]\n'):
        settings.write_text(text)
        assert flake8(tmp_path, f"--rmwlint-config={settings}", "cache.py").stdout == ""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_mistake_in_the_settings_is_told_as_flake8_tells_its_own(tmp_path: Path, jobs: str) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(RACE)
    (tmp_path / "rmwlint.toml").write_text("ignor = []\n")
    run = flake8(tmp_path, "-j", jobs, ".")
    assert run.returncode == 1
    assert "unknown key `ignor`" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_tests_are_left_out_as_in_a_run_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_cache.py").write_text(RACE)
    assert flake8(tmp_path, "tests").stdout == ""


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    assert "RMW406" in flake8(tmp_path, "-", stdin=RACE).stdout


def test_several_processes_say_the_same(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"cache{number}.py").write_text(RACE)
    together = flake8(tmp_path, "-j", "2", ".")
    alone = flake8(tmp_path, "-j", "1", ".")
    assert sorted(together.stdout.splitlines()) == sorted(alone.stdout.splitlines())
    assert together.stdout.count("RMW406") == 6


def test_it_lives_beside_bugbear(tmp_path: Path) -> None:
    pytest.importorskip("bugbear")
    (tmp_path / "cache.py").write_text(RACE + "\n\ndef add(item, items=[]):\n    items.append(item)\n")
    result = flake8(tmp_path, "cache.py")
    assert "B006" in result.stdout
    assert "RMW406" in result.stdout
