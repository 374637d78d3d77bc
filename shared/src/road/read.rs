//! How an endpoint is declared that reads one item by its id.

/// Declares an endpoint that answers an item of the id in its path, as `From<&Item>` makes the answer of it: `Read` and its `Input`.
///
/// ```ignore
/// shared::read! {
///     PriceItem as Price,
///     /// The price.
///     PriceId,
///     Declaration::new("read_price", methods::get, "/billing/v1/prices/{id}", …),
/// }
/// ```
#[macro_export]
macro_rules! read {
    ($item:ty as $answer:ty, $(#[$about:meta])* $id:ty, $declared:expr $(,)?) => {
        /// What comes in.
        #[derive($crate::record::Record)]
        #[record(input)]
        pub struct Input {
            $(#[$about])*
            #[public]
            id: $id,
        }

        /// The endpoint.
        #[derive(Debug)]
        pub struct Read;

        impl $crate::endpoint::Endpoint for Read {
            const DECLARATION: $crate::endpoint::Declaration =
                $declared.uses(&[$crate::endpoint::Uses::Read(<$item as $crate::store::Item>::TABLE)]);
            type Input = Input;
            type Answer = $answer;

            fn ahead(at: &$crate::endpoint::Ahead<'_>) -> Vec<$crate::store::Key> {
                vec![at.key::<$item>()]
            }

            async fn handle(
                cx: &$crate::road::Context,
                input: Input,
            ) -> Result<$crate::endpoint::Outcome<$answer>, $crate::problem::Problem> {
                let id = input.id.as_str();
                let found = cx.get::<$item>(id).await?;
                Ok($crate::endpoint::Outcome::read(<$answer>::from(&found.item)).concerning(id))
            }
        }
    };
}
