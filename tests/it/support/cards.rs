//! Card numbers that nobody owns. The check digit is computed (ISO/IEC 7812-1, annex B), never typed.

/// Completes a number with its check digit.
pub fn complete(digits: &str) -> String {
    let sum: u32 = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = digit.to_digit(10).expect("a digit");
            match (place % 2 == 0, value * 2) {
                (false, _) => value,
                (true, double) if double > 9 => double - 9,
                (true, double) => double,
            }
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// A number of its own that the sandbox approves.
pub fn good() -> String {
    with("42424242")
}

/// A number of 16 digits with this beginning and a random middle.
pub fn with(beginning: &str) -> String {
    let mut bytes = [0; 15];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
    let filling: String = bytes.iter().map(|byte| char::from(b'0' + byte % 10)).collect();
    complete(&format!("{beginning}{filling}")[..15])
}

/// A number whose authorisation the sandbox does not answer, and which it turns out to have approved or declined.
pub fn unanswered(approved: bool) -> String {
    loop {
        let number = with("40000044");
        if number.ends_with(['0', '2', '4', '6', '8']) == approved {
            return number;
        }
    }
}

#[test]
fn check_digits() {
    assert_eq!(complete("424242424242424"), "4242424242424242");
    assert_eq!(complete("400000000000000"), "4000000000000002");
    assert_eq!(complete("37828224631000"), "378282246310005");
}
