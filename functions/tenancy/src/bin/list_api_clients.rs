//! The Lambda function `list_api_clients`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::api_clients::list::List>() })
}
