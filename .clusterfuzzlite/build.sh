#!/bin/bash -eu
# Builds the fuzz targets with their seeds, dictionaries and options, for ClusterFuzzLite and for OSS-Fuzz.
#
# The image sets SRC, the folder of the checkout `wsclose`; OUT, the folder of the results; WORK, a folder for
# intermediate files; and SANITIZER, with the flags of the compilers that belong to it.

cd "$SRC/wsclose"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$WORK/target}

# The profile `release` has debug assertions and checks for overflow.
case $SANITIZER in
    # The flags of the image instrument the code. Its `cargo` replaces `cargo fuzz build` by a build without sanitizer.
    coverage) cargo fuzz build -s none ;;
    *) cargo fuzz build -s "$SANITIZER" ;;
esac

# `cargo-fuzz fuzz`, because `cargo fuzz` is replaced as a whole.
for target in $(cargo-fuzz fuzz list); do
    cp "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    # What a fuzzer adds to a corpus is named by its SHA-1, and is no seed.
    seeds=$(find "corpus/$target" -type f -regextype posix-extended ! -regex '.*/[0-9a-f]{40}' | sort)
    # The names of seeds have no spaces.
    # shellcheck disable=SC2086
    python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" $seeds
    cp "fuzz/options/$target.options" "$OUT/"
done
# The options name the dictionaries.
cp fuzz/dictionaries/*.dict "$OUT/"
