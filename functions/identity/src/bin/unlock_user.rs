//! The Lambda function `unlock_user`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::unlock::Unlock>() })
}
