from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

SERVER = """
from oslo_versionedobjects import base

from shop import states


class Server(base.VersionedObject):
    def save(self, expected_task_state=None):
        write(self, expected_task_state)


def pause(context, uuid, wanted):
    server = Server.get_by_uuid(context, uuid)
"""


def indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))


SAVE = 'server.task_state = "pausing"\n{}server.save({})'


@pytest.mark.parametrize(
    ("test", "inside", "expected"),
    [
        ("if server.task_state is not None:\n    raise ValueError\n", "", "[None]"),
        ('if server.task_state != "idle":\n    return\n', "", '["idle"]'),
        ("if server.task_state not in (None, states.IDLE):\n    return\n", "", "[None, states.IDLE]"),
        ("if server.task_state not in states.ALLOWED:\n    return\n", "", "states.ALLOWED"),
        ("if not server.task_state is None:\n    raise ValueError\n", "", "[None]"),
        ("if server.task_state:\n    raise ValueError\n", "", "[None]"),
    ],
)
def test_the_state_that_was_tested_is_expected(
    assert_fixed: Fixed, test: str, inside: str, expected: str
) -> None:
    before = SERVER + indented(test + SAVE.format(inside, ""))
    after = SERVER + indented(test + SAVE.format(inside, f"expected_task_state={expected}"))
    assert assert_fixed(before, after, only="expect_state").applicabilities == ["unsafe"]


def test_an_if_around_the_save(assert_fixed: Fixed) -> None:
    body = """
    if server.task_state == states.IDLE:
        server.task_state = "pausing"
        server.save({})
"""
    assert_fixed(SERVER + body.format(""), SERVER + body.format("expected_task_state=[states.IDLE]"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('server.task_state = "pausing"\nserver.save()', "no test"),
        ('if server.task_state != wanted:\n    return\nserver.task_state = "a"\nserver.save()', "no test"),
        (
            'if server.task_state is not None:\n    print(1)\nserver.task_state = "a"\nserver.save()',
            "no test",
        ),
        (
            'if server.task_state is not None:\n    return\nserver.task_state = "b"\n'
            'server.task_state = "a"\nserver.save()',
            "more than once",
        ),
    ],
)
def test_left(assert_left: Fixed, body: str, reason: str) -> None:
    assert_left(SERVER + indented(body), reason, only="expect_state", select=("RMW101",))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[None, "resizing"]', "[None]"),
        ('["resizing", None]', "[None]"),
        ("[\n        None,  # at rest\n        'resizing',\n    ]", "[\n        None,  # at rest\n    ]"),
        ('(None, "resizing")', "(None,)"),
    ],
)
def test_the_new_state_is_taken_out(assert_fixed: Fixed, before: str, after: str) -> None:
    body = '\n    server.task_state = "resizing"\n    server.save(expected_task_state={})\n'
    assert_fixed(SERVER + body.format(before), SERVER + body.format(after))


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param('["resizing"]', id="its owner confirms it"),
        pytest.param('"resizing"', id="its owner confirms it without a list"),
        pytest.param("STATES", id="it is not written out here"),
    ],
)
def test_an_expectation_that_stays(rewritten: Fixed, expected: str) -> None:
    code = SERVER.replace("\n\nclass", '\n\nSTATES = [None, "resizing"]\n\n\nclass', 1)
    code += f'\n    server.task_state = "resizing"\n    server.save(expected_task_state={expected})\n'
    assert rewritten(code).text == code.lstrip("\n")


GUARDED = """
from oslo_versionedobjects import base


class Server(base.VersionedObject):
    def save(self, expected_task_state={1}, force=False):
        changes = self.obj_get_changes()
        if {0}:
            # nothing to do
            return
        update(self.uuid, changes, expected_task_state)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("not changes", "not changes and expected_task_state is None"),
        ("force and not changes", "force and not changes and expected_task_state is None"),
        ("force or not changes", "(force or not changes) and expected_task_state is None"),
    ],
)
def test_an_early_return_waits_for_the_guard(assert_fixed: Fixed, before: str, after: str) -> None:
    found = assert_fixed(GUARDED.format(before, "None"), GUARDED.format(after, "None"))
    assert found.applicabilities == ["unsafe"]


def test_a_guard_with_another_default_is_left(assert_left: Fixed) -> None:
    assert_left(GUARDED.format("not changes", "()"), "cannot be told from one that is")


def test_every_guard_is_waited_for(assert_fixed: Fixed) -> None:
    code = """
from oslo_versionedobjects import base


class Server(base.VersionedObject):
    def save(self, expected_vm_state=None, expected_task_state=None):
        changes = self.obj_get_changes()
        if {}:
            return
        update(self.uuid, changes, expected_task_state, expected_vm_state)
"""
    assert_fixed(
        code.format("not changes"),
        code.format("not changes and expected_vm_state is None and expected_task_state is None"),
    )


DECORATED = """
from oslo_versionedobjects import base

from shop import check_state, states


class Server(base.VersionedObject):
    def save(self, expected_task_state=None):
        write(self, expected_task_state)


@check_state(vm_state=["active"], {})
def pause(context, server: Server):
    server.task_state = "pausing"
    server.save({})
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("task_state=(None,)", "[None]"),
        ('task_state=[None, states.IDLE, "x"]', '[None, states.IDLE, "x"]'),
    ],
)
def test_the_state_that_a_decorator_is_told_is_expected(
    assert_fixed: Fixed, told: str, expected: str
) -> None:
    after = DECORATED.format(told, f"expected_task_state={expected}")
    assert assert_fixed(DECORATED.format(told, ""), after).applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    "told", ["task_state=ALLOWED", "task_state=[]", "task_state=[None, wanted]", "must=1"]
)
def test_a_decorator_that_says_too_little(assert_left: Fixed, told: str) -> None:
    assert_left(DECORATED.format(told, ""), "no test")
