//! What a reader sees, in words and in order: page and PDF lay out the same.

mod format;
mod words;

use crate::document::{Category, Currency, Document, Kind, Language, Line, Means, Party, Profile, TaxGroup};
use format::Format;
use words::Words;

#[cfg(feature = "pdf")]
pub use words::page_of;

/// A document in words.
pub struct View {
    /// The language's tag (BCP 47).
    pub language: &'static str,
    /// Invoice or credit note.
    pub title: &'static str,
    /// Its number.
    pub number: String,
    /// The seller in one line, as above an address.
    pub sender: String,
    /// What the seller is known as.
    pub seller: String,
    /// The buyer's name and address.
    pub recipient: Vec<String>,
    /// Numbers and days.
    pub facts: Vec<(&'static str, String)>,
    /// The heads of the table: position, description, quantity, price, tax, amount.
    pub columns: [String; 6],
    /// The lines.
    pub rows: Vec<Row>,
    /// The sums.
    pub sums: Vec<Sum>,
    /// What else is to be said, by paragraphs.
    pub remarks: Vec<Remark>,
    /// Who the seller is, by columns.
    pub footer: [Vec<String>; 3],
}

/// A line of the table.
pub struct Row {
    /// The cells, as [`View::columns`].
    pub cells: [String; 6],
    /// What stands beneath the description.
    pub details: Vec<String>,
}

/// A line of the sums.
pub struct Sum {
    /// What it is.
    pub label: String,
    /// How much.
    pub amount: String,
    /// How it stands out.
    pub weight: Weight,
}

/// How a sum stands out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It does not.
    Plain,
    /// A total.
    Strong,
    /// What is to be paid.
    Due,
}

/// A paragraph.
pub struct Remark {
    /// What it is about, if that is to be said.
    pub title: Option<&'static str>,
    /// Its lines.
    pub lines: Vec<String>,
}

impl View {
    /// A document in its language.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let maker = Maker {
            document,
            words: words::of(document.language),
            format: Format(document.language),
        };
        maker.view()
    }
}

struct Maker<'a> {
    document: &'a Document,
    words: &'static Words,
    format: Format,
}

