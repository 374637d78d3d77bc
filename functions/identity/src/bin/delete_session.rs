//! The Lambda function `delete_session`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::delete::Delete>() })
}
