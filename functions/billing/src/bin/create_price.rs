//! The Lambda function `create_price`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::create::Create>() })
}
