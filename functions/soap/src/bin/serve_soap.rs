//! The Lambda function `serve_soap`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::front::<soap::serve::Serve>(soap::serve::FRONT) })
}
