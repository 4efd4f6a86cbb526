#!/usr/bin/env bash
# Deploys the edge of a stage, infra/edge.yaml, to us-east-1, and waits until CloudFront
# has it everywhere.
#
#     infra/runbooks/edge.sh STAGE [Name=Value ...]
#
# What is not named keeps the value that the edge has.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
shift

aws cloudformation deploy --region us-east-1 --stack-name "$stack-edge" --template-file infra/edge.yaml \
  --no-fail-on-empty-changeset --parameter-overrides "ApiHost=$(output ApiHost)" "$@"
aws cloudformation describe-stacks --region us-east-1 --stack-name "$stack-edge" --output text \
  --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]'
