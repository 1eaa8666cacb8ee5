from __future__ import annotations

from collections.abc import Callable

import pytest

from rmwlint.violation import Confidence
from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]


def test_a_lock_of_each_call_becomes_one_of_the_module(assert_fixed: Fixed) -> None:
    before = '''
"""Docs."""

import threading

NAME = "x"


# about append
def append(path, line):
    with threading.Lock():
        with open(path, "a") as file:
            file.write(line)


class Log:
    @staticmethod
    def append(path, line):
        lock = threading.Lock()
        # held
        with lock:
            with open(path, "a") as file:
                file.write(line)
'''
    after = '''
"""Docs."""

import threading

NAME = "x"

_append_lock = threading.Lock()


# about append
def append(path, line):
    with _append_lock:
        with open(path, "a") as file:
            file.write(line)


_log_append_lock = threading.Lock()


class Log:
    @staticmethod
    def append(path, line):
        # held
        with _log_append_lock:
            with open(path, "a") as file:
                file.write(line)
'''
    assert assert_fixed(before, after, select=("RMW402",)).applicabilities == ["unsafe", "unsafe"]


@pytest.mark.parametrize(
    "body",
    [
        "lock = make_lock()\n    with lock:\n        print(path)",
        "lock = threading.Lock()\n    share(lock)\n    with lock:\n        print(path)",
    ],
)
def test_a_lock_that_others_may_know_stays(rewritten: Fixed, body: str) -> None:
    code = f"import threading\n\n\ndef append(path):\n    {body}\n"
    assert rewritten(code).text == code


COUNTER = """
import threading


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.total = 0
        self.free = 10
        threading.Thread(target=self.add).start()
"""


def test_the_read_moves_under_the_lock(assert_fixed: Fixed) -> None:
    before = """
    def add(self, amount):
        print(amount)

        # what there is
        total = self.total  # so far
        with self.lock:
            # what there will be
            self.total = total + amount
        return total
"""
    after = """
    def add(self, amount):
        print(amount)

        with self.lock:
            # what there is
            total = self.total  # so far
            # what there will be
            self.total = total + amount
        return total
"""
    assert assert_fixed(COUNTER + before, COUNTER + after, safe_only=True).applicabilities == ["safe"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "total = self.total\n        print(amount)\n        with self.lock:\n"
            "            self.total = total + amount",
            "right after",
        ),
        (
            "total, other = self.total, 1\n        with self.lock:\n            self.total = total + amount",
            "plain name",
        ),
    ],
)
def test_a_read_that_stays(assert_left: Fixed, body: str, reason: str) -> None:
    assert_left(COUNTER + f"\n    def add(self, amount):\n        {body}\n", reason, select=("RMW405",))


def test_two_holds_become_one(assert_fixed: Fixed) -> None:
    before = """
    def take(self):
        with self.lock:
            free = self.free
        # enough?
        if free > 0:
            # one less
            with self.lock:
                self.free = free - 1
            return True
        return False
"""
    after = """
    def take(self):
        with self.lock:
            free = self.free
            # enough?
            if free > 0:
                # one less
                self.free = free - 1
                return True
        return False
"""
    assert assert_fixed(COUNTER + before, COUNTER + after).applicabilities == ["unsafe"]


def test_two_holds_with_a_call_between_stay(assert_left: Fixed) -> None:
    assert_left(
        COUNTER
        + """
    def take(self):
        with self.lock:
            free = self.free
        wait(free)
        with self.lock:
            self.free = free - 1
""",
        "is called between",
        select=("RMW404",),
    )


