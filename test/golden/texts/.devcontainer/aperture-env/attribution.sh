# Attribution: request headers that tell the gateway's log what a request was made for. The launcher reads this file at each start.
# In opencode.json {env:APERTURE_ENV_HEADERS} is inside a comment. This text ends the comment, adds the headers with a value, and starts the comment
# again, because OpenCode would send a header without a value as an empty one.
# Only values of plain characters are sent, so that a value cannot change the configuration. Values with other characters, such as a person's address,
# and values that start like keys are not sent. Nothing here starts a program.
# shellcheck shell=sh disable=SC2154,SC2295 # _share is the launcher's; the signs between [! and ] are to be a pattern
_sent=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:+-
# These are sent as _.
_taken="] ()[,#&$_sent"
_headers=

# The sources of values. A text:
text() { _value=$1; }

# The first of these variables that is set:
variable() {
  _value=
  for _name in "$@"; do
    eval "_value=\${$_name:-}"
    [ -z "$_value" ] || return 0
  done
}

revision() {
  _value=
  if [ -r "$_share/revision" ]; then IFS= read -r _value <"$_share/revision"; fi
}

# The first of these variables that is set, else git's own files.
repository() {
  variable "$@"
  [ -n "$_value" ] || name_repository
}

first_line() { [ -f "$1" ] && [ -r "$1" ] && { IFS= read -r _line <"$1" || [ -n "$_line" ]; }; }

# The name of the repository whose work tree this is, from its remote origin: the path behind the host, without logins.
name_repository() {
  _value='' _folder=$PWD
  until [ -e "$_folder/.git" ]; do
    case $_folder in
      /?*) _folder=${_folder%/*} ;;
      *) return 0 ;;
    esac
  done
  _git=$_folder/.git
  # In a linked work tree or a submodule that file names the folder; commondir leads from there to the repository's folder.
  if first_line "$_git"; then
    _line=${_line#gitdir: }
    case $_line in /*) _git=$_line ;; *) _git=$_folder/$_line ;; esac
    if first_line "$_git/commondir"; then
      case $_line in /*) _git=$_line ;; *) _git=$_git/$_line ;; esac
    fi
  fi
  [ -f "$_git/config" ] && [ -r "$_git/config" ] || return 0
  _origin='' _left=2000
  while [ "$_left" -gt 0 ] && { IFS=' 	' read -r _key _equals _rest || [ -n "$_key" ]; }; do
    _left=$((_left - 1))
    case "$_key $_equals" in
      '[remote "origin"]'*) _origin=1 ;;
      '['*) _origin='' ;;
      'url =' | 'url='?*)
        [ -n "$_origin" ] || continue
        _value=${_key#url}
        _value=${_value#=}$_rest
        break
        ;;
      *) ;;
    esac
  done <"$_git/config"
  # A folder on some machine is not a name that others know.
  case $_value in
    *::* | file:* | /* | .* | ?:[/\\]*) _value= ;;
    *://*/*) _value=${_value#*://} && _value=${_value#*/} ;;
    *:*) case ${_value%%:*} in */*) _value= ;; *) _value=${_value#*:} ;; esac ;;
    *) _value= ;;
  esac
  _value=${_value%%[?#]*}
  _value=${_value%/} _value=${_value%.git}
  case $_value in /* | home/* | Users/*) _value= ;; *) ;; esac
}

# Adds a header with that name and the current value, if the value can be sent.
carry() {
  _header=$1
  shift
  "$@"
  case $_value in
    '' | *[!$_taken]* | sk-* | ghp_* | gho_* | ghu_* | ghs_* | ghr_* | github_pat_* | glpat-* | gldt-* | glcbt-* | xoxb-* | xoxp-* | AKIA* | ASIA* | AIza* | eyJ* | tskey-* | npm_* | pypi-* | hvs.* | dckr_pat_*) return 0 ;;
    *) ;;
  esac
  [ "${#_value}" -le 1000 ] || return 0
  while [ "${#_value}" -gt 200 ]; do _value=${_value%?}; done
  _text=$_value _value=
  while :; do
    _part=${_text%%[!$_sent]*}
    _value=$_value$_part
    [ "$_part" != "$_text" ] || break
    _text=${_text#"$_part"?} _value=${_value}_
  done
  _headers="$_headers${_headers:+, }\"x-aperture-env-$_header\": \"$_value\""
}

carry repository repository GITHUB_REPOSITORY CI_PROJECT_PATH BITBUCKET_REPO_FULL_NAME CI_REPO DRONE_REPO BUILD_REPOSITORY_NAME
carry revision revision
carry job variable GITHUB_JOB CI_JOB_NAME CIRCLE_JOB BUILDKITE_STEP_KEY SYSTEM_JOBNAME CI_WORKFLOW_NAME JOB_NAME
carry run variable GITHUB_RUN_ID CI_PIPELINE_ID BITBUCKET_BUILD_NUMBER CIRCLE_WORKFLOW_ID BUILDKITE_BUILD_NUMBER BUILD_BUILDID CI_PIPELINE_NUMBER DRONE_BUILD_NUMBER BUILD_NUMBER
carry team text payments
carry cost-center variable COST_CENTER

APERTURE_ENV_HEADERS=${_headers:+"*/ $_headers /*"}
export APERTURE_ENV_HEADERS
