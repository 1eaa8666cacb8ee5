"""Tests of files and folders."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from rmwlint.prove.subject import Subject
from rmwlint.prove.text import Call, call, cannot, header, imports, indented, instance, judgement

_PATHS = re.compile(r"(.*_)?(path|file|filename|folder|dir|directory|base|root|target|marker|location)(_.*)?")
_FOLDERS = re.compile(r"(.*_)?(folder|dir|directory|base|root)(_.*)?")

#: What has to be there before a deed, by the name of its call.
_GONE = frozenset(["mkdir", "makedirs", "link", "symlink", "symlink_to", "hardlink_to"])
_FOLDER = frozenset(["rmdir", "rmtree", "listdir", "scandir", "removedirs"])
_FILE = frozenset(
    ["remove", "unlink", "open", "rename", "replace", "stat", "read_text", "read_bytes", "move"]
)


def text(subject: Subject, output: Path) -> str:
    """The test. Raises UsageError where no parameter is the path."""
    paths = {parameter.arg: _expression(subject, parameter) for parameter in subject.parameters}
    given = {name: value for name, value in paths.items() if value}
    if subject.on_instance:
        given_there = _of_instance(subject)
        made = instance(subject, given_there)
        callee = f"{made.text}.{subject.function.name}"
        needs = made.guessed
        given_all = {**given_there, **given}
    else:
        callee, needs, given_all = f"module.{subject.violation.function}", (), given
    if not given_all:
        raise cannot(subject, "no parameter of the function is a path")
    actors = [call(subject, number, callee, None, given) for number in (0, 1)]
    if subject.is_async:
        actors = [one._replace(text=one.text) for one in actors]
    before = _before(subject, given_all)
    comment = Call("", (*needs, *actors[0].guessed)).comment
    needed = [
        "import itertools",
        "",
        "from rmwlint.prove.folders import tree",
        "from rmwlint.prove.replay import Scene, assert_nothing_is_lost",
        "from rmwlint.prove.stops import schedules",
        "from rmwlint.prove.waiting import on_files",
    ]
    return f'''{header(subject)}
{imports(subject, output, needed)}

def actor_a(folder):
    return {actors[0].text}{comment}


def actor_b(folder):
    return {actors[1].text}{comment}


def test_nothing_is_lost(tmp_path):
    numbers = itertools.count()

    def arrange():
        """What is there before, in a folder of its own."""
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
{indented(before, 2)}
        return folder

    # Nobody may fail: an exception that tells an actor that the other was faster would stand in `told`.
    scene = Scene(arrange, (actor_a, actor_b), tree, on_files, told=())
{judgement(subject)}'''


def _expression(subject: Subject, parameter: ast.arg) -> str:
    """The path that a parameter is given; empty where it is none."""
    name = parameter.arg
    annotation = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
    place = subject.violation.place.partition(".")[0].partition(" ")[0]
    if "Path" not in annotation and name != place and not _PATHS.fullmatch(name):
        return ""
    where = "folder" if _FOLDERS.fullmatch(name) and name != place else f'folder / "{name}"'
    is_object = "Path" in annotation or any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
        for node in ast.walk(subject.function)
    )
    is_object = is_object or any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _named(node.left, name)
        for node in ast.walk(subject.function)
    )
    return where if is_object else f"str({where})"


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _of_instance(subject: Subject) -> dict[str, str]:
    assert subject.owner is not None
    for node in subject.owner.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            maker = subject._replace(function=node)
            found = {parameter.arg: _expression(maker, parameter) for parameter in maker.parameters}
            return {
                name: value.removeprefix("str(").removesuffix(")") for name, value in found.items() if value
            }
    return {}


def _bare(path: str) -> str:
    return path.removeprefix("str(").removesuffix(")")


def _before(subject: Subject, given: dict[str, str]) -> str:
    """The statements that make what the function expects to find."""
    place = subject.violation.place
    path = given.get(place)
    if path is None:
        values = sorted(given.values(), key=len)
        path = values[-1]
        unsure = "  # FILL IN: what is there before"
    else:
        unsure = ""
    path = _bare(path)
    deed = _deed(subject)
    if deed in _GONE:
        return f"# {place} is not there yet"
    target = f"({path})" if " " in path else path
    if deed in _FOLDER:
        return f"{target}.mkdir(exist_ok=True){unsure}"
    if target == "folder":
        target = '(folder / "name")'
    method, content = _content(subject)
    return f"{target}.{method}({content}){unsure}"


def _deed(subject: Subject) -> str:
    """The name of the last call on the line that writes."""
    line = subject.violation.line
    names = [
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(subject.function)
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or line)
    ]
    return next((name for name in names if name in _GONE | _FOLDER | _FILE), "")


def _content(subject: Subject) -> tuple[str, str]:
    """How a file that the function can read is written."""
    called = {ast.unparse(node.func) for node in ast.walk(subject.function) if isinstance(node, ast.Call)}
    if any(name.startswith("pickle.") for name in called):
        return "write_bytes", 'b"(lp0\\n."'
    if any(name.startswith(("json.", "simplejson.", "ujson.", "orjson.")) for name in called):
        return "write_text", '"{}"'
    if any(name.startswith("yaml.") for name in called):
        return "write_text", '"{}"'
    if "int" in called or "float" in called:
        return "write_text", '"100"'
    return "write_text", '"before\\n"'
