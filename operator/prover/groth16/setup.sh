#!/usr/bin/env bash
# SP1's Groth16 circuit under a throw-away setup, by SP1's own binary: FOLDER/v6.1.0, in the form that the SDK reads.
#
# Whoever runs this could know the trapdoor: good for tests of everything but the ceremony, and for nothing else.
set -euo pipefail

folder=$1
version=v6.1.0 # the circuit of sp1-prover 6.10.0
crate=sp1-prover@6.10.0
disk_gb=${GROTH16_DISK_GB:-30}

target=$(dirname "$0")/../target/groth16
mkdir -p "$target" "$folder"
target=$(cd "$target" && pwd)
folder=$(cd "$folder" && pwd)

if [[ -e $folder/$version/.complete ]]; then
	echo "groth16: the circuit is in $folder/$version"
	exit 0
fi
if [[ -e $folder/$version ]]; then
	echo "groth16: $folder/$version is there and unfinished; remove it, or name another folder" >&2
	exit 73
fi

free_kb=$(df --output=avail -k "$folder" | tail -n 1)
if ((free_kb < disk_gb << 20)); then
	echo "groth16: $disk_gb GiB of disk are needed under $folder" >&2
	exit 75
fi

builder=$target/bin/build_groth16_bn254
if [[ ! -x $builder ]]; then
	echo "groth16: SP1's circuit builder ($crate; 10 minutes the first time)"
	cargo install "$crate" --locked --features native-gnark --bin build_groth16_bn254 \
		--root "$target" --target-dir "$target/builder" --no-track
fi

# The circuit, a setup, and a proof under it that SP1's builder verifies: half an hour and more.
echo "groth16: the circuit and its setup, into $folder/$version"
draft=$folder/$version.draft
rm -rf "$draft"
"$builder" --build-dir "$draft"
rm -f "$draft/groth16_witness.json"
# The SDK takes a folder without this for an interrupted download, and starts another.
touch "$draft/.complete"
mv -T "$draft" "$folder/$version"
sha256sum "$folder/$version/groth16_vk.bin"
