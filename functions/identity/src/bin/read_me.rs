//! The Lambda function `read_me`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::read::Read>() })
}
