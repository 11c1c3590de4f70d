# Needs python3, pip and make; whatever else is missing is fetched into .tools and .venv.

PORT ?= 5000
WORKERS ?= 2
COMMENTS_HOLD ?= none

PYTHON := .venv/bin/python
UV := $(or $(shell command -v uv),.tools/bin/uv)
NODE := $(PYTHON) -m tests.services.node
PYTEST := $(PYTHON) -m pytest

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_PREFERENCE ?= system
unexport VIRTUAL_ENV
# Whoever starts a server two hundred times compiles its modules once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run moderator test lint style types scripts bench corpus messages format clean dev

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# A comment on the demo shows at once (COMMENTS_HOLD): a fresh machine has no moderator yet.
# Development packages that `make test` installed stay where they are (--inexact).
run: export COMMENTS_DEMO := 1
run: export COMMENTS_HOLD := $(COMMENTS_HOLD)
run: export PORT := $(PORT)
run: $(UV) ## Serve a demo article with comments (PORT=5000)
	@$(UV) sync --frozen --inexact --no-dev --extra serve --extra sso --extra oauth
	@exec $(PYTHON) wsgi.py

moderator: $(UV) ## Make somebody a moderator (EMAIL=you@example.org)
	@test -n "$(EMAIL)" || { echo "Say who: make moderator EMAIL=you@example.org"; exit 2; }
	@$(UV) sync --quiet --frozen --inexact --no-dev --extra serve --extra sso --extra oauth
	@FLASK_APP=wsgi $(PYTHON) -m flask comments moderators add "$(EMAIL)" --url "http://localhost:$(PORT)"

test: dev ## Run every test (ARGS="--no-cov tests/test_tree.py" for some)
	@$(PYTEST) -n $(WORKERS) --dist worksteal --cov $(ARGS)

lint: dev ## Check style and types of Python and JavaScript
	@$(MAKE) --no-print-directory --keep-going style types scripts

style:
	$(PYTHON) -m ruff check --output-format concise
	$(PYTHON) -m ruff format --check

types:
	$(PYTHON) -m mypy

scripts:
	@$(NODE) npm ci --prefix tests/js --no-audit --no-fund --silent
	$(NODE) node tests/js/node_modules/typescript/bin/tsc

bench: dev ## Measure speed, in ratios (BASE=commit: against an earlier version; SPAM=comments.json: the learned filter on these)
	@$(PYTHON) -m tests.bench $(if $(SPAM),--spam "$(SPAM)" --only spam) $(if $(BASE),--base "$(BASE)" --only versions) $(ARGS)

corpus: dev ## Post a folder of hostile strings everywhere (CORPUS=path)
	@test -n "$(CORPUS)" || { echo "Say which: make corpus CORPUS=path/of/a/folder"; exit 2; }
	@COMMENTS_CORPUS="$(abspath $(CORPUS))" $(PYTEST) -n $(WORKERS) -m corpus $(ARGS)

messages: dev ## Collect the texts that are translated
	@$(PYTHON) -m tests.messages

format: dev ## Rewrite the Python in the project's style
	@$(PYTHON) -m ruff check --fix-only --exit-zero
	@$(PYTHON) -m ruff format

clean: ## Remove what the tools made; your comments in instance/ stay
	rm -rf .venv .tools build dist htmlcov .coverage* .hypothesis tests/js/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev: $(UV)
	@$(UV) sync --quiet --frozen --all-extras

.tools/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv
