//! The Lambda function `set_kms_key`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::kms_key::set::Set>() })
}
