//! Writes sound input of every target below a directory: `fuzz-seeds DIRECTORY`. Prints the targets' names.

use std::{env, fs, io, io::Write, path::PathBuf};

fn main() -> io::Result<()> {
    let Some(dir) = env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("fuzz-seeds DIRECTORY"));
    };
    for target in fuzz_targets::TARGETS {
        let own = dir.join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(format!("seed-{number}")), seed)?;
        }
        writeln!(io::stdout(), "{}", target.name)?;
    }
    Ok(())
}
