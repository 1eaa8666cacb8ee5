"""Each rewrite as a command of libcst.

    python -m libcst.tool codemod --no-format -x rmwlint.fix.commands.LockRow PATH

The class of a rewrite has the name of its module in camel case. A command mends the violations of its
rewrite's codes in one file after the other, unsafe fixes too, behind the same gate as ``rmwlint fix``. With
``modules: ['rmwlint.fix']`` in ``.libcst.codemod.yaml`` the short form ``commands.LockRow`` does; without
``--no-format``, libcst calls the formatter that is named there, or ``black``, and fails where it is not.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import libcst as cst
from libcst.codemod import CodemodCommand, SkipFile

from rmwlint.config import settings_for
from rmwlint.fix.rewrite import Rewrite
from rmwlint.fix.rewrites import rewrites
from rmwlint.fix.run import mended_text
from rmwlint.request import Request
from rmwlint.source.files import shown


class _Mends(CodemodCommand):
    """Run one rewrite on a module. The file is analysed where it lies, with the text that libcst gives."""

    REWRITE: ClassVar[str]

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The module with the violations of the rewrite mended."""
        path = self.context.filename
        if path is None:
            raise SkipFile("a rewrite needs to know which file it is in")
        request = Request(
            paths=[path],
            settings=settings_for(Path(path))._replace(include_tests=True),
            use_cache=False,
            jobs=1,
            given=(Path(shown(os.path.abspath(path))), tree.bytes),
        )
        text, reasons = mended_text(request, self.REWRITE)
        for reason in reasons:
            self.warn(reason)
        return tree if text is None else cst.parse_module(text)


def _command(rewrite: Rewrite) -> type[_Mends]:
    name = "".join(part.capitalize() for part in rewrite.name.split("_"))
    members = {
        "__doc__": rewrite.doc,
        "__module__": __name__,
        "DESCRIPTION": f"{', '.join(rewrite.codes)}: {rewrite.does}",
        "REWRITE": rewrite.name,
    }
    return type(name, (_Mends,), members)


COMMANDS = {command.__name__: command for command in map(_command, rewrites())}
globals().update(COMMANDS)
