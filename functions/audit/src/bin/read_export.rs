//! The Lambda function `read_export`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::exports::read::Read>() })
}
