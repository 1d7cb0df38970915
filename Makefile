# Everything a developer runs. Needs git, make, and either Bun or node with npm; the rest is fetched into the project.
#
# The pinned Bun ("packageManager" in package.json) is linked at .bun/bin/bun: the one on PATH when it is that version,
# else a copy installed under .bun/. Dependencies come from bun.lock, again only when it or package.json has changed.
# Nothing here reads .env: every run is `bun --no-env-file`, so that source and executable see the same configuration.

.DEFAULT_GOAL := help
.PHONY: help run test faults screenshots check build bench migrations migrate superuser shell fixtures backup restore \
  up down ps logs test-docker hooks
SHELL := /bin/sh

# ARGS is handed to the program that a target runs: make run ARGS="--port 9000", make test ARGS="test/store".
ARGS ?=
FILE ?=
# Another machine than this to build for: make build TARGET=bun-linux-arm64.
TARGET ?=

package = $(shell sed -n 's/^  "$(1)": *"\([^"]*\)".*/\1/p' package.json)
BUN_VERSION := $(patsubst bun@%,%,$(call package,packageManager))

# .bun/bin/bun is made again when it is missing, broken or of another version; a time stamp could not tell.
ifneq ($(shell .bun/bin/bun --version 2>/dev/null),$(BUN_VERSION))
.PHONY: .bun/bin/bun
endif

# Programs that we start (and that start `bun` themselves) must find the same Bun.
export PATH := $(CURDIR)/.bun/bin:$(PATH)
BUN := .bun/bin/bun --no-env-file
CONTENTHUB := $(BUN) src/main.ts

# The plugin of today's docker, else the program of its own that Debian has.
COMPOSE = $$(docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
DOCKER_ARGS ?=
# There are containers, also when they are stopped: what is meant for their database must not go to one here.
IN_CONTAINERS = [ -e .env ] && [ -n "$$($(COMPOSE) ps -a -q web 2>/dev/null)" ]
# hub COMMAND: in the web container when there is one, else here.
hub = if $(IN_CONTAINERS); then \
	  echo 'in the containers:' >&2; exec $(COMPOSE) exec $$(test -t 0 || echo -T) web contenthub $(1); \
	else $(MAKE) -s --no-print-directory node_modules/.stamp && exec $(CONTENTHUB) $(1); fi
# hub-file COMMAND,BEFORE: the same with FILE, which is this machine's and is read and written as who runs make.
hub-file = if [ -z "$(FILE)" ]; then echo 'name the file: make $(1) FILE=hub.backup' >&2; exit 2; fi; \
	if $(IN_CONTAINERS); then \
	  folder=$$(cd "$$(dirname "$(FILE)")" && pwd) || exit; \
	  echo 'in the containers:' >&2; $(2) $(COMPOSE) run --rm --no-deps $$(test -t 0 || echo -T) --user "$$(id -u):$$(id -g)" \
	    -v "$$folder:/backups" web $(1) "/backups/$$(basename "$(FILE)")" $(ARGS); \
	else $(MAKE) -s --no-print-directory node_modules/.stamp && exec $(CONTENTHUB) $(1) "$(FILE)" $(ARGS); fi

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-12s%s\n' "$$name" "$$text"; done

run: node_modules/.stamp ## start everything, with sample content and a superuser "admin" the first time
	@$(CONTENTHUB) migrate
	@$(CONTENTHUB) loaddata --if-empty fixtures/sample_content.json
	@$(CONTENTHUB) createsuperuser --username admin --email admin@localhost --noinput --generate-password --if-not-exists
	@LOG_FORMAT="$${LOG_FORMAT:-pretty}"; export LOG_FORMAT; exec $(CONTENTHUB) $(ARGS)

test: node_modules/.stamp ## all tests (ARGS="test/store" for some), with a throwaway Postgres
	@exec $(BUN) test/run.ts $(ARGS)

# Long on the installed Redis; then short on Redis 8, and with each setting of when Redis writes to the disk.
faults: node_modules/.stamp ## break everything, long and on purpose (about fifty-five minutes), and take the protections away
	@TEST_FAULTS=all $(BUN) test/run.ts test/impressions
	@TEST_REDIS=8 $(BUN) test/run.ts test/impressions
	@for redis in installed 8; do for fsync in everysec always; do \
	  echo "faults: $$redis Redis, appendfsync $$fsync"; \
	  TEST_REDIS=$$redis TEST_APPENDFSYNC=$$fsync $(BUN) test/run.ts test/impressions/faults || exit; \
	done; done
	@$(BUN) test/impressions/faults/mutate.ts

screenshots: node_modules/.stamp ## every screen of the admin as a picture in docs/screenshots/ (ARGS="pages" for some)
	@exec $(BUN) test/e2e/screenshots.ts $(ARGS)

# The linters' launchers ask for node; Bun runs the same files. xss-scan also exits 0 when it breaks down, hence the look at its answer.
check: node_modules/.stamp ## format, lint, types, unescaped HTML, direction of imports
	@echo 'check: biome (format, lint)'
	@$(BUN) node_modules/@biomejs/biome/bin/biome check --error-on-warnings
	@echo 'check: tsc (types)'
	@$(BUN) node_modules/typescript/bin/tsc --noEmit -p .
	@echo 'check: xss-scan (unescaped HTML)'
	@answer=$$($(BUN) node_modules/@kitajs/ts-html-plugin/dist/cli.js) || exit; echo "$$answer"; \
	case $$answer in *'No XSS vulnerabilities found'*) ;; *) echo 'xss-scan gave no verdict' >&2; exit 1 ;; esac
	@echo 'check: layers (direction of imports)'
	@$(BUN) test ./test/layers.test.ts
	@echo 'check: all passed'

