#!/bin/sh
# opencode: prepares this one process for the gateway, then becomes the real binary.
# It sets the whole environment, so that sudo, su, env -i, cron and CI runners do not lose it and fall back silently to public providers.
# Variables that are set already stay: set a switch to 0 to turn it off.
# Its own variables start with _, so that no exported variable of the caller is changed for OpenCode.
_prefix=${APERTURE_ENV_PREFIX:-/usr/local}
_share=$_prefix/share/aperture-env
_binary=$_prefix/lib/aperture-env/opencode

# The kernel gives the first process of a container no signal that it does not handle.
if [ "$$" -eq 1 ]; then
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
fi

say() { printf 'opencode (aperture-env): %s\n' "$1" >&2; }
# A variable's text for a terminal: control and non-ASCII characters become question marks.
plain() { printf %s "$1" | LC_ALL=C tr -c '[:print:]' '?'; }

# The gateway's origin. Each provider's base URL in opencode.json adds its own suffix.
_gateway=http://ai
# Quotes and line ends of a file of variables, and spaces, are not part of it.
while :; do
  case ${APERTURE_URL:-} in
    [[:space:]\"\']*) APERTURE_URL=${APERTURE_URL#?} ;;
    *[[:space:]\"\']) APERTURE_URL=${APERTURE_URL%?} ;;
    *) break ;;
  esac
done
APERTURE_URL=${APERTURE_URL:-$_gateway}
# These characters would make opencode.json unreadable, or the address.
case $APERTURE_URL in
  *[[:space:][:cntrl:]\"\\]*)
    say "APERTURE_URL is not an address: it contains a space, a quote, a backslash or a control character. Set it to scheme, host and port, such as $_gateway"
    exit 1
    ;;
  *) ;;
esac
case $APERTURE_URL in
  *://*) ;;
  *) APERTURE_URL=http://$APERTURE_URL ;;
esac
while :; do
  case $APERTURE_URL in
    *://*/) APERTURE_URL=${APERTURE_URL%/} ;;
    *://*/v1) APERTURE_URL=${APERTURE_URL%/v1} ;;
    *) break ;;
  esac
done

# OpenCode silently ignores a file that it cannot read, and would use a public provider instead.
readable() { [ -f "$1" ] && [ -r "$1" ]; }
if ! readable "${OPENCODE_CONFIG:=$_share/opencode.json}"; then
  if ! readable "$_share/opencode.json"; then
    say "$_share/opencode.json cannot be read: this image was built without its aperture-env folder"
    exit 1
  fi
  say "OPENCODE_CONFIG names $(plain "$OPENCODE_CONFIG"), which cannot be read; using $_share/opencode.json"
  OPENCODE_CONFIG=$_share/opencode.json
fi

# OpenCode contacts only the gateway: the catalogue is a file, and looking for updates, models and language servers is off, except for
# opencode.online in aperture-env.yaml.
_no_lsp=1 _no_share=1
OPENCODE_MODELS_PATH=${OPENCODE_MODELS_PATH:-$_share/models.json}
OPENCODE_DISABLE_MODELS_FETCH=${OPENCODE_DISABLE_MODELS_FETCH-1}
OPENCODE_DISABLE_AUTOUPDATE=${OPENCODE_DISABLE_AUTOUPDATE-1}
OPENCODE_DISABLE_LSP_DOWNLOAD=${OPENCODE_DISABLE_LSP_DOWNLOAD-$_no_lsp}
OPENCODE_DISABLE_SHARE=${OPENCODE_DISABLE_SHARE-$_no_share}
# OpenCode's plugins for logins (ChatGPT, Copilot, GitLab, xAI and others) send prompts to the vendor as soon as a login is stored, whatever base
# URL is set, or fail every start if the catalogue lacks the provider. Without them openai is limited to 32000 output tokens, like all others.
OPENCODE_DISABLE_DEFAULT_PLUGINS=${OPENCODE_DISABLE_DEFAULT_PLUGINS-1}
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export APERTURE_URL OPENCODE_CONFIG OPENCODE_MODELS_PATH PATH OPENCODE_DISABLE_DEFAULT_PLUGINS
export OPENCODE_DISABLE_MODELS_FETCH OPENCODE_DISABLE_AUTOUPDATE OPENCODE_DISABLE_LSP_DOWNLOAD OPENCODE_DISABLE_SHARE

