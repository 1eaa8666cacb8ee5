"""Workflow commands, read back as the runner of GitHub Actions reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

Render = Callable[..., str]


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    text: str


def commands(output: str) -> list[Command]:
    """What the runner makes of a step's output; a line that is no command is an error here."""
    assert output.endswith("\n") or not output
    read = []
    for line in re.split(r"\r\n|\r|\n", output)[:-1]:
        found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert found is not None, line
        properties = dict(pair.split("=", 1) for pair in found[2].split(","))
        read.append(Command(
            found[1],
            {key: unescaped(value, {"%3A": ":", "%2C": ","}) for key, value in properties.items()},
            unescaped(found[3], {}),
        ))  # fmt: skip
    return read


def unescaped(text: str, more: dict[str, str]) -> str:
    for escape, char in {"%0D": "\r", "%0A": "\n", **more, "%25": "%"}.items():
        text = text.replace(escape, char)
    return text


def test_a_real_run(demo: Path, rmwlint: Callable[..., Any]) -> None:
    read = commands(rmwlint("check", "--no-cache", "--output-format", "github", str(demo)).out)
    assert len(read) >= 5
    for command in read:
        assert command.name in ("error", "warning")
        assert set(command.properties) == {"title", "file", "line", "endLine", "col", "endColumn"}
        assert re.fullmatch(r"RMW\d{3} [a-z-]+", command.properties["title"])
        assert (demo.parents[1] / command.properties["file"]).is_file()
        assert "\nA: " in command.text
        assert "\nRemedy: " in command.text


def test_odd_input(render: Render, odd: Any) -> None:
    output = render("github", *odd.violations, sources=odd.sources, failures=odd.failures)
    read = commands(output)
    assert [command.name for command in read] == [
        "error", "warning", "error", "error", "notice", "error", "error"
    ]  # fmt: skip
    path = odd.violations[0].path
    assert read[0].properties["file"] == path
    assert read[0].text.startswith(odd.violations[0].message[:20])
    assert f"{path}:2: written" in read[0].text
    assert "file" not in read[-1].properties
    assert read[-1].text == "out of memory"


def test_columns_are_those_of_one_line(render: Render, odd: Any) -> None:
    long = odd.violations[0]._replace(span=odd.violations[0].span._replace(end_line=3))
    (command,) = commands(render("github", long, sources={}))
    assert set(command.properties) == {"title", "file", "line", "endLine"}


@pytest.mark.parametrize("sources", [{}, {"a.py": ""}])
def test_nothing_to_say(render: Render, sources: dict[str, str]) -> None:
    assert render("github", sources=sources) == ""
