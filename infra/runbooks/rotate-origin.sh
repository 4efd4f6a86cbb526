#!/usr/bin/env bash
# Makes or replaces the secret by which the functions know that a call came through the
# edge, without a refused call: they accept the old and the new one while CloudFront
# moves from one to the other. The secret itself is never printed.
#
#     infra/runbooks/rotate-origin.sh STAGE [first]
#
# `first` makes it before there is an edge, and prints what to deploy with. Without it,
# `sam build` must have built what runs, because the API's stack is deployed twice.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

name="$stack-origin"
edge() { aws --region us-east-1 --output text "$@"; }
digest_of() {
  edge secretsmanager get-secret-value --secret-id "$name" --version-stage "$1" --query SecretString | tr -d '\n' | sha256sum | cut -c1-64
}
value() { python3 -c 'import secrets; print(secrets.token_hex(32), end="")'; }

if [ "${2:-}" = first ]; then
  value | edge secretsmanager create-secret --name "$name" --secret-string file:///dev/stdin >/dev/null
else
  value | edge secretsmanager put-secret-value --secret-id "$name" --secret-string file:///dev/stdin >/dev/null
fi
arn=$(edge secretsmanager describe-secret --secret-id "$name" --query ARN)
version=$(edge secretsmanager get-secret-value --secret-id "$name" --query VersionId)
new=$(digest_of AWSCURRENT)

if [ "${2:-}" = first ]; then
  cat <<TEXT
Put it into samconfig.toml, for $stage:       OriginDigests=$new
Deploy the API, then the edge with:           OriginSecretId=$arn OriginSecretVersion=$version
TEXT
  exit 0
fi
old=$(digest_of AWSPREVIOUS)
infra/runbooks/deploy.sh "$stage" Rollout=AllAtOnce "OriginDigests=$new,$old"
infra/runbooks/edge.sh "$stage" "OriginSecretId=$arn" "OriginSecretVersion=$version"
infra/runbooks/deploy.sh "$stage" "OriginDigests=$new"
echo "Put it into samconfig.toml, for $stage: OriginDigests=$new"
