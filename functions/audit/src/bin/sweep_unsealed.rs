//! The Lambda function `sweep_unsealed`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sweep_unsealed::WORKER })
}
