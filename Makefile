# The ways to use Frontline from a clone. Needs Python 3.11 or newer with its venv module, and make.
#   make call    a rehearsed caller phones the assistant, with real sound
#   make serve   the app stays up
#   make test    the whole suite          PYTHON=python3.13 make test   the same on another Python
#   make web     the console's scripts and styles; `make serve` does it by itself
#   make check   format, lint, types, layers, prompts and tools, tests

ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
else
VENV ?= .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
endif

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ARGS ?=

WEB := app/console/web
BUILT := app/console/static/manifest.json
SOURCES := $(wildcard $(WEB)/entries/* $(WEB)/phone/* $(WEB)/lines/* $(WEB)/tools/* $(WEB)/shared/* $(WEB)/styles/* $(WEB)/*.mjs $(WEB)/*.txt $(WEB)/package-lock.json)

.PHONY: call serve web web-types test soak fuzz drill bench check format lint types layers edits lock clean

call: $(VENV)/.installed
	@$(BIN)/frontline call $(ARGS)

serve: $(VENV)/.installed $(BUILT)
	@$(BIN)/frontline serve $(ARGS)

web: $(BUILT)

# With the machine's Node or, where there is none, with one from the Python registry. Without the files calls are
# answered all the same: the console's pages then say what is missing.
$(BUILT): $(SOURCES) | $(VENV)/.installed
	@echo "building the console's pages (once)"
	@$(BIN)/python -m app.console.build || echo "the console's pages could not be built; calls are answered all the same"

web-types: $(BUILT)
	@$(BIN)/python -m app.console.build --types

test: $(VENV)/.installed-for-tests $(BUILT)
	$(BIN)/python -m pytest $(ARGS)

# Eight minutes of rolling calls against one server; fails where a figure of the soak is missed. ARGS="--long --minutes 6": one call.
soak: $(VENV)/.installed-for-tests
	$(BIN)/python -m tests.soak $(ARGS)

# Faults injected, what callers hear and what is kept measured; ARGS="--short", "--row G2", "--proof renewals".
drill: $(VENV)/.installed
	@$(BIN)/frontline drill $(ARGS)

# Whatever may come from outside, in 100,000 cases of each kind. About an hour; FUZZ_CASES=5000 make fuzz for fewer.
fuzz: $(VENV)/.installed-for-tests
	FUZZ_CASES=$${FUZZ_CASES:-100000} $(BIN)/python -m pytest tests/fuzz $(ARGS)

# What each part of the way of a sound costs, and a second of a call without its sockets. ARGS="-k read": some of them.
bench: $(VENV)/.installed-for-tests
	$(BIN)/python -m pytest tests/speed -o python_files="bench_*.py" --benchmark-columns=min,median,ops --benchmark-sort=name $(ARGS)

check: format lint types web-types layers edits test

format: $(VENV)/.installed-for-tests
	$(BIN)/ruff format --check .

lint: $(VENV)/.installed-for-tests
	$(BIN)/ruff check .

types: $(VENV)/.installed-for-tests
	$(BIN)/mypy

layers: $(VENV)/.installed-for-tests
	$(BIN)/lint-imports

edits: $(VENV)/.installed-for-tests
	$(BIN)/frontline check

# What running needs, nothing else; every file checked against its hash.
$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt install python3 python3-venv"; exit 1; }
	@echo "installing into $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed: apt install python3-venv"; exit 1; }
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-for-tests: $(VENV)/.installed tests/requirements.lock
	@echo "installing what the tests need into $(VENV) (once)"
	@$(PIP) --require-hashes -r tests/requirements.lock
	@touch $@

# Made anew when pyproject.toml changes; needs uv.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
		pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
		--extra dev -c requirements.lock pyproject.toml -o tests/requirements.lock

clean:
	rm -rf .venv .venv-* data build dist *.egg-info app/console/static $(WEB)/node_modules
