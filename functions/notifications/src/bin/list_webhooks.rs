//! The Lambda function `list_webhooks`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::list::List>() })
}
