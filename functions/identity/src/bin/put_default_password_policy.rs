//! The Lambda function `put_default_password_policy`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::default_policy::Put>() })
}
