//! The Lambda function `read_check`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::checks::read::Read>() })
}
