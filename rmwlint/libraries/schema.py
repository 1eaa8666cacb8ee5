"""One library model's tables, checked key by key and turned into rows.

The schema is told in :mod:`rmwlint.libraries.model`; here it is a table that says, for each key, what it
may hold, and for each ``does`` which keys go with it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from rmwlint.errors import LibraryModelError
from rmwlint.libraries.index import Gives, Rows, parse_gives
from rmwlint.libraries.model import AttributeModel, BaseModel, CallModel, TypeModel

_PLACES = ("row", "rows", "file", "directory", "key", "document", "http")
_REACHES = ("thread", "task", "process", "host", "cluster", "row")
_BACKENDS = (
    *("http", "rpc", "grpc", "ssh", "smtp", "subprocess", "socket", "cloud", "cache", "driver", "storage"),
)
_SPAWNS = ("thread", "task", "loop", "process")
_LOOKS = ("presence", "listing", "detail", "count")
_READS = ("first", "value")
_EXPRESSIONS = ("count",)
_STORES = ("cache", "document", "item", "resource")
_STEPS = ("piecewise",)
_ENSURES = ("overwriting",)
_PURE = ("restricting", "serialising", "value")
_SETTINGS = ("look", "set", "exchange")
_FETCHED = ("row", "value")
_PARTS = ("partial", "named", "columns")
_RUNS = ("value",)
_WAITS = ("sleep", "join", "result", "results", "queue", "room", "lock", "poll")
_EXCEPTIONS = ("duplicate", "missing", "conflict")
_LOCK_FORMS = ("context", "acquire", "release", "decorator", "create")
_TRANSACTION_FORMS = ("context", "decorator", "begin")

# What each ``does`` allows beside the keys of every call; the keys in capitals are required.
_GOES_WITH: dict[str, str] = {
    "read": "PLACE at kind lock lock_keywords outcome session",
    "test": "PLACE at kind drops_lock session",
    "query": "place at kind narrows lock lock_keywords inside",
    "assign": "place at COLUMNS",
    "mutate": "at",
    "run": "AT kind outcome session",
    "write": "PLACE at kind COLUMNS limit guards outcome narrows drops_lock session each",
    "delta": "PLACE at columns limit outcome session",
    "swap": "PLACE at columns guards OUTCOME limit session",
    "create": "PLACE at columns exclusive expires session",
    "ensure": "PLACE at kind columns when session",
    "delete": "PLACE at kind tolerates outcome guards drops_lock session",
    "replace": "PLACE at kind",
    "flush": "session",
    "refresh": "place at lock lock_keywords session limit",
    "expression": "kind",
    "lock": "REACH FORM key widens until outcome",
    "transaction": "FORM nested readonly session",
    "commit": "session",
    "rollback": "session",
    "close": "session form",
    "enter": "AT",
    "defer": "AT",
    "backend": "KIND tolerates",
    "enqueue": "",
    "wait": "KIND",
    "switch": "form",
    "spawn": "AT kind",
    "patch": "limit",
    "serve": "limit guards",
    "hook": "at form of",
    "signal": "AT key of",
    "receive": "AT key form of",
    "pure": "form reverse kind",
    "proxy": "MODULE_FROM",
    "handles": "EXCEPTIONS",
    "suppress": "",
    "reraise": "",
    "retry": "form exceptions",
    "setting": "STATE KIND at",
    "sql": "at kind COLUMNS outcome",
    "fetch": "KIND",
}
_EVERY_CALL = "on methods functions does gives requires unless confidence why docs valued"
#: what an object of a ``shown_by`` type can be besides an attribute of another type
SHOWN_ON = ("function", "import")
_PATTERN = re.compile(r"\*|\*?\.?[^\W\d]\w*(\.[^\W\d]\w*)*\.?\*?|\*?_\*?")

Check = Callable[[Any], str | None]


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "wants a string that is not empty"


def _identifier(value: Any) -> str | None:
    return None if isinstance(value, str) and value.isidentifier() else "wants a plain name"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "wants true or false"


def _texts(value: Any) -> str | None:
    items = value if isinstance(value, list) else [value]
    if items and all(isinstance(item, str) and item for item in items):
        return None
    return "wants a string or a list of strings, none of them empty"


def _same(value: Any) -> str | None:
    items = value if isinstance(value, list) else [value]
    if items and all(isinstance(item, str) and len(item.split(" as ")) == 2 for item in items):
        return None
    return "wants a string such as 'package.models as other.models', or a list of these"


def _dotted(value: Any) -> str | None:
    problem = _texts(value)
    if problem is None:
        for name in value if isinstance(value, list) else [value]:
            if not all(part.isidentifier() for part in name.split(".")):
                return f"wants dotted names, and {name!r} is none"
    return problem


def _patterns(value: Any) -> str | None:
    problem = _texts(value)
    if problem is None:
        for name in value if isinstance(value, list) else [value]:
            if not _PATTERN.fullmatch(name):
                return f"wants names, with `*` at the front, at the end or both at most, not {name!r}"
    return problem


def _nearest(word: str, words: Collection[str]) -> str:
    near = difflib.get_close_matches(word, words, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; it knows {', '.join(sorted(words))}"


def _word(*words: str) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return f"wants one of {', '.join(words)}"
        return None if value in words else f"does not know {value!r}{_nearest(value, words)}"

    return check


def _words(*words: str) -> Check:
    def check(value: Any) -> str | None:
        problem = _texts(value)
        one = _word(*words)
        for item in [] if problem else value if isinstance(value, list) else [value]:
            problem = problem or one(item)
        return problem

    return check


def _argument(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("arg") and value[3:].isdigit()


def _word_or_argument(*words: str) -> Check:
    def check(value: Any) -> str | None:
        if _argument(value) or (isinstance(value, str) and value in words):
            return None
        known = (*words, "arg0", "arg1")
        near = _nearest(value, known) if isinstance(value, str) else f"; it knows {', '.join(known)}"
        return f"does not know {value!r}{near}"

    return check


def _at(value: Any) -> str | None:
    if isinstance(value, str) and value.startswith("keyword:") and value[8:].isidentifier():
        return None
    return _word_or_argument("self", "query", "result", "wrapped", "keyword:name")(value)


def _columns(value: Any) -> str | None:
    if isinstance(value, str) and value.startswith("keyword:") and value[8:].isidentifier():
        return None
    return _word_or_argument("all", "changed", "keywords", "content", "rest", "keyword:name")(value)


def _guards(value: Any) -> str | None:
    problem = _texts(value)
    for item in [] if problem else value if isinstance(value, list) else [value]:
        keyword, _, key = item.partition(":")
        problem = problem or _patterns(keyword)
        if ":" in item and not key:
            problem = problem or f"wants a key after the colon of {item!r}"
    return problem


def _module_from(value: Any) -> str | None:
    return None if isinstance(value, str) and value.isidentifier() else "wants a keyword's name or argN"


def _condition(value: Any) -> str | None:
    if not isinstance(value, dict) or not isinstance(value.get("keyword"), str):
        return 'wants a table such as {keyword = "name", value = true}'
    unknown = set(value) - {"keyword", "value"}
    if unknown:
        return f"has an unknown key {min(unknown)!r}{_nearest(min(unknown), ('keyword', 'value'))}"
    if not all(name.isidentifier() for name in value["keyword"].split("|")):
        return f"wants a keyword's name (or several with | between), not {value['keyword']!r}"
    wanted = value.get("value", "*")
    items = wanted if isinstance(wanted, list) else [wanted]
    if not items or not all(isinstance(item, (bool, int, str)) for item in items):
        return "wants a boolean, a number, a string or a list of these as its value"
    return None


def _widens(value: Any) -> str | None:
    if not isinstance(value, dict) or set(value) != {"keyword", "reach"} or _text(value["keyword"]):
        return 'wants a table such as {keyword = "external", reach = "host"}'
    return _word(*_REACHES)(value["reach"])


_CALL: dict[str, Check] = {
    "on": _texts,
    "methods": _patterns,
    "functions": _patterns,
    "does": _word(*_GOES_WITH),
    "gives": _text,
    "place": _word(*_PLACES),
    "at": _at,
    "columns": _columns,
    "limit": _text,
    "guards": _guards,
    "outcome": _word("count", "bool", "raises", "none"),
    "lock": _flag,
    "lock_keywords": _texts,
    "drops_lock": _flag,
    "inside": _word("transaction"),
    "narrows": _flag,
    "each": _flag,
    "exclusive": _flag,
    "when": _text,
    "tolerates": _text,
    "expires": _texts,
    "valued": _texts,
    "reach": _word(*_REACHES),
    "form": _words(*dict.fromkeys(_LOCK_FORMS + _TRANSACTION_FORMS)),
    "key": _word_or_argument("self", "none"),
    "widens": _widens,
    "until": _word("commit"),
    "nested": _flag,
    "readonly": _flag,
    "session": _word_or_argument("self"),
    "kind": _word(
        *_BACKENDS,
        *_WAITS,
        *_LOOKS,
        *_READS,
        *_STORES,
        *_SPAWNS,
        *_STEPS,
        *_ENSURES,
        *_PURE,
        *_SETTINGS,
        *_FETCHED,
        *_PARTS,
    ),
    "module_from": _module_from,
    "exceptions": _words(*_EXCEPTIONS),
    "reverse": _identifier,
    "of": _identifier,
    "state": _text,
    "requires": _condition,
    "unless": _condition,
    "confidence": _word("high", "medium", "low"),
    "why": _text,
    "docs": _text,
}
_TYPE: dict[str, Check] = {
    "name": _identifier,
    "classes": _dotted,
    "row": _word("all", "changed", "flush"),
    "keys": _dotted,
    "objects": _dotted,
    "unshared": _flag,
    "shared": _flag,
    "atomic_when": _identifier,
    "first_parameters": _texts,
    "receivers": _patterns,
    "saved_by": _texts,
    "own_methods": _texts,
    "own_columns": _dotted,
    "filled_in": _texts,
    "watched_by": _texts,
    "watched_everywhere": _texts,
    "isolated_by": _texts,
    "related_as": _patterns,
    "overridden": _texts,
    "shown_by": _texts,
    "shown_on": _texts,
    "homes": _dotted,
    "bases": _texts,
    "element": _text,
    "made_by": _patterns,
    "alone": _flag,
    "fractions": _flag,
    "one_by_key": _flag,
    "wraps": _texts,
    "makes": _text,
}
_ATTRIBUTE: dict[str, Check] = {"on": _texts, "names": _patterns, "gives": _text}
_BASE: dict[str, Check] = {
    "on": _texts,
    "field": _patterns,
    "means": _word(
        "unique",
        "version",
        "key",
        "column",
        "scalar",
        "number",
        "stamped",
        "primary",
        "table",
        "nullable",
        "unsaved",
        "label",
    ),
    "key": _text,
    "calls": _dotted,
    "keyword": _text,
}
_LIBRARY: dict[str, Check] = {
    "name": _identifier,
    "imports": _dotted,
    "threads": _dotted,
    "tasks": _dotted,
    "same": _same,
    "docs": _text,
}
_TABLES: dict[str, tuple[dict[str, Check], tuple[str, ...]]] = {
    "library": (_LIBRARY, ("name", "imports")),
    "type": (_TYPE, ("name",)),
    "attribute": (_ATTRIBUTE, ("on", "names", "gives")),
    "call": (_CALL, ("does",)),
    "base": (_BASE, ("on", "field", "means")),
}
_LISTS = frozenset(
    key
    for table in (_LIBRARY, _TYPE, _ATTRIBUTE, _CALL, _BASE)
    for key, check in table.items()
    if check in (_texts, _dotted, _patterns, _guards) or key in ("form", "exceptions")
) - {"field"}


class _At:
    """Where in which file, for the text of an error."""

    def __init__(self, file: str, table: str = "") -> None:
        self.file = file
        self.table = table

    def error(self, text: str, key: str = "") -> LibraryModelError:
        where = ", ".join(part for part in (self.file, self.table, f"key {key!r}" if key else "") if part)
        return LibraryModelError(f"{where}: {text}")


def rows_of(data: Mapping[str, Any], file: str) -> Rows:
    """The rows of one parsed TOML file, checked as far as the file alone allows.

    Type names are made full but not looked up: :func:`resolve` does that once all files are read.
    Raises LibraryModelError.
    """
    for table in data:
        if table not in _TABLES:
            raise _At(file).error(f"unknown table {table!r}{_nearest(table, _TABLES)}")
    if "library" not in data:
        raise _At(file).error("a [library] table with `name` and `imports` is missing")
    library = _checked(data["library"], "library", _At(file, "[library]"))
    name = library["name"]
    types: list[TypeModel] = []
    calls: list[CallModel] = []
    attributes: list[AttributeModel] = []
    bases: list[BaseModel] = []
    for table in ("type", "attribute", "call", "base"):
        entries = data.get(table, [])
        if not isinstance(entries, list):
            raise _At(file).error(f"{table!r} is written [[{table}]], with two brackets")
        for number, entry in enumerate(entries, 1):
            at = _At(file, f"[[{table}]] number {number}")
            row = _checked(entry, table, at)
            if table == "type":
                types.append(_type(row, name, library["imports"]))
            elif table == "call":
                calls.append(_call(row, name, at))
            elif table == "attribute":
                gives = _gives(row["gives"], name, at)
                attributes.append(AttributeModel(name, _full(row["on"], name), row["names"], gives))
            else:
                bases.append(_base(row, name))
    return Rows(
        tuple(types),
        tuple(calls),
        tuple(attributes),
        tuple(bases),
        library["imports"],
        library.get("threads", ()),
        library.get("tasks", ()),
        library.get("same", ()),
    )


def _checked(entry: Any, table: str, at: _At) -> dict[str, Any]:
    keys, required = _TABLES[table]
    if not isinstance(entry, dict):
        raise at.error(f"wants a table, not {entry!r}")
    row: dict[str, Any] = {}
    for key, value in entry.items():
        check = keys.get(key)
        if check is None:
            raise at.error(f"unknown key {key!r}{_nearest(key, keys)}")
        problem = check(value)
        if problem is not None:
            raise at.error(problem, key)
        if key in _LISTS:
            value = tuple(value) if isinstance(value, list) else (value,)
        row[key] = value
    for key in required:
        if key not in row:
            raise at.error(f"the key {key!r} is missing")
    return row


def _type(row: dict[str, Any], library: str, imports: tuple[str, ...]) -> TypeModel:
    return TypeModel(
        f"{library}.{row['name']}",
        row.get("classes", ()),
        row.get("row"),
        row.get("keys", ()),
        row.get("receivers", ()),
        _full(row.get("bases", ()), library),
        row.get("objects", ()),
        row.get("unshared", False),
        row.get("saved_by", ()),
        row.get("homes", ()),
        imports,
        _full((row["element"],), library)[0] if "element" in row else None,
        row.get("atomic_when"),
        row.get("first_parameters", ()),
        row.get("made_by", ()),
        row.get("alone", False),
        row.get("fractions", False),
        row.get("one_by_key", False),
        row.get("wraps", ()),
        row.get("own_methods", ()),
        row.get("shared", False),
        row.get("shown_by", ()),
        tuple(
            _full((name,), library)[0] if name not in SHOWN_ON else name for name in row.get("shown_on", ())
        ),
        row.get("makes"),
        row.get("own_columns", ()),
        row.get("filled_in", ()),
        row.get("watched_by", ()),
        row.get("watched_everywhere", ()),
        row.get("isolated_by", ()),
        row.get("related_as", ()),
        row.get("overridden", ()),
    )


def _base(row: dict[str, Any], library: str) -> BaseModel:
    return BaseModel(
        library,
        _full(row["on"], library),
        row["field"],
        row["means"],
        row.get("key"),
        row.get("calls", ()),
        row.get("keyword"),
    )


def _call(row: dict[str, Any], library: str, at: _At) -> CallModel:
    if "functions" not in row and "methods" not in row:
        raise at.error("neither `functions` nor `methods`: which calls does it speak of?")
    if ("on" in row) != ("methods" in row):
        raise at.error("`on` and `methods` go together: a type and the names of its methods")
    does = row["does"]
    goes_with = _GOES_WITH[does].split()
    for key in goes_with:
        if key.isupper() and key.lower() not in row:
            raise at.error(f"does = {does!r} wants the key {key.lower()!r}")
    allowed = {*_EVERY_CALL.split()} | {key.lower() for key in goes_with}
    for key in row:
        if key not in allowed:
            raise at.error(f"does not go with does = {does!r}", key)
    for key, words in (("form", _forms(does)), ("kind", _kinds(does))):
        for word in row.get(key, ()) if key == "form" else [row[key]] if key in row else []:
            if word not in words:
                raise at.error(f"does not know {word!r} for does = {does!r}{_nearest(word, words)}", key)
    for key in ("requires", "unless"):
        if key in row:
            wanted = row[key].get("value", "*")
            row[key] = (row[key]["keyword"], tuple(wanted) if isinstance(wanted, list) else wanted)
    if "widens" in row:
        row["widens"] = (row["widens"]["keyword"], row["widens"]["reach"])
    if "gives" in row:
        row["gives"] = _gives(row["gives"], library, at)
    on = _full(row.pop("on", ()), library)
    methods, functions = row.pop("methods", ()), row.pop("functions", ())
    return CallModel(library, on, methods, functions, **row)


def _forms(does: str) -> tuple[str, ...]:
    return {"lock": _LOCK_FORMS, "transaction": _TRANSACTION_FORMS}.get(does, ("decorator",))


def _kinds(does: str) -> tuple[str, ...]:
    words = {
        "wait": _WAITS,
        "test": _LOOKS,
        "read": _READS,
        "expression": _EXPRESSIONS,
        "write": _STORES,
        "ensure": _ENSURES,
        "spawn": _SPAWNS,
        "delete": _STEPS,
        "replace": _STEPS,
        "pure": _PURE,
        "setting": _SETTINGS,
        "query": _PARTS,
        "run": _RUNS,
        "sql": _FETCHED,
        "fetch": _FETCHED,
    }
    return words.get(does, _BACKENDS)


def _full(names: tuple[str, ...], library: str) -> tuple[str, ...]:
    return tuple(name if "." in name else f"{library}.{name}" for name in names)


def _gives(text: str, library: str, at: _At) -> str:
    try:
        return _written(parse_gives(text), library)
    except ValueError as error:
        raise at.error(str(error), "gives") from None


def _written(gives: Gives, library: str) -> str:
    inner = ", ".join(_written(item, library) for item in gives.of)
    if gives.kind == "any":
        return "_"
    if gives.kind == "argument":
        return f"@arg{gives.position}"
    if gives.kind == "argument_element":
        return f"@element{gives.position}"
    if gives.kind == "iterable":
        return f"[{inner}]"
    if gives.kind == "tuple":
        return f"({inner},)"
    if gives.type is None:
        return f"@{gives.kind}"
    name = gives.type if "." in gives.type else f"{library}.{gives.type}"
    if gives.kind == "class_of":
        return f"type[{name}]"
    return f"{name}[{inner}]" if inner else name


def resolve(files: Mapping[str, Rows]) -> None:
    """Check that every type that the rows of ``files`` name is there, and that no type is its own base.

    ``files`` maps the name of each file to its rows. Raises LibraryModelError.
    """
    types = {model.name: model for rows in files.values() for model in rows.types}
    for file, rows in files.items():
        named = [
            *(("type", number, model.bases, "bases") for number, model in enumerate(rows.types, 1)),
            *(
                ("type", number, tuple(name for name in of.shown_on if name not in SHOWN_ON), "shown_on")
                for number, of in enumerate(rows.types, 1)
            ),
            *(
                ("type", number, (of.element,), "element")
                for number, of in enumerate(rows.types, 1)
                if of.element
            ),
            *(("call", number, row.on, "on") for number, row in enumerate(rows.calls, 1)),
            *(("call", number, _named(row.gives), "gives") for number, row in enumerate(rows.calls, 1)),
            *(("attribute", number, of.on, "on") for number, of in enumerate(rows.attributes, 1)),
            *(
                ("attribute", number, _named(of.gives), "gives")
                for number, of in enumerate(rows.attributes, 1)
            ),
            *(("base", number, row.on, "on") for number, row in enumerate(rows.bases, 1)),
        ]
        for table, number, names, key in named:
            for name in names:
                if name not in types:
                    at = _At(file, f"[[{table}]] number {number}")
                    raise at.error(f"there is no type {name!r}{_nearest_type(name, types)}", key)
        for number, model in enumerate(rows.types, 1):
            if _reaches_itself(model.name, types):
                at = _At(file, f"[[type]] number {number}")
                raise at.error(f"{model.name!r} is its own base", "bases")


def _named(gives: str | None) -> tuple[str, ...]:
    if gives is None:
        return ()
    parsed = [parse_gives(gives)]
    names: list[str] = []
    for item in parsed:
        parsed.extend(item.of)
        if item.type is not None:
            names.append(item.type)
    return tuple(names)


def _nearest_type(name: str, types: Collection[str]) -> str:
    near = difflib.get_close_matches(name, types, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _reaches_itself(name: str, types: Mapping[str, TypeModel]) -> bool:
    seen: set[str] = set()
    waiting = list(types[name].bases)
    while waiting:
        base = waiting.pop()
        if base == name:
            return True
        if base not in seen and base in types:
            seen.add(base)
            waiting.extend(types[base].bases)
    return False
