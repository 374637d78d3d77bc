//! The Lambda function `sweep_documents`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::unrendered::WORKER })
}
