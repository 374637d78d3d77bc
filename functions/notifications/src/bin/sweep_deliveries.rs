//! The Lambda function `sweep_deliveries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { notifications::deliveries::sweep::WORKER })
}
