"""A second pause arrives while the first one is at work."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy

from tests.systems.conftest import SYSTEMS, codes, fixed, load, violations

UUID = "7f1c"


class Compute:
    """The machine's side: while it pauses for the first caller, a second one comes in."""

    def __init__(self, second: Any) -> None:
        self.paused: list[str] = []
        self.second = second
        self.refused: Exception | None = None

    def pause(self, uuid: str) -> None:
        self.paused.append(uuid)
        if len(self.paused) == 1:
            try:
                self.second(self)
            except Exception as error:
                self.refused = error


def play(side: str, engine: sqlalchemy.Engine) -> tuple[Any, Compute]:
    system = load("instance_actions", side)
    system.tables.create_all(engine)
    with engine.begin() as connection:
        connection.execute(system.servers.insert().values(uuid=UUID, task_state=None))
    context = SimpleNamespace(engine=engine)
    compute = Compute(lambda compute: system.pause(context, compute, UUID))
    system.pause(context, compute, UUID)
    return system, compute


def test_before_both_callers_pass_the_gate(engine: sqlalchemy.Engine) -> None:
    _, compute = play("before", engine)
    assert compute.paused == [UUID, UUID]
    assert compute.refused is None


def test_after_the_second_is_refused(engine: sqlalchemy.Engine) -> None:
    system, compute = play("after", engine)
    assert compute.paused == [UUID]
    assert isinstance(compute.refused, system.Conflict)


def test_fix_ends_the_loss_and_leaves_something_to_do(engine: sqlalchemy.Engine, tmp_path: Path) -> None:
    """The second caller is refused: not as it should be, but by an UPDATE that has nothing to set."""
    path, mended, left = fixed("instance_actions", tmp_path)
    assert (mended, left) == (["RMW103"], [])
    _, compute = play(path, engine)
    assert compute.paused == [UUID]
    assert isinstance(compute.refused, sqlalchemy.exc.ProgrammingError)


def test_rmwlint_tells_them_apart() -> None:
    assert "RMW103" in codes("instance_actions", "before")
    assert "RMW103" not in codes("instance_actions", "after")


def test_each_action_that_has_the_fault_is_named() -> None:
    """All go through the one `save` that leaves before it evaluates the guard."""
    source = (SYSTEMS / "instance_actions" / "before.py").read_text()
    actions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    actions = [
        node for node in actions if [one.arg for one in node.args.args] == ["context", "compute", "uuid"]
    ]
    assert len(actions) == 22
    (violation,) = [one for one in violations("instance_actions", "before") if one.code == "RMW103"]
    named = {
        (step.span.line, action.name)
        for step in violation.steps
        for action in actions
        if f"`{action.name}`" in step.message
    }
    assert {name for _, name in named} == {action.name for action in actions}
    assert all(
        any(a.lineno < line <= (a.end_lineno or 0) and a.name == name for a in actions)
        for line, name in named
    )
    assert violations("instance_actions", "after") == []
