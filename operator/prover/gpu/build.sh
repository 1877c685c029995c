#!/usr/bin/env bash
# Builds sp1-gpu-server, with a CUDA compiler from PyPI, on a machine that needs no GPU.
#
#   CUDA_ARCHS=90 build.sh      90: H100, H200 (default); 80: A100; 86: RTX 30, A10; 89: RTX 40, L4, L40; 100: B200; 120: RTX 50.
#                               Several with commas: each costs minutes and megabytes
#
# The crate comes with its lock file, the compiler's packages are pinned in cuda.txt. All that is made lies in the
# target folder and is used again. The last line of standard output is the folder of the result.
set -euo pipefail

version=6.10.0
here=$(cd "$(dirname "$0")" && pwd)
output=${PROVER_GPU_TARGET:-$(dirname "$here")/target/gpu}
archs=${CUDA_ARCHS:-90}
uv=${UV:-uv}

say() { echo "prover-gpu: $*" >&2; }

[[ $archs =~ ^[0-9]+(,[0-9]+)*$ ]] || { say "CUDA_ARCHS is \"$archs\"; numbers with commas are meant, such as 90 or 86,89"; exit 64; }
[[ $(uname -sm) == "Linux x86_64" ]] || { say "only Linux on x86-64 is known to sp1-gpu-server"; exit 69; }
missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need cargo "cargo 1.91.1 or newer (rustup.rs)"
need go "go 1.24 or newer (go.dev/dl)"
need clang "clang (Debian package clang)"
need c++ "a C++ compiler for C++20 (Debian package g++)"
need make "make (Debian package make)"
need protoc "protoc (Debian package protobuf-compiler)"
imports='syntax = "proto3"; import "google/protobuf/empty.proto";'
protoc -I/dev -o/dev/null /dev/stdin <<<"$imports" 2>/dev/null || missing+=("protoc's own .proto files (Debian package libprotobuf-dev)")
need "$uv" "uv (make setup installs it)"
if ((${#missing[@]})); then
    for each in "${missing[@]}"; do say "needed and not found: $each"; done
    exit 69
fi

# --- the CUDA compiler ------------------------------------------------------------------------------------------------

mkdir -p "$output"
tools=$output/tools
if ! cmp -s "$here/cuda.txt" "$tools/cuda.txt"; then
    say "CUDA compiler and cmake, from PyPI (140 MB)"
    rm -rf "$tools"
    "$uv" venv --quiet "$tools"
    VIRTUAL_ENV=$tools "$uv" pip install --quiet --require-hashes --only-binary :all: -r "$here/cuda.txt"
    cuda=$(echo "$tools"/lib/python3*/site-packages/nvidia/cu13)
    # What a CUDA toolkit has, and the wheels do not.
    ln -sfn lib "$cuda/lib64"
    ln -sfn libcudart.so.13 "$cuda/lib/libcudart.so"
    cp "$here/cuda.txt" "$tools/cuda.txt"
fi
cuda=$(echo "$tools"/lib/python3*/site-packages/nvidia/cu13)
[[ -x $cuda/bin/nvcc ]] || { say "no nvcc in $cuda; remove $tools and try again"; exit 70; }

# --- the server -------------------------------------------------------------------------------------------------------

say "sp1-gpu-server $version for CUDA architectures $archs (half an hour the first time)"
# The server looks for the CUDA runtime in its own lib folder first.
env -u CUDA_VISIBLE_DEVICES \
    CUDA_PATH="$cuda" CUDAToolkit_ROOT="$cuda" CUDACXX="$cuda/bin/nvcc" CMAKE="$tools/bin/cmake" \
    PATH="$cuda/bin:$tools/bin:$PATH" CUDA_ARCHS="$archs" SP1_CUDA_ENABLED=1 \
    CARGO_TARGET_DIR="$output/cargo" CARGO_PROFILE_RELEASE_STRIP=symbols \
    RUSTFLAGS='-C link-arg=-Wl,-rpath,$ORIGIN/../lib' \
    cargo install --locked --force --no-track --root "$output/install" "sp1-gpu-server@$version" >&2

install -D -m 755 "$cuda/lib/libcudart.so.13" "$output/install/lib/libcudart.so.13"
said=$(env -i "$output/install/bin/sp1-gpu-server" --version)
[[ $said == "$version" ]] || { say "the server that was built calls itself \"$said\""; exit 70; }
say "built"
echo "$output/install"
