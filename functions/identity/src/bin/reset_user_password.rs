//! The Lambda function `reset_user_password`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::reset_password::Reset>() })
}
