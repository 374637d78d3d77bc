//! Card transactions from a CSV file, plain or compressed: exact amounts, and a reason for each row that cannot be used.

use csv::StringRecord;
use jiff::civil::DateTime;
use shared::money::{Amount, Currency, parse_major};
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

/// The currency of every amount.
pub(super) const CURRENCY: &str = "EUR";

/// The columns that a file must have. Others are not looked at.
const COLUMNS: [&str; 4] = ["transaction_id", "occurred_at", "customer_id", "amount"];

/// One payment to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its place among the rows, from 0.
    pub(super) ordinal: u64,
    /// Its line in the file, from 1.
    pub(super) line: u64,
    /// `transaction_id`.
    pub(super) transaction: String,
    /// `customer_id`.
    pub(super) customer: u64,
    /// `amount` in minor units.
    pub(super) amount: i64,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Broken {
    /// Its line in the file, from 1.
    pub(super) line: u64,
    /// Why.
    pub(super) reason: String,
}

/// What the demo works on.
#[derive(Debug)]
pub(super) struct Dataset {
    /// What idempotency keys call it.
    pub(super) name: String,
    /// Where it comes from, for people.
    pub(super) source: String,
    /// The rows that can be used.
    pub(super) rows: Vec<Row>,
    /// The others.
    pub(super) broken: Vec<Broken>,
}

impl Dataset {
    /// At most `count` rows of a file, or as many generated ones.
    pub(super) fn load(input: Option<&Path>, count: u64) -> Result<Self, String> {
        let Some(path) = input.filter(|p| !p.as_os_str().is_empty()) else {
            // How many rows there are decides who the customers are, so each number of rows is a dataset of its own.
            let rows = super::generate::rows(count);
            let source = format!("{} generated rows", rows.len());
            return Ok(Self {
                name: format!("generated-{count}"),
                source,
                rows,
                broken: Vec::new(),
            });
        };
        let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let mut reader = BufReader::new(File::open(path).map_err(|e| named(&e))?);
        // The two bytes of RFC 1952, section 2.3.1.
        let packed = reader
            .fill_buf()
            .map_err(|e| named(&e))?
            .starts_with(&[0x1f, 0x8b]);
        let (rows, broken) = if packed {
            read(flate2::bufread::MultiGzDecoder::new(reader), count)
        } else {
            read(reader, count)
        }
        .map_err(|e| named(&e))?;
        Ok(Self {
            name: name_of(path),
            source: path.display().to_string(),
            rows,
            broken,
        })
    }

    /// The sum of the rows that can be used, in minor units.
    pub(super) fn sum(&self) -> i128 {
        self.rows.iter().map(|r| i128::from(r.amount)).sum()
    }

    /// The rows of each customer, customers in the order in which they first appear.
    pub(super) fn by_customer(&self) -> Vec<(u64, Vec<&Row>)> {
        let mut places = BTreeMap::new();
        let mut customers: Vec<(u64, Vec<&Row>)> = Vec::new();
        for row in &self.rows {
            let place = *places.entry(row.customer).or_insert(customers.len());
            match customers.get_mut(place) {
                Some((_, rows)) => rows.push(row),
                None => customers.push((row.customer, vec![row])),
            }
        }
        customers
    }
}

/// A file's name without its endings, as idempotency keys can hold it.
fn name_of(path: &Path) -> String {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let name = name.trim_end_matches(".gz").trim_end_matches(".csv");
    name.chars()
        .take(60)
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// Reads rows.
fn read(reader: impl Read, count: u64) -> Result<(Vec<Row>, Vec<Broken>), String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(reader);
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    let mut columns = [0; COLUMNS.len()];
    for (place, name) in columns.iter_mut().zip(COLUMNS) {
        let found = header
            .iter()
            .position(|h| h.trim_start_matches('\u{feff}') == name);
        *place = found.ok_or_else(|| format!("there is no column {name}"))?;
    }
    let currency: Currency = CURRENCY.parse()?;
    let (mut rows, mut broken, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    for (ordinal, record) in (0..).zip(reader.records().take(limit)) {
        let (line, row) = match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                (line, parse(&record, columns, currency, ordinal, line))
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                match error.kind() {
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => (line, Err(format!("has {len} fields, not {expected_len}"))),
                    csv::ErrorKind::Utf8 { .. } => (line, Err("is not UTF-8".to_owned())),
                    _ => return Err(error.to_string()),
                }
            }
        };
        match row {
            Ok(row) if !seen.insert(row.transaction.clone()) => {
                broken.push(Broken {
                    line,
                    reason: format!("transaction_id {} stands twice", row.transaction),
                });
            }
            Ok(row) => rows.push(row),
            Err(reason) => broken.push(Broken { line, reason }),
        }
    }
    Ok((rows, broken))
}

