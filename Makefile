# Everything a developer or a build machine runs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Debian 12 packages, all of them, by purpose. `make setup` installs the first three lists, `make bench` also the last.
# What the Swift toolchain itself needs to start, compile and link:
TOOLCHAIN_PACKAGES := binutils libc6-dev libgcc-12-dev libncurses6 libcurl4 libsqlite3-0 libxml2
# The C libraries under Sources/CLibraries:
BUILD_PACKAGES := pkg-config librabbitmq-dev libsqlite3-dev libssl-dev libyaml-dev
# What the tests start or talk to: a broker of their own, other clients, the tool that makes certificates:
TEST_PACKAGES := rabbitmq-server amqp-tools python3 python3-pika openssl \
	golang-go golang-github-rabbitmq-amqp091-go-dev default-jdk-headless librabbitmq-client-java
# What the clients in C that are measured beside ours are compiled with:
BENCH_PACKAGES := gcc

SCRIPTS := .ci/* Benchmarks/build Benchmarks/run Examples/run

# No run of the tests takes longer than this.
TEST_TIMEOUT ?= 30m

# What is documented for others.
LIBRARIES := AMQP Warren WarrenRabbitMQ WarrenStorage WarrenTesting

.PHONY: help setup build test test-rabbitmq4 lint format docs bench run

help: ## Lists the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Installs the Debian packages that are missing (asks sudo when not root)
	@.ci/install $(TOOLCHAIN_PACKAGES) $(BUILD_PACKAGES) $(TEST_PACKAGES)

build: setup ## Builds everything, tests too; a warning is an error
	swift build --build-tests

test: build ## Builds, then runs every test; fails if one failed, was skipped, or none ran
	@.ci/test $(TEST_TIMEOUT)

test-rabbitmq4: build ## The same on RabbitMQ 4, which is unpacked below .build the first time
	@.ci/rabbitmq4 .build/rabbitmq4
	@WARREN_TEST_RABBITMQ_ROOT=$(CURDIR)/.build/rabbitmq4 .ci/test $(TEST_TIMEOUT)

lint: setup ## Checks format and style of the Swift sources and the syntax of the scripts
	swift-format lint --strict --recursive --parallel Sources Tests Package.swift
	for script in $$(grep -l '^#!/bin/bash' $(SCRIPTS)); do bash -n $$script; done
	python3 -c 'import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]' \
		$$(grep -l '^#!.*python3' $(SCRIPTS)) Examples/expectation.py

format: ## Formats the Swift sources
	swift-format format --in-place --recursive --parallel Sources Tests Package.swift

docs: build ## Makes the libraries' documentation below .build/docs; a link that leads nowhere is an error
	@.ci/docs $(LIBRARIES)

run: setup ## Takes the example's events through three bridges and a broker; INPUT=file.ndjson takes yours
	swift build -c release --product warren
	@CALLED_FROM="$(PWD)" Examples/run "$${INPUT:-}"

bench: ## Measures beside other clients, see Benchmarks/README.md
	@.ci/install $(TOOLCHAIN_PACKAGES) $(BUILD_PACKAGES) $(TEST_PACKAGES) $(BENCH_PACKAGES)
	swift build -c release --product warren-bench
	Benchmarks/build
	.ci/with-broker Benchmarks/run
