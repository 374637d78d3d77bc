//! The Lambda function `create_customer`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::create::Create>() })
}
