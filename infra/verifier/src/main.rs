//! The offline verifier by itself: `ledgerkeep-verify BUNDLE --key FILE`.

use clap::Parser;
use std::{io::Write, process::ExitCode};

#[derive(Parser)]
#[command(
    name = "ledgerkeep-verify",
    version,
    about = "Verify an audit bundle of Ledgerkeep offline, with the public key alone"
)]
struct Cli {
    #[command(flatten)]
    args: verifier::VerifyArgs,
}

fn main() -> ExitCode {
    match verifier::run(Cli::parse().args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "ledgerkeep-verify: {why}");
            ExitCode::FAILURE
        }
    }
}
