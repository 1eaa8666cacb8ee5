"""A run that builds on earlier answers says exactly what a run without them says, whatever was changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import rmwlint
from rmwlint import answers
from rmwlint.answers import Answer, Answers, Learnt
from rmwlint.asking import Work
from rmwlint.config import settings_for
from rmwlint.libraries.index import Libraries
from rmwlint.libraries.load import load
from rmwlint.report.result import Result
from rmwlint.request import Request
from rmwlint.runner import run
from rmwlint.source.files import find
from rmwlint.source.ledger import Ledger
from rmwlint.source.project import project_root
from rmwlint.source.shapes import nothing_known
from rmwlint.store import store_for

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]

PROJECT = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/models.py": """\
from django.db import models


class Order(models.Model):
    retries = models.IntegerField()
    state = models.CharField(max_length=8)
""",
    "shop/bump.py": """\
def bump(order):
    order.retries += 1


def untouched():
    return 1
""",
    "shop/orders.py": """\
from shop.bump import bump
from shop.models import Order


def retry(pk):
    order = Order.objects.get(pk=pk)
    bump(order)
    order.save(update_fields=["retries"])
""",
    "shop/ship.py": """\
from django.db import transaction

from shop.carriers import Carrier


def ship(pk, carrier: Carrier):
    with transaction.atomic():
        carrier.announce_parcel(pk)
""",
    "shop/carriers.py": """\
class Carrier:
    def announce_parcel(self, pk):
        raise NotImplementedError
""",
    "shop/post.py": """\
from shop.carriers import Carrier


class Post(Carrier):
    def announce_parcel(self, pk):
        return pk
""",
    "shop/alone.py": "import os\n\n\ndef make(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n",
    "shop/parcels.py": """\
def relabel(table, key):
    item = table.get_item(Key=key)["Item"]
    item["label"] = item["label"] + "!"
    table.put_item(Item=item)


def store(key):
    import boto3

    relabel(boto3.resource("dynamodb").Table("parcels"), key)


def relabel_now(key):
    import boto3

    table = boto3.resource("dynamodb").Table("parcels")
    item = table.get_item(Key=key)["Item"]
    item["label"] = item["label"] + "!"
    table.put_item(Item=item)
""",
    "shop/later.py": """\
import os

LATER = lambda path: os.path.exists(path) or os.mkdir(path)


SOONER = lambda path: os.path.exists(path) or os.mkdir(path)
""",
    "shop/silent.py": """\
import os


def once(path):
    if not os.path.exists(path):
        os.mkdir(path)  # noqa
    if not os.path.exists(path):
        os.mkdir(path)


def again(path):
    if not os.path.exists(path):
        os.mkdir(path)  # rmwlint: ignore[RMW406] said
    return 1  # rmwlint: ignore[RMW104]
""",
    "shop/shelves.py": """\
class Shelf:
    def __init__(self):
        self.pool = None

    def run(self, command):
        if self.pool is None:
            self.pool = make_pool(4)
        return self.pool.run(command)
""",
    "shop/busy.py": """\
import threading

from shop.shelves import Shelf


class Busy(Shelf):
    def serve(self):
        return self.guard()

    def guard(self):
        return threading.Lock()
""",
    "shop/files.py": """\
import os


def drop_all(folder):
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
""",
    "shop/tidy.py": """\
from filelock import FileLock

from shop import files

LOCK = "/var/lock/files"


def tidy(folder):
    with FileLock(LOCK):
        files.drop_all(folder)


def tidy_again(folder):
    with FileLock(LOCK):
        files.drop_all(folder)
""",
    "shop/weekly.py": """\
from shop import files, locks


def week(folder):
    with locks.locked():
        files.drop_all(folder)
""",
    "shop/locks.py": """\
from contextlib import contextmanager

from filelock import FileLock


@contextmanager
def locked():
    with FileLock("/var/lock/files"):
        yield
""",
    "shop/nightly.py": """\
from shop import files


def night(folder):
    files.drop_all(folder)


def day():
    return "drop_all"
""",
    "shop/shift.py": """\
from shop import nightly


def shift(folder):
    nightly.night(folder)
""",
    "shop/quiet.py": "def nothing():\n    return None\n",
}  # fmt: skip

POST = PROJECT["shop/post.py"]
BLOCKING = POST.replace("return pk", 'return requests.post("https://post", json=pk)').replace(
    "from shop", "import requests\n\nfrom shop"
)
EXPRESS = """\
import requests

