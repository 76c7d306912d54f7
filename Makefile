# Every target does its own set-up in .venv; nothing has to be activated or installed first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-fast test-long check proto docs bench train clean

help:
	@echo "make demo       a call on this machine, two avatars, one of them changes its driver (needs no GPU)"
	@echo "make test       lint, types and all tests but the long ones; make test-fast leaves out its slow part"
	@echo "make test-long  kill, fuzz and soak tests only"
	@echo "make check      lint and types"
	@echo "make bench      cost of a step, against the whole-clip graph and against the published loop"
	@echo "make train      trains on the simulated world and exports a bundle: some two hours on two cores (OUT=...)"
	@echo "make proto      regenerates guard/v1 from proto/"
	@echo "make docs       regenerates docs/api.md from proto/, and the table of settings in docs/operations.md"

# Stamps: an environment is built again when pyproject.toml changes, and `demo` installs no torch.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV), torch included: this takes some minutes the first time ..."
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.demo

venv: $(VENV)/.dev

demo: $(VENV)/.demo
	@$(BIN)/guard demo $(if $(SEED),--seed $(SEED))

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/mypy

test: check
	@$(PYTEST) -m 'not long'

# On every core, which only these tests bear: others start processes and wait for them.
test-fast: check
	@$(PYTEST) -m 'not slow and not long' -n auto --dist loadfile

# pytest says 5 when nothing carries the mark: no long tests is not a failure.
test-long: $(VENV)/.dev
	@$(PYTEST) -m long

PROTOS := $(wildcard proto/guard/v1/*.proto)

# google/rpc/status.proto comes with googleapis-common-protos.
proto: $(VENV)/.dev
	@included=$$($(BIN)/python -c 'from google.rpc import status_pb2 as s; from pathlib import Path; print(Path(s.__file__).parents[2])'); \
	$(BIN)/python -m grpc_tools.protoc --proto_path=proto --proto_path=$$included --python_out=. --pyi_out=. --grpc_python_out=. $(PROTOS)

docs: $(VENV)/.dev
	@$(BIN)/python docs/api.py > docs/api.md
	@$(BIN)/python docs/settings.py

bench: $(VENV)/.dev
	@$(BIN)/guard bench --json
	@$(BIN)/trainer bench --json

OUT ?= runs/model
# Real motion and portraits, where they are at hand; without them the world is drawn from procedures alone.
SHARED := $(or $(AVATAR_GUARD_SHARED),../shared)
TRACKS := $(wildcard $(SHARED)/motion/tracks.npz)
PORTRAITS := $(wildcard $(SHARED)/targets/targets.npz)
WORLD := $(if $(TRACKS),--motion $(TRACKS)) $(if $(PORTRAITS),--targets $(PORTRAITS))

train: $(VENV)/.dev
	@$(BIN)/trainer pretrain --out $(OUT)/encoder.pt $(if $(wildcard $(OUT)/encoder.pt),--resume) $(WORLD)
	@test -e $(OUT)/model.pt || $(BIN)/trainer headstart --encoder $(OUT)/encoder.pt --out $(OUT)/model.pt $(WORLD)
	@$(BIN)/trainer export $(OUT)/model.pt $(OUT)/bundle --model-id $(notdir $(OUT)) $(WORLD)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
