#!/usr/bin/env bash
# The tests on another Python with the lowest or highest versions that pyproject.toml allows, not the pinned ones:
# tests/other_versions.sh PYTHON lowest-direct|highest [what pytest is told]
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
uv venv --quiet --no-config --python "$1" "$scratch/venv"
uv pip install --quiet --no-config --python "$scratch/venv" --resolution "$2" --editable . --group dev
pins=tests/test_repository.py::test_what_is_installed_is_what_is_pinned  # which is not so here, on purpose
"$scratch/venv/bin/python" -m pytest --deselect "$pins" "${@:3}"
