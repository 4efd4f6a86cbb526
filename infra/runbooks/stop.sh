#!/usr/bin/env bash
# Switches every function of a stage off, at once and without a build: callers get 5xx,
# Stripe retries for three days, nothing is lost. start.sh switches them on again.
#
#     infra/runbooks/stop.sh STAGE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

for function in $(functions); do
  aws_ lambda put-function-concurrency --function-name "$function" --reserved-concurrent-executions 0 >/dev/null
  echo "$function is off"
done
