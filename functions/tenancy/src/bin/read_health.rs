//! The Lambda function `read_health`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::health::read::Read>() })
}
