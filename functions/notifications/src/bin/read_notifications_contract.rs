//! The Lambda function `read_notifications_contract`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::contract::Read>() })
}
