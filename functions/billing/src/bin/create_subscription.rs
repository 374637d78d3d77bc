//! The Lambda function `create_subscription`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::subscriptions::create::Create>() })
}
