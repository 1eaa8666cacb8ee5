"""Facts as text a person can read, for tests and debugging: ``python -m rmwlint.facts.show FILE``.

    f(order)
      locals order
      names retries save
      0: -> 1 2
         0  param 0
         1  store order = %0
         2  name order
         3  attr %2.retries
         4  branch %3

Block 0 ends in a branch: block 1 where ``order.retries`` is true, block 2 where it is not. ``%2`` is
register 2, ``#2`` function 2, ``$2`` class 2; ``except 3`` after a block's successors: an exception
inside it goes to block 3.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rmwlint.facts.lower import lower
from rmwlint.facts.model import Class, Function, Module, Op, Parameter

_MARKS = {"args": "*", "kwargs": "**"}


def show(module: Module, positions: bool = False) -> str:
    """All facts of a module; with ``positions``, where each operation stands in the source."""
    return "\n".join(_module_lines(module, positions)) + "\n"


def show_function(function: Function, positions: bool = False) -> str:
    """One function's IR with its blocks."""
    return "\n".join(_function_lines(function, positions)) + "\n"


def show_op(op: Op) -> str:
    """One operation."""
    kind = op[0]
    form = _FORMS.get(kind)
    return kind if form is None else f"{kind} {form(*op[1:])}".rstrip()


def _module_lines(module: Module, positions: bool) -> Iterator[str]:
    yield f"module {module.name}"
    yield from _named("import", module.imports)
    for star in module.stars:
        yield f"  import * = {star}"
    if module.exports is not None:
        yield f"  exports {' '.join(module.exports)}".rstrip()
    yield from _named("binding", module.bindings, "%")
    yield from _named("def", module.defs, "#")
    yield from _named("class", module.class_defs, "$")
    for cls in module.classes:
        yield ""
        yield from _class_lines(cls)
    for function in module.functions:
        yield ""
        yield from _function_lines(function, positions)


def _named(word: str, table: dict[str, Any], mark: str = "") -> Iterator[str]:
    for name, value in table.items():
        yield f"  {word} {name} = {mark}{value}"


def _class_lines(cls: Class) -> Iterator[str]:
    bases = [f"{text} %{base}" for text, base in zip(cls.base_names, cls.bases, strict=True)]
    bases += [f"{keyword}=%{register}" for keyword, register in cls.keywords]
    yield f"class {cls.qualname}({', '.join(bases)}) in #{cls.scope}"
    if cls.outer is not None:
        yield f"  outer ${cls.outer}"
    if cls.decorators:
        yield f"  decorators {_registers(cls.decorators)}"
    for name, register in cls.fields.items():
        yield f"  field {name}{_typed(cls.annotations.get(name))} = {_register(register)}"
    for name, index in cls.methods.items():
        yield f"  {'property' if name in cls.properties else 'method'} {name} = #{index}"
    for name, annotation in cls.self_annotations.items():
        yield f"  self.{name}: {annotation}"
    for name, stores in cls.self_fields.items():
        places = ", ".join(f"#{index} %{register}" for index, register in stores)
        yield f"  self.{name} = {places}"


def _function_lines(function: Function, positions: bool) -> Iterator[str]:
    yield _signature(function)
    if function.decorators:
        yield f"  decorators {_registers(function.decorators)}"
    for word, names in (
        ("locals", function.locals),
        ("global", function.global_names),
        ("names", function.names),
    ):
        if names:
            yield f"  {word} {' '.join(sorted(names))}"
    for number, (start, end, successors, handlers) in enumerate(function.blocks):
        line = f"  {number}:"
        if successors:
            line += f" -> {' '.join(map(str, successors))}"
        if handlers:
            line += f" except {' '.join(map(str, handlers))}"
        yield line
        for register in range(start, end):
            text = f"    {register:>2}  {show_op(function.ops[register])}"
            if positions:
                line_from, column, line_to, end_column = function.spans[register]
                text += f"  @{line_from}:{column}-{line_to}:{end_column}"
            yield text


def _signature(function: Function) -> str:
    words = []
    if function.is_async:
        words.append("async")
    if function.is_generator:
        words.append("generator")
    params = ", ".join(map(_parameter, function.params))
    returns = f" -> {function.returns}" if function.returns is not None else ""
    words.append(f"{function.qualname}({params}){returns}")
    if function.owner is not None:
        words.append(f"of ${function.owner}")
    if function.parent:
        words.append(f"in #{function.parent}")
    return " ".join(words)


