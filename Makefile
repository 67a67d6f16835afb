# make demo    footage to animated character, results in out/
# make test    every check and every test, in each Blender
# make quick   the fast tests only (after the environments exist: under two minutes)
# make check   lint, format, types, import direction
# make build   the extension zip of this platform in dist/
# make clean   results and caches; the environments stay (rm -rf .venv* for those)
#
# Each target makes the environments it needs, from Python 3.11 and git alone.

PYTHON ?= $(shell for name in python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$name && break; done)
# Blender 5.1 and newer hold Python 3.13; without one, that Blender is left out, and `make test` says so.
PYTHON313 ?= $(shell for name in python3.13 $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13); do \
	$$name -c 'import venv' 2>/dev/null && echo $$name && break; done)
VENV := .venv
ENGINE := .venv-engine
CHECK := .venv-check
BPY42 := .venv-bpy42
BPY50 := .venv-bpy50
BPY52 := .venv-bpy52
REPORTS := build/reports

# Blender's threads and torch's would fight over few cores in tests.
export OMP_NUM_THREADS ?= 2

PIP := -m pip --disable-pip-version-check --quiet --quiet
SOURCES := blender_pose3d engine build_addon.py $(patsubst %/,%,$(sort $(dir $(wildcard demo/*.py bench/*.py))))

.PHONY: demo test quick quick-core quick-engine sums check types build clean environments

demo: $(VENV)/.done $(ENGINE)/.done
	$(VENV)/bin/python -m demo.run --out out

# A suite's name, its Python, its arguments: the report and the exit code are kept, so one that fails does not
# hide the others.
define suite
	@mkdir -p $(REPORTS) && echo "== $(1)" && rm -f $(REPORTS)/$(1).*
	@$(2)/bin/python -m pytest -q --junitxml=$(REPORTS)/$(1).xml $(3); echo $$? > $(REPORTS)/$(1).exit
endef

# Old and new Blenders: what is quick, and what is about their differences.
EACH := -m "not real_blender and (not slow or each_blender)"
FAST := -m "not slow and not network and not real_blender"

# Both suites at once, a core each; where make can, one's output is held back until it ends.
quick: export OMP_NUM_THREADS := 1
quick: $(VENV)/.done $(ENGINE)/.done
	@$(MAKE) --no-print-directory -j 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) quick-core quick-engine
	@$(VENV)/bin/python tests/summary.py $(REPORTS) core engine

quick-core:
	$(call suite,core,$(VENV),tests --ignore=tests/engine $(FAST))

quick-engine:
	$(call suite,engine,$(ENGINE),tests/engine $(FAST))

test: check environments
	$(call suite,core,$(VENV),tests --ignore=tests/engine)
	$(call suite,engine,$(ENGINE),tests/engine)
	$(call suite,bpy42,$(BPY42),tests/blender $(EACH))
	$(call suite,bpy50,$(BPY50),tests/blender $(EACH))
ifneq ($(PYTHON313),)
	$(call suite,bpy52,$(BPY52),tests/blender $(EACH))
else
	@echo "== bpy52 left out: Blender 5.2 needs Python 3.13, and none was found (make PYTHON313=... names one)"
endif
	@$(MAKE) --no-print-directory sums

# What came of the last `make test`, suite by suite.
sums:
	@$(PYTHON) tests/summary.py $(REPORTS) core engine bpy42 bpy50 $(if $(PYTHON313),bpy52)

environments: $(VENV)/.done $(ENGINE)/.done $(BPY42)/.done $(BPY50)/.done $(if $(PYTHON313),$(BPY52)/.done)

check: $(CHECK)/.done
	$(CHECK)/bin/ruff check .
	$(CHECK)/bin/ruff format --check .
	$(MAKE) --no-print-directory types
	$(CHECK)/bin/python -m pytest -q tests/test_imports.py

# Inside Blender the root is a package, and operators and panels reach blender_pose3d through it: a link under
# the package's name shows the type checker what Blender sees.
types: $(CHECK)/.done
	@mkdir -p build/types && ln -sfn ../.. build/types/pose3d
	$(CHECK)/bin/mypy $(SOURCES)
	MYPYPATH=build/types $(CHECK)/bin/mypy -p pose3d.operators -p pose3d.panels

build: $(VENV)/.done
	$(VENV)/bin/python build_addon.py

clean:
	rm -rf build dist out .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

$(VENV)/.done: GROUPS := --group bpy --group test
$(ENGINE)/.done: GROUPS := --group engine --group evaluate --group test
$(CHECK)/.done: GROUPS := --group check
$(BPY42)/.done: GROUPS := --group bpy42 --group test
$(BPY50)/.done: GROUPS := --group bpy50 --group test
$(BPY52)/.done: GROUPS := --group bpy52 --group test

# Groups need pip 25.1 or newer; the one that comes with Python 3.11 is older.
$(BPY52)/.done: PYTHON := $(PYTHON313)
$(VENV)/.done $(ENGINE)/.done $(CHECK)/.done $(BPY42)/.done $(BPY50)/.done $(BPY52)/.done: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: install it, or name it with make PYTHON=..."; exit 1; }
	@echo "Setting up $(@D) ..."
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python $(PIP) install --upgrade 'pip>=25.1'
	@$(@D)/bin/python $(PIP) install $(GROUPS)
	@touch $@
