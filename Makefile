# labctl: every target is idempotent and works as root and as an ordinary user with sudo.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get
SOURCES := labctl tests bench docs vagrant/node

.DEFAULT_GOAL := help
.PHONY: help up test e2e e2e-long bench docs screenshot lint fmt update clean test-tools e2e-tools lint-python lint-playbooks

help: ## Show this help
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

up: $(VENV)/.labctl ## Install labctl and what it needs, bring the tutorial's cluster up
	$(BIN)/labctl setup --yes
	@# A docker group that is new is not this login's yet: go on under sg.
	@if [ "$$(id -u)" = 0 ] || id -nG | tr ' ' '\n' | grep -qx docker; then $(BIN)/labctl up; else sg docker -c "$(BIN)/labctl up"; fi

test: $(VENV)/.dev test-tools ## Lint, types, layers, unit, contract and playbook tests (no cluster)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync lint
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not e2e" tests

e2e: $(VENV)/.dev e2e-tools ## The real cluster, and one real virtual machine
	$(BIN)/pytest -v -m "e2e and not long" tests/e2e

e2e-long: $(VENV)/.dev e2e-tools ## Also what takes too long for CI: a master and a worker as virtual machines
	$(BIN)/pytest -v -m "e2e and long" tests/e2e

bench: $(VENV)/.dev ## Ratios against the straightforward recipe, in one run
	$(BIN)/python -m bench.run
	$(BIN)/python bench/api_200.py

docs: $(VENV)/.dev ## Write docs/cli.md anew from the commands' own help
	$(BIN)/python docs/make_cli.py

screenshot: $(VENV)/.dev test-tools ## Write docs/report.png anew, a picture of the HTML report
	$(BIN)/python -m tests.browser.screenshot

lint: lint-python lint-playbooks ## Lint, types, layers, playbooks

lint-python: $(VENV)/.dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-playbooks: $(VENV)/.dev
	$(BIN)/yamllint --strict playbooks vagrant .ansible-lint .yamllint
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline -q playbooks

fmt: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

update: $(VENV)/.dev ## Write generated files anew: Vagrantfile, golden files, the lab file's schema, docs/cli.md
	$(BIN)/labctl schema > vagrant/lab.schema.json
	$(BIN)/python -m tests.golden.update
	$(BIN)/python docs/make_cli.py

clean: ## Remove what the other targets made in this checkout
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .import_linter_cache .ansible

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(APT) update && $(APT) install --yes --no-install-recommends python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.labctl: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.labctl

# What the tests drive: Vagrant validates rendered files, the Go programs of the stand-in have tests of their own,
# the SSH adapter talks to an OpenSSH server of the tests' own on 127.0.0.1, the HTML report is opened in Chromium.
test-tools:
	@for need in vagrant:vagrant go:golang-1.19-go ssh:openssh-client sshd:openssh-server libvirt:vagrant-libvirt \
	  chromium:chromium fonts:fonts-dejavu-core; do \
	  case "$${need%%:*}" in \
	    go) [ -x /usr/lib/go-1.19/bin/go ] ;; \
	    fonts) [ -d /usr/share/fonts/truetype/dejavu ] ;; \
	    sshd) [ -x /usr/sbin/sshd ] ;; \
	    libvirt) ls /usr/share/vagrant-plugins/plugins.d/*libvirt*.json >/dev/null 2>&1 ;; \
	    *) command -v "$${need%%:*}" >/dev/null ;; \
	  esac || missing="$$missing $${need#*:}"; \
	done; \
	[ -z "$$missing" ] || { $(APT) update -qq && $(APT) install --yes -qq --no-install-recommends $$missing; }

e2e-tools: test-tools
	$(BIN)/labctl setup --yes
