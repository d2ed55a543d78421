#!/bin/sh
# Installs the Feature folder: as the Feature's script, and in the Dockerfile, which has copied the folder already.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${APERTURE_ENV_PREFIX:-/usr/local}
share=$prefix/share/aperture-env
library=$prefix/lib/aperture-env
version=1.18.18

# OpenCode's binary has a separate layer: from the nested Feature, or from the Dockerfile's first stage. Tools that ignore dependsOn (DevPod,
# envbuilder) leave the nested Feature out, its name cannot fit dev containers in several folders, and a base may contain an older binary.
found=
if [ -f "$library/opencode.version" ]; then read -r found <"$library/opencode.version" || true; fi
if [ -f "$here/opencode/install.sh" ] && { [ ! -x "$library/opencode" ] || [ "$found" != "$version" ]; }; then
  sh "$here/opencode/install.sh"
fi
if [ ! -x "$library/opencode" ]; then
  echo "aperture-env: $library/opencode is missing; in a Dockerfile that was changed by hand, copy it from the stage opencode before install.sh runs" >&2
  exit 1
fi

mkdir -p "$share" "$prefix/bin"
for file in environment.json opencode.json auth.json models.json doctor.mjs; do
  if [ ! -f "$here/$file" ]; then
    echo "aperture-env: $here/$file is missing; in a Dockerfile that was changed by hand, name it where install.sh is copied" >&2
    exit 1
  fi
  [ "$here" = "$share" ] || cp "$here/$file" "$share/$file"
  # Readable for every account, whatever the umask of the checkout was; writable only for root.
  chmod 0644 "$share/$file"
done
chmod 0755 "$prefix/share" "$share"
install -m 0755 "$here/launcher.sh" "$prefix/bin/opencode"
install -m 0755 "$here/doctor.sh" "$prefix/bin/aperture-doctor"
install -m 0755 "$here/connect.sh" "$prefix/bin/aperture-connect"
# OpenCode's folders belong to the container's user, and so do new volumes that are mounted there.
own() {
  [ -d "$1" ] || { own "${1%/*}" && mkdir "$1" && chown "$account" "$1"; }
}
user=${_REMOTE_USER:-${APERTURE_ENV_USER:-}}
if [ -n "$user" ]; then
  while IFS=: read -r name _ uid gid _ home _; do
    if [ "$name" != "$user" ] && [ "$uid" != "$user" ]; then continue; fi
    account=$uid:$gid
    for folder in .local/share .local/state .config .cache; do
      if [ -d "$home" ]; then own "$home/$folder/opencode" && chown "$account" "$home/$folder/opencode"; fi
    done
    break
  done </etc/passwd
fi
