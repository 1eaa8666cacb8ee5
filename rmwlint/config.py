"""Settings: ``[tool.rmwlint]`` in ``pyproject.toml``, or ``rmwlint.toml``.

The nearest file at or above the first path counts; in one folder ``rmwlint.toml`` wins. What the command
line says wins over the file. Relative paths and patterns in a file are relative to its folder.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from rmwlint.errors import ConfigError
from rmwlint.violation import Confidence


class Settings(NamedTuple):
    """What a run is to do. ``base`` is the folder that patterns are relative to, ``file`` says it.

    ``select`` is None where nothing was selected: then every check counts that is on by default.
    ``target_python`` is the lowest Python version of the project, where it is known.
    """

    base: Path = Path()
    file: Path | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    exclude: tuple[str, ...] = ()
    min_confidence: Confidence = Confidence.MEDIUM
    libraries: tuple[Path, ...] = ()
    include_tests: bool = False
    target_python: tuple[int, int] | None = None
    cache_dir: Path | None = None
    baseline: Path | None = None
    max_file_size: int | None = None


#: Key in the file → what it must be, for the message.
_KEYS = {
    "select": "a list of codes or names",
    "ignore": "a list of codes or names",
    "extend-select": "a list of codes or names",
    "per-file-ignores": "a table of patterns, each with a list of codes or names",
    "exclude": "a list of patterns",
    "min-confidence": 'one of "low", "medium", "high"',
    "libraries": "a list of paths",
    "include-tests": "true or false",
    "target-python": 'a version such as "3.12"',
    "cache-dir": "a path",
    "baseline": "a path",
    "max-file-size": "a number of bytes",
}

_VERSION = re.compile(r"3\.(\d{1,3})\Z")
_AT_LEAST = re.compile(r"(?:>=|~=|==)\s*3\.(\d{1,3})")


def settings_for(path: Path) -> Settings:
    """The settings that hold for a path: those of the nearest file at or above it, else the defaults.

    Raises ConfigError where that file cannot be used.
    """
    folder = Path(os.path.abspath(path))
    target = None
    for here in (folder, *folder.parents):
        for name in ("rmwlint.toml", "pyproject.toml"):
            file = here / name
            if not file.is_file():
                continue
            whole = _toml(file)
            target = target or _required_python(whole)
            table = _table(file, whole)
            if table is not None:
                settings = _settings(table, file)
                return settings._replace(target_python=settings.target_python or target)
    return Settings(target_python=target)


def settings_in(file: Path) -> Settings:
    """The settings of one file. Raises ConfigError where it cannot be used."""
    file = Path(os.path.abspath(file))
    whole = _toml(file)
    table = _table(file, whole)
    if table is None:
        raise ConfigError(f"{file}: has no [tool.rmwlint] table.")
    settings = _settings(table, file)
    return settings._replace(target_python=settings.target_python or _required_python(whole))


def confidence_named(word: str) -> Confidence | None:
    """``"low"``, ``"medium"`` or ``"high"``; None for any other word."""
    return next((confidence for confidence in Confidence if confidence.label == word), None)


def _table(file: Path, whole: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Our table; None for a ``pyproject.toml`` that has none."""
    if file.name != "pyproject.toml":
        return whole
    tool = whole.get("tool", {})
    table = tool.get("rmwlint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: `tool.rmwlint` must be a table.")
    return table


def _toml(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text, as TOML must be.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}.") from None


def _settings(table: Mapping[str, Any], file: Path) -> Settings:
    where = f"{file}, [tool.rmwlint]" if file.name == "pyproject.toml" else str(file)
    for key in table:
        if key not in _KEYS:
            import difflib  # only a mistake needs it

            close = difflib.get_close_matches(key.replace("_", "-"), _KEYS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"the keys are {', '.join(_KEYS)}."
            raise ConfigError(f"{where}: unknown key `{key}`; {hint}")
    values = {key.replace("-", "_"): _value(key, value, file.parent, where) for key, value in table.items()}
    return Settings(base=file.parent, file=file, **values)


def _value(key: str, value: Any, base: Path, where: str) -> Any:
    wrong = ConfigError(f"{where}: `{key}` must be {_KEYS[key]}, not {value!r}.")
    if key in ("select", "ignore", "extend-select", "exclude", "libraries"):
        if not _is_words(value):
            raise wrong
        return tuple(base / word for word in value) if key == "libraries" else tuple(value)
    if key == "per-file-ignores":
        if not isinstance(value, dict) or not all(_is_words(codes) for codes in value.values()):
            raise wrong
        return {pattern: tuple(codes) for pattern, codes in value.items()}
    if key == "include-tests":
        if not isinstance(value, bool):
            raise wrong
        return value
    if key == "max-file-size":
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise wrong
        return value
    if not isinstance(value, str):
        raise wrong
    if key in ("cache-dir", "baseline"):
        return base / value
    if key == "min-confidence":
        confidence = confidence_named(value)
        if confidence is None:
            raise wrong
        return confidence
    version = _VERSION.match(value)
    if version is None:
        raise wrong
    return (3, int(version[1]))


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _required_python(whole: Mapping[str, Any]) -> tuple[int, int] | None:
    """The lowest version of a project's ``requires-python``."""
    project = whole.get("project")
    wanted = project.get("requires-python") if isinstance(project, dict) else None
    found = _AT_LEAST.search(wanted) if isinstance(wanted, str) else None
    return (3, int(found[1])) if found else None