from shop.carriers import Carrier


class Express(Carrier):
    def announce_parcel(self, pk):
        return requests.post("https://express", json=pk)
"""

#: name → what the edit writes (None: the file goes), and which files the engine must be asked about at least
EDITS: dict[str, tuple[dict[str, str | None], set[str]]] = {
    "a comment": ({"shop/quiet.py": "# nothing\ndef nothing():\n    return None\n"}, set()),
    "a comment above a violation": (
        {"shop/alone.py": "# makes\n" + PROJECT["shop/alone.py"]},
        set(),
    ),
    "a comment on the line of a violation": (
        {"shop/alone.py": PROJECT["shop/alone.py"].replace("mkdir(path)", "mkdir(path)  # made")},
        set(),
    ),
    "a violation that is broken into lines": (
        {
            "shop/alone.py": PROJECT["shop/alone.py"].replace(
                "mkdir(path)", "mkdir(\n            path,\n        )"
            )
        },
        set(),
    ),
    "letters of two bytes before a violation": (
        {"shop/alone.py": PROJECT["shop/alone.py"].replace("(path)", "(path)  # hélas")},
        {"shop/alone.py"},
    ),
    "lines above a line that a message names": (
        {"shop/parcels.py": "# parcels\n\n" + PROJECT["shop/parcels.py"]},
        {"shop/parcels.py"},
    ),
    "lines above a lambda": (
        {"shop/later.py": "\n\n" + PROJECT["shop/later.py"]},
        set(),
    ),
    "lambdas in another order": (
        {"shop/later.py": "\n" * 5 + PROJECT["shop/later.py"]},
        {"shop/later.py"},
    ),
    "a comment that silences nothing": (
        {"shop/quiet.py": PROJECT["shop/quiet.py"] + "# rmwlint: ignore[RMW104]\n"},
        {"shop/quiet.py"},
    ),
    "a body": ({"shop/bump.py": PROJECT["shop/bump.py"].replace("+= 1", "= 1")}, {"shop/orders.py"}),
    "lines moved under a story": (
        {"shop/bump.py": "\n\n" + PROJECT["shop/bump.py"]},
        set(),
    ),
    "a signature": (
        {"shop/bump.py": PROJECT["shop/bump.py"].replace("bump(order)", "bump(other, order=None)")},
        {"shop/orders.py"},
    ),
    "a class of the library no more": (
        {"shop/models.py": PROJECT["shop/models.py"].replace("models.Model", "object")},
        {"shop/orders.py"},
    ),
    "an override that calls out": ({"shop/post.py": BLOCKING}, {"shop/ship.py"}),
    "a new subclass in an old file": (
        {"shop/quiet.py": PROJECT["shop/quiet.py"] + EXPRESS},
        {"shop/ship.py"},
    ),
    "a lock that a derived class makes no more": (
        {"shop/busy.py": PROJECT["shop/busy.py"].replace("threading.Lock()", "threading")},
        {"shop/shelves.py"},
    ),
    "a derived class that is of another base": (
        {
            "shop/busy.py": PROJECT["shop/busy.py"].replace(
                "shop.shelves import Shelf", "shop.carriers import Carrier as Shelf"
            )
        },
        {"shop/shelves.py"},
    ),
    "what a derived class does besides its lock": (
        {"shop/busy.py": PROJECT["shop/busy.py"].replace("return self.guard()", "return [self.guard()]")},
        {"shop/busy.py"},
    ),
    "a lock that the other callers hold no more": (
        {"shop/tidy.py": PROJECT["shop/tidy.py"].replace("with FileLock(LOCK):", "if LOCK:")},
        {"shop/nightly.py"},
    ),
    "a lock of another caller, taken two modules away": (
        {"shop/locks.py": PROJECT["shop/locks.py"].replace("with FileLock", "if print")},
        {"shop/nightly.py"},
    ),
    "a function that others call under a lock has another name": (
        {
            "shop/files.py": PROJECT["shop/files.py"].replace("drop_all", "drop"),
            "shop/weekly.py": PROJECT["shop/weekly.py"].replace("drop_all", "drop"),
            "shop/tidy.py": PROJECT["shop/tidy.py"].replace("drop_all", "drop"),
        },
        {"shop/nightly.py"},
    ),
    "another caller that holds the lock": (
        {"shop/quiet.py": PROJECT["shop/tidy.py"]},
        {"shop/nightly.py"},
    ),
    "a file gone that held the lock": (
        {"shop/tidy.py": None},
        {"shop/nightly.py"},
    ),
    "a call where the name was only text": (
        {"shop/nightly.py": PROJECT["shop/nightly.py"].replace('"drop_all"', "files.drop_all()")},
        {"shop/nightly.py"},
    ),
    "a new file with a subclass": ({"shop/express.py": EXPRESS}, {"shop/ship.py"}),
    "a file gone": ({"shop/bump.py": None}, {"shop/orders.py"}),
    "a module becomes a package": (
        {"shop/bump.py": None, "shop/bump/__init__.py": "def bump(order):\n    order.state = 'x'\n"},
        {"shop/orders.py"},
    ),
    "a syntax error": ({"shop/models.py": "class Order(:\n"}, {"shop/models.py", "shop/orders.py"}),
    "lines above a comment that silences": (
        {"shop/silent.py": "# silent\n\n" + PROJECT["shop/silent.py"]},
        set(),
    ),
    "a comment that silences another of two equal lines": (
        {
            "shop/silent.py": PROJECT["shop/silent.py"]
            .replace("  # noqa", "", 1)
            .replace("os.mkdir(path)\n\n\ndef again", "os.mkdir(path)  # noqa\n\n\ndef again")
        },
        {"shop/silent.py"},
    ),
    "a suppression": (
        {
            "shop/orders.py": PROJECT["shop/orders.py"].replace(
                '"retries"])', '"retries"])  # rmwlint: ignore[RMW104]'
            )
        },
        {"shop/orders.py"},
    ),
    "a file that is to be skipped": (
        {"shop/alone.py": "# rmwlint: skip-file\n" + PROJECT["shop/alone.py"]},
        {"shop/alone.py"},
    ),
    "settings": ({"pyproject.toml": '[tool.rmwlint]\nignore = ["RMW104"]\n'}, {"shop/orders.py"}),
    "what git ignores": ({".git/HEAD": "", ".gitignore": "alone.py\n"}, set()),
    "a file that no door looks at": ({"shop/notes.txt": "x"}, set()),
    "nothing": ({}, set()),
}


#: What nobody can tell from the result.
UNSEEN = (
    "a comment",
    "lines moved under a story",
    "lines above a lambda",
    "lambdas in another order",
    "a file that no door looks at",
    "what a derived class does besides its lock",
    "nothing",
)


@pytest.fixture(autouse=True)
def _libraries_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_once(paths: Sequence[Path] = (), *, cache: Path | None = None) -> Libraries:
        return load(paths, cache=cache) if paths else _built_in()

    monkeypatch.setattr("rmwlint.asking.load_libraries", load_once)


@cache
def _built_in() -> Libraries:
    return load()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that the engine was asked about, of all runs so far."""
    seen: list[str] = []
    whole = Work.answers

    def answers(self: Work, files: list[Path]) -> object:
        seen.extend(map(str, files))
        return whole(self, files)

    monkeypatch.setattr(Work, "answers", answers)
    return seen


