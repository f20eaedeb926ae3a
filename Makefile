# Two commands on a machine with python3 and make: `make run` and `make test`. `make` alone lists them all.
# Works with the make that macOS ships (GNU make 3.81).

PYTHON3 ?= python3
PYTHON := .venv/bin/python
BOOTSTRAP := tools/bootstrap.py tools/system_libraries.py pyproject.toml uv.lock
# Where tools write, beside .venv; all of it can be made again.
CACHES := .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

.DEFAULT_GOAL := help
.PHONY: help setup run test lint test-nightly screenshots bench app clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready-to-run ## Set up .venv with what the application needs

run: setup ## Open the window and analyze a sample photo (without a display: on the command line)
	@$(PYTHON3) tools/system_libraries.py --for-window
	@$(PYTHON) -m mondrian_desktop demo

test: .venv/.ready-to-test ## Check style, types and imports, and run the tests
	@$(PYTHON3) tools/system_libraries.py --for-tests
	@$(MAKE) --no-print-directory lint
	@$(PYTHON) -m pytest --durations=20

lint: .venv/.ready-to-test ## Check style, types and imports only
	@.venv/bin/ruff check --quiet . || { echo "make: ruff check found something to mend"; exit 1; }
	@.venv/bin/ruff format --check --quiet . || { echo "make: run .venv/bin/ruff format"; exit 1; }
	@.venv/bin/mypy || { echo "make: mypy found something to mend"; exit 1; }
	@.venv/bin/lint-imports || { echo "make: an import crosses a border (docs/architecture.md)"; exit 1; }

test-nightly: .venv/.ready-to-test ## Run the tests that take minutes
	@$(PYTHON3) tools/system_libraries.py --for-tests
	@$(PYTHON) -m pytest -m nightly

screenshots: .venv/.ready-to-test ## Draw the window's states into docs/screenshots
	@$(PYTHON3) tools/system_libraries.py
	@$(PYTHON) -m tools.screenshots

bench: .venv/.ready-to-test app ## Measure every promise in benchmarks/, into build/benchmarks.md and .json
	@$(PYTHON) -m benchmarks.all

app: setup ## Build the app into dist, with PyInstaller, in an environment of its own
	@$(PYTHON) -m tools.build_app

clean: ## Remove .venv, uv and everything that tools wrote
	rm -rf .venv .uv $(CACHES)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready-to-run: $(BOOTSTRAP)
	@$(PYTHON3) tools/bootstrap.py
	@touch $@

.venv/.ready-to-test: $(BOOTSTRAP)
	@$(PYTHON3) tools/bootstrap.py --dev
	@touch $@ .venv/.ready-to-run
