# SPDX-License-Identifier: Apache-2.0
# make run [IMAGE=photo.jpg] [RATIO=21:9] [RES=4K]   set up, build, resize
# make test                                          set up, lint, run every test

RATIO ?= 21:9
RES ?= 4K
IMAGE ?=
PREFIX ?= /usr/local
SWIFT ?= swift
TOOL := .build/release/imgtool
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: run test lint build setup install clean

run: build
	@mkdir -p out
	@set -e; image='$(IMAGE)'; \
	if [ -z "$$image" ]; then image=out/sample.jpg; $(TOOL) sample --force -o "$$image"; fi; \
	name=$$(basename -- "$$image"); \
	$(TOOL) resize --ratio $(RATIO) --res $(RES) --force -o "out/$${name%.*}-$(subst :,x,$(RATIO))-$(RES).jpg" -- "$$image"

test: setup lint
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources plugins Tests

build: setup
	$(SWIFT) build -c release --static-swift-stdlib --product imgtool

# The C libraries, where they are missing: libvips, libexif, libjpeg-turbo.
setup:
	@if pkg-config --exists vips libexif libturbojpeg 2>/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
	  $(SUDO) apt-get update && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    pkg-config libvips-dev libexif-dev libturbojpeg0-dev; \
	elif command -v brew >/dev/null; then brew install pkgconf vips libexif jpeg-turbo; \
	else echo 'Install the development files of libvips, libexif and libjpeg-turbo (TurboJPEG).' >&2; exit 1; fi

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin/imgtool

clean:
	rm -rf .build out
