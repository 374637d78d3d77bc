//! The Lambda function `preview_subscription`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::subscriptions::preview::Preview>() })
}
