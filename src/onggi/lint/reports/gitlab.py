"""GitLab's code quality report: Code Climate's issues as one array."""

from __future__ import annotations

import json
from collections.abc import Sequence

from onggi.lint.reports.codeclimate import issues
from onggi.lint.reports.sheet import Look, Sheet


def render(sheets: Sequence[Sheet], look: Look) -> str:
    return json.dumps(list(issues(sheets, look)), ensure_ascii=False, indent=1) + "\n"
