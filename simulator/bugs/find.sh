#!/usr/bin/env bash
# Plants the bugs of this folder in a copy of the last commit, all behind one switch, builds
# it once, and prints in how many seeds the simulator finds each and by which promise.
#
#   simulator/bugs/find.sh                    all of them
#   simulator/bugs/find.sh marker_missing     one
#
# Exit codes: 0 each is found and without a bug nothing is, 1 one of both is not so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
top=$PWD
seeds=${SEEDS:-1000}
# The copy and what is built of it are kept, so that only what changes is compiled. Nothing
# is shared with the tree: cargo would take the one's crates for the other's.
planted=${CARGO_TARGET_DIR:-$top/target}/planted
copy=$planted/tree
export CARGO_TARGET_DIR=$planted/target
[ -d "$copy/.git" ] || git clone --quiet --shared --no-checkout "$top" "$copy"
git -C "$copy" fetch --quiet "$top" HEAD
# The bugs become a commit before it is checked out, so that a file with a bug in it is
# written only if it has changed.
export GIT_INDEX_FILE=$planted/index
git -C "$copy" read-tree FETCH_HEAD
git -C "$copy" apply --cached "$top/simulator/bugs/switch.patch"
for patch in simulator/bugs/*.patch; do
  [ "$patch" = simulator/bugs/switch.patch ] || git -C "$copy" apply --cached "$top/$patch"
done
tree=$(git -C "$copy" write-tree)
unset GIT_INDEX_FILE
commit=$(git -C "$copy" -c user.name=planted -c user.email= commit-tree -m planted "$tree")
git -C "$copy" checkout --quiet --force --detach "$commit"
(cd "$copy" && cargo build --quiet --locked --profile sim --package simulator)
simulator=$CARGO_TARGET_DIR/sim/simulator

run() { PLANTED=$1 "$simulator" --seeds "$2" --steps 500 --threads 1 --unshrunk 2>/dev/null; }

failed=0
if [ $# -eq 0 ]; then
  if nothing=$(run "" 20); then
    printf '%-40s %6s  %s\n' "(no bug, 20 seeds)" none ""
  else
    printf 'without a bug: %s\n' "$nothing"
    failed=1
  fi
fi
for patch in simulator/bugs/*.patch; do
  name=$(basename "$patch" .patch)
  [ "$name" != switch ] || continue
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  found=$(run "$name" "$seeds" | head -n 1) || true
  case "$found" in
    "seed "*)
      found=${found#seed }
      promise=${found#*: }
      printf '%-40s %6s  %s\n' "$name" "${found%%:*}" "${promise%%:*}"
      ;;
    *)
      printf '%-40s %6s  %s\n' "$name" never "not in $seeds seeds"
      failed=1
      ;;
  esac
done
exit "$failed"
