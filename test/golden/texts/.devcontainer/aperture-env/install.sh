#!/bin/sh
# Puts the Feature folder in place: as the Feature's script and as the Dockerfile's, which has copied it to where it belongs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${APERTURE_ENV_PREFIX:-/usr/local}
share=$prefix/share/aperture-env
library=$prefix/lib/aperture-env
version=1.18.18

# OpenCode's binary comes in a layer of its own: by the nested Feature, or by the Dockerfile's first stage. Tools that ignore dependsOn (DevPod,
# envbuilder) leave the nested Feature out, no one name of it fits dev containers of several places, and a base may bring an older binary.
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
  # Read by every account, whatever the umask of the checkout was; written by root only.
  chmod 0644 "$share/$file"
done
chmod 0755 "$prefix/share" "$share"
install -m 0755 "$here/launcher.sh" "$prefix/bin/opencode"
install -m 0755 "$here/doctor.sh" "$prefix/bin/aperture-doctor"
install -m 0755 "$here/connect.sh" "$prefix/bin/aperture-connect"
# OpenCode's folders belong to whoever works in the container: what is mounted there as a new volume does, too.
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
