//! The Lambda function `create_meter`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::meters::create::Create>() })
}
