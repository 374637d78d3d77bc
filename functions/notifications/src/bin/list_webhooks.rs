//! The Lambda function `list_webhooks`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::webhooks::list::List>() })
}
