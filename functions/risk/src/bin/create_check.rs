//! The Lambda function `create_check`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::checks::create::Create>() })
}
