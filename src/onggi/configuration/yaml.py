"""YAML as a document that knows its lines."""

from __future__ import annotations

from typing import Any

import yaml

from onggi.configuration.document import Cell, Path
from onggi.errors import Invalid


def document(text: str, name: str) -> Cell:
    """Raises Invalid, with the line, for what is no YAML. An empty file is an empty table."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        values: Any = {} if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark is not None else name
        raise Invalid(f"{place}: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML has not; a date that is none
        raise Invalid(f"{name}: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise Invalid(f"{name} is nested too deeply") from error
    return Cell(name, _NodeLines(node), {} if values is None else values)


class _NodeLines:
    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def line(self, path: Path, text: str) -> int:
        node, line = self._root, 0
        for part in path:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node = node.value[part]
                line = node.start_mark.line
            elif isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(part):
                        node, line = value, key.start_mark.line
        return line + 1
