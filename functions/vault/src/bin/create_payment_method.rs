//! The Lambda function `create_payment_method`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::create::Create>() })
}
