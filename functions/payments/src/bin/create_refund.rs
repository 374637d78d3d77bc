//! The Lambda function `create_refund`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::refunds::create::Create>() })
}
