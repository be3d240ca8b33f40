# What one can do here; each target is a script of scripts/ or a program of the tree. `make` alone explains them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Where images go: IMAGE_PREFIX=registry.example/team pushes there (for a cluster of your own), empty is the local registry.
IMAGE_PREFIX ?=
IMAGE_TAG ?= dev
OPERATOR_IMAGE ?= $(or $(IMAGE_PREFIX),registry.local)/timesten-operator:$(IMAGE_TAG)
export IMAGE_PREFIX IMAGE_TAG OPERATOR_IMAGE IMAGES

.PHONY: help setup generate bundles build image-contexts images lint test test-unit test-world world model acto test-cluster demo bench bench-guard bench-admission cluster cluster-down clean

help: ## This list
	@echo 'Targets:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Settings (make TARGET NAME=value):'
	@echo '  KUBECONFIG      demo: use that cluster instead of a local one (with IMAGE_PREFIX)'
	@echo '  STORAGE_CLASS   demo with KUBECONFIG: its storage class (standard)'
	@echo '  IMAGE_PREFIX    images: build with docker, podman or buildah and push to this registry/path'
	@echo '  IMAGES          images: only operator or only simulator'
	@echo '  IMAGE_TAG       images: tag of the operator image (dev)'
	@echo '  REPEATS         bench: runs of each kind (20), bench-guard: (10)'
	@echo '  KEEP=1          demo: leave everything running at the end'
	@echo '  TTO_CACHE       kept downloads and builds (~/.cache/timesten-operator); safe to delete while nothing runs'

setup: ## Fetch npm and Debian packages, build the Kubernetes parts once (5 to 8 min the first time)
	@scripts/setup.sh

generate: setup ## Make crds/, the types in generated/ and the tables of object.md from schema/
	@node scripts/generate.mjs

bundles: setup ## Bundle agent and simulator into dist/
	@node scripts/bundle.mjs $(BUNDLES)

build: setup ## Bundle agent and simulator, build the Pepr module and its manifests into dist/
	@scripts/build.sh

image-contexts: setup bundles ## Fill dist/images/*, from which `docker build` makes the images
	@scripts/image-contexts.sh

images: setup ## Build the images and push them where clusters find them (seconds when little changed)
	@scripts/images.sh

lint: setup ## Check style, types, formatting, scripts
	@scripts/lint.sh

test: ## Set up, then run every check and test; ends with `N passed, N failed`
	@scripts/test.sh

test-unit: setup ## Unit tests only
	@scripts/test.sh unit

test-world: setup ## Tests of the deterministic world only
	@scripts/test.sh world

world: setup ## Kill points and SEEDS=n seeds (1000) of the deterministic world, from FIRST=n on
	@SEEDS=$(or $(SEEDS),1000) node scripts/run-ts.mjs test/support/world/main.ts campaign

model: setup ## Search the write permission's model with the full bounds; writes bench/model.md
	@node scripts/run-ts.mjs test/support/model/main.ts full $(or $(WORKERS),2)

acto: setup ## Try every state of every field of the object, by its schema; writes bench/acto.md
	@PEPR_MODE=dev LOG_LEVEL=silent node scripts/run-ts.mjs test/support/acto/main.ts

test-cluster: ## Tests on a real control plane and real nodes only
	@scripts/test.sh cluster

demo: setup ## Show a pair come up, replicate, be upgraded and fail over, on a local cluster (or KUBECONFIG=…)
	@scripts/demo.sh

bench: setup ## Change a pair's roles REPEATS times (20) in each of five ways; write gaps and phases into bench/failover.md and upgrade.md
	@scripts/build.sh && scripts/images.sh && node scripts/run-ts.mjs bench/failover.ts

bench-guard: setup ## Measure how late a write permission really ends, REPEATS times (10) each; into bench/guard.md
	@scripts/build.sh && scripts/images.sh && node scripts/run-ts.mjs bench/guard.ts

bench-admission: setup ## Measure how long a write waits at the door, DURATION=n s (60) of each kind; into bench/admission.md
	@scripts/build.sh && DURATION=$(or $(DURATION),60) node scripts/run-ts.mjs bench/admission.ts

cluster: setup ## Start a local cluster and say how to use it
	@testbed/testbed up

cluster-down: ## Stop the local cluster and remove all it made
	@testbed/testbed down

clean: ## Remove what builds made in this checkout (not node_modules, not the cache)
	@rm -rf dist .build coverage
