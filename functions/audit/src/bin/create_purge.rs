//! The Lambda function `create_purge`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::purges::create::Create>() })
}
