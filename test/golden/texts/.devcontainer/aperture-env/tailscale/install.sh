#!/bin/sh
# The nested Feature: Tailscale's programs, in a layer that a change of the configuration does not touch.
set -eu
exec sh "$(dirname "$0")/fetch.sh" "${APERTURE_ENV_PREFIX:-/usr/local}/lib/aperture-env"
