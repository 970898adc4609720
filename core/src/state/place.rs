//! Where keys, tokens and facts are kept: the place that `state` names, or the default.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::StateError;
use crate::model::shape::shorten;

/// The `state` for this process's memory.
const MEMORY: &str = "memory";

/// Whether this build can keep a file.
const FILES: bool = cfg!(feature = "sqlite");

/// What `state` may name in this build.
const PLACES: &str = if FILES { "a path or \"memory\"" } else { "\"memory\"" };

/// How a host keeps its keys beyond this process.
pub const LASTING: &str =
    if FILES { "set `state` to a path" } else { "build flete with the feature `sqlite` and set `state` to a path" };

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
    /// Where keys are kept when no place is given.
    pub fn usual() -> Self {
        if FILES { Self::Home(Home::current()) } else { Self::Memory }
    }

    /// A file. An error is the message for this `state`.
    pub fn file(path: PathBuf) -> Result<Self, String> {
        if FILES {
            Ok(Self::File(path))
        } else {
            Err(format!(
                "`{}` is a file, which this build of flete can't keep; use \"memory\", or build it with the feature \
                 `sqlite`",
                shorten(&path.to_string_lossy())
            ))
        }
    }

    /// Reads a `state`. An error is the message for it.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("is empty; use {PLACES}, or leave it out for the default place"));
        }
        if text == MEMORY {
            return Ok(Self::Memory);
        }
        if text.trim_matches(':').eq_ignore_ascii_case(MEMORY) {
            let file = if FILES { format!(" (a file of this name is `./{text}`)") } else { String::new() };
            return Err(format!("is `{text}`; did you mean `memory`?{file}"));
        }
        match scheme(text) {
            // Not quoted: it may have a password.
            Some(scheme) if ["postgres", "postgresql"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                Err(format!("is a PostgreSQL URL, and this build of flete keeps no state there yet; use {PLACES}"))
            }
            Some(scheme) => Err(format!("`{}` can't be a place for keys; use {PLACES}", shown(text, scheme))),
            None if text.contains('\0') => Err("has a NUL, which no path may have; remove it".to_owned()),
            None => Self::file(PathBuf::from(text)),
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
            if FILES {
                assert_eq!(Place::read(path), Ok(Place::File(path.into())));
            } else {
                let said = Place::read(path).unwrap_err();
                assert!(said.contains(&format!("`{path}`")) && said.contains("the feature `sqlite`"), "{said}");
            }
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
