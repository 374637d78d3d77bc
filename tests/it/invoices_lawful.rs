//! Invoices that may be sent: taxed, frozen, credited, voided, settled, paid from wallets.

use crate::{
    cases::text,
    support::{Tenant, platform, run, time::until, world},
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::join_all;
use serde_json::{Value, json};

const INVOICES: &str = "/billing/v1/invoices";
const NOTES: &str = "/billing/v1/credit-notes";
/// How many race.
const HANDS: usize = 50;

/// Rates of Germany and France, and what is exempt.
fn rates() -> Value {
    let rate = |country: &str, category: &str, rate: &str| json!({"country": country, "category": category, "rate": rate, "from": "2021-01-01"});
    json!({
        "rates": [rate("DE", "standard", "19"), rate("DE", "reduced", "7"), rate("FR", "standard", "20")],
        "exemptions": [{"category": "teaching", "code": "VATEX-EU-132-1I", "reason": "Education"}],
        "series": "RE-", "due_days": 14,
    })
}

/// A customer of a country.
async fn customer(tenant: &Tenant, more: Value) -> String {
    let mut body = world::customer_body();
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    world::id(&tenant.all.post("/billing/v1/customers", &body).await)
}

/// An issued invoice with these lines: amount and category.
async fn issued(tenant: &Tenant, customer: &str, lines: &[(&str, &str)]) -> Value {
    let line = |(amount, category): &(&str, &str)| json!({"description": "Work", "unit_amount": amount, "tax_category": category});
    let lines: Vec<Value> = lines.iter().map(line).collect();
    let body = json!({"customer": customer, "currency": "EUR", "lines": lines});
    let id = world::id(&tenant.all.post(INVOICES, &body).await);
    let path = format!("{INVOICES}/{id}/finalize");
    tenant.all.post(&path, &json!({})).await.is(200)
}

fn treatments(invoice: &Value) -> Vec<(String, String, i64, i64)> {
    let taxes = invoice["taxes"].as_array().expect("taxes");
    let of = |tax: &Value| {
        let (treatment, number) = (&tax["treatment"], |name: &str| {
            tax[name].as_i64().unwrap_or_default()
        });
        (
            text(treatment, "category"),
            text(treatment, "rate"),
            number("net"),
            number("tax"),
        )
    };
    taxes.iter().map(of).collect()
}

fn taxed(category: &str, rate: &str, net: i64, tax: i64) -> (String, String, i64, i64) {
    (category.to_owned(), rate.to_owned(), net, tax)
}

#[test]
fn an_invoice_is_taxed_where_its_buyer_is_and_frozen_with_both_parties() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.taxed(&rates()).await;
        let address = json!({"lines": ["Rue 1"], "city": "Paris", "postal_code": "75001"});
        let german = customer(&tenant, json!({})).await;
        let invoice = issued(
            &tenant,
            &german,
            &[
                ("69622", "standard"),
                ("69622", "standard"),
                ("100", "reduced"),
                ("50", "teaching"),
            ],
        )
        .await;
        assert_eq!(
            treatments(&invoice),
            [
                taxed("S", "19", 139_244, 26_456),
                taxed("S", "7", 100, 7),
                taxed("E", "0", 50, 0)
            ]
        );
        assert_eq!(
            (
                &invoice["number"],
                &invoice["total"],
                &invoice["tax"],
                &invoice["amount_due"]
            ),
            (
                &json!("RE-000001"),
                &json!(165_857),
                &json!(26_463),
                &json!(165_857)
            )
        );
        assert!(invoice["due_on"].as_str() > invoice["issued_on"].as_str());
        let consumer = customer(&tenant, json!({"country": "FR", "address": address.clone()})).await;
        let invoice = issued(&tenant, &consumer, &[("1000", "standard")]).await;
        assert_eq!(treatments(&invoice), [taxed("S", "20", 1000, 200)]);
        let business = json!({"country": "AT", "tax_ids": ["ATU13585627"], "due_days": 30});
        let business = customer(&tenant, business).await;
        let invoice = issued(&tenant, &business, &[("1000", "standard")]).await;
        assert_eq!(treatments(&invoice), [taxed("AE", "0", 1000, 0)]);
        // The page names who bought and why there is no tax, also once the customer is called otherwise.
        let path = format!("/billing/v1/customers/{business}");
        let patch = tenant.all.request("PATCH", &path).await;
        patch.json(&json!({"name": "Somebody Else"})).send().await.is(200);
        let path = format!("{INVOICES}/{}", text(&invoice, "id"));
        let page = tenant
            .all
            .request("GET", &path)
            .await
            .header("accept", "text/html")
            .send()
            .await;
        let html = page.text;
        assert!(
            html.contains("Reverse charge") && html.contains("Shop GmbH") && html.contains("RE-000003"),
            "{html}"
        );
        assert!(!html.contains("Somebody Else"), "{html}");
        // What the settings have no rate for stays a draft.
        let line = json!({"description": "Work", "unit_amount": "1", "tax_category": "luxury"});
        let body = json!({"customer": german, "currency": "EUR", "lines": [line]});
        let draft = format!(
            "{INVOICES}/{}",
            world::id(&tenant.all.post(INVOICES, &body).await)
        );
        let refused = tenant.all.post(&format!("{draft}/finalize"), &json!({})).await;
        assert_eq!(refused.refused(409, "tax_rate_missing")["category"], "luxury");
        assert_eq!(tenant.all.get(&draft).await.ok()["status"], "draft");
        let wrong = json!({"name": "A", "email": "a@buyers.example", "tax_ids": ["DE136695977"]});
        let refused = tenant.all.post("/billing/v1/customers", &wrong).await;
        assert_eq!(
            refused.refused(422, "invalid_input")["errors"][0]["pointer"],
            "/tax_ids"
        );
    });
}

