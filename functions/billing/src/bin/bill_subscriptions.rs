//! The Lambda function `bill_subscriptions`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::bill::WORKER })
}
