from __future__ import annotations

import io
import tempfile
from pathlib import Path

from hypothesis import given, settings

from onggi.layer.diff import apply
from onggi.layer.flatten import flatten
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack

from .items import Items, make, read_below, trees


@given(base=trees(), layers=trees(is_layer=True))
@settings(max_examples=50, deadline=None)
def test_is_the_tar_of_the_layers_put_onto_each_other(base: Items, layers: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        lower = make(Path(place, "lower"), base)
        upper = make(Path(place, "upper"), layers)
        out = io.BytesIO()
        flat = flatten([str(upper), str(lower)], out.write)
        apply(str(upper), str(lower))
        assert flat == pack(str(lower))
        again = Path(place, "again")
        again.mkdir()
        unpack(io.BytesIO(out.getvalue()), str(again))
        assert read_below(again) == read_below(lower)
