//! The Lambda function `set_kms_key`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::kms_key::set::Set>() })
}
