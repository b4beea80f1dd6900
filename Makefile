# What people type. How it is done stands in packaging/.

# Where `make install` puts everything, and a directory before it for packages that are staged.
PREFIX = $(HOME)/.local
DESTDIR =
# A program that is built already, to be installed in place of building one.
PROGRAM =
export PREFIX DESTDIR PROGRAM

help:
	@echo 'make install      build, install below PREFIX ($(PREFIX)), and try it in every shell'
	@echo 'make uninstall    take it away again'
	@echo 'make setup        install what the tests need'
	@echo 'make check        lints and tests that need no network'
	@echo 'make test         setup, check, the tests that install from PyPI, and those of virtualenvwrapper'
	@echo 'make real         copy, rename and wipe an environment with jupyter and a hundred other packages'
	@echo 'make original     run the tests of virtualenvwrapper on our files in place of its own'
	@echo 'make packages     build a .deb, an .rpm and a wheel, in target/packages'
	@echo 'make packages-test  check them, and install, upgrade, use and remove them in a copy of this machine'
	@echo 'make bench        time the commands beside those of virtualenvwrapper'

install:
	@packaging/install.sh

uninstall:
	@packaging/uninstall.sh

setup:
	@packaging/setup.sh

check: lint
	cargo test --locked
	@packaging/rehearse.sh

test: setup lint
	cargo test --locked -- --include-ignored --skip real::
	@packaging/rehearse.sh
	@tests/original/suite.sh

real: setup
	cargo test --locked real:: -- --include-ignored --nocapture

original: setup
	@tests/original/suite.sh

packages:
	@packaging/packages.sh

packages-test: setup packages
	@packaging/packages-test.sh

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

bench: setup
	@sh benches/run.sh

.PHONY: help install uninstall setup check test real original packages packages-test lint bench
# The release build and the tests would fight for the same cores.
.NOTPARALLEL:
