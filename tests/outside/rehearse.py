"""Creates the stack of the tables on an emulator of AWS and prints its outputs.

Usage: rehearse.py http://127.0.0.1:PORT

The emulator's CloudFormation takes infra/data.yaml as it is. It does not know
the outputs of nested stacks, nor user pools, HTTP APIs and alarms, so the other
templates are not rehearsed here.
"""

import json
import sys

import boto3

from templates import sources, translated

STACK = "rehearsal"


def is_absent(item):
    """Whether an item of a list is there only under a condition, which no default meets."""
    return isinstance(item, dict) and item.get("Fn::If", [None])[-1] == {"Ref": "AWS::NoValue"}


def without_absent(value):
    """The emulator keeps such an item as a null, where CloudFormation leaves it out."""
    if isinstance(value, dict):
        return {name: without_absent(inner) for name, inner in value.items()}
    if isinstance(value, list) and not (len(value) == 3 and value[-1] == {"Ref": "AWS::NoValue"}):
        return [without_absent(item) for item in value if not is_absent(item)]
    return value


def main(url):
    cloudformation = boto3.client(
        "cloudformation",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    template = translated(sources()["infra/data.yaml"])
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(without_absent(template)))
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    print(json.dumps({output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}))


if __name__ == "__main__":
    main(sys.argv[1])
