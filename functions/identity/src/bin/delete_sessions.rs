//! The Lambda function `delete_sessions`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::delete_all::DeleteAll>() })
}
