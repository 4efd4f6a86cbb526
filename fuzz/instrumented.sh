#!/bin/sh
# Compiles one of our crates so that libFuzzer sees which branches an input takes. Cargo
# runs it in place of rustc for the packages of the workspace alone (RUSTC_WORKSPACE_WRAPPER).
exec "$@" \
  -C passes=sancov-module \
  -C llvm-args=-sanitizer-coverage-level=4 \
  -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
  -C llvm-args=-sanitizer-coverage-pc-table \
  -C llvm-args=-sanitizer-coverage-trace-compares \
  -C debug-assertions=on -C overflow-checks=on
