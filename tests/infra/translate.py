"""Prints a SAM template as the CloudFormation that it becomes; runs in SAM's venv."""

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


class _Session:
    """Where the template is translated for."""

    region_name = "us-east-1"


template = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
for resource in template["Resources"].values():
    for key in ("CodeUri", "ContentUri", "Location"):
        if key in resource.get("Properties", {}):
            resource["Properties"][key] = "s3://bucket/key"
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
defaults = {
    name: one["Default"]
    for name, one in template["Parameters"].items()
    if "Default" in one
}
translator = Translator({}, Parser(), boto_session=_Session())
sys.stdout.write(json.dumps(translator.translate(template, defaults)))
