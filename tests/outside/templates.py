"""The project's templates as CloudFormation would get them.

The main one is translated by SAM's own translator, the nested ones are plain
CloudFormation already. Nothing here talks to AWS.
"""

import copy
import logging
import os
from pathlib import Path

# The translator asks for a region; which one changes nothing that is judged.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# It counts its own work and complains that nobody publishes the counts.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

ROOT = Path(__file__).resolve().parents[2]
MAIN = "template.yaml"


def sources():
    """Every template by its path, as it is written."""
    paths = [MAIN, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "infra").glob("*.yaml"))]
    return {path: yaml_parse((ROOT / path).read_text()) for path in paths}


def translated(template):
    """What CloudFormation makes of a SAM template; one without SAM stays."""
    if "Transform" not in template:
        return template
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `sam package` puts the place of the uploaded code here.
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return Translator({}, Parser()).translate(template, {})
