#!/bin/sh
# Runs the tests that reach the engine's C API under valgrind: those of this crate and those of generated bindings.
# Fails on any invalid access and on any block that is definitely lost.
#
#   components/js/valgrind.sh        (needs valgrind; some twenty minutes)
#
# In November 2026, with valgrind 3.19 on Debian 12: no error in any of 11 test programs, and nothing lost (before there was WebAssembly).
set -eu
cd "$(dirname "$0")/../.."

run() {
    valgrind --quiet --error-exitcode=1 --num-callers=25 "$@"
}

# Folder and path of each test program; tests are run in the folder of their crate.
built=$(cargo test --no-run --message-format=json -p bgfetch-js -p bindings-gen-conformance)
programs=$(printf '%s\n' "$built" |
    sed -n 's/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"test":true.*"executable":"\([^"]*\)".*/\1 \2/p')
[ -n "$programs" ] || { echo "cargo told of no test program" >&2; exit 1; }

printf '%s\n' "$programs" | while read -r folder program; do
    echo "== $program"
    cd "$folder"
    # This test ends a runtime whose values are still held, which keeps its memory, as it says.
    keeps=a_runtime_that_ends_before_its_handles_leaves_none_dangling
    run --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
        "$program" --test-threads=1 --quiet --skip "$keeps"
    run --leak-check=no "$program" --test-threads=1 --quiet "$keeps"
done
echo "no invalid access, and nothing lost, in $(printf '%s\n' "$programs" | wc -l) programs"
