//! The Lambda function `deliver_event`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::deliver::WORKER })
}
