"""Go's text/template as people use it in `--format`.

    >>> parse("{{.Name}}: {{range .Tags}}{{upper .}} {{end}}").render({"Name": "api", "Tags": ["v1", "v2"]})
    'api: V1 V2 '

The whole language but `define`, `template` and `block`. Data is what JSON gives. A dict is a Go struct, where an
unknown field is an error, unless it is an `OpenMap`, a Go map, where it is a value that is not there.
"""

from __future__ import annotations

from onggi.cli.template.errors import TemplateError
from onggi.cli.template.evaluate import Template, parse
from onggi.cli.template.values import NilList, NilMap, OpenMap, Tagged

__all__ = ["NilList", "NilMap", "OpenMap", "Tagged", "Template", "TemplateError", "parse"]
