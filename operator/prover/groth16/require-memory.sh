#!/usr/bin/env bash
# Ends with 75 and a line that says why where less memory is free than so many GiB, the control group's limit included.
set -euo pipefail

needed_gb=$1
free=$(awk '/^MemAvailable:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)

group=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null || true)
folder=/sys/fs/cgroup${group%/}
while true; do
	limit=$(cat "$folder/memory.max" 2>/dev/null || echo max)
	if [[ $limit != max ]]; then
		# Files in memory count as used, and are given back when it is wanted.
		cached=$(awk '/^(in)?active_file / { sum += $2 } END { printf "%.0f", sum }' "$folder/memory.stat")
		room=$((limit - $(cat "$folder/memory.current") + cached))
		((room < free)) && free=$room
	fi
	[[ $folder == /sys/fs/cgroup || $folder == / ]] && break
	folder=$(dirname "$folder")
done

if ((free < needed_gb << 30)); then
	found=$(awk -v bytes="$free" 'BEGIN { printf "%.1f", bytes / 2^30 }')
	echo "groth16: $needed_gb GiB of free memory are needed, and $found are here" >&2
	echo "groth16: SP1's circuit has 16 million constraints; its setup alone takes more than 24" >&2
	echo "groth16: without PROOF=groth16, a compressed proof is made: 16 GiB" >&2
	exit 75
fi
