#!/usr/bin/env bash
# Plants each bug of this folder in a copy of the last commit and prints by which of 1,000
# seeds the simulator finds it. It builds once for each: minutes on two cores.
#
#   simulator/bugs/find.sh                    all of them
#   simulator/bugs/find.sh marker_missing     one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
top=$PWD
copy=$(mktemp -d)
trap 'git worktree remove --force "$copy"' EXIT
git worktree add --quiet --detach "$copy" HEAD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target}
missed=0
for patch in "$top"/simulator/bugs/*.patch; do
  name=$(basename "$patch" .patch)
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  git -C "$copy" checkout --quiet .
  git -C "$copy" apply "$patch"
  (cd "$copy" && cargo build --quiet --locked --profile sim --package simulator)
  found=$("$CARGO_TARGET_DIR/sim/simulator" --seeds 1000 --steps 500 2>/dev/null | head -1 | cut -c1-160) || true
  case "$found" in
    seed*) printf '%-32s %s\n' "$name" "$found" ;;
    *) printf '%-32s not found\n' "$name"; missed=1 ;;
  esac
done
exit "$missed"
