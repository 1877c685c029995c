#!/usr/bin/env bash
# Builds the batch program for the zkVM with Debian's compiler, the same bytes from any folder.
#
#   build.sh           build, and put the ELF into place
#   build.sh --check   build, and compare with the ELF under version control
#
# The program's verifying key depends on every byte: compiler, crate versions (Cargo.lock) and paths are pinned.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
prover=$(dirname "$here")
compiler=/usr/bin/rustc
release=1.96.0
sources=/usr/src/rustc-$release
target=$here/riscv64im-succinct-zkvm-elf.json
placed=$prover/../zk_operator/program/batch.elf
output=${CARGO_TARGET_DIR:-$prover/target/program}
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src

missing=()
command -v cargo >/dev/null || missing+=("cargo (rustup, or Debian package cargo)")
command -v ld.lld >/dev/null || missing+=("ld.lld (Debian package lld)")
[[ -x $compiler && $("$compiler" --version 2>/dev/null) == "rustc $release "* ]] ||
    missing+=("$compiler $release (Debian package rustc-web)")
[[ -d $sources/library ]] || missing+=("$sources (Debian package rust-web-src)")
if ((${#missing[@]})); then
    printf 'prover-program: needed and not found: %s\n' "${missing[@]}" >&2
    exit 69
fi

# The registry's folder must exist before its name can be remapped.
cargo fetch --quiet --locked --manifest-path "$prover/Cargo.toml"
flags=(
    -C passes=lower-atomic
    -C link-arg=--image-base=0x78000000
    -C panic=abort
    --cfg 'getrandom_backend="custom"'
    -C llvm-args=-misched-prera-direction=bottomup
    -C llvm-args=-misched-postra-direction=bottomup
    --remap-path-prefix "$prover=prover"
    --remap-path-prefix "/usr/lib/rustlib/src/rust=rust"
    --remap-path-prefix "$sources=rust"
)
for index in "$registry"/*/; do
    flags+=(--remap-path-prefix "${index%/}=registry")
done
encoded=$(printf '%s\x1f' "${flags[@]}")

build() {
    env -u RUSTFLAGS -u RUSTUP_TOOLCHAIN RUSTC="$compiler" RUSTC_BOOTSTRAP=1 \
        CARGO_ENCODED_RUSTFLAGS="${encoded%$'\x1f'}" CARGO_TARGET_DIR="$output" \
        cargo build --profile program --locked --package darkcow-program \
        --manifest-path "$prover/Cargo.toml" --target "$target" -Z json-target-spec \
        -Z build-std=core,alloc,std,panic_abort -Z build-std-features=compiler-builtins-mem
}

echo "prover-program: building for the zkVM" >&2
build
built=$output/riscv64im-succinct-zkvm-elf/program/darkcow-program

if [[ ${1-} == --check ]]; then
    cmp "$built" "$placed" || { echo "prover-program: the build differs from $placed" >&2; exit 1; }
    echo "prover-program: the same, byte for byte" >&2
else
    install -D -m 644 "$built" "$placed"
    echo "prover-program: $(stat -c %s "$placed") bytes" >&2
fi
sha256sum "$built" | cut -d ' ' -f 1