SEEN = """
import threading


class Seen:
    def __init__(self, other):
        self.seen = {0}
        threading.Thread(target=self.forget).start()

    def forget(self):
        self.seen.clear()

    def see(self, key, value):
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "if key not in self.seen:\n            self.seen[key] = []  # new",
            "self.seen.setdefault(key, [])  # new",
        ),
        (
            "# is it new?\n        if (key, 1) not in self.seen:\n            self.seen[(key, 1)] = None",
            "# is it new?\n        self.seen.setdefault((key, 1), None)",
        ),
        ("if key in self.seen:\n            del self.seen[key]", "self.seen.pop(key, None)"),
        ("if key in self.seen:\n            self.seen.pop(key)", "self.seen.pop(key, None)"),
    ],
)
@pytest.mark.parametrize(("made", "promise"), [("{}", "safe"), ("dict()", "safe"), ("other", "unsafe")])
def test_one_step(assert_fixed: Fixed, before: str, after: str, made: str, promise: str) -> None:
    head = SEEN.format(made)
    found = assert_fixed(
        f"{head}        {before}\n", f"{head}        {after}\n", select=("RMW409",), sure=Confidence.LOW
    )
    assert found.applicabilities == [promise]


@pytest.mark.parametrize(
    "body",
    [
        "if key not in self.seen:\n            self.seen[key] = connect(key)",
        "if key not in self.seen:\n            self.seen[key] = value",
        "if key not in self.seen:\n            self.seen[key] = []\n            print(key)",
        "if key not in self.seen:\n            self.seen[key] = []\n        else:\n            print(key)",
        "if key not in self.seen:\n            self.seen[value] = []",
    ],
)
def test_more_than_one_step(rewritten: Fixed, body: str) -> None:
    code = SEEN.format("{}") + f"        {body}\n"
    assert rewritten(code, select=("RMW409",)).text == code.lstrip("\n")


TALLY = '''
import threading


class Tally:
    def __init__(self):
        """Starts at nothing."""
        # how many
        self.total = 0

    def add(self, amount):
        with threading.Lock():
            self.total += amount

    def drop(self, amount):
        lock = threading.Lock()
        with lock:
            self.total -= amount

    def add_twice(self, amount):
        with threading.Lock():
            self.total += amount
            self.add(amount)
'''


def test_a_lock_for_what_is_of_the_instance(assert_fixed: Fixed) -> None:
    after = '''
import threading


class Tally:
    def __init__(self):
        """Starts at nothing."""
        self._add_twice_lock = threading.Lock()
        self._lock = threading.Lock()
        # how many
        self.total = 0

    def add(self, amount):
        with self._lock:
            self.total += amount

    def drop(self, amount):
        with self._lock:
            self.total -= amount

    def add_twice(self, amount):
        with self._add_twice_lock:
            self.total += amount
            self.add(amount)
'''
    assert assert_fixed(TALLY, after, select=("RMW402",)).applicabilities == ["unsafe"] * 3


def test_without_an_init_it_is_the_modules(rewritten: Fixed) -> None:
    code = TALLY.replace("def __init__(self)", "def start(self)")
    assert "_tally_add_lock = threading.Lock()" in rewritten(code, select=("RMW402",)).text


SPOOL = """
import multiprocessing
import os

from oslo_concurrency import lockutils

synchronized = lockutils.synchronized_with_prefix("spool-")


{}
def prepare(path):
    if not os.path.exists(path):
        os.mkdir(path)


def main(paths):
    with multiprocessing.Pool() as pool:
        pool.map(prepare, paths)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('@lockutils.synchronized("x")', '@lockutils.synchronized("x", external=True)'),
        ('@synchronized("x")', '@synchronized("x", external=True)'),
        (
            '@lockutils.synchronized(\n    "x",  # one for all\n)',
            '@lockutils.synchronized(\n    "x",  # one for all\n    external=True,\n)',
        ),
    ],
)
def test_a_lock_that_can_reach_further_does(assert_fixed: Fixed, before: str, after: str) -> None:
    found = assert_fixed(SPOOL.format(before), SPOOL.format(after))
    assert found.applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        ('@lockutils.synchronized("x", external=False)', "given already"),
        ('@lockutils.synchronized("x", False)', "by its place"),
        ('@lockutils.synchronized("x", **options)', "not known"),
        (
            '# No other process has these paths,\n# so external is not needed.\n@lockutils.synchronized("x")',
            "comment",
        ),
        ('@lockutils.synchronized("x")  # external would be too much', "comment"),
    ],
)
def test_a_lock_that_says_how_far_it_reaches(assert_left: Fixed, lock: str, reason: str) -> None:
    assert_left(SPOOL.format(lock), reason, select=("RMW403",))


def test_a_lock_of_a_kind_that_cannot_reach_further(assert_left: Fixed) -> None:
    code = """
import multiprocessing
import os
import threading

_lock = threading.Lock()


def prepare(path):
    with _lock:
        if not os.path.exists(path):
            os.mkdir(path)


def main(paths):
    with multiprocessing.Pool() as pool:
        pool.map(prepare, paths)
"""
    assert_left(code, "no keyword", select=("RMW403",))
