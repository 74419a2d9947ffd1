"""Lists the tests with the manifest tool that is part of web-platform-tests, without a network.

    python3 -I -S -B manifest.py TESTS_ROOT MANIFEST_JSON CACHE_FOLDER
"""

import os
import sys

if __name__ == "__main__":
    root, manifest, cache = sys.argv[1:]
    sys.path.insert(0, os.path.join(root, "tools"))
    import localpaths  # noqa: F401  (puts the tests' own libraries on sys.path)

    sys.path.insert(0, root)
    from tools.manifest import update

    arguments = ["--no-download", "--tests-root", root, "--path", manifest, "--cache-root", cache]
    update.run(**vars(update.create_parser().parse_args(arguments)))
