//! The Lambda function `purge_entries`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::purge_entries::WORKER })
}
