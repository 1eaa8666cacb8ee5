"""What is under construction: the module's facts, one function's IR, one class.

How is control flow laid down in one pass, when the target of a forward jump is not known yet?
A jump to a block that does not exist yet names a label (a negative number), which
:meth:`Scope.finish` replaces by the number of the block where it was placed.

A scope is *dead* after a return, raise, break or continue, until a label that something jumps to
is placed. Statements there are still lowered (a ``yield`` after ``return`` makes a generator),
into blocks that nothing leads to.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from rmwlint.facts.model import Block, Class, Function, Op, Position

#: Blocks while their successors and exception handlers may still be labels.
Jumps = tuple[int, ...]

position_of = attrgetter("lineno", "col_offset", "end_lineno", "end_col_offset")

#: The position of what has none: an empty module.
NOWHERE = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)


class Loop:
    """The loop that ``break`` and ``continue`` mean: where they go and what they jump out of."""

    __slots__ = ("after", "broken", "depth", "header")

    def __init__(self, header: int, after: int, depth: int) -> None:
        self.header = header
        self.after = after
        self.depth = depth
        self.broken = False


class Entered(NamedTuple):
    """A ``with`` item that a jump leaves: the register of its "enter", and the handlers around it."""

    register: int
    handlers: Jumps


class Cleanup(NamedTuple):
    """A ``finally`` body that a jump out of its ``try`` runs first, and what holds while it runs."""

    body: list[ast.stmt]
    handlers: Jumps
    loops: int


class ClassBody:
    """A class under construction."""

    __slots__ = (
        "annotations",
        "fields",
        "index",
        "methods",
        "outer",
        "properties",
        "qualname",
        "self_annotations",
        "self_fields",
    )

    def __init__(self, index: int, qualname: str, outer: int | None) -> None:
        self.index = index
        self.qualname = qualname
        self.outer = outer
        self.fields: dict[str, int | None] = {}
        self.annotations: dict[str, str] = {}
        self.methods: dict[str, int] = {}
        self.properties: list[str] = []
        self.self_fields: dict[str, list[tuple[int, int]]] = {}
        self.self_annotations: dict[str, str] = {}


class ModuleFacts:
    """The facts of one module under construction."""

    __slots__ = ("classes", "copied", "exports", "functions", "imports", "package", "stars")

    def __init__(self, package: str) -> None:
        self.package = package
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.exports: tuple[str, ...] | None = None
        # None where a function or class is numbered but not finished.
        self.functions: list[Function | None] = []
        self.classes: list[Class | None] = []
        # Functions and classes inside a ``finally`` body, so that its second copy means the same ones.
        self.copied: dict[ast.AST, int] = {}


class Scope:
    """The IR of one function, lambda or module body under construction."""

    __slots__ = (
        "blocks",
        "body_class",
        "copies",
        "dead",
        "declared",
        "exits",
        "facts",
        "global_names",
        "handlers",
        "index",
        "is_generator",
        "labels",
        "local_names",
        "loops",
        "names",
        "node",
        "nodes",
        "ops",
        "prefix",
        "renames",
        "self_class",
        "self_name",
        "start",
    )

    def __init__(self, facts: ModuleFacts, index: int, prefix: str, node: ast.AST) -> None:
        self.facts = facts
        self.index = index
        # What the qualified names of the functions and classes inside start with.
        self.prefix = prefix
        self.node = node
        self.ops: list[Op] = []
        # nodes[n] gives the position of ops[n]; positions are read off in one go at the end.
        self.nodes: list[ast.AST] = []
        self.names: list[str] = []
        self.local_names: list[str] = []
        self.global_names: list[str] = []
        # Declared global or nonlocal.
        self.declared: list[str] = []
        self.blocks: list[tuple[int, int, Jumps, Jumps]] = []
        self.labels: list[int] = []
        self.start = 0
        self.dead = False
        self.handlers: Jumps = ()
        self.loops: list[Loop] = []
        # What a jump out of here has to do, innermost last: leave a ``with`` item or run a ``finally`` body.
        self.exits: list[Entered | Cleanup] = []
        # How many copies of ``finally`` bodies we are inside of.
        self.copies = 0
        # A comprehension's own names.
        self.renames: dict[str, str] = {}
        self.body_class: ClassBody | None = None
        # The name of ``self`` where there is one, and its class.
        self.self_name: str | None = None
        self.self_class: ClassBody | None = None
        self.is_generator = False

    def emit(self, op: Op, node: ast.AST) -> int:
        """Append an operation; its register."""
        self.ops.append(op)
        self.nodes.append(node)
        return len(self.ops) - 1

    def label(self) -> int:
        """A new label, to be placed later."""
        self.labels.append(-1)
        return -len(self.labels)

    def place(self, label: int) -> None:
        """Let the label mean the block that starts here. The block before must be closed."""
        self.labels[~label] = len(self.blocks)
        self.dead = False

    def unreachable(self) -> bool:
        """Whether nothing can arrive here and nothing was lowered here either."""
        return self.dead and self.start == len(self.ops)

    def close(self, successors: Jumps) -> None:
        """End the block here, with these successors; what follows is dead until a label is placed."""
        if self.start == len(self.ops):
            self.emit(("pass",), self.nodes[-1] if self.nodes else self.node)
        end = len(self.ops)
        self.blocks.append((self.start, end, successors, self.handlers))
        self.start = end
        self.dead = True

    def jump(self, target: int) -> bool:
        """End the block with a jump, unless nothing arrives here; whether it jumps."""
        if self.dead and self.start == len(self.ops):
            return False
        self.close((target,))
        return True

    def cut(self) -> None:
        """Start a new block, that the one before runs into, unless one starts here anyway."""
        if self.start != len(self.ops):
            self.close((len(self.blocks) + 1,))
            self.dead = False

    def finish(self) -> tuple[tuple[Op, ...], tuple[Position, ...], tuple[Block, ...]]:
        """The operations, their positions and their blocks."""
        blocks = self.blocks
        if not self.dead or self.start != len(self.ops) or not blocks:
            self.close(())
        labels = self.labels
        if labels:
            blocks = [
                (
                    start,
                    end,
                    tuple([jump if jump >= 0 else labels[~jump] for jump in successors]),
                    tuple([labels[~jump] for jump in handlers]) if handlers else handlers,
                )
                for start, end, successors, handlers in blocks
            ]
        return tuple(self.ops), tuple(map(position_of, self.nodes)), tuple(blocks)


#: Lowers one expression into a scope; its register.
LowerExpression = Callable[[Any, Scope], int]
#: Lowers one statement into a scope.
LowerStatement = Callable[[Any, Scope], None]