def _parameter(parameter: Parameter) -> str:
    text = _MARKS.get(parameter.kind, "") + parameter.name + _typed(parameter.annotation)
    if parameter.kind in ("positional", "keyword"):
        text += f" [{parameter.kind}]"
    if parameter.default is not None:
        kind, value = parameter.default
        text += f" = {value!r}" if kind == "const" else f" = ({value})"
    return text


def _typed(annotation: str | None) -> str:
    return "" if annotation is None else f": {annotation}"


def _register(register: int | None) -> str:
    return "-" if register is None else f"%{register}"


def _registers(registers: tuple[int, ...]) -> str:
    return " ".join([f"%{register}" for register in registers])


def _optional(register: int | None) -> str:
    return "" if register is None else f"%{register}"


def _call(callee: int, args: tuple[int, ...], kwargs: tuple[tuple[str, int], ...]) -> str:
    parts = [f"%{arg}" for arg in args]
    parts += [f"**%{value}" if name == "**" else f"{name}=%{value}" for name, value in kwargs]
    return f"%{callee}({', '.join(parts)})"


def _compare(symbols: tuple[str, ...], registers: tuple[int, ...]) -> str:
    pairs = zip(symbols, registers[1:], strict=True)
    return f"%{registers[0]}" + "".join([f" {symbol} %{register}" for symbol, register in pairs])


def _dict(pairs: tuple[tuple[int | None, int], ...]) -> str:
    parts = [f"**%{value}" if key is None else f"%{key}: %{value}" for key, value in pairs]
    return f"{{{', '.join(parts)}}}"


def _defined(name: str, index: int, decorators: tuple[int, ...], mark: str) -> str:
    return " ".join([f"{name} = {mark}{index}", *(f"@%{register}" for register in decorators)])


_FORMS: dict[str, Callable[..., str]] = {
    "const": repr,
    "name": str,
    "attr": lambda owner, name: f"%{owner}.{name}",
    "item": lambda owner, index: f"%{owner}[%{index}]",
    "call": _call,
    "star": lambda register: f"*%{register}",
    "binop": lambda symbol, left, right: f"%{left} {symbol} %{right}",
    "inplace": lambda symbol, left, right: f"%{left} {symbol}= %{right}",
    "unary": lambda symbol, register: f"{symbol} %{register}",
    "compare": _compare,
    "bool": lambda symbol, registers: f" {symbol} ".join([f"%{register}" for register in registers]),
    "choose": lambda test, then, otherwise: f"%{then} if %{test} else %{otherwise}",
    "build": lambda kind, registers: f"{kind} {_registers(registers)}",
    "dict": _dict,
    "lambda": "#{}".format,
    "typed": lambda register, annotation: f"%{register}: {annotation}",
    "await": _optional,
    "yield": _optional,
    "yieldfrom": _optional,
    "element": _optional,
    "unpack": lambda register, index, size: f"%{register} {index} of {size}",
    "collect": lambda kind, element, key: f"{kind} {'' if key is None else f'%{key}: '}%{element}",
    "param": str,
    "caught": _optional,
    "store": "{} = %{}".format,
    "delete": str,
    "setattr": "%{}.{} = %{}".format,
    "delattr": "%{}.{}".format,
    "setitem": "%{}[%{}] = %{}".format,
    "delitem": "%{}[%{}]".format,
    "import": "{} = {}".format,
    "def": lambda name, index, decorators: _defined(name, index, decorators, "#"),
    "class": lambda name, index, decorators: _defined(name, index, decorators, "$"),
    "field": lambda index, name, register: f"${index}.{name} = {_register(register)}",
    "test": _optional,
    "enter": lambda context, is_async: f"%{context}{' async' if is_async else ''}",
    "leave": _optional,
    "return": _optional,
    "raise": _optional,
    "branch": _optional,
    "loop": _optional,
}


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        path = Path(argument)
        package = path.stem == "__init__"
        name = path.parent.name if package else path.stem
        sys.stdout.write(show(lower(ast.parse(path.read_bytes()), name, argument, package), positions=True))