@pytest.fixture
def project(lay_out: LayOut) -> Path:
    root = lay_out(PROJECT)
    long_ago(root)
    return root


def long_ago(root: Path) -> None:
    """Make all files so old that their times can be relied on."""
    for path in [root, *root.rglob("*")]:
        os.utime(path, ns=(10**18, 10**18))


def check(*paths: str, cached: bool = True) -> Result:
    project_root.cache_clear()
    settings = settings_for(Path())
    return run(Request(paths or (".",), settings, use_cache=cached, jobs=1))


def told(result: Result) -> object:
    return (
        result.violations,
        result.failures,
        result.files,
        result.suppressed,
        result.fingerprints(),
        [result.lines(violation.path) for violation in result.violations],
    )


def write(root: Path, files: Mapping[str, str | None]) -> None:
    for name, text in files.items():
        path = root / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_is_seen(project: Path, asked: list[str], name: str) -> None:
    first = told(check())
    assert first == told(check(cached=False))
    files, concerned = EDITS[name]
    write(project, files)
    del asked[:]
    after = told(check())
    assert set(asked) >= concerned
    assert after == told(check(cached=False))
    assert (after != first) is (name not in UNSEEN)
    del asked[:]
    assert told(check()) == after
    assert asked == []
    # and back again
    for path in files:
        if PROJECT.get(path) is None:
            (project / path).unlink()
            if not list((project / path).parent.iterdir()):
                (project / path).parent.rmdir()
    write(project, PROJECT)
    shutil.rmtree(project / ".git", ignore_errors=True)
    assert told(check()) == first


