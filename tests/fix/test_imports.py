from __future__ import annotations

import libcst as cst
import pytest

from rmwlint.fix.imports import add_imports
from rmwlint.fix.names import Bindings, Import

TRANSACTION = Import("django.db", "transaction")
F = Import("django.db.models", "F")
CONTEXTLIB = Import("contextlib", "")
PARTIAL = Import("functools", "partial")


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        ("from django.db import models\n", TRANSACTION, "from django.db import models, transaction\n"),
        ("from django.db import transaction\n", TRANSACTION, "from django.db import transaction\n"),
        ("from django.db.models import Count, Q\n", F, "from django.db.models import Count, F, Q\n"),
        ("from django.db.models import Q, Count\n", F, "from django.db.models import Q, Count, F\n"),
        ("from django.db.models import (Count, Q,)\n", F, "from django.db.models import (Count, F, Q,)\n"),
        (
            "from django.db import (\n    models,  # why\n    router,\n)\n",
            TRANSACTION,
            "from django.db import (\n    models,  # why\n    router,\n    transaction,\n)\n",
        ),
        ("import os\nimport sys\n", CONTEXTLIB, "import contextlib\nimport os\nimport sys\n"),
        ("import os, sys\n", CONTEXTLIB, "import contextlib\nimport os, sys\n"),
        (
            "# about os\nimport os\n\nimport x\n",
            PARTIAL,
            "# about os\nimport os\nfrom functools import partial\n\nimport x\n",
        ),
        ("import django\n", CONTEXTLIB, "import contextlib\n\nimport django\n"),
        ("import os\n", TRANSACTION, "import os\n\nfrom django.db import transaction\n"),
        ('"""Docs."""\n\nx = 1\n', CONTEXTLIB, '"""Docs."""\n\nimport contextlib\n\nx = 1\n'),
        ("def f():\n    pass\n", CONTEXTLIB, "import contextlib\n\n\ndef f():\n    pass\n"),
        (
            "from __future__ import annotations\n\nimport os\n",
            CONTEXTLIB,
            "from __future__ import annotations\n\nimport contextlib\nimport os\n",
        ),
        (
            "#!/usr/bin/python\n# Licence\n\nimport os\n",
            CONTEXTLIB,
            "#!/usr/bin/python\n# Licence\n\nimport contextlib\nimport os\n",
        ),
        ("import os\r\n\r\nx = 1\r\n", CONTEXTLIB, "import contextlib\r\nimport os\r\n\r\nx = 1\r\n"),
        ("from .a import b\n", CONTEXTLIB, "import contextlib\n\nfrom .a import b\n"),
        (
            "from django.db import *\n",
            TRANSACTION,
            "from django.db import *\nfrom django.db import transaction\n",
        ),
    ],
)
def test_added_once_where_it_belongs(before: str, wanted: Import, after: str) -> None:
    module = add_imports(cst.parse_module(before), [wanted, wanted])
    assert module.code == after
    assert add_imports(module, [wanted]).code == after


@pytest.mark.parametrize(
    ("code", "qualified", "written", "needs"),
    [
        ("from django.db.models import F", "django.db.models.F", "F", None),
        ("from django.db.models import F as Field", "django.db.models.F", "Field", None),
        ("from django.db import models", "django.db.models.F", "models.F", None),
        ("from django.db import models as m", "django.db.models.F", "m.F", None),
        ("import functools", "functools.partial", "functools.partial", None),
        ("", "functools.partial", "partial", PARTIAL),
        ("", "contextlib.suppress", "contextlib.suppress", CONTEXTLIB),
        ("def f():\n    from django.db.models import F", "django.db.models.F", "F", F),
    ],
)
def test_reach(code: str, qualified: str, written: str, needs: Import | None) -> None:
    reach = Bindings(cst.parse_module(code)).reach(qualified)
    assert reach is not None
    assert (reach.code, reach.needs) == (written, needs)


@pytest.mark.parametrize(
    "code",
    [
        "F = 1",
        "def f(F): pass",
        "from other import F",
        "for F in []: pass",
        "with a as F: pass",
        "class F: pass",
        "def f():\n    from other import F",
        "from django.db.models import F\nF = 1",
        "match x:\n    case F: pass",
    ],
)
def test_a_name_that_means_something_else(code: str) -> None:
    assert Bindings(cst.parse_module(code)).reach("django.db.models.F") is None