# The command is in package.json, for the Dockerfile too. ESM, because main.ts awaits at the top level; --production fixes
# NODE_ENV, so that the environment cannot switch the executable.
build: node_modules/.stamp ## one executable: dist/contenthub
	@$(BUN) run --silent build $(if $(TARGET),--target=$(TARGET))

bench: node_modules/.stamp ## measure (ARGS are the benchmark's own)
	@exec $(BUN) test/bench/run.ts $(ARGS)

migrations: node_modules/.stamp ## write migrations for both databases after a change of the schema
	@exec $(BUN) drizzle/generate.ts $(ARGS)

# In the containers when they run, else here.
migrate: ## apply pending migrations
	@$(call hub,migrate $(ARGS))

superuser: ## create a superuser, asking for name and password
	@$(call hub,createsuperuser $(ARGS))

shell: ## a prompt with the program's parts at hand
	@$(call hub,shell $(ARGS))

# Containers do not see the file, but can be told what is in it.
fixtures: ## load FILE (the sample content)
	@file="$(or $(FILE),fixtures/sample_content.json)"; if $(IN_CONTAINERS); then \
	  echo 'in the containers:' >&2; exec $(COMPOSE) exec -T web contenthub loaddata - $(ARGS) <"$$file"; \
	else $(MAKE) -s --no-print-directory node_modules/.stamp && exec $(CONTENTHUB) loaddata "$$file" $(ARGS); fi

backup: ## write everything in the database to FILE (ARGS="--verify" to try it out)
	@$(call hub-file,backup,)

# In containers the hub is stopped meanwhile, for nobody else may use the database, and started again whatever happens:
# without the second trap not after Ctrl-C.
restore: ## put the backup FILE into the database (ARGS="--force" to replace what is there)
	@$(call hub-file,restore,trap "$(COMPOSE) start web worker beat >&2" EXIT; trap "exit 130" HUP INT TERM; \
	  $(COMPOSE) stop web worker beat >&2 &&)

up: .env ## build and start the containers (docker-compose.yaml)
	@$(COMPOSE) up -d --build $(ARGS)

down: ## stop the containers; what they keep stays in volumes
	@$(COMPOSE) down $(ARGS)

ps: ## the state of the containers
	@$(COMPOSE) ps $(ARGS)

logs: ## follow the containers' output (ARGS="web" for some)
	@$(COMPOSE) logs -f --tail 100 $(ARGS)

# The working tree as it is, without what is not the project's; git, because some tests ask it.
test-docker: ## what CI runs, inside a container (ARGS="test/store" for some tests)
	@git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | \
	docker run --rm -i $(DOCKER_ARGS) oven/bun:$(BUN_VERSION) sh -euc 'mkdir /tmp/hub; cd /tmp/hub; tar -x; \
	  apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git make >/dev/null; \
	  git init -q; exec .ci/run "$$@"' ci $(ARGS)

.env:
	@cp .env.example $@

hooks: ## check each commit before it is made (done by itself in a fresh clone)
	@git config core.hooksPath .githooks

# One dependency (scarf, by way of swagger-ui-dist) reports installations to its maker unless told not to.
# A hooks path that somebody has set stays.
node_modules/.stamp: package.json bun.lock | .bun/bin/bun
	@SCARF_ANALYTICS=false $(BUN) install --frozen-lockfile
	@if [ -z "$$CI" ] && [ -e .git ] && ! git config --local core.hooksPath >/dev/null 2>&1; then \
	  git config core.hooksPath .githooks 2>/dev/null || :; \
	fi
	@touch $@

# The package.json of its own keeps both installers from taking the project above for theirs. Where install scripts are
# switched off the package's launcher is an empty shell, and the binary is taken from the platform package beside it.
.bun/bin/bun:
	@mkdir -p .bun/bin && rm -f $@; \
	is_pinned() { [ "$$("$$1" --version 2>/dev/null)" = '$(BUN_VERSION)' ]; }; \
	found=$$(command -v bun || :); \
	if [ -n "$$found" ] && is_pinned "$$found"; then ln -s "$$found" $@; exit; fi; \
	if ! is_pinned .bun/node_modules/.bin/bun; then \
	  installer=$$(command -v npm || echo "$$found"); \
	  if [ -z "$$installer" ]; then \
	    echo 'Bun $(BUN_VERSION) is needed and there is no npm to get it with: install Bun (https://bun.com) or node with npm' >&2; exit 1; \
	  fi; \
	  echo 'getting bun $(BUN_VERSION) into .bun/' >&2; \
	  printf '{ "private": true, "dependencies": { "bun": "%s" }, "trustedDependencies": ["bun"] }\n' '$(BUN_VERSION)' >.bun/package.json; \
	  case $$installer in \
	    *npm) npm install --prefix .bun --no-package-lock --no-save --no-audit --no-fund --loglevel=error >&2 ;; \
	    *) (cd .bun && "$$found" install --no-save --silent) ;; \
	  esac; \
	fi; \
	for binary in .bun/node_modules/.bin/bun .bun/node_modules/@oven/*/bin/bun; do \
	  if is_pinned "$$binary"; then ln -s "../$${binary#.bun/}" $@; exit; fi; \
	done; \
	echo 'bun $(BUN_VERSION) could not be installed into .bun/: see the lines above, or install that version of Bun (https://bun.com)' >&2; exit 1