#[test]
fn decimals_discounts_and_credit_come_in_their_order() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.taxed(&rates()).await;
        let german = customer(&tenant, json!({})).await;
        let grants = format!("/billing/v1/customers/{german}/wallet-grants");
        let grant = json!({"currency": "EUR", "amount": 500});
        tenant.all.post(&grants, &grant).await.is(201);
        let body = json!({"customer": german, "currency": "EUR", "lines": [
            {"description": "Hours", "unit_amount": "200", "quantity_decimal": "5.5"},
            {"description": "Correction", "unit_amount": "100", "quantity_decimal": "-1"},
        ], "discounts": [{"description": "Welcome", "percent": "10"}], "purchase_order": "4711"});
        let draft = tenant.all.post(INVOICES, &body).await.is(201);
        assert_eq!((&draft["subtotal"], &draft["total"]), (&json!(1000), &json!(900)));
        assert_eq!(draft["lines"][0]["quantity_decimal"], "5.5");
        assert_eq!(draft["discounts"][0]["taken"], 100);
        let path = format!("{INVOICES}/{}", text(&draft, "id"));
        // What is previewed is what is issued, and nothing else is.
        let preview = async || {
            let path = format!("{path}/preview");
            tenant.all.post(&path, &json!({})).await.is(200)
        };
        let old = preview().await;
        let patch = tenant.all.request("PATCH", &path).await;
        patch.json(&json!({"memo": "Thank you"})).send().await.is(200);
        let finalize = async |preview: &Value| {
            let body = json!({"preview": preview["hash"]});
            tenant.all.post(&format!("{path}/finalize"), &body).await
        };
        finalize(&old).await.refused(409, "preview_differs");
        let now = preview().await;
        let open = finalize(&now).await.is(200);
        for same in ["total", "tax", "taxes", "lines", "amount_due", "due_on", "memo"] {
            assert_eq!(open[same], now["invoice"][same], "{same}");
        }
        // 900 and 19 % of it, of which the wallet pays 500.
        assert_eq!(
            (
                &open["total"],
                &open["amount_from_wallet"],
                &open["amount_due"],
                &open["purchase_order"]
            ),
            (&json!(1071), &json!(500), &json!(571), &json!("4711"))
        );
        let wallet = format!("/billing/v1/customers/{german}/wallet");
        assert_eq!(tenant.all.get(&wallet).await.ok()["balances"], json!([]));
        // Voiding gives it back, once, and credits all of it.
        let void = tenant
            .all
            .post(&format!("{path}/void"), &json!({"reason": "Mistake"}))
            .await
            .is(200);
        assert_eq!(
            (&void["status"], &void["amount_due"], &void["amount_credited"]),
            (&json!("void"), &json!(0), &json!(1071))
        );
        let again = tenant.all.post(&format!("{path}/void"), &json!({})).await;
        again.refused(409, "wrong_state");
        let now = tenant.all.get(&wallet).await.ok();
        assert_eq!(now["balances"], json!([{"currency": "EUR", "amount": 500}]));
        let kinds: Vec<&Value> = now["movements"]
            .as_array()
            .expect("movements")
            .iter()
            .map(|m| &m["kind"])
            .collect();
        assert_eq!(kinds, ["restored", "used", "granted"]);
        let notes = tenant
            .all
            .all(&format!("{NOTES}?invoice={}", text(&draft, "id")))
            .await;
        assert_eq!(notes.len(), 1);
        assert_eq!(
            (
                &notes[0]["number"],
                &notes[0]["total"],
                &notes[0]["tax"],
                &notes[0]["reduced"],
                &notes[0]["returned"]
            ),
            (
                &json!("CN-000001"),
                &json!(1071),
                &json!(171),
                &json!(571),
                &json!(500)
            )
        );
        assert_eq!(notes[0]["reason"], "Mistake");
    });
}

