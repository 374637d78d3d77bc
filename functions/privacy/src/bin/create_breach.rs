//! The Lambda function `create_breach`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::create::Create>() })
}
