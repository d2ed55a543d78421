#!/bin/sh
# Fetches OpenCode's binary for this platform into a folder and checks it: fetch.sh FOLDER
#   REGISTRY             an npm registry; npm's own configuration decides where it is empty
#   TARGETARCH           amd64 or arm64, as image builders set it; this machine's where it is empty
#   APERTURE_ENV_LIBC    glibc or musl; this machine's where it is empty
# npm fetches where it is there, else curl, else wget. The same sums are checked in each case. certs/*.crt beside this script are
# trusted beside all that the image trusts already.
set -eu
version=1.18.18
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
registry=${REGISTRY:-}
registry=${registry%/}

fail() {
  echo "aperture-env: $1" >&2
  exit 1
}

arch=${TARGETARCH:-$(uname -m)}
case $arch in
  amd64 | x86_64) arch=amd64 ;;
  arm64 | aarch64) arch=arm64 ;;
esac

libc=${APERTURE_ENV_LIBC:-}
if [ -z "$libc" ]; then
  libc=glibc
  for loader in /lib/ld-musl-*.so.1; do
    [ -e "$loader" ] && [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ] && libc=musl
  done
fi

case $arch-$libc in
  amd64-glibc)
    package=opencode-linux-x64-baseline
    sha512=e86bc56ab84fd290e25dc13d02ef0f5a8a9bf7e64b04818aae1671795026389a7f809f252cbd449e8f0ed6aa6a45bd4a8ce7ce68e0fbd631eef7135aaa68c4b7
    ;;
  amd64-musl)
    package=opencode-linux-x64-baseline-musl
    sha512=7170f580067e4d399d137b675b2e6a3ecb598eb9db3e0d2b3d4c2d70778b69e07e298c50584a227b573cf2862665f43e45623afbff8b2c5d05536f54c9dd4daf
    ;;
  arm64-glibc)
    package=opencode-linux-arm64
    sha512=7bc0f7834a89108cdac04836fb2816def9198c060bdacb32031e066e2863c17c1916f959672e734565b3773e4a2c1a07493974141ef7bcdb6735e5ce3721e955
    ;;
  arm64-musl)
    package=opencode-linux-arm64-musl
    sha512=0e9dd70721514599e03c0428b4d6cec2bdb61e065e8f8afd0a4d08bfface554fa83b97cb0fd612a47130c7cd054d939998599dfefae209dad1fdd19dcda6c80b
    ;;
  *) fail "OpenCode $version has no package for $arch with $libc." ;;
esac

programs='sha512sum'
missing=
for program in tar gzip install mktemp $programs; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -z "$missing" ] || fail "this image lacks$missing, which unpack and check what is fetched: install the packages tar, gzip and coreutils in it first."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Programs read only one file of CAs, so it has to contain the image's own CAs, too.
trust() {
  { [ -f "$1" ] && [ -r "$1" ]; } || return 0
  ca=$work/ca.crt
  cat "$1" >>"$ca"
  echo >>"$ca"
}
ca=
for certificate in "$here"/certs/*.crt; do trust "$certificate"; done
if [ -n "$ca" ]; then
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -e "$bundle" ]; then
      trust "$bundle"
      break
    fi
  done
  for bundle in "${NODE_EXTRA_CA_CERTS:-}" "${SSL_CERT_FILE:-}" "${CURL_CA_BUNDLE:-}"; do trust "$bundle"; done
fi

if command -v npm >/dev/null 2>&1; then
  by=npm
  [ -z "$registry" ] || export npm_config_registry="$registry/"
  if [ -n "$ca" ]; then
    # Not NODE_EXTRA_CA_CERTS: npm ignores it where its configuration has a cafile, or CAs as text, which then is all that it trusts.
    trust "$(npm config get cafile)"
    npm config get ca | node -e '
      const ca = require("fs").readFileSync(0, "utf8").replaceAll("\\n", "\n").replaceAll(",-----BEGIN", "\n-----BEGIN");
      console.log([ca.includes("-----BEGIN") ? ca : "", ...require("tls").rootCertificates].join("\n"));' >>"$ca"
    export npm_config_cafile="$ca"
  fi
elif [ -z "$registry" ]; then
  fail "this image has no npm, and no registry is known to fetch $package from: set the option registry of the Feature."
elif command -v curl >/dev/null 2>&1; then
  by=curl
elif command -v wget >/dev/null 2>&1; then
  by=wget
  trust=${ca:+--ca-certificate="$ca"}
  # busybox's has no such option and can only be told to trust everybody; the sums below still decide.
  case $(wget --help 2>&1) in
    *--ca-certificate*) ;;
    *) trust=${ca:+--no-check-certificate} ;;
  esac
else
  fail "this image has no npm, curl or wget to fetch $package with."
fi

# fetch PACKAGE VERSION [ADVICE]: $tarball is the package then.
fetch() {
  tarball=$work/$1-$2.tgz
  case $by in
    # Its own cache, so that no layer keeps one; --ignore-scripts although none of these packages has any.
    npm)
      (cd "$work" && npm pack --ignore-scripts --loglevel=error --cache "$work/cache" "$1@$2" >/dev/null) ||
        fail "npm could not fetch $1@$2. Behind a registry of your own: pass --build-arg NPM_REGISTRY=…, and --secret id=npmrc,src=… where it asks for a token.${3:-}"
      ;;
    curl)
      curl --fail --silent --show-error --location --retry 3 ${ca:+--cacert "$ca"} --output "$tarball" "$registry/$1/-/$1-$2.tgz" ||
        fail "curl could not fetch $1-$2.tgz from $registry${3:-}"
      ;;
    *)
      wget -q ${trust:+"$trust"} -O "$tarball" "$registry/$1/-/$1-$2.tgz" || fail "wget could not fetch $1-$2.tgz from $registry${3:-}"
      ;;
  esac
  [ -s "$tarball" ] || fail "$by fetched nothing as $1-$2.tgz"
}

fetch "$package" "$version"
found=$(sha512sum "$tarball")
[ "${found%% *}" = "$sha512" ] ||
  fail "the checksum of $package-$version.tgz is wrong, so it was not installed: it is not the file that was pinned.
  pinned sha512 $sha512
  found  sha512 ${found%% *}"

tar -xzf "$tarball" -C "$work" package/bin/opencode
mkdir -p "$folder"
install -m 0755 "$work/package/bin/opencode" "$folder/opencode"
printf '%s\n' "$version" >"$folder/opencode.version"
chmod 0644 "$folder/opencode.version"
echo "aperture-env: OpenCode $version ($package, sha512 checked, by $by)"
