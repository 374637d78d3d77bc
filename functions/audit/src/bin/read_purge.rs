//! The Lambda function `read_purge`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::purges::read::Read>() })
}
