//! The Lambda function `read_user`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::read::Read>() })
}
