#!/bin/sh
# aperture-doctor: checks whether OpenCode works here through the gateway, and explains what is wrong. aperture-doctor --help
# It runs doctor.mjs with the runtime that OpenCode's binary brings, so no Node is needed, and explains by itself why that binary cannot run.
prefix=${APERTURE_ENV_PREFIX:-/usr/local}
script=$prefix/share/aperture-env/doctor.mjs
binary=$prefix/lib/aperture-env/opencode

json=
quiet=
background=
for word in "$@"; do
  case $word in
    --json) json=1 ;;
    --quiet | --launch) quiet=1 ;;
    --background) background=1 ;;
    *) ;;
  esac
done

# When the container starts: it runs in the background with a longer timeout, and the start never fails because of it. The launcher shows its result.
if [ -n "$background" ]; then
  (
    trap '' HUP
    exec sh "$0" --quiet --timeout 20
  ) </dev/null >/dev/null 2>&1 &
  exit 0
fi

# The origin in environment.json, which has a separate line there.
gateway() {
  origin=$(sed -n 's/^  "origin": "\([^"\\]*\)",$/\1/p' "$prefix/share/aperture-env/environment.json" 2>/dev/null | tr -cd '[:print:]')
  printf %s "${origin:-the gateway}"
}

escaped() { printf %s "$1" | sed 's/[\\"]/\\&/g'; }

# The same form as doctor.mjs, for the only fault that it cannot report itself.
broken() {
  if [ -n "$json" ]; then
    printf '{"schemaVersion":1,"verdict":"failure","origin":null,"ms":0,"checks":[{"code":"%s","group":"opencode","severity":"failure","message":"%s","cause":"%s","next":"%s"}]}\n' \
      "$1" "$(escaped "$2")" "$(escaped "$3")" "$(escaped "$4")"
  elif [ -z "$quiet" ]; then
    printf 'OpenCode through %s\n\n  ✗ OpenCode  %s  (%s)\n              %s.\n              → %s.\n' "$(gateway)" "$2" "$1" "$3" "$4"
  fi
  state=${XDG_STATE_HOME:-${HOME:-}/.local/state}/aperture-env
  # shellcheck disable=SC2174 # the folder itself is the one that matters
  mkdir -p -m 0700 "$state" 2>/dev/null && (umask 077 && printf '%s. %s.\n' "$2" "$4" >"$state/verdict") 2>/dev/null
  exit 4
}

build_again='Rebuild the image'

why_not() {
  said=$1
  magic=$(od -An -tx1 -N4 "$binary" 2>/dev/null | tr -d ' \n')
  made_for=$(od -An -tx1 -j18 -N2 "$binary" 2>/dev/null | tr -d ' \n')
  machine=$(uname -m)
  case $made_for in
    3e00) made_for=x86_64 ;;
    b700) made_for=aarch64 ;;
    *) ;;
  esac
  if [ "$magic" != 7f454c46 ]; then
    broken binary-damaged "$binary is not a program" "It is damaged or was replaced" "$build_again"
  fi
  case $machine in
    arm64) machine=aarch64 ;;
    amd64) machine=x86_64 ;;
    *) ;;
  esac
  if [ "$made_for" != "$machine" ]; then
    broken binary-architecture "OpenCode's binary is for $made_for, and this machine is $machine" "The image was built for another platform" \
      "Build it for this platform: docker build --platform"
  fi
  loader=$(head -c 4096 "$binary" | tr -c '[:print:]' '\n' | grep '^/lib.*/ld-' | head -n 1)
  if [ -n "$loader" ] && [ ! -e "$loader" ]; then
    case $loader in
      *musl*) libc='musl, and this system has glibc' ;;
      *) libc='glibc, and this system has musl or none' ;;
    esac
    broken binary-libc "OpenCode's binary is for $libc" "$loader is missing" "Set base.libc in aperture-env.yaml to the image's C library"
  fi
  library=$(printf '%s\n' "$said" | sed -n 's/.*loading shared librar[a-z]*:* \([^:]*\):.*/\1/p' | head -n 1)
  if [ -n "$library" ]; then
    broken binary-libraries "OpenCode's binary needs $library" "The system does not have this library" "Install it (on Alpine: apk add libstdc++ libgcc), or rebuild the image"
  fi
  broken binary-broken "OpenCode's binary does not run" "It ended with status $2: $(printf '%s\n' "$said" | head -n 1 | tr -cd '[:print:]')" "$build_again"
}

[ -f "$script" ] || broken doctor-missing "$script is missing" "The image was built without its aperture-env folder" "$build_again"
[ -f "$binary" ] || broken binary-missing "OpenCode's binary is missing" "The image was built without its OpenCode stage, or by a tool that ignores a Feature's dependencies, as DevPod and envbuilder do" "npx create-aperture-env@latest update, because the Feature of older versions did not include it; then rebuild the image"
if [ ! -x "$binary" ]; then
  # shellcheck disable=SC2012 # only the mode is wanted
  case $(ls -ld "$binary") in
    *x*" "*) broken binary-noexec "OpenCode's binary cannot be run from its folder" "$prefix/lib is mounted noexec, or this account has no access to it" "Mount it exec" ;;
    *) broken binary-mode "OpenCode's binary is not executable" "$binary has lost its mode 755" "$build_again" ;;
  esac
fi

# These two options, and unsetting these variables, keep files of a repository (bunfig.toml, .env) from having an effect.
unset BUN_OPTIONS BUN_INSPECT BUN_INSPECT_CONNECT_TO NODE_OPTIONS
export BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
# As a child that is waited for, so that the shell prints nothing when a signal ends it. It ends itself when this shell ends.
BUN_BE_BUN=1 "$binary" --config=/dev/null --no-env-file "$script" --prefix="$prefix" --parent="$$" "$@" &
# The first process of a container gets no signal that it does not handle.
[ "$$" -ne 1 ] || trap 'kill "$!"' HUP INT TERM
wait "$!" 2>/dev/null
status=$?
case $status in
  0 | 2 | 3 | 4 | 130 | 143) exit "$status" ;;
  # SIGALRM: its own watchdog has ended it, and has reported that.
  142) exit 4 ;;
  137) broken doctor-killed "The doctor was killed" "This machine or container has too little memory, or another program killed it" "Give it more" ;;
  *) ;;
esac
said=$(BUN_BE_BUN=1 "$binary" --revision 2>&1) && exit "$status"
why_not "$said" "$status"
