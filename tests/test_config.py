from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rmwlint.config import _KEYS, Settings, settings_for, settings_in
from rmwlint.errors import ConfigError
from rmwlint.violation import Confidence

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Any]

EVERYTHING = """
select = ["RMW1"]
ignore = ["RMW104"]
extend-select = ["full-row-update"]
exclude = ["gen/"]
min-confidence = "low"
libraries = ["models/shop.toml"]
include-tests = true
target-python = "3.12"
cache-dir = "../cache"
max-file-size = 1000

[per-file-ignores]
"scripts/*.py" = ["RMW4"]
"""


def test_every_key(lay_out: LayOut) -> None:
    root = lay_out({"rmwlint.toml": EVERYTHING, "a.py": ""})
    assert settings_for(root / "a.py") == Settings(
        base=root,
        file=root / "rmwlint.toml",
        select=("RMW1",),
        ignore=("RMW104",),
        extend_select=("full-row-update",),
        per_file_ignores={"scripts/*.py": ("RMW4",)},
        exclude=("gen/",),
        min_confidence=Confidence.LOW,
        libraries=(root / "models/shop.toml",),
        include_tests=True,
        target_python=(3, 12),
        cache_dir=root / "../cache",
        max_file_size=1000,
    )


def test_the_same_in_pyproject(lay_out: LayOut) -> None:
    table = "[tool.rmwlint]" + EVERYTHING.replace("[per-file", "[tool.rmwlint.per-file")
    root = lay_out({"one/rmwlint.toml": EVERYTHING, "two/pyproject.toml": table})
    one, two = settings_for(root / "one"), settings_for(root / "two")
    assert one.select == two.select == ("RMW1",)
    assert one.per_file_ignores == two.per_file_ignores


def test_the_nearest_file_counts(lay_out: LayOut) -> None:
    root = lay_out({
        "pyproject.toml": "[tool.rmwlint]\nignore = ['RMW1']\n",
        "api/pyproject.toml": "[project]\nname = 'api'\n",
        "api/src/a.py": "",
        "web/rmwlint.toml": "ignore = ['RMW2']\n",
        "web/pyproject.toml": "[tool.rmwlint]\nignore = ['RMW3']\n",
    })  # fmt: skip
    assert settings_for(root / "api/src/a.py").ignore == ("RMW1",)
    assert settings_for(root / "web").ignore == ("RMW2",)
    os.chdir(root / "web")
    assert settings_for(Path(".")).ignore == ("RMW2",)
    assert settings_for(Path("../api")).ignore == ("RMW1",)


def test_the_python_version_of_the_project(lay_out: LayOut) -> None:
    root = lay_out({
        "pyproject.toml": "[tool.rmwlint]\n",
        "api/pyproject.toml": "[project]\nrequires-python = '>=3.13, <4'\n",
        "old/pyproject.toml": "[project]\nrequires-python = '<4'\n[tool.rmwlint]\n",
        "own/pyproject.toml": "[project]\nrequires-python = '>=3.11'\n[tool.rmwlint]\ntarget-python = '3.12'\n",
    })  # fmt: skip
    assert settings_for(root / "api").target_python == (3, 13)
    assert settings_for(root / "old").target_python is None
    assert settings_for(root / "own").target_python == (3, 12)


@pytest.mark.parametrize(("text", "said"), [
    ("selct = []\n", "unknown key `selct`; did you mean `select`?"),
    ("min_confidence = 'low'\n", "unknown key `min_confidence`; did you mean `min-confidence`?"),
    ("zzz = 1\n", "unknown key `zzz`; the keys are select, ignore"),
    ("select = 'RMW104'\n", "`select` must be a list of codes or names, not 'RMW104'"),
    ("ignore = [1]\n", "`ignore` must be a list"),
    ("exclude = {}\n", "`exclude` must be a list of patterns"),
    ("min-confidence = 'total'\n", '`min-confidence` must be one of "low", "medium", "high"'),
    ("min-confidence = 2\n", "`min-confidence` must be one of"),
    ("include-tests = 1\n", "`include-tests` must be true or false"),
    ("target-python = '2.7'\n", '`target-python` must be a version such as "3.12"'),
    ("target-python = 3.12\n", "`target-python` must be a version"),
    ("max-file-size = '1 MB'\n", "`max-file-size` must be a number of bytes"),
    ("max-file-size = true\n", "`max-file-size` must be"),
    ("max-file-size = 0\n", "`max-file-size` must be"),
    ("cache-dir = []\n", "`cache-dir` must be a path"),
    ("libraries = 'a.toml'\n", "`libraries` must be a list of paths"),
    ("per-file-ignores = ['RMW1']\n", "`per-file-ignores` must be a table"),
    ("[per-file-ignores]\n'a.py' = 'RMW1'\n", "`per-file-ignores` must be a table"),
    ("select = [\n\n", "is not valid TOML"),
    (b"ignore = ['\xff']\n", "is not UTF-8 text"),
])  # fmt: skip
def test_what_cannot_be_used(lay_out: LayOut, rmwlint: Command, text: str | bytes, said: str) -> None:
    root = lay_out({"rmwlint.toml": text, "a.py": ""})
    with pytest.raises(ConfigError) as caught:
        settings_for(root)
    assert str(caught.value).startswith(str(root / "rmwlint.toml"))
    assert said in str(caught.value)
    assert rmwlint("check") == (2, "", f"rmwlint: {caught.value}\n")


