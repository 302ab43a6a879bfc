//! Passwords as a configuration shows them: ciphered, so that equal ones look equal and none can be read.

/// How a password of the lab's own cipher begins.
pub const OWN: &str = "%^%#LAB";
const END: &str = "%^%#";

/// Whether a word is a ciphered password, of the lab or of a real device.
pub fn is_ciphered(text: &str) -> bool {
    text.len() > 2 * END.len() && text.starts_with(END) && text.ends_with(END)
}

/// A password in the lab's own cipher: a fingerprint that cannot be turned back.
pub fn ciphered(plain: &str) -> String {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in plain.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{OWN}{hash:032x}{END}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ciphered_password_is_known_as_such_and_shows_nothing() {
        let ciphered = ciphered("Secret_1");
        assert!(is_ciphered(&ciphered) && !ciphered.contains("Secret"));
        assert_eq!(ciphered, super::ciphered("Secret_1"));
        assert_ne!(ciphered, super::ciphered("Secret_2"));
        assert!(!is_ciphered("Secret_1") && !is_ciphered("%^%#%^%#"));
    }
}
