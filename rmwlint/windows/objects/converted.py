"""Rows that are only converted for whoever asked for them: ``return decrypted(session.query(Source).one())``.

What such a function puts into the row comes from the row alone, and nothing has it written: it is the row as
its callers want to see it.
"""

from __future__ import annotations

from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.watched import commits
from rmwlint.windows.values import Event


def converted(fn: Fn, write: Event) -> bool:
    """Whether a column is set by a function that is given nothing but the row and returns it, and neither
    that nor its caller has it written."""
    if not write.trail:
        return False
    helper, number = write.trail[-1]
    params = helper.facts.params
    if len(params) != 1 or helper.first_is_self or helper.facts.ops[number][0] != "setattr":
        return False
    if commits(fn) or any(commits(caller) for caller, _ in write.trail):
        return False
    ops = helper.facts.ops
    returned = [ops[op[1]] for op in ops if op[0] == "return" and op[1] is not None]
    return bool(returned) and all(
        one == ("name", params[0].name) or one == ("const", None) for one in returned
    )
