# Aurora. `make run` needs Python 3.11 or newer and nothing else; everything is installed into .venv here.
# Settings come from the environment: PORT=8080 HOST=0.0.0.0 AURORA_HOME=/srv/aurora make run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet
LOCKED := --no-deps --require-hashes --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-header

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-mysql run test test-all test-mysql test-redis test-rabbitmq \
	test-prometheus test-browser test-faults soak lint format bench screenshots clean lock

help:
	@echo "make run          install what is missing and start Aurora (PORT, HOST, AURORA_HOME)"
	@echo "make install      make .venv with what Aurora runs on"
	@echo "make test         lint and run the test suite"
	@echo "make test-all     the suite, and again with MariaDB, Redis, RabbitMQ, Prometheus, a browser and faults"
	@echo "make test-mysql   the suite on MariaDB or MySQL (AURORA_TEST_MYSQL_URL, else one is started)"
	@echo "make test-faults  kill, freeze and stop whole installations while they answer"
	@echo "make soak         the tests that take an hour"
	@echo "make lint         ruff, mypy, import rules"
	@echo "make bench        measure the figures that the README quotes"
	@echo "make screenshots  photograph the pages"
	@echo "make lock         compile the locked requirements anew"
	@echo "make clean        remove .venv, .bench and caches (never AURORA_HOME)"

# A stamp holds the hash of the lock it was made from, so that nothing is installed twice and nothing stays old.
define install_locked
	@wanted="$$($(BIN)/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())' < $(1))"; \
	if [ "$$(cat $(VENV)/$(2).stamp 2>/dev/null)" = "$$wanted" ]; then exit 0; fi; \
	echo "Installing $(1) (some 300 MB the first time; a minute or two)"; \
	$(PIP) $(3) -r $(1) && echo "$$wanted" > $(VENV)/$(2).stamp
endef

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; $(PYTHON) isn't there. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

install: $(BIN)/python
	$(call install_locked,requirements/base.txt,base,$(LOCKED))

install-dev: install
	$(call install_locked,requirements/dev.txt,dev,$(LOCKED))

# mysqlclient has no wheel for Linux: it compiles against the headers of MariaDB or MySQL.
install-mysql: install-dev
	@command -v pkg-config >/dev/null || { echo "mysqlclient needs a compiler, pkg-config and libmariadb-dev."; exit 1; }
	$(call install_locked,requirements/mysql.txt,mysql,--no-deps --require-hashes)

run: install
	@exec $(BIN)/python manage.py up

test: lint
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not mysql and not redis and not rabbitmq and not prometheus and not browser and not soak and not faults"

test-all: test test-mysql test-redis test-rabbitmq test-prometheus test-browser test-faults

test-mysql: install-mysql
	$(BIN)/python -m tests.mysql_server $(BIN)/python -m pytest -n auto --dist loadgroup \
		-m "not redis and not rabbitmq and not prometheus and not browser and not soak and not faults and not any_main"

test-redis test-rabbitmq test-prometheus test-browser test-faults: test-%: install-dev
	@$(BIN)/python -m pytest -m $*; status=$$?; \
	if [ $$status = 5 ]; then echo "No test is marked $* yet."; exit 0; fi; exit $$status

soak: install-dev
	@$(BIN)/python -m pytest -m soak --timeout 7200; status=$$?; \
	if [ $$status = 5 ]; then echo "No test is marked soak yet."; fi; exit $$status

lint: install-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@AURORA_ENV=test $(BIN)/python -W ignore manage.py makemigrations --check --dry-run

format: install-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install-dev
	@test -e bench/run || { echo "bench/run isn't there yet: there is nothing to measure."; exit 1; }
	bench/run

screenshots: install-dev
	@test -e tests/screenshots.py || { echo "tests/screenshots.py isn't there yet: there is nothing to photograph."; exit 1; }
	$(BIN)/python -m tests.screenshots

lock: install-dev
	$(COMPILE) requirements/base.in -o requirements/base.txt --overrides requirements/overrides.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt --overrides requirements/overrides.txt -c requirements/base.txt
	$(COMPILE) requirements/mysql.in -o requirements/mysql.txt

clean:
	rm -rf $(VENV) .bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
