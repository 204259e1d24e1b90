#!/bin/sh
# Installs a release of Larder: for this machine, held to its checksum, and whole or not at all.
#
#   curl -fsSL https://github.com/OWNER/larder/releases/latest/download/install.sh | sh
#   curl -fsSL https://github.com/OWNER/larder/releases/latest/download/install.sh | sh -s -- --version 0.1.0 --to /usr/local/bin
#
# It writes the one file `larder` (by default into ~/.local/bin) and asks for no more rights than it has. Nothing runs
# before the last line has been read.
set -eu

usage() {
  cat << 'END'
usage: install.sh [--version VERSION] [--to FOLDER] [--from URL]

  --version VERSION  the release, such as 0.1.0; default: the latest
  --to FOLDER        where `larder` is put; default: ~/.local/bin
  --from URL         the address of the repository, if releases come from a mirror
END
}

fail() {
  echo "error: $1" >&2
  [ $# -lt 2 ] || echo "hint: $2" >&2
  exit 1
}

is_there() {
  command -v "$1" > /dev/null 2>&1
}

# Prints the target of the binary for this machine.
target() {
  system="$(uname -s)" processor="$(uname -m)"
  # A shell under Rosetta is told that the processor is another one.
  if [ "$system" = Darwin ] && [ "$(sysctl -n hw.optional.arm64 2> /dev/null)" = 1 ]; then processor=arm64; fi
  case "$system-$processor" in
    Linux-x86_64 | Linux-amd64) echo x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    MINGW* | MSYS* | CYGWIN*)
      fail "this script does not install on Windows" "\`npm install --global larder-cli\`, or unpack the release's \`.zip\`"
      ;;
    *)
      fail "there is no release for $system on $processor" "build it with Rust: \`cargo install --locked larder\`"
      ;;
  esac
}

# Writes what the address $1 gives to the file $2.
download() {
  if is_there curl; then
    case "$1" in https:*) only='=https' ;; *) only='=http' ;; esac
    curl --proto "$only" --proto-redir "$only" --fail --silent --show-error --location --retry 3 --output "$2" "$1"
  else
    wget -q -O "$2" "$1"
  fi
}

# Prints the SHA-256 of a file.
sum_of() {
  if is_there sha256sum; then
    sha256sum < "$1" | cut -d ' ' -f 1
  elif is_there shasum; then
    shasum -a 256 < "$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r < "$1" | cut -d ' ' -f 1
  fi
}

main() {
  version='' to='' from=https://github.com/OWNER/larder
  while [ $# -gt 0 ]; do
    case "$1" in
      --version | --to | --from)
        [ $# -gt 1 ] && [ -n "$2" ] || fail "\`$1\` needs a value" "\`--help\` lists the options"
        ;;
    esac
    case "$1" in
      --version) version="${2#v}" && shift ;;
      --to) to="$2" && shift ;;
      --from) from="${2%/}" && shift ;;
      --help | -h) usage && return ;;
      *) fail "\`$1\` is no option" "\`--help\` lists them" ;;
    esac
    shift
  done
  case "$version" in *[!0-9A-Za-z.-]*) fail "\`$version\` is no version such as 0.1.0" ;; esac
  case "$from" in
    https://* | http://127.0.0.1:*) ;;
    *) fail "\`$from\` does not begin with https://" ;;
  esac
  if [ -z "$to" ]; then
    [ -n "${HOME:-}" ] || fail "there is no home folder" "name a folder with \`--to\`"
    to="$HOME/.local/bin"
  fi
  is_there curl || is_there wget || fail "neither curl nor wget is installed"
  is_there tar || fail "tar is not installed"
  is_there sha256sum || is_there shasum || is_there openssl ||
    fail "nothing is installed that computes a SHA-256: sha256sum, shasum or openssl"

  target="$(target)"
  [ ! -d "$to/larder" ] || fail "\`$to/larder\` is a folder" "name another folder with \`--to\`"
  mkdir -p "$to" 2> /dev/null || fail "the folder \`$to\` can't be made" "name another one with \`--to\`"
  # In the same folder, so that the last step is one rename.
  mkdir "$to/.larder-install-$$" 2> /dev/null ||
    fail "the folder \`$to\` can't be written to" "name another one with \`--to\`"
  to="$(cd "$to" && pwd)"
  staging="$to/.larder-install-$$"
  trap 'rm -rf "$staging"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  if [ -n "$version" ]; then release="download/v$version"; else release=latest/download; fi
  download "$from/releases/$release/SHA256SUMS" "$staging/SHA256SUMS" ||
    fail "no \`SHA256SUMS\` could be fetched from $from/releases/$release" "is there such a release, and is the network reached?"
  # One line for each archive: its sum, two characters, its name.
  line="$(grep -E "^[0-9a-f]{64} [ *]larder-[0-9A-Za-z.-]+-$target\.tar\.gz\$" "$staging/SHA256SUMS" || true)"
  case "$line" in
    '') fail "the release has no archive for $target" ;;
    *larder-*larder-*) fail "the release has more than one archive for $target" ;;
  esac
  sum="${line%% *}" archive="larder-${line#*larder-}"
  name="${archive%.tar.gz}"
  named="${name#larder-}" && named="${named%-"$target"}"
  [ -z "$version" ] || [ "$version" = "$named" ] || fail "the release $version holds \`$archive\`"

  download "$from/releases/download/v$named/$archive" "$staging/$archive" || fail "\`$archive\` could not be fetched"
  actual="$(sum_of "$staging/$archive")"
  [ "$actual" = "$sum" ] || fail "\`$archive\` has the SHA-256 $actual, and \`SHA256SUMS\` has $sum" "nothing was installed"
  tar -xzf "$staging/$archive" -C "$staging" "$name/larder" || fail "\`$archive\` could not be unpacked"
  chmod 755 "$staging/$name/larder"
  printed="$("$staging/$name/larder" --version)" || fail "the larder of release $named does not run here"
  mv -f "$staging/$name/larder" "$to/larder" || fail "\`$to/larder\` can't be written"

  echo "installed $printed as $to/larder"
  case ":${PATH:-}:" in
    *":$to:"*)
      first="$(command -v larder || true)"
      [ "$first" = "$to/larder" ] || echo "hint: the \`larder\` that is found first is another one: $first"
      ;;
    *) echo "hint: $to is not in PATH: add \`export PATH=\"$to:\$PATH\"\` to the profile of your shell" ;;
  esac
}

# Cut anywhere, this is no command.
{
  main "$@"
  exit
}
