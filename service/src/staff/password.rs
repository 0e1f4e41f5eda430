//! Passwords: argon2id, always the same work whoever asks.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::StaffError;
use crate::vault;

/// The shortest password, in characters.
pub(super) const CHARS_MIN: usize = 10;
/// The longest: more is work for nothing.
pub(super) const CHARS_MAX: usize = 128;
/// Hashes at the same time: each takes 19 MiB, and a flood of sign-ins must not take the machine's memory.
const HASHES_AT_ONCE: usize = 4;

static TURNS: Semaphore = Semaphore::const_new(HASHES_AT_ONCE);

/// What comparing a password gave, and what work it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// There is a stored hash, and the password is its.
    pub matches: bool,
    /// The parameters of the hash that was computed: the same for a login nobody has.
    pub cost: String,
}

/// Refuses a password that is too short, too long or the login.
pub(super) fn acceptable(login: &str, password: &SecretString) -> Result<(), StaffError> {
    let text = password.expose_secret();
    let long_enough = text.chars().nth(CHARS_MIN - 1).is_some();
    let too_long = text.chars().nth(CHARS_MAX).is_some();
    let is_login = text.trim().to_lowercase() == login;
    if long_enough && !too_long && !is_login { Ok(()) } else { Err(StaffError::WeakPassword) }
}

/// The hash to store.
pub(super) async fn hash(password: &SecretString) -> Result<String, StaffError> {
    let password = password.clone();
    on_a_thread(move || hash_text(password.expose_secret())).await
}

/// Compares a password with a stored hash, or, without one, with the hash of a secret nobody knows.
pub(super) async fn check(stored: Option<String>, password: &SecretString) -> Result<Checked, StaffError> {
    let password = password.clone();
    on_a_thread(move || {
        // Made before it is known whether it is needed: the first call takes longer, whatever its login.
        let nobody = nobody()?;
        let hash = stored.as_deref().unwrap_or(nobody);
        let parsed = PasswordHash::new(hash).map_err(|_| StaffError::Hashing("stored hash"))?;
        let text = password.expose_secret();
        let text = if text.chars().nth(CHARS_MAX).is_some() { "" } else { text };
        let matches = Argon2::default().verify_password(text.as_bytes(), &parsed).is_ok();
        let cost = format!("{} {}", parsed.algorithm, parsed.params);
        Ok(Checked { matches: matches && stored.is_some(), cost })
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StaffError> + Send + 'static,
) -> Result<T, StaffError> {
    let _turn = TURNS.acquire().await.map_err(|_| StaffError::Hashing("closed"))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| StaffError::Hashing("thread"))?
}

fn hash_text(text: &str) -> Result<String, StaffError> {
    let hash = Argon2::default().hash_password(text.as_bytes()).map_err(|_| StaffError::Hashing("new hash"))?;
    Ok(hash.to_string())
}

fn nobody() -> Result<&'static str, StaffError> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash);
    }
    let hash = hash_text(&vault::new_token()?)?;
    Ok(NOBODY.get_or_init(|| hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_login_nobody_has_costs_the_same_hash_and_never_matches() {
        let stored = hash(&secret("correct horse battery")).await.unwrap();
        let known = check(Some(stored), &secret("correct horse battery")).await.unwrap();
        let unknown = check(None, &secret("correct horse battery")).await.unwrap();
        assert!(known.matches);
        assert!(!unknown.matches);
        assert_eq!(known.cost, unknown.cost);
        assert!(unknown.cost.starts_with("argon2id m="), "{}", unknown.cost);
    }

    #[test]
    fn short_passwords_and_the_login_itself_are_refused() {
        assert!(acceptable("wang.jing", &secret("长密码长密码长密码长")).is_ok());
        assert!(acceptable("wang.jing", &secret("123456789")).is_err());
        assert!(acceptable("wang.jing.1", &secret("Wang.Jing.1")).is_err());
        assert!(acceptable("wang.jing", &secret(&"x".repeat(129))).is_err());
    }
}
