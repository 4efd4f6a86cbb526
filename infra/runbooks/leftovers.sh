#!/usr/bin/env bash
# After a stack was deleted, or its first deployment failed: names the tables and user
# pools that were kept, with the commands that delete them for good. Deletes nothing.
#
#     infra/runbooks/leftovers.sh STAGE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

if aws_ cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].StackStatus' 2>/dev/null | grep -qv DELETE_COMPLETE; then
  echo "The stack $stack exists. Delete it first: aws cloudformation delete-stack --region $region --stack-name $stack" >&2
  exit 1
fi
for table in $(aws_ dynamodb list-tables --query "TableNames[?starts_with(@, '$stack-')]"); do
  echo "# $(aws_ dynamodb describe-table --table-name "$table" --query Table.ItemCount) items, counted every six hours"
  echo "aws dynamodb update-table --region $region --table-name $table --no-deletion-protection-enabled"
  echo "aws dynamodb delete-table --region $region --table-name $table"
done
aws_ cognito-idp list-user-pools --max-results 60 --query "UserPools[?starts_with(Name, '$stack-')].[Id,Name]" |
  while read -r pool name; do
    echo "# user pool $name"
    echo "aws cognito-idp update-user-pool --region $region --user-pool-id $pool --deletion-protection INACTIVE"
    echo "aws cognito-idp delete-user-pool --region $region --user-pool-id $pool"
  done