#[test]
fn fifty_hands_credit_the_last_cent_once_and_notes_add_up_to_the_tax() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.taxed(&json!({"rates": [{"country": "DE", "category": "standard", "rate": "20", "from": "2021-01-01"}]})).await;
        let german = customer(&tenant, json!({})).await;
        let lines = ["6833", "6833", "5750", "8500"].map(|net| (net, "standard"));
        let invoice = issued(&tenant, &german, &lines).await;
        let id = text(&invoice, "id");
        let credit = async |line: usize, net: Value| {
            let body = json!({"invoice": id, "lines": [{"line": line, "net": net}], "to": "nobody"});
            tenant.all.post(NOTES, &body).await
        };
        let mut taxes = Vec::new();
        for line in 0..3 {
            taxes.push(
                credit(line, Value::Null).await.is(201)["tax"]
                    .as_i64()
                    .expect("a tax"),
            );
        }
        credit(3, json!(8501)).await.refused(422, "invalid_input");
        taxes.push(
            credit(3, json!(8499)).await.is(201)["tax"]
                .as_i64()
                .expect("a tax"),
        );
        // One cent is left.
        let answers = join_all((0..HANDS).map(|_| credit(3, json!(1)))).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(done.len(), 1, "one wins");
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            assert!(matches!(refused.status, 409 | 422 | 503), "{}", refused.told());
        }
        taxes.push(done[0].json()["tax"].as_i64().expect("a tax"));
        assert_eq!(taxes.iter().sum::<i64>(), 5_583, "{taxes:?}");
        let now = tenant.all.get(&format!("{INVOICES}/{id}")).await.ok();
        assert_eq!(
            (&now["status"], &now["amount_due"], &now["amount_credited"]),
            (&json!("void"), &json!(0), &json!(33_499))
        );
        let notes = tenant.all.all(&format!("{NOTES}?customer={german}")).await;
        let mut numbers: Vec<String> = notes.iter().map(|note| text(note, "number")).collect();
        numbers.sort();
        let gapless: Vec<String> = (1..=5).map(|n| format!("CN-{n:06}")).collect();
        assert_eq!(numbers, gapless);
    });
}

#[test]
fn fifty_invoices_use_one_wallet_and_never_more_than_is_in_it() {
    run(async {
        let tenant = Tenant::new().await;
        let (customer, all) = (tenant.customer().await, &tenant.all);
        let grants = format!("/billing/v1/customers/{customer}/wallet-grants");
        all.post(&grants, &json!({"currency": "EUR", "amount": 1000, "cost": 1000}))
            .await
            .is(201);
        let body = world::invoice_body(&customer, &["30"]);
        let drafts = join_all((0..HANDS).map(|_| all.post(INVOICES, &body))).await;
        let mut left: Vec<String> = drafts
            .iter()
            .map(|draft| format!("{INVOICES}/{}/finalize", world::id(draft)))
            .collect();
        let mut used = Vec::new();
        for _ in 0..10 {
            let answers = join_all(
                left.iter()
                    .map(async |path| (path.clone(), all.post(path, &json!({})).await)),
            )
            .await;
            left = Vec::new();
            for (path, answer) in answers {
                match answer.status {
                    503 => left.push(path),
                    _ => used.push(answer.is(200)["amount_from_wallet"].as_i64().expect("an amount")),
                }
            }
            if left.is_empty() {
                break;
            }
        }
        assert_eq!((used.len(), used.iter().sum::<i64>()), (HANDS, 1000), "{used:?}");
        let wallet = all
            .get(&format!("/billing/v1/customers/{customer}/wallet"))
            .await
            .ok();
        assert_eq!((&wallet["balances"], &wallet["grants"]), (&json!([]), &json!([])));
    });
}

