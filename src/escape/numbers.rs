//! Formats numbers for people.

use std::fmt::Display;

/// A whole number with a comma before each three digits: `1,000`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        let shown = [0, 999, 1000, 12_345, 1_234_567, 5_000_000_u64].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567", "5,000,000"]);
    }
}
