//! The Lambda function `update_customer`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::update::Update>() })
}
