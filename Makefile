# Martlet. `make help` prints the targets.
SHELL := /bin/bash
BUILD := .build/release
VENV  := .build/clients
CLOUD := .build/cloud
SWIFT ?= swift
# Parts that need libraries which few have: `make build TRAITS=RBD`.
PARTS := $(if $(TRAITS),--traits $(TRAITS))

.PHONY: help setup build test unit contract-rbd acceptance crash fuzz fuzz-requests sim sim-planted tempest-identity tempest-image tempest-smoke bench bench-identity bench-image fmt lint cloud image clean

help: ## prints this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

setup: ## installs what building and testing need, from Debian and PyPI
	tools/setup.sh

build: ## builds .build/release/martlet; TRAITS=RBD with images in Ceph
	@start=$$SECONDS; $(SWIFT) build -c release $(PARTS) --static-swift-stdlib --product martlet && echo "built in $$((SECONDS - start)) s"

# What measures time or memory runs by itself; everything else is found without being named here.
MEASURING := BaseTests|FrameTests|NovaMetadataTests|NeutronTests
MACHINE   := TrialsTests|ContractTests
STORED    := KeystoneTests|GlanceTests|PlacementTests|NeutronTests|CinderTests|NovaTests|NovaMetadataTests
# With images in Ceph where its library is: a build without them is what `make build` makes.
CEPH       = $(shell test -e /usr/include/rbd/librbd.h && echo --traits RBD)
TESTS      = $(SWIFT) test $(CEPH) --skip-build
# A database server is asked by so many tests at once, or it is busier with connections than with questions.
FEW       := --experimental-maximum-parallelization-width 24

unit: ## unit, golden, derived and tidy tests, trials of every saga, contracts of drivers, services on PostgreSQL
	$(SWIFT) build --build-tests $(CEPH)
	$(TESTS) --no-parallel --filter "$(MEASURING)"
	$(TESTS) --skip "$(MEASURING)|$(MACHINE)"
	$(TESTS) --filter TrialsTests
	$(TESTS) --filter ContractTests
	MARTLET_TEST_STORE=postgres $(TESTS) $(FEW) --filter "$(STORED)"
	MARTLET_TEST_STORE=postgres $(TESTS) $(FEW) --filter TrialsTests

contract-rbd: ## of these, the contract of images in Ceph alone, on a Ceph of one node
	$(SWIFT) build --build-tests --traits RBD
	$(SWIFT) test --traits RBD --skip-build --filter CephTests

acceptance: build $(VENV) ## drives the release binary with genuine clients, on the fake hypervisor
	Tests/Acceptance/run.sh
	Tests/Acceptance/keystone2013.sh
	Tests/Acceptance/ldap.sh
	Tests/Acceptance/openid.sh
	Tests/Acceptance/glance2013.sh
	Tests/Acceptance/image-stores.sh
	Tests/Acceptance/cache.sh
	Tests/Acceptance/image-services.sh

crash: build ## kills the cloud twenty times in the middle of its work, and counts what is left
	Tests/Crash/run.sh

sim: ## plays M runs of a simulated cloud from seed N: make sim SEED=1 RUNS=1000
	$(SWIFT) build -c release --product martlet-sim
	$(BUILD)/martlet-sim --seed $(or $(SEED),1) --runs $(or $(RUNS),200)

sim-planted: ## plants faults, each in a build of its own, which the simulation must find and name
	Tests/Sim/planted.sh

fuzz: ## libFuzzer on every parser of strangers' bytes: make fuzz [SECONDS=600] [TARGET="json http"]
	Tests/Fuzz/run.sh $(or $(SECONDS),60) $(TARGET)

fuzz-requests: build $(VENV) ## a hundred thousand requests that no client would send, over every service
	Tests/FuzzRequests/run.sh

tempest-identity: build ## runs Tempest's identity tests, none left out, on the fake hypervisor
	Tests/Tempest/tempest.sh identity.py
	Tests/Tempest/tempest.sh identity_v2.py

tempest-image: build ## runs Tempest's image tests, v2 and v1, on the fake hypervisor
	Tests/Tempest/tempest.sh image.py
	Tests/Tempest/tempest.sh image_lenient.py
	Tests/Tempest/tempest.sh image_refused.py
	Tests/Tempest/tempest.sh image_tasks.py
	Tests/Tempest/tempest.sh image_v1.py

tempest-smoke: build ## the smoke tests among them
	Tests/Tempest/tempest.sh identity.py --smoke
	Tests/Tempest/tempest.sh image.py --smoke

test: setup image unit sim acceptance tempest-smoke crash ## all of it; the guest image is for the contract of the real hypervisor

bench: build ## CPU, latency, memory beside upstream's figures; ONLY='nova.*' SECONDS=3 CLIENTS=1,8,32
	Tests/Bench/run.sh $(if $(ONLY),--only "$(ONLY)") $(if $(SECONDS),--seconds $(SECONDS)) $(if $(CLIENTS),--clients $(CLIENTS))
	$(if $(ONLY),,python3 Tests/Bench/images.py)

bench-identity: build ## identity with ten users and with ten thousand, a hundred assignments and a hundred thousand
	python3 Tests/Bench/identity.py

bench-image: build ## images up and down beside nginx, and the memory of sixteen uploads at once
	python3 Tests/Bench/images.py

fmt: ## formats the sources
	$(SWIFT) format -i -r Sources Tests

lint: ## checks the form without changing it
	$(SWIFT) format lint --strict -r Sources Tests

image: .build/guest.qcow2 ## builds .build/guest.qcow2, a small guest out of Debian packages

.build/guest.qcow2:
	tools/guest-image.sh .build/guest.qcow2

cloud: setup build image $(VENV) ## a cloud from nothing: packages, build, first server, its console
	tools/first-cloud.sh

$(VENV):
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q python-openstackclient==10.5.0 openapi-spec-validator==0.9.0 schemathesis==4.32.5

clean: ## removes what was built
	rm -rf .build
