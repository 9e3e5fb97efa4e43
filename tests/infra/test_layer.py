"""The layer: what functions import is in it, it is small, and needs no Docker."""

import json
import os
import re
import subprocess
import sys
import zipfile

import pytest

from templates import ROOT

LOCK = ROOT / "requirements-layer.lock"
LAMBDA_HAS = {"boto3", "botocore", "jmespath", "s3transfer", "python-dateutil", "six"}
MODULES = (
    "control_api",
    "decider",
    "projector",
    "sweeper",
    "system_tasks",
    "worker_api",
)
UNZIPPED, ZIPPED = 80_000_000, 20_000_000
"""Bytes.  Lambda takes 250 MB unzipped; what counts is how long a cold start reads."""


def pinned():
    """Return the names of the distributions that the layer is made of."""
    return set(re.findall(r"^([a-z0-9._-]+)==", LOCK.read_text(), re.MULTILINE))


def test_what_functions_import_is_in_the_layer_or_lambdas_own():
    program = (
        "import importlib, json, sys\n"
        "from importlib.metadata import packages_distributions\n"
        "before = set(sys.modules)\n"
        f"for name in {MODULES!r}:\n"
        "    importlib.import_module('podium_functions.' + name)\n"
        "import jq, quickjs, jsonpath, jsonschema_rs\n"  # imported when first needed
        "known = packages_distributions()\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "found = {one for top in tops for one in known.get(top, [])}\n"
        "print(json.dumps(sorted(found)))"
    )
    found = json.loads(subprocess.check_output([sys.executable, "-c", program]))
    names = {one.lower().replace("_", "-") for one in found}

    assert names <= pinned() | LAMBDA_HAS | {"podium"}


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    """Build the layer as SAM does; its wheels come from the package index."""
    target = tmp_path_factory.mktemp("layer")
    subprocess.run(
        [
            "make",
            "--silent",
            "--makefile=shared/Makefile",
            "build-SharedLayer",
            f"ARTIFACTS_DIR={target}",
        ],
        cwd=ROOT,
        check=True,
        env={**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"},
    )
    return target / "python"


def test_the_layer_has_the_engine_its_version_and_wheels_for_arm(layer):
    assert (layer / "podium" / "bootstrap.py").exists()
    assert [True] == [path.is_file() for path in layer.glob("podium-*/METADATA")]
    built = [path.name for path in layer.rglob("*.so")]
    assert built
    assert all("aarch64" in name or "abi3" in name for name in built)


def test_the_layer_brings_the_time_zones_of_schedules(layer):
    assert (layer / "tzdata" / "zoneinfo" / "Europe" / "Berlin").is_file()


def test_the_layer_leaves_out_what_lambda_has(layer):
    assert not (layer / "boto3").exists()
    assert not (layer / "botocore").exists()


def test_the_layer_is_small(layer, tmp_path):
    files = [path for path in layer.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < UNZIPPED

    archive = tmp_path / "layer.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in files:
            zipped.write(path, path.relative_to(layer))
    assert archive.stat().st_size < ZIPPED
