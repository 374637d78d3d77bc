//! The Lambda function `dispatch_events`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::dispatch::WORKER })
}
