//! The Lambda function `cancel_subscription`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::subscriptions::cancel::Cancel>() })
}
