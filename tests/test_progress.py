from __future__ import annotations

import io

import pytest

from rmwlint.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_a_short_run_is_silent(clock: list[float]) -> None:
    out = Terminal()
    progress = Progress(out, 10)
    for done in range(10):
        clock[0] += 0.05
        progress.at("checking", done)
    progress.clear()
    assert out.getvalue() == ""


def test_a_long_run_rewrites_its_line_and_takes_it_away(clock: list[float]) -> None:
    out = Terminal()
    progress = Progress(out, 10)
    clock[0] += 1.0
    progress.at("checking", 3)
    progress.at("checking", 4)
    clock[0] += 0.2
    progress.at("checking", 25)
    progress.clear()
    progress.clear()
    assert out.getvalue() == "\r\x1b[Kchecking 3 of 10 files\r\x1b[Kchecking 10 of 10 files\r\x1b[K"


def test_what_is_no_terminal_stays_clean(clock: list[float]) -> None:
    out = io.StringIO()
    progress = Progress(out, 10)
    clock[0] += 5
    progress.at("checking", 3)
    progress.clear()
    assert out.getvalue() == ""