impl Maker<'_> {
    fn view(&self) -> View {
        let document = self.document;
        let seller = &document.seller;
        let known = seller.trading_name.as_ref().unwrap_or(&seller.name);
        let mut sender = vec![seller.name.clone()];
        sender.extend(seller.address.lines.first().cloned());
        sender.extend(town(seller));
        let mut recipient = vec![document.buyer.name.clone()];
        recipient.extend(postal(&document.buyer, &seller.address.country));
        View {
            language: match document.language {
                Language::En => "en",
                Language::De => "de",
                Language::Fr => "fr",
            },
            title: match document.kind {
                Kind::Invoice => self.words.invoice,
                Kind::CreditNote => self.words.credit_note,
            },
            number: document.number.clone(),
            sender: sender.join(" · "),
            seller: known.clone(),
            recipient,
            facts: self.facts(),
            columns: [
                self.words.position.to_owned(),
                self.words.description.to_owned(),
                self.words.quantity.to_owned(),
                self.words.price.to_owned(),
                self.tax().to_owned(),
                format!("{} {}", self.words.amount, document.currency.code),
            ],
            rows: document.lines.iter().map(|line| self.row(line)).collect(),
            sums: self.sums(),
            remarks: self.remarks(),
            footer: self.footer(),
        }
    }

    /// What tax is called: value added tax where the standard is kept.
    fn tax(&self) -> &'static str {
        if self.document.profile == Profile::Page {
            self.words.tax
        } else {
            self.words.vat
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let document = self.document;
        let (words, format) = (self.words, self.format);
        let mut facts = vec![
            (words.number, document.number.clone()),
            (words.issued, format.day(document.issued)),
        ];
        let mut add = |label: &'static str, value: Option<String>| {
            facts.extend(value.map(|value| (label, value)));
        };
        let preceding = document.preceding.as_ref();
        add(words.preceding, preceding.map(|invoice| invoice.number.clone()));
        add(words.supplied, document.delivery.date.map(|day| format.day(day)));
        add(
            words.period,
            document.delivery.period.map(|period| format.period(period)),
        );
        if document.totals.due > 0 {
            add(words.due, document.due.map(|day| format.day(day)));
        }
        add(words.reference, document.buyer_reference.clone());
        add(words.order, document.purchase_order.clone());
        add(words.contract, document.contract.clone());
        add(words.buyer_id, document.buyer.vat_id.clone());
        facts
    }

    fn row(&self, line: &Line) -> Row {
        let exponent = self.document.currency.exponent;
        let (words, format) = (self.words, self.format);
        let mut details: Vec<String> = line.description.iter().flat_map(|text| lines(text)).collect();
        details.extend(line.item.as_ref().map(|item| format!("{}: {item}", words.item)));
        details.extend(line.period.map(|period| format.period(period)));
        for taken in &line.discounts {
            let percent = taken
                .percent
                .map(|percent| format!(" ({})", format.percent(percent)))
                .unwrap_or_default();
            details.push(format!(
                "{}{percent}: {}",
                taken.reason,
                format.money(taken.amount.saturating_neg(), exponent)
            ));
        }
        let unit = words.unit(&line.unit);
        let space = if unit.is_empty() { "" } else { " " };
        Row {
            cells: [
                line.id.clone(),
                line.name.clone(),
                format!("{}{space}{unit}", format.decimal(line.quantity, 0)),
                format.decimal(line.unit_price, usize::from(exponent)),
                self.rate(line.category, line.rate),
                format.money(line.net, exponent),
            ],
            details,
        }
    }

    fn rate(&self, category: Category, rate: rust_decimal::Decimal) -> String {
        match category {
            Category::S | Category::Z => self.format.percent(rate),
            _ => "–".to_owned(),
        }
    }

    fn with_code(&self, minor: i64, currency: &Currency) -> String {
        format!(
            "{} {}",
            self.format.money(minor, currency.exponent),
            currency.code
        )
    }

    fn sums(&self) -> Vec<Sum> {
        let document = self.document;
        let (words, totals) = (self.words, document.totals);
        let mut sums = Vec::new();
        let mut add = |label: String, amount: i64, weight| {
            sums.push(Sum {
                label,
                amount: self.with_code(amount, &document.currency),
                weight,
            });
        };
        if !document.allowances.is_empty() {
            add(words.subtotal.to_owned(), totals.lines, Weight::Plain);
        }
        for taken in &document.allowances {
            add(taken.reason.clone(), taken.amount.saturating_neg(), Weight::Plain);
        }
        add(words.net.to_owned(), totals.net, Weight::Plain);
        for group in &document.groups {
            add(self.group(group), group.tax, Weight::Plain);
        }
        add(words.gross.to_owned(), totals.gross, Weight::Strong);
        if totals.prepaid != 0 {
            let label = match document.kind {
                Kind::Invoice => words.prepaid,
                Kind::CreditNote => words.settled,
            };
            add(label.to_owned(), totals.prepaid.saturating_neg(), Weight::Plain);
        }
        let label = match document.kind {
            Kind::Invoice => words.payable,
            Kind::CreditNote => words.credited,
        };
        add(label.to_owned(), totals.due, Weight::Due);
        if let Some(accounting) = &document.accounting {
            sums.push(Sum {
                label: format!("{} ({})", self.tax(), accounting.currency.code),
                amount: self.with_code(accounting.tax, &accounting.currency),
                weight: Weight::Plain,
            });
        }
        sums
    }

    /// The rate and what it is of, or what the law has said in its place.
    fn group(&self, group: &TaxGroup) -> String {
        let base = self.format.money(group.taxable, self.document.currency.exponent);
        let what = match group.category {
            Category::S | Category::Z => format!("{} {}", self.tax(), self.format.percent(group.rate)),
            Category::E => self.words.exempt.to_owned(),
            Category::AE => self.words.reverse_charge.to_owned(),
            Category::K => self.words.within_eea.to_owned(),
            Category::G => self.words.export.to_owned(),
            Category::O => self.words.outside.to_owned(),
        };
        format!("{what} ({base})")
    }

    fn remarks(&self) -> Vec<Remark> {
        let document = self.document;
        let words = self.words;
        let mut remarks = Vec::new();
        let reasons: Vec<String> = document
            .groups
            .iter()
            .filter_map(|group| {
                let why = group.reason.as_ref().or(group.reason_code.as_ref())?;
                Some(format!("{}: {why}", self.group(group)))
            })
            .collect();
        if !reasons.is_empty() {
            remarks.push(Remark {
                title: Some(self.tax()),
                lines: reasons,
            });
        }
        let mut payment = self.payment();
        payment.extend(document.payment.terms.iter().flat_map(|terms| lines(terms)));
        if !payment.is_empty() {
            remarks.push(Remark {
                title: Some(words.payment),
                lines: payment,
            });
        }
        for note in &document.notes {
            remarks.push(Remark {
                title: None,
                lines: lines(note).collect(),
            });
        }
        remarks
    }

    fn payment(&self) -> Vec<String> {
        let words = self.words;
        let payment = &self.document.payment;
        if self.document.kind == Kind::CreditNote || self.document.totals.due <= 0 {
            return Vec::new();
        }
        let mut said = match &payment.means {
            Means::Undefined => vec![],
            Means::Transfer {
                account,
                holder,
                bank,
            } => {
                let account = format::account(account);
                let parts = [
                    holder.clone(),
                    Some(account),
                    bank.as_ref().map(|bank| format!("BIC {bank}")),
                ];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                vec![format!("{} {}", words.transfer, parts.join(" · "))]
            }
            Means::Card { last4, .. } => vec![format!("{} {last4}.", words.card)],
            Means::DirectDebit {
                mandate,
                creditor,
                account,
            } => vec![
                format!("{} {}.", words.debit, format::account(account)),
                format!("{}: {mandate} · {}: {creditor}", words.mandate, words.creditor),
            ],
        };
        said.extend(
            payment
                .remittance
                .as_ref()
                .map(|text| format!("{}: {text}", words.remittance)),
        );
        said
    }

    fn footer(&self) -> [Vec<String>; 3] {
        let seller = &self.document.seller;
        let words = self.words;
        let mut who = vec![seller.name.clone()];
        who.extend(postal(seller, ""));
        let mut ask = Vec::new();
        if let Some(contact) = &seller.contact {
            ask.extend(
                [&contact.name, &contact.phone, &contact.email]
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
        }
        let mut ids = Vec::new();
        ids.extend(
            seller
                .vat_id
                .as_ref()
                .map(|id| format!("{}: {id}", words.seller_id)),
        );
        ids.extend(
            seller
                .tax_number
                .as_ref()
                .map(|id| format!("{}: {id}", words.tax_number)),
        );
        ids.extend(seller.registration.as_ref().map(|id| id.value.clone()));
        ids.extend(seller.legal_note.iter().flat_map(|text| lines(text)));
        [who, ask, ids]
    }
}

/// The lines of a text.
fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
}

/// Post code and city.
fn town(party: &Party) -> Option<String> {
    let address = &party.address;
    let parts: Vec<&str> = [&address.post_code, &address.city]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A postal address by lines; the country unless it is where the letter comes from.
fn postal(party: &Party, from: &str) -> Vec<String> {
    let address = &party.address;
    let mut all = address.lines.clone();
    all.extend(town(party));
    all.extend(address.subdivision.clone());
    if address.country != from {
        all.push(address.country.clone());
    }
    all
}
