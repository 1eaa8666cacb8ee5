"""The built-in checks.

The wheel carries them in this folder. In a checkout this folder is empty and they
live in the top-level ``checks`` folder.
"""

from pathlib import Path

_here = Path(__file__).resolve().parent
if not any(_here.glob("[!_]*.py")):
    __path__.append(str(_here.parents[1] / "checks"))
