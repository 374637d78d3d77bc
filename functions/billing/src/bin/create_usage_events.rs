//! The Lambda function `create_usage_events`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::usage::record::Record>() })
}
