//! The Lambda function `render_documents`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::render::WORKER })
}
