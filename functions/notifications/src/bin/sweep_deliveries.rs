//! The Lambda function `sweep_deliveries`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::sweep::WORKER })
}
