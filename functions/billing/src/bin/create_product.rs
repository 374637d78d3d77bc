//! The Lambda function `create_product`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::products::create::Create>() })
}
