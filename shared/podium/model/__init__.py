"""Conductor's JSON as frozen models, one file per noun (reference 2)."""

# A sub-workflow's definition is a definition: whichever of the two modules is asked for
# first, importing the package closes the circle between them.
import podium.model.workflow_definition  # noqa: F401
