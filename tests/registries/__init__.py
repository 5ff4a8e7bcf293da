"""Registries that tests talk to: Debian's docker-registry (`real`), one that misbehaves on purpose (`hostile`), and
images to put into them."""
