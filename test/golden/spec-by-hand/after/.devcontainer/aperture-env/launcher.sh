#!/bin/sh
# opencode: prepares this one process for the gateway, then becomes the real binary.
# It is the one place that knows the whole environment, so that sudo, su, env -i, cron and CI runners do not lose it and fall back
# silently to public providers. What is set already stays: every switch here can be turned by setting the variable to 0.
prefix=${APERTURE_ENV_PREFIX:-/usr/local}
share=$prefix/share/aperture-env
binary=$prefix/lib/aperture-env/opencode

say() { echo "opencode (aperture-env): $1" >&2; }

# The gateway: an origin. Each provider's base URL in opencode.json puts its own suffix behind it.
gateway=http://aperture.example.ts.net
APERTURE_URL=${APERTURE_URL:-$gateway}
while :; do
  case $APERTURE_URL in
    */) APERTURE_URL=${APERTURE_URL%/} ;;
    */v1) APERTURE_URL=${APERTURE_URL%/v1} ;;
    *) break ;;
  esac
done
case $APERTURE_URL in
  *://*) ;;
  *) APERTURE_URL=http://$APERTURE_URL ;;
esac

# OpenCode ignores a missing file without a word and would go to a public provider instead.
if [ ! -f "${OPENCODE_CONFIG:=$share/opencode.json}" ]; then
  say "OPENCODE_CONFIG names $OPENCODE_CONFIG, which is not there; using $share/opencode.json"
  OPENCODE_CONFIG=$share/opencode.json
fi

# Only the gateway is called: the catalogue is a file, and nothing looks for updates, models or language servers by itself.
OPENCODE_MODELS_PATH=${OPENCODE_MODELS_PATH:-$share/models.json}
OPENCODE_DISABLE_MODELS_FETCH=${OPENCODE_DISABLE_MODELS_FETCH-1}
OPENCODE_DISABLE_AUTOUPDATE=${OPENCODE_DISABLE_AUTOUPDATE-1}
OPENCODE_DISABLE_LSP_DOWNLOAD=${OPENCODE_DISABLE_LSP_DOWNLOAD-1}
OPENCODE_DISABLE_SHARE=${OPENCODE_DISABLE_SHARE-1}
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export APERTURE_URL OPENCODE_CONFIG OPENCODE_MODELS_PATH PATH
export OPENCODE_DISABLE_MODELS_FETCH OPENCODE_DISABLE_AUTOUPDATE OPENCODE_DISABLE_LSP_DOWNLOAD OPENCODE_DISABLE_SHARE

# OpenCode needs a folder of its own in each of four places, and dies where one cannot be made.
usable() {
  [ -w "$1/opencode" ] && [ -x "$1/opencode" ] && return
  [ ! -e "$1/opencode" ] && mkdir -p "$1/opencode" 2>/dev/null
}

# A private folder for this account: only a real folder that this account owns will do, since others can write beside it.
private() {
  [ -d "$1" ] && [ -w "$1" ] || return
  if [ -n "$uid" ]; then place=$1/aperture-env-$uid; else place=$1/aperture-env-$$; fi
  mkdir -m 0700 "$place" 2>/dev/null
  # shellcheck disable=SC3067 # -O is in dash, busybox and bash, which is what /bin/sh is
  [ -d "$place" ] && [ ! -L "$place" ] && [ -O "$place" ] && [ -w "$place" ]
}

find_private() {
  [ -n "$place" ] && return
  uid=$(id -u 2>/dev/null)
  for candidate in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm; do
    private "$candidate" && return
  done
  place=
  say "neither the home folder nor ${TMPDIR:-/tmp}, /var/tmp or /dev/shm can be written; OpenCode needs one of them"
  exit 1
}

place=
if [ -z "${HOME:-}" ] || ! { usable "${XDG_DATA_HOME:-$HOME/.local/share}" && usable "${XDG_CONFIG_HOME:-$HOME/.config}" &&
  usable "${XDG_STATE_HOME:-$HOME/.local/state}" && usable "${XDG_CACHE_HOME:-$HOME/.cache}"; }; then
  find_private
  XDG_DATA_HOME=$place/data XDG_CONFIG_HOME=$place/config XDG_STATE_HOME=$place/state XDG_CACHE_HOME=$place/cache
  export XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
  mkdir -p "$XDG_DATA_HOME/opencode" "$XDG_CONFIG_HOME/opencode" "$XDG_STATE_HOME/opencode" "$XDG_CACHE_HOME/opencode"
  if [ -z "${HOME:-}" ]; then export HOME="$place"; fi
fi
# Somebody else's opencode folder in the shared temporary folder stops it, too.
if ! usable "${TMPDIR:-/tmp}"; then
  find_private
  export TMPDIR="$place/tmp"
  mkdir -p "$TMPDIR/opencode"
fi

# Placeholder keys, where none are stored yet. A stored one is never touched; link(2) refuses where a file has come up meanwhile.
data=${XDG_DATA_HOME:-$HOME/.local/share}/opencode
if [ ! -e "$data/auth.json" ] && [ ! -L "$data/auth.json" ]; then
  (umask 077 && cp "$share/auth.json" "$data/.auth.json.$$") 2>/dev/null
  ln "$data/.auth.json.$$" "$data/auth.json" 2>/dev/null
  rm -f "$data/.auth.json.$$"
fi

# OpenCode would install its plugin package in the background (63 MB). With this it takes it as installed; not where plugins or tools are used.
config=${XDG_CONFIG_HOME:-$HOME/.config}/opencode
if [ ! -e "$config/package-lock.json" ] && [ ! -e "$config/package.json" ] && [ ! -e "$config/node_modules" ] &&
  [ ! -e "$config/plugin" ] && [ ! -e "$config/plugins" ] && [ ! -e "$config/tool" ] && [ ! -e "$config/tools" ]; then
  mkdir "$config/node_modules" 2>/dev/null &&
    echo '{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"*"}}}}' >"$config/package-lock.json"
fi

if [ ! -x "$binary" ]; then
  say "$binary is not there: this image was built without its OpenCode stage"
  exit 127
fi
exec "$binary" "$@"
