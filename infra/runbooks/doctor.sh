#!/usr/bin/env bash
# Checks a stage as its callers meet it, and its tables, with `creditsctl doctor`: a token,
# a charge that must be refused, the webhook and its secret, Stripe's key and endpoint,
# clocks. Ends with 3 if a check failed. It reads the secrets from Secrets Manager into
# variables of that one process; none is printed, and none stands on a command line.
#
#     infra/runbooks/doctor.sh STAGE
#
# What is set already wins: API_TOKEN with an issuer of your own, and STRIPE_API_KEY with
# a key that may read webhook endpoints, which the stack's need not. CREDITSCTL names the
# program; without it the one of this checkout is built.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
read -r -a creditsctl <<<"${CREDITSCTL:-cargo run --quiet --release -p ops --bin creditsctl --}"

secret() { aws_ secretsmanager get-secret-value --secret-id "$1" --query SecretString; }

# A token of the stack's own pool costs $0.00225. Without one two checks are skipped.
service_token() {
  local pool client key
  pool=$(output UserPoolId)
  client=$(output ServiceClientId)
  if [ -z "$pool" ] || [ -z "$client" ]; then
    return 1
  fi
  key=$(aws_ cognito-idp describe-user-pool-client --user-pool-id "$pool" --client-id "$client" \
    --query UserPoolClient.ClientSecret)
  printf 'user = "%s:%s"\n' "$client" "$key" |
    curl --silent --fail --max-time 10 --config - --data grant_type=client_credentials "$(output TokenEndpoint)" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}
if [ -z "${API_TOKEN:-}" ]; then
  API_TOKEN=$(service_token 2>/dev/null) || API_TOKEN=
fi
export API_TOKEN

STRIPE_WEBHOOK_SECRETS=$(secret "$(output StripeWebhookSecret)" | tr '\n' ',')
export STRIPE_WEBHOOK_SECRETS

# Until an operator stores a key, the secret holds random letters.
if [ -z "${STRIPE_API_KEY:-}" ]; then
  key=$(secret "$(output StripeApiKey)")
  case "$key" in
    rk_* | sk_*) export STRIPE_API_KEY=$key ;;
  esac
fi

# Behind an edge the API answers what has the edge's secret; the path of the webhook is
# called past the edge, which lets in Stripe's addresses alone.
if [ -n "$(parameter OriginDigests)" ]; then
  ORIGIN_SECRET=$(aws --region us-east-1 --output text secretsmanager get-secret-value \
    --secret-id "$stack-origin" --query SecretString)
  export ORIGIN_SECRET
fi
public=$(parameter PublicUrl)
webhook=${public:+${public%/}/webhooks/stripe}

exec "${creditsctl[@]}" doctor --region "$region" --livemode "$(parameter StripeLivemode)" \
  --api-url "$(output ApiUrl)" --webhook-url "${webhook:-$(output StripeWebhookUrl)}" \
  --users-table "$(output UsersTable)" --credits-table "$(output CreditsTable)" \
  --billing-table "$(output BillingTable)" --notices-table "$(output NoticesTable)"