def test_bad_toml_names_the_line(lay_out: LayOut) -> None:
    root = lay_out({"pyproject.toml": "[tool.rmwlint]\nselect = []\nignore = [\n}\n"})
    with pytest.raises(ConfigError, match=r"pyproject\.toml: is not valid TOML: .*line 4"):
        settings_for(root)


@pytest.mark.parametrize("text", ["tool = 1\n", "[tool]\nrmwlint = 1\n"])
def test_odd_tool_tables(lay_out: LayOut, text: str) -> None:
    root = lay_out({"pyproject.toml": text})
    if "rmwlint" in text:
        with pytest.raises(ConfigError, match=r"`tool\.rmwlint` must be a table"):
            settings_for(root)
    else:
        assert settings_for(root).file is None


def test_a_file_that_is_named(lay_out: LayOut, rmwlint: Command) -> None:
    root = lay_out({"etc/lint.toml": "ignore = ['RMW901']\n", "etc/pyproject.toml": "", "a.py": "def f(:\n"})
    assert settings_in(root / "etc/lint.toml").base == root / "etc"
    with pytest.raises(ConfigError, match=r"has no \[tool\.rmwlint\] table"):
        settings_in(root / "etc/pyproject.toml")
    assert rmwlint("check").code == 1
    assert rmwlint("check", "--config", "etc/lint.toml").code == 0
    run = rmwlint("check", "--config", "nowhere.toml")
    assert run.code == 2
    assert "nowhere.toml: cannot be read: No such file" in run.err


@pytest.mark.usefixtures("marked_lines")
class TestInUse:
    def test_per_file_ignores(self, lay_out: LayOut, rmwlint: Command) -> None:
        files = dict.fromkeys(("a.py", "scripts/a.py", "scripts/sub/b.py", "pkg/scripts/c.py"), "hit()\n")
        root = lay_out(
            {**files, "rmwlint.toml": "[per-file-ignores]\n'/scripts/*.py' = ['lost-arithmetic']\n"}
        )
        shown = {
            line.partition(":")[0] for line in rmwlint("check", "--output-format", "concise").out.splitlines()
        }
        assert shown == {"a.py", "scripts/sub/b.py", "pkg/scripts/c.py"}
        os.chdir(root / "scripts")
        assert rmwlint("check", "a.py").code == 0

    @pytest.mark.parametrize("text", ["select = ['RMW105x']", "ignore = ['nothing']", "extend-select = ['x']",
                                      "[per-file-ignores]\n'a.py' = ['RMW1', 'RMWx']"])  # fmt: skip
    def test_unknown_codes_in_a_file(self, lay_out: LayOut, rmwlint: Command, text: str) -> None:
        root = lay_out({"a.py": "", "rmwlint.toml": text})
        run = rmwlint("check")
        assert run.code == 2
        assert run.err.startswith(f"rmwlint: {root / 'rmwlint.toml'}: ")
        assert "is no code or name of a check" in run.err

    def test_the_command_line_wins(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "guess()\n", "rmwlint.toml": "min-confidence = 'low'\n"})
        assert rmwlint("check").code == 1
        assert rmwlint("check", "--min-confidence", "high").code == 0

    def test_exclude(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"gen/a.py": "hit()\n", "b.py": "", "rmwlint.toml": "exclude = ['/gen/']\n"})
        assert rmwlint("check").code == 0
        os.chdir(root / "gen")
        assert rmwlint("check", str(root)).code == 0
        assert rmwlint("check", "a.py").code == 1

    def test_a_library_model_that_does_not_follow_the_schema(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out(
            {"a.py": "", "rmwlint.toml": "libraries = ['shop.toml']\n", "shop.toml": "[library]\nnome = 1\n"}
        )
        run = rmwlint("check")
        assert run.code == 2
        assert "shop.toml" in run.err

    def test_include_tests(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"test_a.py": "hit()\n", "rmwlint.toml": "include-tests = true\n"})
        assert rmwlint("check").code == 1


