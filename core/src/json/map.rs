//! The members of an object, in their order.

use super::{Text, Value};
use std::collections::HashMap;
use std::fmt;
use std::ops::{Index, IndexMut};

/// From here on names are found by their hash. Carriers' objects are smaller, and there comparing is faster.
const MANY: usize = 32;

/// The members of an object, in the order in which they were added.
#[derive(Clone, Default)]
pub struct Map {
    members: Vec<(Text, Value)>,
    /// Where each name is. Built when there are many, and dropped when one is removed.
    #[allow(clippy::box_collection, reason = "a value is moved often, and hardly any has this")]
    places: Option<Box<HashMap<Text, usize>>>,
}

impl Map {
    /// An object without members.
    pub const fn new() -> Self {
        Self { members: Vec::new(), places: None }
    }

    /// An object without members, with room for some.
    pub fn with_capacity(room: usize) -> Self {
        Self { members: Vec::with_capacity(room), places: None }
    }

    fn find(&self, name: &str) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(name).copied(),
            None => self.members.iter().position(|(other, _)| other == name),
        }
    }

    /// Adds a name that isn't there yet.
    pub(super) fn append(&mut self, name: Text, value: Value) {
        let at = self.members.len();
        if let Some(places) = &mut self.places {
            places.insert(name.clone(), at);
        }
        self.members.push((name, value));
        if at == MANY || (at > MANY && self.places.is_none()) {
            let places = self.members.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
            self.places = Some(Box::new(places.collect()));
        }
    }

    /// Sets a member. A new name comes last; a known one keeps its place. Returns the value that was there.
    pub fn insert(&mut self, name: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.find(&name) {
            Some(at) => Some(std::mem::replace(&mut self.members[at].1, value)),
            None => {
                self.append(name, value);
                None
            }
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name).map(|at| &self.members[at].1)
    }

    /// The value of a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.find(name).map(|at| &mut self.members[at].1)
    }

    /// Is there such a name?
    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Removes a member. The others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.find(name)?;
        self.places = None;
        Some(self.members.remove(at).1)
    }

    /// The place of a name, to be filled if it is empty.
    pub fn entry(&mut self, name: impl Into<Text>) -> Entry<'_> {
        Entry { name: name.into(), map: self }
    }

    /// Keeps only some members.
    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut Value) -> bool) {
        self.places = None;
        self.members.retain_mut(|(name, value)| keep(name, value));
    }

    /// Removes all members.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in their order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.members.iter())
    }

    /// The members in their order; the values may be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        IterMut(self.members.iter_mut())
    }

    /// The names in their order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Text> + ExactSizeIterator {
        self.members.iter().map(|(name, _)| name)
    }

    /// The values in their order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.members.iter().map(|(_, value)| value)
    }

    /// The values in their order, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Value> + ExactSizeIterator {
        self.members.iter_mut().map(|(_, value)| value)
    }
}

/// The place of a name in an object.
pub struct Entry<'a> {
    map: &'a mut Map,
    name: Text,
}

impl<'a> Entry<'a> {
    /// The value there, after this one was put there if there was none.
    pub fn or_insert(self, value: Value) -> &'a mut Value {
        self.or_insert_with(|| value)
    }

    /// The value there, after one was made if there was none.
    pub fn or_insert_with(self, value: impl FnOnce() -> Value) -> &'a mut Value {
        let at = self.map.find(&self.name).unwrap_or_else(|| {
            self.map.append(self.name, value());
            self.map.members.len() - 1
        });
        &mut self.map.members[at].1
    }
}

/// Members by reference.
#[derive(Clone)]
pub struct Iter<'a>(std::slice::Iter<'a, (Text, Value)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Text, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(name, value)| (name, value))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Members by reference; the values may be changed.
pub struct IterMut<'a>(std::slice::IterMut<'a, (Text, Value)>);

impl<'a> Iterator for IterMut<'a> {
    type Item = (&'a Text, &'a mut Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (&*name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for IterMut<'_> {}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Map {
    type Item = (&'a Text, &'a mut Value);
    type IntoIter = IterMut<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<K: Into<Text>, V: Into<Value>> Extend<(K, V)> for Map {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let members = members.into_iter();
        let mut map = Self::with_capacity(members.size_hint().0);
        map.extend(members);
        map
    }
}

impl Index<&str> for Map {
    type Output = Value;

    /// The value of a name, or null.
    fn index(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.get(name).unwrap_or(&NULL)
    }
}

impl IndexMut<&str> for Map {
    fn index_mut(&mut self, name: &str) -> &mut Value {
        self.entry(name).or_insert(Value::Null)
    }
}

/// As in JSON, the order of the names doesn't matter.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().zip(other.iter()).all(|((name, value), (at_same_place, theirs))| {
                if name == at_same_place { value == theirs } else { other.get(name) == Some(value) }
            })
    }
}

impl Eq for Map {}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}
