//! The Lambda function `serve_portal`.
fn main() -> Result<(), lambda_http::Error> {
    portal::serve()
}
