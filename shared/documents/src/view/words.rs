//! The words of documents, by language.

use crate::document::Language;

/// Declares the words, each in every language.
macro_rules! words {
    ($($name:ident $en:literal $de:literal $fr:literal)*) => {
        /// The words of a language.
        pub struct Words {
            $(pub $name: &'static str,)*
        }

        const EN: Words = Words { $($name: $en,)* };
        const DE: Words = Words { $($name: $de,)* };
        const FR: Words = Words { $($name: $fr,)* };
    };
}

words! {
    invoice "Invoice" "Rechnung" "Facture"
    credit_note "Credit note" "Rechnungskorrektur" "Avoir"
    number "Number" "Nummer" "Numéro"
    issued "Date" "Datum" "Date"
    preceding "For invoice" "Zur Rechnung" "Facture d’origine"
    supplied "Date of supply" "Leistungsdatum" "Date de livraison"
    period "Service period" "Leistungszeitraum" "Période"
    due "Due date" "Fällig am" "Échéance"
    reference "Your reference" "Ihre Referenz" "Votre référence"
    order "Purchase order" "Bestellnummer" "Bon de commande"
    contract "Contract" "Vertrag" "Contrat"
    buyer_id "Your VAT ID" "Ihre USt-IdNr." "Votre n° TVA"
    seller_id "VAT ID" "USt-IdNr." "N° TVA"
    tax_number "Tax number" "Steuernummer" "N° fiscal"
    position "No." "Pos." "N°"
    description "Description" "Beschreibung" "Désignation"
    quantity "Quantity" "Menge" "Quantité"
    price "Unit price" "Einzelpreis" "Prix unitaire"
    amount "Amount" "Betrag" "Montant"
    item "Item" "Artikel" "Article"
    tax "Tax" "Steuer" "Taxe"
    vat "VAT" "USt." "TVA"
    subtotal "Subtotal" "Zwischensumme" "Sous-total"
    net "Net total" "Summe netto" "Total HT"
    gross "Total" "Gesamtbetrag" "Total TTC"
    prepaid "Already paid" "Bereits gezahlt" "Déjà payé"
    settled "Already settled" "Bereits verrechnet" "Déjà imputé"
    payable "Amount due" "Zahlbetrag" "Net à payer"
    credited "Amount to be credited" "Gutgeschriebener Betrag" "Montant crédité"
    exempt "Exempt from tax" "Steuerfrei" "Exonéré de taxe"
    reverse_charge "Reverse charge" "Steuerschuldnerschaft des Leistungsempfängers" "Autoliquidation"
    within_eea "Intra-Community supply" "Steuerfreie innergemeinschaftliche Lieferung" "Livraison intracommunautaire exonérée"
    export "Export" "Steuerfreie Ausfuhrlieferung" "Exportation exonérée"
    outside "Not subject to tax" "Nicht steuerbar" "Hors champ de la taxe"
    payment "Payment" "Zahlung" "Paiement"
    transfer "Please transfer to" "Bitte überweisen Sie an" "Merci de virer à"
    card "Charged to your card ending in" "Wird Ihrer Karte belastet mit der Endung" "Débité de votre carte se terminant par"
    debit "We collect the amount by SEPA direct debit from" "Wir ziehen den Betrag per SEPA-Lastschrift ein von" "Prélèvement SEPA sur le compte"
    mandate "Mandate" "Mandat" "Mandat"
    creditor "Creditor identifier" "Gläubiger-ID" "Identifiant créancier"
    remittance "Please quote" "Verwendungszweck" "Référence à rappeler"
    hour "h" "Std." "h"
    day "d" "Tg." "j"
    week "wk" "Wo." "sem."
    month "mo" "Mon." "mois"
    year "yr" "J." "an"
}

/// The words of a language.
pub const fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::De => &DE,
        Language::Fr => &FR,
    }
}

impl Words {
    /// A unit of UN/ECE Recommendation 20; nothing for pieces, the code where there is no word.
    pub fn unit<'a>(&self, code: &'a str) -> &'a str {
        match code {
            "C62" | "H87" | "E48" | "LS" => "",
            "HUR" => self.hour,
            "DAY" => self.day,
            "WEE" => self.week,
            "MON" => self.month,
            "ANN" => self.year,
            "MIN" => "min",
            "SEC" => "s",
            "E34" => "GB",
            "E35" => "TB",
            "4L" => "MB",
            "KWH" => "kWh",
            "KGM" => "kg",
            "KMT" => "km",
            code => code,
        }
    }
}

/// The number of a page.
#[cfg(feature = "pdf")]
#[must_use]
pub fn page_of(language: &str, page: usize, pages: usize) -> String {
    match language {
        "de" => format!("Seite {page} von {pages}"),
        "fr" => format!("Page {page} sur {pages}"),
        _ => format!("Page {page} of {pages}"),
    }
}
