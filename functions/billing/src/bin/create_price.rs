//! The Lambda function `create_price`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::prices::create::Create>() })
}