# busybox's test checks only modes, and takes a read-only file system for a writable one. It supports ==, and dash does not.
# shellcheck disable=SC3014 # as it says
if [ "${BASH_VERSION:-}" == '' ] 2>/dev/null; then _blind=1; else _blind=; fi

writable() { [ -d "$1" ] && [ -w "$1" ] && [ -x "$1" ] && { [ -z "$_blind" ] || touch -c "$1" 2>/dev/null; }; }

# OpenCode needs its own folder in each of four places, and fails if it cannot create one.
usable() {
  [ -n "$1" ] || return
  [ -d "$1/opencode" ] || mkdir -p "$1/opencode" 2>/dev/null
  writable "$1/opencode"
}

# Whether an unwritable folder is on a read-only file system, by the system's error message.
read_only() {
  case $(LC_ALL=C && { : >"$1/.aperture-env-$$"; } 2>&1) in
    *[Rr]ead-only*) return 0 ;;
    *) return 1 ;;
  esac
}

# The configuration is only read, so a folder without write access is enough. A read-only file system is not, because OpenCode writes a
# .gitignore into the folder and fails if it cannot.
enough() {
  [ -d "$1/opencode" ] && [ -r "$1/opencode" ] && [ -x "$1/opencode" ] && { [ -e "$1/opencode/.gitignore" ] || ! read_only "$1/opencode"; }
}

# A private folder for this account. It has to be a real folder that this account owns, because others can write to the parent folder.
private() {
  writable "$1" || return
  if [ -n "$_uid" ]; then _place=$1/aperture-env-$_uid; else _place=$1/aperture-env-$$; fi
  mkdir -m 0700 "$_place" 2>/dev/null
  # shellcheck disable=SC3067 # -O is in dash, busybox and bash, which is what /bin/sh is
  [ -d "$_place" ] && [ ! -L "$_place" ] && [ -O "$_place" ] && writable "$_place" && return
  if [ -e "$_place" ] || [ -L "$_place" ]; then _taken="$_taken $_place"; fi
  return 1
}

# Other accounts can occupy a predictable name in advance. Then this start uses a random name.
unforeseen() {
  [ -n "$_taken" ] && writable "$1" && _place=$(umask 077 && mktemp -d "$1/aperture-env-XXXXXXXXXX" 2>/dev/null) &&
    say "cannot use$(plain "$_taken") as a private folder; this start uses $(plain "$_place")"
}

find_private() {
  [ -n "$_place" ] && return
  _uid=$(id -u 2>/dev/null) _taken=
  for _way in private unforeseen; do
    for _candidate in "${TMPDIR:-/tmp}" /tmp /var/tmp "${XDG_CACHE_HOME:-${HOME:-}/.cache}/opencode" /dev/shm; do
      "$_way" "$_candidate" && return
    done
  done
  _place=
  say "the home folder, $(plain "${TMPDIR:-/tmp}"), /var/tmp and /dev/shm are not writable; OpenCode needs one of them${_taken:+ (cannot use$(plain "$_taken") as a private folder)}"
  exit 1
}

# Links everything in the first folder that the second lacks into the second; dangling links are removed.
link_all() {
  _from=$1 _to=$2
  set --
  for _entry in "$_to"/* "$_to"/.[!.]*; do
    if [ -L "$_entry" ] && [ ! -e "$_entry" ]; then set -- "$@" "$_entry"; fi
  done
  [ $# -eq 0 ] || rm -f "$@"
  set --
  for _entry in "$_from"/* "$_from"/.[!.]*; do
    if [ -e "$_entry" ] && [ ! -e "$_to/${_entry##*/}" ]; then set -- "$@" "$_entry"; fi
  done
  [ $# -eq 0 ] || ln -s "$@" "$_to" 2>/dev/null
}

# Uses a private folder instead of an unusable one: move NAME FOLDER aloud|quietly. Folders of other programs there are linked.
move() {
  _base=''
  if [ -z "$_base" ]; then
    find_private
    _base=$_place
    [ "$3" = quietly ] || note "$2"
    [ -d "$_base/$1/opencode" ] || _first=1
  fi
  _new=$_base/$1
  mkdir -p "$_new/opencode"
  [ -z "$2" ] || link_all "$2" "$_new"
}

