# SPDX-License-Identifier: Apache-2.0
# make run [IMAGE=photo.jpg] [RATIO=21:9] [RES=4K]   set up, build, resize
# make test                                          set up, lint, run every test
# make guarantees                                    try what is promised about money and results, every case

RATIO ?= 21:9
RES ?= 4K
IMAGE ?=
PREFIX ?= /usr/local
SWIFT ?= swift
TOOL := .build/release/imgtool
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

# The folder of libFuzzer's runtime, beside the compiler.
FUZZ_RUNTIME = $(firstword $(wildcard $(dir $(shell readlink -f $$(command -v $(SWIFT))))../lib/clang/*/lib/linux))
FUZZ_TARGETS = probe structure exif xmp containers policy
SECONDS ?= 60

GENERATOR ?= $(wildcard ../shared/tools/make_hostile.py)
SEED ?= 11

.PHONY: run test guarantees lint build setup install fuzz hostile clean

run: build
	@mkdir -p out
	@set -e; image='$(IMAGE)'; \
	if [ -z "$$image" ]; then image=out/sample.jpg; $(TOOL) sample --force -o "$$image"; fi; \
	name=$$(basename -- "$$image"); \
	$(TOOL) resize --ratio $(RATIO) --res $(RES) --force -o "out/$${name%.*}-$(subst :,x,$(RATIO))-$(RES).jpg" -- "$$image"

# A few tests at a time: a thousand at once would starve each other, and time limits would measure that.
test: setup lint
	$(SWIFT) build --build-tests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 $(SWIFT) test --skip-build

# Every case of every promise about money and results, with its figures; SEED draws other random ones. In memory where
# that can be had, because each case writes a journal of its own and flushes it again and again.
GUARANTEES = Guarantees|SpendingTests|PowerCutTests|KillPointTests|ServedRunflowTests|ServedZipTests|JobMachineTests|RetryTests|JournalDamageTests|HTTPTransportTests

guarantees: setup
	$(SWIFT) build --build-tests
	TMPDIR=$$(test -w /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}") IMGTOOL_FULL=1 IMGTOOL_SEED=$(SEED) \
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 $(SWIFT) test --skip-build --filter '$(GUARANTEES)'

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources plugins Tests

build: setup
	$(SWIFT) build -c release --static-swift-stdlib --product imgtool

# The C libraries, where they are missing: libvips, libexif, libjpeg-turbo, SQLite, OpenSSL.
setup:
	@if pkg-config --exists vips libexif libturbojpeg sqlite3 'libcrypto >= 3' 2>/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
	  $(SUDO) apt-get update && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    pkg-config libvips-dev libexif-dev libturbojpeg0-dev libsqlite3-dev libssl-dev; \
	elif command -v brew >/dev/null; then brew install pkgconf vips libexif jpeg-turbo sqlite openssl@3; \
	else echo 'Install the development files of libvips, libexif, libjpeg-turbo (TurboJPEG), SQLite and OpenSSL 3.' >&2; exit 1; fi

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin/imgtool

# libFuzzer with AddressSanitizer over every reader of strangers' bytes, SECONDS each, seeded from generated files.
fuzz: build
	IMGTOOL_FUZZ='$(FUZZ_RUNTIME)' $(SWIFT) build --scratch-path .build-fuzz --sanitize=address --product Fuzz
	@mkdir -p .build-fuzz/seeds
	@for format in jpg png webp tiff avif gif; do \
	  $(TOOL) sample --force --size 48x32 -o .build-fuzz/seeds/sample.$$format 2>/dev/null; done
	@printf '{"schemaVersion":1,"name":"x","formats":["jpeg"],"maximumBytes":9,"price":"0.55","rules":{"bytes.limit":"warn"}}' \
	  > .build-fuzz/seeds/policy.json
	@set -e; for target in $(FUZZ_TARGETS); do \
	  mkdir -p .build-fuzz/corpus/$$target; echo "== $$target"; \
	  .build-fuzz/debug/Fuzz $$target -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    .build-fuzz/corpus/$$target .build-fuzz/seeds; \
	done

# The trials of the guard, with their figures: a corpus of hostile files, mutated ones, cut ones again and again, a soak.
# GENERATOR writes the corpus (it needs Pillow); without it the project's own mutations are tried.
hostile: setup
	IMGTOOL_HOSTILE=1 $(SWIFT) build -c release --static-swift-stdlib --scratch-path .build-hostile --product Hostile
	@set -e; run=.build-hostile/release/Hostile; \
	if [ -n '$(GENERATOR)' ] && python3 -c 'import PIL' 2>/dev/null; then \
	  python3 '$(GENERATOR)' .build-hostile/corpus; \
	  python3 '$(GENERATOR)' .build-hostile/mutated --only flip --flips 1500 --seed $(SEED); \
	  $$run corpus .build-hostile/corpus; $$run corpus .build-hostile/mutated; \
	  $$run cuts .build-hostile/corpus 200; $$run soak .build-hostile/corpus 20000; \
	else \
	  echo 'No generator of hostile files, or no Pillow: own mutations, seed $(SEED).'; \
	  $$run mutate .build-hostile/mutated 12000 $(SEED); $$run corpus .build-hostile/mutated; \
	  $$run soak .build-hostile/mutated 20000; \
	fi

clean:
	rm -rf .build .build-fuzz .build-hostile out
