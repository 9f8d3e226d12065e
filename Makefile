# One path for everybody: make run, make test. Needs only Python 3.11 or newer, make and git.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
JOBS ?= auto
BIN := .venv/bin
SERVER := /opt/medportal/current

.PHONY: run test lint format check browser bench catalogue update lock sbom audit clean help

run: .venv/run.stamp ## Serve the portal on http://localhost:8000 (PORT, HOST; DEMO=0 starts empty)
	@HOST=$(HOST) PORT=$(PORT) DEMO=$(DEMO) $(BIN)/python -m medportal.serve

test: .venv/test.stamp ## Run the suite, in parallel
	@$(BIN)/python -m pytest -n $(JOBS) --ignore=tests/browser

lint: .venv/dev.stamp ## Style, types, templates and catalogues
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/djlint medportal/templates --lint --quiet
	@$(BIN)/python -m medportal.catalogue check

format: .venv/dev.stamp ## Format the code
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

check: ## Everything CI runs
	@bash .ci/run

browser: .venv/dev.stamp ## Tests in a real Chromium
	@$(BIN)/python -m pytest -n 2 tests/browser

bench: .venv/run.stamp ## Print the figures of docs/performance.md
	@$(BIN)/python -m bench.pages

catalogue: .venv/dev.stamp ## Extract, merge and compile the translations
	@$(BIN)/python -m medportal.catalogue update

update: ## Backup, new version, migration, a look at pages; back when one fails. On a server it fetches the version too
ifneq ($(wildcard $(SERVER)),)
	@[ -z "$$(git remote)" ] || git pull --ff-only
	@$(if $(filter 0,$(shell id -u)),,sudo )bash deploy/install.sh
else
	@$(MAKE) --no-print-directory .venv/run.stamp
	@$(BIN)/python -m medportal.update
endif

lock: ## Renew requirements*.txt (maintainers; needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.txt
	uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --group test -c requirements.txt -o requirements-test.txt
	uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --group test --group lint --group browser -c requirements-test.txt -o requirements-dev.txt
	uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --group release -o requirements-release.txt

sbom: .venv/release.stamp ## What the portal is made of, as CycloneDX: out/sbom.json
	@$(BIN)/python -m tools.sbom .venv/release/bin/cyclonedx-py out/sbom.json

audit: .venv/release.stamp ## Look for advisories about the locked packages, where a source of them can be reached
	@$(BIN)/python -m tools.audit .venv/release/bin/pip-audit

clean: ## Remove the virtual environment (never the instance folder)
	rm -rf .venv

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "medportal needs Python 3.11 or newer; PYTHON=/path/to/python3 names another one."; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip -q --python .venv/bin/python install pip; } \
	|| { rm -rf .venv; echo "Python cannot make a virtual environment here. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }

.venv/run.stamp: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-test.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@ .venv/run.stamp

.venv/dev.stamp: requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/test.stamp .venv/run.stamp

.venv/release.stamp: requirements-release.txt | .venv/bin/python
	@$(BIN)/python -m venv --without-pip .venv/release
	$(BIN)/python -m pip -q --python .venv/release/bin/python install --disable-pip-version-check --require-hashes -r requirements-release.txt
	@touch $@
