//! The Lambda function `list_privacy_requests`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::list::List>() })
}