#[test]
fn what_became_of_an_invoice_elsewhere_is_said_and_taken_back() {
    run(async {
        let tenant = Tenant::new().await;
        let path = tenant.open_invoice(&tenant.customer().await, &["700"]).await;
        let settle = async |outcome: &str| {
            let body = json!({"outcome": outcome, "reason": "Bank transfer"});
            tenant.all.post(&format!("{path}/settle"), &body).await
        };
        for (outcome, status, due, paid) in [
            ("uncollectible", "uncollectible", 0, 0),
            ("open", "open", 700, 0),
            ("paid", "paid", 0, 700),
            ("open", "open", 700, 0),
        ] {
            let now = settle(outcome).await.is(200);
            assert_eq!(
                (&now["status"], &now["amount_due"], &now["amount_paid"]),
                (&json!(status), &json!(due), &json!(paid))
            );
        }
        settle("open").await.refused(409, "wrong_state");
    });
}

/// A form of a document once it is rendered, held against its hash.
async fn form(tenant: &Tenant, path: &str, format: &str) -> Vec<u8> {
    let path = format!("{path}/document?format={format}");
    let ready = async || Some(tenant.all.get(&path).await.ok()).filter(|d| d["status"] == "ready");
    let document = until("the document", 60, ready).await;
    let content = &document["content"];
    let body = STANDARD.decode(text(content, "body")).expect("base64");
    let hash = hex::encode(digest(&SHA256, &body));
    let forms = document["forms"].as_array().expect("forms");
    let noted = forms
        .iter()
        .find(|form| form["format"] == format)
        .expect("the form");
    assert_eq!(
        (&content["sha256"], &noted["sha256"]),
        (&json!(hash), &json!(hash))
    );
    assert_eq!(noted["bytes"], json!(body.len()));
    // What is archived is sealed.
    let bucket = "aws/s3/ledgerkeep-local-archive-000000000000-eu-west-1";
    let object = platform().dir.join(bucket).join(&tenant.id);
    let object = object.join(format!("documents/{}/{format}", text(&document, "of")));
    let versions = std::fs::read_dir(object).expect("it is archived");
    let copies = versions.map(|version| version.expect("a version").path());
    let copies: Vec<_> = copies
        .filter(|v| v.extension().is_some_and(|e| e == "object"))
        .collect();
    assert_eq!(copies.len(), 1, "rendered once");
    let copy = std::fs::read(&copies[0]).expect("a copy");
    assert_eq!(copy.len(), body.len() + 28);
    assert!(!copy.windows(4).any(|bytes| bytes == b"%PDF" || bytes == b"<?xm"));
    body
}

#[test]
fn what_is_issued_is_rendered_once_and_archived_and_read_with_its_hash() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.taxed(&rates()).await;
        let address = json!({"lines": ["Hauptstr. 2"], "city": "Berlin", "postal_code": "10115"});
        let german = customer(&tenant, json!({"address": address})).await;
        let invoice = issued(&tenant, &german, &[("1000", "standard")]).await;
        let path = format!("{INVOICES}/{}", text(&invoice, "id"));
        let pdf = form(&tenant, &path, "pdf").await;
        assert!(
            pdf.starts_with(b"%PDF-") && pdf.len() < 60 * 1024,
            "{}",
            pdf.len()
        );
        let ubl = String::from_utf8(form(&tenant, &path, "ubl").await).expect("text");
        assert!(
            ubl.contains("RE-000001") && ubl.contains("<cbc:PayableAmount currencyID=\"EUR\">11.90"),
            "{ubl}"
        );
        let body = json!({"invoice": text(&invoice, "id"), "lines": [{"line": 0, "net": 400}]});
        let note = tenant.all.post(NOTES, &body).await.is(201);
        let noted = format!("{NOTES}/{}", text(&note, "id"));
        assert!(form(&tenant, &noted, "pdf").await.starts_with(b"%PDF-"));
        let ubl = String::from_utf8(form(&tenant, &noted, "ubl").await).expect("text");
        assert!(
            ubl.contains("CreditNote") && ubl.contains("RE-000001") && ubl.contains(&text(&note, "number")),
            "{ubl}"
        );
        // What the seller has not said for XRechnung is named.
        let refused = tenant.all.get(&format!("{path}/document?format=xrechnung")).await;
        let refused = refused.refused(409, "einvoice_not_possible");
        assert!(
            refused["rule"].as_str().is_some_and(|rule| !rule.is_empty()),
            "{refused}"
        );
        assert_eq!(form(&tenant, &path, "pdf").await, pdf);
        let line = json!({"description": "Work", "unit_amount": "1"});
        let draft = json!({"customer": german, "currency": "EUR", "lines": [line]});
        let draft = world::id(&tenant.all.post(INVOICES, &draft).await);
        let refused = tenant.all.get(&format!("{INVOICES}/{draft}/document")).await;
        refused.refused(409, "wrong_state");
    });
}
