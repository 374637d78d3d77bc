//! The Lambda function `put_role`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::put::Put>() })
}
