//! The Lambda function `carry_out_reviews`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { payments::workers::review::WORKER })
}
