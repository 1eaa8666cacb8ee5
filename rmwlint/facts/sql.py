"""What one statement of SQL does: to which table, which columns, under which conditions.

Read are statements on one table, as windows need them; of any other, nothing is known.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

#: text in quotes, or a placeholder of any of the styles that drivers take
_PLACES = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | (?P<word>%\(\w+\)s) | (?P<next>%s|\?) | \$(?P<number>\d+)
    | (?<![:\w])(?P<colon>:\w+)""",
    re.VERBOSE,
)
_BEGINS = re.compile(r"\s*(?:select|update|insert|replace|delete)\b", re.IGNORECASE)
_IGNORES = re.compile(r"\s*insert\s+ignore\b", re.IGNORECASE)
#: what no reader takes for a word of a statement
_MARK = "rmw_value_"


class Statement(NamedTuple):
    """``does``: select, count (any figure of all rows), insert, update or delete. ``columns``: those that are
    asked for, or set, each with its value: ``("value", which)`` for one that is handed over, by position or
    name; ``("const", it)``; None where the database computes it. ``conditions``: columns that must equal such
    a value, ``?`` for any other condition. ``locks``: it locks the rows. ``tolerates``: what is there already
    is no error.
    """

    does: str
    table: str
    columns: tuple[tuple[str, Any], ...] = ()
    conditions: tuple[tuple[str, Any], ...] = ()
    locks: bool = False
    tolerates: bool = False


@lru_cache(maxsize=1024)
def statement(text: str) -> Statement | None:
    """What a statement does, None where it cannot be told."""
    if _BEGINS.match(text) is None or len(text) > 4000:
        return None
    import sqlglot  # takes longer to import than most files take to check
    from sqlglot import errors, expressions

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    values: list[Any] = []
    ignores = _IGNORES.match(text) is not None
    marked = _PLACES.sub(lambda match: _marked(match, values), text)
    if ignores:
        marked = re.sub(r"(?i)^(\s*insert)\s+ignore\b", r"\1", marked)
    try:
        parsed = sqlglot.parse(marked)
    except (errors.SqlglotError, RecursionError):
        return None
    if len(parsed) != 1 or parsed[0] is None:
        return None
    tree: Any = parsed[0]
    reader = _Reader(expressions, values)
    if isinstance(tree, expressions.Select):
        return reader.select(tree)
    if isinstance(tree, expressions.Update):
        return reader.update(tree)
    if isinstance(tree, expressions.Insert):
        return reader.insert(tree, ignores)
    if isinstance(tree, expressions.Delete):
        return reader.delete(tree)
    return None


def _marked(match: re.Match[str], values: list[Any]) -> str:
    if match["next"]:
        values.append(sum(isinstance(value, int) for value in values))
    elif match["number"]:
        values.append(int(match["number"]) - 1)
    elif match["word"]:
        values.append(match["word"][2:-2])
    elif match["colon"]:
        values.append(match["colon"][1:])
    else:
        return match[0]
    return f"{_MARK}{len(values) - 1}"


class _Reader:
    def __init__(self, expressions: Any, values: list[Any]) -> None:
        self.kinds = expressions
        self.values = values

    def select(self, tree: Any) -> Statement | None:
        """A query of one table; None for joins, groups and unions."""
        source = tree.args.get("from_") or tree.args.get("from")
        table = self.table(source.this) if source is not None else ""
        if not table or tree.args.get("joins") or tree.args.get("group"):
            return None
        columns: list[tuple[str, Any]] = []
        figures = 0
        for expression in tree.expressions:
            figures += bool(list(expression.find_all(self.kinds.AggFunc)))
            asked = expression.this if isinstance(expression, self.kinds.Alias) else expression
            columns.append((str(asked.name) if self.column(asked) else "", None))
        conditions = tuple(self.conditions(tree))
        does = "count" if figures else "select"
        return Statement(does, table, tuple(columns), conditions, bool(tree.args.get("locks")))

    def update(self, tree: Any) -> Statement | None:
        table = self.table(tree.this)
        if not table or tree.args.get("from_") or tree.args.get("from"):
            return None
        columns = tuple(
            (str(each.this.name), self.value(each.expression))
            for each in tree.expressions
            if isinstance(each, self.kinds.EQ) and self.column(each.this)
        )
        return Statement("update", table, columns, tuple(self.conditions(tree)))

    def insert(self, tree: Any, ignores: bool) -> Statement | None:
        target = tree.this
        named = isinstance(target, self.kinds.Schema)
        names = [str(each.name) for each in target.expressions] if named else []
        table = self.table(target.this if names else target)
        if not table:
            return None
        rows = tree.expression
        values: list[Any] = []
        if isinstance(rows, self.kinds.Values) and len(rows.expressions) == 1:
            values = [self.value(each) for each in rows.expressions[0].expressions]
        columns = tuple(zip(names, values)) if len(names) == len(values) else ()
        tolerates = ignores or bool(tree.args.get("conflict") or tree.args.get("alternative"))
        return Statement("insert", table, columns, (), False, tolerates or not values)

    def delete(self, tree: Any) -> Statement | None:
        table = self.table(tree.this)
        return Statement("delete", table, (), tuple(self.conditions(tree))) if table else None

    def table(self, tree: Any) -> str:
        return str(tree.name) if isinstance(tree, self.kinds.Table) and not tree.args.get("joins") else ""

    def conditions(self, tree: Any) -> Iterator[tuple[str, Any]]:
        where = tree.args.get("where")
        pending = [where.this] if where is not None else []
        while pending:
            each = pending.pop(0)
            if isinstance(each, self.kinds.And):
                pending[:0] = [each.this, each.expression]
            elif isinstance(each, self.kinds.Paren):
                pending.insert(0, each.this)
            elif isinstance(each, self.kinds.EQ) and self.column(each.this):
                yield str(each.this.name), self.value(each.expression)
            elif isinstance(each, self.kinds.EQ) and self.column(each.expression):
                yield str(each.expression.name), self.value(each.this)
            else:
                yield "?", None

    def column(self, tree: Any) -> bool:
        return isinstance(tree, self.kinds.Column) and self.marked(tree) is None

    def marked(self, tree: Any) -> int | None:
        name = str(tree.name) if isinstance(tree, self.kinds.Column) else ""
        return int(name[len(_MARK) :]) if name.startswith(_MARK) else None

    def value(self, tree: Any) -> Any:
        number = self.marked(tree)
        if number is not None:
            return "value", self.values[number]
        if isinstance(tree, self.kinds.Literal):
            return "const", tree.to_py()
        if isinstance(tree, self.kinds.Null):
            return "const", None
        if isinstance(tree, self.kinds.Boolean):
            return "const", bool(tree.this)
        return None
