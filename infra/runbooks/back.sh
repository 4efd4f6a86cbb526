#!/usr/bin/env bash
# Moves every function of a stage back to the version before, in seconds and without a
# build: code and settings are those that this version was published with. Deploy the
# tag of that version afterwards, so that the stack says what runs (docs/release.md).
#
# Not for a release that raised the schema: the version before refuses its items.
#
#     infra/runbooks/back.sh STAGE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

for function in $(functions); do
  now=$(aws_ lambda get-alias --function-name "$function" --name live --query FunctionVersion)
  before=$(aws_ lambda list-versions-by-function --function-name "$function" --query 'Versions[].Version' |
    tr '\t' '\n' | grep -x '[0-9]*' | sort -n | awk -v now="$now" '$1 < now' | tail -1)
  if [ -z "$before" ]; then
    echo "$function has no version before $now" >&2
    exit 1
  fi
  # Without weights: a canary that is under way ends here.
  aws_ lambda update-alias --function-name "$function" --name live --function-version "$before" \
    --routing-config 'AdditionalVersionWeights={}' >/dev/null
  echo "$function is at version $before, and was at $now"
done
