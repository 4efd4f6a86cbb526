#!/usr/bin/env bash
# Restores the four tables of a stopped stage to one second, into tables of their own,
# and sets what a restore does not copy. The stack is not changed; the last lines say
# how to check the tables and point the stack to them. May be started again: what is
# there already is kept.
#
#     infra/runbooks/restore.sh STAGE 2026-11-22T14:30:00Z SUFFIX
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
at=${2:?name the last good second, for example 2026-11-22T14:30:00Z}
suffix=${3:?name the new tables, for example 20261122}

for function in $(functions); do
  if [ "$(aws_ lambda get-function-concurrency --function-name "$function" --query ReservedConcurrentExecutions)" != 0 ]; then
    echo "$function still writes: infra/runbooks/stop.sh $stage" >&2
    exit 1
  fi
done

restored=()
for name in Users Credits Billing Notices; do
  source_table=$(output "${name}Table")
  table="$stack-${name,,}-$suffix"
  restored+=("$table")
  if ! aws_ dynamodb describe-table --table-name "$table" >/dev/null 2>&1; then
    aws_ dynamodb restore-table-to-point-in-time --source-table-name "$source_table" \
      --target-table-name "$table" --restore-date-time "$at" >/dev/null
    echo "$table: restoring $source_table as of $at; minutes to hours"
  fi
done

for table in "${restored[@]}"; do
  # The waiter gives up after some eight minutes.
  until aws_ dynamodb wait table-exists --table-name "$table"; do sleep 5; done
  aws_ dynamodb update-continuous-backups --table-name "$table" \
    --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true >/dev/null
  if [ "$(aws_ dynamodb describe-time-to-live --table-name "$table" --query TimeToLiveDescription.TimeToLiveStatus)" = DISABLED ]; then
    aws_ dynamodb update-time-to-live --table-name "$table" \
      --time-to-live-specification Enabled=true,AttributeName=expires_at >/dev/null
  fi
  aws_ dynamodb update-table --table-name "$table" --deletion-protection-enabled >/dev/null
  echo "$table: backed up, expiring and protected"
done

# What is written from now on reaches the function notify by these.
streams=()
for table in "${restored[1]}" "${restored[3]}"; do
  aws_ dynamodb wait table-exists --table-name "$table"
  if [ "$(aws_ dynamodb describe-table --table-name "$table" --query Table.StreamSpecification.StreamEnabled)" != True ]; then
    aws_ dynamodb update-table --table-name "$table" \
      --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE >/dev/null
    aws_ dynamodb wait table-exists --table-name "$table"
  fi
  streams+=("$(aws_ dynamodb describe-table --table-name "$table" --query Table.LatestStreamArn)")
done

names="--region $region --users-table ${restored[0]} --credits-table ${restored[1]} --billing-table ${restored[2]} --notices-table ${restored[3]}"
cat <<TEXT
Check them first:
    creditsctl verify --all $names
Then point the stack to them, all calls at once, and start:
    infra/runbooks/deploy.sh $stage Rollout=AllAtOnce RestoredUsersTable=${restored[0]} RestoredCreditsTable=${restored[1]} RestoredBillingTable=${restored[2]} RestoredNoticesTable=${restored[3]} RestoredCreditsStream=${streams[0]} RestoredNoticesStream=${streams[1]}
    infra/runbooks/start.sh $stage
TEXT
