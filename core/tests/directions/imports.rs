//! Finds the modules of a crate and every path in them that leads to a module of this workspace: in `use` lines, in
//! code, in macros and in attributes. It reads tokens, so that comments and texts are never taken for code.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// One path that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Relative to the workspace.
    pub file: String,
    pub line: usize,
    /// The module that has the import: `flete::net::http`.
    pub from: String,
    /// Where it leads, an item included: `flete::model::Error`.
    pub to: String,
}

/// A crate, read.
#[derive(Debug)]
pub struct Source {
    /// Each module and whether it is a folder.
    pub modules: BTreeMap<String, bool>,
    pub imports: Vec<Import>,
}

/// How a crate's files are read; the paths are relative to the workspace.
pub type Files<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// Reads the crate with this root file. `externs` has the names by which it knows other crates of the workspace.
pub fn read(root: &str, name: &str, externs: &HashMap<String, String>, files: Files) -> Result<Source, String> {
    let mut reader = Reader { files, modules: Vec::new() };
    let directory = Path::new(root).parent().unwrap_or(Path::new("")).to_owned();
    reader.file(name.to_owned(), Path::new(root), &directory)?;
    let modules: BTreeMap<String, bool> = reader.modules.iter().map(|m| (m.path.clone(), m.folder)).collect();
    let mut imports = Vec::new();
    for module in &reader.modules {
        let mut scan = Scan { root: name, module, modules: &modules, externs, found: Vec::new() };
        scan.code(&module.tokens);
        imports.extend(scan.found);
    }
    Ok(Source { modules, imports })
}

struct Module {
    path: String,
    file: String,
    folder: bool,
    tokens: Vec<TokenTree>,
}

struct Reader<'a> {
    files: Files<'a>,
    modules: Vec<Module>,
}

impl Reader<'_> {
    /// `children` is where the files of its modules are.
    fn file(&mut self, path: String, file: &Path, children: &Path) -> Result<(), String> {
        let shown = file.display().to_string();
        let text = (self.files)(file).ok_or_else(|| format!("there is no file {shown} for the module {path}"))?;
        let tokens: TokenStream = text.parse().map_err(|error| format!("{shown} is no Rust: {error}"))?;
        let folder = file.file_name().is_some_and(|name| name == "mod.rs");
        self.module(Module { path, file: shown, folder, tokens: tokens.into_iter().collect() }, file, children)
    }

    fn module(&mut self, module: Module, file: &Path, children: &Path) -> Result<(), String> {
        let mut named_file: Option<String> = None;
        let tokens = &module.tokens;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) if is_attribute(tokens, at) => {
                    named_file = path_attribute(group).or(named_file);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let (Some(TokenTree::Ident(name)), Some(body)) = (tokens.get(at + 1), tokens.get(at + 2)) else {
                        continue;
                    };
                    let name = name.to_string();
                    let path = format!("{}::{name}", module.path);
                    match (body, named_file.take()) {
                        (TokenTree::Punct(end), Some(other)) if end.as_char() == ';' => {
                            let directory = file.parent().unwrap_or(Path::new(""));
                            self.file(path, &directory.join(other), directory)?;
                        }
                        (TokenTree::Punct(end), None) if end.as_char() == ';' => {
                            let (folder, alone) = (children.join(&name), children.join(format!("{name}.rs")));
                            let inner = folder.join("mod.rs");
                            let file = if (self.files)(&inner).is_some() { inner } else { alone };
                            self.file(path, &file, &folder)?;
                        }
                        (TokenTree::Group(body), _) => {
                            let tokens = body.stream().into_iter().collect();
                            let inline = Module { path, file: module.file.clone(), folder: false, tokens };
                            self.module(inline, file, &children.join(&name))?;
                        }
                        _ => {}
                    }
                }
                TokenTree::Punct(end) if end.as_char() == ';' => named_file = None,
                _ => {}
            }
        }
        self.modules.push(module);
        Ok(())
    }
}

