"""The facts of one module: what a pure function of its bytes can know.

Everything here is tuples, strings, numbers, booleans and None all the way down, so that
``marshal`` can store it and any process can compute it. A :class:`Function` is a linear
intermediate representation (IR): a tuple of operations cut into basic blocks.

Registers
---------
Operation number *n* of a function defines register *n*. Operands are register numbers of the
same function. Operations that define nothing waste their number, which keeps the rule simple.

Operations (``ops[n]``; the first element is the opcode)
--------------------------------------------------------
Values::

    ("const", value)                    str, bytes, int, float, bool, None, Ellipsis (as None)
    ("name", identifier)                load of a local, enclosing, module or builtin name
    ("attr", object, name)              load of an attribute
    ("item", object, index)             load of an item; a slice is ("build", "slice", parts)
    ("call", callee, args, kwargs)      args: registers; kwargs: (keyword, register) pairs.
                                        a starred argument is the register of a ("star", r) op;
                                        ``**r`` is the pair ("**", r)
    ("star", r)                         ``*r`` in a call or display
    ("binop", symbol, left, right)      symbol as written: "+", "|", "%", …
    ("inplace", symbol, left, right)    the same out of an augmented assignment
    ("unary", symbol, r)                "not", "-", "+", "~"
    ("compare", symbols, registers)     symbols: ("==",), ("is not",), ("not in",), ("<", "<=") …
    ("bool", "and" | "or", registers)   the operands of a boolean expression used as a value
    ("choose", test, then, otherwise)   a conditional expression
    ("build", kind, registers)          kind: list tuple set fstring slice. fstring (also t"…"): the
                                        literal parts as constants and the values in between;
                                        slice: start, stop and, where written, step
    ("dict", pairs)                     (key register | None for ``**``, value register) pairs
    ("lambda", function)                index in Module.functions
    ("typed", r, annotation)            the value of an annotated assignment to a name
    ("await", r)   ("yield", r | None)  ("yieldfrom", r)
    ("element", iterable)               one element of it: a for loop's or comprehension's target
    ("unpack", r, index, size)          element ``index`` of ``size`` of an unpacked value; size 0
                                        where it is open (a starred target, a class pattern)
    ("collect", kind, element, key)     the value of a comprehension; kind: list set dict generator;
                                        element and key (None but for dict) are registers
    ("param", index)                    the entry value of parameter ``index``; the first ops of a
                                        function, each followed by its ("store", name, r)
    ("caught", type | None)             the exception an ``except`` clause caught, bound or not:
                                        in the first block of every clause

Effects::

    ("store", identifier, r)            ("delete", identifier)
    ("setattr", object, name, r)        ("delattr", object, name)
    ("setitem", object, index, r)       ("delitem", object, index)
    ("import", identifier, qualified)   an import inside this scope (also listed in Module.imports
                                        when at module level); identifier "*" for a star import
    ("def", identifier, function, decorators)     decorators: registers, outermost first. Of a method
                                        (owner is not None) it binds a name of the class only
    ("class", identifier, class_index, decorators)      likewise, where ``outer`` is not None
    ("field", class_index, name, r)     class-level assignment or annotation (r may be None); every
                                        other binding in a class body too, such as an import
    ("test", r)                         a condition that no control flow here depends on
                                        (comprehension ifs, ``assert`` keeps "branch")
    ("enter", context, is_async)        enter a ``with`` item; the register is what ``as`` binds
    ("leave", enter)                    leave it; emitted on every path out but exceptional ones
    ("return", r | None)   ("raise", r | None)
    ("branch", r)                       ends a block; successors (true, false)
    ("loop", r)                         ends a block; successors (body, after)
    ("pass",)                           keeps an empty block addressable

``and``/``or``/``not`` in the test of ``if``, ``while``, ``assert`` are NOT lowered to control
flow: one "branch" on the whole condition, whose operands say what it looks at. ``x += y`` is
load, "inplace", store. Chained and tuple assignments store each target; of ``a, b = x, y`` each its
own value, with no tuple in between. The walrus is the value, a "store" of it, and stands for the
value. A comprehension's targets are stored under ``"name'"`` (with an apostrophe, or more where
nested ones share a name), so they never clobber the function's own names, and its loads use that
name. The body of a class is lowered into the scope around it.

``match``: each case is a condition (``==``, ``is``, a call of ``isinstance``, ``and``, ``or``; the
subject itself where only its shape is asked), a "branch" on it, the "store" of each capture, and a
"branch" on the guard where there is one. ``assert`` is a "branch" around raising AssertionError.

Control flow
------------
``blocks[k] = (start, end, successors, handlers)``: operations ``start <= n < end`` run in order,
then one of ``successors`` (block numbers; none for return/raise and the function's end). ``handlers``:
the blocks an exception inside this block may go to (``except`` and ``finally`` entries of the
innermost enclosing ``try``, and of the next outer ones for as long as no clause catches everything
and no ``finally`` stands between). Block 0 is the entry. Blocks are in source order, so that a pass
over them in number order sees every predecessor but the back edges of loops first. Blocks that
nothing leads to hold unreachable code.
A ``finally`` body is lowered once for the normal path and once for the exceptional path (which
ends without successors, or goes on to the next outer handlers). A ``return``, ``break`` or
``continue`` that jumps out runs its own copy on the way, before the jump, and leaves the ``with``
items it jumps out of, innermost first: ``with lock: try: return f() finally: g()`` is f, g, leave,
return. (Copies end with operation 50 000: then a ``finally`` body is lowered once for all paths.)

Positions: ``spans[n] = (line, column, end_line, end_column)``; lines from 1, columns in UTF-8
bytes from 0 as ``ast`` gives them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Op = tuple[Any, ...]
Block = tuple[int, int, tuple[int, ...], tuple[int, ...]]
Position = tuple[int, int, int, int]

#: Raise it whenever the meaning of anything in this file changes: cached facts go stale with it.
FORMAT = 3


class Parameter(NamedTuple):
    """One parameter. ``kind``: ``positional`` (also "/"), ``any``, ``args``, ``keyword``, ``kwargs``.

    ``annotation`` is the annotation as written (``"Optional[Order]"``), string annotations unquoted,
    None where there is none. ``default`` is ``("const", value)`` for a constant, ``("expr", text)``
    for any other default (evaluated in the ops of the scope around), None where there is none.
    """

    name: str
    kind: str
    annotation: str | None
    default: tuple[str, Any] | None


class Function(NamedTuple):
    """One function, lambda, or module body.

    ``qualname``: ``Class.method``, ``outer.inner`` (no ``<locals>``), ``<module>``, ``outer.<lambda:12>``.
    ``owner``: index of the class whose body defines it, else None. ``parent``: index of the
    function (or module body, 0) around it; None for the module body.
    ``decorators``: registers in the *parent's* ops. ``locals``: names bound in it (parameters too),
    without those declared global or nonlocal. ``names``: every attribute name, called name
    (decorators are called) and keyword that occurs in it, not in the functions inside it: the cheap
    answer to "can this function matter?".
    ``doc`` is not kept. ``line``/``end_line`` span from the first decorator to the last line.
    """

    name: str
    qualname: str
    line: int
    end_line: int
    owner: int | None
    parent: int | None
    params: tuple[Parameter, ...]
    returns: str | None
    decorators: tuple[int, ...]
    is_async: bool
    is_generator: bool
    locals: frozenset[str]
    global_names: frozenset[str]
    names: frozenset[str]
    ops: tuple[Op, ...]
    spans: tuple[Position, ...]
    blocks: tuple[Block, ...]


class Class(NamedTuple):
    """One class. Registers are in the ops of ``scope``, the function (or module body) around it.

    ``bases``: registers; ``base_names``: the same as written (``"models.Model"``, subscripts dropped).
    ``keywords``: (name, register) pairs. ``fields``: name → register (None for a bare annotation);
    ``annotations``: name → annotation as written. ``methods``: name → function index (the last
    definition wins; a property's getter, not its setter). ``properties``: names of methods decorated
    ``property``/``cached_property``. ``self_fields``: attribute name → tuple of (function index,
    register) of each ``self.<name> = value`` in its methods and the functions inside them, whatever
    ``self`` is called there (``cls`` too); ``self_annotations``: name → annotation.
    """

    name: str
    qualname: str
    line: int
    end_line: int
    scope: int
    outer: int | None
    bases: tuple[int, ...]
    base_names: tuple[str, ...]
    keywords: tuple[tuple[str, int], ...]
    decorators: tuple[int, ...]
    fields: dict[str, int | None]
    annotations: dict[str, str]
    methods: dict[str, int]
    properties: frozenset[str]
    self_fields: dict[str, tuple[tuple[int, int], ...]]
    self_annotations: dict[str, str]


class Module(NamedTuple):
    """One module.

    ``name``: dotted (``shop.orders``; a package's ``__init__`` has the package's name).
    ``imports``: local name → qualified name, at module level, also under ``if``/``try``
    (``import a.b`` binds ``a`` → ``a``; relative ones made absolute). ``stars``: modules imported
    with ``*``. ``bindings``: module-level name → register in ``functions[0]`` of its last
    assignment. ``defs``: module-level function name → function index; ``class_defs``: module-level
    class name → class index. ``exports``: ``__all__`` where it is a display of constants, else None.
    """

    name: str
    path: str
    is_package: bool
    imports: dict[str, str]
    stars: tuple[str, ...]
    bindings: dict[str, int]
    defs: dict[str, int]
    class_defs: dict[str, int]
    exports: tuple[str, ...] | None
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
