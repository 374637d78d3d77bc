//! libFuzzer on the target that `FUZZ_TARGET` names; where `FUZZ_SEEDS` names a directory, sound input of every target is written
//! below it instead, and the targets' names are printed. Built by `make fuzz` only.

#![no_main]

use fuzz_targets::{TARGETS, Target};
use std::{env, fs, io, io::Write, path::Path, sync::LazyLock};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|t| t.name == name);
    found.unwrap_or_else(|| std::process::abort())
});

fn seeds(dir: &Path) -> io::Result<()> {
    for target in TARGETS {
        let own = dir.join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(format!("seed-{number}")), seed)?;
        }
        writeln!(io::stdout(), "{}", target.name)?;
    }
    Ok(())
}

fn begin() {
    let Some(dir) = env::var_os("FUZZ_SEEDS") else {
        return;
    };
    let written = seeds(Path::new(&dir));
    if let Err(why) = &written {
        let _ = writeln!(io::stderr(), "{}: {why}", Path::new(&dir).display());
    }
    std::process::exit(i32::from(written.is_err()));
}

libfuzzer_sys::fuzz_target!(init: begin(), |bytes: &[u8]| (TARGET.run)(bytes));
