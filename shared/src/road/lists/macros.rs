//! How a list endpoint is declared.

/// Rows that are made of their item alone: `shared::rows!(ProductItem => Product)`.
#[macro_export]
macro_rules! rows {
    ($item:ty => $row:ty) => {
        impl $crate::lists::Rows<$item> for $row {
            async fn of(
                _: &$crate::road::Context,
                item: &$item,
                _: &mut $crate::lists::Beside<'_>,
            ) -> Result<Option<Self>, $crate::problem::Problem> {
                Ok(Some(Self::from(item)))
            }
        }
    };
}

/// Declares a list endpoint: `List`, its `Input`, and its place in the contract.
///
/// ```ignore
/// shared::list! {
///     PaymentItem as Payment,
///     Declaration::new("list_payments", methods::get, "/payments/v1/payments", …),
///     Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Times, most: 100 },
///     uses [Uses::Key(Purpose::Pii)],
///     filters {
///         /// Only those of this customer.
///         #[public]
///         customer: CustomerId = By::List(Way::index(2, |_, id| of(id)), |p| Some(p.customer.as_str().into())),
///     }
/// }
/// ```
#[macro_export]
macro_rules! list {
    (
        $item:ty as $row:ty,
        $declared:expr,
        Plan { all: $all:expr, order: $order:expr, most: $most:expr },
        $(within $parent:ty { $(#[$id_meta:meta])* $id:ident: $id_type:ty },)?
        uses [$($uses:expr),* $(,)?],
        filters { $($(#[$meta:meta])* $name:ident: $type:ty = $by:expr),* $(,)? }
        $(, ahead $ahead:expr, checked $checked:expr)? $(,)?
    ) => {
        /// What comes in.
        #[derive($crate::record::Record)]
        #[record(input)]
        pub struct Input {
            $($(#[$id_meta])* #[public] $id: $id_type,)?
            $($(#[$meta])* $name: Option<$crate::lists::Given<$type>>,)*
            /// At most this many.
            #[public]
            limit: Option<$crate::paging::Limit>,
            /// Where to go on.
            #[public]
            cursor: Option<$crate::paging::CursorText>,
        }

        impl From<Input> for $crate::lists::Asked {
            fn from(input: Input) -> Self {
                Self::new(input.limit, input.cursor)
                    $(.within(&input.$id))?
                    $(.value(stringify!($name), input.$name.as_ref()))*
            }
        }

        /// The endpoint.
        #[derive(Debug)]
        pub struct List;

        impl List {
            /// What its ways and filters need.
            const USES: &'static [$crate::endpoint::Uses] = &[
                $crate::endpoint::Uses::Read(<$item as $crate::store::Item>::TABLE),
                $crate::endpoint::Uses::Key($crate::crypto::Purpose::Secret),
                <List as $crate::lists::Lists>::PLAN.all.uses(<$item as $crate::store::Item>::TABLE),
                $({
                    let by: $crate::lists::By<$item> = $by;
                    by.uses(<$item as $crate::store::Item>::TABLE)
                },)*
                $($uses),*
            ];
        }

        impl $crate::lists::Lists for List {
            type Item = $item;
            type Row = $row;
            type Input = Input;
            const PLAN: $crate::lists::Plan<$item> = $crate::lists::Plan {
                all: $all,
                order: $order,
                filters: &[$($crate::lists::Filter { name: stringify!($name), by: $by }),*],
                most: $most,
            };
            $(
                fn within<'c>(
                    cx: &'c $crate::road::Context,
                    asked: &'c $crate::lists::Asked,
                ) -> $crate::lists::Checked<'c> {
                    Box::pin(async move {
                        let id = asked.of.as_deref().unwrap_or_default();
                        cx.get::<$parent>(id).await.map(|_| ())
                    })
                }
            )?
            $(
                fn within<'c>(
                    cx: &'c $crate::road::Context,
                    asked: &'c $crate::lists::Asked,
                ) -> $crate::lists::Checked<'c> {
                    let checked: fn(
                        &'c $crate::road::Context,
                        &'c $crate::lists::Asked,
                    ) -> $crate::lists::Checked<'c> = $checked;
                    checked(cx, asked)
                }
            )?
        }

        impl $crate::endpoint::Endpoint for List {
            const DECLARATION: $crate::endpoint::Declaration = $declared.uses(List::USES);
            type Input = Input;
            type Answer = $crate::paging::Listed<$row>;
            const EARLY: Option<$crate::endpoint::Early<Input>> = $crate::lists::early::<List>();
            $(
                fn ahead(at: &$crate::endpoint::Ahead<'_>) -> Vec<$crate::store::Key> {
                    vec![at.key::<$parent>()]
                }
            )?
            $(
                fn ahead(at: &$crate::endpoint::Ahead<'_>) -> Vec<$crate::store::Key> {
                    let ahead: fn(&$crate::endpoint::Ahead<'_>) -> Vec<$crate::store::Key> = $ahead;
                    ahead(at)
                }
            )?
            async fn handle(
                cx: &$crate::road::Context,
                input: Input,
            ) -> Result<$crate::endpoint::Outcome<Self::Answer>, $crate::problem::Problem> {
                $crate::lists::answer::<List>(cx, input.into()).await
            }
        }
    };
}
