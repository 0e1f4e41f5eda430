//! What may be shown of a phone number.

/// `138****1234`: the first three and last four digits after the `+86`. Anything shorter is hidden whole.
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.strip_prefix("+86").unwrap_or(number).chars().collect();
    match (digits.first_chunk::<3>(), digits.last_chunk::<4>()) {
        (Some(head), Some(tail)) if digits.len() >= 10 => {
            format!("{}****{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
        }
        _ => "****".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_phone_number_shows_its_ends_only() {
        assert_eq!(super::phone("+8613812341234"), "138****1234");
        assert_eq!(super::phone("12345"), "****");
    }
}
