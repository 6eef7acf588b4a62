# Every command of the project; `make` alone lists them. All but `clean` set up .venv first, which costs nothing once done.
MAKEFLAGS += --no-print-directory
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.cache/hypothesis
export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.cache/pytest
# Python keeps what it has compiled: else every run of Ansible would compile Ansible first
unexport PYTHONPATH VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

SHELL_CODE = $(shell git ls-files --cached --others --exclude-standard -- tools .ci | xargs grep -lsE '^\#!.*bash')
# for tools that leave caches and logs in the home folder
HOMELESS := mkdir -p .cache/home; HOME="$(CURDIR)/.cache/home"
PYTHON_TOOLS = $(shell git ls-files --cached --others --exclude-standard -- tools | xargs grep -lsE '^\#!.*python')
TYPED = $(notdir $(patsubst %/,%,$(wildcard plugins/*/)))
# what molecule/ proves on real hosts, the longest first
SCENARIOS := backups monitoring default power-cut drift isolation
# the majors that `make prove` runs tests/live on, and these with it
MAJORS := 15 16 17 18
LONG_LIVE := tests/prove/test_first_contact_story.py tests/prove/test_settings_killed.py

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: ## the development environment: .venv, collections, PostgreSQL
	@tools/setup

.PHONY: demo
demo: setup ## a sandbox: made by hand, audited, made compliant
	@tools/demo

.PHONY: staging
staging: setup ## voice-ninja.com's staging twin as a test host, from nothing (root)
	@tools/staging

.PHONY: test
test: setup ## every check: lint, sanity, package, unit, live, and real hosts
	@tools/gates $(SCENARIOS:%=hosts-%) live sanity package lint unit

.PHONY: hosts
hosts: setup ## tests on real hosts, each scenario by itself: hosts-default ... (root)
	@tools/gates $(SCENARIOS:%=hosts-%)
hosts-%: setup
	tools/hosts $*

.PHONY: lint lint-tree lint-yaml lint-python lint-types lint-shell lint-changelog lint-ansible
lint: setup ## static checks of everything in the tree
	@$(MAKE) -k lint-tree lint-yaml lint-python lint-types lint-shell lint-changelog lint-ansible
lint-tree:
	tools/check-tree
lint-yaml:
	yamllint --strict .
lint-python:
	ruff check --quiet
lint-types:
	mypy --no-error-summary --scripts-are-modules $(PYTHON_TOOLS)
	mypy --no-error-summary $(patsubst %,-p ansible_collections.bbworlds.good_neighbor.plugins.%,$(TYPED))
lint-shell:
	shellcheck $(SHELL_CODE)
lint-changelog:
	$(HOMELESS) antsibull-changelog lint
lint-ansible:
	$(HOMELESS) ansible-lint -q

.PHONY: sanity
sanity: setup ## ansible-test sanity
	tools/ansible-test sanity --python $$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

.PHONY: package
package: setup ## build the collection and check it as Galaxy would
	$(HOMELESS) tools/check-package

.PHONY: unit
unit: setup ## tests that touch nothing
	pytest -q tests/unit

.PHONY: live
live: setup ## tests on one PostgreSQL
	pytest -q -n 2 tests/live

.PHONY: prove
prove: ## the long proofs: many kills, load, all majors of PostgreSQL
	@tools/setup --all-majors
	@tools/gates --jobs 1 proofs $(MAJORS:%=live-%) live-collection-4.2.0 long-hosts-monitoring
proofs: setup
	@tools/setup --oldest-core --axe
	pytest -q -rP tests/prove  # with the figures that they measure
live-collection-%: setup
	GN_PROVE=1 ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.ansible/collections-$*" pytest -q -n 2 tests/live $(LONG_LIVE)
live-%: setup
	bin=$$(tools/postgresqls | sed -n 's/^$* //p'); [[ $$bin ]] || { echo "no PostgreSQL $*" >&2; exit 1; }; \
	GN_PROVE=1 GN_PG_BINDIR=$$bin pytest -q -n 2 tests/live $(LONG_LIVE)

long-hosts-%: setup
	GN_PROVE=1 tools/hosts $*

.PHONY: bench
bench: setup ## measure the engine
	@tools/bench

.PHONY: docs
docs: setup ## the manual of the modules as HTML, in .cache/docs
	@$(HOMELESS) tools/docs

.PHONY: lock
lock: setup ## solve requirements/dev.txt anew from pyproject.toml
	uv -q pip compile --universal --python-version 3.11 pyproject.toml --group dev --generate-hashes \
	  --no-emit-index-url --custom-compile-command 'make lock' --upgrade -o requirements/dev.txt

.PHONY: clean
clean: ## end the sandbox and the staging host, remove all that the commands above made
	@tools/clean
