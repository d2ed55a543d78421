#!/bin/sh
# Fetches Tailscale's programs for this platform into a folder and checks them: fetch.sh FOLDER
#   TARGETARCH   amd64 or arm64, as image builders set it; this machine's where it is empty
# curl fetches where it is there, else wget, else node. certs/*.crt beside this script, and beside OpenCode's, are trusted beside all that the
# image trusts already. A tarball has tailscale and tailscaled, at its top or in one folder; or tailscaled alone, where that is both.
set -eu
version=1.104.1
folder=$1
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "aperture-env: $1" >&2
  exit 1
}

arch=${TARGETARCH:-$(uname -m)}
case $arch in
  amd64 | x86_64) arch=amd64 ;;
  arm64 | aarch64) arch=arm64 ;;
esac

case $arch in
  amd64)
    url=https://pkgs.tailscale.com/stable/tailscale_1.104.1_amd64.tgz
    sha256=108d1d96ecf410d305571e173516f27038f870919a9b89c914a167c6d33a4528
    ;;
  arm64)
    url=https://pkgs.tailscale.com/stable/tailscale_1.104.1_arm64.tgz
    sha256=f60294374967f3dfd8cf57bbbd474d6cfce32d123e3a8ddeab82a87940daa806
    ;;
  *) fail "no sha256 of Tailscale $version is pinned for $arch: aperture.tailscale.sha256 in aperture-env.yaml can have it." ;;
esac

programs=sha256sum
missing=
for program in tar gzip install mktemp $programs; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -z "$missing" ] || fail "this image lacks$missing, which unpack and check what is fetched: install the packages tar, gzip and coreutils in it first."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tarball=$work/tailscale.tgz

# Programs read only one file of CAs, so it has to contain the image's own CAs, too.
trust() {
  { [ -f "$1" ] && [ -r "$1" ]; } || return 0
  ca=$work/ca.crt
  cat "$1" >>"$ca"
  echo >>"$ca"
}
ca=
for certificate in "$here"/certs/*.crt "$here/../opencode"/certs/*.crt; do trust "$certificate"; done
if [ -n "$ca" ]; then
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -e "$bundle" ]; then
      trust "$bundle"
      break
    fi
  done
  for bundle in "${NODE_EXTRA_CA_CERTS:-}" "${SSL_CERT_FILE:-}" "${CURL_CA_BUNDLE:-}"; do trust "$bundle"; done
fi

if command -v curl >/dev/null 2>&1; then
  by=curl
  curl --fail --silent --show-error --location --retry 3 ${ca:+--cacert "$ca"} --output "$tarball" "$url" || fail "curl could not fetch $url"
elif command -v wget >/dev/null 2>&1; then
  by=wget
  trust=${ca:+--ca-certificate="$ca"}
  # busybox's has no such option and can only be told to trust everybody; the sha256 below still decides.
  case $(wget --help 2>&1) in
    *--ca-certificate*) ;;
    *) trust=${ca:+--no-check-certificate} ;;
  esac
  wget -q ${trust:+"$trust"} -O "$tarball" "$url" || fail "wget could not fetch $url"
elif command -v node >/dev/null 2>&1; then
  by=node
  [ -z "$ca" ] || export NODE_EXTRA_CA_CERTS="$ca"
  NODE_USE_ENV_PROXY=1 node -e '
    const [, url, file] = process.argv;
    const get = async (left) => {
      try {
        const answer = await fetch(url);
        if (!answer.ok) throw new Error("it answers with " + answer.status);
        require("fs").writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
      } catch (error) {
        if (left > 0) return get(left - 1);
        console.error(error.cause?.message || error.message);
        process.exitCode = 1;
      }
    };
    get(2);' "$url" "$tarball" || fail "node could not fetch $url"
else
  fail "this image has no curl, wget or node to fetch $url with."
fi
[ -s "$tarball" ] || fail "$by fetched nothing as $url"

found=$(sha256sum "$tarball")
[ "${found%% *}" = "$sha256" ] ||
  fail "the checksum of $url is wrong, so it was not installed: it is not the file that was pinned.
  pinned sha256 $sha256
  found  sha256 ${found%% *}
A build of your own needs its own sum: aperture.tailscale.sha256 in aperture-env.yaml."

mkdir "$work/out"
tar -xzf "$tarball" -C "$work/out"
from=
for place in "$work/out" "$work/out"/*; do
  if [ -f "$place/tailscaled" ]; then from=$place; fi
done
[ -n "$from" ] || fail "$url has no tailscaled, at its top or in one folder."
mkdir -p "$folder"
rm -f "$folder/tailscale"
install -m 0755 "$from/tailscaled" "$folder/tailscaled"
# One program for both goes by the name that it is called by.
if [ -f "$from/tailscale" ] && ! cmp -s "$from/tailscale" "$from/tailscaled"; then
  install -m 0755 "$from/tailscale" "$folder/tailscale"
else
  ln -s tailscaled "$folder/tailscale"
fi
printf '%s\n' "$version" >"$folder/tailscale.version"
chmod 0644 "$folder/tailscale.version"
echo "aperture-env: Tailscale $version ($arch, sha256 checked, by $by)"
