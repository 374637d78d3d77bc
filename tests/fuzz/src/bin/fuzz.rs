//! libFuzzer on the target that `FUZZ_TARGET` names. Built by `make fuzz` only.

#![no_main]

use fuzz_targets::{TARGETS, Target};
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|t| t.name == name);
    found.unwrap_or_else(|| std::process::abort())
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
