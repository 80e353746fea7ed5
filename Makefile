# The project's commands; `make` alone lists them. The work is done by the scripts of .ci/ and by CMake.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test build bench lint format sanitize thread-sanitize coverage fuzz kernel-test install clean \
    setup setup-fuzz setup-kernel setup-lint

DEMO := build/demo

help: ## this text
	@echo "bmsrig: a hardware-in-the-loop test rig for battery management systems"
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	    printf '  make %-16s %s\n' "$$name" "$$text"; done
	@echo "After any of them .venv/bin/bmsrig and .venv/bin/pytest work from here."

demo: build ## install, build, then test a BMS process on the virtual bench and write an HTML report
	@.ci/demo $(DEMO)

test: build ## every test: C++, then Python and the test plans
	@.ci/test

build: setup ## install what is needed and build
	@.ci/build

bench: setup-kernel build ## the speed figures, each as a ratio or against its limit
	@.ci/bench

lint: setup-lint build ## clang-format, clang-tidy, ruff, mypy; warnings are errors
	@.ci/lint

format: setup-lint ## let clang-format and ruff rewrite the sources
	@.ci/lint --fix

sanitize: setup ## the C++ tests under AddressSanitizer and UBSan
	@.ci/sanitize sanitize

thread-sanitize: setup ## the C++ tests that use threads, under ThreadSanitizer
	@.ci/sanitize thread-sanitize

coverage: setup-lint setup-kernel build sanitize ## line coverage of rig/, drivers/ and reports/
	@.ci/coverage

fuzz: setup-fuzz ## feed anything to both sides of RS-485 and to the SCPI servers, for a minute
	@.ci/fuzz

kernel-test: setup-kernel build ## the drivers of real instruments against a Linux kernel of its own, without hardware
	@.ci/kernel/test

install: setup ## check that pip install works from a clean copy, in a virtual environment of its own
	@.ci/try-install

clean: ## remove what was built and the virtual environment
	rm -rf build .venv
	find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name .pytest_cache -o -name .mypy_cache \
	    -o -name .ruff_cache \) -exec rm -rf {} +

setup:
	@.ci/packages .ci/apt-packages.txt
	@.ci/venv .ci/requirements.txt

setup-fuzz: setup
	@.ci/packages .ci/apt-packages-fuzz.txt

setup-kernel: setup
	@.ci/packages .ci/apt-packages-kernel.txt

setup-lint: setup
	@.ci/venv .ci/requirements.txt .ci/requirements-lint.txt
