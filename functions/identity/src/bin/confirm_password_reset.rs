//! The Lambda function `confirm_password_reset`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::password_resets::confirm::Confirm>() })
}
