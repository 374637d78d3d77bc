//! The Lambda function `create_refund`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::refunds::create::Create>() })
}
