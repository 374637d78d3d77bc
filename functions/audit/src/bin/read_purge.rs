//! The Lambda function `read_purge`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::purges::read::Read>() })
}
