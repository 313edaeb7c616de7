SHELL := bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help

# Tools are built from their Go modules into .cache, once for each version.
TOOLS         := $(CURDIR)/.cache/bin
GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
GOVULNCHECK   := $(TOOLS)/govulncheck-v1.9.0
KO            := $(TOOLS)/ko-v0.19.1
KUSTOMIZE     := $(TOOLS)/kustomize-v5.8.1

# deploy uses this folder of knative/overlays and this image. If IMAGE is empty, it
# builds one and pushes it to KO_DOCKER_REPO. deploy and undeploy change a cluster, so
# CONTEXT must name it; an empty CONTEXT is kubectl's current context.
OVERLAY ?= dev
IMAGE   ?=
kubectl = kubectl $(if $(CONTEXT),--context '$(CONTEXT)')
# The base of the image: the one that .ko.yaml names, or scratch, which needs no
# registry.
BASE    ?= distroless

# The control plane for tests/cluster is built in the same way. tests/cluster/build/go.mod
# and tests/cluster/build/kwok/go.mod name the versions.
control_version = $(shell awk '$$1 == "$(1)" && $$2 ~ /^v/ { print $$2 }' tests/cluster/build/go.mod)
KUBERNETES     := $(call control_version,k8s.io/kubernetes)
ETCD           := $(call control_version,go.etcd.io/etcd/server/v3)
KWOK           := $(shell awk '$$1 == "sigs.k8s.io/kwok" { print $$2 }' tests/cluster/build/kwok/go.mod)
CONTROL_PLANE  := $(CURDIR)/.cache/control-plane/kubernetes-$(KUBERNETES)-etcd-$(ETCD)

# Separate modules keep the dependencies of some tests out of the program's go.mod.
MODULES := . tests/browser tests/cluster tests/manifests

export GOFLAGS ?= -buildvcs=false

# Installs the Debian packages $(2) if the command $(1) fails.
apt = { $(1); } >/dev/null 2>&1 || { \
	as_root=env; [ "$$(id -u)" = 0 ] || as_root='sudo env'; \
	$$as_root apt-get update -qq && \
	$$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; }

# Builds kubejobs and runs it with the arguments $(1). On a terminal it is a job of
# its own, so that Ctrl-C ends the program alone, and make by its exit status;
# elsewhere it takes the place of the shell, so that signals to make reach it.
program = go build -o $(TOOLS)/kubejobs ./functions/cmd/kubejobs; \
	if [ -t 0 ]; then set -m; $(TOOLS)/kubejobs $(1); else exec $(TOOLS)/kubejobs $(1); fi

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Monitor a real batch job for half a minute; needs only Go
	@$(call program,local --demo)

.PHONY: local
local: ## Run all functions on this machine until Ctrl-C
	@$(call program,local)

.PHONY: build
build: ## Build bin/kubejobs
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/kubejobs ./functions/cmd/kubejobs

# Tests that need the machine for themselves: beside others, what they break looks slower.
ALONE := tests/faults

.PHONY: test
test: setup control-plane ## Run all tests with the race detector, in random order
	@for module in $(MODULES); do echo "module $$module"; \
		(cd $$module && go test -race -shuffle=on -count=1 -timeout 14m $$(go list ./... | grep -v $(ALONE))); done
	go test -race -shuffle=on -count=1 -timeout 14m ./$(ALONE)
	go test -count=1 -timeout 2m -run '^Test(TickAllocations|ClientMemory)$$' ./tests/bench # the race detector allocates too

.PHONY: test-browser
test-browser: setup ## Run the tests of the page in Chromium
	cd tests/browser && go test -race -shuffle=on -count=1 -timeout 10m ./...

.PHONY: setup
setup: ## Install what the tests need: a C compiler (race detector), redis-server, Prometheus, InfluxDB, curl, redis-py, Chromium
	@$(call apt,command -v gcc,gcc libc6-dev)
	@$(call apt,command -v redis-server,redis-server)
	@$(call apt,command -v promtool,prometheus)
	@$(call apt,command -v influxd,influxdb)
	@$(call apt,command -v curl,curl)
	@$(call apt,python3 -c 'import redis' || /usr/bin/python3 -c 'import redis',python3-redis)
	@$(call apt,command -v chromium,chromium)

.PHONY: test-cluster
test-cluster: setup control-plane ## Run the tests that need a Kubernetes control plane
	cd tests/cluster && go test -race -shuffle=on -count=1 -timeout 10m ./...

