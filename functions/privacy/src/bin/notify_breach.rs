//! The Lambda function `notify_breach`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::notify::Notify>() })
}
