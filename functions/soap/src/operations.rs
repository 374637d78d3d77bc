//! The operations: every function of the services below that says what it is called over SOAP.

use shared::Function;

/// An operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, as its element in a body has it.
    pub name: &'static str,
    /// What it is called.
    pub function: &'static Function,
}

/// The services whose functions can be operations.
fn fronted() -> [&'static [Function]; 4] {
    [
        billing::ENDPOINTS,
        vault::ENDPOINTS,
        payments::ENDPOINTS,
        risk::ENDPOINTS,
    ]
}

/// Every operation.
pub fn all() -> impl Iterator<Item = Operation> {
    let functions = fronted().into_iter().flatten();
    functions.filter_map(|function| {
        Some(Operation {
            name: function.declaration.soap?,
            function,
        })
    })
}

/// An operation by its name.
pub(crate) fn find(name: &str) -> Option<Operation> {
    all().find(|operation| operation.name == name)
}
