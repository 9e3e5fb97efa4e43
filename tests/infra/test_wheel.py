"""What `pip install` of the project brings along."""

from pathlib import Path
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


def test_podium_dev_makes_the_deployments_tables_from_an_installation_too(tmp_path):
    [wheel] = WheelBuilder(str(ROOT)).build(
        directory=str(tmp_path), versions=["standard"]
    )

    with ZipFile(wheel) as opened:
        packed = opened.read("podium_local/aws/data.yaml")

    assert (ROOT / "infra" / "data.yaml").read_bytes() == packed
