//! The Lambda function `seal_entries`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::seal_entries::WORKER })
}
