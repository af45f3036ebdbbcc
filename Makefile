# make build and make test are all there is to it; make help lists the rest.
SHELL := /bin/bash
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# the first Python from 3.11 to 3.14 that is found; PYTHON=... names another
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	2>/dev/null && echo $$p && break; done)
VARS ?= {}
# the library that the Python models call, by what is pinned and nothing else
INSTALL_OWN := pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
export PATH := $(BIN):$(PATH)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help build test lint unit matrix report online-retail thelook bench docs variables requirements licences audit campaign clean publish site

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 16

build: $(VENV)/build.stamp  ## Build the demo shop into segmentation.duckdb and show its segments
	python -m segmentation build --vars '$(VARS)'
	python -m segmentation show

test: lint unit matrix  ## Run everything that must hold

lint: $(VENV)/dev.stamp  ## Check the style of SQL, Python and YAML
	ruff check .
	yamllint --strict .
	sqlfluff lint --processes 2 models tests analyses

# without a reorder: pytest's order of files is that of conftest.py, the longest first
unit: $(VENV)/dev.stamp  ## Build with unit and data tests, check the structure, run pytest
	rm -rf target/test && mkdir -p target/test
	SEGMENTATION_DUCKDB_PATH=target/test/demo.duckdb dbt --quiet build --target-path target/test
	SEGMENTATION_DUCKDB_PATH=target/test/demo.duckdb dbt --quiet docs generate --no-compile --target-path target/test
	dbt-bouncer run
	SEGMENTATION_TEST_DEMO=$(CURDIR)/target/test/demo.duckdb \
		pytest tests/python -q -n 2 --dist loadfile --no-loadscope-reorder --durations 10

matrix: $(VENV)/dev.stamp  ## Build segments with the oldest and the newest versions allowed, parse with engine 2
	python tests/install_matrix.py oldest newest "engine 2" --select +dim_customer_segments

report: $(VENV)/report.stamp  ## Write dashboard, PDF, workbook, notebook and documentation into report/
	python -m segmentation report
	dbt --quiet docs generate --static
	python -m segmentation documentation target report/documentation.html

publish: $(VENV)/build.stamp  ## Publish the marts for BI: make publish TO=parquet:published, ducklake:FILE or postgres:ADDRESS
	python -m segmentation publish --to "$(or $(TO),parquet:published)"

online-retail: $(VENV)/build.stamp  ## Build UCI Online Retail: make online-retail FILE=online_retail.parquet
	@test -n "$(FILE)" || { echo "Name the file: make online-retail FILE=path/to/online_retail.parquet"; exit 2; }
	python -m segmentation datasets load-online-retail --file "$(FILE)" --database online_retail.duckdb
	SEGMENTATION_DUCKDB_PATH=online_retail.duckdb python -m segmentation build \
		--vars '{segmentation_connector: online_retail, segmentation_currency: GBP}'
	python -m segmentation show --database online_retail.duckdb

thelook: $(VENV)/build.stamp  ## Build TheLook: make thelook FOLDER=folder/of/parquet
	@test -n "$(FOLDER)" || { echo "Name the folder: make thelook FOLDER=path/to/parquet"; exit 2; }
	SEGMENTATION_DUCKDB_PATH=thelook.duckdb python -m segmentation build \
		--vars '{segmentation_connector: thelook, segmentation_parquet_folder: "$(FOLDER)"}'
	python -m segmentation show --database thelook.duckdb

bench: $(VENV)/dev.stamp  ## Time builds beside a pandas script; writes docs/benchmarks.md
	python benchmarks/run.py

docs: $(VENV)/build.stamp  ## Write the project's documentation to target/static_index.html
	dbt docs generate --static

site: report $(VENV)/site.stamp  ## Write the documentation as a site, with the demo's dashboard beside it, to target/site
	NO_MKDOCS_2_WARNING=1 mkdocs build
	@echo "Open target/site/index.html."

variables: $(VENV)/build.stamp  ## Write the variables of dbt_project.yml and docs/variables.md from their table
	python -m segmentation variables

# with the hash of every file, so that nothing else can be installed in its place
PIN := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-annotate --no-header --quiet --extra build --extra dbt --extra density
requirements: $(VENV)/dev.stamp  ## Pin the dependencies anew from pyproject.toml
	pip install --quiet uv
	( echo '# What `dbt build` needs, pinned. Made from pyproject.toml by `make requirements`.'; \
	  $(PIN) ) > requirements.txt
	( echo '# What `make report` needs, pinned. Made from pyproject.toml by `make requirements`.'; \
	  $(PIN) --extra report ) > requirements-report.txt
	( echo '# What `make site` needs, pinned. Made from pyproject.toml by `make requirements`.'; \
	  $(PIN) --extra report --extra site ) > requirements-site.txt
	( echo '# What `make test` needs, pinned. Made from pyproject.toml by `make requirements`.'; \
	  $(PIN) --extra dev --extra metrics ) > requirements-dev.txt

licences: $(VENV)/dev.stamp  ## Write docs/licences.md from what is installed
	python docs/licences.py

audit: $(VENV)/dev.stamp  ## Hold what is installed against what is pinned, and ask the advisories, which needs a network
	python tests/audit.py

campaign: $(VENV)/dev.stamp  ## Kill, collide and wrong builds for an hour; prints a table
	python tests/campaign

clean:  ## Remove what the builds made, but for the virtual environment
	rm -rf target logs report segmentation.duckdb online_retail.duckdb thelook.duckdb

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is needed, and none was found; name one: make build PYTHON=/path/to/python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/build.stamp: requirements.txt pyproject.toml | $(VENV)/bin/python
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(INSTALL_OWN)
	touch $@

$(VENV)/report.stamp: requirements-report.txt pyproject.toml | $(VENV)/bin/python
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements-report.txt
	$(INSTALL_OWN)
	touch $@

$(VENV)/site.stamp: requirements-site.txt pyproject.toml | $(VENV)/bin/python
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements-site.txt
	$(INSTALL_OWN)
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(INSTALL_OWN)
	touch $@ $(VENV)/build.stamp $(VENV)/report.stamp $(VENV)/site.stamp
