//! The Lambda function `update_subscription`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::subscriptions::update::Update>() })
}
