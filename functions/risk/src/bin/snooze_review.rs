//! The Lambda function `snooze_review`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::reviews::snooze::Snooze>() })
}
