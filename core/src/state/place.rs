//! Where keys, tokens and facts are kept: the place that `state` names, or the default.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::StateError;

/// The `state` for this process's memory.
const MEMORY: &str = "memory";

/// Where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this process.
    Memory,
    /// In this file, whose directory must exist.
    File(PathBuf),
    /// In the user's own directory, which is made on demand.
    Home(Home),
}

impl Place {
    /// Reads a `state`. An error is the message for it.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty; name a file or \"memory\", or leave it out for the default place".to_owned());
        }
        if text == MEMORY {
            return Ok(Self::Memory);
        }
        if text.trim_matches(':').eq_ignore_ascii_case(MEMORY) {
            return Err(format!("is `{text}`; did you mean `memory`? (a file of this name is `./{text}`)"));
        }
        match scheme(text) {
            // Not quoted: it may have a password.
            Some(scheme) if ["postgres", "postgresql"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                Err("is a PostgreSQL URL, and this build of flete keeps no state there yet; use a path or \"memory\""
                    .to_owned())
            }
            Some(scheme) => {
                Err(format!("`{}` can't be a place for keys; use a path or \"memory\"", shown(text, scheme)))
            }
            None if text.contains('\0') => Err("has a NUL, which no path may have; remove it".to_owned()),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

/// A URL without the part that may have a password.
fn shown(url: &str, scheme: &str) -> String {
    let rest = url.get(scheme.len() + 3..).unwrap_or_default();
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{}", rest.chars().take(100).collect::<String>())
}

/// `postgres` of `postgres://…`.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    (scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(word)).then_some(scheme)
}

/// The user's own directory for programs' state, by the XDG Base Directory Specification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// `XDG_STATE_HOME`
    pub xdg: Option<OsString>,
    /// `HOME`
    pub home: Option<OsString>,
}

impl Home {
    /// Reads the environment.
    pub fn current() -> Self {
        Self { xdg: std::env::var_os("XDG_STATE_HOME"), home: std::env::var_os("HOME") }
    }

    /// The state file.
    pub(super) fn file(&self) -> Result<PathBuf, StateError> {
        // Services (PHP-FPM, systemd) often have no HOME. This isn't done at open, as it may read a file.
        let entry = || nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.dir);
        self.beside(entry).ok_or(StateError::NoHome)
    }

    fn beside(&self, entry: impl FnOnce() -> Option<PathBuf>) -> Option<PathBuf> {
        // The specification ignores relative paths.
        let absolute = |path: &OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
        let own = Path::new("flete").join("state.db");
        if let Some(xdg) = self.xdg.as_ref().and_then(absolute) {
            return Some(xdg.join(own));
        }
        let home = self.home.as_ref().and_then(absolute).or_else(entry).filter(|path| path.is_absolute())?;
        Some(home.join(".local").join("state").join(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_state_means() {
        assert_eq!(Place::read("memory"), Ok(Place::Memory));
        assert_eq!(Place::read(" memory\n"), Ok(Place::Memory));
        for path in ["/var/lib/flete/state.db", "state.db", "./memory", "C:/flete.db", "a:b", "file:x", "memory.db"] {
            assert_eq!(Place::read(path), Ok(Place::File(path.into())));
        }
        for (text, words) in [
            ("", "is empty"),
            (" \n", "is empty"),
            (":memory:", "did you mean `memory`"),
            ("Memory", "did you mean `memory`"),
            ("postgres://u:secret@h/db", "no state there yet"),
            ("PostgreSQL://u:secret@h/db", "no state there yet"),
            ("sqlite:///x.db", "`sqlite:///x.db`"),
            ("redis+tls://secret@h", "`redis+tls://h`"),
            ("file:///var/state.db", "`file:///var/state.db`"),
            ("a\0b", "NUL"),
        ] {
            let said = Place::read(text).unwrap_err();
            assert!(said.contains(words) && !said.contains("secret"), "{text:?}: {said}");
        }
    }

    #[test]
    fn the_default_place_follows_the_specification() {
        let of = |xdg: Option<&str>, home: Option<&str>, entry: Option<&str>| {
            let home = Home { xdg: xdg.map(Into::into), home: home.map(Into::into) };
            home.beside(|| entry.map(PathBuf::from)).map(|path| path.to_str().unwrap().to_owned())
        };
        let some = |path: &str| Some(path.to_owned());
        assert_eq!(of(Some("/x"), Some("/h"), None), some("/x/flete/state.db"));
        for xdg in [None, Some(""), Some("relative")] {
            assert_eq!(of(xdg, Some("/h"), None), some("/h/.local/state/flete/state.db"));
        }
        for home in [None, Some(""), Some("relative")] {
            assert_eq!(of(None, home, Some("/var/www")), some("/var/www/.local/state/flete/state.db"));
            assert_eq!(of(None, home, None), None);
        }
    }
}
