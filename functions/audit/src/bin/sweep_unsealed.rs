//! The Lambda function `sweep_unsealed`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::sweep_unsealed::WORKER })
}
