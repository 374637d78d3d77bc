//! The Lambda function `list_privacy_requests`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::list::List>() })
}
