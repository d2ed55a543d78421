#!/bin/sh
# The nested Feature: distribution packages and OpenCode's binary, in a layer that a change of the configuration does not touch.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/packages.sh" fetcher
exec sh "$here/fetch.sh" "${APERTURE_ENV_PREFIX:-/usr/local}/lib/aperture-env"
