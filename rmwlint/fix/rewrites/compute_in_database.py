"""`order.retries += 1; order.save()` → `order.retries = F("retries") + 1; order.save(update_fields=[…])`.

The database computes the new value from the one that it has. `refresh_from_db` follows where the object is
used later, for it holds an expression then, which a second save would apply again.

Safe where an integer is added to a plain number column, the class and all columns are known and the object
stays in the function: one actor ends with the same number. Unsafe otherwise: the database rounds and treats
NULL in its own way, and whoever else sees the object meets an expression. Left where the old value also
decides something: then the row must be locked.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.arithmetic import computed
from rmwlint.fix.change import Change, Left, Replacement, replaced
from rmwlint.fix.names import dotted
from rmwlint.fix.project import mentioned
from rmwlint.fix.rewrite import SAFE, UNSAFE, Rewrite, elsewhere, hint, hinted
from rmwlint.fix.rewrites.save_changed_columns import doubt_about, naming
from rmwlint.fix.shapes import (
    Saved,
    argument,
    attribute_of,
    is_called,
    is_store,
    loop_around,
    quoted,
    saved,
    statement_of,
    uses,
)
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW104",
    library="Django",
    does='`obj.n += k` → `obj.n = F("n") + k`, saved alone, read again where it is used later',
    safe="an integer is added to a known number column of a row that stays in the function",
    unsafe="the database may round in another way, or others see the object",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    if hint(violation, "row") != "django.Model":
        return Left("it is no row of Django", foreign=True)
    found = saved(source, violation)
    if isinstance(found, Left):
        return found
    name = hint(violation, "attribute")
    target = _target(source, violation, name)
    if target is None or dotted(target.value) != found.written:
        return Left(f"`{name}` is not set by a plain assignment")
    if name not in hinted(violation, "arithmetic"):
        return Left(f"`{name}` is not known to be a plain number")
    if hint(violation, "own-save"):
        return Left("a `save` of its class's own would see an expression instead of a number")
    reach = source.bindings.reach("django.db.models.F")
    if reach is None:
        return Left("the name `F` is taken")
    found_sum = computed(source, target, f"{reach.code}({quoted(source, name)})")
    if found_sum is None:
        return Left(f"`{name}` is computed by more than +, - and *")
    statement, new, amounts = found_sum
    later = _later(source, found, target, name, statement)
    if isinstance(later, Left):
        return later
    replacements: dict[cst.CSTNode, Replacement] = {statement: new}
    if argument(found.call, "update_fields") is None:
        call = naming(source, violation, found)
        if isinstance(call, Left):
            return call
        replacements[found.call] = call
    if later:
        refreshed = _refreshed(source, found, name, replacements)
        if isinstance(refreshed, Left):
            return refreshed
        replacements = refreshed
    doubt = _doubt(source, violation, found, name, amounts)
    return Change(
        replacements,
        (reach.needs,) if reach.needs else (),
        UNSAFE if doubt else SAFE,
        f"lets the database compute `{name}`" + (f" ({doubt})" if doubt else ""),
    )


def _target(source: Source, violation: Violation, name: str) -> cst.Attribute | None:
    for step in violation.steps:
        node = source.at(step.span, cst.Attribute) if step.path == violation.path else None
        if node is not None and node.attr.value == name and is_store(source, node):
            return node
    return None


def _later(
    source: Source, found: Saved, target: cst.Attribute, name: str, statement: cst.CSTNode
) -> bool | Left:
    """Whether the object is used after the save; Left where its old number is used for something else."""
    loop = loop_around(source, found.call)
    if loop is not None and not any(
        source.inside(use, loop) and source.before(use, target) and _is_bound(source, use)
        for use in uses(source, loop, found.written)
    ):
        return Left(f"`{found.written}` is saved again by the next turn of the loop")
    later = not found.is_local or _is_parameter(found)
    for use in uses(source, found.function, found.written):
        if source.inside(use, statement) or use is found.object:
            continue
        attribute = attribute_of(source, use)
        if source.before(found.call, use):
            later = True
        if attribute is None:
            continue
        if is_called(source, attribute) and attribute.attr.value in ("save", "asave"):
            if source.before(target, use):
                return Left(f"`{found.written}` is saved in more than one place")
        elif attribute.attr.value == name and not source.before(found.call, use):
            return Left(f"`{found.written}.{name}` is used for something else before it is saved")
    return later


def _is_bound(source: Source, use: cst.CSTNode) -> bool:
    above = source.parent(use)
    while isinstance(above, (cst.Tuple, cst.List, cst.Element)):
        above = source.parent(above)
    return isinstance(above, (cst.AssignTarget, cst.For, cst.AsName, cst.NamedExpr))


def _is_parameter(found: Saved) -> bool:
    if not isinstance(found.function, cst.FunctionDef):
        return True
    given = found.function.params
    named = [*given.posonly_params, *given.params, *given.kwonly_params]
    return any(param.name.value == found.written for param in named)


def _refreshed(
    source: Source, found: Saved, name: str, replacements: dict[cst.CSTNode, Replacement]
) -> dict[cst.CSTNode, Replacement] | Left:
    """The same with ``refresh_from_db`` after the save."""
    line = source.statement(found.call)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return Left("the save does not stand on a line of its own")
    if not isinstance(line.body[0], cst.Expr):
        return Left("what the save returns is used")
    inner = {node: new for node, new in replacements.items() if source.inside(node, line)}
    outer = {node: new for node, new in replacements.items() if node not in inner}
    following = source.neighbours(line)[source.position(line) + 1 :]
    fields = _refreshes(source, following[0], found.written) if following else None
    if fields is not None and following:
        known = {
            element.value.evaluated_value
            for element in fields.elements
            if isinstance(element.value, cst.SimpleString)
        }
        if name not in known:
            more = [*fields.elements, cst.Element(cst.SimpleString(quoted(source, name)))]
            outer[fields] = fields.with_changes(elements=_spaced(more))
        return {**outer, **inner}
    awaited = isinstance(line.body[0].value, cst.Await)
    call = f"{found.written}.{'arefresh_from_db' if awaited else 'refresh_from_db'}"
    refresh = statement_of(source, f"{'await ' if awaited else ''}{call}(fields=[{quoted(source, name)}])")
    outer[line] = cst.FlattenSentinel([replaced(line, inner), refresh])
    return outer


def _refreshes(source: Source, statement: cst.CSTNode, written: str) -> cst.List | None:
    """The list of fields of ``order.refresh_from_db(fields=[…])``."""
    for call in source.within(statement, cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value.endswith("refresh_from_db"):
            given = argument(call, "fields")
            if dotted(call.func.value) == written and given is not None and isinstance(given.value, cst.List):
                return given.value
    return None


def _spaced(elements: list[Any]) -> list[Any]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [*(one.with_changes(comma=comma) for one in elements[:-1]), elements[-1]]


def _doubt(
    source: Source, violation: Violation, found: Saved, name: str, amounts: list[cst.BaseExpression]
) -> str:
    doubt = doubt_about(source, violation, found)
    if doubt:
        return doubt
    if not all(isinstance(amount, cst.Integer) for amount in amounts):
        return "the database may round in another way"
    if mentioned("post_save", violation.path):
        return "the project has receivers of `post_save`, which would see an expression"
    return ""