fn parse(
    record: &StringRecord,
    columns: [usize; 4],
    currency: Currency,
    ordinal: u64,
    line: u64,
) -> Result<Row, String> {
    let [transaction, occurred_at, customer, amount] = columns.map(|c| record.get(c).unwrap_or_default());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !(1..=64).contains(&transaction.len()) || !transaction.bytes().all(plain) {
        return Err("transaction_id must be 1 to 64 letters, digits, or one of - _ .".to_owned());
    }
    if occurred_at.trim_end_matches('Z').parse::<DateTime>().is_err() {
        return Err("occurred_at is not a date and time".to_owned());
    }
    let customer = customer
        .parse()
        .map_err(|_| "customer_id is not a number".to_owned())?;
    let amount = parse_major(amount, currency)
        .and_then(Amount::new)
        .map_err(|why| format!("amount {why}"))?;
    Ok(Row {
        ordinal,
        line,
        transaction: transaction.to_owned(),
        customer,
        amount: amount.minor(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const HEADER: &str = "transaction_id,occurred_at,customer_id,terminal_id,amount,fraud,fraud_scenario\n";

    fn read_all(body: &str) -> (Vec<Row>, Vec<Broken>) {
        read(format!("{HEADER}{body}").as_bytes(), 1000).unwrap()
    }

    #[test]
    fn rows_are_read_exactly() {
        let (rows, broken) =
            read_all("0,2018-04-01 00:00:31,596,3156,57.16,0,0\n1,2018-04-01T00:02:10Z,4961,3412,0.1,0,0\n");
        assert!(broken.is_empty(), "{broken:?}");
        assert_eq!(
            rows.iter()
                .map(|r| (r.customer, r.amount, r.line, r.ordinal))
                .collect::<Vec<_>>(),
            [(596, 5716, 2, 0), (4961, 10, 3, 1)]
        );
    }

    #[test]
    fn broken_rows_are_named_by_line_and_the_rest_goes_on() {
        let body = "0,2018-04-01 00:00:31,596,3156,57.16,0,0\n\
                    1,2018-04-01 00:02:10,4961,3412,81.515,0,0\n\
                    2,yesterday,2,1365,146.00,0,0\n\
                    3,2018-04-01 00:09:29,x,8737,64.49,0,0\n\
                    4,2018-04-01 00:09:29\n\
                    0,2018-04-01 00:10:00,5,1,1.00,0,0\n\
                    6,2018-04-01 00:10:01,5,1,-1.00,0,0\n\
                    ,2018-04-01 00:10:01,5,1,1.00,0,0\n\
                    8,2018-04-01 00:10:02,5,1,1.00,0,0\n";
        let (rows, broken) = read_all(body);
        assert_eq!(
            rows.iter().map(|r| r.transaction.as_str()).collect::<Vec<_>>(),
            ["0", "8"]
        );
        let told: Vec<(u64, &str)> = broken.iter().map(|b| (b.line, b.reason.as_str())).collect();
        assert_eq!(
            told,
            [
                (3, "amount has more decimals than the currency"),
                (4, "occurred_at is not a date and time"),
                (5, "customer_id is not a number"),
                (6, "has 2 fields, not 7"),
                (7, "transaction_id 0 stands twice"),
                (8, "amount must be at least 1 minor unit"),
                (
                    9,
                    "transaction_id must be 1 to 64 letters, digits, or one of - _ ."
                ),
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_text_break_one_row() {
        let mut bytes = HEADER.as_bytes().to_vec();
        bytes.extend_from_slice(
            b"0,2018-04-01 00:00:31,596,\xff\xfe,57.16,0,0\n1,2018-04-01 00:00:31,596,1,57.16,0,0\n",
        );
        let (rows, broken) = read(bytes.as_slice(), 10).unwrap();
        assert_eq!((rows.len(), broken.len()), (1, 1));
        assert_eq!(
            broken[0],
            Broken {
                line: 2,
                reason: "is not UTF-8".into()
            }
        );
    }

    #[test]
    fn a_file_without_a_column_is_refused() {
        assert_eq!(
            read("transaction_id,amount\n".as_bytes(), 1).unwrap_err(),
            "there is no column occurred_at"
        );
        assert!(read("".as_bytes(), 1).is_err());
    }

    #[test]
    fn files_plain_and_compressed_and_only_so_many_rows() {
        let dir = std::env::temp_dir().join(format!("ledgerkeep-demo-rows-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let text: String = (0..50)
            .map(|n| format!("{n},2018-04-01 00:00:31,{},1,1.{n:02},0,0\n", n % 5))
            .collect();
        let text = format!("{HEADER}{text}");
        let (plain, packed) = (dir.join("some file.csv"), dir.join("a.csv.gz"));
        std::fs::write(&plain, &text).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
        let (plain, packed) = (
            Dataset::load(Some(&plain), 20).unwrap(),
            Dataset::load(Some(&packed), 20).unwrap(),
        );
        assert_eq!((plain.name.as_str(), packed.name.as_str()), ("some_file", "a"));
        assert_eq!(plain.rows, packed.rows);
        assert_eq!((plain.rows.len(), plain.sum()), (20, 20 * 100 + 190));
        let customers = plain.by_customer();
        assert_eq!(
            customers
                .iter()
                .map(|(c, rows)| (*c, rows.len()))
                .collect::<Vec<_>>(),
            [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
        );
        assert!(
            Dataset::load(Some(&dir.join("absent.csv")), 1)
                .unwrap_err()
                .contains("absent.csv")
        );
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(
            Dataset::load(Some(Path::new("")), 30).unwrap().name,
            "generated-30"
        );
    }
}
