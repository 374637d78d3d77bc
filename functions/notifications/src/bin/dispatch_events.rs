//! The Lambda function `dispatch_events`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::dispatch::WORKER })
}
