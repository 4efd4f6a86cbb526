#!/usr/bin/env bash
# Deploys what `sam build` has built to a stage, checks that it is what callers get, and
# then the stage itself (doctor.sh): if a check fails, it says how to go back and ends
# with 1.
#
#     infra/runbooks/deploy.sh STAGE [--no-execute-changeset] [Name=Value ...]
#
# With --no-execute-changeset it shows what would change, and changes nothing.
# Parameters named here win over those of samconfig.toml. What neither names keeps the
# value that the stack has: SAM sends the previous one, not the default. So a parameter
# that should hold for good belongs into samconfig.toml.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
shift

options=()
if [ "${1:-}" = --no-execute-changeset ]; then
  options+=("$1")
  shift
fi

# New with every deployment, so that each publishes versions of the functions.
digest=$(printf '%s %s %s' "$(git describe --always --dirty)" "$(date -u +%s)" $$ | sha256sum | cut -c1-64)

# Of two values of one parameter the last one counts.
declare -A chosen=()
for pair in $(setting parameter_overrides) "$@" "ReleaseDigest=$digest"; do
  chosen[${pair%%=*}]=${pair#*=}
done
overrides=()
for name in "${!chosen[@]}"; do
  overrides+=("$name=${chosen[$name]}")
done

sam deploy --config-env "$stage" --no-fail-on-empty-changeset "${options[@]}" --parameter-overrides "${overrides[@]}"
if [ "${#options[@]}" -gt 0 ]; then
  exit 0
fi

# After a roll-back by alarms sam has failed already. Here remains what it overlooks.
for function in $(functions); do
  deployed=$(aws_ lambda get-function-configuration --function-name "$function" --query CodeSha256)
  called=$(aws_ lambda get-function-configuration --function-name "$function" --qualifier live --query CodeSha256)
  if [ "$deployed" != "$called" ]; then
    echo "$function: callers still get another version than the one deployed" >&2
    exit 1
  fi
done
echo "$stage: release $digest of $(git describe --always --dirty) is what callers get"

if ! infra/runbooks/doctor.sh "$stage"; then
  echo "$stage: a check failed. To go back to the version before: infra/runbooks/back.sh $stage" >&2
  exit 1
fi
