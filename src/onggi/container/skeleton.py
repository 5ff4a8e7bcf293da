"""What a root file system needs before anything can be mounted on it.

The engine keeps a folder with these entries and puts it below an image's lowest layer. So every mount has its target,
in a read-only root and in an image from scratch too, and none of it is ever copied into a layer: a step or a container
that only ran leaves an empty upper folder.
"""

from __future__ import annotations

FOLDERS = ("dev", "etc", "proc", "sys")
"""Relative to the root; mode 0755, owned by root."""

STEP_FILES = {"etc/hosts": 0o644, "etc/hostname": 0o644, "etc/resolv.conf": 0o644}
"""Empty files and their modes, for RUN steps."""

CONTAINER_FILES = STEP_FILES | {".dockerenv": 0o755}
"""The same for containers: programs tell by .dockerenv that they are in one."""
