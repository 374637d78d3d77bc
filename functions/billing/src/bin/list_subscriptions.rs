//! The Lambda function `list_subscriptions`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::subscriptions::list::List>() })
}