/// The text of `#[path = "…"]`.
fn path_attribute(group: &Group) -> Option<String> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(text)] if name == "path" => {
            Some(text.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

struct Scan<'a> {
    root: &'a str,
    module: &'a Module,
    modules: &'a BTreeMap<String, bool>,
    externs: &'a HashMap<String, String>,
    found: Vec<Import>,
}

impl Scan<'_> {
    fn code(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    if is_attribute(tokens, at) {
                        self.attribute(&inner);
                    } else if !is_visibility(tokens, at, &inner) {
                        self.code(&inner);
                    }
                    at += 1;
                }
                // The body of an inline module is a module of its own; in a function, it's read as the function's.
                TokenTree::Ident(word) if word == "mod" => {
                    let inline = matches!(tokens.get(at + 2), Some(TokenTree::Group(_)));
                    let child = tokens.get(at + 1).map(|name| format!("{}::{name}", self.module.path));
                    let read = child.is_some_and(|child| self.modules.contains_key(&child));
                    at += if inline && read { 3 } else { 2 };
                }
                // Not the `use<'a>` of a type.
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let length = tokens[at..].iter().position(|token| is_punct(Some(token), ';'));
                    let end = at + length.unwrap_or(tokens.len() - at);
                    for (path, line) in use_tree(&[], &tokens[at + 1..end]) {
                        self.path(&path, line);
                    }
                    at = end + 1;
                }
                TokenTree::Ident(word) => {
                    let (path, next) = path_at(tokens, at);
                    if path.len() > 1 {
                        self.path(&path, word.span().start().line);
                    }
                    at = next;
                }
                _ => at += 1,
            }
        }
    }

    /// Serde and others take paths as texts: `#[serde(with = "super::money")]`.
    fn attribute(&mut self, tokens: &[TokenTree]) {
        if matches!(tokens.first(), Some(TokenTree::Ident(name)) if name == "doc") {
            return;
        }
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.attribute(&group.stream().into_iter().collect::<Vec<_>>()),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let path: Vec<String> = text.trim_matches('"').split("::").map(str::to_owned).collect();
                    if text.starts_with('"') && path.len() > 1 {
                        self.path(&path, literal.span().start().line);
                    }
                }
                _ => {}
            }
        }
        self.code(&tokens.iter().filter(|token| !matches!(token, TokenTree::Group(_))).cloned().collect::<Vec<_>>());
    }

    fn path(&mut self, path: &[String], line: usize) {
        if let Some(to) = self.resolve(path) {
            let Module { path, file, .. } = self.module;
            self.found.push(Import { file: file.clone(), line, from: path.clone(), to });
        }
    }

    /// The whole path, if it leads to a module or an item of this workspace. A name that a `use` line brought in isn't
    /// followed: that line was found itself.
    fn resolve(&self, path: &[String]) -> Option<String> {
        let here = &self.module.path;
        let first = path.first()?.as_str();
        let supers = path.iter().take_while(|name| *name == "super").count();
        let (start, rest) = match first {
            "crate" => (self.root.to_owned(), &path[1..]),
            "self" => {
                // `self::super::x` is the same as `super::x`.
                let rest = &path[1..];
                if rest.first().is_some_and(|name| name == "super") {
                    return self.resolve(rest);
                }
                (here.clone(), rest)
            }
            "super" => {
                let names: Vec<&str> = here.split("::").collect();
                (names.get(..names.len().checked_sub(supers)?)?.join("::"), &path[supers..])
            }
            child if self.modules.contains_key(&format!("{here}::{child}")) => (here.clone(), path),
            other => (self.externs.get(other)?.clone(), &path[1..]),
        };
        let names = [&[start], rest].concat();
        Some(names.join("::"))
    }
}

/// The paths of a `use` line, each with its line number.
fn use_tree(prefix: &[String], tokens: &[TokenTree]) -> Vec<(Vec<String>, usize)> {
    let mut paths = Vec::new();
    for tree in tokens.split(|token| is_punct(Some(token), ',')) {
        let mut path = prefix.to_vec();
        let mut last = None;
        for token in tree {
            match token {
                TokenTree::Ident(word) if word == "as" => break,
                // `a::{self}` is `a`.
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => last = Some(word.span()),
                TokenTree::Ident(word) => {
                    path.push(plain(word));
                    last = Some(word.span());
                }
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    path.push("*".to_owned());
                    last = Some(star.span());
                }
                TokenTree::Group(group) => {
                    paths.extend(use_tree(&path, &group.stream().into_iter().collect::<Vec<_>>()));
                    last = None;
                    break;
                }
                _ => {}
            }
        }
        paths.extend(last.map(|span| (path, span.start().line)));
    }
    paths
}

/// The path that begins with the word at this place, and the place after it.
fn path_at(tokens: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let (mut path, mut next) = (Vec::new(), at);
    while let Some(TokenTree::Ident(word)) = tokens.get(next) {
        path.push(plain(word));
        next += 1;
        let joined = is_punct(tokens.get(next), ':') && is_punct(tokens.get(next + 1), ':');
        if !joined || !matches!(tokens.get(next + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        next += 2;
    }
    (path, next)
}

fn plain(word: &proc_macro2::Ident) -> String {
    let text = word.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// `#[…]` or `#![…]`.
fn is_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|place| tokens.get(place));
    let bracket = matches!(&tokens[at], TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
    bracket && (is_punct(before(1), '#') || is_punct(before(1), '!') && is_punct(before(2), '#'))
}

/// `pub(in crate::net)` says who may import, and imports nothing.
fn is_visibility(tokens: &[TokenTree], at: usize, inner: &[TokenTree]) -> bool {
    let after_pub =
        at.checked_sub(1).is_some_and(|before| matches!(&tokens[before], TokenTree::Ident(w) if w == "pub"));
    after_pub && matches!(inner.first(), Some(TokenTree::Ident(word)) if word == "in")
}

/// Where a crate's files are, for [`read`].
pub fn on_disk(workspace: &Path) -> impl Fn(&Path) -> Option<String> {
    let workspace: PathBuf = workspace.to_owned();
    move |file| std::fs::read_to_string(workspace.join(file)).ok()
}
