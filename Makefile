# Everything that a person or CI runs on this project.  `make help` lists it.

SWIFT_BUILD_FLAGS ?=
# The static library asks for every symbol to be exported, which each start would look through.
RELEASE_FLAGS := -c release --static-swift-stdlib --disable-local-rpath \
	-Xlinker -s -Xlinker -z -Xlinker now -Xlinker --no-export-dynamic
VENV := .venv
# Where check-rules leaves it; a test judges the metrics with it.
export PROMTOOL ?= $(wildcard $(CURDIR)/.build/tools/prometheus/usr/bin/promtool)
# Tests start servers and child processes; hundreds at once would wait for the processor more than
# for each other.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 8

.PHONY: help setup build release release-emulator release-both setup-deb deb check-deb piuparts \
	setup-system setup-servers setup-fidelity setup-bench test-system test-servers test-fidelity \
	test-race bench bench-fleet soak test test-swift test-sdk check-rules check-deploy \
	check-report demo format lint clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install the Debian packages that building and testing need
	@.ci/setup

build: setup ## build everything, for debugging
	swift build $(SWIFT_BUILD_FLAGS)

release: setup ## build kvagent as it is shipped: .build/release/kvagent
	swift build --product kvagent $(RELEASE_FLAGS) $(SWIFT_BUILD_FLAGS)

release-emulator: setup ## build kvagent-emulator as it is shipped
	swift build --product kvagent-emulator $(RELEASE_FLAGS) $(SWIFT_BUILD_FLAGS)

# In one go: the modules of one keep the second processor busy while a large one of the other compiles.
release-both: setup
	swift build $(RELEASE_FLAGS) $(SWIFT_BUILD_FLAGS)

setup-deb: ## install what packaging needs beside it
	@.ci/setup packaging

deb: setup-deb release-both ## make the Debian packages: .build/deb/*.deb
	packaging/make-deb

check-deb: setup-deb ## check the packages that are in .build/deb
	packaging/check-deb

piuparts: setup-deb ## install and purge the packages of .build/deb in a clean Debian; root
	packaging/piuparts

setup-system: ## install what it takes to boot a Debian
	@.ci/setup system

test-system: setup-system ## test the packages of .build/deb in a booted Debian; root
	Tests/system/system

setup-servers: setup
	@.ci/setup servers

test-servers: setup-servers ## test the shipped hooks with real servers, on the emulator; root
	swift build --product kvagent $(SWIFT_BUILD_FLAGS)
	swift build --product kvagent-emulator $(SWIFT_BUILD_FLAGS)
	Tests/servers/servers

setup-fidelity: setup
	@.ci/setup fidelity

test-fidelity: setup-fidelity ## try what kvagent writes on nginx, HAProxy, Apache, curl, openssl and Java
	swift build --product kvagent $(SWIFT_BUILD_FLAGS)
	swift build --product kvagent-emulator $(SWIFT_BUILD_FLAGS)
	Tests/fidelity/fidelity

test-race: setup ## readers, and one who must not read, against a thousand deployments; root, 9 min
	swift build --product kvagent $(SWIFT_BUILD_FLAGS)
	swift build --product kvagent-emulator $(SWIFT_BUILD_FLAGS)
	Tests/race/race

setup-bench: setup
	@.ci/setup bench

bench: setup-bench release-both $(VENV)-bench/.installed ## measure what kvagent costs, beside others; BENCH="--quick --only poll"
	@Tests/bench/bench $(BENCH)

$(VENV)-bench/.installed: Tests/bench/requirements.txt
	python3 -m venv $(VENV)-bench
	$(VENV)-bench/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

bench-fleet: setup ## simulate ten thousand machines that ask one vault; half a minute
	swift build --product fleet $(RELEASE_FLAGS) $(SWIFT_BUILD_FLAGS)
	.build/release/fleet

soak: setup-system ## the same test's day of the daemon's life alone, and longer
	KVAGENT_SOAK_MINUTES=$${KVAGENT_SOAK_MINUTES:-10} Tests/system/system --only "a day of life"

test: test-swift test-sdk ## run every test

# With KVAGENT_PROGRAMS=$PWD/.build/release the tests of the command run the program as it is shipped.
test-swift: setup
	swift build --build-tests $(SWIFT_BUILD_FLAGS)
	swift test --skip-build $(SWIFT_BUILD_FLAGS)

test-sdk: setup $(VENV)/.installed ## check the emulator with Microsoft's own Python SDK
	swift build --build-tests $(SWIFT_BUILD_FLAGS)
	$(VENV)/bin/python Tests/sdk/test_sdk.py

$(VENV)/.installed: Tests/sdk/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

check-rules: ## check alert rules and dashboard, with promtool
	Tests/monitoring/check "$$(.ci/unpack prometheus ./usr/bin/promtool)/usr/bin/promtool"

check-deploy: setup $(VENV)-deploy/.installed ## check docs/deploy, and every example of settings
	swift build --product kvagent $(SWIFT_BUILD_FLAGS)
	$(VENV)-deploy/bin/python Tests/deploy/check .build/debug/kvagent \
		"$$(.ci/unpack cloud-init ./usr/lib/python3)"
	$(VENV)-deploy/bin/python Tests/deploy/examples .build/debug/kvagent

$(VENV)-deploy/.installed: Tests/deploy/requirements.txt
	python3 -m venv $(VENV)-deploy
	$(VENV)-deploy/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

check-report: setup $(VENV)-report/.installed ## check the report's page in Chromium; pictures in .build/report
	@.ci/setup report
	swift build --product kvagent $(SWIFT_BUILD_FLAGS)
	swift build --product kvagent-emulator $(SWIFT_BUILD_FLAGS)
	$(VENV)-report/bin/python Tests/report/check .build/debug .build/report

$(VENV)-report/.installed: Tests/report/requirements.txt
	python3 -m venv $(VENV)-report
	$(VENV)-report/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

demo: setup ## see the main job done, on an emulated vault and a real nginx
	swift build --product kvagent $(SWIFT_BUILD_FLAGS)
	swift build --product kvagent-emulator $(SWIFT_BUILD_FLAGS)
	@Tests/demo/demo

format: ## format the sources in place
	swift format --in-place --recursive Package.swift Sources Tests migrations

lint: setup ## check format, scripts and manual pages
	shellcheck .ci/setup .ci/unpack Tests/demo/demo .ci/run packaging/man/lint
	packaging/man/lint
	swift format lint --strict --recursive Package.swift Sources Tests migrations
	@! grep -rn '\bMutex\b' Sources --include='*.swift' | grep -v '^Sources/Locking/' \
		|| { echo "use Locked instead: see Sources/Locking/Locked.swift" >&2; exit 1; }

clean: ## remove what was built
	rm -rf .build $(VENV) $(VENV)-bench $(VENV)-deploy $(VENV)-report
