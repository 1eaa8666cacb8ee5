"""What the linker knows of a value: a small closed set of types.

``kind`` is one of

========== ==================================================================================
module     a module of the program; ``ref`` is its ModuleView
class      a class of the program; ``ref`` is its Cls
instance   an object of such a class; ``arg``: what it holds, for managers and containers
function   a function of the program; ``ref`` is its Fn
method     a function bound to a receiver, whose type is ``arg``
external   a thing outside the program, ``name`` its qualified name
library    an object of a library type, ``name`` its full name; ``arg``: its element; ``ref``: the
           qualified name of an object that stands in a module of the library
member     an attribute of a library object, not called yet; ``arg``: the object's type
iterable   a sequence, set or iterator of ``arg``
super      ``super()`` in a method of the class ``ref``
argument   an object of the class that the caller of function ``name`` gives as parameter ``ref``
proxy      an object whose attributes are those of the modules named in ``name``, split by spaces
========== ==================================================================================

``sure`` is the confidence of the weakest step of the evidence: 3 high, 2 medium, 1 low.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Type(NamedTuple):
    """One type; the table above says which fields mean what."""

    kind: str
    name: str
    arg: Type | None = None
    ref: Any = None
    sure: int = 3

    def weaker(self, sure: int) -> Type:
        """This type, at most as sure as ``sure``."""
        return self if self.sure <= sure else self._replace(sure=sure)


def iterable(element: Type | None) -> Type | None:
    """The type of an iterable of ``element``; None where that is unknown."""
    return None if element is None else Type("iterable", "", element, None, element.sure)
