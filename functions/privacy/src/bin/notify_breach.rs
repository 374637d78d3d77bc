//! The Lambda function `notify_breach`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::notify::Notify>() })
}
