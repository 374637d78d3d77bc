//! The Lambda function `create_payment`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::create::Create>() })
}