.PHONY: control-plane
control-plane: $(addprefix $(CONTROL_PLANE)/,etcd kube-apiserver kube-controller-manager kwok-$(KWOK)) ## Build etcd and Kubernetes for the tests: once, takes minutes

# How often each measurement is made, and how long it takes. bin/bench/ticks.txt is for benchstat:
# benchstat -col /server bin/bench/ticks.txt
BENCH_COUNT ?= 5
BENCH_TIME  ?= 1500ms

ticks = BENCH_COUNT='$(BENCH_COUNT)' BENCH_TIME='$(BENCH_TIME)' $(1) go test -count=1 -timeout 0 -run '^TestLongTicks$$' -v ./tests/bench

.PHONY: bench
bench: setup bench-parts ## Measure ticks over HTTP beside the floor, and the parts alone; takes six minutes
	$(call ticks)

.PHONY: bench-docs
bench-docs: setup ## Measure ticks over HTTP beside the floor, and write tests/PERFORMANCE.md
	$(call ticks,BENCH_DOCS=1)

.PHONY: bench-parts
bench-parts: ## Measure the parts alone: the time and the allocations of a tick in-process
	@mkdir -p bin/bench
	go test -run '^$$' -bench . -benchmem -benchtime 200ms -count '$(BENCH_COUNT)' ./tests/bench | tee bin/bench/parts.txt

# How many jobs are compared, the first with the others, and how often each is measured.
GROWTH_JOBS  ?= 100,10000,100000
GROWTH_COUNT ?= 5

.PHONY: bench-growth
bench-growth: setup ## Measure ticks of 100 to 100,000 jobs on 1,000 Redises; takes five minutes
	GROWTH_JOBS='$(GROWTH_JOBS)' GROWTH_COUNT='$(GROWTH_COUNT)' BENCH_TIME='$(BENCH_TIME)' go test -count=1 -timeout 0 -run '^TestLongGrowth$$' -v ./tests/bench

.PHONY: bench-cluster
bench-cluster: setup control-plane ## Measure 1,000 starts, starts and stops at once, and sweeps over 10,000 jobs, on a real API server
	cd tests/cluster && go test -run '^$$' -bench Start -benchtime 1000x ./functions
	cd tests/cluster && go test -run '^$$' -bench Burst -benchtime 1x ./functions
	cd tests/cluster && go test -run '^$$' -bench Sweep -benchtime 3x ./functions

# How many jobs of each scenario are simulated.
CALIBRATE_JOBS ?= 1000

.PHONY: screenshots
screenshots: setup ## Take the pictures of the documents while the demo runs; takes a minute
	mkdir -p functions/ui/screenshots
	cd tests/browser && SCREENSHOTS='$(CURDIR)/functions/ui/screenshots' go test -count=1 -timeout 5m -run '^TestLongScreenshots$$' .

.PHONY: bench-browser
bench-browser: setup ## Measure the page in Chromium with 1,000 jobs that are ticked; takes two minutes
	cd tests/browser && BENCH_JOBS=1000 go test -count=1 -timeout 10m -v -run '^TestLongBench' .

.PHONY: calibration
calibration: ## Simulate CALIBRATE_JOBS jobs of each scenario, and write CALIBRATION.md of shared/core/forecast and control
	CALIBRATE_JOBS='$(CALIBRATE_JOBS)' go test -count=1 -timeout 0 -run '^TestLongCalibration$$' ./shared/core/forecast
	CALIBRATE_JOBS='$(CALIBRATE_JOBS)' go test -count=1 -timeout 0 -run '^TestLongCalibration$$' ./shared/core/control

# How long the soak runs, and with how many jobs.
SOAK_FOR  ?= 10m
SOAK_JOBS ?= 2000

.PHONY: soak
soak: setup ## Tick SOAK_JOBS jobs for SOAK_FOR while random faults come
	SOAK_FOR='$(SOAK_FOR)' SOAK_JOBS='$(SOAK_JOBS)' go test -count=1 -timeout 0 -run '^TestLongSoak$$' -v ./tests/faults

# What a fuzz test finds stays in testdata/fuzz of its package, where go test finds it.
FUZZ_TIME ?= 30s

