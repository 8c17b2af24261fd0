# shellcheck shell=bash
# Sourced by the scripts beside it: where the project lies, and how it is configured and built.

shopt -s inherit_errexit  # a failure inside $(...) ends the script too

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# configure PRESET [CMAKE OPTIONS...]: quiet unless it fails.
configure() {
  local preset=$1 output
  shift
  command -v ccache >/dev/null && set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
  output=$(cmake -S "$root" --preset "$preset" "$@" 2>&1) || {
    echo "$output" >&2
    return 1
  }
}

# build PRESET TARGETS...
build() {
  local preset=$1
  shift
  cmake --build "$root/build/$preset" --target "$@"
}
