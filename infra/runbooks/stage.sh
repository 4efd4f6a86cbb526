# shellcheck shell=bash
# Read by the other runbooks: what samconfig.toml says of a stage, and what its stack
# says of itself. Changes nothing.

# `prod` is the stage's section in samconfig.toml.
stage=${1:?usage: $0 STAGE ...}
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# One setting of the stage, for example `setting region`.
setting() {
  python3 - "$stage" "$1" <<'PYTHON'
import sys, tomllib
stage, name = sys.argv[1:]
stages = tomllib.load(open("samconfig.toml", "rb"))
if "deploy" not in stages.get(stage, {}):
    sys.exit(f"samconfig.toml has no stage {stage}")
print(stages[stage]["deploy"]["parameters"].get(name, ""))
PYTHON
}

stack=$(setting stack_name)
region=$(setting region)

# Every call names the region: nothing depends on a profile's default.
aws_() { aws --region "$region" --output text "$@"; }

# One output of the stack, for example `output CreditsTable`.
output() {
  aws_ cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

# The value that a parameter of the stack has now.
parameter() {
  aws_ cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue"
}

# The names of the deployed functions, one a line.
functions() {
  aws_ cloudformation describe-stack-resources --stack-name "$stack" \
    --query "StackResources[?ResourceType=='AWS::Lambda::Function'].PhysicalResourceId" | tr '\t' '\n'
}
