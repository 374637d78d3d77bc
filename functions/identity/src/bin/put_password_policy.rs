//! The Lambda function `put_password_policy`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::password_policy::Put>() })
}
