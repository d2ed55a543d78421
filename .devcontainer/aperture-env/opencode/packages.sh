#!/bin/sh
# Installs what OpenCode needs from the distribution, where it is missing. packages.sh [fetcher]: also something that can download.
#   ripgrep: OpenCode's grep and glob tools need it · git: snapshots and undo · bash: what CI runners speak
#   tar, gzip: unpack what is fetched · libstdc++, libgcc: the musl build needs them
set -eu

has() { command -v "$1" >/dev/null 2>&1; }

fetcher=
if [ "${1:-}" = fetcher ] && ! has npm && ! has curl && ! has wget; then fetcher=curl; fi

certificates=
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
  if [ -e "$bundle" ]; then certificates=$bundle; fi
done

if ! has apk && [ -z "$fetcher" ] && [ -n "$certificates" ] && has rg && has git && has bash && has tar && has gzip; then
  exit 0
fi

# shellcheck disable=SC2086 # $fetcher is one word or none
if has apt-get; then
  # A source that is not the distribution's own (its key expired, its server is gone) makes the update fail, and nothing here comes from it.
  said=$(mktemp)
  updated=yes
  apt-get update 2>"$said" || updated=
  cat "$said" >&2
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends bash ca-certificates git ripgrep $fetcher; then
    if [ -z "$updated" ]; then
      echo "aperture-env: apt-get could not install bash ca-certificates git ripgrep${fetcher:+ $fetcher}, for the reason above; apt-get update had failed before:" >&2
      cat "$said" >&2
    fi
    exit 1
  fi
  rm -f "$said"
  apt-get clean
  # What says when it was done goes, too: one commit gives one image.
  rm -rf /var/lib/apt/lists/* /var/log/apt/*.log /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache
elif has apk; then
  apk add --no-cache bash ca-certificates git libgcc libstdc++ ripgrep $fetcher
elif has dnf; then
  # As above: a repository that does not answer is passed over.
  dnf install -y --setopt=install_weak_deps=False "--setopt=*.skip_if_unavailable=True" bash ca-certificates git ripgrep tar gzip $fetcher
  dnf clean all
else
  echo "aperture-env: this image has none of apt-get, apk and dnf; install bash ca-certificates git ripgrep $fetcher in it first." >&2
  exit 1
fi
