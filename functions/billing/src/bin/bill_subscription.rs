//! The Lambda function `bill_subscription`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::subscriptions::bill_now::BillNow>() })
}
