#!/usr/bin/env bash
# Runs the tests against real counterparts: installs them when needed, then `node --test` on the given or all test files.
#
# LANDLINE_BIN names the gateway's binary (default: target/debug/landline of this checkout).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
settings=$("$here/setup.sh")
set -a
eval "$settings"
set +a
cd "$here"
if [ $# -eq 0 ]; then set -- *.test.mjs; fi
exec "$LANDLINE_TEST_NODE" --test --test-concurrency=1 --test-timeout=600000 --test-reporter=spec "$@"