# Records the unwritable path for the message: the folder, or its nearest existing parent.
note() {
  _near=$1/opencode
  while [ -n "$_near" ] && [ ! -e "$_near" ]; do _near=${_near%/*}; done
  : "${_near:=/}"
  case " $_lost " in
    *" $_near "*) return ;;
    *) _lost="$_lost $_near" ;;
  esac
  case $_near in
    "${HOME:-.}"/*) if read_only "$_near"; then _how='mount it writable'; fi ;;
    *) _how='set HOME (or XDG_..._HOME, if it is set) to a writable folder' ;;
  esac
}

_place='' _kept='' _first='' _lost='' _how='' _told=''
_data=${XDG_DATA_HOME:-${HOME:+$HOME/.local/share}} _state=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
_cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}} _config=${XDG_CONFIG_HOME:-${HOME:+$HOME/.config}}
if ! usable "$_data"; then
  move data "$_data" aloud
  # Logins in the old folder stay readable.
  for _file in auth.json mcp-auth.json; do
    if [ -r "$_data/opencode/$_file" ] && [ ! -e "$_new/opencode/$_file" ]; then ln -s "$_data/opencode/$_file" "$_new/opencode/"; fi
  done
  export XDG_DATA_HOME="$_new"
fi
if ! usable "$_state"; then
  move state "$_state" aloud
  export XDG_STATE_HOME="$_new"
fi
if ! usable "$_cache"; then
  move cache "$_cache" aloud
  export XDG_CACHE_HOME="$_new"
fi
if ! usable "$_config" && ! enough "$_config"; then
  if [ -d "$_config/opencode" ] && [ -r "$_config/opencode" ] && [ -x "$_config/opencode" ]; then
    move config "$_config" quietly
    link_all "$_config/opencode" "$_new/opencode"
    _told="$_config/opencode is read-only; OpenCode reads it through links in $_new/opencode. With an empty .gitignore in it no links are needed"
  else
    move config "$_config" aloud
  fi
  export XDG_CONFIG_HOME="$_new"
fi
if [ -z "${HOME:-}" ]; then
  find_private
  _told="HOME is not set; OpenCode uses $_place, which is lost with the container. To fix it: set HOME"
  export HOME="$_place"
elif [ -n "$_lost" ]; then
  : "${_how:=as root, chown -R $_uid$_lost}"
  _told="$_told${_told:+. }this account cannot write$_lost; OpenCode uses $_place instead, which is lost with the container. To fix it: $_how"
fi
[ -z "$_told" ] || say "$(plain "$_told")"
# Another account's opencode folder in the shared temporary folder stops OpenCode, too; if it is writable for others, its owner could read and replace
# files. A link there may belong to another account and change its target at any time.
# shellcheck disable=SC3067 # as above
if [ -L "${TMPDIR:-/tmp}/opencode" ] || ! { usable "${TMPDIR:-/tmp}" && [ -O "${TMPDIR:-/tmp}/opencode" ]; }; then
  find_private
  export TMPDIR="$_place/tmp"
  mkdir -p "$TMPDIR/opencode"
fi

# Stores placeholder keys if no keys are stored. Existing ones are never changed; link(2) fails if the file was created meanwhile.
_data=${XDG_DATA_HOME:-$HOME/.local/share}/opencode
if [ ! -e "$_data/auth.json" ] && [ ! -L "$_data/auth.json" ]; then
  (umask 077 && cp "$_share/auth.json" "$_data/.auth.json.$$" && ln "$_data/.auth.json.$$" "$_data/auth.json") 2>/dev/null
  rm -f "$_data/.auth.json.$$"
fi

# One kind of login makes OpenCode fetch configuration from a server at each start, and fail if the server does not answer. OpenCode's own variable
# replaces all logins with the placeholders; the file stays.
has_server() {
  while IFS= read -r _line || [ -n "$_line" ]; do
    case $_line in *wellknown*) return 0 ;; *) ;; esac
  done
  return 1
}
_logins=
if [ -n "${OPENCODE_AUTH_CONTENT:-}" ]; then
  case $OPENCODE_AUTH_CONTENT in *wellknown*) _logins=OPENCODE_AUTH_CONTENT ;; *) ;; esac
elif [ -f "$_data/auth.json" ] && [ -r "$_data/auth.json" ] && has_server <"$_data/auth.json"; then
  _logins=$(plain "$_data/auth.json")
fi
if [ -n "$_logins" ]; then
  say "$_logins has a login that fetches configuration from a server at each start; no stored login is used now"
  OPENCODE_AUTH_CONTENT=
  while IFS= read -r _line || [ -n "$_line" ]; do OPENCODE_AUTH_CONTENT=$OPENCODE_AUTH_CONTENT$_line; done <"$_share/auth.json"
  export OPENCODE_AUTH_CONTENT
fi

# OpenCode would download its plugin package (63 MB) into its configuration folder in the background. This placeholder makes it believe that the package
# is installed. Tools, plugins and dependencies there need the real package: then only the placeholder is removed.
_config=${XDG_CONFIG_HOME:-$HOME/.config}/opencode
_seed='{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"*"}}}}'
needs_package() {
  for _entry in plugin plugins tool tools package.json; do
    [ -e "$_config/$_entry" ] && return
  done
  # A plugin by its path, in any configuration.
  for _entry in "$_config"/*.ts "$_config"/*.js "$_config"/*.mjs "$_config"/*.mts; do
    [ -e "$_entry" ] && return
  done
  case ${OPENCODE_CONFIG_CONTENT:-} in *'"plugin"'*) return 0 ;; *) ;; esac
  set --
  for _entry in "$_config"/*.json "$_config"/*.jsonc "${OPENCODE_TUI_CONFIG:-}"; do
    if [ -f "$_entry" ] && [ "$_entry" != "$_lock" ]; then set -- "$@" "$_entry"; fi
  done
  if [ "$OPENCODE_CONFIG" != "$_share/opencode.json" ]; then set -- "$@" "$OPENCODE_CONFIG"; fi
  [ $# -gt 0 ] && grep -qs '"plugin"' "$@" 2>/dev/null
}
_lock=$_config/package-lock.json _line=
if [ -f "$_lock" ]; then IFS= read -r _line <"$_lock" || [ -n "$_line" ]; fi
if [ "$_line" = "$_seed" ]; then
  if needs_package; then
    rm -f "$_lock"
    rmdir "$_config/node_modules" 2>/dev/null
  fi
elif [ ! -e "$_lock" ] && [ ! -e "$_config/node_modules" ] && ! needs_package; then
  mkdir "$_config/node_modules" 2>/dev/null && echo "$_seed" >"$_lock"
fi

# What this start needs of the gateway: an answer, a screen that can wait for it, or nothing.
_need='' _proven='' _command=''
for _word in "$@"; do
  case $_word in
    -h | --help | -v | --version | --attach | --attach=*) _need=none ;;
    -* | DEBUG | INFO | WARN | ERROR) ;;
    *)
      # A person is asked which provider, and no gateway.
      [ "$_command $_word" != 'github install' ] || _need=none
      [ -n "$_need" ] || case $_word in
        run | github) _need=answer _command=$_word ;;
        completion | mcp | attach | debug | auth | providers | agent | upgrade | uninstall | models | stats | export | import | session | plugin | plug | db) _need=none ;;
        *) _need=screen ;;
      esac
      ;;
  esac
done

# The gateway's host, and the proxy by which OpenCode asks it, if any.
_host=${APERTURE_URL#*://}
_host=${_host%%/*}
case $_host in '['*) _host=${_host%]*}] ;; *) _host=${_host%:*} ;; esac
case $APERTURE_URL in
  https:*) _proxy=${https_proxy:-${HTTPS_PROXY:-}} ;;
  *) _proxy=${http_proxy:-${HTTP_PROXY:-}} ;;
esac
case ,${no_proxy:-${NO_PROXY:-}}, in *,"$_host",*) _proxy='' ;; *) ;; esac
# Without a gateway OpenCode tries for a minute and says nothing. So before a prompt the launcher connects first: it ends where the gateway cannot be
# reached, and only warns where the gateway may be slow. This takes a second at most; APERTURE_ENV_PROBE=0 turns it off.
# Succeeds where the gateway, or the proxy to it, accepts a connection within 0.3 s.
accepts() {
  _to=${_proxy:-$APERTURE_URL}
  case $_to in https:*) _at=443 ;; *) _at=80 ;; esac
  _to=${_to#*://} _to=${_to%%/*} _to=${_to##*@}
  case $_to in
    '['*']') ;;
    *:*) _at=${_to##*:} _to=${_to%:*} ;;
    *) ;;
  esac
  _to=${_to#'['} _to=${_to%']'}
  # shellcheck disable=SC2016 # the inner shell expands them
  if command -v bash; then
    BASH_ENV='' timeout 0.3 bash -c ': <>"/dev/tcp/$0/$1"' "$_to" "$_at"
  else
    # Some nc have no -z, others no -e.
    timeout 0.3 sh -c 'nc -w 1 -z "$0" "$1" || nc -w 1 "$0" "$1" -e true' "$_to" "$_at"
  fi
}
if [ "$_need$_proven" = answer ] && [ "${APERTURE_ENV_PROBE:-1}" != 0 ] && ! accepts </dev/null >/dev/null 2>&1; then
  sh "$_prefix/bin/aperture-doctor" --launch >&2 </dev/null
  # Any other status is the doctor's own trouble, or no certain failure.
  [ $? -ne 3 ] || exit 1
fi

# Shows a person the doctor's result from the container's start: its file starts with ok, or with the problem and a next step.
_verdict=${XDG_STATE_HOME:-$HOME/.local/state}/aperture-env/verdict
# shellcheck disable=SC3067 # as above
if [ -t 0 ] && [ -t 2 ] && [ -f "$_verdict" ] && [ -O "$_verdict" ]; then
  IFS= read -r _line <"$_verdict" || _line=ok
  if [ "$_line" != ok ]; then
    say "$_line"
    _first=1
  fi
fi
# OpenCode's interactive screen would cover the message immediately.
if [ -n "$_first" ] && [ $# -eq 0 ] && [ -t 0 ] && [ -t 2 ]; then sleep 3; fi

if [ ! -x "$_binary" ]; then
  say "$_binary is not there: this image was built without its OpenCode stage"
  exit 127
fi

# Starts at the same moment would disturb each other in OpenCode's database: its tables are made by whoever finds none, and changed by whoever finds
# those of an older version, and all but one would fail.
_database=$_data/opencode.db
created() { [ -s "$_database-wal" ] || { [ -f "$_database" ] && [ "$(wc -c <"$_database")" -gt 4096 ]; }; }
# Waits for the lock, for so many tenths of a second, until there is nothing to wait for: alone COMMAND TENTHS
alone() {
  until flock -n 7 || "$1" || [ "$2" -eq 0 ]; do
    sleep 0.1
    set -- "$1" "$(($2 - 1))"
  done
}
# The version whose tables it has: a file beside it says so.
_mark=$_data/.upgraded _version=''
{ read -r _version <"$_binary.version"; } 2>/dev/null
upgraded() { [ -z "$_version" ] || { { read -r _line <"$_mark"; } 2>/dev/null && [ "$_line" = "$_version" ]; }; }
if [ "$_need" != none ] && [ -z "${OPENCODE_DB:-}" ] && command -v flock >/dev/null; then
  if created; then
    if ! upgraded && touch "$_mark" 2>/dev/null; then
      # A command that needs the database and ends at once, so the lock is there for as long as tables change.
      exec 7>>"$_mark"
      alone upgraded 600
      upgraded || { "$_binary" db path 7>&- </dev/null >/dev/null 2>&1 && echo "$_version" >"$_mark"; }
      exec 7>&-
    fi
  else
    upgraded || { echo "$_version" >"$_mark"; } 2>/dev/null
    if [ "$_need" = answer ] && touch "$_data/.first" 2>/dev/null; then
      # OpenCode keeps the lock until it ends. Making tables is one transaction, so they are there as soon as the database's log has any text.
      exec 7>>"$_data/.first"
      alone created 100
    fi
  fi
fi

# OpenCode handles no signal, so Ctrl-C and docker stop would not end it as the first process. Then this shell stays, and passes signals on. The
# interactive screen gets Ctrl-C as a key, and needs the terminal for itself.
if [ "$$" -eq 1 ] && { [ "$_need" = answer ] || [ ! -t 0 ]; }; then
  # In the background a program reads nothing, unless told otherwise, and ignores SIGINT.
  exec 8<&0
  "$_binary" "$@" <&8 8<&- &
  _pid=$! _ended=
  trap '_ended=129; kill "$_pid"' HUP
  trap '_ended=130; kill "$_pid"' INT
  trap '_ended=143; kill "$_pid"' TERM
  while :; do
    wait "$_pid" 2>/dev/null
    _status=$?
    # A signal ends the wait, too.
    kill -0 "$_pid" 2>/dev/null || break
  done
  [ "$_status" -ne 137 ] || say "OpenCode was killed: this container has too little memory, or another program did it"
  exit "${_ended:-$_status}"
fi
exec "$_binary" "$@"