@pytest.mark.parametrize("name", ["a body", "a comment", "an override that calls out", "a suppression"])
def test_what_an_edit_has_no_part_in_is_not_asked_again(project: Path, asked: list[str], name: str) -> None:
    check()
    del asked[:]
    write(project, EDITS[name][0])
    check()
    assert "shop/alone.py" not in asked
    assert len(asked) < 5


def test_a_base_class_rests_on_the_locks_of_those_derived_from_it_alone(
    project: Path, asked: list[str]
) -> None:
    check()
    del asked[:]
    write(project, EDITS["what a derived class does besides its lock"][0])
    check()
    assert asked == ["shop/busy.py"]


def test_who_calls_a_file_does_not_rest_on_what_its_checks_looked_at(tmp_path: Path) -> None:
    def learnt() -> Answers:
        answers = Answers(str(tmp_path), "key", 100)
        files = ("files.py", "nightly.py", "shift.py", "tidy.py", "locks.py")
        answers.learn(
            ".",
            files,
            Learnt(
                Ledger(),
                {},
                dict.fromkeys(files, Answer()),
                led_to={"nightly.py": ["files.py"], "shift.py": ["nightly.py"], "tidy.py": ["locks.py"]},
                checked={"nightly.py": ["tidy.py"]},
            ),
        )
        answers.save()
        return Answers(str(tmp_path), "key", 100)

    def standing(path: str, bodies: frozenset[str] | None = None) -> set[str]:
        answers = learnt()
        answers.withdraw(path, bodies=bodies)
        return {name for name in ("files.py", "nightly.py", "shift.py", "tidy.py") if answers.answered(name)}

    for bodies in (None, frozenset(["tidy"])):
        assert standing("tidy.py", bodies) == {"files.py", "shift.py"}
        assert standing("locks.py", bodies) == {"files.py", "shift.py"}
        assert standing("files.py", bodies) == {"tidy.py"}
        assert standing("nightly.py", bodies) == {"files.py", "tidy.py"}


STEPS = {
    "pyproject.toml": "",
    "mill/__init__.py": "",
    "mill/rows.py": """\
from django.db import models


class Sack(models.Model):
    weight = models.IntegerField()
    state = models.CharField(max_length=8)
""",
    "mill/guard.py": """\
import threading
from contextlib import contextmanager
from functools import wraps

_LOCK = threading.Lock()


@contextmanager
def alone(wanted=True):
    if wanted:
        with _LOCK:
            yield
    else:
        yield


def counted(wrapped):
    @wraps(wrapped)
    def inner(*args, **kwargs):
        return wrapped(*args, **kwargs)

    return inner
""",
    "mill/load.py": """\
from mill.rows import Sack


def load(pk, locked=False):
    return Sack.objects.get(pk=pk)


def heavier(sack, by=1):
    sack.weight += by


def make(path):
    return path
""",
    "mill/keep.py": """\
def keep(sack):
    sack.save()


def tell(sack):
    return sack.state
""",
    "mill/fill.py": """\
from mill.keep import keep, tell
from mill.load import heavier, load, make


def fill(pk):
    sack = load(pk)
    heavier(sack)
    keep(sack)
    return tell(sack)


def note(path):
    make(path)
""",
    "mill/floor.py": """\
from mill.fill import fill
from mill.guard import alone, counted
from mill.load import make


@counted
def work(pks):
    return [fill(pk) for pk in pks]


def mark(path):
    with alone():
        make(path)
""",
    "mill/count.py": """\
from mill.guard import alone


class Count:
    def __init__(self):
        self.sacks = {}

    def add(self, pk):
        with alone():
            if pk not in self.sacks:
                self.sacks[pk] = 0
            self.sacks[pk] += 1
""",
    "mill/aside.py": "def aside(value):\n    return value + 1\n",
}

