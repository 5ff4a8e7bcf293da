"""WORKDIR: the folder is made where it is missing, and is where what follows begins."""

from __future__ import annotations

from onggi.dockerfile.syntax import Workdir
from onggi.graph.op import MakeDirectory
from onggi.lower import paths
from onggi.lower.lowering import Lowering
from onggi.lower.state import StageState


def workdir(stage: StageState, instruction: Workdir, lowering: Lowering) -> StageState:
    path = paths.resolve(stage.config.working_dir or "/", lowering.statement.expand(instruction.path, stage.variables))
    created_by = f"WORKDIR {path}"
    if path != "/":
        vertex = lowering.add(stage, MakeDirectory(path=path, owner=stage.config.user, epoch=lowering.request.epoch))
        return stage.with_config(working_dir=path).after(created_by, vertex)
    return stage.with_config(working_dir=path).after(created_by)
