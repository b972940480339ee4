# Two commands do everything: `make demo` and `make test`. `make help` shows the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Without its bytecode every process of the tests would rewrite every assertion anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
# The environment belongs to one lock: a changed lock makes another stamp.
LOCK := requirements/dev.txt
READY := .venv/ready-$(firstword $(shell cksum $(LOCK)))

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## A whole company on this machine; PORT=9000 moves it to other ports
	@exec $(BIN)/python deploy/leash.py $$PPID $(BIN)/python -m deploy.demo $(if $(PORT),--port $(PORT))

.PHONY: compose
compose: $(READY) ## Write what docker-compose.yml needs, then: docker compose up --build
	@$(BIN)/python -m deploy.compose

.PHONY: check
check: $(READY) ## The fast half: format, lint, types, contracts, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m "not live and not thorough" -n 3

.PHONY: test
test: parts check clients ## Everything: also PostgreSQL, the clients, real providers, a real browser
	GATEHOUSE_TEST_DATABASE=postgresql $(BIN)/pytest -m "not live and (database or thorough or hypothesis)" -n 3
	$(BIN)/pytest -m live -n 2 --dist loadgroup

.PHONY: clients
clients: ## The clients for apps in JavaScript and Go, against the vectors that all share
	cd clients/js && npm ci --ignore-scripts --no-audit --no-fund && npm test
	cd clients/go && go vet ./... && go test -count=1 ./...

# What the tests need beside Python: command=package.
PARTS := apache2=apache2-bin chromium=chromium go=golang-go haproxy=haproxy npm=npm php=php-cli slapd=slapd

.PHONY: parts
parts:
	@for part in $(PARTS); do \
	  PATH="$$PATH:/usr/sbin" command -v $${part%=*} >/dev/null || missing="$$missing $${part#*=}"; done; \
	compgen -G '/usr/share/lua/5.*/socket/http.lua' >/dev/null || missing="$$missing lua-socket"; \
	php -m 2>/dev/null | grep -qx dom || missing="$$missing php-xml"; \
	[ -z "$$missing" ] || { \
	  echo "Some parts are missing. On Debian: sudo apt install$$missing" >&2; exit 1; }

.PHONY: docs
docs: $(READY) ## Write the pages of docs/ that are made of the code
	@$(BIN)/python -m deploy.docs

.PHONY: lock
lock: $(READY) ## Renew the locked requirements
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --quiet --upgrade -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --quiet --upgrade -o requirements/dev.txt

# The modules of bench/ that are commands.
BENCHES := $(patsubst bench/%.py,%,$(sort $(shell grep -l __main__ bench/*.py)))

.PHONY: bench
bench: $(READY) ## Measure; without ONLY= it says what there is, as ONLY=edge
	@[ -n "$(filter $(ONLY),$(BENCHES))" ] || { \
	  echo "Say what to measure: make bench ONLY=$(subst $() $(), or ONLY=,$(BENCHES))" >&2; exit 2; }
	@$(BIN)/python -m bench.$(ONLY)

# What is fuzzed: each has its corpus.
FUZZED := $(patsubst tests/fuzz/corpus/%.json,%,$(sort $(wildcard tests/fuzz/corpus/*.json)))

.PHONY: long
long: $(READY) ## Fuzzing, ten minutes a target, tests by properties, an hour of everything at once; ONLY=jwks takes one target
	@[ -z "$(ONLY)" ] || [ -n "$(filter $(ONLY),$(FUZZED))" ] || { \
	  echo "Say what to fuzz: make long ONLY=$(subst $() $(), or ONLY=,$(FUZZED))" >&2; exit 2; }
	$(if $(ONLY),,$(BIN)/pytest -m hypothesis -n 2 --hypothesis-profile=long)
	$(BIN)/pytest -s -p no:logging tests/fuzz/long.py $(if $(ONLY),-k "$(ONLY)]")
	$(if $(ONLY),,SOAK_SECONDS=3600 $(BIN)/pytest -s -p no:logging -m live tests/soak)

.PHONY: screenshots
screenshots: $(READY) ## Pictures of every page into docs/screenshots
	$(BIN)/python -m tests.live.screenshots

# The environment: a Python 3.11 or later, then exactly what the lock names.
$(READY): $(LOCK)
	@bash deploy/environment.sh $(LOCK)
	@rm -f .venv/ready-*; touch $@
