#!/bin/sh
# The commands that the containers of a job run. kustomization.yaml puts this file into a ConfigMap.
#
#   clone     clones the repository of this job, or of this index of the fleet
#   prompt    runs the doctor, then OpenCode on the prompt
#   changes   waits until that is over, then prints what was changed as a patch, by gzip and base64: a log keeps no carriage return. Git's own messages,
#             such as on what it could not add, are the container's message
#
# Exit statuses of clone and prompt: 3 the repository, 4 the gateway or a finding of the doctor, 5 a quota, 124 out of time, else OpenCode's own.
# The container's message says why:  kubectl describe pod
set -eu

# The file for the container's message (kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure).
message=/dev/termination-log

# Removes logins from addresses.
hide() { sed 's#//[^/ ]*@#//#g'; }

fail() {
  printf '%s\n' "$2" | hide | head -c 4000 | tee "$message" >&2
  exit "$1"
}

clone() {
  wanted=${REPOSITORY:-}
  if [ -z "$wanted" ]; then
    listed=$(grep -E '^[^#[:space:]]' /job/repositories.txt || true)
    count=$(printf '%s' "$listed" | grep -c '' || true)
    [ "$count" -gt 0 ] || fail 3 "repositories.txt names no repository"
    [ -z "${COMPLETIONS:-}" ] || [ "$COMPLETIONS" = "$count" ] ||
      fail 3 "repositories.txt names $count repositories, and completions in fleet.yaml is $COMPLETIONS: make both the same number"
    wanted=$(printf '%s\n' "$listed" | sed -n "$((${JOB_COMPLETION_INDEX:-0} + 1))p")
    [ -n "$wanted" ] || fail 3 "repositories.txt has no repository for the index $JOB_COMPLETION_INDEX"
  fi
  address=${wanted%%[[:space:]]*}
  branch=
  [ "$address" = "$wanted" ] || branch=${wanted##*[[:space:]]}
  export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_GLOBAL=/dev/null HOME=/nonexistent
  # git looks up the login by address, so that no other host gets it.
  # shellcheck disable=SC2016 # git's shell expands it
  [ ! -r /secrets/git/credentials ] ||
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.helper \
      GIT_CONFIG_VALUE_0='!f() { [ "$1" != get ] || git credential-store --file /secrets/git/credentials get; }; f'
  said=$(timeout -k 10 600 git clone --quiet --depth 1 ${branch:+--branch "$branch"} -- "$address" /workspace/repository 2>&1) ||
    fail 3 "git cannot clone $address: $(printf '%s\n' "$said" | tail -n 1)"
  printf '%s\n' "$address $(git -C /workspace/repository rev-parse HEAD)" | hide
}

# Runs the doctor. If it finds a failure, its report is shown, and the job ends.
examine() {
  report=$(aperture-doctor --deep --timeout 30 2>&1) && return 0
  printf '%s\n' "$report" >&2
  verdict=$(head -n 1 "$HOME/.local/state/aperture-env/verdict" 2>/dev/null) || verdict='The doctor could not finish.'
  case $report in
    *'(gateway-quota'*) fail 5 "$verdict" ;;
    *) fail 4 "$verdict" ;;
  esac
}

prompt() {
  examine
  words=${PROMPT:-$(cat /job/prompt.txt)}
  minutes=${MINUTES:-20}
  status=0
  timeout -k 30 "${minutes}m" opencode run ${MODEL:+--model "$MODEL"} -- "$words" </dev/null &
  # With this a deleted pod ends at once: a shell that is the first process gets signals only by a trap.
  trap 'kill "$!" 2>/dev/null; exit 143' TERM
  wait "$!" || status=$?
  case $status in
    0) exit 0 ;;
    124) fail 124 "OpenCode was stopped after $minutes minutes." ;;
    137) fail 137 "OpenCode was killed: it wanted more memory than the limit, or did not stop after $minutes minutes." ;;
    *) ;;
  esac
  # If the gateway is the reason, the doctor says so; otherwise the last lines of the log are the message.
  examine
  exit "$status"
}

changes() {
  trap 'exit=1' TERM
  exit=
  while [ -z "$exit" ]; do
    sleep 3600 &
    wait "$!" || true
  done
  cd /workspace
  export GIT_CONFIG_GLOBAL=/dev/null GIT_INDEX_FILE=/tmp/index GIT_OBJECT_DIRECTORY=/tmp/objects GIT_ALTERNATE_OBJECT_DIRECTORIES=/workspace/.git/objects
  cp .git/index /tmp/index
  mkdir -p /tmp/objects
  # In the log it would be in the middle of the patch.
  exec 2>"$message"
  git -c core.fsmonitor=false add --all --ignore-errors || true
  if git -c core.fsmonitor=false diff --cached --binary --no-ext-diff --no-textconv >/tmp/changes.patch; then
    gzip -c /tmp/changes.patch | base64
  else
    echo "git could not make a patch."
    exit 1
  fi
}

case ${1-} in
  clone | prompt | changes) "$1" ;;
  *)
    echo "usage: job.sh clone | prompt | changes" >&2
    exit 2
    ;;
esac
