//! The Lambda function `create_payment`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::effect::<payments::payments::create::Create>() })
}
