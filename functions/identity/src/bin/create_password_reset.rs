//! The Lambda function `create_password_reset`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::password_resets::create::Create>() })
}
