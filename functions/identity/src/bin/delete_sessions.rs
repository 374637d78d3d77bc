//! The Lambda function `delete_sessions`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::delete_all::DeleteAll>() })
}
