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


class Override(NamedTuple):
    """What is different in the files that match ``paths``; None and empty where it is not.

    ``select`` is the whole selection there; ``extend_select`` and ``ignore`` change what holds elsewhere.
    """

    paths: tuple[str, ...]
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence | None = None


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
    overrides: tuple[Override, ...] = ()


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
    "overrides": "tables, each with `paths` and what is different there",
}

#: The same for one of the overrides.
_OVERRIDE_KEYS = {
    "paths": "a list of patterns",
    **{key: _KEYS[key] for key in ("select", "extend-select", "ignore", "min-confidence")},
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


def holding_for(settings: Settings, path: Path) -> tuple[Settings, dict[str, str]]:
    """What the overrides make of the settings for a path, and which of them says so for each key."""
    from rmwlint.source.ignore import Rules, ignored, patterns

    found: dict[str, str] = {}
    base, whole = os.path.abspath(settings.base), os.path.abspath(path)
    for number, override in enumerate(settings.overrides, 1):
        if not ignored(whole, os.path.isdir(whole), Rules(base, patterns(override.paths), None)):
            continue
        name = f"{settings.file}, override {number}"
        if override.select:
            settings = settings._replace(
                select=override.select, extend_select=override.extend_select, ignore=override.ignore
            )
            found |= dict.fromkeys(("select", "extend-select", "ignore"), name)
        else:
            ignore = tuple(word for word in settings.ignore if word not in override.extend_select)
            settings = settings._replace(
                extend_select=(*settings.extend_select, *override.extend_select),
                ignore=(*ignore, *override.ignore),
            )
            if override.extend_select:
                found["extend-select"] = name
            if override.ignore:
                found["ignore"] = name
        if override.min_confidence is not None:
            settings = settings._replace(min_confidence=override.min_confidence)
            found["min-confidence"] = name
    return settings, found


def origins(settings: Settings) -> dict[str, str]:
    """For each key of the settings file what gives it its value: the file, or what else is known."""
    table = None if settings.file is None else _table(settings.file, _toml(settings.file))
    found = {key: "default" if table is None or key not in table else str(settings.file) for key in _KEYS}
    if found["target-python"] == "default" and settings.target_python is not None:
        found["target-python"] = "`requires-python` of the nearest pyproject.toml"
    return found


def plain(settings: Settings) -> dict[str, Any]:
    """The settings under the keys of the file, as that would write them; None for what is left open."""
    values = {key: _written(getattr(settings, key.replace("-", "_"))) for key in _KEYS}
    if settings.target_python is not None:
        values["target-python"] = ".".join(map(str, settings.target_python))
    values["overrides"] = [
        {
            key: _written(value)
            for key in _OVERRIDE_KEYS
            if (value := getattr(override, key.replace("-", "_"))) not in (None, ())
        }
        for override in settings.overrides
    ]
    return values


def _written(value: Any) -> Any:
    if isinstance(value, Confidence):
        return value.label
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_written(part) for part in value]
    return {key: list(codes) for key, codes in value.items()} if isinstance(value, Mapping) else value


def confidence_named(word: str) -> Confidence | None:
    """``"low"``, ``"medium"`` or ``"high"``; None for any other word."""
    return next((confidence for confidence in Confidence if confidence.label == word), None)


def _table(file: Path, whole: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Our table; None for a file of the shape of a ``pyproject.toml`` that has none."""
    if file.name != "pyproject.toml" and "tool" not in whole:
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
    _refuse_unknown(table, _KEYS, where)
    values = {key.replace("-", "_"): _value(key, value, file.parent, where) for key, value in table.items()}
    return Settings(base=file.parent, file=file, **values)


def _refuse_unknown(table: Mapping[str, Any], keys: Mapping[str, str], where: str) -> None:
    for key in table:
        if key not in keys:
            import difflib  # only a mistake needs it

            close = difflib.get_close_matches(key.replace("_", "-"), keys, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"the keys are {', '.join(keys)}."
            raise ConfigError(f"{where}: unknown key `{key}`; {hint}")


def _override(table: Any, number: int, base: Path, where: str) -> Override:
    where = f"{where}, override {number}"
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: must be a table, not {table!r}.")
    _refuse_unknown(table, _OVERRIDE_KEYS, where)
    if not table.get("paths"):
        raise ConfigError(f"{where}: `paths` must say where it holds: {_OVERRIDE_KEYS['paths']}.")
    return Override(**{
        key.replace("-", "_"): _value(key, value, base, where, _OVERRIDE_KEYS) for key, value in table.items()
    })  # fmt: skip


def _value(key: str, value: Any, base: Path, where: str, keys: Mapping[str, str] = _KEYS) -> Any:
    wrong = ConfigError(f"{where}: `{key}` must be {keys[key]}, not {value!r}.")
    if key == "overrides":
        if not isinstance(value, list):
            raise wrong
        return tuple(_override(table, number, base, where) for number, table in enumerate(value, 1))
    if key in ("select", "ignore", "extend-select", "exclude", "libraries", "paths"):
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
