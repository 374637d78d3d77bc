//! The Lambda function `delete_session`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::delete::Delete>() })
}
