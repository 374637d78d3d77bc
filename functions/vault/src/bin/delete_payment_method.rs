//! The Lambda function `delete_payment_method`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<vault::payment_methods::delete::Delete>() })
}
