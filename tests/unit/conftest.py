"""Where recorded artefacts of other systems are read from, if they are there."""

from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of recorded artefacts; the test is skipped where it is absent."""
    if not VECTORS.is_dir():
        pytest.skip(f"no recorded artefacts in {VECTORS}")
    return VECTORS