.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZ_TIME (30s)
	@failed=; while read -r folder name; do \
		echo "$$name in $$folder"; \
		go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZ_TIME) "./$$folder" </dev/null || failed="$$failed $$folder:$$name"; \
	done < <(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' functions shared | sed -E 's|/[^/]*:func | |' | sort); \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code
	$(GOLANGCI_LINT) fmt

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Check the style and the import law
	@for module in $(MODULES); do (cd $$module && $(GOLANGCI_LINT) run -c $(CURDIR)/.golangci.yml); done

.PHONY: vet
vet: ## Run go vet
	@for module in $(MODULES); do (cd $$module && go vet ./...); done

.PHONY: tidy-check
tidy-check: ## Check that go.mod and go.sum are tidy
	@for module in $(MODULES); do (cd $$module && go mod tidy -diff); done

.PHONY: vuln
vuln: $(GOVULNCHECK) ## Look for known vulnerabilities, if their database is reachable
	@if out=$$($(GOVULNCHECK) ./... 2>&1); then echo "$$out"; \
	elif grep -q 'fetching vulnerabilities' <<<"$$out"; then echo "skipped: $$out"; \
	else echo "$$out"; exit 1; fi

.PHONY: image
image: $(KO) ## Build bin/image, an OCI layout; BASE=scratch needs no registry
	@rm -rf bin/image; \
	if [ '$(BASE)' = scratch ]; then \
		export KOCACHE='$(CURDIR)/.cache/ko'; rm -rf "$$KOCACHE/img"; \
		digest=$$(go run ./knative/baseimage "$$KOCACHE/img"); \
		export KO_DEFAULTBASEIMAGE="base.invalid/scratch@$$digest"; \
	fi; \
	KO_DOCKER_REPO=kubejobs.local $(KO) build --push=false --oci-layout-path=bin/image --sbom=none ./functions/cmd/kubejobs

.PHONY: manifests
manifests: $(KUSTOMIZE) ## Render the overlays into bin/manifests
	@mkdir -p bin/manifests; for overlay in dev production; do \
		$(KUSTOMIZE) build knative/overlays/$$overlay >bin/manifests/$$overlay.yaml; done

.PHONY: manifests-test
manifests-test: ## Check the rendered overlays with the types and the validation of Knative
	cd tests/manifests && go vet . && go test -count=1 .

.PHONY: context
context:
	@: $(if $(filter undefined,$(origin CONTEXT)),$(error CONTEXT: name a context of kubectl; `kubectl config get-contexts` lists them))

.PHONY: deploy
deploy: context $(KO) $(KUSTOMIZE) ## Deploy OVERLAY (default: dev) to CONTEXT, with IMAGE or a new one pushed to KO_DOCKER_REPO
	@image='$(IMAGE)'; [ -n "$$image" ] || image=$$($(KO) build --bare ./functions/cmd/kubejobs); \
	rm -rf bin/deploy; mkdir -p bin/deploy; cd bin/deploy; \
	echo 'resources: [../../knative/overlays/$(OVERLAY)]' >kustomization.yaml; \
	$(KUSTOMIZE) edit set image "kubejobs=$$image"; \
	$(kubectl) apply -k .

.PHONY: undeploy
undeploy: context ## Delete all that deploy created in CONTEXT, with the namespace and the schedules of jobs
	$(kubectl) delete -k knative/overlays/$(OVERLAY) --ignore-not-found

$(GOLANGCI_LINT):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

$(GOVULNCHECK):
	GOBIN=$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	mv $(TOOLS)/govulncheck $@

$(CONTROL_PLANE)/kwok-$(KWOK):
	@mkdir -p $(@D)
	cd tests/cluster/build/kwok && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $@.new sigs.k8s.io/kwok/cmd/kwok
	mv $@.new $@

$(CONTROL_PLANE)/etcd: package = go.etcd.io/etcd/server/v3
$(CONTROL_PLANE)/kube-%: package = k8s.io/kubernetes/cmd/$(@F)
$(CONTROL_PLANE)/%:
	@mkdir -p $(@D)
	cd tests/cluster/build && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w \
		-X k8s.io/component-base/version.gitVersion=$(KUBERNETES) \
		-X k8s.io/component-base/version.gitMajor=$(word 1,$(subst ., ,$(KUBERNETES:v%=%))) \
		-X k8s.io/component-base/version.gitMinor=$(word 2,$(subst ., ,$(KUBERNETES:v%=%)))" -o $@.new $(package)
	mv $@.new $@

$(KO):
	GOBIN=$(TOOLS) go install github.com/google/ko@v0.19.1
	mv $(TOOLS)/ko $@

$(KUSTOMIZE):
	GOBIN=$(TOOLS) go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1
	mv $(TOOLS)/kustomize $@
