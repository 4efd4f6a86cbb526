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


def main(url):
    cloudformation = boto3.client(
        "cloudformation",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    template = translated(sources()["infra/data.yaml"])
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    print(json.dumps({output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}))


if __name__ == "__main__":
    main(sys.argv[1])
