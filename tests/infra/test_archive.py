"""The archive as a table: its columns are the fields of a line, its folders ours."""

import yaml

from aws_resources import TEMPLATE, _Template
from podium.service.archived_line import FLAT_FIELDS, ArchivedLine
from podium.service.archives import PREFIX

RESOURCES = yaml.load((TEMPLATE.parent / "archive.yaml").read_text(), Loader=_Template)[
    "Resources"
]
TABLE = RESOURCES["ArchiveTable"]["Properties"]["TableInput"]
TYPES = {"int": "int", "str": "string", "str | None": "string"}


def test_the_columns_are_the_flat_fields_of_a_line():
    columns = [one["Name"] for one in TABLE["StorageDescriptor"]["Columns"]]

    assert columns == list(FLAT_FIELDS)


def test_a_column_holds_what_its_field_does():
    for column in TABLE["StorageDescriptor"]["Columns"]:
        name, kind = column["Name"], column["Type"]
        declared = ArchivedLine.__annotations__[name]
        expected = "bigint" if name.endswith("_time") else TYPES[declared]

        assert (name, kind) == (name, expected)


def test_the_partitions_are_the_folders_that_are_written_to():
    parameters = TABLE["Parameters"]

    assert [{"Name": "date", "Type": "string"}] == TABLE["PartitionKeys"]
    assert ("true", "date") == (
        parameters["projection.enabled"],
        parameters["projection.date.type"],
    )
    assert {"Sub": f"s3://${{Bucket}}/{PREFIX}/date=${{!date}}/"} == parameters[
        "storage.location.template"
    ]
    assert {"Sub": f"s3://${{Bucket}}/{PREFIX}/"} == TABLE["StorageDescriptor"][
        "Location"
    ]
