//! The Lambda function `end_retention`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::retention::WORKER })
}