def test_overrides_hold_where_their_paths_match(lay_out: LayOut, rmwlint: Command) -> None:
    hit = "import os\n\n\ndef make(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n"
    settings = """
[[overrides]]
paths = ["old/"]
ignore = ["RMW406"]
[[overrides]]
paths = ["old/again/"]
select = ["RMW406"]
[[overrides]]
paths = ["sure/"]
min-confidence = "high"
"""
    lay_out({"rmwlint.toml": settings, **{f"{at}/a.py": hit for at in ("new", "old", "old/again", "sure")}})

    def found(*arguments: str) -> set[str]:
        run = rmwlint("check", "--output-format", "concise", *arguments)
        return {line.partition(":")[0] for line in run.out.splitlines() if "RMW406" in line}

    sure = found("--min-confidence", "high")
    assert found() >= {"new/a.py", "old/again/a.py"}
    assert "old/a.py" not in found()
    assert ("sure/a.py" in found()) is ("new/a.py" in sure)
    assert found("--select", "RMW406", "--min-confidence", "medium") == {
        "new/a.py", "old/a.py", "old/again/a.py", "sure/a.py",
    }  # fmt: skip


def test_what_holds_for_a_path_is_shown_with_its_overrides(lay_out: LayOut, rmwlint: Command) -> None:
    settings = """
ignore = ["RMW202", "RMW407"]
[[overrides]]
paths = ["old/"]
extend-select = ["RMW407"]
ignore = ["RMW3"]
min-confidence = "high"
[[overrides]]
paths = ["old/again/"]
select = ["RMW406"]
"""
    files = {f"{at}/a.py": "" for at in ("new", "old", "old/again")}
    folder = lay_out({"rmwlint.toml": settings, **files})

    def shown(path: str) -> list[str]:
        lines = rmwlint("config", "--show", path).out.replace(str(folder), "").splitlines()
        keys = ("select", "extend-select", "ignore", "min-confidence")
        return [
            " ".join(line.split()) for line in lines if line.startswith(tuple(f"{key} =" for key in keys))
        ]

    assert shown("new/a.py") == [
        'ignore = ["RMW202", "RMW407"] # /rmwlint.toml',
        "extend-select = [] # default",
        'min-confidence = "medium" # default',
    ]
    assert shown("old/a.py") == [
        'ignore = ["RMW202", "RMW3"] # /rmwlint.toml, override 1',
        'extend-select = ["RMW407"] # /rmwlint.toml, override 1',
        'min-confidence = "high" # /rmwlint.toml, override 1',
    ]
    assert shown("old/again") == [
        'select = ["RMW406"] # /rmwlint.toml, override 2',
        "ignore = [] # /rmwlint.toml, override 2",
        "extend-select = [] # /rmwlint.toml, override 2",
        'min-confidence = "high" # /rmwlint.toml, override 1',
    ]
    assert rmwlint("config", "--show", "--min-confidence", "low", "old").out.count("command line") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("overrides = 1\n", "`overrides` must be tables"),
        ("overrides = [1]\n", "override 1: must be a table"),
        ("[[overrides]]\npath = ['a']\n", "override 1: unknown key `path`; did you mean `paths`?"),
        ("[[overrides]]\nignore = ['RMW1']\n", "override 1: `paths` must say where it holds"),
        ("[[overrides]]\npaths = ['a']\nignore = ['RMWx']\n", "override 1: `RMWx` is no code"),
    ],
)
def test_wrong_overrides(lay_out: LayOut, rmwlint: Command, text: str, said: str) -> None:
    lay_out({"rmwlint.toml": text, "a.py": ""})
    run = rmwlint("check", "--no-cache")
    assert run.code == 2
    assert said in run.err


def test_settings_are_shown_with_where_they_come_from(lay_out: LayOut, rmwlint: Command) -> None:
    text = """
[project]
requires-python = ">=3.11"
[tool.rmwlint]
ignore = ["RMW202"]
per-file-ignores = {"a.py" = ["RMW1"]}
[[tool.rmwlint.overrides]]
paths = ["old/"]
min-confidence = "high"
"""
    root = lay_out({"pyproject.toml": text, "old/a.py": ""})
    run = rmwlint("config", "--show", "--select", "RMW1,RMW3", "old/a.py")
    file = root / "pyproject.toml"
    assert run.code == 0
    lines = {line.partition(" = ")[0]: line for line in run.out.splitlines()}
    assert lines["select"].split("  # ") == [
        'select = ["RMW1", "RMW3"]'.ljust(lines["select"].index("  # ")),
        "command line",
    ]
    assert lines["per-file-ignores"].endswith(f"# {file}")
    assert lines["target-python"].endswith("# `requires-python` of the nearest pyproject.toml")
    assert lines["include-tests"].split() == ["include-tests", "=", "false", "#", "default"]
    assert "# baseline is not set" in run.out
    # what is shown is what a file would say
    lay_out({"rmwlint.toml": rmwlint("config").out})
    assert settings_in(root / "rmwlint.toml").overrides == settings_in(file).overrides
    document = json.loads(rmwlint("config", "--output-format", "json", "old/a.py").out)
    assert document["settings"]["ignore"] == {"value": ["RMW202"], "from": str(root / "rmwlint.toml")}
    assert set(document["settings"]) == set(_KEYS)
