"""The other actor, where it is not a second caller of the same function that loses something."""

from __future__ import annotations

import ast

from rmwlint.prove.subject import Model, Subject
from rmwlint.prove.values import MAPPING, TRUTH, kind_of


def rival(subject: Subject, model: Model) -> str | None:
    """What the other does in between to a Django row: changes another column, or another entry, as is right.

    None where a second caller of the same function does it; empty where nothing else can be changed.
    """
    if subject.violation.code == "RMW202":
        found = other_column(subject, model)
        if found is None:
            return ""
        return f"{model.name}._base_manager.filter(pk=row.pk).update({found[0]}={found[1]})"
    if subject.violation.code == "RMW105":
        column = dict(subject.violation.hints).get("attribute", "")
        definition = model.columns.get(column)
        if definition is None:
            return None
        kind = kind_of(definition)
        if kind not in (MAPPING, ("[]", "[]")):
            return None
        change = f'other.{column}["theirs"] = 2' if kind == MAPPING else f'other.{column}.append("theirs")'
        return (
            "with transaction.atomic():\n"
            f"        other = {model.name}._base_manager.select_for_update().get(pk=row.pk)\n"
            f"        {change}\n"
            f'        other.save(update_fields=["{column}"])'
        )
    return None


def other_column(subject: Subject, model: Model) -> tuple[str, str] | None:
    """A column that the function does not touch, and another value for it."""
    touched = {node.attr for node in ast.walk(subject.function) if isinstance(node, ast.Attribute)}
    touched |= {value for key, value in subject.violation.hints if key in ("column", "stamped")}
    for name, definition in model.columns.items():
        kind = kind_of(definition)
        if name in touched or name in model.keys or kind is None or "primary_key" in ast.unparse(definition):
            continue
        return name, "True" if kind == TRUTH else kind[1] if kind[1] != "[]" else '["theirs"]'
    return None
