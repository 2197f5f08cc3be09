//! The code that a stranger on a chat platform shows to an owner (protocol 11).
//!
//! It proves nothing: it only names the request that an owner looks at.

/// Letters and digits of a code: none that looks like another (protocol 11).
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Makes a code of eight characters, each equally likely: 32 divides 256.
pub fn new_code() -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    // Bytes 6 and 8 of a version 4 UUID are not all random.
    let free = [0, 1, 2, 3, 4, 5, 9, 10].map(|index| random[index]);
    free.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_characters_that_are_not_mistaken() {
        let codes: std::collections::HashSet<String> = (0..200).map(|_| new_code()).collect();
        assert_eq!(codes.len(), 200);
        assert!(codes.iter().all(|code| code.len() == 8 && code.bytes().all(|b| ALPHABET.contains(&b))));
        let seen: std::collections::HashSet<u8> = codes.iter().flat_map(|code| code.bytes()).collect();
        assert_eq!(seen.len(), 32, "every character comes up");
    }
}