#: What happens to which file, one after the other: what is written in place of what.
CHANGES = [
    ("mill/aside.py", "value + 1", "value + 2"),
    ("mill/load.py", "objects.get", "objects.select_for_update().get"),
    ("mill/load.py", "objects.select_for_update().get", "objects.get"),
    ("mill/keep.py", "    sack.save()", "    sack.save(update_fields=[\"weight\"])"),
    ("mill/fill.py", "    sack = load", "    tell(None)\n    sack = load"),
    ("mill/keep.py", "    sack.save(", "    return None\n    sack.save("),
    ("mill/keep.py", "    return None\n    sack.save(", "    sack.save("),
    ("mill/keep.py", "    return sack.state", "    raise ValueError(sack.state)"),
    ("mill/load.py", "sack.weight += by", "sack.weight = by"),
    ("mill/load.py", "sack.weight = by", "sack.weight -= by"),
    ("mill/load.py", "locked=False", "locked=True"),
    ("mill/load.py", "    return path", "    import os\n\n    if not os.path.exists(path):\n        os.mkdir(path)"),
    ("mill/fill.py", "    make(path)", "    with alone():\n        make(path)"),
    ("mill/fill.py", "from mill.keep", "from mill.guard import alone\nfrom mill.keep"),
    ("mill/guard.py", "        with _LOCK:\n            yield", "        if _LOCK:\n            yield"),
    ("mill/guard.py", "        if _LOCK:", "        with _LOCK:"),
    ("mill/guard.py", "wanted=True", "wanted=False"),
    ("mill/guard.py", "wanted=False", "wanted=True"),
    ("mill/floor.py", "@counted\n", ""),
    ("mill/guard.py", "        return wrapped(", "        with _LOCK:\n            return wrapped("),
    ("mill/floor.py", "def mark", "@counted\ndef mark"),
    ("mill/keep.py", "def tell", "def shift(sack):\n    sack.save()\n\n\ndef tell"),
    ("mill/keep.py", "    sack.save(update_fields=[\"weight\"])", "    shift(sack)"),
    ("mill/keep.py", "    sack.save()", "    sack.save(update_fields=[\"weight\"])"),
    ("mill/keep.py", "    sack.save(", "    sack.refresh_from_db()\n    sack.save("),
    ("mill/load.py", "def heavier", "def lighter"),
    ("mill/fill.py", "heavier", "lighter"),
    ("mill/keep.py", "    sack.refresh_from_db()\n", ""),
    ("mill/load.py", "    sack.weight -= by", "    by += 1"),
    ("mill/count.py", "        with alone():\n            if", "        if True:\n            if"),
]  # fmt: skip


def change(root: Path, name: str, old: str, new: str) -> None:
    before = (root / name).read_text()
    assert old in before
    (root / name).write_text(before.replace(old, new))


def test_edits_of_functions_follow_each_other(lay_out: LayOut) -> None:
    root = lay_out(STEPS)
    seen = [told(check())]
    for name, old, new in CHANGES:
        change(root, name, old, new)
        seen.append(told(check()))
        assert seen[-1] == told(check(cached=False)), (name, new)
    assert sum(one != other for one, other in pairwise(seen)) > 10


def test_edits_follow_each_other(project: Path) -> None:
    check()
    for name in ("a body", "an override that calls out", "a new subclass in an old file", "a file gone"):
        write(project, EDITS[name][0])
        assert told(check()) == told(check(cached=False)), name
    write(project, PROJECT | EDITS["an override that calls out"][0])
    before = told(check())
    write(project, {"shop/post.py": "# lines that move a step of another file's story\n\n" + BLOCKING})
    assert told(check()) == told(check(cached=False)) != before


def test_a_part_of_the_project_keeps_the_rest(project: Path, asked: list[str]) -> None:
    whole = told(check())
    del asked[:]
    one = check("shop/orders.py")
    assert asked == []
    assert told(one) == told(check("shop/orders.py", cached=False))
    write(project, EDITS["a body"][0])
    check("shop/alone.py")
    assert told(check()) == told(check(cached=False)) != whole


def test_a_text_of_the_same_size_and_time_is_seen(project: Path) -> None:
    path = project / "shop/bump.py"
    path.write_text(PROJECT["shop/bump.py"])
    found = path.stat()
    first = told(check())
    path.write_text(PROJECT["shop/bump.py"].replace("+= 1", "=  1"))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert told(check()) == told(check(cached=False)) != first


