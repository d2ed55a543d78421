#!/bin/sh
# aperture-connect: connects this container to the gateway, and reports its state. aperture-connect --help
# It is a part of doctor.mjs, and runs with the runtime that OpenCode's binary brings.
prefix=${APERTURE_ENV_PREFIX:-/usr/local}
script=$prefix/share/aperture-env/doctor.mjs
binary=$prefix/lib/aperture-env/opencode

if [ ! -f "$script" ] || [ ! -x "$binary" ]; then
  echo "aperture-connect: the environment here is incomplete; run aperture-doctor to see why" >&2
  exit 1
fi
# These two options, and unsetting these variables, keep files of a repository (bunfig.toml, .env) from having an effect.
unset BUN_OPTIONS BUN_INSPECT BUN_INSPECT_CONNECT_TO NODE_OPTIONS
export BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 BUN_BE_BUN=1
exec "$binary" --config=/dev/null --no-env-file "$script" connect --prefix="$prefix" "$@"
