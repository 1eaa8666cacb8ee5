"""One function and its callees interpreted into windows: a read, what depends on it, and the write.

``view`` is what a check sees of a function, ``story`` tells a window as steps and as two actors. Below them
lie the rooms by what is shared: ``objects``, ``memory``, ``files``, ``transactions``, ``creations``. Then
comes ``find``, which pairs reads with writes, and with it ``guards`` and ``concurrency``, which say what
keeps others out, and who there is to be kept out. At the bottom, ``interpreter`` gives the events of one
function.
"""
