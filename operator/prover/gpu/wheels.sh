#!/usr/bin/env bash
# The Python packages of a GPU kit, as wheels: the operator's own two, and what its GPU adapter imports (group gpu-kit of uv.lock).
#
#   wheels.sh 3.12 FOLDER      for that Python on Linux, x86-64; the folder is made anew
set -euo pipefail

python=$1 folder=$2
root=$(cd "$(dirname "$0")/../../.." && pwd)
abi=cp${python/./}
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT

rm -rf "$folder"
mkdir -p "$folder"
cd "$root"
"$root/.tools/bin/uv" export --quiet --frozen --only-group gpu-kit --no-header --output-file "$wanted" >/dev/null
"$root/.tools/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: --implementation cp --python-version "$python" --abi "$abi" --abi abi3 --abi none \
    --platform manylinux2014_x86_64 --requirement "$wanted" --dest "$folder"
for package in zkverify-client zk-operator; do
    "$root/.tools/bin/uv" build --quiet --wheel --package "$package" --out-dir "$folder" >/dev/null
done
rm -f "$folder/.gitignore"
