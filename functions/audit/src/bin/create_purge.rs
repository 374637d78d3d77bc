//! The Lambda function `create_purge`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::purges::create::Create>() })
}
