#!/bin/sh
# Brings the .idl files of this folder to the version of @webref/idl that VERSION names.
#
#   ./update.sh            fetch VERSION again (also the check that nobody edited a file)
#   ./update.sh 3.86.0     move to another version
#   ./update.sh --add fs   one more specification's file moves here
#
# The files are verbatim. What of them is implemented is told by implemented.toml, never by editing IDL. The files of
# which nothing is implemented are in ../bindings-gen/tests/webref: the compiler is tested with the whole platform.
set -eu
cd "$(dirname "$0")"

add=""
case "${1-}" in
    "") ;;
    --add) add="${2:?usage: update.sh --add SPEC}" ;;
    *) printf '%s\n' "$1" > VERSION ;;
esac
version=$(cat VERSION)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive=$(cd "$work" && npm pack --silent "@webref/idl@$version")
tar -xzf "$work/$archive" -C "$work"

others=../bindings-gen/tests/webref
for file in *.idl ${add:+"$add.idl"}; do
    # A proposal's, which the package has not.
    [ "$file" = wasm-threads.idl ] && continue
    if [ -f "$work/package/$file" ]; then
        mv "$work/package/$file" "$file"
    else
        echo "$file is no longer part of @webref/idl $version: see its README for what replaced it" >&2
        exit 1
    fi
done
rm -f "$others"/*.idl
mv "$work"/package/*.idl "$others"
echo "webidl is at @webref/idl $version; now run: cargo run -p bindings-gen -- check webidl/*.idl"