def test_another_rmwlint_has_answers_of_its_own(
    project: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check()
    del asked[:]
    monkeypatch.setattr("rmwlint.runner.fingerprint_of_program", lambda: "newer")
    check()
    assert len(asked) == len(find(["."]))


def test_a_library_model_counts(project: Path, asked: list[str]) -> None:
    model = '[library]\nname = "post"\nimports = ["post"]\n'
    write(project, {"pyproject.toml": '[tool.rmwlint]\nlibraries = ["post.toml"]\n', "post.toml": model})
    check()
    del asked[:]
    check()
    assert asked == []
    write(project, {"post.toml": model + "\n# seen anew\n"})
    check()
    assert len(asked) == len(find(["."]))


@pytest.mark.parametrize("damage", [b"", b"rmwansw1", b"rmwansw1\0\0\0\0nonsense", None])
def test_damaged_answers_are_given_anew(project: Path, asked: list[str], damage: bytes | None) -> None:
    first = told(check())
    (kept,) = (project / ".rmwlint_cache").glob("answers-*")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-9] + b"x" + whole[-8:] if damage is None else damage)
    del asked[:]
    assert told(check()) == first
    assert len(asked) == len(find(["."]))
    del asked[:]
    assert told(check()) == first
    assert asked == []


def test_a_failure_is_not_kept(project: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Iterator[None]:
        raise ValueError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr("rmwlint.asking.analyse", broken)
        assert check().failures
    assert told(check()) == told(check(cached=False))
    assert not check().failures


def test_without_the_right_to_write_nothing_is_kept_and_all_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr("rmwlint.cache.replace_file", refuse)
    assert told(check()) == told(check()) == told(check(cached=False))


FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize(
    "top", ["systems/instance_metadata", "systems/network_plugin", "systems/image_repository", "demo"]
)
def test_a_file_alone_reads_no_more_than_is_recorded(
    top: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FIXTURES / top, tmp_path / "project")
    (tmp_path / "project" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "project")
    project_root.cache_clear()
    request = Request(["."], settings_for(Path()), jobs=1)

    def work(files: list[Path], named: list[Path]) -> Work:
        store = store_for(named, request.settings, None)
        with Work(request._replace(use_cache=False), named, store, nothing_known) as done:
            done.answers(files)
        return done

    named = find(["."])
    found = work(named, named).program.led_to()
    looked_at = {near: {path for path, _ in looked} for near, looked in found.bodies.items()}
    led_to = {
        near: found.files.get(near, set()) | found.names.get(near, set()) | looked_at.get(near, set())
        for near in {*found.files, *found.names, *looked_at}
    }
    for path in named:
        reached, pending = {path}, [path]
        while pending:
            for other in led_to.get(pending.pop(), ()):
                if other not in reached:
                    reached.add(other)
                    pending.append(other)
        alone = set(work([path], named).store._facts)
        assert alone <= reached, path


def test_old_answers_are_thrown_away(tmp_path: Path) -> None:
    for number in range(40):
        answers = Answers(str(tmp_path), str(number), 100)
        answers.forget()
        answers.save()
    assert 20 < len(list(tmp_path.iterdir())) < 30


def test_runs_at_the_same_time_do_each_other_no_harm(project: Path) -> None:
    command = [sys.executable, "-m", "rmwlint", "check", "--jobs", "1", "--output-format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(rmwlint.__file__).parents[1])}
    once = [
        subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told_by = {run.communicate()[0] for run in once}
    assert len(told_by) == 1
    last = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert {last.stdout} == told_by
    assert last.returncode == 1


def test_two_runs_may_throw_away_the_same_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = [f"answers-{number:03}" for number in range(answers._MOST_KEPT + 2)]
    for name in there:
        (tmp_path / name).touch()
    unlink = os.unlink

    def after_another_run(path: str) -> None:
        unlink(path)
        unlink(path)

    monkeypatch.setattr(os, "listdir", lambda folder: [*there, "answers-gone"])
    monkeypatch.setattr(os, "unlink", after_another_run)
    answers._prune(str(tmp_path))
    assert sum(os.path.exists(tmp_path / name) for name in there) == answers._MOST_KEPT
