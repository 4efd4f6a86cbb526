#!/usr/bin/env bash
# Switches every function of a stage on again, with the concurrency that the stack's
# parameter ReservedConcurrency says, and asserts that none is left at 0.
#
#     infra/runbooks/start.sh STAGE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

reserved=$(parameter ReservedConcurrency)
for function in $(functions); do
  if [ "$reserved" = none ]; then
    aws_ lambda delete-function-concurrency --function-name "$function"
  else
    aws_ lambda put-function-concurrency --function-name "$function" --reserved-concurrent-executions "$reserved" >/dev/null
  fi
  now=$(aws_ lambda get-function-concurrency --function-name "$function" --query ReservedConcurrentExecutions)
  if [ "$now" = 0 ]; then
    echo "$function is still off" >&2
    exit 1
  fi
  echo "$function is on"
done
