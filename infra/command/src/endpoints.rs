//! `ledgerkeep endpoints`.

use console::say;

/// Shows the permission matrix: every endpoint, its right and how it is audited.
pub fn show() {
    for service in services::SERVICES {
        for function in service.endpoints {
            let d = &function.declaration;
            let access = shared::openapi::access(d);
            say(&format!(
                "{:<7} {:<45} {:<18} {}",
                (d.method)(),
                d.path,
                access,
                d.audit.code()
            ));
        }
        for worker in service.workers {
            let trigger = shared::endpoint::trigger_name(&worker.trigger);
            say(&format!(
                "{trigger:<7} {:<45} {:<18} -",
                worker.name, service.name
            ));
        }
    }
}
