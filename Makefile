# Two commands for a newcomer: `make demo` and `make test`. Nothing else to install by hand.
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

.PHONY: demo test check fuzz bench chaos picture format lock clean

$(READY): requirements-dev.lock pyproject.toml
	@command -v python3 >/dev/null || { echo "Langyan needs Python 3.11 or newer"; exit 1; }
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(VENV)/bin/uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet --disable-pip-version-check uv
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements-dev.lock
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)
	@$(VENV)/bin/langyan demo $(ARGS)

test: $(READY)
	@$(PY) -m pytest -n auto $(ARGS)

check: $(READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -n auto

fuzz: $(READY)
	@LANGYAN_FUZZ=$(or $(CASES),10000) $(PY) -m pytest -n auto tests/fuzz $(ARGS)

bench: $(READY)
	@$(PY) -m benchmarks $(ARGS)

chaos: $(READY)
	@$(PY) -m benchmarks.chaos $(ARGS)

picture: $(READY)
	@$(PY) -m benchmarks.picture

format: $(READY)
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

lock:
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
