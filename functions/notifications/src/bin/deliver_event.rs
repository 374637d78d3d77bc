//! The Lambda function `deliver_event`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::deliver::WORKER })
}
