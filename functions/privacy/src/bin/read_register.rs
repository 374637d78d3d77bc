//! The Lambda function `read_register`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::register::Read>() })
}
