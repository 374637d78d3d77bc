//! The Lambda function `serve_portal`.
fn main() -> Result<(), lambda_runtime::Error> {
    portal::serve()
}
