#!/bin/sh
# `run IMAGE --flag` and `run IMAGE file.js` mean `node …`; a command of the image is run as it is.
set -e
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
    set -- node "$@"
fi
exec "$@"
